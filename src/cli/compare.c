/* SPDX-License-Identifier: MIT */
/* `scumble compare`: measures results against their photo and painting, beside two controls. Which go together is found
 * in pairing.c; compare_report.c prints. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "compare_film.h"
#include "compare_report.h"
#include "console.h"
#include "events.h"
#include "outputs.h"
#include "pairing.h"
#include "recipe.h"
#include "inputs.h"
#include "paths.h"
#include "progress.h"

typedef struct comparing {
    pairing inputs;
    text_list words, results;
    const char *content, *style, *encoder, *sheet;
    int64_t size, threads;
    int progress;
    bool json;
    film_comparing film;
    measurements found;
    progress_display display;
    int done, of; /* results to be measured */
} comparing;

/* ---- pairs ----------------------------------------------------------------------------------------------------- */

/* The pair of these pictures; takes both names over. */
static measured_pair *cli_compare_find_pair(measurements *m, char *photo, char *painting)
{
    for (int i = 0; i < m->pair_count; i++)
        if (!strcmp(m->pairs[i].photo, photo) && !strcmp(m->pairs[i].painting, painting)) {
            free(photo);
            free(painting);
            return &m->pairs[i];
        }
    m->pairs = must(realloc(m->pairs, (size_t)(m->pair_count + 1) * sizeof *m->pairs));
    m->pairs[m->pair_count] = (measured_pair){ .photo = photo, .painting = painting };
    return &m->pairs[m->pair_count++];
}

static measured *cli_compare_add_row(measured_pair *pair, const char *path)
{
    pair->rows = must(realloc(pair->rows, (size_t)(pair->row_count + 1) * sizeof *pair->rows));
    pair->rows[pair->row_count] = (measured){ .path = path };
    return &pair->rows[pair->row_count++];
}

static int cli_compare_make_pairs(comparing *c)
{
    int status = 0;
    for (int i = 0; i < c->results.count; i++) {
        char *photo, *painting;
        int failed = pairing_find(&c->inputs, c->results.items[i], &photo, &painting);
        if (!failed) {
            cli_compare_add_row(cli_compare_find_pair(&c->found, photo, painting), c->results.items[i]);
            c->of++;
        } else
            events_error(console_last_error(), NULL);
        status = status ? status : failed; /* the others are measured all the same */
    }
    return status;
}

/* ---- measuring ------------------------------------------------------------------------------------------------- */

/* result: whose measurement it is for, or is. */
static int measure_picture(comparing *c, scumble_comparison *comparison, const scumble_image *picture,
                           const char *result, measured *row)
{
    row->width = scumble_image_width(picture);
    row->height = scumble_image_height(picture);
    int code = scumble_comparison_measure(comparison, picture, row->values);
    return code ? console_failure(c->inputs.s, code, result) : 0;
}

/* In the size of the first result. */
static int measure_controls(comparing *c, scumble_comparison *comparison, measured_pair *pair,
                            const scumble_image *result, const char *path)
{
    int status = 0;
    for (int i = 0; i < CONTROLS && !status; i++) {
        scumble_image *control = NULL;
        int code = scumble_comparison_control(comparison, (scumble_control)i, scumble_image_width(result),
                                              scumble_image_height(result), &control);
        status = code ? console_failure(c->inputs.s, code, path) :
                        measure_picture(c, comparison, control, path, cli_compare_add_row(pair, NULL));
        scumble_image_free(&control);
    }
    return status;
}

/* A result, no larger than --size. */
static int load_result(const comparing *c, const char *path, scumble_image **picture)
{
    int code = console_picture(c->inputs.s, path, picture);
    int width = scumble_image_width(*picture), height = scumble_image_height(*picture),
        edge = width > height ? width : height;
    if (code || !c->size || edge <= c->size)
        return code;
    scumble_image *whole = *picture;
    double share = (double)c->size / edge;
    code = scumble_image_resize(c->inputs.s, whole, (int)fmax(1, round(width * share)),
                                (int)fmax(1, round(height * share)), picture);
    scumble_image_free(&whole);
    return code;
}

