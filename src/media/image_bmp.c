/* SPDX-License-Identifier: MIT */
/* A reader of Windows bitmaps (BMP): the headers of OS/2 1 and 2 and of Windows 3 to 5 (12, 40, 52, 56, 64, 108, 124
 * bytes); 1, 4, 8, 16, 24, 32 bits a pixel; RLE4, RLE8 and bit fields; rows from the bottom or the top. Not: JPEG and
 * PNG within, Huffman and 24-bit RLE of OS/2. Profiles within are left aside: colours are taken for sRGB. After "Bitmap
 * Storage" of the Windows documentation.
 *
 * A file head of 14 bytes ("BM", ..., where the pixels begin), the header, masks or a palette, then rows padded to 4
 * bytes. */
#include "media/image_bitmap.h"

#include <string.h>

#include "core/memory.h"

enum { FILE_HEAD = 14, RGB = 0, RLE8 = 1, RLE4 = 2, FIELDS = 3, ALPHA_FIELDS = 6 };

typedef struct bmp {
    const uint8_t *file;
    size_t size;
    const char *name;
    sc_bitmap bitmap;
    bool top_down;
    uint32_t header;  /* bytes */
    int bits, kind;   /* of a pixel; RGB, RLE8 ... */
    size_t pixels;    /* where they begin */
    size_t row;       /* bytes from one to the next; 0 when they are run lengths */
    uint32_t mask[4]; /* red, green, blue, alpha; 0 = none */
    int shift[4];
    int colours; /* in the palette */
    uint8_t palette[256][4];
} bmp;

static int damaged(const bmp *b, const char *what, sc_error *err)
{
    return sc_fail(err, SCUMBLE_ERR_FORMAT, "%s is a damaged BMP file: %s", b->name, what);
}

static int image_bmp_cut_short(const bmp *b, sc_error *err)
{
    return sc_fail(err, SCUMBLE_ERR_FORMAT, "%s is a BMP file that is cut short", b->name);
}

/* ---- header ---- */

static bool known_kind(const bmp *b)
{
    switch (b->kind) {
    case RGB: return b->bits == 1 || b->bits == 4 || b->bits == 8 || b->bits == 16 || b->bits == 24 || b->bits == 32;
    case RLE8: return b->bits == 8;
    case RLE4: return b->bits == 4;
    case FIELDS:
    case ALPHA_FIELDS: return b->header != 64 && (b->bits == 16 || b->bits == 32);
    default: return false;
    }
}

/* Size, bits, compression. */
static int read_head(bmp *b, sc_error *err)
{
    const uint8_t *h = b->file + FILE_HEAD;
    if (b->size < FILE_HEAD + 4)
        return image_bmp_cut_short(b, err);
    b->header = sc_le32(h);
    if (b->header != 12 && b->header != 40 && b->header != 52 && b->header != 56 && b->header != 64 &&
        b->header != 108 && b->header != 124)
        return sc_fail(
            err, SCUMBLE_ERR_UNSUPPORTED,
            "%s is a BMP file with a header of %lu bytes, which is not known here; convert it to PNG or TIFF", b->name,
            (unsigned long)b->header);
    if (b->size - FILE_HEAD < b->header)
        return image_bmp_cut_short(b, err);
    bool core = b->header == 12;
    int64_t width = core ? (int64_t)sc_le16(h + 4) : (int32_t)sc_le32(h + 4),
            height = core ? (int64_t)sc_le16(h + 6) : (int32_t)sc_le32(h + 8);
    b->top_down = height < 0;
    b->bits = (int)sc_le16(core ? h + 10 : h + 14);
    b->kind = core ? RGB : (int)(sc_le32(h + 16) & 0xffff);
    if (!known_kind(b) || (!core && sc_le32(h + 16) > 0xffff))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "%s is a BMP file of a rare kind (%d bits, compression %d); convert it to PNG or TIFF", b->name,
                       b->bits, b->kind);
    return sc_bitmap_size(&b->bitmap, width, height < 0 ? -height : height, b->name, "BMP", err);
}

/* Each mask is one run of bits within the pixel, and none touches another. */
static bool good_masks(bmp *b)
{
    uint32_t all = 0;
    for (int c = 0; c < 4; c++) {
        uint32_t mask = b->mask[c];
        b->shift[c] = mask ? __builtin_ctz(mask) : 0;
        uint32_t run = mask >> b->shift[c];
        if ((run & (run + 1)) || (all & mask) || (b->bits == 16 && mask > 0xffff))
            return false;
        all |= mask;
    }
    return (all & ~b->mask[3]) != 0;
}

