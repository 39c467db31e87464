/* SPDX-License-Identifier: MIT */
/* Resizes of parts against the resize of the whole: parts of the output are crops of it, parts of the input add up to
 * it, and gradients likewise; windows of a picture that repeats, and windows that reach beyond one that does not. */
#include "op_driver.h"

enum { CHANNELS = 5 };
static const float GARBAGE = 1e6f; /* where nothing may look */

typedef struct area {
    int top, left, height, width;
} area;

static int modulo(int i, int extent)
{
    return (i % extent + extent) % extent;
}

/* The area of t; beyond t, garbage. With wrap t repeats, but the area holds every position once, and then garbage. */
static sc_tensor cut(const sc_tensor *t, area a, bool wrap)
{
    sc_tensor part = op_tensor((sc_shape){ t->shape.n, t->shape.c, a.height, a.width });
    sc_shape s = t->shape, p = part.shape;
    for (size_t i = 0; i < sc_shape_count(p); i++) {
        int c = (int)(i % (size_t)p.c), x = (int)(i / (size_t)p.c) % p.w, row = (int)i / (p.w * p.c), y = row % p.h,
            n = row / p.h;
        int from_y = wrap ? modulo(a.top + y, s.h) : a.top + y, from_x = wrap ? modulo(a.left + x, s.w) : a.left + x;
        bool there = wrap ? y < s.h && x < s.w : from_y >= 0 && from_y < s.h && from_x >= 0 && from_x < s.w;
        part.data[i] = there ? t->data[sc_offset(s, n, c, from_y, from_x)] : GARBAGE;
    }
    return part;
}

/* to, at the place of the area, += part; with wrap what lies beyond comes in on the other side, else it must be 0. */
static void add_part(sc_tensor *to, const sc_tensor *part, area a, bool wrap)
{
    sc_shape s = to->shape, p = part->shape;
    for (int n = 0; n < p.n; n++)
        for (int y = 0; y < p.h; y++)
            for (int x = 0; x < p.w; x++)
                for (int c = 0; c < p.c; c++) {
                    float value = part->data[sc_offset(p, n, c, y, x)];
                    int to_y = wrap ? modulo(a.top + y, s.h) : a.top + y,
                        to_x = wrap ? modulo(a.left + x, s.w) : a.left + x;
                    if (wrap ? y < s.h && x < s.w : to_y >= 0 && to_y < s.h && to_x >= 0 && to_x < s.w)
                        to->data[sc_offset(s, n, c, to_y, to_x)] += value;
                    else
                        assert_true(value == 0);
                }
}

/* A resize of the whole, with its result and, for a random gradient of that, the input's. */
typedef struct whole {
    op_case c;
    sc_tensor r;
    op_result result;
    area in, out; /* all of it */
} whole;

/* The part `in` of the input to the part `out` of the output. */
static op_result resize_part(const whole *w, area in, area out)
{
    const sc_resize_attrs *a = &w->c.attrs.resize;
    op_case c = { .op = w->c.op, .input_count = 1, .attrs = { .resize = *a } };
    c.attrs.resize.full_height = w->in.height, c.attrs.resize.full_width = w->in.width;
    c.attrs.resize.in_top = in.top, c.attrs.resize.in_left = in.left;
    c.attrs.resize.part_height = out.height, c.attrs.resize.part_width = out.width;
    c.attrs.resize.out_top = out.top, c.attrs.resize.out_left = out.left;
    c.in[0] = cut(&w->c.in[0], in, a->wrap);
    sc_tensor r = cut(&w->r, out, false);
    op_result result = op_run(&c, &(op_options){ .wanted = 1, .out_gradient = &r });
    for (int threads = 2; threads <= 8; threads += threads == 2 ? 1 : 5) {
        op_result again =
            op_run(&c, &(op_options){ .wanted = 1, .out_gradient = &r, .threads = threads, .order = OP_BACKWARDS });
        op_assert_same_bytes(&again.out, &result.out, "threads", (uint64_t)threads);
        op_assert_same_bytes(&again.gradient[0], &result.gradient[0], "threads", (uint64_t)threads);
        op_result_free(&again);
    }
    op_case_free(&c);
    sc_tensor_free(&r);
    return result;
}

