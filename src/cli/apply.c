/* SPDX-License-Identifier: MIT */
/* `scumble apply`: paints pictures with a trained painter, one after the other: checks first, then the painter once,
 * then picture by picture. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "console.h"
#include "events.h"
#include "inputs.h"
#include "interrupt.h"
#include "outputs.h"
#include "paths.h"
#include "pixels.h"
#include "progress.h"
#include "rights.h"
#include "streams.h"
#include "values.h"
#include "scumble/painter.h"

static const char default_name[] = "{name}-{style}.png";

/* One picture. */
typedef struct work {
    char *photo, *output;
    bool failed;
    bool there; /* with --skip-existing: the output is, and nothing is to be done */
} work;

typedef struct apply {
    const char *model, *output;           /* output: NULL = not given */
    const char *format;                   /* that the output stream is written in; NULL = the output is no stream */
    int64_t threads, max_pixels, quality; /* 0 = not given */
    int bits;                             /* index in 8|16|32; -1 = not given */
    int icc;                              /* index in srgb|keep */
    int progress;
    rights_settings rights;
    pixel_settings pixels;
    bool verbose, list, no_recipe, keep_gps, skip_existing;
    int to_paint, begun,
        painted;       /* pictures, but for those that are there or cannot be read; of them, those begun; those done, */
    double painting_s; /* in this time */
    bool said_size;    /* at what size it is painted has been said */
    text_list words, photos, option_list; /* option_list: name, value, ... */
    work *works;
    scumble *s;
    scumble_painter *painter;
    scumble_options *options;
} apply;

/* ---- the command line ------------------------------------------------------------------------------------------ */

static int apply_read_options(apply *a)
{
    a->options = must(scumble_options_create(SCUMBLE_OPTIONS_PAINT));
    return values_set(a->s, a->options, &a->option_list);
}

static int apply_check_combinations(apply *a)
{
    if (console_is_quiet() && a->verbose)
        return console_usage("-q and -v contradict each other; give one");
    if (console_is_quiet() && a->progress == PROGRESS_BAR)
        return console_usage("-q and --progress bar contradict each other; give one");
    if (a->list && a->words.count)
        return console_usage("--list takes no name, but got '%s'", a->words.items[0]);
    if (a->list)
        return 0;
    if (!a->words.count)
        return console_usage("there is no painter; give one, and pictures: scumble apply painter.scumble photo.jpg");
    a->model = a->words.items[0];
    if (a->words.count == 1)
        return console_usage("there is no picture; give one: scumble apply %s photo.jpg", a->model);
    return rights_check_settings(&a->rights);
}

static int apply_read_arguments(apply *a, int argc, char **argv, bool *help)
{
    const binding bindings[] = { BIND("output", &a->output),
                                 BIND("format", &a->format),
                                 BIND("bits", &a->bits),
                                 BIND("quality", &a->quality),
                                 BIND("icc", &a->icc),
                                 BIND("skip-existing", &a->skip_existing),
                                 BIND("no-recipe", &a->no_recipe),
                                 BIND("keep-gps", &a->keep_gps),
                                 BIND("list", &a->list),
                                 BIND("threads", &a->threads),
                                 BIND("max-pixels", &a->max_pixels),
                                 BIND("progress", &a->progress),
                                 BIND("verbose", &a->verbose),
                                 RIGHTS_BINDINGS(a->rights),
                                 PIXEL_BINDINGS(a->pixels) };
    int status = arguments_parse(&apply_about, argc, argv, BINDINGS(bindings), &a->option_list, &a->words, help);
    return status || *help ? status : apply_check_combinations(a);
}

/* ---- what will be written -------------------------------------------------------------------------------------- */

static char *output_of(const apply *a, int index)
{
    const char *photo = a->photos.items[index];
    bool folder = a->output && outputs_is_folder(a->output);
    char *name = paths_name(photo), *painter = paths_name(a->model), *extension = outputs_extension(photo);
    template_values values = { .name = name,
                               .style = painter,
                               .variation = "",
                               .extension = extension,
                               .number = index + 1,
                               .total = a->photos.count };
    char *filled = paths_fill(a->output && !folder ? a->output : default_name, &values);
    char *path = folder ? paths_join(a->output, filled) : text_copy(filled);
    free(filled);
    free(extension);
    free(painter);
    free(name);
    return path;
}

