/* SPDX-License-Identifier: MIT */
/* What a film will take: before the start from the library's estimates, for --dry-run measured with a few frames. */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "console.h"
#include "events.h"
#include "film_job.h"
#include "interrupt.h"
#include "paths.h"
#include "scumble/pixels.h"

/* Frames that --dry-run paints of a shot: more of quick ones, whose times differ more. */
enum { TRIAL_LEAST = 2, TRIAL_MOST = 8 };
static const double trial_s = 2; /* after the first */

/* ---- before the start ------------------------------------------------------------------------------------------ */

static int foretell_style(film_job *j, film_forecast *f)
{
    const scumble_film_info *info = scumble_film_about(j->film);
    const scumble_estimate *estimate = NULL;
    scumble_run *run = NULL;
    int code = scumble_run_open(j->style, &run);
    if (!code)
        code = scumble_run_estimate(run, info->width, info->height, &estimate);
    if (!code)
        *f = (film_forecast){ .width = estimate->width,
                              .height = estimate->height,
                              .memory_bytes = estimate->memory_bytes,
                              .free_bytes = estimate->free_bytes,
                              .tile_edge = estimate->tile_edge };
    scumble_run_close(&run);
    return code;
}

static int foretell_painter(film_job *j, film_forecast *f)
{
    const scumble_film_info *info = scumble_film_about(j->film);
    const scumble_paint_estimate *estimate = NULL;
    int code = scumble_painter_estimate(j->painter, info->width, info->height, j->paint, &estimate);
    if (!code)
        *f = (film_forecast){ .width = estimate->width,
                              .height = estimate->height,
                              .memory_bytes = estimate->memory_bytes,
                              .tile_edge = estimate->tile_edge };
    return code;
}

/* For painting backward: a block of frames, and what they look back to. */
static int64_t back_memory(const film_job *j, const film_forecast *f)
{
    const scumble_film_info *info = scumble_film_about(j->film);
    int64_t longest = film_keyframes_longest(j), block = film_back_block(j);
    return !longest ? 0 :
                      (int64_t)info->width * info->height * 16 * (longest < block ? longest : block) +
                          (int64_t)f->width * f->height * 240;
}

/* Beside painting: frames that are decoded ahead, what a shot looks back to (a painter's with its statistics), and what
 * encoders hold of up to a part's frames; bytes for a pixel as they were measured at 256 to 1024 pixels. */
static int64_t film_memory(const film_job *j, const film_forecast *f)
{
    int64_t frames = j->plan.end ? j->plan.end - j->plan.begin : 48;
    return (int64_t)f->width * f->height *
               ((j->painter ? 420 : 240) + (j->pictures ? 0 : 10 * (frames < 48 ? frames : 48))) +
           back_memory(j, f);
}

/* Bits for a pixel that painted films took, about; the library's choice of quality. */
static double bits_of(const film_job *j)
{
    static const struct {
        const char *name; /* of the codec, or an ending */
        double bits;
    } known[] = { { "ffv1", 14 }, { "nut", 14 },   { "prores4444", 9 }, { "prores", 6 }, { "gif", 6 },
                  { "webp", 4 },  { "h264", 2.5 }, { "hevc", 1.5 },     { "vp9", 1.5 },  { "av1", 1.5 } };
    const char *name = j->set.codec ? j->set.codec : paths_extension(j->output);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(name, known[i].name))
            return known[i].bits;
    return j->pictures ? j->set.bits == 1 || j->set.bits < 0 ? 20 : 40 : 2.5;
}

/* Of the film, its parts or pictures. per_frame 0: not measured. */
static void foretell_disk(const film_job *j, film_forecast *f, double per_frame)
{
    const scumble_film_info *info = scumble_film_about(j->film);
    double pixels = (double)f->width * f->height, frames = (double)(j->plan.end - j->plan.first);
    double rate = info->rate_den ? (double)info->rate_num / info->rate_den : 24;
    if (j->set.bitrate)
        per_frame = (double)j->set.bitrate / 8 / rate;
    else if (per_frame <= 0)
        per_frame = pixels * bits_of(j) / 8;
    double waiting = j->pictures ? 0 : 48 * pixels * 6, state = (j->painter ? 2 * 20 : 2 * 80) * pixels;
    int64_t longest = film_keyframes_longest(j);
    double back = longest ? (double)longest * pixels * (info->alpha ? 8 : 6) + state : 0;
    f->disk_bytes = (int64_t)(frames * per_frame * (j->pictures ? 1 : 2) + (j->place ? waiting + state + back : 0));
    char *folder = strcmp(j->output, "-") ? paths_folder(j->output) : NULL;
    struct statvfs space;
    if (folder && !statvfs(folder, &space))
        f->disk_free_bytes = (int64_t)space.f_bavail * (int64_t)space.f_frsize;
    free(folder);
}

