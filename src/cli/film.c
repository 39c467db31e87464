/* SPDX-License-Identifier: MIT */
/* `scumble film`: leads the job: what is known of the film, the style or the painter, the plan, its work folder, the
 * frames, the film. */
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "console.h"
#include "events.h"
#include "film_job.h"
#include "interrupt.h"

int film_fail(film_job *j, int code)
{
    return console_failure(j->s, code, NULL);
}

void film_tell_notes(const char *notes)
{
    while (notes && *notes) {
        int length = (int)strcspn(notes, "\n");
        console_warning("%.*s", length, notes);
        notes += length + (notes[length] == '\n');
    }
}

/* ---- the film -------------------------------------------------------------------------------------------------- */

/* "25", "30000/1001", "29.97" */
static int film_read_rate(const char *text, scumble_film_input *input)
{
    long long num = 0, den = 1;
    char end;
    double number;
    bool good = sscanf(text, "%lld/%lld%c", &num, &den, &end) == 2;
    if (!good && text_number(text, &number) && number > 0 && number <= 1000) {
        bool whole = number == floor(number), ntsc = !whole && fabs(ceil(number) / 1.001 - number) < 0.005;
        num = whole ? (long long)number : ntsc ? (long long)ceil(number) * 1000 : llround(number * 1000);
        den = whole ? 1 : ntsc ? 1001 : 1000;
        good = true;
    }
    if (!good || num < 1 || den < 1 || num > 1000000 || den > 1000000)
        return console_usage("--rate is '%s'; it must be a number of frames in a second, such as 25 or 30000/1001",
                             text);
    input->rate_num = (int)num;
    input->rate_den = (int)den;
    return 0;
}

int film_open_source(film_job *j)
{
    scumble_film_input input = { .size = sizeof input, .from = j->set.from, .to = j->set.to };
    int status = j->set.rate ? film_read_rate(j->set.rate, &input) : 0;
    if (status)
        return status;
    int code = scumble_film_open(j->s, j->words.items[0], &input, &j->film);
    return code ? film_fail(j, code) : 0;
}

static const int bits_choices[] = { 8, 10, 16, 32 };

int film_bits_index(int bits)
{
    for (int i = 0; i < 4; i++)
        if (bits_choices[i] == bits)
            return i;
    return -1;
}

scumble_film_output film_output_of(const film_job *j, const char *recipe)
{
    return (scumble_film_output){ .size = sizeof(scumble_film_output),
                                  .codec = j->set.codec,
                                  .crf = (int)j->set.crf,
                                  .bitrate = j->set.bitrate,
                                  .bits = j->set.bits < 0 ? 0 : bits_choices[j->set.bits],
                                  .width = j->plan.width,
                                  .height = j->plan.height,
                                  .alpha = j->plan.alpha,
                                  .recipe = recipe };
}

/* Finds out now what would fail after the work, and what there is to say. */
static int film_try_writing(film_job *j)
{
    if (!strcmp(j->output, "-"))
        return 0;
    scumble_film_output output = film_output_of(j, NULL);
    scumble_film_writer *writer = NULL;
    int code = scumble_film_create(j->film, j->output, &output, &writer);
    if (!code)
        film_tell_notes(scumble_film_writer_notes(writer));
    scumble_film_discard(&writer);
    return code ? film_fail(j, code) : 0;
}

/* ---- the plan -------------------------------------------------------------------------------------------------- */

/* What was painted is not thrown away for that. */
static int film_damaged_plan(const film_job *j)
{
    console_error("'%s/plan.json' cannot be read, or is damaged, and so nobody knows what the work in this folder is "
                  "of; --restart begins anew",
                  j->place);
    return EXIT_FAILED;
}

/* What the work folder holds, if it is of this film. *found: it does. */
static int film_take_plan(film_job *j, bool *found, bool *finished)
{
    json_t *plan = film_work_plan(&j->work);
    *found = *finished = false;
    if (!plan && !film_work_planned(&j->work))
        return 0;
    if (!json_is_object(json_object_get(plan, "identity"))) {
        json_decref(plan);
        return film_damaged_plan(j);
    }
    char *differs = film_plan_difference(json_object_get(plan, "identity"), j->plan.identity);
    int status = 0;
    if (differs) {
        console_error("'%s' holds the work on another film: %s; --restart begins anew, and -o gives this one another "
                      "name",
                      j->place, differs);
        status = EXIT_FAILED;
    } else {
        *found = film_plan_read(&j->plan, plan);
        *finished = *found && json_is_true(json_object_get(plan, "finished"));
        status = *found ? 0 : film_damaged_plan(j);
    }
    free(differs);
    json_decref(plan);
    return status;
}