static int apply_check_clashes(const apply *a)
{
    file_roles roles = { 0 };
    outputs_add(&roles, paths_exists(a->model) ? a->model : NULL, NULL);
    for (int i = 0; i < a->photos.count; i++) {
        outputs_add(&roles, a->works[i].photo, NULL);
        outputs_add_picture(&roles, a->works[i].output, "-o");
    }
    return outputs_check_clashes(&roles);
}

static int apply_check_pattern(const apply *a)
{
    if (!a->output || outputs_is_folder(a->output))
        return 0;
    if (strstr(a->output, "{variation}"))
        return console_usage("-o is '%s', but there are no variations; leave {variation} out", a->output);
    int status = paths_check_template("-o", a->output);
    return status ? status : outputs_check_pattern(a->output, a->photos.count);
}

static scumble_save_options save_options(const apply *a)
{
    return (scumble_save_options){ .size = sizeof(scumble_save_options),
                                   .bits = outputs_bits(a->bits),
                                   .quality = (int)a->quality,
                                   .keep_icc = a->icc,
                                   .origin_only = a->no_recipe,
                                   .keep_gps = a->keep_gps,
                                   .format = a->format };
}

static int apply_try_saving(const apply *a)
{
    scumble_save_options options = save_options(a);
    const char **outputs = must(calloc((size_t)a->photos.count, sizeof *outputs));
    int count = 0;
    for (int i = 0; i < a->photos.count; i++)
        if (!a->works[i].there)
            outputs[count++] = a->works[i].output;
    int status = outputs_try_saving(a->s, outputs, count, &options);
    free(outputs);
    return status;
}

/* A photo that cannot be read fails now; the others go on. */
static int apply_check_photos(apply *a)
{
    int left = 0;
    for (int i = 0; i < a->photos.count; i++) {
        a->works[i].failed = outputs_check_photo(a->works[i].photo) != 0;
        if (a->works[i].failed)
            events_error(console_last_error(), a->works[i].photo);
        left += !a->works[i].failed;
        a->to_paint += !a->works[i].failed && !a->works[i].there;
    }
    return left ? 0 : EXIT_FAILED;
}

/* --skip-existing. */
static void apply_leave_out_existing(apply *a)
{
    int there = 0;
    for (int i = 0; a->skip_existing && i < a->photos.count; i++) {
        const char *output = a->works[i].output;
        a->works[i].there = output && paths_exists(output) && !paths_is_special(output);
        there += a->works[i].there;
    }
    if (there)
        console_info("%d of %d pictures are there already and are left out", there, a->photos.count);
}

static int plan_works(apply *a)
{
    int status = apply_check_pattern(a);
    a->works = must(calloc((size_t)a->photos.count, sizeof *a->works));
    for (int i = 0; i < a->photos.count && !status; i++)
        status = outputs_check_named(a->output, a->photos.items[i]);
    for (int i = 0; i < a->photos.count && !status; i++)
        a->works[i] = (work){ .photo = a->photos.items[i], .output = output_of(a, i) };
    if (!status)
        status = apply_check_clashes(a);
    if (!status && a->output)
        status = outputs_make_folder(a->output);
    apply_leave_out_existing(a);
    for (int i = 0; i < a->photos.count && !status; i++) {
        status = a->format ? 0 : outputs_check_picture("-o", a->works[i].output);
        if (!status && !a->works[i].there)
            status = outputs_check_written("-o", a->works[i].output);
    }
    if (!status)
        status = apply_check_photos(a);
    return status ? status : apply_try_saving(a);
}

/* ---- painting -------------------------------------------------------------------------------------------------- */

/* One picture, while it is painted. */
typedef struct work_run {
    const apply *a;
    const work *w;
    progress_display display;
    scumble_event last;
} work_run;

static int on_work_progress(const scumble_event *event, void *user)
{
    work_run *e = user;
    e->last = *event;
    progress_show(&e->display, event);
    return interrupt_signal();
}

static int fail_work(const apply *a, const work *w, int code)
{
    const char *text = scumble_error_text(a->s);
    int status = console_failure(a->s, code, a->photos.count > 1 && !strstr(text, w->photo) ? w->photo : NULL);
    events_error(*text ? text : scumble_error_name(code), w->photo);
    return status;
}

