/* SPDX-License-Identifier: MIT */
/* Instance normalisation; formulas in ops/instance_norm.c. Two passes, since the second needs the sums of the first
 * one: forward the sums of x and x^2, backward those of dy and dy x, in double precision, in which the products are
 * exact. A picture is seen as rows of `width` values, the least number of pixels that fills whole groups, so that each
 * of a row's values has a channel of its own: 48 values for 24 channels. Parts are fixed pieces of these rows; the last
 * one of a picture takes the values that fill no row. Saved: (mean, 1 / deviation) of each (n, c), as float pairs,
 * then, with relu, a bit a value. */
#include "device/host/choices.h"

#include <math.h>
#include <string.h>

enum { CHUNK_VALUES = 4096, PART_VALUES = 65536, MOST_PARTS = 64, COEFFICIENTS = 4 };

typedef struct cut {
    size_t n, c, values;      /* pictures (batch: 1), channels, values of a picture */
    size_t width, rows, rest; /* rest: values behind the last whole row */
    size_t parts;             /* of a picture */
    size_t words;             /* of bits, of a picture */
    bool relu;
} cut;

static cut host_instance_norm_cut_of(const sc_call *call)
{
    const sc_norm_attrs *attrs = call->attrs;
    sc_shape s = call->in[0]->shape;
    cut k = { .n = attrs->batch ? 1 : (size_t)s.n, .c = (size_t)s.c, .relu = attrs->relu };
    k.values = (size_t)s.n / k.n * (size_t)s.h * (size_t)s.w * k.c;
    k.width = k.c;
    while (k.width % SC_GROUP)
        k.width *= 2;
    k.rows = k.values / k.width;
    k.rest = k.values % k.width;
    size_t parts = k.values / PART_VALUES, most = k.rows < MOST_PARTS ? k.rows : MOST_PARTS;
    parts = parts < most ? parts : most;
    k.parts = parts ? parts : 1;
    k.words = (k.rows + (k.rest > 0)) * k.width / SC_GROUP;
    return k;
}

static int host_instance_norm_parts(const sc_call *call)
{
    cut k = host_instance_norm_cut_of(call);
    return (int)(k.n * k.parts);
}

/* Scratch: the parts' sums and products, those of each (n, c), the coefficients of each picture's rows, and for each
 * thread three rows. */
typedef struct work {
    double *partials, *sums, *products; /* (n parts, 2, width), (n, c), (n, c) */
    float *coefficients, *rows;         /* (n, COEFFICIENTS, width), (3, width) */
    size_t size_bytes;
} work;

static work host_instance_norm_work_of(const sc_call *call, int thread)
{
    cut k = host_instance_norm_cut_of(call);
    size_t partials = k.n * k.parts * 2 * k.width, coefficients = k.n * COEFFICIENTS * k.width, rows = 3 * k.width;
    work w = { .size_bytes = (partials + 2 * k.n * k.c) * sizeof(double) +
                             (coefficients + (size_t)call->thread_count * rows) * sizeof(float) };
    if (!call->scratch)
        return w;
    w.partials = call->scratch;
    w.sums = w.partials + partials;
    w.products = w.sums + k.n * k.c;
    w.coefficients = (float *)(w.products + k.n * k.c);
    w.rows = w.coefficients + coefficients + (size_t)thread * rows;
    return w;
}

static size_t host_instance_norm_scratch(const sc_call *call)
{
    sc_call bare = *call;
    bare.scratch = NULL;
    return host_instance_norm_work_of(&bare, 0).size_bytes;
}

static float *coefficients(const cut *k, const work *w, size_t n, size_t which)
{
    return w->coefficients + (n * COEFFICIENTS + which) * k->width;
}

static float *host_instance_norm_saved_pair(const sc_call *call, size_t n, size_t c)
{
    return (float *)call->saved + 2 * (n * (size_t)call->in[0]->shape.c + c);
}

