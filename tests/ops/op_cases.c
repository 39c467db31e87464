/* SPDX-License-Identifier: MIT */
/* Random cases for every operator: odd sizes, single rows and columns, asymmetrical padding, all attributes. */
#include "op_driver.h"

#include <math.h>

#include "core/rng.h"

int op_pick(op_random *r, int low, int high)
{
    return low + (int)(sc_random_bits(r->seed, r->index++) % (uint64_t)(high - low + 1));
}

static bool chance(op_random *r, int percent)
{
    return op_pick(r, 0, 99) < percent;
}

static int extent(op_random *r, bool large)
{
    return large ? op_pick(r, 40, 70) : chance(r, 15) ? 1 : op_pick(r, 1, 11);
}

static sc_shape picture(op_random *r, bool large)
{
    sc_shape s = { op_pick(r, 1, 2), large ? op_pick(r, 17, 40) : op_pick(r, 1, 19), 0, 0 };
    s.h = extent(r, large);
    s.w = extent(r, large);
    if (chance(r, 30)) /* whole vectors */
        s.c = 16 * op_pick(r, 1, large ? 3 : 2);
    return s;
}

static sc_tensor *add_input(op_case *c, op_random *r, sc_shape shape)
{
    c->in[c->input_count] = op_tensor_random(shape, sc_random_bits(r->seed, 1000000 + (uint64_t)c->input_count));
    return &c->in[c->input_count++];
}

static sc_tensor *add_vector(op_case *c, op_random *r, int channels)
{
    return add_input(c, r, (sc_shape){ 1, channels, 1, 1 });
}

static int most_padding(int extent_, sc_padding_mode mode, int most)
{
    int limit = mode == SC_PAD_REFLECT ? extent_ - 1 : mode == SC_PAD_CIRCULAR ? extent_ : most;
    return limit < most ? limit : most;
}

static sc_padding padding(op_random *r, sc_shape x, int most)
{
    sc_padding p = { .mode = (sc_padding_mode)op_pick(r, 0, 3) };
    p.top = op_pick(r, 0, most_padding(x.h, p.mode, most));
    p.bottom = op_pick(r, 0, most_padding(x.h, p.mode, most));
    p.left = op_pick(r, 0, most_padding(x.w, p.mode, most));
    p.right = op_pick(r, 0, most_padding(x.w, p.mode, most));
    return p;
}

/* --- one function per operator or family --- */

static void conv2d(op_case *c, op_random *r, bool large)
{
    sc_shape x = picture(r, large), w = { 0 };
    int groups = chance(r, 50) ? 1 : chance(r, 50) ? 2 : x.c;
    x.c = groups == 2 ? (x.c + 1) / 2 * 2 : x.c;
    sc_conv2d_attrs *a = &c->attrs.conv2d;
    *a = (sc_conv2d_attrs){ .stride_h = op_pick(r, 0, 3),
                            .stride_w = op_pick(r, 0, 3),
                            .dilation_h = op_pick(r, 0, 2),
                            .dilation_w = op_pick(r, 0, 2),
                            .groups = groups,
                            .padding = padding(r, x, 3),
                            .relu = chance(r, 50) };
    bool usual = chance(r, 50); /* for which backends have fast paths */
    if (usual)
        a->stride_h = a->stride_w = a->dilation_h = a->dilation_w = a->groups = groups = 1;
    if (usual && chance(r, 40))
        x.c = 3;
    w.c = x.c / groups;
    w.n = groups * op_pick(r, 1, groups == 1 ? 21 : 3);
    w.h = op_pick(r, 1, 4);
    w.w = op_pick(r, 1, 4);
    if (usual)
        w.h = w.w = chance(r, 70) ? 3 : chance(r, 50) ? 1 : 9;
    if (usual && chance(r, 60))
        w.n = 16 * op_pick(r, 1, 3);
    else if (usual && chance(r, 50))
        w.n = op_pick(r, 1, 4);
    if (x.h + a->padding.top + a->padding.bottom < (a->dilation_h ? a->dilation_h : 1) * (w.h - 1) + 1)
        w.h = 1;
    if (x.w + a->padding.left + a->padding.right < (a->dilation_w ? a->dilation_w : 1) * (w.w - 1) + 1)
        w.w = 1;
    add_input(c, r, x);
    add_input(c, r, w);
    if (chance(r, 50))
        add_vector(c, r, w.n);
    c->step = 0.5f;
}

