/* SPDX-License-Identifier: MIT */
/* The loop over frames: read, paint, keep, save the state. Ctrl-C ends the frame in work, which counts as not
 * begun. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console.h"
#include "events.h"
#include "film_job.h"
#include "interrupt.h"
#include "paths.h"

enum { SAMPLES = 8 }; /* of a shot, for a painter's statistics */

/* What frames took in this process: those that begin a shot, and the others. */
typedef struct frame_times {
    double sum_s[2];
    int64_t count[2];
} frame_times;

/* The loop's own. */
typedef struct film_loop {
    film_job *j;
    int shot; /* that the state is of; -1 = none yet */
    frame_times times;
    int64_t done, of;  /* frames; of 0 = not known */
    int64_t back_done; /* of the stretch that is painted backward */
    double back_s;     /* that it took, until a frame is noted */
    int edge;          /* of the result, in pixels */
    bool told;         /* how long it takes */
    char name[64];     /* of the frame in work, with its share, for the line */
    double preview_s;  /* when the preview was written */
    bool preview_failed;
} film_loop;

/* ---- showing how it goes --------------------------------------------------------------------------------------- */

/* How many shots begin after this many of the frames. */
static int64_t begins_left(const film_loop *l)
{
    const film_plan *plan = &l->j->plan;
    int64_t count = 0, next = plan->begin + l->done;
    for (int i = 0; i < plan->shot_count; i++)
        count += plan->firsts[i] >= next && plan->firsts[i] < plan->end && !film_shot_has_key(l->j, i);
    return count + (!l->done && plan->firsts[film_shot_of(plan, next)] != next);
}

static double left_s(const film_loop *l)
{
    const frame_times *t = &l->times;
    if (!l->of || !(t->count[0] + t->count[1]))
        return -1;
    int64_t left = l->of - l->done + film_keyframes_more(l->j, l->j->plan.begin + l->done) - l->back_done,
            begins = begins_left(l);
    if (left > begins && !t->count[1])
        return -1; /* the first frame says nothing of the others */
    double next_s = t->count[1] ? t->sum_s[1] / (double)t->count[1] : 0,
           first_s = t->count[0] ? t->sum_s[0] / (double)t->count[0] : next_s;
    return (double)begins * first_s + (double)(left - begins) * next_s;
}

static scumble_event loop_event(const film_loop *l)
{
    return (scumble_event){ .job = "film",
                            .stage = "frames",
                            .stage_number = 1,
                            .stages = 1,
                            .size_px = l->edge,
                            .done = l->done,
                            .of = l->of,
                            .unit = "frames",
                            .elapsed_s = l->j->work.past_s,
                            .eta_s = left_s(l) };
}

static int on_frame_progress(const scumble_event *event, void *user)
{
    film_loop *l = user;
    int share = event->of ? (int)(100 * event->done / event->of) : 0;
    snprintf(l->name, sizeof l->name, "frame %lld: %3d%%", (long long)l->done + 1, share);
    l->j->display.name = l->name;
    scumble_event now = loop_event(l);
    progress_redraw(&l->j->display, &now);
    return interrupt_signal();
}

/* Once, where no line is drawn: how long it takes, as soon as that is known. */
static void tell_time(film_loop *l)
{
    char time[32];
    double left = left_s(l);
    if (l->told || l->j->display.bar || left < 10)
        return;
    l->told = true;
    console_info("about %s to go, by the first %lld frames", text_time(left, time),
                 (long long)(l->times.count[0] + l->times.count[1]));
}

/* --preview: the newest frame, but no oftener than once in a second. */
static void write_newest(film_loop *l, const scumble_image *result, bool last)
{
    const film_job *j = l->j;
    double now = progress_now_s();
    if (!j->set.preview || (!last && now - l->preview_s < 1))
        return;
    scumble_save_options options = { .size = sizeof options, .bits = 8 };
    int code = scumble_image_save(j->s, result, j->set.preview, &options);
    if (code && !l->preview_failed)
        console_warning("no preview: %s", scumble_error_text(j->s));
    l->preview_failed = code != 0;
    l->preview_s = now;
}

/* ---- shots ----------------------------------------------------------------------------------------------------- */

/* Frames from all over the shot; *count may be less than SAMPLES. */
static int read_samples(film_job *j, int64_t first, int64_t end, scumble_image **samples, int *count)
{
    int64_t frames = end - first;
    int wanted = frames < SAMPLES ? (int)frames : SAMPLES, code = 0;
    *count = 0;
    for (int i = 0; i < wanted && !code; i++) {
        scumble_frame frame;
        code = scumble_film_seek(j->film, first + frames * i / wanted);
        if (!code)
            code = scumble_film_read(j->film, &samples[*count], &frame);
        if (!code && samples[*count])
            ++*count;
    }
    return code == SCUMBLE_ERR_NOT_FOUND ? 0 : code;
}

