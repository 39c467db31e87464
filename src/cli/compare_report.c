/* SPDX-License-Identifier: MIT */
/* Measurements as a table, as JSON and as a contact sheet. See compare_report.h. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_report.h"
#include "console.h"
#include "contact_sheet.h"
#include "paths.h"
#include "streams.h"

static const char *control_name(const measurements *m, int control)
{
    return control == SCUMBLE_CONTROL_PAINTING ? "the painting itself" :
           m->film                             ? "the source unchanged" :
                                                 "the photo unchanged";
}

static const char *const group_names[] = { [SCUMBLE_METRIC_CONTENT] = "content kept",
                                           [SCUMBLE_METRIC_STYLE] = "style taken",
                                           [SCUMBLE_METRIC_ARTEFACT] = "artefacts" };
static const char *const direction_names[] = {
    [SCUMBLE_METRIC_LOWER] = "lower", [SCUMBLE_METRIC_HIGHER] = "higher", [SCUMBLE_METRIC_NEAR_ONE] = "near 1"
};

void compare_note_encoder(measurements *m, const scumble_comparison *comparison)
{
    if (m->encoder)
        return;
    m->encoder = text_copy(scumble_comparison_describe(comparison));
    m->calibrated = scumble_comparison_calibrated(comparison);
    m->sifid = scumble_comparison_has_sifid(comparison);
    if (!m->sifid)
        console_warning(
            "sifid is not measured: inception_v3 is not installed; get it with: scumble models pull inception_v3");
}

void compare_free_measurements(measurements *m)
{
    for (int i = 0; i < m->pair_count; i++) {
        free(m->pairs[i].photo);
        free(m->pairs[i].painting);
        free(m->pairs[i].rows);
    }
    free(m->pairs);
    free(m->encoder);
}

/* ---- table ----------------------------------------------------------------------------------------------------- */

/* What a column is called where room is short. */
static const char *title(const measurements *m, const char *name)
{
    return !strcmp(name, "structure")     ? "struct" :
           !strcmp(name, "checkerboard")  ? "check" :
           !strcmp(name, "effectiveness") ? (m->calibrated ? "E" : "E*") :
                                            name;
}

static bool is_shown(const measurements *m, const scumble_metric_info *metric)
{
    return m->seams || strncmp(metric->name, "seam", 4);
}

static int column_width(const measurements *m, const scumble_metric_info *metric)
{
    int length = (int)strlen(title(m, metric->name));
    return (length > 6 ? length : 6) + 1;
}

/* "0.123", "12.34", "123.4"; "-" for what is not measured. */
static const char *compare_report_number(double value, char out[32])
{
    double size = fabs(value);
    if (isnan(value))
        strcpy(out, "-");
    else
        snprintf(out, 32, size < 9.9995 ? "%.3f" : size < 99.995 ? "%.2f" : size < 9999.5 ? "%.0f" : "%.0e", value);
    return out;
}

static void compare_report_print_head(const measurements *m)
{
    const scumble_metric_info *metric, *next;
    for (int i = 0, end; (metric = scumble_metric_at(i)); i = end) { /* the groups */
        int width = 0;
        for (end = i; (next = scumble_metric_at(end)) && next->group == metric->group; end++)
            width += is_shown(m, next) ? column_width(m, next) : 0;
        printf(" %-*s", next ? width - 1 : 0, group_names[metric->group]);
    }
    putchar('\n');
    for (int i = 0; (metric = scumble_metric_at(i)); i++)
        if (is_shown(m, metric))
            printf("%*s", column_width(m, metric), title(m, metric->name));
    putchar('\n');
    for (int i = 0; (metric = scumble_metric_at(i)); i++)
        if (is_shown(m, metric))
            printf("%*s", column_width(m, metric), direction_names[metric->direction]);
    puts("  is better");
}

static void compare_report_print_row(const measurements *m, const measured *row, const char *label)
{
    char text[32];
    const scumble_metric_info *metric;
    for (int i = 0; (metric = scumble_metric_at(i)); i++)
        if (is_shown(m, metric))
            printf("%*s", column_width(m, metric), compare_report_number(row->values[i], text));
    char *safe = console_safe(label);
    printf("  %s\n", safe);
    free(safe);
}

void compare_print_table(const measurements *m)
{
    if (!m->encoder)
        return;
    printf("measured with %s\n", m->encoder);
    for (int p = 0; p < m->pair_count; p++) {
        const measured_pair *pair = &m->pairs[p];
        if (!pair->row_count)
            continue;
        char *photo = console_safe(pair->photo), *painting = console_safe(pair->painting);
        printf("\n%s, %s\n", photo, painting);
        free(photo);
        free(painting);
        compare_report_print_head(m);
        for (int i = 0; i < pair->row_count; i++)
            compare_report_print_row(m, &pair->rows[i], pair->rows[i].path ? pair->rows[i].path : control_name(m, i));
    }
    if (!m->calibrated)
        puts("\nE*: the weights were calibrated with VGG-19; with this encoder it compares results, no more");
}

void compare_print_metrics(void)
{
    int group = -1;
    const scumble_metric_info *metric;
    for (int i = 0; (metric = scumble_metric_at(i)); i++) {
        if ((int)metric->group != group)
            printf("%s:\n", group_names[metric->group]);
        group = (int)metric->group;
        printf("  %-13s  %-6s  %s\n", metric->name, direction_names[metric->direction], metric->help);
    }
}