static int film_new_plan(film_job *j, film_forecast *forecast)
{
    int status = j->plan.firsts ? 0 : film_find_shots(j);
    if (!status)
        status = film_keyframes_check(j);
    if (!status)
        status = film_choose_frames(j);
    if (!status)
        status = film_foretell(j, forecast);
    j->plan.width = forecast->width;
    j->plan.height = forecast->height;
    j->plan.alpha = scumble_film_about(j->film)->alpha;
    if (!status && !j->set.dry_run)
        status = film_check_pictures(j, j->plan.first, j->plan.end);
    if (!status && !j->set.dry_run)
        status = film_make_recipe(j);
    if (!status && !j->set.dry_run)
        status = film_try_writing(j);
    if (!status && !j->set.dry_run)
        status = film_check_room(j, forecast);
    if (!status && j->place && !j->set.dry_run) {
        json_t *plan = film_plan_json(&j->plan, false);
        film_work_clear(&j->work);
        status = film_work_write_plan(&j->work, plan);
        json_decref(plan);
    }
    return status;
}

/* A plan, from the work folder or new. *finished: there is nothing to do. */
static int film_make_plan(film_job *j, film_forecast *forecast, bool *finished)
{
    bool found = false, folder = j->place && !j->set.dry_run;
    int status = j->set.cuts ? film_find_shots(j) : 0;
    *finished = false;
    if (!status)
        status = film_make_identity(j);
    if (!status && folder)
        status = film_work_open(&j->work, j->place);
    if (!status && folder && !j->set.restart)
        status = film_take_plan(j, &found, finished);
    if (status || *finished)
        return status;
    if (!found)
        return film_new_plan(j, forecast);
    status = film_foretell(j, forecast);
    return status ? status : film_try_writing(j);
}

/* ---- telling --------------------------------------------------------------------------------------------------- */

static void film_announce(const film_job *j, const film_forecast *f)
{
    film_tell_notes(scumble_film_about(j->film)->notes);
    const scumble_film_info *info = scumble_film_about(j->film);
    const film_plan *plan = &j->plan;
    char time[32], memory[32], disk[32], frames[64] = "", about[64] = "", room[64] = "";
    if (plan->end)
        snprintf(frames, sizeof frames, ", %lld frame%s, %d shot%s", (long long)plan->firsts[plan->shot_count],
                 plan->firsts[plan->shot_count] == 1 ? "" : "s", plan->shot_count, plan->shot_count == 1 ? "" : "s");
    if (f->time_s >= 0)
        snprintf(about, sizeof about, "%s, ", text_time(f->time_s, time));
    if (plan->end && strcmp(j->output, "-"))
        snprintf(room, sizeof room, " and %s of disk", text_size(f->disk_bytes, disk));
    char *part = plan->chunks ? text_format(", frames %lld to %lld", (long long)plan->first, (long long)plan->end - 1) :
                                text_copy("");
    char *line = text_format("%s (%dx%d%s) -> %s (%dx%d%s): about %s%s of memory%s", j->words.items[0], info->width,
                             info->height, frames, j->output, f->width, f->height, part, about,
                             text_size(f->memory_bytes, memory), room);
    events_start(&(start_event){ j->words.items[0], j->output, f->width, f->height, f->memory_bytes, f->free_bytes,
                                 f->tile_edge, f->time_s, plan->end ? f->disk_bytes : 0 });
    if (!j->set.dry_run)
        console_info("%s", line);
    else if (events_are_printed())
        events_total(1, f->time_s);
    else
        puts(line);
    free(line);
    free(part);
}

static void film_tell_done(const film_job *j, int64_t painted, bool interrupted)
{
    const film_plan *plan = &j->plan;
    events_done(&(done_event){ .photo = j->words.items[0],
                               .output = interrupted  ? NULL :
                                         plan->chunks ? j->place :
                                                        j->output,
                               .checkpoint = interrupted ? j->place : NULL,
                               .width = plan->width,
                               .height = plan->height,
                               .done = painted,
                               .of = plan->end ? plan->end - plan->begin : 0,
                               .unit = "frames",
                               .elapsed_s = progress_now_s() - j->began_s,
                               .interrupted = interrupted });
}

/* ---- the end --------------------------------------------------------------------------------------------------- */

/* One film of the parts in the work folder. */
static int film_join_work(film_job *j)
{
    const film_work *w = &j->work;
    text_list parts = { 0 };
    scumble_frame *frames = must(calloc((size_t)w->count + 1, sizeof *frames));
    for (int64_t i = 0; i < w->count; i++)
        frames[i] = w->entries[i].frame;
    for (int i = 0; i < w->part_count; i++)
        text_list_add(&parts, film_folder_part(w->folder, w->parts[i]));
    int status = film_join_parts(j, j->place, &parts, frames, w->count);
    text_list_free(&parts);
    free(frames);
    return status;
}

