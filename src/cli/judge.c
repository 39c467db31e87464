/* SPDX-License-Identifier: MIT */
/* `scumble judge`: what a painter's discriminator thinks of pictures, best first. */
#define _GNU_SOURCE
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arguments.h"
#include "commands.h"
#include "console.h"
#include "outputs.h"
#include "inputs.h"
#include "paths.h"
#include "streams.h"
#include "scumble/painter.h"

typedef struct judged {
    const char *path;
    scumble_verdict verdict;
} judged;

typedef struct hearing {
    scumble *s;
    scumble_painter *painter;
    text_list words, pictures;
    const char *map;
    int64_t size, threads;
    bool json;
    judged *list;
    int count;
} hearing;

/* ---- one picture ----------------------------------------------------------------------------------------------- */

static char *map_path(const hearing *h, const char *picture)
{
    size_t length = strlen(h->map);
    if (!paths_is_folder(h->map) && h->map[length - 1] != '/')
        return text_copy(h->map);
    char *name = paths_name(picture), *file = text_format("%s-map.png", name), *path = paths_join(h->map, file);
    free(name);
    free(file);
    return path;
}

static int save_map(hearing *h, const char *picture, const scumble_image *map)
{
    char *path = map_path(h, picture);
    int code = scumble_image_save(h->s, map, path, NULL);
    free(path);
    return code;
}

static int judge_one(hearing *h, const char *path)
{
    scumble_image *image = NULL, *map = NULL;
    judged own = { .path = path };
    int code = console_picture(h->s, path, &image);
    if (!code)
        code = scumble_painter_judge(h->painter, image, (int)h->size, &own.verdict, h->map ? &map : NULL);
    if (!code && map)
        code = save_map(h, path, map);
    scumble_image_free(&image);
    scumble_image_free(&map);
    if (code)
        return console_failure(h->s, code, strstr(scumble_error_text(h->s), path) ? NULL : path);
    h->list[h->count++] = own;
    return 0;
}

/* ---- the list -------------------------------------------------------------------------------------------------- */

static int cli_judge_by_score(const void *a, const void *b)
{
    const judged *p = a, *q = b;
    if (p->verdict.score != q->verdict.score)
        return p->verdict.score < q->verdict.score ? 1 : -1;
    return strcmp(p->path, q->path);
}

static void cli_judge_print_json(const hearing *h)
{
    json_t *list = json_array();
    for (int i = 0; i < h->count; i++) {
        char *path = streams_shown(text_utf8(h->list[i].path));
        json_array_append_new(list, json_pack("{s:s, s:f, s:f}", "picture", path, "score", h->list[i].verdict.score,
                                              "share", h->list[i].verdict.share));
        free(path);
    }
    char *text = must(json_dumps(list, JSON_INDENT(1) | JSON_REAL_PRECISION(6)));
    puts(text);
    free(text);
    json_decref(list);
}

static void cli_judge_print_table(const hearing *h)
{
    puts("  SCORE  TAKEN FOR REAL  PICTURE");
    for (int i = 0; i < h->count; i++) {
        char *path = console_safe(h->list[i].path);
        printf("%+7.3f  %12.0f %%  %s\n", h->list[i].verdict.score, 100 * h->list[i].verdict.share, path);
        free(path);
    }
}

static int cli_judge_open_painter(hearing *h)
{
    scumble_config config = { .size = sizeof config, .threads = (int)h->threads };
    arguments_reading(&config);
    int code = scumble_open(&h->s, &config);
    if (!code)
        code = scumble_painter_open(h->s, h->words.items[0], &h->painter);
    if (code)
        return console_failure(h->s, code, NULL);
    if (scumble_painter_about(h->painter)->can_judge)
        return 0;
    console_error("'%s' has no discriminator: it was trained without one, or elsewhere", h->words.items[0]);
    return EXIT_FAILED;
}

/* They can be written, and are none of the files that are read. */
static int check_maps(const hearing *h)
{
    file_roles roles = { 0 };
    outputs_add(&roles, paths_exists(h->words.items[0]) ? h->words.items[0] : NULL, NULL);
    for (int i = 0; i < h->pictures.count; i++) {
        outputs_add(&roles, h->pictures.items[i], NULL);
        outputs_add_own(&roles, map_path(h, h->pictures.items[i]), "--map");
    }
    int status = outputs_check_clashes(&roles);
    for (int i = 0; i < h->pictures.count && !status; i++) {
        char *map = map_path(h, h->pictures.items[i]);
        status = paths_check_output("--map", map);
        free(map);
    }
    return status;
}

static int run_judge(hearing *h)
{
    int status = cli_judge_open_painter(h);
    for (int i = 1; i < h->words.count && !status; i++)
        status = inputs_expand(h->words.items[i], &h->pictures);
    if (!status && h->map && h->pictures.count > 1 && !paths_is_folder(h->map) && h->map[strlen(h->map) - 1] != '/')
        return console_usage("--map is '%s', one file, but there are %d pictures; give a folder: --map maps/", h->map,
                             h->pictures.count);
    if (status)
        return status;
    if (h->map && h->map[strlen(h->map) - 1] == '/' && mkdir(h->map, 0777) && !paths_is_folder(h->map)) {
        console_error("--map: the folder '%s' cannot be made", h->map);
        return EXIT_FAILED;
    }
    if (h->map)
        status = check_maps(h);
    if (status)
        return status;
    h->list = must(calloc((size_t)h->pictures.count + 1, sizeof *h->list));
    for (int i = 0; i < h->pictures.count; i++) {
        int failed = judge_one(h, h->pictures.items[i]); /* the others are judged all the same */
        status = status ? status : failed;
    }
    qsort(h->list, (size_t)h->count, sizeof *h->list, cli_judge_by_score);
    if (h->json)
        cli_judge_print_json(h);
    else if (h->count)
        cli_judge_print_table(h);
    return status;
}

int command_judge(int argc, char **argv)
{
    hearing h = { 0 };
    bool help = false;
    const binding bindings[] = { BIND("map", &h.map), BIND("json", &h.json), BIND("size", &h.size),
                                 BIND("threads", &h.threads) };
    int status = arguments_parse(&judge_about, argc, argv, BINDINGS(bindings), NULL, &h.words, &help);
    if (!status && !help && h.words.count < 2)
        status = console_usage("there %s; give a painter and pictures: scumble judge starry.scumble picture.jpg",
                               h.words.count ? "is no picture to be judged" : "is no painter");
    if (!status && !help)
        status = run_judge(&h);
    scumble_painter_close(&h.painter);
    scumble_close(&h.s);
    free(h.list);
    text_list_free(&h.words);
    text_list_free(&h.pictures);
    return status;
}