static void pooled_conv2d(op_case *c, op_random *r, bool large)
{
    sc_shape x = picture(r, large);
    x.h += 3;
    x.w += 3;
    c->attrs.pooled_conv2d = (sc_pooled_conv2d_attrs){ padding(r, x, 2), chance(r, 50) ? 2.0f : 0 };
    int k = chance(r, 70) ? 16 * op_pick(r, 1, large ? 12 : 3) : op_pick(r, 1, 21);
    add_input(c, r, x);
    add_input(c, r, (sc_shape){ k, x.c, 3, 3 });
    if (chance(r, 50))
        add_vector(c, r, k);
    c->step = 0.01f;
}

static void bias(op_case *c, op_random *r, bool large)
{
    sc_tensor *x = add_input(c, r, picture(r, large));
    add_vector(c, r, x->shape.c);
    c->step = 0.5f;
}

static void keep_from_zero(sc_tensor *t, float distance)
{
    for (size_t i = 0; i < sc_shape_count(t->shape); i++)
        t->data[i] += t->data[i] < 0 ? -distance : distance;
}

static void activation(op_case *c, op_random *r, bool large)
{
    sc_tensor *x = add_input(c, r, picture(r, large));
    c->step = 0.05f;
    if (c->op == &sc_op_leaky_relu)
        c->attrs.leaky_relu.slope = chance(r, 20) ? 0 : 0.2f;
    if (c->op == &sc_op_relu || c->op == &sc_op_leaky_relu)
        keep_from_zero(x, 0.2f);
}

static void positive(op_case *c, op_random *r, bool large)
{
    sc_tensor *x = add_input(c, r, picture(r, large));
    for (size_t i = 0; i < sc_shape_count(x->shape); i++)
        x->data[i] = 0.7f + fabsf(x->data[i]);
    c->step = 0.02f;
}

/* Different values, at least 0.3 apart, in random order. */
static void separate(sc_tensor *t, op_random *r)
{
    size_t count = sc_shape_count(t->shape);
    for (size_t i = 0; i < count; i++)
        t->data[i] = 0.3f * (float)((int)i - (int)(count / 2));
    for (size_t i = count - 1; i > 0; i--) {
        size_t j = (size_t)op_pick(r, 0, (int)i);
        float value = t->data[i];
        t->data[i] = t->data[j];
        t->data[j] = value;
    }
}

static void pool2d(op_case *c, op_random *r, bool large)
{
    sc_shape x = picture(r, large);
    sc_pool2d_attrs *a = &c->attrs.pool2d;
    bool plain = chance(r, 30);
    *a = (sc_pool2d_attrs){ .size_h = op_pick(r, 1, 4),
                            .size_w = op_pick(r, 1, 4),
                            .stride_h = op_pick(r, 1, 4),
                            .stride_w = op_pick(r, 1, 4),
                            .include_padding = chance(r, 50),
                            .ceil_mode = chance(r, 50),
                            .scale = chance(r, 30) ? 2.0f : 0 };
    if (plain)
        a->size_h = a->size_w = a->stride_h = a->stride_w = 2;
    a->size_h = a->size_h > x.h ? x.h : a->size_h;
    a->size_w = a->size_w > x.w ? x.w : a->size_w;
    a->top = plain ? 0 : op_pick(r, 0, a->size_h - 1);
    a->bottom = plain ? 0 : op_pick(r, 0, a->size_h - 1);
    a->left = plain ? 0 : op_pick(r, 0, a->size_w - 1);
    a->right = plain ? 0 : op_pick(r, 0, a->size_w - 1);
    sc_tensor *in = add_input(c, r, x);
    if (c->op == &sc_op_max_pool2d)
        separate(in, r);
    c->step = c->op == &sc_op_max_pool2d ? 0.1f : 0.5f;
}