/* What it will take; with a limit this has to be asked before the photo is loaded. */
static int estimate_work(const apply *a, const work *w, const scumble_paint_estimate **estimate)
{
    int width, height, code = scumble_image_probe(a->s, w->photo, &width, &height);
    if (!code)
        code = scumble_painter_estimate(a->painter, width, height, a->options, estimate);
    return code;
}

static void tell_work(const work_run *e, const scumble_image *result)
{
    events_done(&(done_event){ .photo = e->w->photo,
                               .output = result ? e->w->output : NULL,
                               .width = scumble_image_width(result),
                               .height = scumble_image_height(result),
                               .done = e->last.done,
                               .of = e->last.of,
                               .unit = "pixels",
                               .elapsed_s = progress_now_s() - e->display.began_s,
                               .interrupted = !result });
}

static int save_work(const work_run *e, const scumble_image *result, const scumble_paint_estimate *took)
{
    const apply *a = e->a;
    const work *w = e->w;
    char time[32], tiles[48] = "", memory[32];
    scumble_save_options options = save_options(a);
    char *recipe = rights_recipe(&a->rights, scumble_painter_recipe(a->painter));
    options.recipe = recipe;
    outputs_say_note(result, w->output, a->format);
    int code = scumble_image_save(a->s, result, w->output, &options);
    free(recipe);
    if (code)
        return fail_work(a, w, code);
    if (took->tile_edge)
        snprintf(tiles, sizeof tiles, ", in tiles of %d pixels", took->tile_edge);
    console_info("wrote %s (%dx%d, %s%s%s%s)", w->output, scumble_image_width(result), scumble_image_height(result),
                 text_time(progress_now_s() - e->display.began_s, time), tiles, a->verbose ? ", at most " : "",
                 a->verbose ? text_size(took->memory_bytes, memory) : "");
    tell_work(e, result);
    return 0;
}

/* Once: at what size strokes are painted, when it is not the result's. */
static void say_size(apply *a, const scumble_paint_estimate *will_take)
{
    int edge = will_take->width > will_take->height ? will_take->width : will_take->height,
        learnt = scumble_painter_about(a->painter)->learnt_size;
    if (a->said_size || will_take->first_edge == edge)
        return;
    a->said_size = true;
    console_info("painted at %d pixels first (%s learnt at %d) and brought to %d, so that strokes keep their share of "
                 "the picture; --style-scale makes them "
                 "larger or smaller, --style-scale learnt keeps their pixels",
                 will_take->first_edge, scumble_painter_about(a->painter)->name, learnt, edge);
}

static int paint_work(apply *a, int index)
{
    const work *w = &a->works[index];
    work_run e = { a, w, progress_begin(a->progress, w->photo, ++a->begun, a->to_paint), { .done = 0 } };
    e.display.past = a->painted;
    e.display.past_s = a->painting_s;
    scumble_image *photo = NULL, *result = NULL;
    const scumble_paint_estimate *will_take = NULL;
    int code = estimate_work(a, w, &will_take), status;
    if (!code)
        code = console_picture(a->s, w->photo, &photo);
    if (!code) {
        events_start(&(start_event){ w->photo, w->output, will_take->width, will_take->height, will_take->memory_bytes,
                                     0, will_take->tile_edge, -1 });
        say_size(a, will_take);
    }
    interrupt_hold(true);
    interrupt_cancels(a->s);
    if (!code)
        code = scumble_painter_paint(a->painter, photo, a->options, on_work_progress, &e, &result);
    interrupt_cancels(NULL);
    scumble_cancel_clear(a->s);
    progress_end(&e.display);
    a->painted += !code;
    a->painting_s += code ? 0 : progress_now_s() - e.display.began_s;
    if (code == SCUMBLE_ERR_CANCELLED && interrupt_signal()) {
        status = EXIT_SIGNAL + interrupt_signal();
        tell_work(&e, NULL);
    } else
        status = code ? fail_work(a, w, code) : save_work(&e, result, will_take);
    interrupt_hold(false);
    scumble_image_free(&photo);
    scumble_image_free(&result);
    return status;
}

