/* SPDX-License-Identifier: MIT */
/* Shots: found by the library, or given by --cuts, and listed by --list-shots in a form that --cuts takes. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "events.h"
#include "film_job.h"
#include "interrupt.h"

int film_shot_of(const film_plan *plan, int64_t number)
{
    int shot = 0;
    while (shot + 1 < plan->shot_count && number >= plan->firsts[shot + 1])
        shot++;
    return shot;
}

static double seconds_of(const scumble_frame *frame)
{
    return (double)frame->time * frame->time_num / frame->time_den;
}

/* ---- --cuts ---------------------------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

/* A whole number is that of a frame, all else a moment as of --from. where: what is wrong otherwise. */
static int read_moment(const film_job *j, const char *word, const char *where, int64_t *number)
{
    if (text_integer(word, number) && *number >= 0)
        return 0;
    if (!scumble_film_at(j->film, word, number) && *number >= 0)
        return 0;
    return console_usage("%s is '%s'; it must be the number of a frame (120), or a time of the film, from --from on "
                         "(5.0, 1:02.5, 00:01:02:12)",
                         where, word);
}

int film_read_moments(film_job *j, const text_list *texts, const char *where, int64_t *numbers)
{
    int status = 0;
    for (int i = 0; i < texts->count && !status; i++)
        status = read_moment(j, texts->items[i], where, &numbers[i]);
    return status;
}

/* Where shots begin, sorted, each once, with 0 at their head and `frames` at their end. */
static int take_cuts(film_plan *plan, int64_t frames)
{
    int kept = 1;
    qsort(plan->firsts, (size_t)plan->shot_count, sizeof *plan->firsts, by_number);
    for (int i = 1; i < plan->shot_count; i++)
        if (plan->firsts[i] > plan->firsts[kept - 1])
            plan->firsts[kept++] = plan->firsts[i];
    plan->shot_count = kept;
    plan->firsts[kept] = frames;
    return 0;
}

static int read_cuts(film_job *j, int64_t frames)
{
    film_plan *plan = &j->plan;
    char line[1024];
    int status = 0;
    errno = 0;
    FILE *file = fopen(j->set.cuts, "r");
    if (!file) {
        console_error("cannot read the cuts in '%s': %s", j->set.cuts, strerror(errno));
        status = EXIT_FAILED;
    }
    plan->firsts = must(calloc(2, sizeof *plan->firsts));
    plan->shot_count = 1;
    for (int number = 1; !status && fgets(line, sizeof line, file); number++) {
        line[strcspn(line, "#\r\n")] = 0;
        char *word = line + strspn(line, " \t");
        word[strcspn(word, " \t")] = 0;
        int64_t cut = 0;
        if (!*word)
            continue;
        char *where = text_format("--cuts: line %d of '%s'", number, j->set.cuts);
        status = read_moment(j, word, where, &cut);
        if (!status && frames && cut >= frames)
            status =
                console_usage("%s is '%s', but the film has the frames 0 to %lld", where, word, (long long)frames - 1);
        free(where);
        plan->firsts = must(realloc(plan->firsts, sizeof *plan->firsts * ((size_t)plan->shot_count + 2)));
        plan->firsts[plan->shot_count++] = cut;
    }
    if (file)
        fclose(file);
    return status ? status : take_cuts(plan, frames);
}

/* ---- finding them ---------------------------------------------------------------------------------------------- */

/* The library tells what it looks at; the program tells it as a stage of its own job. */
static int on_shots_progress(const scumble_event *event, void *user)
{
    film_job *j = user;
    scumble_event now = *event;
    double time_s = progress_now_s();
    now.job = "film";
    now.stage = "shots";
    now.unit = "frames";
    if (now.done == now.of || time_s - j->display.previous_s > 0.1)
        progress_show(&j->display, &now);
    return interrupt_signal();
}

/* Looks through the film; firsts belongs to it. */
static int look_for_shots(film_job *j, const int64_t **firsts, int *count)
{
    j->display = progress_begin(j->set.progress, "looking for cuts", 1, 1);
    interrupt_hold(true);
    interrupt_cancels(j->s);
    int code = scumble_film_shots(j->film, on_shots_progress, j, firsts, count);
    interrupt_cancels(NULL);
    scumble_cancel_clear(j->s);
    interrupt_hold(false);
    progress_end(&j->display);
    if (code == SCUMBLE_ERR_CANCELLED && interrupt_signal()) {
        console_info("stopped before a frame was painted");
        return EXIT_SIGNAL + interrupt_signal();
    }
    return code ? film_fail(j, code) : 0;
}