/* The bits of a value of picture n, a multiple of SC_GROUP; NULL where there are none. */
static uint16_t *saved_bits(const sc_call *call, const cut *k, size_t n, size_t value)
{
    return k->relu && call->saved ?
               (uint16_t *)host_instance_norm_saved_pair(call, k->n, 0) + n * k->words + value / SC_GROUP :
               NULL;
}

/* Rows of a part's picture, and whether the rest is its, too. */
static sc_range host_instance_norm_rows_of(const cut *k, int part, bool *with_rest)
{
    size_t own = (size_t)part % k->parts;
    *with_rest = k->rest && own == k->parts - 1;
    return (sc_range){ k->rows * own / k->parts, k->rows * (own + 1) / k->parts };
}

/* The rest of a picture as a row, filled up with zeros. */
static const float *rest_row(const cut *k, const float *picture, float *row)
{
    memcpy(row, picture + k->rows * k->width, k->rest * sizeof *row);
    memset(row + k->rest, 0, (k->width - k->rest) * sizeof *row);
    return row;
}

/* Each (n, c)'s sums of a and a b, from those of the parts. */
static void combine(const sc_call *call)
{
    cut k = host_instance_norm_cut_of(call);
    work w = host_instance_norm_work_of(call, 0);
    memset(w.sums, 0, 2 * k.n * k.c * sizeof(double));
    for (size_t part = 0; part < k.n * k.parts; part++)
        for (size_t i = 0; i < k.width; i++) {
            size_t to = part / k.parts * k.c + i % k.c;
            w.sums[to] += w.partials[2 * part * k.width + i];
            w.products[to] += w.partials[(2 * part + 1) * k.width + i];
        }
}

/* --- forward --- */

static int measure_run(const sc_call *call, int part, int thread)
{
    const sc_cpu_isa *isa = call->state;
    cut k = host_instance_norm_cut_of(call);
    work w = host_instance_norm_work_of(call, thread);
    bool with_rest;
    sc_range own = host_instance_norm_rows_of(&k, part, &with_rest);
    double *sums = w.partials + 2 * (size_t)part * k.width, *products = sums + k.width;
    const float *x = call->in[0]->data + (size_t)part / k.parts * k.values;
    memset(sums, 0, 2 * k.width * sizeof *sums);
    size_t chunk = CHUNK_VALUES / k.width + 1;
    for (size_t r = own.begin; r < own.end; r += chunk)
        isa->add_products(x + r * k.width, NULL, x + r * k.width, own.end - r < chunk ? own.end - r : chunk, k.width,
                          sums, products);
    if (with_rest) {
        rest_row(&k, x, w.rows);
        isa->add_products(w.rows, NULL, w.rows, 1, k.width, sums, products);
    }
    return SCUMBLE_OK;
}

static int measure_finish(const sc_call *call)
{
    const sc_norm_attrs *attrs = call->attrs;
    cut k = host_instance_norm_cut_of(call);
    work w = host_instance_norm_work_of(call, 0);
    double count = (double)(k.values / k.c);
    combine(call);
    for (size_t n = 0; n < k.n; n++) {
        float *factor = coefficients(&k, &w, n, 0), *centre = coefficients(&k, &w, n, 1),
              *shift = coefficients(&k, &w, n, 2);
        for (size_t i = 0; i < k.width; i++) {
            size_t c = i % k.c;
            double mean = w.sums[n * k.c + c] / count, variance = w.products[n * k.c + c] / count - mean * mean;
            double r = 1 / sqrt((variance < 0 ? 0 : variance) + (double)attrs->epsilon);
            factor[i] = (float)((double)call->in[1]->data[c] * r);
            centre[i] = (float)mean;
            shift[i] = call->in[2]->data[c];
            if (call->saved) {
                host_instance_norm_saved_pair(call, n, c)[0] = (float)mean;
                host_instance_norm_saved_pair(call, n, c)[1] = (float)r;
            }
        }
    }
    return SCUMBLE_OK;
}