static int measure_result(comparing *c, scumble_comparison *comparison, measured_pair *pair, const char *path)
{
    scumble_image *picture = NULL;
    int code = load_result(c, path, &picture);
    int status = code ? console_failure(c->inputs.s, code, NULL) : 0;
    if (!status && !pair->row_count && (status = measure_controls(c, comparison, pair, picture, path)))
        pair->row_count = 0;
    if (!status && (status = measure_picture(c, comparison, picture, path, cli_compare_add_row(pair, path))))
        pair->row_count--;
    scumble_image_free(&picture);
    return status;
}

static int open_pair(comparing *c, const measured_pair *pair, scumble_comparison **comparison)
{
    scumble *s = c->inputs.s;
    scumble_image *photo = NULL, *painting = NULL;
    int code = console_picture(s, pair->photo, &photo);
    if (!code)
        code = console_picture(s, pair->painting, &painting);
    if (!code)
        code = scumble_comparison_open(s, c->encoder, photo, painting, comparison);
    scumble_image_free(&photo);
    scumble_image_free(&painting);
    return code ? console_failure(s, code, NULL) : 0;
}

/* The rows of the pair, which hold no more than the results' names yet. */
static int measure_pair(comparing *c, measured_pair *pair)
{
    measured_pair waiting = *pair;
    scumble_comparison *comparison = NULL;
    pair->rows = NULL;
    pair->row_count = 0;
    int status = open_pair(c, pair, &comparison);
    if (status)
        events_error(console_last_error(), pair->photo);
    for (int i = 0; i < waiting.row_count && comparison; i++) {
        c->display.name = waiting.rows[i].path;
        int failed = measure_result(c, comparison, pair, waiting.rows[i].path);
        if (failed)
            events_error(console_last_error(), waiting.rows[i].path);
        else
            compare_note_encoder(&c->found, comparison);
        status = status ? status : failed;
        progress_show_measured(&c->display, "compare", ++c->done, c->of);
    }
    scumble_comparison_close(&comparison);
    free(waiting.rows);
    for (int i = CONTROLS + 1; i < pair->row_count; i++)
        if (pair->rows[i].width != pair->rows[0].width || pair->rows[i].height != pair->rows[0].height) {
            console_warning("results of '%s' and '%s' have different sizes; the controls are %dx%d, as the first is",
                            pair->photo, pair->painting, pair->rows[0].width, pair->rows[0].height);
            break;
        }
    return status;
}

/* ---- command --------------------------------------------------------------------------------------------------- */

static int expand_inputs(comparing *c)
{
    int status = recipe_check_folders(&c->inputs.look_in);
    if (!status && c->content)
        status = inputs_expand_sources(c->inputs.s, c->content, &c->inputs.contents);
    if (!status && c->style)
        status = inputs_expand_sources(c->inputs.s, c->style, &c->inputs.styles);
    for (int i = 0; i < c->words.count && !status; i++)
        status = inputs_expand(c->words.items[i], &c->results);
    return status;
}

/* The sheet can be written, and is none of the pictures. */
static int cli_compare_check_sheet(const comparing *c)
{
    file_roles roles = { 0 };
    int status = outputs_check_picture("--sheet", c->sheet);
    if (status)
        return status;
    outputs_add(&roles, c->sheet, "--sheet");
    for (int i = 0; i < c->results.count; i++)
        outputs_add(&roles, c->results.items[i], NULL);
    for (int i = 0; i < c->found.pair_count; i++) {
        outputs_add(&roles, c->found.pairs[i].photo, NULL);
        outputs_add(&roles, c->found.pairs[i].painting, NULL);
    }
    status = outputs_check_clashes(&roles);
    return status ? status : paths_check_output("--sheet", c->sheet);
}

static void print_found(const comparing *c)
{
    if (c->json)
        compare_print_json(&c->found);
    else
        compare_print_table(&c->found);
}

static void cli_compare_tell_end(const comparing *c)
{
    events_done(&(done_event){ .output = c->sheet,
                               .done = c->done,
                               .of = c->of,
                               .unit = "pictures",
                               .elapsed_s = progress_now_s() - c->display.began_s,
                               .result = compare_json(&c->found) });
}

