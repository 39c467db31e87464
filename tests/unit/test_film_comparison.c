/* SPDX-License-Identifier: MIT */
/* How steady films are, against films of which that is known: paint that moves with what it is on, noise of a known
 * amount in each frame, brightness that pumps, cuts; and the same numbers with any number of threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/rng.h"
#include "measure/film_comparison.h"

enum { W = 96, H = 64, FRAMES = 13, FILMS = 4 };
enum { MOVED, NOISY, PUMPING, TORN }; /* the painted films */
enum { SOURCE, BLURRED };             /* the controls, which come first */
static const double grain = 0.01, noise = 0.05, pumping = 0.04;

/* Noise of three sizes, smoothed, 0..1: something to see without an end, another one for each seed. */
static double texture(uint64_t seed, int x, int y)
{
    double sum = 0;
    for (int k = 0; k < 3; k++) {
        int size = 4 << k, left = x / size, top = y / size;
        double fx = (double)(x % size) / size, fy = (double)(y % size) / size;
        fx *= fx * (3 - 2 * fx), fy *= fy * (3 - 2 * fy);
        for (int i = 0; i < 4; i++) {
            uint64_t cell = (uint64_t)(left + (i & 1)) * 65536 + (uint64_t)(top + (i >> 1));
            sum += (i & 1 ? fx : 1 - fx) * (i >> 1 ? fy : 1 - fy) *
                   (double)(sc_random_bits(seed + (uint64_t)k, cell) & 0xffff) / 65535 / 3;
        }
    }
    return sum;
}

/* It moves by 2 pixels to the left and 1 down from frame to frame. */
static sc_image moved(int number, uint64_t seed)
{
    sc_image image;
    sc_error err = { 0 };
    assert_int_equal(sc_image_create(&image, W, H, false, &err), 0);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            for (int c = 0; c < 3; c++)
                image.rgb[3 * (y * W + x) + c] =
                    (float)(0.2 + 0.6 * texture(seed, x + 2 * number, y + FRAMES - number) + 0.02 * c);
    return image;
}

/* Adds what is uniform, of this deviation. */
static void add_noise(sc_image *image, double deviation, uint64_t seed)
{
    for (size_t i = 0; i < 3 * W * H; i++)
        image->rgb[i] += (float)(deviation * sqrt(12) * ((double)(sc_random_bits(seed, i) & 0xffff) / 65535 - 0.5));
}

/* Frame `number` of a painted film. */
static sc_image painted(int film, int number)
{
    sc_image image = moved(number, 10);
    if (film == NOISY)
        add_noise(&image, noise, 100 + (uint64_t)number);
    for (size_t i = 0; i < 3 * W * H && film == PUMPING; i++)
        image.rgb[i] += (float)(number & 1 ? pumping : -pumping);
    if (film == TORN && number >= 6) { /* other paint from here on */
        sc_image_free(&image);
        image = moved(number, 20);
    }
    return image;
}

/* Of FRAMES frames; a cut before frame `cut` (0: none). values: of all, last: of the last frame. */
static void measure(int threads, int cut, scumble_steadiness values[2 + FILMS], scumble_steadiness last[2 + FILMS])
{
    sc_error err = { 0 };
    sc_threads *pool;
    sc_film_comparison *c;
    assert_int_equal(sc_threads_create(&pool, threads, &err), 0);
    assert_int_equal(sc_film_comparison_create(&c, pool, FILMS, &err), 0);
    for (int number = 0; number < FRAMES; number++) {
        sc_image source = moved(number, 0), films[FILMS];
        const sc_image *pictures[FILMS];
        add_noise(&source, grain, 200 + (uint64_t)number);
        for (int i = 0; i < FILMS; i++)
            films[i] = painted(i, number), pictures[i] = &films[i];
        if (sc_film_comparison_add(c, &source, pictures, cut && number == cut, last, &err))
            fail_msg("%s", err.text);
        sc_image_free(&source);
        for (int i = 0; i < FILMS; i++)
            sc_image_free(&films[i]);
    }
    sc_film_comparison_result(c, values);
    sc_film_comparison_free(c);
    sc_threads_destroy(pool);
}

