/* SPDX-License-Identifier: MIT */
/* Frames to pictures and back. See ffmpeg_pixels.h. */
#include "film/ffmpeg_pixels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "film/chroma.h"
#include "media/light.h"

enum { HD_WIDTH = 1280, HD_HEIGHT = 720 }; /* from here on what says nothing is BT.709 */

/* ---- formats --------------------------------------------------------------------------------------------------- */

bool sc_pixels_known(enum AVPixelFormat format)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(format);
    if (!d || d->flags & (AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BAYER) || format == AV_PIX_FMT_XYZ12LE ||
        format == AV_PIX_FMT_XYZ12BE)
        return false;
    if (d->flags & AV_PIX_FMT_FLAG_FLOAT)
        return d->comp[0].depth == 32 && !(d->flags & AV_PIX_FMT_FLAG_BE);
    for (int c = 0; c < d->nb_components; c++)
        if (d->comp[c].depth > 16)
            return false;
    return true;
}

int sc_pixels_bits(enum AVPixelFormat format)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(format);
    return d ? d->comp[0].depth : 0;
}

bool sc_pixels_alpha(enum AVPixelFormat format)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(format);
    return d && d->flags & AV_PIX_FMT_FLAG_ALPHA && !(d->flags & AV_PIX_FMT_FLAG_PAL);
}

static bool is_full_by_format(enum AVPixelFormat format)
{
    return format == AV_PIX_FMT_YUVJ420P || format == AV_PIX_FMT_YUVJ422P || format == AV_PIX_FMT_YUVJ444P ||
           format == AV_PIX_FMT_YUVJ440P || format == AV_PIX_FMT_YUVJ411P;
}

sc_coding sc_coding_of(const AVFrame *frame, bool *guessed)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(frame->format);
    bool grey = d && d->nb_components < 3, full = is_full_by_format(frame->format);
    sc_coding coding = { .matrix = frame->colorspace,
                         .full = frame->color_range == AVCOL_RANGE_JPEG || full ||
                                 (grey && frame->color_range != AVCOL_RANGE_MPEG),
                         .place = frame->chroma_location,
                         .primaries = frame->color_primaries };
    bool unknown =
        coding.matrix == AVCOL_SPC_UNSPECIFIED || coding.matrix == AVCOL_SPC_RESERVED || coding.matrix == AVCOL_SPC_RGB;
    if (unknown)
        coding.matrix = frame->width >= HD_WIDTH || frame->height >= HD_HEIGHT ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
    if (coding.place == AVCHROMA_LOC_UNSPECIFIED)
        coding.place = full ? AVCHROMA_LOC_CENTER : AVCHROMA_LOC_LEFT;
    if (guessed)
        *guessed = unknown && d && !grey && !(d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL));
    return coding;
}

const char *sc_coding_unread(enum AVColorSpace matrix)
{
    switch ((int)matrix) { /* some have names since FFmpeg 6 or 7 alone */
    case AVCOL_SPC_BT2020_CL: return "BT.2020 with constant luminance";
    case AVCOL_SPC_SMPTE2085: return "SMPTE ST 2085";
    case AVCOL_SPC_CHROMA_DERIVED_NCL:
    case AVCOL_SPC_CHROMA_DERIVED_CL: return "by their primaries";
    case AVCOL_SPC_ICTCP: return "ICtCp";
    case 15: return "IPT-C2";
    case 16:
    case 17: return "YCgCo-R";
    default: return NULL;
    }
}

/* ---- matrices -------------------------------------------------------------------------------------------------- */

/* The shares of red and blue in luma (ITU-T H.273, table 4). */
static void luma_shares(enum AVColorSpace matrix, double *red, double *blue)
{
    switch (matrix) {
    case AVCOL_SPC_FCC: *red = 0.30, *blue = 0.11; break;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M: *red = 0.299, *blue = 0.114; break;
    case AVCOL_SPC_SMPTE240M: *red = 0.212, *blue = 0.087; break;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL: *red = 0.2627, *blue = 0.0593; break;
    default: *red = 0.2126, *blue = 0.0722;
    }
}

