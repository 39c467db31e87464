/* SPDX-License-Identifier: MIT */
/* A reader of Targa pictures (TGA): types 1, 2, 3 and, with run lengths, 9, 10, 11; colour maps; 8, 15, 16, 24 and 32
 * bits a pixel; all four origins. Alpha is what the header's attribute bits say. Not: interleaved rows, and the Huffman
 * types. After "Truevision TGA File Format Specification 2.0".
 *
 * A header of 18 bytes, an identification, the colour map, the pixels; in TGA 2.0 further areas, and a footer that
 * tells of them. */
#include "media/image_bitmap.h"

#include <string.h>

#include "core/memory.h"

enum { HEADER = 18, MAPPED = 1, COLOUR = 2, GREY = 3, RUNS = 8 };

typedef struct tga {
    const uint8_t *file;
    size_t size;
    const char *name;
    sc_bitmap bitmap;
    int type; /* MAPPED, COLOUR, GREY */
    bool runs;
    size_t bytes;  /* of a pixel */
    size_t pixels; /* where they begin */
    const uint8_t *map;
    int map_bits; /* of an entry */
    uint32_t map_first, map_count;
} tga;

bool sc_tga_plausible(const uint8_t *head, size_t size_bytes)
{
    if (size_bytes < HEADER)
        return false;
    const int type = head[2] & ~RUNS, map_bits = head[7], depth = head[16];
    bool colour_depth = depth == 15 || depth == 16 || depth == 24 || depth == 32;
    bool good_map = map_bits == 15 || map_bits == 16 || map_bits == 24 || map_bits == 32;
    bool good_depth = type == MAPPED ? head[1] == 1 && (depth == 8 || depth == 16) :
                      type == COLOUR ? colour_depth :
                                       depth == 8 || depth == 16;
    return head[1] <= 1 && (head[2] & ~RUNS) >= MAPPED && type <= GREY && (head[1] == 0 || good_map) && good_depth &&
           sc_le16(head + 12) && sc_le16(head + 14);
}

bool sc_tga_footer(const uint8_t *tail, size_t size_bytes)
{
    return size_bytes >= SC_TGA_FOOTER_BYTES && !memcmp(tail + size_bytes - 18, "TRUEVISION-XFILE.", 18);
}

void sc_tga_rights(sc_rights *rights, const uint8_t *file, size_t size_bytes)
{
    enum { EXTENSION = 495, AUTHOR_AT = 2, AUTHOR = 41 };
    if (!sc_tga_footer(file, size_bytes))
        return;
    size_t at = sc_le32(file + size_bytes - SC_TGA_FOOTER_BYTES);
    if (at && at < size_bytes && size_bytes - at >= EXTENSION && sc_le16(file + at) >= EXTENSION)
        sc_rights_add(rights, SC_RIGHT_CREATOR, SC_RIGHTS_TEXT, file + at + AUTHOR_AT, AUTHOR);
}

static int image_tga_cut_short(const tga *t, sc_error *err)
{
    return sc_fail(err, SCUMBLE_ERR_FORMAT, "%s is a TGA file that is cut short", t->name);
}

static int image_tga_read_header(tga *t, sc_error *err)
{
    const uint8_t *h = t->file;
    if (t->size < HEADER)
        return image_tga_cut_short(t, err);
    if (!sc_tga_plausible(h, t->size))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "%s is a damaged or unusual TGA file: its header makes no sense",
                       t->name);
    if (h[17] >> 6)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "%s is a TGA file with interleaved rows, which are not read here; convert it to PNG or TIFF",
                       t->name);
    t->type = h[2] & ~RUNS;
    t->runs = h[2] & RUNS;
    t->bytes = (size_t)(h[16] + 7) / 8;
    t->map_bits = h[7];
    t->map_first = sc_le16(h + 3);
    t->map_count = h[1] ? sc_le16(h + 5) : 0;
    const int depth = t->type == MAPPED ? t->map_bits : h[16], attributes = h[17] & 15;
    t->bitmap.alpha = t->type == GREY ? depth == 16 && attributes == 8 :
                                        (depth == 16 && attributes == 1) || (depth == 32 && attributes == 8);
    int code = sc_bitmap_size(&t->bitmap, sc_le16(h + 12), sc_le16(h + 14), t->name, "TGA", err);
    size_t map = HEADER + (size_t)h[0];
    t->pixels = map + t->map_count * ((size_t)(t->map_bits + 7) / 8);
    if (code || t->pixels >= t->size)
        return code ? code : image_tga_cut_short(t, err);
    t->map = h + map;
    /* At most 128 pixels a packet, each of a byte and a pixel; no product exceeds 2^32 * 4. */
    const uint64_t left = t->size - t->pixels, count = (uint64_t)t->bitmap.width * (uint64_t)t->bitmap.height;
    const bool enough = t->runs ? count <= left / (1 + t->bytes) * 128 : count * t->bytes <= left;
    return enough ? SCUMBLE_OK : image_tga_cut_short(t, err);
}