int film_begin_shot(film_job *j, int64_t number)
{
    const film_plan *plan = &j->plan;
    int shot = film_shot_of(plan, number), count = 0, code = 0;
    scumble_image *samples[SAMPLES] = { NULL };
    int64_t end = plan->firsts[shot + 1];
    bool seeks = j->painter && scumble_film_about(j->film)->seekable && end;
    if (seeks)
        code = read_samples(j, plan->firsts[shot], end, samples, &count);
    if (!code)
        code = film_shot_begin(j, (const scumble_image *const *)samples, count);
    if (!code && seeks)
        code = scumble_film_seek(j->film, number);
    for (int i = 0; i < SAMPLES; i++)
        scumble_image_free(&samples[i]);
    return code ? film_fail(j, code) : 0;
}

/* The next frame; when it begins a shot, that is begun. *image NULL: there is none. */
static int next_frame(film_loop *l, scumble_image **image, scumble_frame *frame, bool *begins)
{
    film_job *j = l->j;
    int code = scumble_film_read(j->film, image, frame);
    *begins = !code && *image && film_shot_of(&j->plan, frame->number) != l->shot;
    if (!code && *begins) {
        l->shot = film_shot_of(&j->plan, frame->number);
        if (film_begin_shot(j, frame->number))
            return EXIT_FAILED;
        if (j->painter && scumble_film_about(j->film)->seekable) {
            scumble_image_free(image);
            code = scumble_film_read(j->film, image, frame);
        }
    }
    return code ? film_fail(j, code) : 0;
}

/* ---- backward from a keyframe ---------------------------------------------------------------------------------- */

static void tell_back(film_loop *l, int64_t of, double took_s)
{
    l->times.sum_s[1] += took_s;
    l->times.count[1]++;
    l->back_s += took_s;
    l->back_done++;
    scumble_event now = loop_event(l);
    now.stage = "backward";
    now.done = l->back_done;
    now.of = of;
    now.elapsed_s += l->back_s;
    progress_show(&l->j->display, &now);
    tell_time(l);
}

/* What the next frame needs of those that are painted backward. */
static int loop_go_back(film_loop *l)
{
    film_job *j = l->j;
    int64_t next = j->plan.begin + l->done;
    film_back b = { .next = -1 };
    int status = j->key_count ? film_back_open(j, next, &b) : 0;
    int64_t of = b.stretch.after - b.stretch.first;
    l->back_done = status || film_back_done(&b) ? 0 : b.stretch.after - 1 - b.next;
    while (!status && !film_back_done(&b) && !interrupt_signal()) {
        double since_s = progress_now_s();
        status = film_back_frame(j, &b, on_frame_progress, l);
        if (!status)
            tell_back(l, of, progress_now_s() - since_s);
    }
    l->back_done = 0;
    if (!status && !film_back_done(&b))
        status = EXIT_SIGNAL + interrupt_signal();
    bool opened = b.opened;
    film_back_close(j, &b);
    int code = !status && opened ? scumble_film_seek(j->film, next) : 0;
    if (!status && opened)
        status = code ? film_fail(j, code) : film_guides_seek(j, next);
    return status;
}

/* ---- one frame ------------------------------------------------------------------------------------------------- */

int film_paint_one(film_job *j, const scumble_image *image, int64_t number, scumble_event_fn progress, void *user,
                   scumble_image **result)
{
    scumble_guides guides = { .size = sizeof guides };
    const scumble_image **masks = must(calloc((size_t)j->guides.count + 1, sizeof *masks));
    int status = film_guides_read(j, number, masks, &guides);
    if (!status)
        status = film_weigh(j, number);
    if (!status) {
        interrupt_cancels(j->s);
        int code =
            film_shot_next(j, image, film_guides_any(j) ? &guides : NULL, film_guides_like(j), progress, user, result);
        interrupt_cancels(NULL);
        scumble_cancel_clear(j->s);
        if (code == SCUMBLE_ERR_CANCELLED && interrupt_signal())
            status = EXIT_SIGNAL + interrupt_signal();
        else if (code)
            status = film_fail(j, code);
        else
            status = film_note_cuts(j);
    }
    free(masks);
    return status;
}

