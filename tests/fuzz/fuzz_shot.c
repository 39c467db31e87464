/* SPDX-License-Identifier: MIT */
/* Fuzz target: films that go on from states, of shots in a style and by a painter, and of steadiers. The bytes are
 * orders that edit a valid state (edited_state.h). What is then painted has the size of the frame and values of 0..1,
 * or there is a sentence. */
#include "edited_state.h"
#include "paint_tiny.h"

#include "api/painter.h"
#include "../unit/run_fixture.h"
#include "steady/blind.h"
#include "steady/shot.h"

enum { WIDTH = 24, HEIGHT = 20, KINDS = 3 };

/* What is made once. */
static struct {
    sc_image photo, painting;
    easel *easel;
    scumble *s;
    scumble_painter *painter;
    sc_paint_options paint;
    sc_weights *states[KINDS]; /* of a style's shot, of a painter's, of a steadier */
} made;

static sc_shot *open_shot(int kind)
{
    sc_error err = { 0 };
    sc_shot *shot;
    sc_shot_setup setup = { .style = kind ? NULL : made.easel->style,
                            .painter = kind ? made.painter->inner : NULL,
                            .paint = &made.paint,
                            .threads = fuzz_threads,
                            .steady = 0.7,
                            .iterations = 1 };
    MUST(sc_shot_create(&shot, &setup, &err));
    return shot;
}

static void make_shot(int kind)
{
    sc_error err = { 0 };
    sc_shot *shot = open_shot(kind);
    for (int i = 0; i < 2; i++) {
        sc_image result;
        MUST(sc_shot_paint(shot, &made.photo, NULL, NULL, NULL, &result, &err));
        sc_image_free(&result);
    }
    MUST(sc_weights_create(&made.states[kind], &err));
    MUST(sc_shot_save(shot, made.states[kind], &err));
    MUST(sc_weights_own(made.states[kind], &err));
    sc_shot_free(shot);
}

static void make_steadier(void)
{
    sc_error err = { 0 };
    sc_blind blind = { 0 };
    sc_image result;
    MUST(sc_blind_next(&blind, fuzz_threads, 1, &made.photo, &made.photo, &result, NULL, &err));
    sc_image_free(&result);
    MUST(sc_weights_create(&made.states[2], &err));
    MUST(sc_blind_save(&blind, made.states[2], &err));
    MUST(sc_weights_own(made.states[2], &err));
    sc_blind_forget(&blind);
}

static void finish(void)
{
    for (int i = 0; i < KINDS; i++)
        sc_weights_free(made.states[i]);
    easel_free(made.easel);
    scumble_painter_close(&made.painter);
    scumble_close(&made.s);
    sc_image_free(&made.photo);
    sc_image_free(&made.painting);
    fuzz_tear_down();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    sc_error err = { 0 };
    atexit(finish);
    fuzz_set_up();
    fuzz_picture(&made.photo, WIDTH, HEIGHT);
    fuzz_picture(&made.painting, 40, 32);
    sc_style_options options = sc_style_options_default();
    const sc_image *style = &made.painting;
    double weight = 1;
    options.iterations = 1;
    options.scales = 1;
    snprintf(options.style_terms, sizeof options.style_terms, "gram");
    snprintf(options.style_layers, sizeof options.style_layers, "relu1_1");
    snprintf(options.content_layers, sizeof options.content_layers, "relu1_1");
    sc_style_setup setup = { .device = fuzz_device,
                             .threads = fuzz_threads,
                             .encoder = fuzz_encoder,
                             .options = &options,
                             .styles = &style,
                             .style_weights = &weight,
                             .style_count = 1 };
    MUST(easel_create(&made.easel, &setup, &err));
    MUST(scumble_open(&made.s, &(scumble_config){ .size = sizeof(scumble_config), .threads = 1 }));
    MUST(scumble_painter_open(made.s, "starry", &made.painter));
    made.paint = (sc_paint_options){ .strength = 1, .device = fuzz_device, .threads = fuzz_threads };
    make_shot(0);
    make_shot(1);
    make_steadier();
    return 0;
}

/* Sound pictures alone come of what is restored. */
static void check_result(int code, sc_image *result, const sc_error *err)
{
    fuzz_check(code, err);
    if (code ? result->rgb != NULL : result->width != WIDTH || result->height != HEIGHT)
        abort();
    for (int i = 0; !code && i < 3 * WIDTH * HEIGHT; i++)
        if (!(result->rgb[i] >= 0 && result->rgb[i] <= 1))
            abort();
    sc_image_free(result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    orders o = { data, size };
    int kind = orders_next(&o, KINDS);
    static const char *const cuts[] = { "auto",    "graphs:1",  "graphs:-3", "graphs:99999999999",
                                        "24x20:0", "24x20:300", "24x20:",    "x" };
    int cut = orders_next(&o, 16);
    sc_error err = { 0 };
    sc_image result = { 0 };
    sc_weights *state = changed(made.states[kind], &o);
    if (cut < 8)
        MUST(sc_weights_set_metadata(state, "shot.tiles", cuts[cut], &err));
    if (kind == 2) {
        sc_blind blind = { 0 };
        int code = sc_blind_load(&blind, state, &err);
        fuzz_check(code, &err);
        if (!code)
            check_result(sc_blind_next(&blind, fuzz_threads, 1, &made.photo, &made.photo, &result, NULL, &err), &result,
                         &err);
        sc_blind_forget(&blind);
    } else {
        sc_shot *shot = open_shot(kind);
        int code = sc_shot_load(shot, state, &err);
        fuzz_check(code, &err);
        if (!code)
            check_result(sc_shot_paint(shot, &made.photo, NULL, NULL, NULL, &result, &err), &result, &err);
        sc_shot_free(shot);
    }
    sc_weights_free(state);
    return 0;
}