static void norm(op_case *c, op_random *r, bool large)
{
    bool batch = c->op == &sc_op_batch_norm;
    sc_tensor *x = add_input(c, r, picture(r, large));
    c->attrs.norm.epsilon = batch ? 1e-3f : 0.2f;
    c->attrs.norm.relu = !batch && chance(r, 50);
    c->attrs.norm.batch = !batch && chance(r, 40);
    if (batch) {
        add_vector(c, r, x->shape.c);
        sc_tensor *variance = add_vector(c, r, x->shape.c);
        for (int i = 0; i < x->shape.c; i++)
            variance->data[i] = 0.7f + fabsf(variance->data[i]);
    }
    add_vector(c, r, x->shape.c);
    add_vector(c, r, x->shape.c);
    c->step = 0.05f;
}

/* Half of the cases are parts of something: x may reach beyond it, and miss what is looked at. */
static void resize(op_case *c, op_random *r, bool large)
{
    int most = large ? 90 : 15;
    sc_resize_attrs *a = &c->attrs.resize;
    *a = (sc_resize_attrs){ .height = op_pick(r, 1, most),
                            .width = op_pick(r, 1, most),
                            .align_corners = chance(r, 40) };
    a->antialias = !a->align_corners && chance(r, 50);
    a->wrap = !a->align_corners && chance(r, 50);
    sc_shape x = add_input(c, r, picture(r, large))->shape;
    if (chance(r, 25)) { /* for which backends have fast paths */
        a->height = 2 * x.h, a->width = 2 * x.w;
    } else if (chance(r, 50)) {
        a->full_height = op_pick(r, 1, 2 * x.h), a->in_top = op_pick(r, -x.h / 2, a->full_height - 1);
        a->full_width = op_pick(r, 1, 2 * x.w), a->in_left = op_pick(r, -x.w / 2, a->full_width - 1);
        a->out_top = op_pick(r, 0, a->height - 1), a->part_height = op_pick(r, 1, a->height - a->out_top);
        a->out_left = op_pick(r, 0, a->width - 1), a->part_width = op_pick(r, 1, a->width - a->out_left);
    }
    c->step = 0.5f;
}

static void resize_conv2d(op_case *c, op_random *r, bool large)
{
    sc_shape x = picture(r, large);
    x.c = large && chance(r, 30) ? 150 : x.c;
    add_input(c, r, x);
    c->attrs.resize_conv2d = (sc_resize_conv2d_attrs){ (sc_padding_mode)op_pick(r, 0, 3), chance(r, 50) };
    int k = chance(r, 50) ? 16 * op_pick(r, 1, 3) : op_pick(r, 1, 21);
    add_input(c, r, (sc_shape){ k, x.c, 3, 3 });
    if (chance(r, 50))
        add_vector(c, r, k);
}

static void pad(op_case *c, op_random *r, bool large)
{
    sc_shape x = picture(r, large);
    c->attrs.pad = padding(r, x, large ? 20 : 4);
    add_input(c, r, x);
    c->step = 0.5f;
}

static void binary(op_case *c, op_random *r, bool large)
{
    sc_shape a = picture(r, large), b = a;
    if (chance(r, 70)) {
        b.n = chance(r, 50) ? 1 : a.n;
        b.c = chance(r, 50) ? 1 : a.c;
        b.h = chance(r, 50) ? 1 : a.h;
        b.w = chance(r, 50) ? 1 : a.w;
    }
    if (c->op == &sc_op_add)
        c->attrs.add = (sc_add_attrs){ chance(r, 50) ? 1 : 0.7f, chance(r, 50) ? 1 : -1.3f };
    add_input(c, r, a);
    add_input(c, r, b);
    c->step = 0.5f;
}

