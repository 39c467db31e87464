/* SPDX-License-Identifier: MIT */
/* `scumble sheet`: pictures side by side in one, all of the same height, with a thin white gap. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "console.h"
#include "paths.h"

static const char command_name[] = "sheet";

typedef struct sheet {
    const char *output;
    int64_t height, columns, gap, quality; /* columns 0: all in one row */
    text_list words, photos;
    scumble *s;
    scumble_image **pictures; /* resized */
} sheet;

static int print_help(void)
{
    puts("usage: scumble sheet PICTURE... -o SHEET\n\n"
         "Puts pictures side by side in one, all of the same height.\n\n"
         "  -o, --output FILE   the sheet; the format follows the ending\n"
         "  --height N          height of each picture in pixels (384)\n"
         "  --columns N         pictures in a row (all in one row)\n"
         "  --gap N             pixels between them (8)\n"
         "  --quality N         1..100 for JPEG, WebP, AVIF (92)\n"
         "  -h, --help          this text\n\n"
         "Example:\n"
         "  scumble sheet photo.jpg painting.jpg result.png -o compare.jpg --height 512");
    return EXIT_DONE;
}

/* ---- checks ---- */

static int check_output(const sheet *sh)
{
    if (!scumble_image_writable(sh->output))
        return console_usage("-o is '%s', which has no ending of a format that scumble can write; use .png, .jpg, .webp or .tif",
                             sh->output);
    int status = paths_check_output("-o", sh->output);
    char *key = paths_key(sh->output);
    for (int i = 0; !status && i < sh->photos.count; i++) {
        char *input = paths_key(sh->photos.items[i]);
        if (!strcmp(key, input)) {
            console_error("-o would overwrite the input '%s'; choose another name", sh->photos.items[i]);
            status = EXIT_USAGE;
        }
        free(input);
    }
    free(key);
    return status;
}

/* ---- pixels ---- */

static int load_picture(sheet *sh, int index)
{
    scumble_image *picture = NULL;
    int code = scumble_image_load(sh->s, sh->photos.items[index], &picture);
    if (!code) {
        double share = (double)sh->height / scumble_image_height(picture), width = scumble_image_width(picture) * share + 0.5;
        if (width > 100000) {
            console_error("'%s' would be %.0f pixels wide at a height of %d; give a smaller --height", sh->photos.items[index], width,
                          (int)sh->height);
            scumble_image_free(&picture);
            return EXIT_FAILED;
        }
        code = scumble_image_resize(sh->s, picture, width < 1 ? 1 : (int)width, (int)sh->height, &sh->pictures[index]);
    }
    scumble_image_free(&picture);
    return code ? console_failure(sh->s, code, NULL) : 0;
}

static int per_row(const sheet *sh)
{
    return sh->columns && sh->columns < sh->photos.count ? (int)sh->columns : sh->photos.count;
}

static int64_t row_width(const sheet *sh, int first)
{
    int64_t width = -sh->gap;
    for (int i = first; i < first + per_row(sh) && i < sh->photos.count; i++)
        width += scumble_image_width(sh->pictures[i]) + sh->gap;
    return width;
}

static void paste(float *canvas, int64_t canvas_width, const scumble_image *picture, int64_t x, int64_t y)
{
    size_t width = (size_t)scumble_image_width(picture);
    const float *rgb = scumble_image_rgb(picture);
    const float *alpha = scumble_image_alpha(picture);
    for (int row = 0; row < scumble_image_height(picture); row++) {
        float *to = canvas + ((y + row) * canvas_width + x) * 3;
        for (size_t i = (size_t)row * width, end = i + width; i < end; i++)
            for (int c = 0; c < 3; c++, to++) /* over the canvas' white */
                *to = alpha ? 1 - alpha[i] * (1 - rgb[3 * i + (size_t)c]) : rgb[3 * i + (size_t)c];
    }
}

