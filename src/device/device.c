/* SPDX-License-Identifier: MIT */
/* Devices, and what lies on them for as long as somebody holds it. See device.h. */
#include "device/device.h"

#include <stdlib.h>
#include <string.h>

/* One input in the layout that a kernel wants. */
typedef struct prepared {
    struct prepared *next;
    const sc_kernel *kernel;
    const sc_layout_kind *kind;
    void *layout; /* owned; NULL when there is only one */
    void *memory; /* of the device */
} prepared;

struct sc_resident {
    sc_resident *next;
    const float *host;
    size_t size_bytes;
    const unsigned *changes; /* NULL: it never changes */
    unsigned seen;           /* *changes when it was copied */
    float *memory;           /* NULL: it is not there yet */
    int holders;
    prepared *prepared;
};

int sc_device_create(sc_device **device, const sc_device_kind *kind, const sc_kernels *kernels, sc_threads *threads,
                     sc_error *err)
{
    *device = calloc(1, sizeof **device);
    if (!*device)
        return sc_fail_memory(err, sizeof **device);
    (*device)->kind = kind;
    (*device)->kernels = kernels;
    (*device)->threads = threads;
    return SCUMBLE_OK;
}

int sc_device_create_host(sc_device **device, sc_threads *threads, sc_error *err)
{
    return sc_device_create(device, &sc_device_host, &sc_kernels_host, threads, err);
}

void sc_device_destroy(sc_device *device)
{
    free(device);
}

/* ---- residents ------------------------------------------------------------------------------------------------- */

static sc_resident **list_of(sc_device *device, const float *host)
{
    return &device->residents[((uintptr_t)host >> 6) * 0x9e3779b97f4a7c15u >> 32 & (SC_RESIDENT_LISTS - 1)];
}

int sc_device_hold(sc_device *device, const sc_tensor *host, const unsigned *changes, sc_resident **resident,
                   sc_error *err)
{
    sc_resident **list = list_of(device, host->data), *r = *list;
    size_t size_bytes = sc_shape_bytes(host->shape);
    while (r && (r->host != host->data || r->size_bytes != size_bytes))
        r = r->next;
    *resident = NULL;
    if (!r) {
        r = calloc(1, sizeof *r);
        if (!r)
            return sc_fail_memory(err, sizeof *r);
        *r = (sc_resident){ .next = *list, .host = host->data, .size_bytes = size_bytes };
        *list = r;
    }
    if (changes)
        r->changes = changes;
    r->holders++;
    *resident = r;
    return SCUMBLE_OK;
}

static void free_prepared(sc_device *device, prepared *p)
{
    if (p->layout)
        p->kind->release(p->layout);
    device->kind->release(device, p->memory);
    free(p);
}

void sc_device_let_go(sc_device *device, sc_resident *resident)
{
    if (!resident || --resident->holders)
        return;
    sc_resident **link = list_of(device, resident->host);
    while (*link != resident)
        link = &(*link)->next;
    *link = resident->next;
    while (resident->prepared) {
        prepared *next = resident->prepared->next;
        free_prepared(device, resident->prepared);
        resident->prepared = next;
    }
    if (!device->kind->shares_memory)
        device->kind->release(device, resident->memory);
    free(resident);
}

float *sc_device_settle(sc_device *device, sc_resident *r, sc_error *err)
{
    bool fresh = r->memory && (!r->changes || r->seen == *r->changes);
    if (fresh)
        return r->memory;
    union {
        const float *host;
        float *memory;
    } shared = { r->host };
    if (!r->memory)
        r->memory = device->kind->shares_memory ? shared.memory : device->kind->alloc(device, r->size_bytes);
    if (!r->memory) {
        sc_fail_memory(err, r->size_bytes);
        return NULL;
    }
    int code = device->kind->shares_memory ? 0 : device->kind->upload(device, r->memory, r->host, r->size_bytes);
    if (code) { /* it is tried again by the next who wants it */
        device->kind->release(device, r->memory);
        r->memory = NULL;
        sc_fail(err, code, "values could not be copied to the device");
        return NULL;
    }
    device->uploads += !device->kind->shares_memory;
    r->seen = r->changes ? *r->changes : 0;
    return r->memory;
}

static prepared *find_prepared(sc_resident *r, const sc_preparation *want)
{
    prepared *p = r->prepared;
    while (p && (p->kernel != want->kernel || (p->layout && !want->kind->same(p->layout, want->layout))))
        p = p->next;
    return p;
}

static int make_prepared(sc_device *device, prepared *p, const sc_preparation *want, const sc_call *call, int number,
                         sc_error *err)
{
    *p = (prepared){ .kernel = want->kernel, .kind = want->kind };
    if (want->layout && !(p->layout = want->kind->copy(want->layout)))
        return sc_fail_memory(err, want->size_bytes);
    p->memory = device->kind->alloc(device, want->size_bytes);
    if (!p->memory)
        return sc_fail_memory(err, want->size_bytes);
    sc_call own = *call;
    own.prepared[number] = p->memory;
    int code = device->kind->submit(device, want->kernel, &own);
    if (!code)
        code = device->kind->finish(device);
    if (code == SCUMBLE_ERR_CANCELLED)
        return sc_threads_check(device->threads, err);
    return code ? sc_fail(err, code, "preparing an operator's weights failed") : SCUMBLE_OK;
}

int sc_device_prepare(sc_device *device, sc_resident *r, const sc_preparation *want, const sc_call *call, int number,
                      void **memory, sc_error *err)
{
    prepared *p = find_prepared(r, want);
    *memory = p ? p->memory : NULL;
    if (p)
        return SCUMBLE_OK;
    p = malloc(sizeof *p);
    if (!p)
        return sc_fail_memory(err, sizeof *p);
    int code = make_prepared(device, p, want, call, number, err);
    if (code) {
        free_prepared(device, p);
        return code;
    }
    p->next = r->prepared;
    r->prepared = p;
    *memory = p->memory;
    return SCUMBLE_OK;
}

int sc_holding_add(sc_holding *h, const sc_tensor *host, const unsigned *changes, sc_error *err)
{
    sc_resident **grown = realloc(h->residents, ((size_t)h->count + 1) * sizeof *grown);
    if (!grown)
        return sc_fail_memory(err, ((size_t)h->count + 1) * sizeof *grown);
    h->residents = grown;
    int code = sc_device_hold(h->device, host, changes, &grown[h->count], err);
    h->count += !code;
    return code;
}

void sc_holding_end(sc_holding *h)
{
    for (int i = 0; i < h->count; i++)
        sc_device_let_go(h->device, h->residents[i]);
    free(h->residents);
    *h = (sc_holding){ .device = h->device };
}
