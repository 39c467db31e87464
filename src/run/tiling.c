/* SPDX-License-Identifier: MIT */
/* Tiles as a text. See tiling.h. */
#include "run/tiling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_EDGE = 65535 };

/* A whole number of 0 to most, of digits alone; *text goes on behind it. */
static bool take_number(const char **text, double most, double *value)
{
    const char *begin = *text;
    for (*value = 0; **text >= '0' && **text <= '9' && *value <= most; (*text)++)
        *value = 10 * *value + (**text - '0');
    return *text > begin && *value <= most;
}

static bool tiling_take(const char **text, char letter)
{
    bool there = **text == letter;
    *text += there;
    return there;
}

static bool take_one(const char **text, sc_tiling *tiling)
{
    double width, height, pixels;
    bool taken = tiling->count < SC_MAX_SCALES && take_number(text, MAX_EDGE, &width) && tiling_take(text, 'x') &&
                 take_number(text, MAX_EDGE, &height) && tiling_take(text, ':') &&
                 take_number(text, (double)MAX_EDGE * MAX_EDGE, &pixels) && width > 0 && height > 0;
    if (taken) {
        tiling->of[tiling->count].width = (int)width;
        tiling->of[tiling->count].height = (int)height;
        tiling->of[tiling->count++].pixels = pixels;
    }
    return taken;
}

int sc_tiling_parse(sc_tiling *tiling, const char *text, sc_error *err)
{
    const char *at = text;
    *tiling = (sc_tiling){ 0 };
    if (!strcmp(text, "auto"))
        return SCUMBLE_OK;
    do
        if (!take_one(&at, tiling))
            break;
    while (tiling_take(&at, ','));
    if (tiling->count && !*at && at[-1] != ',')
        return SCUMBLE_OK;
    *tiling = (sc_tiling){ 0 };
    return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                   "`tiles` is '%.60s'; it must be auto, or sizes with the pixels of a tile, as in "
                   "240x180:0,480x360:83521",
                   text);
}

void sc_tiling_write(const sc_tiling *tiling, char text[SC_TILING_TEXT])
{
    int length = snprintf(text, SC_TILING_TEXT, "%s", tiling->count ? "" : "auto");
    for (int i = 0; i < tiling->count && length < SC_TILING_TEXT; i++)
        length += snprintf(text + length, (size_t)(SC_TILING_TEXT - length), "%s%dx%d:%.0f", i ? "," : "",
                           tiling->of[i].width, tiling->of[i].height, tiling->of[i].pixels);
}

bool sc_tiling_find(const sc_tiling *tiling, const sc_scale *scale, double *pixels)
{
    for (int i = 0; i < tiling->count; i++)
        if (tiling->of[i].width == scale->width && tiling->of[i].height == scale->height) {
            *pixels = tiling->of[i].pixels;
            return true;
        }
    return false;
}

void sc_tiling_add(sc_tiling *tiling, const sc_tiling *other)
{
    for (int i = 0; i < other->count; i++) {
        sc_scale scale = { .width = other->of[i].width, .height = other->of[i].height };
        double pixels;
        if (sc_tiling_find(tiling, &scale, &pixels))
            continue;
        if (tiling->count == SC_MAX_SCALES) {
            *tiling = *other;
            return;
        }
        tiling->of[tiling->count++] = other->of[i];
    }
}