static int host_instance_norm_forward_run(const sc_call *call, int part, int thread)
{
    const sc_cpu_isa *isa = call->state;
    cut k = host_instance_norm_cut_of(call);
    work w = host_instance_norm_work_of(call, thread);
    bool with_rest;
    sc_range own = host_instance_norm_rows_of(&k, part, &with_rest);
    size_t n = (size_t)part / k.parts, begin = own.begin * k.width;
    const float *x = call->in[0]->data + n * k.values, *factor = coefficients(&k, &w, n, 0),
                *centre = coefficients(&k, &w, n, 1);
    const float *shift = coefficients(&k, &w, n, 2);
    float *y = call->out->data + n * k.values;
    isa->normalise(x + begin, own.end - own.begin, k.width, factor, centre, shift, k.relu, y + begin,
                   saved_bits(call, &k, n, begin));
    if (with_rest) {
        rest_row(&k, x, w.rows);
        isa->normalise(w.rows, 1, k.width, factor, centre, shift, k.relu, w.rows,
                       saved_bits(call, &k, n, k.rows * k.width));
        memcpy(y + k.rows * k.width, w.rows, k.rest * sizeof *y);
    }
    return SCUMBLE_OK;
}

/* --- backward --- */

/* Sums of dy and dy x, or of dy alone where x is not there. */
static int measure_gradient_run(const sc_call *call, int part, int thread)
{
    const sc_cpu_isa *isa = call->state;
    cut k = host_instance_norm_cut_of(call);
    work w = host_instance_norm_work_of(call, thread);
    bool with_rest, products_wanted = call->in_gradient[0] || call->in_gradient[1];
    sc_range own = host_instance_norm_rows_of(&k, part, &with_rest);
    double *sums = w.partials + 2 * (size_t)part * k.width, *products = sums + k.width;
    size_t n = (size_t)part / k.parts, chunk = CHUNK_VALUES / k.width + 1;
    const float *dy = call->out_gradient->data + n * k.values,
                *x = products_wanted ? call->in[0]->data + n * k.values : dy;
    memset(sums, 0, 2 * k.width * sizeof *sums);
    for (size_t r = own.begin; r < own.end; r += chunk) {
        size_t rows = own.end - r < chunk ? own.end - r : chunk, at = r * k.width;
        isa->add_products(dy + at, saved_bits(call, &k, n, at), x + at, rows, k.width, sums, products);
    }
    if (with_rest)
        isa->add_products(rest_row(&k, dy, w.rows), saved_bits(call, &k, n, k.rows * k.width),
                          rest_row(&k, x, w.rows + k.width), 1, k.width, sums, products);
    return SCUMBLE_OK;
}

static void write_sums(const sc_call *call, int input, const double *sums, size_t n, size_t c)
{
    float *to = call->in_gradient[input]->data;
    for (size_t i = 0; i < c; i++) {
        double sum = 0;
        for (size_t p = 0; p < n; p++)
            sum += sums[p * c + i];
        to[i] = call->accumulate[input] ? to[i] + (float)sum : (float)sum;
    }
}

/* dx = factor (dy - slope (x - centre) - shift) */
static void prepare_data(const sc_call *call, const cut *k, const work *w)
{
    double count = (double)(k->values / k->c);
    for (size_t n = 0; n < k->n; n++) {
        float *factor = coefficients(k, w, n, 0), *centre = coefficients(k, w, n, 1), *slope = coefficients(k, w, n, 2),
              *shift = coefficients(k, w, n, 3);
        for (size_t i = 0; i < k->width; i++) {
            size_t c = i % k->c;
            const float *pair = host_instance_norm_saved_pair(call, n, c);
            factor[i] = call->in[1]->data[c] * pair[1];
            centre[i] = pair[0];
            slope[i] = (float)(w->products[n * k->c + c] * (double)pair[1] / count);
            shift[i] = (float)(w->sums[n * k->c + c] / count);
        }
    }
}