static void concat(op_case *c, op_random *r, bool large)
{
    sc_shape s = picture(r, large);
    int count = op_pick(r, 1, SC_MAX_INPUTS);
    for (int i = 0; i < count; i++) {
        s.c = op_pick(r, 1, 9);
        add_input(c, r, s);
    }
    c->step = 0.5f;
}

static void slice(op_case *c, op_random *r, bool large)
{
    sc_shape s = picture(r, large);
    sc_slice_attrs *a = &c->attrs.slice;
    a->channel = op_pick(r, 0, s.c - 1), a->channels = op_pick(r, 1, s.c - a->channel);
    a->top = op_pick(r, 0, s.h - 1), a->height = op_pick(r, 1, s.h - a->top);
    a->left = op_pick(r, 0, s.w - 1), a->width = op_pick(r, 1, s.w - a->left);
    add_input(c, r, s);
    c->step = 0.5f;
}

static void crop(op_case *c, op_random *r, bool large)
{
    sc_shape s = picture(r, large);
    sc_crop_attrs *a = &c->attrs.crop;
    a->top = op_pick(r, 0, s.h - 1), a->bottom = op_pick(r, 0, s.h - 1 - a->top);
    a->left = op_pick(r, 0, s.w - 1), a->right = op_pick(r, 0, s.w - 1 - a->left);
    add_input(c, r, s);
    c->step = 0.5f;
}

static void depth_to_space(op_case *c, op_random *r, bool large)
{
    sc_shape s = picture(r, large);
    int block = op_pick(r, 1, 4);
    c->attrs.depth_to_space = (sc_depth_to_space_attrs){ block, chance(r, 50) };
    s.c = op_pick(r, 1, large ? 30 : 5) * block * block;
    add_input(c, r, s);
    c->step = 0.5f;
}

static void linear(op_case *c, op_random *r, bool large)
{
    sc_shape x = picture(r, large);
    if (large)
        x.h = 7, x.w = 7;
    int k = op_pick(r, 1, large ? 300 : 20);
    add_input(c, r, x);
    add_input(c, r, (sc_shape){ k, x.c * x.h * x.w, 1, 1 });
    if (chance(r, 50))
        add_vector(c, r, k);
    c->step = 0.5f;
}

static void gram(op_case *c, op_random *r, bool large)
{
    sc_shape s = picture(r, large);
    s.n = 1;
    s.c = large && chance(r, 50) ? 130 : s.c;
    c->attrs.gram.shift = chance(r, 50) ? -0.75f : 0;
    add_input(c, r, s);
    c->step = 0.5f;
}

static void scalar(op_case *c, op_random *r, bool large)
{
    sc_shape s = picture(r, large);
    if (c->op == &sc_op_total_variation)
        c->attrs.tv.circular = chance(r, 50);
    add_input(c, r, s);
    if (c->op == &sc_op_mean_square && chance(r, 50))
        add_input(c, r, s);
    c->step = 0.5f;
}

static void channel_mean(op_case *c, op_random *r, bool large)
{
    sc_shape s = picture(r, large);
    s.n = 1;
    c->attrs.channel_mean.sum = chance(r, 30);
    add_input(c, r, s);
    c->step = 0.5f;
}

static void self_similarity(op_case *c, op_random *r, bool large)
{
    sc_shape s = { 1, large ? op_pick(r, 17, 70) : op_pick(r, 2, 19), 0, 0 };
    s.h = large ? op_pick(r, 9, 16) : op_pick(r, 1, 4);
    s.w = large ? op_pick(r, 9, 16) : op_pick(r, 3, 5); /* of two, the distance would not matter */
    keep_from_zero(add_input(c, r, s), 0.7f);
    c->step = 0.05f;
}

static void huber(op_case *c, op_random *r, bool large)
{
    sc_shape s = picture(r, large);
    sc_tensor *x = add_input(c, r, s), *t = add_input(c, r, s);
    keep_from_zero(
        t,
        1.1f); /* here the difference, well above the one delta and below the other: at delta the slope has a corner */
    for (size_t i = 0; i < sc_shape_count(s); i++)
        t->data[i] += x->data[i];
    c->attrs.huber.delta = chance(r, 50) ? 0.9f : 20;
    c->step = 0.1f;
}

