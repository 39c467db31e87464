/* SPDX-License-Identifier: MIT */
/* Chooses the engines of a convolution node, and runs its gradients as one kernel: first the parts of the input's
 * gradient, then those of weight and bias. */
#include "device/host/conv_engines.h"
#include "device/host/parts.h"

#include <stdlib.h>

#include "device/host/choices.h"
#include "device/host/onednn.h"

/* --- forward --- */

static int conv_forward_parts(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return state->forward->parts(call);
}

static int conv_forward_run(const sc_call *call, int part, int thread)
{
    const sc_conv_state *state = call->state;
    return state->forward->run(call, part, thread);
}

static size_t conv_forward_scratch(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return state->forward->scratch_bytes(call);
}

static const sc_kernel forward_kernel = { conv_forward_parts, conv_forward_run, NULL, conv_forward_scratch };

/* --- both gradients --- */

static const sc_kernel *input_engine(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return call->in_gradient[0] ? state->input : NULL;
}

static const sc_kernel *weights_engine(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return call->in_gradient[1] || call->in_gradient[2] ? state->weights : NULL;
}

static size_t conv_input_scratch(const sc_call *call)
{
    const sc_kernel *engine = input_engine(call);
    return engine && engine->scratch_bytes ? sc_align64(engine->scratch_bytes(call)) : 0;
}

/* The call as the weights' engine sees it: its scratch lies behind the other engine's. */
static sc_call weights_call(const sc_call *call)
{
    sc_call own = *call;
    if (own.scratch)
        own.scratch = (char *)own.scratch + conv_input_scratch(call);
    return own;
}

static int conv_input_parts(const sc_call *call)
{
    const sc_kernel *engine = input_engine(call);
    return engine ? engine->parts(call) : 0;
}

static int conv_backward_parts(const sc_call *call)
{
    const sc_kernel *weights = weights_engine(call);
    sc_call own = weights_call(call);
    return conv_input_parts(call) + (weights ? weights->parts(&own) : 0);
}

static int conv_backward_run(const sc_call *call, int part, int thread)
{
    int first = conv_input_parts(call);
    if (part < first)
        return input_engine(call)->run(call, part, thread);
    sc_call own = weights_call(call);
    return weights_engine(call)->run(&own, part - first, thread);
}

static int backward_finish(const sc_call *call)
{
    const sc_kernel *input = input_engine(call), *weights = weights_engine(call);
    int code = input && input->finish ? input->finish(call) : SCUMBLE_OK;
    if (code || !weights || !weights->finish)
        return code;
    sc_call own = weights_call(call);
    return weights->finish(&own);
}

static size_t conv_backward_scratch(const sc_call *call)
{
    const sc_kernel *weights = weights_engine(call);
    return conv_input_scratch(call) + (weights && weights->scratch_bytes ? weights->scratch_bytes(call) : 0);
}

static const sc_kernel backward_kernel = { conv_backward_parts, conv_backward_run, backward_finish,
                                           conv_backward_scratch };

static unsigned reads(const sc_call *call, unsigned wanted)
{
    (void)call;
    return (wanted & 1 ? (unsigned)SC_READS_INPUT_0 << 1 : 0) | (wanted & 2 ? (unsigned)SC_READS_INPUT_0 : 0);
}

static size_t conv_saved_bytes(const sc_call *call, unsigned wanted)
{
    const sc_conv2d_attrs *a = call->attrs;
    sc_shape out = call->out->shape;
    if (!a->relu || !wanted)
        return 0;
    return (size_t)out.n * (size_t)out.h * (size_t)out.w * sc_groups((size_t)out.c) * sizeof(uint16_t);
}

static size_t pooled_saved_bytes(const sc_call *call, unsigned wanted)
{
    return wanted ? sc_shape_count(call->out->shape) / SC_GROUP * 3 * sizeof(uint16_t) : 0;
}

/* --- choice --- */