static float *make_canvas(const sheet *sh, int64_t width, int64_t height)
{
    size_t values = (size_t)width * (size_t)height * 3;
    float *canvas = must(malloc(values * sizeof *canvas));
    for (size_t i = 0; i < values; i++)
        canvas[i] = 1.0f;
    int columns = per_row(sh);
    for (int first = 0; first < sh->photos.count; first += columns) {
        int64_t x = (width - row_width(sh, first)) / 2, y = first / columns * (sh->height + sh->gap);
        for (int i = first; i < first + columns && i < sh->photos.count; i++) {
            paste(canvas, width, sh->pictures[i], x, y);
            x += scumble_image_width(sh->pictures[i]) + sh->gap;
        }
    }
    return canvas;
}

static int save(const sheet *sh, const float *canvas, int width, int height)
{
    scumble_image *picture = NULL;
    scumble_save_options options = {.bits = 8, .quality = (int)sh->quality};
    int code = scumble_image_create(sh->s, width, height, canvas, NULL, &picture);
    if (!code)
        code = scumble_image_save(sh->s, picture, sh->output, &options);
    scumble_image_free(&picture);
    if (code)
        return console_failure(sh->s, code, NULL);
    console_info("wrote %s (%dx%d)", sh->output, width, height);
    return 0;
}

static int compose(const sheet *sh)
{
    const int64_t pixels_most = 400000000;
    int columns = per_row(sh), rows = (sh->photos.count + columns - 1) / columns;
    int64_t width = 1, height = rows * sh->height + (rows - 1) * sh->gap;
    for (int first = 0; first < sh->photos.count; first += columns)
        width = row_width(sh, first) > width ? row_width(sh, first) : width;
    if (width > pixels_most / height) {
        console_error("the sheet would have %lldx%lld pixels, more than 400 million; give a smaller --height", (long long)width,
                      (long long)height);
        return EXIT_FAILED;
    }
    float *canvas = make_canvas(sh, width, height);
    int status = save(sh, canvas, (int)width, (int)height);
    free(canvas);
    return status;
}

static int run(sheet *sh)
{
    int code = scumble_open(&sh->s, NULL), status = code ? console_failure(sh->s, code, NULL) : 0;
    for (int i = 0; !status && i < sh->words.count; i++)
        status = paths_expand(sh->words.items[i], &sh->photos);
    if (!status)
        status = check_output(sh);
    sh->pictures = must(calloc((size_t)sh->photos.count, sizeof *sh->pictures));
    for (int i = 0; !status && i < sh->photos.count; i++)
        status = load_picture(sh, i);
    return status ? status : compose(sh);
}

int command_sheet(int argc, char **argv)
{
    sheet sh = {.height = 384, .gap = 8};
    bool help = false;
    const flag flags[] = {
        {"output", 'o', FLAG_TEXT, "FILE", &sh.output, 0, 0},
        {"height", 0, FLAG_INTEGER, "N", &sh.height, 1, 20000},
        {"columns", 0, FLAG_INTEGER, "N", &sh.columns, 1, 1000},
        {"gap", 0, FLAG_INTEGER, "N", &sh.gap, 0, 1000},
        {"quality", 0, FLAG_INTEGER, "N", &sh.quality, 1, 100},
    };
    int status = arguments_parse(command_name, argc, argv, flags, sizeof flags / sizeof *flags, &sh.words, &help);
    if (!status && !help && !sh.words.count)
        status = console_usage("there are no pictures; give some: scumble sheet a.jpg b.jpg -o sheet.png");
    if (!status && !help && !sh.output)
        status = console_usage("there is no name for the sheet; give one: -o sheet.png");
    if (!status)
        status = help ? print_help() : run(&sh);
    for (int i = 0; sh.pictures && i < sh.photos.count; i++)
        scumble_image_free(&sh.pictures[i]);
    free(sh.pictures);
    scumble_close(&sh.s);
    text_list_free(&sh.photos);
    text_list_free(&sh.words);
    return status;
}