/* The area at (i, j) of a cut of `all` into 3 x 3, of very different sizes; empty where there is no room. */
static area piece(area all, int i, int j)
{
    int rows[] = { 0, all.height / 4, all.height - all.height / 3, all.height },
        columns[] = { 0, all.width / 3, all.width - all.width / 5, all.width };
    return (area){ all.top + rows[i], all.left + columns[j], rows[i + 1] - rows[i], columns[j + 1] - columns[j] };
}

static void assert_crop(const sc_tensor *part, const sc_tensor *all, area a, bool wrap, const char *what)
{
    sc_tensor expected = cut(all, a, wrap);
    op_assert_same_bytes(part, &expected, what, 0);
    sc_tensor_free(&expected);
}

/* Pieces of the output: each the crop, their gradients the whole's. Of the input: the results add up, each gradient the
 * crop. */
static void check_pieces(const whole *w)
{
    sc_tensor out = op_tensor(w->result.out.shape), gradient = op_tensor(w->c.in[0].shape);
    for (int i = 0; i < 9; i++) {
        area of_out = piece(w->out, i / 3, i % 3), of_in = piece(w->in, i / 3, i % 3);
        if (of_out.height && of_out.width) {
            op_result part = resize_part(w, w->in, of_out);
            assert_crop(&part.out, &w->result.out, of_out, false, "part of the output");
            add_part(&gradient, &part.gradient[0], w->in, false);
            op_result_free(&part);
        }
        if (of_in.height && of_in.width) {
            op_result part = resize_part(w, of_in, w->out);
            assert_crop(&part.gradient[0], &w->result.gradient[0], of_in, w->c.attrs.resize.wrap,
                        "gradient of a part of the input");
            add_part(&out, &part.out, w->out, false);
            op_result_free(&part);
        }
    }
    op_assert_close(&out, &w->result.out, 1e-6, "sum of the parts of the input", 0);
    op_assert_close(&gradient, &w->result.gradient[0], 1e-6, "sum of the gradients of parts of the output", 0);
    sc_tensor_free(&out);
    sc_tensor_free(&gradient);
}

/* Parts of both: all pairs of pieces add up to the whole. */
static void check_pairs(const whole *w)
{
    sc_tensor out = op_tensor(w->result.out.shape), gradient = op_tensor(w->c.in[0].shape);
    for (int i = 0; i < 81; i++) {
        area of_out = piece(w->out, i / 9 / 3, i / 9 % 3), of_in = piece(w->in, i % 9 / 3, i % 3);
        if (!of_out.height || !of_out.width || !of_in.height || !of_in.width)
            continue;
        op_result part = resize_part(w, of_in, of_out);
        add_part(&out, &part.out, of_out, false);
        add_part(&gradient, &part.gradient[0], of_in, false);
        op_result_free(&part);
    }
    op_assert_close(&out, &w->result.out, 1e-6, "sum of pairs", 0);
    op_assert_close(&gradient, &w->result.gradient[0], 1e-6, "sum of the gradients of pairs", 0);
    sc_tensor_free(&out);
    sc_tensor_free(&gradient);
}

/* An input that holds everything somewhere, and more: round a picture that repeats, or beyond the edges of one that
 * does not. */
static void check_windows(const whole *w)
{
    static const int tops[] = { -3, 2, -50, 71 }, lefts[] = { 1, -4, 99, -1 };
    bool wrap = w->c.attrs.resize.wrap;
    for (int i = 0; i < (wrap ? 4 : 1); i++) {
        area in = { tops[i], lefts[i], w->in.height + i % 3, w->in.width + i };
        if (!wrap)
            in = (area){ -2, -5, w->in.height + 3, w->in.width + 9 };
        op_result window = resize_part(w, in, w->out);
        sc_tensor gradient = op_tensor(w->c.in[0].shape);
        add_part(&gradient, &window.gradient[0], in, wrap);
        op_assert_same_bytes(&window.out, &w->result.out, "window", (uint64_t)i);
        for (size_t k = 0; k < sc_shape_count(gradient.shape); k++)
            assert_true(gradient.data[k] == w->result.gradient[0].data[k]);
        sc_tensor_free(&gradient);
        op_result_free(&window);
    }
}