/* The masks of 16 and 32 bits. *end is where the header ends, and will be where they do. */
static int read_masks(bmp *b, size_t *end, sc_error *err)
{
    static const uint32_t usual[2][3] = { { 0x7c00, 0x03e0, 0x001f }, { 0xff0000, 0x00ff00, 0x0000ff } };
    const bool fields = b->kind == FIELDS || b->kind == ALPHA_FIELDS, within = b->header >= 52 && b->header != 64;
    const uint8_t *at = b->file + FILE_HEAD + 40;
    int count = within ? (b->header >= 56 ? 4 : 3) : !fields ? 0 : b->kind == FIELDS ? 3 : 4;
    if (!within && b->size - *end < 4 * (size_t)count)
        return image_bmp_cut_short(b, err);
    *end += within ? 0 : 4 * (size_t)count;
    for (int c = 0; c < 3; c++)
        b->mask[c] = fields ? sc_le32(at + 4 * c) : usual[b->bits == 32][c];
    b->mask[3] = count == 4 && (fields || b->bits == 32) ? sc_le32(at + 12) : 0;
    if (!fields && (b->mask[3] & 0xffffff)) /* the header's masks do not count then */
        b->mask[3] = 0;
    b->bitmap.alpha = b->mask[3] != 0;
    return good_masks(b) ? SCUMBLE_OK : damaged(b, "its bit fields make no sense", err);
}

/* At `at`; of what lies before the pixels. */
static int read_palette(bmp *b, size_t at, sc_error *err)
{
    const size_t entry = b->header == 12 ? 3 : 4, most = (size_t)1 << b->bits, room = (b->pixels - at) / entry;
    size_t count = b->header == 12 ? 0 : sc_le32(b->file + FILE_HEAD + 32);
    if (count == 0 || count > most)
        count = most;
    b->colours = (int)(count < room ? count : room);
    for (int i = 0; i < b->colours; i++) {
        const uint8_t *bgr = b->file + at + (size_t)i * entry;
        memcpy(b->palette[i], (const uint8_t[4]){ bgr[2], bgr[1], bgr[0], 255 }, 4);
    }
    return b->colours ? SCUMBLE_OK : damaged(b, "it has no palette", err);
}

/* Where the pixels are, and that there are enough bytes for them. */
static int check_pixels(bmp *b, size_t end, sc_error *err)
{
    b->pixels = sc_le32(b->file + 10);
    if (b->pixels < end)
        return damaged(b, "its pixels would begin within its header", err);
    if (b->pixels >= b->size)
        return image_bmp_cut_short(b, err);
    const uint64_t left = b->size - b->pixels, width = (uint64_t)b->bitmap.width, height = (uint64_t)b->bitmap.height;
    if (b->kind == RLE8 ||
        b->kind == RLE4) /* two bytes make at most 255 pixels; what is skipped takes a few bytes too */
        return width * height > 65536 + 256 * left ? image_bmp_cut_short(b, err) : SCUMBLE_OK;
    const uint64_t row_bits = width * (uint64_t)b->bits, row = (row_bits + 31) / 32 * 4;
    if (row * (height - 1) + (row_bits + 7) / 8 >
        left) /* the padding of the last one may be missing; below 2^26 * 2^24 */
        return image_bmp_cut_short(b, err);
    b->row = (size_t)row;
    return SCUMBLE_OK;
}

static int image_bmp_read_header(bmp *b, sc_error *err)
{
    int code = read_head(b, err);
    size_t end = FILE_HEAD + (size_t)b->header;
    if (!code && (b->bits == 16 || b->bits == 32))
        code = read_masks(b, &end, err);
    if (!code)
        code = check_pixels(b, end, err);
    if (!code && b->bits <= 8)
        code = read_palette(b, end, err);
    return code;
}

/* ---- pixels ---- */

/* One row of palette indices; false when one is beyond the palette. */
static bool read_indices(const bmp *b, const uint8_t *row, uint8_t *rgba)
{
    const int per_byte = 8 / b->bits, most = (1 << b->bits) - 1;
    for (int x = 0; x < b->bitmap.width; x++, rgba += 4) {
        int index = row[x / per_byte] >> (8 - b->bits * (x % per_byte + 1)) & most;
        if (index >= b->colours)
            return false;
        memcpy(rgba, b->palette[index], 4);
    }
    return true;
}

