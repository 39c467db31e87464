/* SPDX-License-Identifier: MIT */
/* How steady films are, as a table and as JSON. See compare_film.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_film.h"
#include "console.h"
#include "stream_names.h"

char *compare_film_label(const film_row *row)
{
    if (!row->path)
        return NULL;
    return row->independent ? text_format("%s (frame by frame)", row->path) : text_copy(row->path);
}

static const char *const film_controls[SCUMBLE_FILM_CONTROLS] = { "the source itself", "the source, blurred" };

/* ---- table ----------------------------------------------------------------------------------------------------- */

static void print_film_value(int width, double value)
{
    if (isnan(value))
        printf("%*s", width, "-");
    else
        printf("%*.4f", width, value);
}

void compare_film_print_table(const film_measurements *m)
{
    char *source = console_safe(m->source);
    printf("%s: %lld frames of %d x %d in %d %s\n", source, (long long)m->frames, m->width, m->height, m->shots,
           m->shots == 1 ? "shot" : "shots");
    printf("compared are %lld pairs of frames 1 apart, and %lld pairs %d apart\n\n", (long long)m->pairs[0],
           (long long)m->pairs[1], SCUMBLE_STEADINESS_FAR);
    free(source);
    printf(" warped difference    pumping of\n  1 frame %2d frames    light   colour\n", SCUMBLE_STEADINESS_FAR);
    puts("    lower     lower    lower    lower  is better");
    for (int i = 0; i < m->row_count; i++) {
        const film_row *row = &m->rows[i];
        print_film_value(9, row->whole.near);
        print_film_value(10, row->whole.far);
        print_film_value(9, row->whole.lightness);
        print_film_value(9, row->whole.chroma);
        char *label = compare_film_label(row), *safe = console_safe(label ? label : film_controls[i]);
        printf("  %s\n", safe);
        free(safe);
        free(label);
    }
    printf("\n%.0f %% of a frame is seen again 1 frame later", 100 * m->rows[0].whole.near_seen);
    if (m->pairs[1])
        printf(", %.0f %% %d frames later", 100 * m->rows[0].whole.far_seen, SCUMBLE_STEADINESS_FAR);
    puts("; the rest is not compared");
    if (!m->samples)
        return;
    printf("\nmean of %d %s, ", m->samples, m->samples == 1 ? "frame" : "frames");
    compare_print_table(&m->pictures);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------ */

static json_t *film_number_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* Of each frame one of the values, whose place in the struct is `offset`. */
static json_t *course_json(const film_row *row, int64_t frames, size_t offset)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < frames; i++) {
        double value;
        memcpy(&value, (const char *)&row->frames[i] + offset, sizeof value);
        json_array_append_new(list, film_number_json(value));
    }
    return list;
}

static json_t *film_row_json(const film_measurements *m, int index)
{
    static const struct {
        const char *name;
        size_t offset;
    } values[] = {
        { "warped_1", offsetof(scumble_steadiness, near) },       { "warped_10", offsetof(scumble_steadiness, far) },
        { "seen_1", offsetof(scumble_steadiness, near_seen) },    { "seen_10", offsetof(scumble_steadiness, far_seen) },
        { "lightness", offsetof(scumble_steadiness, lightness) }, { "chroma", offsetof(scumble_steadiness, chroma) },
    };
    const film_row *row = &m->rows[index];
    film_row all = { .frames = (scumble_steadiness *)&row->whole };
    json_t *object = json_object(), *course = json_object();
    if (index < SCUMBLE_FILM_CONTROLS || row->independent)
        json_object_set_new(object, "control", json_string(!index ? "source" : index == 1 ? "blurred" : "independent"));
    if (row->path)
        json_object_set_new(object, "film", compare_json_text(row->path));
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        json_t *one = course_json(&all, 1, values[i].offset);
        json_object_set(object, values[i].name, json_array_get(one, 0));
        json_decref(one);
        if (strncmp(values[i].name, "seen", 4)) /* that is the same for all films */
            json_object_set_new(course, values[i].name, course_json(row, m->frames, values[i].offset));
    }
    json_object_set_new(object, "course", course);
    return object;
}

json_t *compare_film_json(const film_measurements *m)
{
    json_t *shots = json_array(), *controls = json_array(), *results = json_array();
    for (int i = 0; i < m->shots && (!i || m->firsts[i] < m->frames); i++)
        json_array_append_new(shots, json_integer(m->firsts[i]));
    for (int i = 0; i < m->row_count; i++)
        json_array_append_new(i < SCUMBLE_FILM_CONTROLS || m->rows[i].independent ? controls : results,
                              film_row_json(m, i));
    return json_pack("{s:o, s:i, s:i, s:I, s:o, s:o, s:o, s:i, s:o}", "content", compare_json_text(m->source), "width",
                     m->width, "height", m->height, "frames", (json_int_t)m->frames, "shots", shots, "controls",
                     controls, "results", results, "sampled", m->samples, "pictures",
                     m->samples ? compare_json(&m->pictures) : json_null());
}