/* RGB = m (Y, Cb, Cr), chroma within -0.5..0.5. */
static void to_rgb_matrix(enum AVColorSpace matrix, float m[3][3])
{
    if (matrix == AVCOL_SPC_YCGCO) {
        static const float ycgco[3][3] = { { 1, -1, 1 }, { 1, 1, 0 }, { 1, -1, -1 } };
        memcpy(m, ycgco, sizeof ycgco);
        return;
    }
    double red, blue;
    luma_shares(matrix, &red, &blue);
    double green = 1 - red - blue, b = 2 * (1 - blue), r = 2 * (1 - red);
    const float made[3][3] = { { 1, 0, (float)r },
                               { 1, (float)(-b * blue / green), (float)(-r * red / green) },
                               { 1, (float)b, 0 } };
    memcpy(m, made, sizeof made);
}

/* (Y, Cb, Cr) = m RGB. */
static void from_rgb_matrix(enum AVColorSpace matrix, float m[3][3])
{
    if (matrix == AVCOL_SPC_YCGCO) {
        static const float ycgco[3][3] = { { 0.25f, 0.5f, 0.25f }, { -0.25f, 0.5f, -0.25f }, { 0.5f, 0, -0.5f } };
        memcpy(m, ycgco, sizeof ycgco);
        return;
    }
    double red, blue;
    luma_shares(matrix, &red, &blue);
    double green = 1 - red - blue, b = 2 * (1 - blue), r = 2 * (1 - red);
    const float made[3][3] = { { (float)red, (float)green, (float)blue },
                               { (float)(-red / b), (float)(-green / b), (float)((1 - blue) / b) },
                               { (float)((1 - red) / r), (float)(-green / r), (float)(-blue / r) } };
    memcpy(m, made, sizeof made);
}

bool sc_coding_is_wide(enum AVColorPrimaries primaries)
{
    return primaries == AVCOL_PRI_BT2020 || primaries == AVCOL_PRI_SMPTE432 || primaries == AVCOL_PRI_SMPTE431;
}

/* Colours of wide primaries in those of BT.709, in linear light; both white points are D65. */
static void narrow(enum AVColorPrimaries primaries, float *rgb, int width)
{
    static const float bt2020[3][3] = { { 1.660491f, -0.587641f, -0.072850f },
                                        { -0.124550f, 1.132900f, -0.008349f },
                                        { -0.018151f, -0.100579f, 1.118730f } },
                       p3[3][3] = { { 1.224940f, -0.224940f, 0 },
                                    { -0.042057f, 1.042057f, 0 },
                                    { -0.019638f, -0.078636f, 1.098274f } };
    const float(*m)[3] = primaries == AVCOL_PRI_BT2020 ? bt2020 : p3;
    for (int x = 0; x < width; x++, rgb += 3) {
        float light[3] = { sc_srgb_decode(rgb[0]), sc_srgb_decode(rgb[1]), sc_srgb_decode(rgb[2]) };
        for (int c = 0; c < 3; c++)
            rgb[c] = sc_srgb_encode(m[c][0] * light[0] + m[c][1] * light[1] + m[c][2] * light[2]);
    }
}

/* ---- lines ----------------------------------------------------------------------------------------------------- */

/* What a frame's format and coding make of the numbers in it. */
typedef struct pixel_lines {
    const AVPixFmtDescriptor *format;
    int width, height, chroma_width, chroma_height;
    bool rgb, grey, real;
    float offset[4], unit[4]; /* value = (number - offset) / unit */
    void *numbers;            /* a line of them */
} pixel_lines;

