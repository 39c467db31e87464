/* SPDX-License-Identifier: MIT */
/* Profiles wider than sRGB, made from primaries: the smallest ICC files (version 2) that programs accept. */
#ifndef SC_TEST_WIDE_FIXTURE_H
#define SC_TEST_WIDE_FIXTURE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct wide_space {
    const char *name;
    double primaries[3][3]; /* XYZ of red, green and blue, adapted to D50 */
    double gamma;
} wide_space;

static const wide_space wide_spaces[] = {
    { "Display P3",
      { { 0.515102, 0.241182, -0.001050 }, { 0.291965, 0.692236, 0.041885 }, { 0.157153, 0.066581, 0.784378 } },
      2.2 },
    { "Adobe RGB",
      { { 0.609741, 0.311111, 0.019470 }, { 0.205276, 0.625671, 0.060867 }, { 0.149185, 0.063217, 0.744568 } },
      2.2 },
    { "ProPhoto RGB", { { 0.797675, 0.288040, 0 }, { 0.135192, 0.711874, 0 }, { 0.031353, 0.000086, 0.825210 } }, 1.8 },
};
enum {
    WIDE_SPACES = sizeof wide_spaces / sizeof *wide_spaces,
    WIDE_TAGS = 7,
    WIDE_BYTES = 128 + 4 + 12 * WIDE_TAGS + 20 * 4 + 16
};

static void wide_u32(uint8_t *to, double value)
{
    uint32_t v = (uint32_t)(int32_t)value;
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void wide_xyz(uint8_t *to, const double xyz[3])
{
    for (int i = 0; i < 3; i++)
        wide_u32(to + 4 * i, lround(xyz[i] * 65536));
}

/* Head, table of tags, white, three primaries, one curve for all. */
static void wide_profile(uint8_t profile[WIDE_BYTES], const wide_space *space)
{
    static const double white[3] = { 0.9642, 1, 0.8249 };
    static const char tags[WIDE_TAGS][5] = { "wtpt", "rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC" };
    memset(profile, 0, WIDE_BYTES);
    wide_u32(profile, WIDE_BYTES);
    profile[8] = 2, profile[9] = 0x40;
    memcpy(profile + 12, "mntrRGB XYZ ", 12);
    memcpy(profile + 36, "acsp", 4);
    wide_xyz(profile + 68, white);
    wide_u32(profile + 128, WIDE_TAGS);
    const int first = 128 + 4 + 12 * WIDE_TAGS;
    for (int t = 0; t < WIDE_TAGS; t++) {
        int at = first + 20 * (t < 4 ? t : 4);
        uint8_t *entry = profile + 132 + 12 * t;
        memcpy(entry, tags[t], 4);
        wide_u32(entry + 4, at);
        wide_u32(entry + 8, t < 4 ? 20 : 14);
        memcpy(profile + at, t < 4 ? "XYZ " : "curv", 4);
        if (t < 4)
            wide_xyz(profile + at + 8, t ? space->primaries[t - 1] : white);
    }
    uint8_t *curve = profile + first + 80;
    long gamma = lround(space->gamma * 256);
    curve[11] = 1, curve[12] = (uint8_t)(gamma >> 8), curve[13] = (uint8_t)(gamma & 255);
}

#endif