int film_find_shots(film_job *j)
{
    const scumble_film_info *info = scumble_film_about(j->film);
    film_plan *plan = &j->plan;
    const int64_t *firsts = NULL;
    int count = 0, status = 0;
    bool look = info->seekable && (!j->set.cuts || !info->frames);
    if (look)
        status = look_for_shots(j, &firsts, &count);
    if (!status && look && !firsts[count]) {
        console_error("'%s' has no frames%s", j->words.items[0],
                      j->set.from || j->set.to ? " between --from and --to" : "");
        return EXIT_FAILED;
    }
    if (status || j->set.cuts)
        return status ? status : read_cuts(j, look ? firsts[count] : info->frames);
    plan->shot_count = look ? count : 1;
    plan->firsts = must(calloc((size_t)plan->shot_count + 1, sizeof *plan->firsts));
    if (look)
        memcpy(plan->firsts, firsts, sizeof *firsts * ((size_t)count + 1));
    else
        console_warning("cuts cannot be found in what comes through a pipe, and all of it is taken for one shot; "
                        "--cuts FILE says where shots begin");
    return 0;
}

/* ---- --list-shots ---------------------------------------------------------------------------------------------- */

static int shot_time(film_job *j, int64_t number, double *seconds)
{
    scumble_image *image = NULL;
    scumble_frame frame;
    int code = scumble_film_seek(j->film, number);
    if (!code)
        code = scumble_film_read(j->film, &image, &frame);
    *seconds = !code && image ? seconds_of(&frame) : NAN;
    scumble_image_free(&image);
    return code ? film_fail(j, code) : 0;
}

static int describe_shot(film_job *j, int i, json_t *shots, bool lines)
{
    const int64_t *firsts = j->plan.firsts;
    double seconds;
    int status = shot_time(j, firsts[i], &seconds);
    if (status)
        return status;
    if (lines)
        printf("%-8lld # shot %d at %.3f s, %lld frame%s\n", (long long)firsts[i], i + 1, seconds,
               (long long)(firsts[i + 1] - firsts[i]), firsts[i + 1] - firsts[i] == 1 ? "" : "s");
    json_array_append_new(shots, must(json_pack("{s:i, s:I, s:o, s:I}", "number", i + 1, "first", (json_int_t)firsts[i],
                                                "time_s", isfinite(seconds) ? json_real(seconds) : json_null(),
                                                "frames", (json_int_t)(firsts[i + 1] - firsts[i]))));
    return 0;
}

/* What there is to say of a film, for programs. */
static json_t *film_facts(const film_job *j, json_t *shots)
{
    const scumble_film_info *info = scumble_film_about(j->film);
    return must(json_pack("{s:s, s:s, s:i, s:i, s:I, s:[i,i], s:b, s:i, s:b, s:b, s:o}", "film", j->words.items[0],
                          "codec", info->codec, "width", info->width, "height", info->height, "frames",
                          (json_int_t)j->plan.firsts[j->plan.shot_count], "rate", info->rate_num, info->rate_den,
                          "variable_rate", info->variable_rate, "bits", info->bits, "alpha", info->alpha, "sound",
                          info->sound, "shots", shots));
}

static void describe_line(const film_job *j)
{
    const scumble_film_info *info = scumble_film_about(j->film);
    printf("%s: %s, %dx%d, %d bits, %lld frames, %d shot%s, %.6g frames/s%s%s%s\n", j->words.items[0], info->codec,
           info->width, info->height, info->bits, (long long)j->plan.firsts[j->plan.shot_count], j->plan.shot_count,
           j->plan.shot_count == 1 ? "" : "s", info->rate_den ? (double)info->rate_num / info->rate_den : 0,
           info->variable_rate ? " (variable)" : "", info->sound ? ", sound" : "", info->alpha ? ", transparency" : "");
}

int film_describe(film_job *j)
{
    bool listed = j->set.list_shots, lines = !j->set.json && !events_are_printed();
    if (!scumble_film_about(j->film)->seekable)
        return console_usage("--%s needs a file; what comes through a pipe cannot be looked through",
                             listed ? "list-shots" : "dry-run");
    int status = film_find_shots(j);
    if (status)
        return status;
    film_tell_notes(scumble_film_about(j->film)->notes);
    json_t *shots = must(json_array());
    for (int i = 0; i < j->plan.shot_count && !status; i++)
        status = describe_shot(j, i, shots, lines && listed);
    json_t *result = film_facts(j, shots);
    if (!status && lines && !listed)
        describe_line(j);
    if (!status && j->set.json && !events_are_printed()) {
        char *text = must(json_dumps(result, JSON_INDENT(2) | JSON_REAL_PRECISION(9)));
        puts(text);
        free(text);
    }
    if (!status && events_are_printed())
        events_done(&(done_event){ .photo = j->words.items[0],
                                   .done = j->plan.firsts[j->plan.shot_count],
                                   .of = j->plan.firsts[j->plan.shot_count],
                                   .unit = "frames",
                                   .elapsed_s = progress_now_s() - j->began_s,
                                   .result = json_incref(result) });
    json_decref(result);
    return status;
}