/* As its place among the keyframes says. *painted: it took a painting. */
static int paint_frame(film_loop *l, const scumble_image *image, int64_t number, scumble_image **result, bool *painted)
{
    film_job *j = l->j;
    const film_key *key = film_key_of(j, number);
    film_stretch stretch;
    *painted = false;
    if (key)
        return film_key_stand(j, key, image, result);
    if (j->key_count && film_stretch_of(j, number, &stretch)) {
        scumble_image *back = NULL;
        int status = film_result_take(j, "back", number, &back);
        if (!status && stretch.before < 0) {
            *result = back;
            return 0;
        }
        int code = status ? 0 : scumble_shot_lean(j->shot, back, film_stretch_share(&stretch, number));
        scumble_image_free(&back);
        if (status || code)
            return status ? status : film_fail(j, code);
    }
    *painted = true;
    return film_paint_one(j, image, number, on_frame_progress, l, result);
}

static int save_state(film_job *j, int64_t number)
{
    if (!j->place)
        return 0;
    char *path = film_folder_file(j->work.folder, "state", number);
    int code = film_shot_save(j, path);
    free(path);
    if (!code && film_key_of(j, number))
        film_work_drop_back(&j->work);
    return code ? film_fail(j, code) : film_parts_saved(j, number);
}

/* *ended: there was no further one. */
static int one_frame(film_loop *l, bool *ended)
{
    film_job *j = l->j;
    scumble_image *image = NULL, *result = NULL;
    scumble_frame frame;
    bool begins, painted = false;
    double since_s = progress_now_s();
    int status = next_frame(l, &image, &frame, &begins);
    *ended = !image || (j->plan.end && frame.number >= j->plan.end);
    if (!status && !*ended)
        status = paint_frame(l, image, frame.number, &result, &painted);
    if (!status && !*ended) {
        double took_s = progress_now_s() - since_s;
        l->times.sum_s[!begins] += painted ? took_s : 0;
        l->times.count[!begins] += painted;
        status = film_parts_put(j, result, &frame, took_s + l->back_s);
        l->back_s = 0;
    }
    if (!status && !*ended)
        status = save_state(j, frame.number);
    if (!status && !*ended) {
        int width = scumble_image_width(result), height = scumble_image_height(result);
        l->edge = width > height ? width : height;
        l->done = frame.number + 1 - j->plan.begin;
        scumble_event now = loop_event(l);
        progress_show(&j->display, &now);
        tell_time(l);
        write_newest(l, result, l->done == l->of);
    }
    scumble_image_free(&image);
    scumble_image_free(&result);
    return status;
}

/* ---- all frames ------------------------------------------------------------------------------------------------ */

static int loop_restore(void *user, const char *state)
{
    film_job *j = user;
    int code = film_shot_restore(j, state);
    return code == SCUMBLE_ERR_FORMAT ? -1 : code ? film_fail(j, code) : 0;
}

/* Where a work folder stands, and the shot with it. */
static int go_to(film_loop *l)
{
    film_job *j = l->j;
    const film_plan *plan = &j->plan;
    film_stand stand = { plan->begin, NULL };
    j->work.frame_bytes = film_parts_frame_bytes(j);
    int status = !j->place ? 0 :
                             film_work_stand(&j->work, plan->firsts, plan->shot_count, plan->begin, plan->first,
                                             j->pictures, loop_restore, j, &stand);
    l->done = stand.next - plan->begin;
    l->of = plan->end ? plan->end - plan->begin : 0;
    if (!status && l->done && l->of)
        console_info("going on after %lld of %lld frames, with what is in %s", (long long)l->done, (long long)l->of,
                     j->place);
    bool all = l->of && l->done >= l->of;
    int code = !status && stand.next && !all ? scumble_film_seek(j->film, stand.next) : 0;
    if (code && code != SCUMBLE_ERR_NOT_FOUND) /* then reading says that there is none */
        status = film_fail(j, code);
    if (!status && stand.state)
        l->shot = film_shot_of(plan, stand.next);
    free(stand.state);
    code = status ? 0 : film_shot_cut(j);
    if (code)
        status = film_fail(j, code);
    if (!status && !all)
        status = film_guides_seek(j, stand.next);
    return status ? status : film_parts_open(j);
}

int film_paint(film_job *j, int64_t *painted)
{
    film_loop l = { .j = j, .shot = -1 };
    bool ended = false;
    interrupt_hold(true);
    int status = go_to(&l);
    j->display = progress_begin(j->set.progress, NULL, 1, 1);
    while (!status && !ended && !(l.of && l.done >= l.of) && !interrupt_signal())
        status = (status = loop_go_back(&l)) ? status : one_frame(&l, &ended);
    progress_end(&j->display);
    if (!status && interrupt_signal() && !ended && !(l.of && l.done >= l.of))
        status = EXIT_SIGNAL + interrupt_signal();
    if (!status)
        status = film_parts_finish(j);
    *painted = l.done;
    interrupt_hold(false);
    return status;
}