static int begin_lines(pixel_lines *lines, const AVFrame *frame, const sc_coding *coding, sc_error *err)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(frame->format);
    if (!sc_pixels_known(frame->format))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "pictures of the format %s are not read: RGB, YCbCr and grey are",
                       d ? d->name : "?");
    *lines = (pixel_lines){ .format = d,
                            .width = frame->width,
                            .height = frame->height,
                            .chroma_width = -(-frame->width >> d->log2_chroma_w),
                            .chroma_height = -(-frame->height >> d->log2_chroma_h),
                            .rgb = d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL),
                            .grey = d->nb_components < 3 && !(d->flags & AV_PIX_FMT_FLAG_PAL),
                            .real = d->flags & AV_PIX_FMT_FLAG_FLOAT };
    for (int c = 0; c < 4; c++) {
        int bits = c < d->nb_components ? d->comp[c].depth : d->comp[0].depth;
        float step = (float)(1 << (bits > 8 ? bits - 8 : 0)), most = (float)((1 << (bits < 31 ? bits : 30)) - 1);
        bool alpha = c == 3 || (lines->grey && c == 1), colour = (c == 1 || c == 2) && !lines->rgb && !alpha;
        bool limited = !coding->full && !lines->rgb && !alpha && bits >= 8;
        lines->unit[c] = lines->real ? 1 : limited ? (colour ? 224 : 219) * step : most;
        lines->offset[c] = lines->real ? 0 : colour ? (float)(1 << (bits - 1)) : limited ? 16 * step : 0;
    }
    if (frame->format == AV_PIX_FMT_MONOWHITE) /* which is described as the other one is: 0 is white */
        lines->unit[0] = -1, lines->offset[0] = 1;
    lines->numbers = malloc((size_t)frame->width * sizeof(uint32_t));
    return lines->numbers ? SCUMBLE_OK : sc_fail_memory(err, (size_t)frame->width * sizeof(uint32_t));
}

/* Line y of a component as values. Of a palette: red, green, blue of its colours. */
static void read_line(const pixel_lines *lines, const AVFrame *frame, int component, int y, int width, float *values)
{
    float offset = lines->offset[component], unit = 1 / lines->unit[component];
    if (lines->format->flags & AV_PIX_FMT_FLAG_PAL) {
        const uint8_t *row = frame->data[0] + (ptrdiff_t)y * frame->linesize[0];
        for (int x = 0; x < width; x++) {
            uint32_t colour; /* ARGB */
            memcpy(&colour, frame->data[1] + 4 * row[x], sizeof colour);
            values[x] = (float)(colour >> (16 - 8 * component) & 255) / 255;
        }
        return;
    }
    av_read_image_line2(lines->numbers, (const uint8_t **)(uintptr_t)frame->data, frame->linesize, lines->format, 0, y,
                        component, width, 0, lines->real ? 4 : 2);
    if (lines->real)
        memcpy(values, lines->numbers, (size_t)width * sizeof *values);
    else
        for (int x = 0; x < width; x++)
            values[x] = ((float)((const uint16_t *)lines->numbers)[x] - offset) * unit;
}

