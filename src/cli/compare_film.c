/* SPDX-License-Identifier: MIT */
/* `scumble compare --film`: how steady films are, and how near their paint is to the painting, over the film that they
 * were painted from. See compare_film.h. */
#include "compare_film.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "events.h"
#include "outputs.h"
#include "paths.h"
#include "progress.h"
#include "streams.h"
#include "scumble/film.h"

typedef struct film_job {
    scumble *s;
    const film_comparing *asked;
    scumble_film *source, **films; /* films: painted, (count) */
    int count;
    char *style;
    scumble_image *painting;
    scumble_film_comparison *comparison;
    film_measurements found;
    int64_t room, expected; /* expected: frames */
    progress_display display;
} film_job;

static const char *film_path(const film_job *j, int film)
{
    return j->found.rows[SCUMBLE_FILM_CONTROLS + film].path;
}

static int film_failure(const film_job *j, int code, const char *path)
{
    return console_failure(j->s, code, path);
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

static int show_looking(const scumble_event *event, void *user)
{
    film_job *j = user;
    progress_show(&j->display, event);
    return 0;
}

static void name_rows(film_job *j)
{
    const film_comparing *asked = j->asked;
    film_measurements *m = &j->found;
    j->count = asked->results->count + (asked->independent != NULL);
    m->row_count = SCUMBLE_FILM_CONTROLS + j->count;
    m->rows = must(calloc((size_t)m->row_count, sizeof *m->rows));
    film_row *row = m->rows + SCUMBLE_FILM_CONTROLS;
    if (asked->independent)
        *row++ = (film_row){ .path = asked->independent, .independent = true };
    for (int i = 0; i < asked->results->count; i++)
        *row++ = (film_row){ .path = asked->results->items[i] };
}

static int compare_film_open_source(film_job *j)
{
    scumble_film_input input = { .size = sizeof input, .from = j->asked->from, .to = j->asked->to };
    int code = scumble_film_open(j->s, j->asked->content, &input, &j->source);
    if (!code)
        code = scumble_film_shots(j->source, show_looking, j, &j->found.firsts, &j->found.shots);
    if (!code)
        j->expected = j->found.firsts[j->found.shots];
    return code ? film_failure(j, code, NULL) : 0;
}

static int open_painted(film_job *j)
{
    j->films = must(calloc((size_t)j->count, sizeof(scumble_film *)));
    for (int i = 0; i < j->count; i++) {
        int code = scumble_film_open(j->s, film_path(j, i), NULL, &j->films[i]);
        if (code)
            return film_failure(j, code, NULL);
        int64_t frames = scumble_film_about(j->films[i])->frames;
        j->expected = frames && frames < j->expected ? frames : j->expected;
    }
    int code = scumble_film_comparison_open(j->s, j->count, &j->comparison);
    return code ? film_failure(j, code, NULL) : 0;
}

static int compare_film_load_painting(film_job *j)
{
    if (!j->asked->style)
        return 0;
    j->style = text_copy(j->asked->style);
    int status = streams_input(&j->style);
    int code = status ? 0 : console_picture(j->s, j->style, &j->painting);
    j->found.style = j->asked->style;
    return code ? film_failure(j, code, NULL) : status;
}

/* The plot can be written, and is none of the films. */
static int check_plot(const film_job *j)
{
    const char *path = j->asked->plot;
    file_roles roles = { 0 };
    if (!path)
        return 0;
    outputs_add(&roles, path, "--plot");
    outputs_add(&roles, j->asked->content, NULL);
    outputs_add(&roles, j->asked->style, NULL);
    for (int i = 0; i < j->count; i++)
        outputs_add(&roles, film_path(j, i), NULL);
    int status = outputs_check_clashes(&roles);
    return status ? status : paths_check_output("--plot", path);
}

/* ---- frames ---------------------------------------------------------------------------------------------------- */

/* No larger than --size; the picture that was too large is freed. */
static int compare_film_shrink(const film_job *j, scumble_image **picture)
{
    int width = scumble_image_width(*picture), height = scumble_image_height(*picture),
        edge = width > height ? width : height;
    if (!j->asked->size || edge <= j->asked->size)
        return 0;
    scumble_image *whole = *picture;
    double share = (double)j->asked->size / edge;
    int code = scumble_image_resize(j->s, whole, (int)fmax(1, round(width * share)),
                                    (int)fmax(1, round(height * share)), picture);
    scumble_image_free(&whole);
    return code;
}

/* The next frame of all films, the source's first. *ended: a film, 0 the source, that has no more, while another one
 * has; -1: none; -2: all have ended. */
static int read_frames(film_job *j, scumble_image **frames, int *ended)
{
    int over = 0;
    *ended = -1;
    for (int i = 0; i <= j->count; i++) {
        scumble_frame when;
        int code = scumble_film_read(i ? j->films[i - 1] : j->source, &frames[i], &when);
        if (!code && frames[i])
            code = compare_film_shrink(j, &frames[i]);
        if (code)
            return film_failure(j, code, i ? film_path(j, i - 1) : j->found.source);
        if (!frames[i] && !over++)
            *ended = i;
    }
    if (over == j->count + 1)
        *ended = -2;
    return 0;
}

static bool begins_shot(const film_measurements *m, int64_t number)
{
    for (int i = 1; i < m->shots; i++)
        if (m->firsts[i] == number)
            return true;
    return false;
}

/* One of the frames in the middle of `samples` equal parts. */
static bool is_sample(const film_job *j, int64_t number)
{
    int64_t samples = j->asked->samples < j->expected ? j->asked->samples : j->expected;
    for (int64_t i = 0; i < samples; i++)
        if ((2 * i + 1) * j->expected / (2 * samples) == number)
            return true;
    return false;
}

static int compare_film_add(film_job *j, scumble_image **frames)
{
    film_measurements *m = &j->found;
    if (m->frames == j->room) {
        j->room = j->room ? 2 * j->room : 256;
        for (int i = 0; i < m->row_count; i++)
            m->rows[i].frames = must(realloc(m->rows[i].frames, (size_t)j->room * sizeof *m->rows[i].frames));
    }
    scumble_steadiness *values = must(calloc((size_t)m->row_count, sizeof *values));
    int code = scumble_film_comparison_add(j->comparison, frames[0], (const scumble_image *const *)frames + 1,
                                           begins_shot(m, m->frames), values);
    for (int i = 0; i < m->row_count && !code; i++)
        m->rows[i].frames[m->frames] = values[i];
    if (!code) {
        m->pairs[0] += !isnan(values[0].near);
        m->pairs[1] += !isnan(values[0].far);
        m->width = scumble_image_width(frames[1]);
        m->height = scumble_image_height(frames[1]);
        m->frames++;
    }
    free(values);
    return code ? film_failure(j, code, NULL) : 0;
}

/* ---- style ----------------------------------------------------------------------------------------------------- */

static measured_pair *sampled_pair(film_job *j)
{
    measurements *m = &j->found.pictures;
    if (!m->pairs) {
        m->film = true;
        m->pairs = must(calloc(1, sizeof *m->pairs));
        m->pair_count = 1;
        *m->pairs = (measured_pair){ .photo = text_copy(j->found.source),
                                     .painting = text_copy(j->found.style),
                                     .row_count = CONTROLS + j->count };
        m->pairs->rows = must(calloc((size_t)m->pairs->row_count, sizeof(measured)));
        for (int i = 0; i < j->count; i++)
            m->pairs->rows[CONTROLS + i].path = film_path(j, i);
    }
    return m->pairs;
}

/* Adds what is measured to the row. */
static int add_measured(scumble_comparison *comparison, const scumble_image *picture, measured *row)
{
    double values[SCUMBLE_METRICS_MOST];
    int code = scumble_comparison_measure(comparison, picture, values);
    for (int i = 0; scumble_metric_at(i) && !code; i++)
        row->values[i] += values[i];
    row->width = scumble_image_width(picture);
    row->height = scumble_image_height(picture);
    return code;
}

static int measure_style(film_job *j, scumble_image **frames)
{
    measured_pair *pair = sampled_pair(j);
    scumble_comparison *comparison = NULL;
    int code = scumble_comparison_open(j->s, j->asked->encoder, frames[0], j->painting, &comparison);
    for (int i = 0; i < CONTROLS && !code; i++) {
        scumble_image *control = NULL;
        code = scumble_comparison_control(comparison, (scumble_control)i, scumble_image_width(frames[1]),
                                          scumble_image_height(frames[1]), &control);
        if (!code)
            code = add_measured(comparison, control, &pair->rows[i]);
        scumble_image_free(&control);
    }
    for (int i = 0; i < j->count && !code; i++)
        code = add_measured(comparison, frames[1 + i], &pair->rows[CONTROLS + i]);
    if (!code) {
        compare_note_encoder(&j->found.pictures, comparison);
        j->found.samples++;
    }
    scumble_comparison_close(&comparison);
    return code ? film_failure(j, code, NULL) : 0;
}

static void take_means(film_job *j)
{
    measured_pair *pair = j->found.pictures.pairs;
    for (int i = 0; pair && i < pair->row_count; i++)
        for (int k = 0; scumble_metric_at(k); k++)
            pair->rows[i].values[k] /= j->found.samples;
}

/* ---- command --------------------------------------------------------------------------------------------------- */

static void show_measured(film_job *j)
{
    double elapsed_s = progress_now_s() - j->display.began_s;
    int64_t done = j->found.frames, of = done > j->expected ? done : j->expected;
    scumble_event now = { .job = "compare",
                          .stage = "measure",
                          .stage_number = 1,
                          .stages = 1,
                          .done = done,
                          .of = of,
                          .unit = "frames",
                          .elapsed_s = elapsed_s,
                          .eta_s = elapsed_s * (double)(of - done) / (double)done };
    progress_show(&j->display, &now);
}

static void warn_of_end(const film_job *j, int ended)
{
    console_warning("'%s' ends after %lld frames; what follows in the other films is not compared",
                    ended ? film_path(j, ended - 1) : j->found.source, (long long)j->found.frames);
}

static int measure_frames(film_job *j)
{
    scumble_image **frames = must(calloc((size_t)j->count + 1, sizeof *frames));
    int status = 0, ended = -1;
    while (!status && ended == -1) {
        status = read_frames(j, frames, &ended);
        if (!status && ended == -1 && j->painting && is_sample(j, j->found.frames))
            status = measure_style(j, frames);
        if (!status && ended == -1 && !(status = compare_film_add(j, frames)))
            show_measured(j);
        for (int i = 0; i <= j->count; i++)
            scumble_image_free(&frames[i]);
    }
    free(frames);
    if (!status && ended >= 0)
        warn_of_end(j, ended);
    return status;
}

static int show_found(film_job *j)
{
    film_measurements *m = &j->found;
    scumble_steadiness *values = must(calloc((size_t)m->row_count, sizeof *values));
    scumble_film_comparison_result(j->comparison, values);
    for (int i = 0; i < m->row_count; i++)
        m->rows[i].whole = values[i];
    free(values);
    take_means(j);
    int status = j->asked->plot ? compare_film_plot(m, j->asked->plot) : 0;
    if (events_are_printed())
        events_done(&(done_event){ .output = j->asked->plot,
                                   .done = m->frames,
                                   .of = m->frames,
                                   .unit = "frames",
                                   .elapsed_s = progress_now_s() - j->display.began_s,
                                   .result = compare_film_json(m) });
    else if (j->asked->json)
        compare_dump(compare_film_json(m));
    else
        compare_film_print_table(m);
    return status;
}

static void free_film_job(film_job *j)
{
    film_measurements *m = &j->found;
    scumble_film_comparison_close(&j->comparison);
    scumble_image_free(&j->painting);
    for (int i = 0; i < j->count && j->films; i++)
        scumble_film_close(&j->films[i]);
    scumble_film_close(&j->source);
    for (int i = 0; i < m->row_count; i++)
        free(m->rows[i].frames);
    free(m->rows);
    free(j->films);
    free(j->style);
    compare_free_measurements(&m->pictures);
}

int compare_films(scumble *s, const film_comparing *asked)
{
    film_job j = { .s = s, .asked = asked, .found.source = asked->content };
    j.display = progress_begin(asked->progress, NULL, 1, 1);
    name_rows(&j);
    int status = check_plot(&j);
    if (!status)
        status = compare_film_load_painting(&j);
    if (!status)
        events_start(&(start_event){ .output = asked->plot, .time_s = -1 });
    if (!status)
        status = compare_film_open_source(&j);
    if (!status)
        status = open_painted(&j);
    if (!status)
        status = measure_frames(&j);
    progress_end(&j.display);
    if (!status)
        status = show_found(&j);
    free_film_job(&j);
    return status;
}