static void read_colours(const bmp *b, const uint8_t *row, uint8_t *rgba)
{
    for (int x = 0; x < b->bitmap.width; x++, rgba += 4, row += b->bits / 8) {
        uint32_t pixel = b->bits == 24 ? 0 : b->bits == 16 ? sc_le16(row) : sc_le32(row);
        for (int c = 0; c < 4; c++)
            if (b->bits == 24)
                rgba[c] = c < 3 ? row[2 - c] : 255;
            else if (b->mask[c])
                rgba[c] = sc_bitmap_scale((pixel & b->mask[c]) >> b->shift[c], b->mask[c] >> b->shift[c]);
            else
                rgba[c] = c < 3 ? 0 : 255;
    }
}

/* The y-th row of the file in the picture. */
static uint8_t *row_at(const bmp *b, uint8_t *rgba, int y)
{
    return rgba + 4 * (size_t)b->bitmap.width * (size_t)(b->top_down ? y : b->bitmap.height - 1 - y);
}

static int read_rows(const bmp *b, uint8_t *rgba, sc_error *err)
{
    for (int y = 0; y < b->bitmap.height; y++) {
        const uint8_t *row = b->file + b->pixels + b->row * (size_t)y;
        if (b->bits > 8)
            read_colours(b, row, row_at(b, rgba, y));
        else if (!read_indices(b, row, row_at(b, rgba, y)))
            return damaged(b, "a pixel has a colour beyond its palette", err);
    }
    return SCUMBLE_OK;
}

/* `count` pixels from (x, y) on; what is beyond the row is left out. Of a run the bytes are one. False when a colour is
 * beyond the palette. */
static bool put_run(const bmp *b, const uint8_t *bytes, bool run, int count, uint8_t *row, int64_t x)
{
    for (int i = 0; i < count && x < b->bitmap.width; i++, x++) {
        int index = b->bits == 8 ? bytes[run ? 0 : i] : bytes[run ? 0 : i / 2] >> (i % 2 ? 0 : 4) & 15;
        if (index >= b->colours)
            return false;
        memcpy(row + 4 * x, b->palette[index], 4);
    }
    return true;
}

/* Pairs of bytes: count and value; or 0 and: 0 end of row, 1 end of picture, 2 skip (dx, dy), n that many values,
 * padded to two bytes. */
static int read_runs(const bmp *b, uint8_t *rgba, sc_error *err)
{
    const uint8_t *at = b->file + b->pixels, *end = b->file + b->size;
    int64_t x = 0, y = 0; /* far below overflow: each pair of bytes adds at most 255 */
    for (size_t i = 0, count = (size_t)b->bitmap.width * (size_t)b->bitmap.height; i < count; i++)
        memcpy(rgba + 4 * i, b->palette[0], 4); /* what is skipped */
    while (y < b->bitmap.height && end - at >= 2) {
        int count = at[0], value = at[1];
        at += 2;
        if (count == 0 && value == 1)
            return SCUMBLE_OK;
        if (count == 0 && value == 0) {
            x = 0;
            y++;
            continue;
        }
        const bool run = count > 0;
        ptrdiff_t bytes = run ? 0 : value == 2 ? 2 : (b->bits == 8 ? value : (value + 1) / 2);
        if (end - at < bytes)
            break;
        if (!run && value == 2) {
            x += at[0];
            y += at[1];
        } else {
            if (!put_run(b, run ? at - 1 : at, run, run ? count : value, row_at(b, rgba, (int)y), x))
                return damaged(b, "a pixel has a colour beyond its palette", err);
            x += run ? count : value;
        }
        at += (bytes + 1) / 2 * 2 < end - at ? (bytes + 1) / 2 * 2 : end - at;
    }
    return y >= b->bitmap.height || (y == b->bitmap.height - 1 && x >= b->bitmap.width) ? SCUMBLE_OK :
                                                                                          image_bmp_cut_short(b, err);
}

int sc_bmp_read(const uint8_t *file, size_t size_bytes, const char *name, sc_bitmap *bitmap, uint8_t **rgba,
                sc_error *err)
{
    bmp b = { .file = file, .size = size_bytes, .name = name };
    if (rgba)
        *rgba = NULL;
    int code = image_bmp_read_header(&b, err);
    *bitmap = b.bitmap;
    if (code || !rgba)
        return code;
    uint8_t *pixels = sc_big_alloc(4 * (size_t)bitmap->width * (size_t)bitmap->height, err);
    if (!pixels)
        return err->code;
    code = b.row ? read_rows(&b, pixels, err) : read_runs(&b, pixels, err);
    if (code) {
        sc_big_free(pixels);
        return code;
    }
    sc_bitmap_settle_alpha(bitmap, pixels);
    *rgba = pixels;
    return SCUMBLE_OK;
}