static void cosine_distance(op_case *c, op_random *r, bool large)
{
    sc_shape s = picture(r, large);
    if (!large)
        s.c += 1, s.h = op_pick(r, 1, 4), s.w = op_pick(r, 1, 4);
    keep_from_zero(add_input(c, r, s), 0.7f);
    add_input(c, r, s);
    c->step = 0.05f;
}

/* G and mu of random features (count x c). */
static void moments(const sc_tensor *features, sc_tensor *moment, sc_tensor *mean)
{
    int count = features->shape.n, c = features->shape.c;
    for (int p = 0; p < count; p++)
        for (int i = 0; i < c; i++) {
            const float *f = features->data + p * c;
            mean->data[i] += f[i] / (float)count;
            for (int j = 0; j < c; j++)
                moment->data[i * c + j] += f[i] * f[j] / (float)count;
        }
}

/* Any matrix of k rows is a root; half of them have as many rows as channels. */
static void wasserstein2(op_case *c, op_random *r, bool large)
{
    int channels = large ? op_pick(r, 33, 150) : op_pick(r, 1, 12),
        k = op_pick(r, 0, 1) ? channels : op_pick(r, 1, channels);
    sc_tensor features =
        op_tensor_random((sc_shape){ 2 * channels + 2, channels, 1, 1 }, sc_random_bits(r->seed, 1000000));
    c->in[0] = op_tensor((sc_shape){ channels, channels, 1, 1 });
    c->in[1] = op_tensor((sc_shape){ 1, channels, 1, 1 });
    moments(&features, &c->in[0], &c->in[1]);
    sc_tensor_free(&features);
    c->input_count = 2;
    add_input(c, r, (sc_shape){ k, channels, 1, 1 });
    add_input(c, r, c->in[1].shape);
    c->step = 0.02f;
}

static void mapped_moment(op_case *c, op_random *r, bool large)
{
    int channels = large ? op_pick(r, 33, 150) : op_pick(r, 1, 12), k = large ? op_pick(r, 33, 150) : op_pick(r, 1, 12);
    add_input(c, r, (sc_shape){ channels, channels, 1, 1 });
    add_vector(c, r, channels);
    add_input(c, r, (sc_shape){ k, channels, 1, 1 });
    add_vector(c, r, k);
    c->step = 0.5f;
}

/* Positions inside and just outside of the picture, some of them fractions, some the same. */
static void gather(op_case *c, op_random *r, bool large)
{
    sc_shape s = picture(r, large);
    s.n = 1;
    add_input(c, r, s);
    sc_tensor *positions = add_input(c, r, (sc_shape){ 1, 2, 1, op_pick(r, 1, large ? 3000 : 60) });
    for (int i = 0; i < positions->shape.w; i++) {
        positions->data[2 * i] = (float)op_pick(r, -4, 4 * s.h) / 4;
        positions->data[2 * i + 1] = (float)op_pick(r, -4, 4 * s.w) / 4;
    }
    c->step = 0.5f;
}