int film_foretell(film_job *j, film_forecast *forecast)
{
    const scumble_film_info *info = scumble_film_about(j->film);
    int code = j->painter ? foretell_painter(j, forecast) : j->style ? foretell_style(j, forecast) : 0;
    if (j->steadier) /* beside the two frames, the program */
        *forecast = (film_forecast){ .width = info->width, .height = info->height, .memory_bytes = 50000000 };
    if (code)
        return film_fail(j, code);
    forecast->memory_bytes += film_memory(j, forecast);
    forecast->time_s = -1;
    foretell_disk(j, forecast, 0);
    return 0;
}

int film_check_room(const film_job *j, const film_forecast *f)
{
    char need[32], spare[32];
    if (!j->plan.end || !strcmp(j->output, "-") || f->disk_bytes <= f->disk_free_bytes)
        return 0;
    console_error("the film and its work folder take about %s, but there are %s free where '%s' is; choose another "
                  "place with -o",
                  text_size(f->disk_bytes, need), text_size(f->disk_free_bytes, spare), j->output);
    return EXIT_FAILED;
}

/* ---- --dry-run ------------------------------------------------------------------------------------------------- */

/* What a few frames took. */
typedef struct film_trial {
    int frames;
    double first_s, next_s; /* of the first; the sum of the others */
    double bytes;           /* of a frame in the film; 0 = not measured */
    char *folder;           /* for what is written, in the folder for temporary files */
} film_trial;

static int on_trial_progress(const scumble_event *event, void *user)
{
    (void)event, (void)user;
    return interrupt_signal();
}

/* The shot with the most frames begins here. */
static int64_t longest_shot(const film_plan *plan)
{
    int best = 0;
    for (int i = 1; i < plan->shot_count; i++)
        if (plan->firsts[i + 1] - plan->firsts[i] > plan->firsts[best + 1] - plan->firsts[best])
            best = i;
    return plan->firsts[best];
}

static int trial_frame(film_job *j, film_trial *t, int64_t first, bool *ended)
{
    scumble_image *image = NULL, *result = NULL;
    scumble_frame frame;
    const scumble_image **masks = must(calloc((size_t)j->guides.count + 1, sizeof *masks));
    scumble_guides guides = { .size = sizeof guides };
    double since_s = progress_now_s();
    int code = 0, status = t->frames ? 0 : film_begin_shot(j, first);
    if (!status)
        code = scumble_film_read(j->film, &image, &frame);
    *ended = !image || film_shot_of(&j->plan, frame.number) != film_shot_of(&j->plan, first);
    if (!status && !code && !*ended)
        status = film_guides_read(j, frame.number, masks, &guides);
    if (!status && !code && !*ended)
        status = film_weigh(j, frame.number);
    if (!status && !code && !*ended)
        code = film_shot_next(j, image, film_guides_any(j) ? &guides : NULL, film_guides_like(j), on_trial_progress,
                              NULL, &result);
    if (!status && !code && !*ended) {
        status = film_parts_put(j, result, &frame, 0);
        *(t->frames ? &t->next_s : &t->first_s) += progress_now_s() - since_s;
        t->frames++;
    }
    free(masks);
    scumble_image_free(&image);
    scumble_image_free(&result);
    if (code == SCUMBLE_ERR_CANCELLED && interrupt_signal())
        return EXIT_SIGNAL + interrupt_signal();
    return status ? status : code ? film_fail(j, code) : 0;
}

static double file_bytes(const char *path)
{
    struct stat info;
    return stat(path, &info) ? 0 : (double)info.st_size;
}