static void within(const char *what, double value, double least, double most)
{
    print_message("%s: %.5f\n", what, value);
    if (!(value >= least && value <= most))
        fail_msg("%s: %g is not within %g and %g", what, value, least, most);
}

static void test_differences(void **state)
{
    (void)state;
    scumble_steadiness v[2 + FILMS], last[2 + FILMS];
    measure(2, 0, v, last);
    /* both frames have noise: the root of 2 of it, less what moving by parts of a pixel smooths */
    within("the source's grain", v[SOURCE].near, 1.1 * grain, 1.45 * grain);
    within("10 frames apart", v[SOURCE].far, 1.1 * grain, 1.6 * grain);
    within("blurred, less", v[BLURRED].near, 0, 0.5 * v[SOURCE].near);
    within("paint that moves along", v[2 + MOVED].near, 0, 0.004);
    within("paint 10 frames apart", v[2 + MOVED].far, 0, 0.01);
    within("noise", v[2 + NOISY].near, 1.2 * noise, 1.45 * noise);
    within("noise, 10 frames apart", v[2 + NOISY].far, 1.2 * noise, 1.45 * noise);
    within("pumping, 1 frame apart", v[2 + PUMPING].near, 2 * pumping - 0.004, 2 * pumping + 0.004);
    within("pumping, 10 frames apart, which are alike", v[2 + PUMPING].far, 0, 0.01);
    within("what is seen again", v[SOURCE].near_seen, 0.85, 1);
    within("what is seen again 10 frames later", v[SOURCE].far_seen, 0.45, 0.8);
    within("torn, once in 12", v[2 + TORN].near, 0.02, 0.1);
    within("the last frame, which is not torn", last[2 + TORN].near, 0, 0.004);
}

static void test_tones(void **state)
{
    (void)state;
    scumble_steadiness v[2 + FILMS], last[2 + FILMS];
    measure(2, 0, v, last);
    assert_true(v[SOURCE].lightness == 0 && v[SOURCE].chroma == 0);
    within("lightness of what moves along", v[2 + MOVED].lightness, 0, 0.004);
    /* a step of sRGB about the middle is one of 0.87 in lightness */
    within("lightness that pumps", v[2 + PUMPING].lightness, 0.8 * pumping, 0.95 * pumping);
    within("of a frame, with its sign", last[2 + PUMPING].lightness - last[2 + MOVED].lightness, -0.95 * pumping,
           -0.8 * pumping);
}

/* No pair reaches over a cut, and tones are those of shots. */
static void test_cut(void **state)
{
    (void)state;
    scumble_steadiness v[2 + FILMS], last[2 + FILMS];
    measure(2, 6, v, last);
    within("torn at the cut", v[2 + TORN].near, 0, 0.004);
    assert_true(isnan(v[2 + TORN].far) && v[2 + TORN].far_seen == 0); /* no shot has 11 frames */
    within("lightness of shots", v[2 + TORN].lightness, 0, 0.004);
}

static void test_threads(void **state)
{
    (void)state;
    scumble_steadiness one[2][2 + FILMS], three[2][2 + FILMS];
    measure(1, 0, one[0], one[1]);
    measure(3, 0, three[0], three[1]);
    assert_memory_equal(one, three, sizeof one);
}

static void test_refused(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_film_comparison *c;
    sc_image frame = moved(0, 0), small;
    const sc_image *pictures[2] = { &frame, &frame };
    scumble_steadiness v[4];
    assert_int_equal(sc_film_comparison_create(&c, NULL, 2, &err), 0);
    sc_film_comparison_result(c, v);
    assert_true(isnan(v[0].near) && v[0].lightness == 0); /* of no frames */
    assert_int_equal(sc_image_resize(NULL, &frame, 40, 30, &small, &err), 0);
    assert_int_equal(sc_film_comparison_add(c, &small, pictures, false, v, &err), 0); /* a source of another size */
    pictures[1] = &small;
    assert_int_equal(sc_film_comparison_add(c, &frame, pictures, false, v, &err), SCUMBLE_ERR_ARGUMENT);
    assert_non_null(strstr(err.text, "40 x 30"));
    sc_film_comparison_free(c);
    sc_image_free(&frame);
    sc_image_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences), cmocka_unit_test(test_tones),   cmocka_unit_test(test_cut),
        cmocka_unit_test(test_threads),     cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
