/* SPDX-License-Identifier: MIT */
/* Which tiles a run is cut into: with a limit of memory a function of the run alone, and where a recipe or a state
 * names them, those. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "core/process.h"
#include "run/run_internal.h"

#include "engine_fixture.h"
#include "picture_fixture.h"
#include "run_fixture.h"
#include "../device_fixture.h"

enum { WIDTH = 240, HEIGHT = 160 };

static sc_image photo, painting;

static easel *open_easel(int64_t max_memory_bytes, const char *tiles)
{
    sc_error err = { 0 };
    const sc_image *styles[1] = { &painting };
    sc_style_options options = sc_style_options_default();
    strcpy(options.content_terms, "feature");
    strcpy(options.style_terms, "gram");
    strcpy(options.tiles, tiles);
    options.scales = options.iterations = 2;
    options.max_memory_bytes = max_memory_bytes;
    sc_style_setup setup = { .device = device_on(&sc_kernels_host, pool),
                             .threads = pool,
                             .encoder = lite,
                             .options = &options,
                             .styles = styles,
                             .style_weights = (const double[]){ 1 },
                             .style_count = 1 };
    easel *e;
    if (easel_create(&e, &setup, &err))
        fail_msg("%s", err.text);
    return e;
}

/* Paints and tells which tiles. */
static sc_image paint(easel *e, char tiles[SC_TILING_TEXT])
{
    sc_error err = { 0 };
    sc_image result;
    sc_tiling tiling;
    sc_subject subject = { .content = &photo };
    if (easel_paint(e, &subject, "id", NULL, NULL, NULL, &result, &err))
        fail_msg("%s", err.text);
    sc_run_tiling(e->run, &tiling);
    sc_tiling_write(&tiling, tiles);
    sc_big_limit(0);
    return result;
}

static bool same(const sc_image *a, const sc_image *b)
{
    return a->width == b->width && a->height == b->height &&
           !memcmp(a->rgb, b->rgb, (size_t)a->width * (size_t)a->height * 3 * sizeof *a->rgb);
}

/* A limit that the last scale does not fit, but its tiles do. */
static int64_t tight_limit(void)
{
    sc_error err = { 0 };
    sc_scale_need needs[SC_MAX_SCALES];
    sc_plan plan;
    easel *e = open_easel(0, "auto");
    assert_int_equal(sc_plan_create(&plan, e->style, &(sc_subject){ .content = &photo }, &err), 0);
    assert_int_equal(sc_plan_cut(&plan, needs, &err), 0);
    assert_int_equal(needs[plan.scales.count - 1].tile_edge, 0);
    int64_t bytes = needs[plan.scales.count - 1].bytes;
    sc_plan_free(&plan);
    easel_free(e);
    return bytes - (7 << 20);
}

/* What else the process holds cuts nothing; it is told of. And the tiles may be asked for by name. */
static void are_a_function_of_the_run(void **state)
{
    (void)state;
    enum { OWN = 500 << 20 };
    char first_tiles[SC_TILING_TEXT], tiles[SC_TILING_TEXT];
    int64_t limit = tight_limit();
    easel *e = open_easel(limit, "auto");
    sc_image first = paint(e, first_tiles);
    assert_true(e->run->plan.tile_pixels[0] == 0 && e->run->plan.tile_pixels[1] > 0);
    assert_null(strstr(e->run->remark, "of its own"));
    easel_free(e);
    char *own = malloc(OWN);
    assert_non_null(own);
    memset(own, 1, OWN);
    assert_true(sc_process_bytes() > OWN);
    e = open_easel(limit, "auto");
    sc_image beside = paint(e, tiles);
    assert_non_null(strstr(e->run->remark, "MiB of its own"));
    easel_free(e);
    free(own);
    assert_string_equal(tiles, first_tiles);
    assert_true(same(&first, &beside));
    e = open_easel(0, first_tiles); /* as a recipe has them, where there is room for the whole */
    sc_image repeated = paint(e, tiles);
    easel_free(e);
    assert_string_equal(tiles, first_tiles);
    assert_true(same(&first, &repeated));
    e = open_easel(0, "auto");
    sc_image whole = paint(e, tiles);
    easel_free(e);
    assert_string_equal(tiles, "auto");
    assert_false(same(&first, &whole)); /* by rounding: else this test would show nothing */
    sc_image_free(&first);
    sc_image_free(&beside);
    sc_image_free(&repeated);
    sc_image_free(&whole);
}

/* Those of another machine that do not fit are not taken, and that is said. */
static void must_fit(void **state)
{
    (void)state;
    char tiles[SC_TILING_TEXT];
    int64_t limit = tight_limit();
    easel *e = open_easel(limit, "120x80:0,240x160:0");
    sc_image result = paint(e, tiles);
    assert_true(e->run->plan.tile_pixels[1] > 0);
    assert_non_null(strstr(e->run->remark, "do not fit"));
    easel_free(e);
    sc_image_free(&result);
    e = open_easel(limit, "77x51:900"); /* of another size: nothing is asked for */
    result = paint(e, tiles);
    assert_true(e->run->plan.tile_pixels[1] > 0);
    assert_null(strstr(e->run->remark, "do not fit"));
    easel_free(e);
    sc_image_free(&result);
}

static int stop_at_once(sc_run *run, void *user)
{
    (void)run;
    (void)user;
    return 1;
}