static int paint_trial(film_job *j, film_trial *t)
{
    int64_t first = longest_shot(&j->plan);
    bool ended = false;
    int status = 0, code = first && scumble_film_about(j->film)->seekable ? scumble_film_seek(j->film, first) : 0;
    if (code)
        return film_fail(j, code);
    interrupt_hold(true);
    interrupt_cancels(j->s);
    status = film_guides_seek(j, first);
    while (!status && !ended && t->frames < TRIAL_MOST && (t->frames < TRIAL_LEAST || t->next_s < trial_s))
        status = trial_frame(j, t, first, &ended);
    interrupt_cancels(NULL);
    scumble_cancel_clear(j->s);
    interrupt_hold(false);
    return status;
}

/* Removes a folder of the trial's with the files in it. Returns their bytes. */
static double remove_folder(const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, NULL);
    double bytes = 0;
    for (int i = 0; i < count; i++) {
        char *path = paths_join(folder, entries[i]->d_name);
        double size = file_bytes(path);
        if (!unlink(path))
            bytes += size;
        free(path);
        free(entries[i]);
    }
    free(entries);
    rmdir(folder);
    return bytes;
}

static int trial_in_folder(film_job *j, film_trial *t)
{
    film_stand stand = { 0, NULL };
    int status = film_work_open(&j->work, j->place);
    if (!status)
        status = film_work_stand(&j->work, j->plan.firsts, j->plan.shot_count, 0, 0, j->pictures, NULL, NULL, &stand);
    free(stand.state);
    if (!status)
        status = paint_trial(j, t);
    if (!status && t->frames && !j->pictures) {
        status = film_parts_finish(j);
        char *part = film_folder_part(j->work.folder, j->part);
        t->bytes = file_bytes(part) / t->frames;
        free(part);
    }
    film_parts_discard(j);
    film_work_close(&j->work, true);
    return status;
}

/* Paints into a folder of its own, as if it were the film's: pictures into it, parts into a work folder within. */
static int run_trial(film_job *j, film_trial *t)
{
    const char *temporary = getenv("TMPDIR");
    char *place = j->place, *output = j->output;
    t->folder = text_format("%s/scumble-film-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    if (!mkdtemp(t->folder)) {
        console_error("cannot make the folder '%s'", t->folder);
        return EXIT_FAILED;
    }
    j->place = paths_join(t->folder, "work");
    if (j->pictures)
        j->output = text_format("%s/%%06d.%s", t->folder, paths_extension(output));
    int status = trial_in_folder(j, t);
    double bytes = remove_folder(t->folder);
    if (j->pictures && t->frames)
        t->bytes = bytes / t->frames;
    if (j->pictures)
        free(j->output);
    free(j->place);
    j->place = place;
    j->output = output;
    return status;
}

static int64_t peak_bytes(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) ? 0 : (int64_t)usage.ru_maxrss * 1024;
}

int film_dry_run(film_job *j, film_forecast *f)
{
    film_trial t = { .frames = 0 };
    const film_plan *plan = &j->plan;
    int status = run_trial(j, &t);
    if (!status && !t.frames) {
        console_error("'%s' has no frames", j->words.items[0]);
        status = EXIT_FAILED;
    }
    if (!status) {
        int64_t all = plan->end - plan->begin, begins = 0;
        for (int i = 0; i < plan->shot_count; i++)
            begins += plan->firsts[i] >= plan->begin && plan->firsts[i] < plan->end && !film_shot_has_key(j, i);
        begins = begins || j->key_count ? begins : 1;
        all += film_keyframes_more(j, plan->begin);
        double next_s = t.frames > 1 ? t.next_s / (t.frames - 1) : t.first_s;
        f->time_s = (double)begins * t.first_s + (double)(all - begins) * next_s + progress_now_s() - j->began_s -
                    t.first_s - t.next_s;
        if (!plan->end) /* of how many frames? */
            f->time_s = -1;
        f->memory_bytes = peak_bytes() + back_memory(j, f);
        foretell_disk(j, f, t.bytes);
        console_info("measured with %d frame%s: %.3g s for the first of a shot, %.3g s for the others", t.frames,
                     t.frames == 1 ? "" : "s", t.first_s, next_s);
    }
    free(t.folder);
    return status;
}