/* The engines, oneDNN's where no own one fits. False: some engine is missing, so the reference has to serve. */
static bool choose_engines(sc_conv_state *state, unsigned wanted)
{
    const sc_conv_shape *s = &state->shape;
    bool input = wanted & 1, weights = wanted & 6;
    if (sc_narrow_fits(s)) {
        state->forward = &sc_narrow_forward;
        state->input = &sc_narrow_input;
    } else if (sc_winograd_fits(s)) {
        state->forward = &sc_winograd_forward;
        state->input = &sc_winograd_input;
        if (s->ci >= SC_GROUP / 2 && s->co >= SC_GROUP / 2) /* fewer would leave most lanes empty */
            state->weights = &sc_winograd_weights;
    } else if (sc_pointwise_fits(s)) {
        state->forward = &sc_pointwise_forward;
        state->input = &sc_pointwise_input;
        state->weights = &sc_pointwise_weights;
    }
    if (!sc_narrow_fits(s) && sc_few_fits(s)) {
        state->forward = &sc_few_forward;
        state->input = &sc_few_input;
        state->weights = &sc_few_weights;
    }
    return state->forward && (!input || state->input) && (!weights || state->weights);
}

static void destroy(void *argument)
{
    sc_conv_state *state = argument;
    if (state)
        sc_onednn_conv_destroy(state->onednn);
    free(state);
}

/* Winograd's kernels alone know of pooling, for whole groups of channels. */
int sc_host_choose_pooled_conv2d(const sc_node_info *node, const sc_cpu_isa *isa, sc_choice *choice, sc_error *err)
{
    const sc_call *call = &node->call;
    const sc_pooled_conv2d_attrs *a = call->attrs;
    sc_shape x = call->in[0]->shape, w = call->in[1]->shape, out = call->out->shape;
    if (w.n % SC_GROUP)
        return SCUMBLE_OK;
    sc_conv_state *state = calloc(1, sizeof *state);
    if (!state)
        return sc_fail_memory(err, sizeof *state);
    state->isa = isa;
    state->shape = (sc_conv_shape){ .n = x.n,
                                    .ci = x.c,
                                    .h = x.h,
                                    .w = x.w,
                                    .co = w.n,
                                    .oh = 2 * out.h,
                                    .ow = 2 * out.w,
                                    .kh = 3,
                                    .kw = 3,
                                    .stride_h = 1,
                                    .stride_w = 1,
                                    .dilation_h = 1,
                                    .dilation_w = 1,
                                    .groups = 1,
                                    .padding = a->padding,
                                    .bias = call->input_count > 2,
                                    .pool = a->scale == 0 ? 1 : a->scale };
    *choice = (sc_choice){ .forward = &sc_winograd_forward,
                           .backward = &sc_winograd_input,
                           .state = state,
                           .destroy = destroy,
                           .state_bytes = sizeof *state,
                           .saved_bytes = pooled_saved_bytes };
    return SCUMBLE_OK;
}

int sc_host_choose_conv2d(const sc_node_info *node, const sc_cpu_isa *isa, sc_choice *choice, sc_error *err)
{
    sc_conv_state *state = calloc(1, sizeof *state);
    if (!state)
        return sc_fail_memory(err, sizeof *state);
    state->isa = isa;
    state->shape = sc_conv_shape_of(&node->call);
    sc_choice own = { .forward = &forward_kernel,
                      .backward = &backward_kernel,
                      .state = state,
                      .destroy = destroy,
                      .state_bytes = sizeof *state,
                      .reads = reads,
                      .saved_bytes = conv_saved_bytes };
    if (!choose_engines(state, node->wanted)) {
        int code = sc_onednn_conv_create(node, state, &own, err);
        if (code || !choose_engines(state, node->wanted)) {
            destroy(state);
            return code;
        }
    }
    *choice = own;
    return SCUMBLE_OK;
}
