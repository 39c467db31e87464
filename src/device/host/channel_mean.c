/* SPDX-License-Identifier: MIT */
/* Means of channels; formulas and cuts in ops/channel_mean.c. A few rows are added up in single precision, their sums
 * in double. */
#include "device/host/choices.h"

#include <string.h>

enum { CHUNK = 64, MOST_PARTS = 64, LEAST_VALUES = 65536 };

static size_t host_channel_mean_channels(const sc_call *call)
{
    return (size_t)call->in[0]->shape.c;
}

static size_t host_channel_mean_positions(const sc_call *call)
{
    return (size_t)call->in[0]->shape.h * (size_t)call->in[0]->shape.w;
}

static bool channel_mean_fits(const sc_call *call)
{
    const sc_channel_mean_attrs *attrs = call->attrs;
    return host_channel_mean_channels(call) % SC_GROUP == 0 && !attrs->sum;
}

static int host_channel_mean_parts(const sc_call *call)
{
    size_t count = host_channel_mean_positions(call) * host_channel_mean_channels(call) / LEAST_VALUES;
    return count < 1 ? 1 : count > MOST_PARTS ? MOST_PARTS : (int)count;
}

/* Sums of each part (parts, c), then those of a chunk for each thread. */
static size_t host_channel_mean_scratch(const sc_call *call)
{
    return (size_t)host_channel_mean_parts(call) * host_channel_mean_channels(call) * sizeof(double) +
           (size_t)call->thread_count * host_channel_mean_channels(call) * sizeof(float);
}

static int host_channel_mean_forward_run(const sc_call *call, int part, int thread)
{
    const sc_cpu_isa *isa = call->state;
    size_t c = host_channel_mean_channels(call);
    double *sums = (double *)call->scratch + (size_t)part * c;
    float *few = (float *)((double *)call->scratch + (size_t)host_channel_mean_parts(call) * c) + (size_t)thread * c;
    sc_range own = sc_part_range(host_channel_mean_positions(call), host_channel_mean_parts(call), part);
    memset(sums, 0, c * sizeof *sums);
    for (size_t p = own.begin; p < own.end; p += CHUNK) {
        size_t count = own.end - p < CHUNK ? own.end - p : CHUNK;
        isa->sum_rows(call->in[0]->data + p * c, count, c, few);
        for (size_t i = 0; i < c; i++)
            sums[i] += (double)few[i];
    }
    return SCUMBLE_OK;
}

static int host_channel_mean_forward_finish(const sc_call *call)
{
    size_t c = host_channel_mean_channels(call);
    const double *sums = call->scratch;
    for (size_t i = 0; i < c; i++) {
        double sum = 0;
        for (size_t p = 0; p < (size_t)host_channel_mean_parts(call); p++)
            sum += sums[p * c + i];
        call->out->data[i] = (float)(sum / (double)host_channel_mean_positions(call));
    }
    return SCUMBLE_OK;
}

static int host_channel_mean_backward_run(const sc_call *call, int part, int thread)
{
    const sc_cpu_isa *isa = call->state;
    size_t c = host_channel_mean_channels(call);
    sc_range own = sc_part_range(host_channel_mean_positions(call), host_channel_mean_parts(call), part);
    float *slope = (float *)call->scratch + (size_t)thread * c,
          factor = (float)(1 / (double)host_channel_mean_positions(call));
    for (size_t i = 0; i < c; i++)
        slope[i] = factor * call->out_gradient->data[i];
    if (call->in_gradient[0])
        isa->spread_row(slope, own.end - own.begin, c, call->accumulate[0], call->in_gradient[0]->data + own.begin * c);
    return SCUMBLE_OK;
}

static size_t host_channel_mean_backward_scratch(const sc_call *call)
{
    return (size_t)call->thread_count * host_channel_mean_channels(call) * sizeof(float);
}

static const sc_kernel forward = { host_channel_mean_parts, host_channel_mean_forward_run,
                                   host_channel_mean_forward_finish, host_channel_mean_scratch },
                       backward = { host_channel_mean_parts, host_channel_mean_backward_run, NULL,
                                    host_channel_mean_backward_scratch };

int sc_host_choose_channel_mean(const sc_node_info *node, const sc_cpu_isa *isa, sc_choice *choice, sc_error *err)
{
    (void)err;
    if (channel_mean_fits(&node->call))
        *choice = (sc_choice){ .forward = &forward, .backward = &backward, .state = (void *)isa };
    return SCUMBLE_OK;
}