/* A failing picture does not stop the others; Ctrl-C does. */
static int paint_all_works(apply *a)
{
    int failed = 0, last = 0;
    for (int i = 0; i < a->photos.count; i++) {
        work *w = &a->works[i];
        if (!w->failed && !w->there) {
            last = paint_work(a, i);
            w->failed = last != 0;
        }
        failed += w->failed;
        if (interrupt_signal()) {
            console_info("stopped after %d of %d pictures", i + 1 - failed, a->photos.count);
            return EXIT_SIGNAL + interrupt_signal();
        }
    }
    if (a->photos.count == 1 || !failed)
        return last;
    console_error("%d of %d pictures made; these failed:", a->photos.count - failed, a->photos.count);
    for (int i = 0; i < a->photos.count; i++)
        if (a->works[i].failed)
            console_error("  %s", a->works[i].photo);
    return EXIT_FAILED;
}

/* ---- the job --------------------------------------------------------------------------------------------------- */

static int apply_print_list(const apply *a)
{
    int count, code = scumble_painters_list(a->s, &count);
    if (code)
        return console_failure(a->s, code, NULL);
    for (int i = 0; i < count; i++) {
        const scumble_painter_info *painter = scumble_painter_at(a->s, i);
        char size[32];
        printf("%-16s %9s  %s%s%s\n", painter->name, text_size(painter->size_bytes, size),
               painter->path ? painter->path : "built in", *painter->licence ? "  " : "", painter->licence);
    }
    if (!count)
        console_info(
            "there are no painters here by name; files are given as they are: scumble apply painter.scumble photo.jpg");
    return EXIT_DONE;
}

static int apply_open_painter(apply *a)
{
    scumble_network_pixels pixels = pixels_of(&a->pixels);
    int code = scumble_painter_open_as(a->s, a->model, &pixels, &a->painter);
    if (code)
        return console_failure(a->s, code, NULL);
    const scumble_painter_info *about = scumble_painter_about(a->painter);
    if (*about->unused)
        console_warning("%s holds what is not used for painting: %s", a->model, about->unused);
    if (about->range_is_guess)
        console_info("%s does not say which values it takes: %s, found by trying; --range says it", a->model,
                     about->range);
    if (a->verbose) {
        console_info("painter %s%s%s, %s", about->name, *about->licence ? ", " : "", about->licence,
                     about->path ? about->path : "built in");
        console_info_lines(scumble_describe(a->s));
    }
    return 0;
}

static int run_apply(apply *a)
{
    scumble_config config = { .size = sizeof config, .threads = (int)a->threads, .max_pixels = a->max_pixels };
    arguments_reading(&config);
    int code = scumble_open(&a->s, &config), status = 0;
    if (!code && a->list)
        return apply_print_list(a);
    if (code)
        return console_failure(a->s, code, NULL);
    if (a->progress == PROGRESS_JSON)
        events_begin("apply");
    status = apply_read_options(a);
    if (!status)
        status = streams_output(&a->output, &a->format, true);
    if (!status && a->format && a->progress == PROGRESS_JSON)
        status = console_usage("--progress json writes to standard output, and so may -o '%s'; give the picture a file",
                               a->output);
    interrupt_watch();
    for (int i = 1; i < a->words.count && !status; i++)
        status = inputs_expand_sources(a->s, a->words.items[i], &a->photos);
    if (!status)
        status = apply_open_painter(a);
    for (int i = 0; !status && i < a->photos.count; i++)
        rights_check(a->s, &a->rights, a->photos.items[i], false);
    if (!status)
        status = rights_check_training(a->s, &a->rights, scumble_painter_about(a->painter)->training);
    if (!status)
        status = plan_works(a);
    return status ? status : paint_all_works(a);
}

int command_apply(int argc, char **argv)
{
    apply a = { .bits = -1 };
    bool help = false;
    int status = apply_read_arguments(&a, argc, argv, &help);
    if (!status)
        status = help ? EXIT_DONE : run_apply(&a);
    scumble_painter_close(&a.painter);
    scumble_options_free(&a.options);
    scumble_close(&a.s);
    for (int i = 0; i < a.photos.count && a.works; i++)
        free(a.works[i].output);
    free(a.works);
    text_list_free(&a.photos);
    text_list_free(&a.words);
    text_list_free(&a.option_list);
    return status;
}