/* ---- JSON ------------------------------------------------------------------------------------------------------ */

json_t *compare_json_text(const char *bytes)
{
    char *text = streams_shown(text_utf8(bytes));
    json_t *value = json_string(text);
    free(text);
    return value;
}

static json_t *row_json(const measured *row, scumble_control control)
{
    const scumble_metric_info *metric;
    json_t *object = json_object(), *values = json_object();
    if (row->path)
        json_object_set_new(object, "picture", compare_json_text(row->path));
    else
        json_object_set_new(object, "control", json_string(control == SCUMBLE_CONTROL_PHOTO ? "photo" : "painting"));
    json_object_set_new(object, "width", json_integer(row->width));
    json_object_set_new(object, "height", json_integer(row->height));
    for (int i = 0; (metric = scumble_metric_at(i)); i++)
        json_object_set_new(values, metric->name, isfinite(row->values[i]) ? json_real(row->values[i]) : json_null());
    json_object_set_new(object, "values", values);
    return object;
}

static json_t *pair_json(const measured_pair *pair)
{
    json_t *object = json_object(), *controls = json_array(), *results = json_array();
    json_object_set_new(object, "content", compare_json_text(pair->photo));
    json_object_set_new(object, "style", compare_json_text(pair->painting));
    for (int i = 0; i < pair->row_count; i++)
        json_array_append_new(pair->rows[i].path ? results : controls, row_json(&pair->rows[i], (scumble_control)i));
    json_object_set_new(object, "controls", controls);
    json_object_set_new(object, "results", results);
    return object;
}

static json_t *metrics_json(void)
{
    static const char *const groups[] = { "content", "style", "artefact" };
    const scumble_metric_info *metric;
    json_t *list = json_array();
    for (int i = 0; (metric = scumble_metric_at(i)); i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s}", "name", metric->name, "group", groups[metric->group],
                                        "better", direction_names[metric->direction], "help", metric->help));
    return list;
}

json_t *compare_json(const measurements *m)
{
    json_t *pairs = json_array();
    for (int p = 0; p < m->pair_count; p++)
        if (m->pairs[p].row_count)
            json_array_append_new(pairs, pair_json(&m->pairs[p]));
    return json_pack("{s:s*, s:b, s:o, s:o}", "encoder", m->encoder, "calibrated", (int)m->calibrated, "metrics",
                     metrics_json(), "pairs", pairs);
}

void compare_dump(json_t *whole)
{
    char *text = must(json_dumps(whole, JSON_INDENT(1) | JSON_REAL_PRECISION(8)));
    puts(text);
    free(text);
    json_decref(whole);
}

void compare_print_json(const measurements *m)
{
    compare_dump(compare_json(m));
}

/* ---- sheet ----------------------------------------------------------------------------------------------------- */

static char *named_caption(const char *what, const char *path)
{
    char *name = paths_name(path), *caption = text_format("%s: %s", what, name);
    free(name);
    return caption;
}

/* Of the metrics of content and style, three that every encoder has; with the name, where there are several results. */
static char *result_caption(const measurements *m, const measured *row, bool several)
{
    static const char *const shown[] = { "structure", "effectiveness", "swd" };
    char *name = paths_name(row->path), *caption = several ? text_format("%s: ", name) : text_copy("");
    free(name);
    const scumble_metric_info *metric;
    for (int k = 0; k < 3; k++)
        for (int i = 0; (metric = scumble_metric_at(i)); i++)
            if (!strcmp(metric->name, shown[k])) {
                char text[32],
                    *longer = text_format("%s%s%s %s", caption, k ? ", " : "", k == 1 ? title(m, shown[k]) : shown[k],
                                          compare_report_number(row->values[i], text));
                free(caption);
                caption = longer;
            }
    return caption;
}

static int compare_report_add(sheet_picture **pictures, int count, const char *path, char *caption)
{
    *pictures = must(realloc(*pictures, (size_t)(count + 1) * sizeof **pictures));
    (*pictures)[count] = (sheet_picture){ path, caption };
    return count + 1;
}

/* One pair: all in rows of up to six. Several: photo, painting and result in each row. */
int compare_write_sheet(scumble *s, const measurements *m, const char *path, bool silent)
{
    sheet_picture *pictures = NULL;
    int count = 0;
    for (int p = 0; p < m->pair_count; p++)
        for (int i = CONTROLS; i < m->pairs[p].row_count; i++) {
            const measured_pair *pair = &m->pairs[p];
            if (m->pair_count > 1 || i == CONTROLS) {
                count = compare_report_add(&pictures, count, pair->photo, named_caption("photo", pair->photo));
                count = compare_report_add(&pictures, count, pair->painting, named_caption("painting", pair->painting));
            }
            count = compare_report_add(
                &pictures, count, pair->rows[i].path,
                result_caption(m, &pair->rows[i], m->pair_count > 1 || pair->row_count > CONTROLS + 1));
        }
    contact_sheet sheet = { .output = path,
                            .pictures = pictures,
                            .count = count,
                            .height = 384,
                            .columns = m->pair_count > 1 ? 3 : 6,
                            .gap = 8,
                            .silent = silent };
    int status = count ? contact_sheet_write(s, &sheet) : 0;
    for (int i = 0; i < count; i++)
        free((char *)pictures[i].caption);
    free(pictures);
    return status;
}