/* A colour of 15, 16, 24 or 32 bits. */
static void read_colour(const uint8_t *p, int bits, bool alpha, uint8_t *rgba)
{
    if (bits >= 24) {
        memcpy(rgba, (const uint8_t[3]){ p[2], p[1], p[0] }, 3);
        rgba[3] = alpha ? p[3] : 255;
        return;
    }
    uint32_t word = sc_le16(p);
    for (int c = 0; c < 3; c++)
        rgba[c] = sc_bitmap_scale(word >> (10 - 5 * c) & 31, 31);
    rgba[3] = alpha && !(word >> 15) ? 0 : 255;
}

/* One pixel; false when its colour is beyond the map. */
static bool read_pixel(const tga *t, const uint8_t *p, uint8_t *rgba)
{
    if (t->type == GREY)
        memcpy(rgba, (const uint8_t[4]){ p[0], p[0], p[0], t->bitmap.alpha ? p[1] : 255 }, 4);
    else if (t->type == COLOUR)
        read_colour(p, (int)t->bytes * 8, t->bitmap.alpha, rgba);
    else {
        uint32_t index = t->bytes == 2 ? sc_le16(p) : p[0];
        if (index < t->map_first || index - t->map_first >= t->map_count)
            return false;
        read_colour(t->map + (index - t->map_first) * ((size_t)(t->map_bits + 7) / 8), t->map_bits, t->bitmap.alpha,
                    rgba);
    }
    return true;
}

/* Where the next pixels lie in the file. */
typedef struct stream {
    const uint8_t *at, *end;
    int left; /* pixels of this packet that are to come */
    bool run; /* and all are the same */
} stream;

/* The bytes of the next pixel; NULL when the file ends before. */
static const uint8_t *next_pixel(const tga *t, stream *s)
{
    if (t->runs && s->left == 0) {
        if (s->at == s->end)
            return NULL;
        s->run = *s->at >> 7;
        s->left = 1 + (*s->at++ & 127);
    }
    if ((size_t)(s->end - s->at) < t->bytes)
        return NULL;
    const uint8_t *pixel = s->at;
    if (t->runs)
        s->left--;
    if (!s->run || s->left == 0)
        s->at += t->bytes;
    return pixel;
}

static int image_tga_read_pixels(const tga *t, uint8_t *rgba, sc_error *err)
{
    stream s = { .at = t->file + t->pixels, .end = t->file + t->size };
    const bool from_right = t->file[17] & 0x10, from_top = t->file[17] & 0x20;
    const int width = t->bitmap.width, height = t->bitmap.height;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const uint8_t *pixel = next_pixel(t, &s);
            size_t row = (size_t)(from_top ? y : height - 1 - y), column = (size_t)(from_right ? width - 1 - x : x);
            if (!pixel)
                return image_tga_cut_short(t, err);
            if (!read_pixel(t, pixel, rgba + 4 * (row * (size_t)width + column)))
                return sc_fail(err, SCUMBLE_ERR_FORMAT,
                               "%s is a damaged TGA file: a pixel has a colour beyond its colour map", t->name);
        }
    return SCUMBLE_OK;
}

int sc_tga_read(const uint8_t *file, size_t size_bytes, const char *name, sc_bitmap *bitmap, uint8_t **rgba,
                sc_error *err)
{
    tga t = { .file = file, .size = size_bytes, .name = name };
    if (rgba)
        *rgba = NULL;
    int code = image_tga_read_header(&t, err);
    *bitmap = t.bitmap;
    if (code || !rgba)
        return code;
    uint8_t *pixels = sc_big_alloc(4 * (size_t)bitmap->width * (size_t)bitmap->height, err);
    if (!pixels)
        return err->code;
    code = image_tga_read_pixels(&t, pixels, err);
    if (code) {
        sc_big_free(pixels);
        return code;
    }
    sc_bitmap_settle_alpha(bitmap, pixels);
    *rgba = pixels;
    return SCUMBLE_OK;
}