static int run_compare(comparing *c)
{
    scumble_config config = { .size = sizeof config, .threads = (int)c->threads };
    bool told = c->progress == PROGRESS_JSON;
    if (told)
        events_begin("compare");
    c->display = progress_begin(c->progress, NULL, 1, 1);
    arguments_reading(&config);
    int code = scumble_open(&c->inputs.s, &config);
    if (code)
        return console_failure(c->inputs.s, code, NULL);
    if (c->film.wanted)
        return compare_films(c->inputs.s, &c->film);
    int status = expand_inputs(c);
    if (status)
        return status;
    status = cli_compare_make_pairs(c);
    int wrong = c->sheet ? cli_compare_check_sheet(c) : 0;
    if (wrong)
        return wrong;
    events_start(&(start_event){ .output = c->sheet, .time_s = -1 });
    for (int i = 0; i < c->found.pair_count; i++) {
        int failed = measure_pair(c, &c->found.pairs[i]);
        status = status ? status : failed;
    }
    progress_end(&c->display);
    if (!told)
        print_found(c);
    if (c->sheet && c->found.encoder) {
        int failed = compare_write_sheet(c->inputs.s, &c->found, c->sheet, c->json || told);
        status = status ? status : failed;
    }
    if (told && c->found.encoder)
        cli_compare_tell_end(c);
    return status;
}

static void free_comparing(comparing *c)
{
    scumble_close(&c->inputs.s);
    compare_free_measurements(&c->found);
    text_list_free(&c->inputs.contents);
    text_list_free(&c->inputs.look_in);
    text_list_free(&c->inputs.styles);
    text_list_free(&c->words);
    text_list_free(&c->results);
}

/* What is for films alone, and what for pictures alone. Films then have what both have. */
static int cli_compare_check_film(comparing *c)
{
    film_comparing *f = &c->film;
    const char *films = f->from         ? "--from" :
                        f->to           ? "--to" :
                        f->independent  ? "--independent" :
                        f->plot         ? "--plot" :
                        f->samples != 5 ? "--samples" :
                                          NULL,
               *pictures = c->sheet                ? "--sheet" :
                           c->found.seams          ? "--tile" :
                           c->inputs.look_in.count ? "--look-in" :
                                                     NULL;
    if (!f->wanted)
        return films ? console_usage("%s is for films: it needs --film", films) : 0;
    if (pictures)
        return console_usage("%s is for pictures, not for --film", pictures);
    if (!c->content)
        return console_usage("--film needs --content: the film that the results were painted from");
    f->results = &c->words;
    f->content = c->content;
    f->style = c->style;
    f->encoder = c->encoder;
    f->size = c->size;
    f->progress = c->progress;
    f->json = c->json;
    return 0;
}

int command_compare(int argc, char **argv)
{
    comparing c = { .film.samples = 5 };
    bool help = false;
    const binding bindings[] = { BIND("content", &c.content),
                                 BIND("style", &c.style),
                                 BIND("json", &c.json),
                                 BIND("sheet", &c.sheet),
                                 BIND("encoder", &c.encoder),
                                 BIND("size", &c.size),
                                 BIND("tile", &c.found.seams),
                                 BIND("threads", &c.threads),
                                 BIND("look-in", &c.inputs.look_in),
                                 BIND("progress", &c.progress),
                                 BIND("film", &c.film.wanted),
                                 BIND("from", &c.film.from),
                                 BIND("to", &c.film.to),
                                 BIND("independent", &c.film.independent),
                                 BIND("plot", &c.film.plot),
                                 BIND("samples", &c.film.samples) };
    int status = arguments_parse(&compare_about, argc, argv, BINDINGS(bindings), NULL, &c.words, &help);
    if (!status && !help && !c.words.count)
        status = console_usage("there is nothing to be measured; give results: scumble compare out.png --content "
                               "photo.jpg --style painting.jpg");
    if (!status && !help)
        status = cli_compare_check_film(&c);
    if (!status && !help)
        status = run_compare(&c);
    free_comparing(&c);
    if (help) {
        puts("\nMetrics, and what is better:");
        compare_print_metrics();
    }
    return status;
}