/* Two windows, each round an edge of the picture that repeats, hold every position once between them. */
static void check_wrapped_halves(const whole *w)
{
    sc_tensor out = op_tensor(w->result.out.shape);
    int first = (w->in.height + 1) / 2;
    area halves[] = { { -1, -2, first, w->in.width }, { first - 1, 3, w->in.height - first, w->in.width } };
    for (int i = 0; i < 2 && w->c.attrs.resize.wrap; i++) {
        if (!halves[i].height)
            continue;
        op_result part = resize_part(w, halves[i], w->out);
        add_part(&out, &part.out, w->out, false);
        assert_crop(&part.gradient[0], &w->result.gradient[0], halves[i], true, "gradient of a half");
        op_result_free(&part);
    }
    if (w->c.attrs.resize.wrap)
        op_assert_close(&out, &w->result.out, 1e-6, "sum of halves", 0);
    sc_tensor_free(&out);
}

/* Nothing of the picture is held: zeros, and no gradient. */
static void check_nothing(const whole *w)
{
    if (w->c.attrs.resize.wrap)
        return;
    op_result part = resize_part(w, (area){ w->in.height, 0, 4, w->in.width }, w->out);
    for (size_t i = 0; i < sc_shape_count(part.out.shape); i++)
        assert_true(part.out.data[i] == 0);
    for (size_t i = 0; i < sc_shape_count(part.gradient[0].shape); i++)
        assert_true(part.gradient[0].data[i] == 0);
    op_result_free(&part);
}

static void for_all(void (*check)(const whole *w))
{
    static const int sizes[][2] = { { 33, 16 }, { 7, 29 }, { 1, 5 }, { 5, 1 }, { 9, 9 }, { 10, 20 }, { 41, 3 } };
    enum { SIZES = sizeof sizes / sizeof *sizes };
    static const sc_resize_attrs kinds[] = {
        { 0 }, { .antialias = true }, { .wrap = true }, { .antialias = true, .wrap = true }, { .align_corners = true }
    };
    for (int k = 0; k < 5 * SIZES; k++) {
        const int *rows = sizes[k % SIZES], *columns = sizes[(k % SIZES + 1 + k / SIZES) % SIZES];
        whole w = { .c = { .op = &sc_op_resize_bilinear, .input_count = 1 },
                    .in = { 0, 0, rows[0], columns[0] },
                    .out = { 0, 0, rows[1], columns[1] } };
        w.c.attrs.resize = kinds[k / SIZES];
        w.c.attrs.resize.height = rows[1], w.c.attrs.resize.width = columns[1];
        w.c.in[0] = op_tensor_random((sc_shape){ 2, CHANNELS, rows[0], columns[0] }, (uint64_t)k);
        w.r = op_tensor_random(op_case_shape(&w.c), 1000);
        w.result = op_run(&w.c, &(op_options){ .wanted = 1, .out_gradient = &w.r });
        check(&w);
        op_result_free(&w.result);
        sc_tensor_free(&w.r);
        op_case_free(&w.c);
    }
}

static void test_pieces(void **state)
{
    (void)state;
    for_all(check_pieces);
}

static void test_pairs(void **state)
{
    (void)state;
    for_all(check_pairs);
}

static void test_windows(void **state)
{
    (void)state;
    for_all(check_windows);
}

static void test_wrapped_halves(void **state)
{
    (void)state;
    for_all(check_wrapped_halves);
}

static void test_nothing(void **state)
{
    (void)state;
    for_all(check_nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_pieces), cmocka_unit_test(test_pairs),
                                        cmocka_unit_test(test_windows), cmocka_unit_test(test_wrapped_halves),
                                        cmocka_unit_test(test_nothing) };
    return cmocka_run_group_tests_name("resize", tests, NULL, NULL);
}