/* A state goes on with the tiles that it began with, where there is room for the whole. */
static void stay_with_a_state(void **state)
{
    (void)state;
    sc_error err = { 0 };
    char tiles[SC_TILING_TEXT], begun[SC_TILING_TEXT];
    sc_subject subject = { .content = &photo };
    easel *e = open_easel(tight_limit(), "auto");
    sc_image whole = paint(e, begun), part, rest;
    assert_int_equal(easel_paint(e, &subject, "id", NULL, stop_at_once, NULL, &part, &err), SCUMBLE_ERR_CANCELLED);
    sc_image_free(&part);
    assert_int_equal(easel_save(e, "test_cut.checkpoint", &err), 0);
    easel_free(e);
    sc_big_limit(0);
    sc_weights *saved;
    assert_int_equal(sc_weights_load(NULL, &saved, "test_cut.checkpoint", &err), 0);
    remove("test_cut.checkpoint");
    e = open_easel(0, "auto");
    if (easel_paint(e, &subject, "id", saved, NULL, NULL, &rest, &err))
        fail_msg("%s", err.text);
    sc_tiling tiling;
    sc_run_tiling(e->run, &tiling);
    sc_tiling_write(&tiling, tiles);
    assert_string_equal(tiles, begun);
    assert_true(same(&whole, &rest));
    easel_free(e);
    sc_weights_free(saved);
    sc_image_free(&whole);
    sc_image_free(&rest);
}

/* Frames of a film are cut as the first one was: whatever is free, but for a limit. */
static void stay_with_a_film(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_tiling cuts;
    sc_subject subject = { .content = &photo };
    sc_image cut, again;
    char tiles[SC_TILING_TEXT];
    int64_t limit_bytes = tight_limit();
    easel *e = open_easel(limit_bytes, "auto");
    cut = paint(e, tiles);
    sc_run_cuts(e->run, &cuts);
    assert_int_equal(cuts.count, 2);
    easel_free(e);
    e = open_easel(0, "auto");
    subject.tiling = &cuts;
    if (easel_paint(e, &subject, "id", NULL, NULL, NULL, &again, &err))
        fail_msg("%s", err.text);
    assert_true(same(&cut, &again));
    sc_image_free(&again);
    easel_free(e);
    sc_tiling whole = cuts;
    whole.of[0].pixels = whole.of[1].pixels = 0;
    e = open_easel(limit_bytes - limit_bytes / 16, "auto");
    subject.tiling = &whole;
    assert_int_equal(easel_paint(e, &subject, "id", NULL, NULL, NULL, &again, &err), SCUMBLE_ERR_LIMIT);
    assert_non_null(strstr(err.text, "as the frames before were cut, but only"));
    easel_free(e);
    sc_big_limit(0);
    sc_image_free(&cut);
}

static void add_up(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_tiling all, more;
    char text[SC_TILING_TEXT];
    assert_int_equal(sc_tiling_parse(&all, "8x4:0,16x8:64", &err), 0);
    assert_int_equal(sc_tiling_parse(&more, "16x8:32,32x16:128", &err), 0);
    sc_tiling_add(&all, &more);
    sc_tiling_write(&all, text);
    assert_string_equal(text, "8x4:0,16x8:64,32x16:128");
    all.count = SC_MAX_SCALES;
    for (int i = 3; i < SC_MAX_SCALES; i++)
        all.of[i] = all.of[2];
    more.of[1].width = 33;
    sc_tiling_add(&all, &more);
    sc_tiling_write(&all, text);
    assert_string_equal(text, "16x8:32,33x16:128");
}

static void texts(void **state)
{
    (void)state;
    sc_tiling tiling;
    sc_error err = { 0 };
    char text[SC_TILING_TEXT];
    const char *const good[] = { "auto", "1x1:0", "512x342:0,1024x683:250000", "65535x65535:4294836225" };
    const char *const bad[] = { "",      ",",      "12",        "12x:5",          "x5:5",       "5x5",
                                "5x5:",  "5x5:1,", ",5x5:1",    "5x5:-1",         "5x5:1e5",    "0x5:1",
                                "5x0:1", "5x5:1 ", "65536x5:1", "5x5:9999999999", "auto,5x5:1", "5x5:1,auto" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(sc_tiling_parse(&tiling, good[i], &err), 0);
        sc_tiling_write(&tiling, text);
        assert_string_equal(text, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(sc_tiling_parse(&tiling, bad[i], &err), SCUMBLE_ERR_ARGUMENT);
        assert_non_null(strstr(err.text, "`tiles` is '"));
        assert_int_equal(tiling.count, 0);
    }
    char many[1024] = "1x1:1";
    for (int i = 1; i <= SC_MAX_SCALES; i++)
        strcat(many, ",1x1:1");
    assert_int_equal(sc_tiling_parse(&tiling, many, &err), SCUMBLE_ERR_ARGUMENT);
}

static int make_pictures(void **state)
{
    photo = picture(WIDTH, HEIGHT, 1, 0.2f);
    painting = picture(160, 120, 2, 0.8f);
    return set_up(state);
}

static int free_pictures(void **state)
{
    sc_image_free(&photo);
    sc_image_free(&painting);
    return tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_a_function_of_the_run), cmocka_unit_test(must_fit), cmocka_unit_test(stay_with_a_state),
        cmocka_unit_test(stay_with_a_film),          cmocka_unit_test(add_up),   cmocka_unit_test(texts)
    };
    return cmocka_run_group_tests_name("cut", tests, make_pictures, free_pictures);
}
