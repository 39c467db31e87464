/* SPDX-License-Identifier: MIT */
/* Fuzz target: the readers of BMP and TGA, each on the same bytes. What has a size in its header has that many pixels,
 * or a sentence. */
#include "fuzz.h"

#include "core/memory.h"
#include "media/image_bitmap.h"

enum { MOST_PIXELS = 1 << 20 }; /* as --max-pixels: what is larger is not decoded */

typedef int reader(const uint8_t *, size_t, const char *, sc_bitmap *, uint8_t **, sc_error *);

static void try_reader(reader *of, const uint8_t *data, size_t size)
{
    sc_error err = { 0 };
    sc_bitmap head, bitmap;
    uint8_t *rgba = NULL;
    int code = of(data, size, "it", &head, NULL, &err);
    if (code ? err.code != code || !err.text[0] : head.width < 1 || head.height < 1)
        abort();
    const int64_t pixels = code ? 0 : (int64_t)head.width * head.height;
    if (code || pixels > MOST_PIXELS)
        return;
    code = of(data, size, "it", &bitmap, &rgba, &err);
    if (code ? rgba || err.code != code || !err.text[0] :
               !rgba || bitmap.width != head.width || bitmap.height != head.height || bitmap.alpha > head.alpha)
        abort();
    uint8_t mixed = 0, alpha = 255;
    for (int64_t i = 0; rgba && i < pixels; i++) {
        mixed ^= rgba[4 * i] ^ rgba[4 * i + 1] ^ rgba[4 * i + 2];
        alpha &= rgba[4 * i + 3];
    }
    if (rgba && !bitmap.alpha && alpha != 255)
        abort();
    fuzz_sink = mixed;
    sc_big_free(rgba);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sc_rights rights = { 0 };
    try_reader(sc_bmp_read, data, size);
    try_reader(sc_tga_read, data, size);
    sc_tga_rights(&rights, data, size);
    return 0;
}
