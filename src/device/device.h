/* SPDX-License-Identifier: MIT */
/* A device: memory for values, copies to it and from it, a queue of kernels, and what it knows to compute (kernels.h).
 * The host is one: its memory is the program's own, its kernels run on the thread pool. On another one nobody outside
 * may touch the memory: addresses are only counted on and handed to kernels.
 *
 * A device and what was made on it belong to one thread at a time. */
#ifndef SC_DEVICE_DEVICE_H
#define SC_DEVICE_DEVICE_H

#include "core/threads.h"
#include "device/kernels.h"

typedef struct sc_device sc_device;

/* What a kind of device can do. Functions that return int: 0 or a negative SCUMBLE_ERR_*. */
typedef struct sc_device_kind {
    const char *name;
    bool shares_memory; /* its memory is the host's: what lies on the host need not be copied */
    /* 64-byte aligned memory of at least size_bytes, not cleared, in which addresses may be counted on; NULL when there
     * is none. release accepts NULL. */
    void *(*alloc)(sc_device *device, size_t size_bytes);
    void (*release)(sc_device *device, void *memory);
    /* Between the host and the device; all bytes 0. After all that was submitted, and done on return. */
    int (*upload)(sc_device *device, void *to, const void *from, size_t size_bytes);
    int (*download)(sc_device *device, void *to, const void *from, size_t size_bytes);
    int (*clear)(sc_device *device, void *memory, size_t size_bytes);
    /* All parts of a kernel, then its finish: after what was submitted before, perhaps not yet on return. `call` stays
     * as it is until then. */
    int (*submit)(sc_device *device, const sc_kernel *kernel, const sc_call *call);
    /* All that was submitted has been done. */
    int (*finish)(sc_device *device);
} sc_device_kind;

/* The processor, with the program's own memory. */
extern const sc_device_kind sc_device_host;

enum { SC_RESIDENT_LISTS = 64 };

struct sc_device {
    const sc_device_kind *kind;
    const sc_kernels *kernels;
    sc_threads *threads;
    struct sc_resident *residents[SC_RESIDENT_LISTS]; /* by the host's address */
    uint64_t uploads;                                 /* of residents, so far */
};

/* kernels: what it computes with; threads are borrowed. Caller frees with sc_device_destroy, after all that was made on
 * it. */
int sc_device_create(sc_device **device, const sc_device_kind *kind, const sc_kernels *kernels, sc_threads *threads,
                     sc_error *err);
/* The host with its fastest kernels. */
int sc_device_create_host(sc_device **device, sc_threads *threads, sc_error *err);
void sc_device_destroy(sc_device *device);

/* ---- what lies on the host and is wanted on the device: weights above all ---- */

/* A tensor of the host: itself where memory is shared, else a copy, one however many hold it. */
typedef struct sc_resident sc_resident;
/* Asks for it; nothing is copied yet. The host's values stay where they are as long as it is held. changes: as for
 * sc_graph_parameter. Give back with sc_device_let_go, which accepts NULL; who holds it last frees the copy. */
int sc_device_hold(sc_device *device, const sc_tensor *host, const unsigned *changes, sc_resident **resident,
                   sc_error *err);
void sc_device_let_go(sc_device *device, sc_resident *resident);
/* Its address; copies it there if it is not, or has changed since. NULL on failure. */
float *sc_device_settle(sc_device *device, sc_resident *resident, sc_error *err);
/* What the preparation of one of call's inputs gives (kernels.h), made once for all who need the same of this input. */
int sc_device_prepare(sc_device *device, sc_resident *resident, const sc_preparation *want, const sc_call *call,
                      int number, void **memory, sc_error *err);

/* Tensors that are held together, by who owns them: so that they stay on the device from graph to graph. Begins with
 * the device, the rest zero. */
typedef struct sc_holding {
    sc_device *device;
    sc_resident **residents;
    int count;
} sc_holding;
int sc_holding_add(sc_holding *holding, const sc_tensor *host, const unsigned *changes, sc_error *err);
void sc_holding_end(sc_holding *holding);

#endif
