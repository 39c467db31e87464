/* SPDX-License-Identifier: MIT */
/* Contact sheets. See contact_sheet.h. */
#include "contact_sheet.h"

#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "outputs.h"
#include "text.h"

enum { CAPTION_PX = 22, CAPTION_GAP_PX = 2, WIDEST = 100000 };

/* A sheet in the making. */
typedef struct layout {
    scumble *s;
    const contact_sheet *sheet;
    scumble_image **pictures; /* resized */
    scumble_image **captions; /* NULL entries: none */
    bool captioned;
} layout;

/* ---- what stands on it ----------------------------------------------------------------------------------------- */

static int contact_sheet_load_picture(layout *l, int index)
{
    const char *path = l->sheet->pictures[index].path;
    scumble_image *picture = NULL;
    int code = console_picture(l->s, path, &picture);
    if (!code) {
        double share = (double)l->sheet->height / scumble_image_height(picture),
               width = scumble_image_width(picture) * share + 0.5;
        if (width > WIDEST) {
            console_error(
                "'%s' is too wide for a sheet: %.0f pixels at a height of %d; scumble sheet --height makes a lower one",
                path, width, (int)l->sheet->height);
            scumble_image_free(&picture);
            return EXIT_FAILED;
        }
        code =
            scumble_image_resize(l->s, picture, width < 1 ? 1 : (int)width, (int)l->sheet->height, &l->pictures[index]);
    }
    scumble_image_free(&picture);
    return code ? console_failure(l->s, code, NULL) : 0;
}

/* One line of UTF-8 of bearable length from any bytes. Caller frees. */
static char *caption_text(const char *bytes)
{
    enum { LONGEST = 120 };
    char *head = text_part(bytes, strlen(bytes) < LONGEST ? strlen(bytes) : LONGEST), *text = text_utf8(head);
    free(head);
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 127)
            *p = ' ';
    return text;
}

/* Not wider than its picture. A caption that cannot be drawn is left out. */
static void contact_sheet_make_caption(layout *l, int index, bool *noted)
{
    const char *caption = l->sheet->pictures[index].caption;
    if (!caption)
        return;
    char *text = caption_text(caption);
    scumble_image *drawn = NULL;
    int code = scumble_image_text(l->s, text, CAPTION_PX, &drawn), room = scumble_image_width(l->pictures[index]);
    if (!code && scumble_image_width(drawn) > room) {
        int height = CAPTION_PX * room / scumble_image_width(drawn);
        scumble_image *smaller = NULL;
        code = scumble_image_resize(l->s, drawn, room, height > 1 ? height : 1, &smaller);
        scumble_image_free(&drawn);
        drawn = smaller;
    }
    if (code && !*noted)
        console_warning("no captions on the sheet: %s", scumble_error_text(l->s));
    *noted |= code != 0;
    l->captions[index] = drawn;
    l->captioned |= drawn != NULL;
    free(text);
}

/* ---- where it stands ------------------------------------------------------------------------------------------- */

static int per_row(const contact_sheet *sheet)
{
    return sheet->columns && sheet->columns < sheet->count ? (int)sheet->columns : sheet->count;
}

static int64_t row_width(const layout *l, int first)
{
    const contact_sheet *sheet = l->sheet;
    int64_t width = -sheet->gap;
    for (int i = first; i < first + per_row(sheet) && i < sheet->count; i++)
        width += scumble_image_width(l->pictures[i]) + sheet->gap;
    return width;
}

static int64_t row_height(const layout *l)
{
    return l->sheet->height + (l->captioned ? CAPTION_GAP_PX + CAPTION_PX : 0);
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

static float *make_canvas(const layout *l, int64_t width, int64_t height)
{
    const contact_sheet *sheet = l->sheet;
    size_t values = (size_t)width * (size_t)height * 3;
    float *canvas = must(malloc(values * sizeof *canvas));
    for (size_t i = 0; i < values; i++)
        canvas[i] = 1.0f;
    int columns = per_row(sheet);
    for (int first = 0; first < sheet->count; first += columns) {
        int64_t x = (width - row_width(l, first)) / 2, y = first / columns * (row_height(l) + sheet->gap);
        for (int i = first; i < first + columns && i < sheet->count; i++) {
            int room = scumble_image_width(l->pictures[i]);
            paste(canvas, width, l->pictures[i], x, y);
            if (l->captions[i])
                paste(canvas, width, l->captions[i], x + (room - scumble_image_width(l->captions[i])) / 2,
                      y + sheet->height + CAPTION_GAP_PX);
            x += room + sheet->gap;
        }
    }
    return canvas;
}

/* ---- the file -------------------------------------------------------------------------------------------------- */

static int save_sheet(const layout *l, const float *canvas, int width, int height)
{
    scumble_image *picture = NULL;
    scumble_save_options options = { .size = sizeof options,
                                     .bits = outputs_small_bits(l->sheet->output, l->sheet->format),
                                     .quality = (int)l->sheet->quality,
                                     .format = l->sheet->format };
    int code = scumble_image_create(l->s, width, height, canvas, NULL, &picture);
    if (!code)
        code = scumble_image_save(l->s, picture, l->sheet->output, &options);
    scumble_image_free(&picture);
    if (code)
        return console_failure(l->s, code, NULL);
    if (!l->sheet->silent)
        console_info("wrote %s (%dx%d)", l->sheet->output, width, height);
    return 0;
}

static int compose_pictures(const layout *l)
{
    const int64_t pixels_most = 400000000;
    int columns = per_row(l->sheet), rows = (l->sheet->count + columns - 1) / columns;
    int64_t width = 1, height = rows * row_height(l) + (rows - 1) * l->sheet->gap;
    for (int first = 0; first < l->sheet->count; first += columns)
        width = row_width(l, first) > width ? row_width(l, first) : width;
    if (width > pixels_most / height) {
        console_error(
            "the sheet would have %lldx%lld pixels, more than 400 million; scumble sheet --height makes a smaller one",
            (long long)width, (long long)height);
        return EXIT_FAILED;
    }
    float *canvas = make_canvas(l, width, height);
    int status = save_sheet(l, canvas, (int)width, (int)height);
    free(canvas);
    return status;
}

int contact_sheet_write(scumble *s, const contact_sheet *sheet)
{
    layout l = { .s = s, .sheet = sheet };
    l.pictures = must(calloc((size_t)sheet->count, sizeof *l.pictures));
    l.captions = must(calloc((size_t)sheet->count, sizeof *l.captions));
    int status = 0;
    bool noted = false;
    for (int i = 0; !status && i < sheet->count; i++)
        status = contact_sheet_load_picture(&l, i);
    for (int i = 0; !status && i < sheet->count; i++)
        contact_sheet_make_caption(&l, i, &noted);
    if (!status)
        status = compose_pictures(&l);
    for (int i = 0; i < sheet->count; i++) {
        scumble_image_free(&l.pictures[i]);
        scumble_image_free(&l.captions[i]);
    }
    free(l.pictures);
    free(l.captions);
    return status;
}
