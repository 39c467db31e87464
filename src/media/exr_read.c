/* SPDX-License-Identifier: MIT */
/* Reading of OpenEXR: what a header says, and which part and layer of it is taken; see exr.h. The pixels are
 * exr_pixels.c's part. */
#include "media/exr.h"
#include "media/exr_reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "media/light.h"

/* Finds R, G, B and A of the layer. */
static bool exr_find_layer(sc_exr_reading *r, const char *layer)
{
    for (int i = 0; i < SC_EXR_COLOURS; i++)
        r->colour[i] = -1;
    for (int i = 0; i < r->channels->num_channels; i++) {
        int colour = sc_exr_colour(r->channels->entries[i].name.str, layer);
        if (colour >= 0)
            r->colour[colour] = i;
    }
    snprintf(r->layer, sizeof r->layer, "%s", layer);
    return r->colour[SC_EXR_RED] >= 0 && r->colour[SC_EXR_GREEN] >= 0 && r->colour[SC_EXR_BLUE] >= 0;
}

static int find_channel(const sc_exr_reading *r, const char *name)
{
    for (int i = 0; i < r->channels->num_channels; i++)
        if (!strcmp(r->channels->entries[i].name.str, name))
            return i;
    return -1;
}

/* The layer to take: that without a name, the first of the others, or luminance alone. */
static bool find_colours(sc_exr_reading *r)
{
    if (exr_find_layer(r, ""))
        return true;
    for (int i = 0; i < r->channels->num_channels; i++) {
        const char *name = r->channels->entries[i].name.str, *dot = strrchr(name, '.');
        char layer[sizeof r->layer];
        snprintf(layer, sizeof layer, "%.*s", dot ? (int)(dot + 1 - name) : 0, name);
        if (dot && exr_find_layer(r, layer))
            return true;
    }
    int luminance = find_channel(r, "Y");
    exr_find_layer(r, "");
    if (luminance < 0 || find_channel(r, "RY") >= 0 || find_channel(r, "BY") >= 0)
        return false;
    r->grey = true;
    r->colour[SC_EXR_RED] = r->colour[SC_EXR_GREEN] = r->colour[SC_EXR_BLUE] = luminance;
    return true;
}

/* "Z, id, ..." of those channels that are no colours, or of all. */
static void list_channels(const sc_exr_reading *r, bool all, char *text, size_t size)
{
    *text = 0;
    for (int i = 0; i < r->channels->num_channels; i++) {
        size_t length = strlen(text);
        if (!all && sc_exr_is_colour(r, i))
            continue;
        if (length + 48 > size) {
            snprintf(text + length, size - length, ", ...");
            return;
        }
        snprintf(text + length, size - length, "%s%.32s", length ? ", " : "", r->channels->entries[i].name.str);
    }
}

/* The first flat part that has colours, else the first flat one. */
static int choose_part(sc_exr_reading *r, sc_error *err)
{
    int flat = -1;
    exr_storage_t storage;
    if (exr_get_count(r->file.context, &r->parts))
        r->parts = 0;
    for (r->part = 0; r->part < r->parts; r->part++) {
        if (exr_get_storage(r->file.context, r->part, &storage) ||
            (storage != EXR_STORAGE_SCANLINE && storage != EXR_STORAGE_TILED) ||
            exr_get_channels(r->file.context, r->part, &r->channels))
            continue;
        r->tiled = storage == EXR_STORAGE_TILED;
        flat = flat < 0 ? r->part : flat;
        if (find_colours(r))
            return SCUMBLE_OK;
    }
    if (flat < 0)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "%s is a deep OpenEXR picture, which is not read here; flatten it",
                       r->name);
    r->part = flat;
    char list[200];
    if (exr_get_channels(r->file.context, flat, &r->channels))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "%s is a damaged OpenEXR file: it has no channels", r->name);
    list_channels(r, true, list, sizeof list);
    if (find_channel(r, "RY") >= 0 || find_channel(r, "BY") >= 0)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "%s has luminance and chroma (%s), which are not read here; convert it to R, G and B", r->name,
                       list);
    return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "%s has no colours R, G and B, or Y; its channels are %s", r->name,
                   list);
}

static bool extents(const exr_attr_box2i_t *box, int *width, int *height)
{
    int64_t w = (int64_t)box->max.x - box->min.x + 1, h = (int64_t)box->max.y - box->min.y + 1;
    *width = (int)w;
    *height = (int)h;
    return w >= 1 && h >= 1 && w <= 1 << 28 && h <= 1 << 28;
}

static int exr_check_channels(sc_exr_reading *r, sc_error *err)
{
    for (int i = 0; i < r->channels->num_channels; i++) {
        const exr_attr_chlist_entry_t *c = &r->channels->entries[i];
        if (c->x_sampling != 1 || c->y_sampling != 1)
            return sc_fail(
                err, SCUMBLE_ERR_UNSUPPORTED,
                "the channel %.64s of %s is subsampled (%d x %d), which is not read here; convert it to full "
                "size",
                c->name.str, r->name, c->x_sampling, c->y_sampling);
    }
    return SCUMBLE_OK;
}

static int open_reading(sc_exr_reading *r, const uint8_t *data, size_t size_bytes, sc_error *err)
{
    int code = sc_exr_open(&r->file, data, size_bytes, r->name, err);
    if (!code)
        code = choose_part(r, err);
    if (!code)
        code = exr_check_channels(r, err);
    if (code)
        return code;
    if (exr_get_display_window(r->file.context, r->part, &r->display) ||
        exr_get_data_window(r->file.context, r->part, &r->data) || !extents(&r->display, &r->width, &r->height) ||
        !extents(&r->data, &r->data_width, &r->data_height))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "%s is a damaged OpenEXR file: its windows make no sense", r->name);
    return SCUMBLE_OK;
}

