/* SPDX-License-Identifier: MIT */
/* Fuzz target: going on from checkpoints, of pictures, of painters and of encoders in training. The bytes are orders
 * that change a valid checkpoint: a tensor is left out, or has another shape or other values, a number is another one.
 * What is then run, or learnt from, must end with a result or a sentence. */
#define _GNU_SOURCE
#include <ftw.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edited_state.h"
#include "paint_tiny.h"
#include "loss/term.h"
#include "../unit/run_fixture.h"
#include "train/distil.h"
#include "train/train.h"

enum { EDGE = 64 };

/* What is made once: one of each kind, stopped, with what it wrote. */
typedef struct bench {
    sc_image photo, painting;
    easel *transfers[2]; /* L-BFGS; Adam on a pyramid, with matches */
    sc_trainer *trainer;
    sc_distiller *distiller;
    sc_weights *states[4];
} bench;

static int stop_soon(sc_run *run, void *user)
{
    (void)user;
    return sc_run_position(run).iterations_done >= 2;
}

static void read_back(sc_weights **state, const char *path)
{
    sc_error err = { 0 };
    MUST(sc_weights_load(NULL, state, path, &err));
    unlink(path);
}

static void make_transfers(bench *b, const char *path)
{
    sc_error err = { 0 };
    for (int i = 0; i < 2; i++) {
        sc_style_options options = sc_style_options_default();
        const sc_image *style = &b->painting;
        double weight = 1;
        options.iterations = 4;
        options.scales = 2;
        options.optimizer = i ? SC_CHOSE_ADAM : SC_CHOSE_LBFGS;
        options.variable = i ? SC_CHOSE_PYRAMID : SC_CHOSE_PIXELS;
        snprintf(options.style_terms, sizeof options.style_terms, "%s", i ? "nnfm" : "gram");
        snprintf(options.style_layers, sizeof options.style_layers, "relu1_1");
        snprintf(options.content_layers, sizeof options.content_layers, "relu1_1");
        sc_style_setup setup = { .device = fuzz_device,
                                 .threads = fuzz_threads,
                                 .encoder = fuzz_encoder,
                                 .options = &options,
                                 .styles = &style,
                                 .style_weights = &weight,
                                 .style_count = 1 };
        sc_image part;
        MUST(easel_create(&b->transfers[i], &setup, &err));
        sc_subject subject = { .content = &b->photo };
        if (easel_paint(b->transfers[i], &subject, "fuzzed", NULL, stop_soon, NULL, &part, &err) !=
            SCUMBLE_ERR_CANCELLED)
            abort();
        sc_image_free(&part);
        MUST(easel_save(b->transfers[i], path, &err));
        read_back(&b->states[i], path);
    }
}

static void make_training(bench *b, const char *photos, const char *path)
{
    sc_error err = { 0 };
    const sc_image *paintings = &b->painting;
    static const char *photo_list[1]; /* borrowed for as long as they live */
    double weight = 1;
    photo_list[0] = photos;
    sc_train_config config = { .options = { "small", 1, 10, 0.5, 3, 0.5, true, false, 1e-3, 1, EDGE, EDGE, 7 },
                               .encoder = fuzz_encoder,
                               .device = fuzz_device,
                               .threads = fuzz_threads,
                               .paintings = &paintings,
                               .weights = &weight,
                               .painting_count = 1,
                               .photos = photo_list,
                               .photo_path_count = 1 };
    MUST(sc_terms_parse(&config.content, SC_ROLE_CONTENT, fuzz_encoder, "feature", "content-terms", "relu1_1",
                        "content-layers", &err));
    MUST(sc_terms_parse(&config.style, SC_ROLE_STYLE, fuzz_encoder, "gram", "style-terms", "relu1_1", "style-layers",
                        &err));
    config.layer = sc_encoder_find_layer(fuzz_encoder, "relu1_1", &err);
    MUST(sc_trainer_create(&b->trainer, &config, &err));
    MUST(sc_trainer_save(b->trainer, "{}", 1, path, &err));
    read_back(&b->states[2], path);
    static const sc_encoder *teacher;
    teacher = fuzz_encoder;
    sc_distil_config distil = { .options = { 2e-3, 1, 32, 3 },
                                .teachers = &teacher,
                                .teacher_count = 1,
                                .device = fuzz_device,
                                .threads = fuzz_threads,
                                .photos = photo_list,
                                .photo_path_count = 1 };
    MUST(sc_distiller_create(&b->distiller, &distil, &err));
    MUST(sc_distiller_save(b->distiller, "{}", 1, path, &err));
    read_back(&b->states[3], path);
}

static void write_photos(const bench *b, const char *to)
{
    sc_error err = { 0 };
    for (int i = 0; i < 6; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s/%d.png", to, i);
        sc_image photo = b->painting;
        MUST(sc_image_save(&photo, name, NULL, &err));
    }
}

static char folder[] = "/tmp/scumble-fuzz-XXXXXX";

static int remove_item(const char *name, const struct stat *s, int kind, struct FTW *where)
{
    (void)s, (void)kind, (void)where;
    return remove(name);
}

static bench made;

/* Loaders decode in threads of their own, between inputs too, so what is lost can only be told from what is in use when
 * all of that has ended. Which is why scripts/fuzz.sh looks for leaks here once, at the end, and all is freed before.
 */
static void finish(void)
{
    for (int i = 0; i < 2; i++)
        easel_free(made.transfers[i]);
    sc_trainer_free(made.trainer);
    sc_distiller_free(made.distiller);
    for (int i = 0; i < 4; i++)
        sc_weights_free(made.states[i]);
    sc_image_free(&made.photo);
    sc_image_free(&made.painting);
    fuzz_tear_down();
    nftw(folder, remove_item, 16, FTW_DEPTH | FTW_PHYS);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    char path[64];
    MUST(!mkdtemp(folder));
    atexit(finish);
    snprintf(path, sizeof path, "%s.checkpoint", folder);
    fuzz_set_up();
    fuzz_picture(&made.photo, 24, 20);
    fuzz_picture(&made.painting, 96, 80);
    write_photos(&made, folder);
    make_transfers(&made, path);
    make_training(&made, folder, path);
    return 0;
}

/* learn: a training goes on for a step, which takes a hundred times as long as to load it. */
static void go_on(const bench *b, int which, bool learn, const sc_weights *state)
{
    sc_error err = { 0 };
    double elapsed_s;
    if (which < 2) {
        sc_subject subject = { .content = &b->photo };
        sc_image result;
        int code = easel_paint(b->transfers[which], &subject, "fuzzed", state, NULL, NULL, &result, &err);
        fuzz_check(code, &err);
        sc_image_free(&result);
        return;
    }
    const char *note;
    sc_losses losses;
    int code = which == 2 ? sc_trainer_load(b->trainer, state, &elapsed_s, &err) :
                            sc_distiller_load(b->distiller, state, &elapsed_s, &err);
    if (!code && learn)
        code = which == 2 ? sc_trainer_step(b->trainer, 0.5, &losses, &note, &err) :
                            sc_distiller_step(b->distiller, 0.5, &losses, &note, &err);
    fuzz_check(code, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    orders o = { data, size };
    int first = orders_next(&o, 256), which = first % 4;
    sc_weights *state = changed(made.states[which], &o);
    go_on(&made, which, first >= 224, state);
    sc_weights_free(state);
    return 0;
}