static int ascending(const void *a, const void *b)
{
    const float *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Each channel has values 0.3 apart in random order, and a target near them: so the order is safe, and the loss small.
 */
static void sorted_match(op_case *c, op_random *r, bool large)
{
    sc_shape s = picture(r, large);
    s.n = 1;
    int n = s.h * s.w, k = chance(r, 40) ? n : op_pick(r, 1, large ? 3000 : 90);
    sc_tensor *x = add_input(c, r, s), column = op_tensor((sc_shape){ 1, 1, 1, n }),
              row = op_tensor((sc_shape){ 1, 1, 1, k });
    sc_tensor *target = add_input(c, r, (sc_shape){ 1, s.c, 1, k });
    for (int channel = 0; channel < s.c; channel++) {
        separate(&column, r);
        for (int i = 0; i < n; i++)
            x->data[i * s.c + channel] = column.data[i];
        for (int i = 0; i < k; i++)
            row.data[i] =
                0.3f * (((float)i + 0.5f) / (float)k * (float)n - (float)n / 2 + target->data[i * s.c + channel]);
        qsort(row.data, (size_t)k, sizeof(float), ascending);
        for (int i = 0; i < k; i++)
            target->data[i * s.c + channel] = row.data[i];
    }
    sc_tensor_free(&column);
    sc_tensor_free(&row);
    c->step = 0.1f;
}

static void quantiles(op_case *c, op_random *r, bool large)
{
    sc_shape s = picture(r, large);
    s.n = 1;
    add_input(c, r, s);
    c->attrs.quantiles.count = op_pick(r, 1, large ? 3000 : 90);
}

static void unit_vectors(op_case *c, op_random *r, bool large)
{
    sc_shape s = picture(r, large);
    s.n = 1;
    add_input(c, r, s);
    add_vector(c, r, s.c);
}

static void make_whole(sc_tensor *t)
{
    for (size_t i = 0; i < sc_shape_count(t->shape); i++)
        t->data[i] = roundf(2 * t->data[i]);
}

/* Whole numbers, whose products are exact in any order: so there are ties, and they are the same everywhere. */
static void nearest(op_case *c, op_random *r, bool large)
{
    sc_shape queries = picture(r, large), keys = { 1, 0, op_pick(r, 1, 12), op_pick(r, 1, large ? 60 : 12) };
    queries.n = 1;
    keys.c = queries.c;
    make_whole(add_input(c, r, queries));
    make_whole(add_input(c, r, keys));
    if (chance(r, 50))
        make_whole(add_input(c, r, (sc_shape){ 1, 1, keys.h, keys.w }));
}

typedef void (*case_fn)(op_case *c, op_random *r, bool large);

static const struct {
    const sc_op *op;
    case_fn make;
} makers[] = {
    { &sc_op_conv2d, conv2d },
    { &sc_op_pooled_conv2d, pooled_conv2d },
    { &sc_op_bias, bias },
    { &sc_op_relu, activation },
    { &sc_op_leaky_relu, activation },
    { &sc_op_sigmoid, activation },
    { &sc_op_tanh, activation },
    { &sc_op_exp, activation },
    { &sc_op_square_root, positive },
    { &sc_op_reciprocal, positive },
    { &sc_op_max_pool2d, pool2d },
    { &sc_op_average_pool2d, pool2d },
    { &sc_op_batch_norm, norm },
    { &sc_op_instance_norm, norm },
    { &sc_op_resize_nearest, resize },
    { &sc_op_resize_bilinear, resize },
    { &sc_op_resize_conv2d, resize_conv2d },
    { &sc_op_pad, pad },
    { &sc_op_add, binary },
    { &sc_op_multiply, binary },
    { &sc_op_concat, concat },
    { &sc_op_slice, slice },
    { &sc_op_crop, crop },
    { &sc_op_depth_to_space, depth_to_space },
    { &sc_op_linear, linear },
    { &sc_op_softmax, activation },
    { &sc_op_gram, gram },
    { &sc_op_mean, scalar },
    { &sc_op_mean_square, scalar },
    { &sc_op_total_variation, scalar },
    { &sc_op_channel_mean, channel_mean },
    { &sc_op_self_similarity, self_similarity },
    { &sc_op_huber, huber },
    { &sc_op_cosine_distance, cosine_distance },
    { &sc_op_wasserstein2, wasserstein2 },
    { &sc_op_mapped_moment, mapped_moment },
    { &sc_op_gather, gather },
    { &sc_op_sorted_match, sorted_match },
    { &sc_op_quantiles, quantiles },
    { &sc_op_unit_vectors, unit_vectors },
    { &sc_op_nearest, nearest },
};

void op_case_random(op_case *c, const sc_op *op, uint64_t seed, bool large)
{
    op_random r = { seed * 2 + large, 0 };
    *c = (op_case){ .op = op };
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
        if (makers[i].op == op) {
            makers[i].make(c, &r, large);
            return;
        }
    fail_msg("no random case for %s", op->name);
}