static int film_finish(film_job *j, int64_t painted)
{
    const film_plan *plan = &j->plan;
    char time[32];
    int status = 0;
    if (!painted) {
        console_error("'%s' has no frames", j->words.items[0]);
        return EXIT_FAILED;
    }
    if (plan->chunks) {
        json_t *done = film_plan_json(plan, true);
        status = film_work_write_plan(&j->work, done);
        film_work_drop_state(&j->work);
        json_decref(done);
    } else if (j->place && !j->pictures)
        status = film_join_work(j);
    if (status)
        return status;
    text_time(j->work.past_s > 0 ? j->work.past_s : progress_now_s() - j->began_s, time);
    if (plan->chunks) {
        char *output = text_quoted(j->output), *source = text_quoted(j->words.items[0]);
        console_info("wrote %s (frames %lld to %lld, %s); when all %d are there: scumble film %s -o %s --join",
                     j->place, (long long)plan->first, (long long)plan->end - 1, time, plan->chunks, source, output);
        free(source);
        free(output);
    } else
        console_info("wrote %s (%dx%d, %lld frame%s, %s)", j->output, plan->width, plan->height, (long long)painted,
                     painted == 1 ? "" : "s", time);
    film_tell_done(j, painted, false);
    film_work_close(&j->work, !plan->chunks);
    return 0;
}

static int film_stopped(film_job *j, int64_t painted, int status)
{
    if (j->place)
        console_info("stopped after %lld of %lld frames; what is done is in %s; to go on: %s", (long long)painted,
                     (long long)(j->plan.end - j->plan.begin), j->place, j->again);
    else {
        char *left = painted ? film_parts_leave(j) : NULL;
        console_info("stopped after %lld frames%s%s", (long long)painted, left ? "; they are in " : "",
                     left ? left : "");
        free(left);
    }
    film_tell_done(j, painted, true);
    return status;
}

/* ---- the job --------------------------------------------------------------------------------------------------- */

static int film_say_there(const film_job *j, const char *what)
{
    console_info("%s is there already and is left as it is", what);
    film_tell_done(j, 0, false);
    return EXIT_DONE;
}

static int film_paint_job(film_job *j)
{
    film_forecast forecast = { .time_s = -1 };
    bool finished = false;
    int64_t painted = 0;
    if (j->set.skip_existing && !j->pictures && film_is_there(j))
        return film_say_there(j, j->output);
    int status = film_check_files(j);
    if (!status)
        status = film_guides_open(j);
    if (!status)
        status = film_make_plan(j, &forecast, &finished);
    if (!status && finished)
        return film_say_there(j, j->place);
    if (!status && j->set.skip_existing && j->pictures && film_is_there(j)) {
        film_work_close(&j->work, true);
        return film_say_there(j, j->output);
    }
    if (!status && j->set.dry_run)
        status = film_dry_run(j, &forecast);
    if (!status)
        film_announce(j, &forecast);
    if (status || j->set.dry_run)
        return status;
    status = film_paint(j, &painted);
    if (!status)
        status = film_finish(j, painted);
    return status >= EXIT_SIGNAL ? film_stopped(j, painted, status) : status;
}

static int film_run(film_job *j)
{
    scumble_config config = { .size = sizeof config, .threads = (int)j->set.threads, .max_pixels = j->set.max_pixels };
    arguments_reading(&config);
    j->began_s = progress_now_s();
    bool describes = j->set.list_shots || (!j->set.painter && !j->styles.count && !j->set.join && !j->set.only_steady);
    if (j->set.json && !describes)
        j->set.progress = PROGRESS_JSON;
    if (j->set.progress == PROGRESS_JSON)
        events_begin("film");
    int code = scumble_open(&j->s, &config), status = code ? film_fail(j, code) : 0;
    interrupt_watch();
    if (!status && j->set.join)
        return film_join(j);
    if (!status && !describes)
        status = film_name_files(j);
    if (!status)
        status = film_open_source(j);
    if (!status && describes)
        return film_describe(j);
    if (!status)
        status = film_open_painting(j);
    return status ? status : film_paint_job(j);
}

static void film_free(film_job *j)
{
    film_parts_discard(j);
    film_guides_free(&j->guides);
    scumble_shot_close(&j->shot);
    scumble_steadier_close(&j->steadier);
    scumble_style_close(&j->style);
    scumble_painter_close(&j->painter);
    scumble_film_close(&j->film);
    scumble_options_free(&j->paint);
    scumble_options_free(&j->steady);
    scumble_close(&j->s);
    film_work_close(&j->work, false);
    film_plan_free(&j->plan);
    style_list_free(&j->styles);
    free(j->output);
    free(j->place);
    free(j->again);
    free(j->style_keys);
    film_keyframes_free(j);
    text_list *const lists[] = { &j->words, &j->options, &j->style_words, &j->masks, &j->style_moments, &j->key_words };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        text_list_free(lists[i]);
}

int command_film(int argc, char **argv)
{
    /* Buffers as large as a frame come and go with every frame: they shall stay the program's. */
    mallopt(M_MMAP_THRESHOLD, 16 << 20);
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    film_job j = { .set = { .crf = -1, .bits = -1, .handles = 8 } };
    bool help = false;
    j.again = film_command(argc, argv);
    int status = film_read_arguments(&j, argc, argv, &help);
    if (!status && !help)
        status = film_run(&j);
    film_free(&j);
    return status;
}