static int exr_check_size(const sc_exr_reading *r, const sc_image_limits *limits, sc_error *err)
{
    const int64_t most = limits && limits->max_pixels > 0 ? limits->max_pixels : SC_IMAGE_MAX_PIXELS;
    const int64_t shown = (int64_t)r->width * r->height, stored = (int64_t)r->data_width * r->data_height;
    if (shown <= most && stored <= most)
        return SCUMBLE_OK;
    return sc_fail(err, SCUMBLE_ERR_LIMIT,
                   "%s has %d x %d = %lld pixels, more than the limit of %lld; allow more with `max_pixels`", r->name,
                   shown > most ? r->width : r->data_width, shown > most ? r->height : r->data_height,
                   (long long)(shown > most ? shown : stored), (long long)most);
}

/* What of the file goes with its picture, but for the other channels. */
static int keep_header(sc_exr_reading *r, sc_error *err)
{
    sc_light *light = calloc(1, sizeof *light);
    if (!light)
        return sc_fail_memory(err, sizeof *light);
    r->light = r->image->light = light;
    light->users = 1;
    light->width = r->width;
    light->height = r->height;
    light->part = r->part;
    light->grey = r->grey;
    memcpy(light->layer, r->layer, sizeof light->layer);
    list_channels(r, false, light->names, sizeof light->names);
    light->header = malloc(r->file.header_bytes);
    if (!light->header)
        return sc_fail_memory(err, r->file.header_bytes);
    memcpy(light->header, r->file.data, r->file.header_bytes);
    light->header_bytes = r->file.header_bytes;
    return SCUMBLE_OK;
}

static char *make_note(const sc_exr_reading *r)
{
    const char *part = NULL;
    if (r->parts > 1) {
        exr_get_name(r->file.context, r->part, &part);
        return sc_format("%s has %d parts; '%.64s' is taken, and the others are not kept", r->name, r->parts,
                         part ? part : "");
    }
    if (r->colours_alone)
        return sc_format(
            "%s has DWA compression, of which this OpenEXR reads the colours alone: other channels (%s) are "
            "not kept",
            r->name, r->light->names);
    if (*r->layer)
        return sc_format("%s has no channels R, G and B without a layer; its layer '%.*s' is taken", r->name,
                         (int)strlen(r->layer) - 1, r->layer);
    if (r->data.min.x < r->display.min.x || r->data.min.y < r->display.min.y || r->data.max.x > r->display.max.x ||
        r->data.max.y > r->display.max.y)
        return sc_format("the pixels of %s reach beyond its display window; what is outside is left out", r->name);
    if (r->glows)
        return sc_format("%s has light where alpha is 0, which cannot be painted; it is left out", r->name);
    return NULL;
}

static int load_reading(sc_exr_reading *r, const sc_image_limits *limits, sc_error *err)
{
    int code = exr_check_size(r, limits, err);
    r->most = limits ? limits->light_most : 0;
    const bool alpha = r->colour[SC_EXR_ALPHA] >= 0;
    sc_image fresh;
    if (!code)
        code = sc_image_create(&fresh, r->width, r->height, alpha, err);
    if (code)
        return code;
    r->image->width = r->width;
    r->image->height = r->height;
    r->image->rgb = fresh.rgb;
    r->image->alpha = fresh.alpha;
    r->image->bits = 16;
    code = keep_header(r, err);
    if (!code)
        code = sc_exr_read_pixels(r, err);
    if (!code)
        r->image->note = make_note(r);
    return code;
}

int sc_exr_load(const char *path, const uint8_t *data, size_t size_bytes, const char *name,
                const sc_image_limits *limits, const sc_decode_watch *watch, sc_image *image, sc_error *err)
{
    sc_exr_reading *r = calloc(1, sizeof *r);
    if (!r)
        return sc_fail_memory(err, sizeof *r);
    r->name = name;
    r->path = path;
    r->watch = watch;
    r->image = image;
    int code = open_reading(r, data, size_bytes, err);
    if (!code)
        code = load_reading(r, limits, err);
    sc_exr_close(&r->file);
    free(r);
    return code;
}

int sc_exr_probe(const uint8_t *data, size_t size_bytes, const char *name, sc_image *header, bool *alpha, sc_error *err)
{
    sc_exr_reading *r = calloc(1, sizeof *r);
    if (!r)
        return sc_fail_memory(err, sizeof *r);
    r->name = name;
    int code = open_reading(r, data, size_bytes, err);
    if (!code) {
        *header = (sc_image){ .width = r->width, .height = r->height, .bits = 16 };
        for (int i = 0; i < 3; i++)
            if (r->channels->entries[r->colour[i]].pixel_type != EXR_PIXEL_HALF)
                header->bits = 32;
        *alpha = r->colour[SC_EXR_ALPHA] >= 0;
    }
    sc_exr_close(&r->file);
    free(r);
    return code;
}

char *sc_exr_read(const void *data, size_t size_bytes, sc_rights *rights, sc_details *details)
{
    sc_exr_file file;
    sc_error err;
    char *recipe = NULL;
    const char *text;
    int32_t length;
    if (!sc_exr_open(&file, data, size_bytes, "the picture", &err)) {
        if (!exr_attr_get_string(file.context, 0, "xmp", &length, &text) && length > 0)
            recipe = sc_xmp_read(text, (size_t)length, rights, details);
        if (!exr_attr_get_string(file.context, 0, "owner", &length, &text) && length > 0)
            sc_rights_add(rights, SC_RIGHT_NOTICE, SC_RIGHTS_EXR, text, (size_t)length);
    }
    sc_exr_close(&file);
    return recipe;
}