static int measure_gradient_finish(const sc_call *call)
{
    cut k = host_instance_norm_cut_of(call);
    work w = host_instance_norm_work_of(call, 0);
    combine(call);
    if (call->in_gradient[0] || call->in_gradient[1])
        for (size_t i = 0; i < k.n * k.c; i++) { /* sum dy x -> sum dy (x - m) r */
            const float *pair = host_instance_norm_saved_pair(call, 0, i);
            w.products[i] = (w.products[i] - (double)pair[0] * w.sums[i]) * (double)pair[1];
        }
    if (call->in_gradient[0])
        prepare_data(call, &k, &w);
    if (call->in_gradient[1])
        write_sums(call, 1, w.products, k.n, k.c);
    if (call->in_gradient[2])
        write_sums(call, 2, w.sums, k.n, k.c);
    return SCUMBLE_OK;
}

static int host_instance_norm_backward_run(const sc_call *call, int part, int thread)
{
    if (!call->in_gradient[0])
        return SCUMBLE_OK;
    const sc_cpu_isa *isa = call->state;
    cut k = host_instance_norm_cut_of(call);
    work w = host_instance_norm_work_of(call, thread);
    bool with_rest, accumulate = call->accumulate[0];
    sc_range own = host_instance_norm_rows_of(&k, part, &with_rest);
    size_t n = (size_t)part / k.parts, begin = own.begin * k.width, end = k.rows * k.width;
    const float *x = call->in[0]->data + n * k.values, *dy = call->out_gradient->data + n * k.values,
                *factor = coefficients(&k, &w, n, 0);
    const float *centre = coefficients(&k, &w, n, 1), *slope = coefficients(&k, &w, n, 2),
                *shift = coefficients(&k, &w, n, 3);
    float *dx = call->in_gradient[0]->data + n * k.values, *row = w.rows + 2 * k.width;
    isa->normalise_gradient(dy + begin, saved_bits(call, &k, n, begin), x + begin, own.end - own.begin, k.width, factor,
                            centre, slope, shift, accumulate, dx + begin);
    if (with_rest) {
        memcpy(row, dx + end, k.rest * sizeof *row);
        isa->normalise_gradient(rest_row(&k, dy, w.rows), saved_bits(call, &k, n, end),
                                rest_row(&k, x, w.rows + k.width), 1, k.width, factor, centre, slope, shift, accumulate,
                                row);
        memcpy(dx + end, row, k.rest * sizeof *row);
    }
    return SCUMBLE_OK;
}

/* --- choosing --- */

static size_t host_instance_norm_saved_bytes(const sc_call *call, unsigned wanted)
{
    cut k = host_instance_norm_cut_of(call);
    bool any = wanted & 3 || (wanted && k.relu);
    return any ? 2 * k.n * k.c * sizeof(float) + (k.relu ? k.n * k.words * sizeof(uint16_t) : 0) : 0;
}

static const sc_kernel measure = { host_instance_norm_parts, measure_run, measure_finish, NULL },
                       forward = { host_instance_norm_parts, host_instance_norm_forward_run, NULL,
                                   host_instance_norm_scratch };
static const sc_kernel measure_gradient = { host_instance_norm_parts, measure_gradient_run, measure_gradient_finish,
                                            NULL },
                       backward = { host_instance_norm_parts, host_instance_norm_backward_run, NULL,
                                    host_instance_norm_scratch };

int sc_host_choose_instance_norm(const sc_node_info *node, const sc_cpu_isa *isa, sc_choice *choice, sc_error *err)
{
    (void)node, (void)err;
    *choice = (sc_choice){ .forward = &forward,
                           .backward = &backward,
                           .before_forward = &measure,
                           .before_backward = &measure_gradient,
                           .state = (void *)isa,
                           .saved_bytes = host_instance_norm_saved_bytes };
    return SCUMBLE_OK;
}
