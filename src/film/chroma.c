/* SPDX-License-Identifier: MIT */
/* Chroma made large and small. See chroma.h. */
#include "film/chroma.h"

#include <string.h>

sc_chroma sc_chroma_of(const AVPixFmtDescriptor *format, enum AVChromaLocation place, int width, int height)
{
    int across = format->log2_chroma_w, down = format->log2_chroma_h;
    bool left = place == AVCHROMA_LOC_LEFT || place == AVCHROMA_LOC_TOPLEFT || place == AVCHROMA_LOC_BOTTOMLEFT,
         top = place == AVCHROMA_LOC_TOPLEFT || place == AVCHROMA_LOC_TOP;
    return (sc_chroma){ .x = { width, -(-width >> across), across, left },
                        .y = { height, -(-height >> down), down, top } };
}

/* Three samples and their weights: what is at place i of the picture. */
typedef struct taps {
    int at[3];
    float weight[3];
} taps;

static taps chroma_taps(const sc_chroma_axis *axis, int i)
{
    int k = i >> axis->shift, last = axis->small - 1, before = k > 0 ? k - 1 : 0, after = k < last ? k + 1 : last;
    taps t = { { before, k, after }, { 0, 1, 0 } };
    bool odd = i & 1;
    if (axis->shift != 1)
        return t;
    if (axis->on_pixel && odd)
        t.weight[1] = t.weight[2] = 0.5f;
    else if (!axis->on_pixel && (odd || i + 1 < axis->size)) {
        t.weight[2] = odd ? 0.125f : -0.125f;
        t.weight[0] = -t.weight[2];
    }
    return t;
}

void sc_chroma_expand(const sc_chroma *shape, const float *plane, int y, float *line, float *wide)
{
    const sc_chroma_axis *across = &shape->x;
    taps down = chroma_taps(&shape->y, y);
    const float *rows[3];
    for (int j = 0; j < 3; j++)
        rows[j] = plane + (size_t)down.at[j] * (size_t)across->small;
    for (int x = 0; x < across->small; x++)
        line[x] = down.weight[0] * rows[0][x] + down.weight[1] * rows[1][x] + down.weight[2] * rows[2][x];
    if (across->shift == 0)
        memcpy(wide, line, (size_t)across->size * sizeof *wide);
    else
        for (int x = 0; x < across->size; x++) {
            taps t = chroma_taps(across, x);
            wide[x] = t.weight[0] * line[t.at[0]] + t.weight[1] * line[t.at[1]] + t.weight[2] * line[t.at[2]];
        }
}

/* The places of the picture that sample k comes from, mirrored at the ends, with their weights. */
typedef struct sum {
    int count, at[5];
    float weight[5];
} sum;

static sum chroma_sum(const sc_chroma_axis *axis, int k)
{
    static const float legall[5] = { -0.125f, 0.25f, 0.75f, 0.25f, -0.125f };
    sum s = { .count = 0 };
    int first = k << axis->shift, last = axis->size - 1;
    if (axis->shift == 1 && axis->on_pixel) {
        for (int j = -2; j <= 2; j++) {
            int at = first + j;
            at = at < 0 ? -at : at > last ? 2 * last - at : at;
            s.at[s.count] = at < 0 ? 0 : at > last ? last : at;
            s.weight[s.count++] = legall[j + 2];
        }
        return s;
    }
    for (int at = first; at < first + (1 << axis->shift) && at <= last; at++)
        s.at[s.count++] = at;
    for (int j = 0; j < s.count; j++)
        s.weight[j] = 1 / (float)s.count;
    return s;
}

void sc_chroma_narrow(const sc_chroma *shape, const float *wide, float *line)
{
    if (shape->x.shift == 0) {
        memcpy(line, wide, (size_t)shape->x.size * sizeof *line);
        return;
    }
    for (int x = 0; x < shape->x.small; x++) {
        sum s = chroma_sum(&shape->x, x);
        line[x] = 0;
        for (int j = 0; j < s.count; j++)
            line[x] += s.weight[j] * wide[s.at[j]];
    }
}

void sc_chroma_flatten(const sc_chroma *shape, const float *lines, int y, float *line)
{
    sum s = chroma_sum(&shape->y, y);
    size_t width = (size_t)shape->x.small;
    memset(line, 0, width * sizeof *line);
    for (int j = 0; j < s.count; j++)
        for (size_t x = 0; x < width; x++)
            line[x] += s.weight[j] * lines[(size_t)s.at[j] * width + x];
}