static void write_line(const pixel_lines *lines, AVFrame *frame, int component, int y, int width, const float *values)
{
    float offset = lines->offset[component], unit = lines->unit[component];
    float most = (float)((1 << lines->format->comp[component].depth) - 1);
    uint16_t *numbers = lines->numbers;
    for (int x = 0; x < width; x++) {
        float number = values[x] * unit + offset;
        numbers[x] = (uint16_t)(number > 0 ? number < most ? lrintf(number) : most : 0); /* NaN: 0 */
    }
    av_write_image_line2(numbers, frame->data, frame->linesize, lines->format, 0, y, component, width, 2);
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

static void clamp_line(float *rgb, int width)
{
    for (int i = 0; i < 3 * width; i++)
        rgb[i] = rgb[i] > 0 ? rgb[i] < 1 ? rgb[i] : 1 : 0;
}

static void read_rgb(const pixel_lines *lines, const AVFrame *frame, float *line, float *rgb, int y)
{
    for (int c = 0; c < 3; c++) {
        read_line(lines, frame, c, y, lines->width, line);
        for (int x = 0; x < lines->width; x++)
            rgb[3 * x + c] = line[x];
    }
}

/* Both planes of chroma, whole: 2 x chroma_height x chroma_width. NULL without memory. */
static float *read_chroma(const pixel_lines *lines, const AVFrame *frame)
{
    size_t plane = (size_t)lines->chroma_width * (size_t)lines->chroma_height;
    float *chroma = malloc(2 * plane * sizeof *chroma);
    for (int c = 0; chroma && c < 2; c++)
        for (int y = 0; y < lines->chroma_height; y++)
            read_line(lines, frame, 1 + c, y, lines->chroma_width,
                      chroma + (size_t)c * plane + (size_t)y * (size_t)lines->chroma_width);
    return chroma;
}

static int read_ycbcr(const pixel_lines *lines, const AVFrame *frame, const sc_coding *coding, sc_image *image,
                      sc_error *err)
{
    size_t width = (size_t)lines->width, plane = (size_t)lines->chroma_width * (size_t)lines->chroma_height;
    float m[3][3], *chroma = lines->grey ? NULL : read_chroma(lines, frame),
                   *line = malloc((4 * width + 8) * sizeof *line);
    sc_chroma shape = sc_chroma_of(lines->format, coding->place, lines->width, lines->height);
    if (!line || (!chroma && !lines->grey)) {
        free(line);
        free(chroma);
        return sc_fail_memory(err, 2 * plane * sizeof *chroma);
    }
    float *luma = line, *cb = line + width, *cr = cb + width, *narrow_line = cr + width;
    to_rgb_matrix(coding->matrix, m);
    memset(cb, 0, 2 * width * sizeof *cb);
    for (int y = 0; y < lines->height; y++) {
        float *rgb = image->rgb + (size_t)y * width * 3;
        read_line(lines, frame, 0, y, lines->width, luma);
        if (chroma) {
            sc_chroma_expand(&shape, chroma, y, narrow_line, cb);
            sc_chroma_expand(&shape, chroma + plane, y, narrow_line, cr);
        }
        for (size_t x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                rgb[3 * x + (size_t)c] = m[c][0] * luma[x] + m[c][1] * cb[x] + m[c][2] * cr[x];
    }
    free(line);
    free(chroma);
    return SCUMBLE_OK;
}

int sc_pixels_read(const AVFrame *frame, const sc_coding *coding, sc_image *image, sc_error *err)
{
    pixel_lines lines;
    *image = (sc_image){ 0 };
    bool alpha = sc_pixels_alpha(frame->format);
    if (begin_lines(&lines, frame, coding, err) || sc_image_create(image, frame->width, frame->height, alpha, err)) {
        free(lines.numbers);
        return err->code;
    }
    size_t width = (size_t)frame->width;
    float *line = lines.rgb ? malloc(width * sizeof *line) : NULL;
    int code = lines.rgb ? line ? SCUMBLE_OK : sc_fail_memory(err, width * sizeof *line) :
                           read_ycbcr(&lines, frame, coding, image, err);
    for (int y = 0; !code && y < frame->height; y++) {
        float *rgb = image->rgb + (size_t)y * width * 3;
        if (lines.rgb)
            read_rgb(&lines, frame, line, rgb, y);
        clamp_line(rgb, frame->width);
        if (sc_coding_is_wide(coding->primaries)) {
            narrow(coding->primaries, rgb, frame->width);
            clamp_line(rgb, frame->width);
        }
        if (alpha)
            read_line(&lines, frame, lines.grey ? 1 : 3, y, frame->width, image->alpha + (size_t)y * width);
    }
    image->bits = sc_pixels_bits(frame->format) > 8 ? 16 : 8;
    free(line);
    free(lines.numbers);
    if (code)
        sc_image_free(image);
    return code;
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

static void write_rgb(const pixel_lines *lines, AVFrame *frame, const float *rgb, float *line, int y)
{
    for (int c = 0; c < 3; c++) {
        for (int x = 0; x < lines->width; x++)
            line[x] = rgb[3 * x + c];
        write_line(lines, frame, c, y, lines->width, line);
    }
}

/* Luma, and lines of chroma that are as narrow as the format's, but as many as the picture's:
 * 2 x height x chroma_width. */
static void write_luma(const pixel_lines *lines, AVFrame *frame, const sc_image *image, float m[3][3],
                       const sc_chroma *shape, float *line, float *chroma)
{
    size_t width = (size_t)lines->width, narrow_width = (size_t)lines->chroma_width;
    for (int y = 0; y < lines->height; y++) {
        const float *rgb = image->rgb + (size_t)y * width * 3;
        for (int c = 0; c < (chroma ? 3 : 1); c++) {
            for (size_t x = 0; x < width; x++)
                line[x] = m[c][0] * rgb[3 * x] + m[c][1] * rgb[3 * x + 1] + m[c][2] * rgb[3 * x + 2];
            if (c == 0)
                write_line(lines, frame, 0, y, lines->width, line);
            else
                sc_chroma_narrow(shape, line,
                                 chroma + ((size_t)(c - 1) * (size_t)lines->height + (size_t)y) * narrow_width);
        }
    }
}

static int write_ycbcr(const pixel_lines *lines, AVFrame *frame, const sc_coding *coding, const sc_image *image,
                       float *line, sc_error *err)
{
    size_t plane = (size_t)lines->chroma_width * (size_t)lines->height;
    sc_chroma shape = sc_chroma_of(lines->format, coding->place, lines->width, lines->height);
    float m[3][3], *chroma = lines->grey ? NULL : malloc(2 * plane * sizeof *chroma);
    if (!chroma && !lines->grey)
        return sc_fail_memory(err, 2 * plane * sizeof *chroma);
    from_rgb_matrix(coding->matrix, m);
    write_luma(lines, frame, image, m, &shape, line, chroma);
    for (int c = 0; chroma && c < 2; c++)
        for (int y = 0; y < lines->chroma_height; y++) {
            sc_chroma_flatten(&shape, chroma + (size_t)c * plane, y, line);
            write_line(lines, frame, 1 + c, y, lines->chroma_width, line);
        }
    free(chroma);
    return SCUMBLE_OK;
}

int sc_pixels_write(AVFrame *frame, const sc_coding *coding, const sc_image *image, sc_error *err)
{
    pixel_lines lines;
    size_t width = (size_t)frame->width;
    if (begin_lines(&lines, frame, coding, err))
        return err->code;
    for (int i = 0; i < AV_NUM_DATA_POINTERS && frame->buf[i]; i++)
        memset(frame->buf[i]->data, 0, frame->buf[i]->size); /* av_write_image_line2 adds to what is there */
    float *line = malloc(width * sizeof *line);
    int code = line ? SCUMBLE_OK : sc_fail_memory(err, width * sizeof *line);
    if (!code && !lines.rgb)
        code = write_ycbcr(&lines, frame, coding, image, line, err);
    for (int y = 0; !code && y < frame->height; y++) {
        if (lines.rgb)
            write_rgb(&lines, frame, image->rgb + (size_t)y * width * 3, line, y);
        if (!sc_pixels_alpha(frame->format))
            continue;
        for (size_t x = 0; x < width; x++)
            line[x] = image->alpha ? image->alpha[(size_t)y * width + x] : 1;
        write_line(&lines, frame, lines.grey ? 1 : 3, y, frame->width, line);
    }
    free(line);
    free(lines.numbers);
    return code;
}
