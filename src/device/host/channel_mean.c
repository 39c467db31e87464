/* SPDX-License-Identifier: MIT */
/* Means of channels; formulas and cuts in ops/channel_mean.c. A few rows are added up in single precision, their sums
 * in double. */
#include "device/host/choices.h"

#include <string.h>

enum { CHUNK = 64, MOST_PARTS = 64, LEAST_VALUES = 65536 };

static size_t channels(const sc_call *call)
{
    return (size_t)call->in[0]->shape.c;
}

static size_t positions(const sc_call *call)
{
    return (size_t)call->in[0]->shape.h * (size_t)call->in[0]->shape.w;
}

static bool channel_mean_fits(const sc_call *call)
{
    const sc_channel_mean_attrs *attrs = call->attrs;
    return channels(call) % SC_GROUP == 0 && !attrs->sum;
}

static int parts(const sc_call *call)
{
    size_t count = positions(call) * channels(call) / LEAST_VALUES;
    return count < 1 ? 1 : count > MOST_PARTS ? MOST_PARTS : (int)count;
}

/* Sums of each part (parts, c), then those of a chunk for each thread. */
static size_t scratch(const sc_call *call)
{
    return (size_t)parts(call) * channels(call) * sizeof(double) +
           (size_t)call->thread_count * channels(call) * sizeof(float);
}

static int forward_run(const sc_call *call, int part, int thread)
{
    const sc_cpu_isa *isa = call->state;
    size_t c = channels(call);
    double *sums = (double *)call->scratch + (size_t)part * c;
    float *few = (float *)((double *)call->scratch + (size_t)parts(call) * c) + (size_t)thread * c;
    sc_range own = sc_part_range(positions(call), parts(call), part);
    memset(sums, 0, c * sizeof *sums);
    for (size_t p = own.begin; p < own.end; p += CHUNK) {
        size_t count = own.end - p < CHUNK ? own.end - p : CHUNK;
        isa->sum_rows(call->in[0]->data + p * c, count, c, few);
        for (size_t i = 0; i < c; i++)
            sums[i] += (double)few[i];
    }
    return SCUMBLE_OK;
}

static int forward_finish(const sc_call *call)
{
    size_t c = channels(call);
    const double *sums = call->scratch;
    for (size_t i = 0; i < c; i++) {
        double sum = 0;
        for (size_t p = 0; p < (size_t)parts(call); p++)
            sum += sums[p * c + i];
        call->out->data[i] = (float)(sum / (double)positions(call));
    }
    return SCUMBLE_OK;
}

static int backward_run(const sc_call *call, int part, int thread)
{
    const sc_cpu_isa *isa = call->state;
    size_t c = channels(call);
    sc_range own = sc_part_range(positions(call), parts(call), part);
    float *slope = (float *)call->scratch + (size_t)thread * c, factor = (float)(1 / (double)positions(call));
    for (size_t i = 0; i < c; i++)
        slope[i] = factor * call->out_gradient->data[i];
    if (call->in_gradient[0])
        isa->spread_row(slope, own.end - own.begin, c, call->accumulate[0], call->in_gradient[0]->data + own.begin * c);
    return SCUMBLE_OK;
}

static size_t backward_scratch(const sc_call *call)
{
    return (size_t)call->thread_count * channels(call) * sizeof(float);
}

static const sc_kernel forward = { parts, forward_run, forward_finish, scratch },
                       backward = { parts, backward_run, NULL, backward_scratch };

int sc_host_choose_channel_mean(const sc_node_info *node, const sc_cpu_isa *isa, sc_choice *choice, sc_error *err)
{
    (void)err;
    if (channel_mean_fits(&node->call))
        *choice = (sc_choice){ .forward = &forward, .backward = &backward, .state = (void *)isa };
    return SCUMBLE_OK;
}
