/* SPDX-License-Identifier: MIT */
/* Fuzz target: the reader of OpenEXR. What is read has the size that its header says, values of 0..1, and can be
 * written; all else has a sentence. */
#include "fuzz.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/clock.h"
#include "media/exr.h"

enum { MOST_PIXELS = 1 << 16, MOST_SECONDS = 20 };

static void write_again(const sc_image *image)
{
    static int nowhere;
    sc_error err = { 0 };
    int broken = 0;
    nowhere = nowhere ? nowhere : open("/dev/null", O_WRONLY);
    int code = sc_exr_save(image, 0, NULL, true, NULL, nowhere, "it", &broken, &err);
    if (code ? err.code != code || !err.text[0] : broken)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sc_error err = { 0 };
    sc_image head, image = { 0 };
    bool alpha;
    const sc_image_limits limits = { .max_pixels = MOST_PIXELS };
    const sc_decode_watch watch = { .end_s = sc_now_s() + MOST_SECONDS };
    sc_rights rights = { 0 };
    free(sc_exr_read(data, size, &rights, NULL));
    int code = sc_exr_probe(data, size, "it", &head, &alpha, &err);
    if (code ? err.code != code || !err.text[0] : head.width < 1 || head.height < 1)
        abort();
    if (code)
        return 0;
    code = sc_exr_load(NULL, data, size, "it", &limits, &watch, &image, &err);
    if (code ? err.code != code || !err.text[0] : image.width != head.width || image.height != head.height)
        abort();
    for (int64_t i = 0; !code && i < (int64_t)3 * image.width * image.height; i++)
        if (!(image.rgb[i] >= 0 && image.rgb[i] <= 1))
            abort();
    if (!code)
        write_again(&image);
    sc_image_free(&image);
    return 0;
}
