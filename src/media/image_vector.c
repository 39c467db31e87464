/* SPDX-License-Identifier: MIT */
/* The child that draws, and the pipe to it. See image_vector.h and core/sandbox.h. */
#include "media/image_vector.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/sandbox.h"

/* What the child sends first; then rgb and alpha, if there are any. */
typedef struct record {
    int32_t code, width, height, bits;
    int32_t pixels, alpha; /* whether they follow */
    char text[sizeof((sc_error *)0)->text];
} record;

typedef struct job {
    sc_vector_load *load;
    void *context;
} job;

static bool image_vector_send_bytes(int output, const void *bytes, size_t size)
{
    for (const char *at = bytes; size;) {
        ssize_t n = write(output, at, size < 1u << 20 ? size : 1u << 20);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static void draw_vector(void *context, int output)
{
    const job *j = context;
    sc_image image = { 0 };
    sc_error err = { 0 };
    record r = {
        .code = j->load(j->context, &image, &err), .width = image.width, .height = image.height, .bits = image.bits
    };
    size_t pixels = (size_t)image.width * (size_t)image.height;
    r.pixels = image.rgb != NULL;
    r.alpha = image.alpha != NULL;
    memcpy(r.text, err.text, sizeof r.text);
    if (image_vector_send_bytes(output, &r, sizeof r) && r.pixels &&
        image_vector_send_bytes(output, image.rgb, 3 * pixels * sizeof *image.rgb) && r.alpha)
        image_vector_send_bytes(output, image.alpha, pixels * sizeof *image.alpha);
}

/* The child has read a hostile file: nothing that it says is taken on trust. */
static int receive(sc_sandbox *child, int64_t most_pixels, sc_image *image, sc_error *err)
{
    record r;
    int code = sc_sandbox_read(child, &r, sizeof r, err);
    if (code)
        return code;
    r.text[sizeof r.text - 1] = 0;
    if (r.code)
        return sc_fail(err, r.code < 0 && r.code >= SCUMBLE_ERR_INTERNAL ? r.code : SCUMBLE_ERR_FORMAT, "%s", r.text);
    if (r.width < 1 || r.height < 1 || (r.pixels && (int64_t)r.width * r.height > most_pixels) ||
        (r.bits != 8 && r.bits != 16))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "drawing it gave nonsense");
    *image = (sc_image){ .width = r.width, .height = r.height, .bits = r.bits };
    if (!r.pixels)
        return SCUMBLE_OK;
    code = sc_image_create(image, r.width, r.height, r.alpha, err);
    image->bits = r.bits;
    size_t pixels = (size_t)r.width * (size_t)r.height;
    if (!code)
        code = sc_sandbox_read(child, image->rgb, 3 * pixels * sizeof *image->rgb, err);
    for (size_t i = 0; i < 3 * pixels && !code; i++) /* not a number: 0 */
        image->rgb[i] = image->rgb[i] > 0 ? (image->rgb[i] < 1 ? image->rgb[i] : 1) : 0;
    if (!code && r.alpha)
        code = sc_sandbox_read(child, image->alpha, pixels * sizeof *image->alpha, err);
    for (size_t i = 0; i < pixels && !code && r.alpha; i++)
        image->alpha[i] = image->alpha[i] > 0 ? (image->alpha[i] < 1 ? image->alpha[i] : 1) : 0;
    return code;
}

int sc_vector_run(sc_vector_load *load, void *context, const char *name, const sc_image_limits *limits, sc_image *image,
                  sc_error *err)
{
    const sc_image_limits none = { 0 };
    limits = limits ? limits : &none;
    const int64_t most_pixels = limits->max_pixels > 0 ? limits->max_pixels : SC_IMAGE_MAX_PIXELS;
    const unsigned seconds = limits->decode_s > 0 ? (unsigned)limits->decode_s : SC_IMAGE_DECODE_S;
    sc_sandbox_limits allowed = { .memory_bytes = (size_t)most_pixels * 24 + ((size_t)1 << 30),
                                  .processor_s = seconds + 1,
                                  .silence_s = seconds,
                                  .files = true,
                                  .threads = limits->threads };
    job j = { load, context };
    sc_sandbox child;
    *image = (sc_image){ 0 };
    int code = sc_sandbox_start(&child, draw_vector, &j, &allowed, err);
    if (code)
        return code;
    bool told = false;
    code = receive(&child, most_pixels, image, err);
    told = code && strstr(err->text, name);
    sc_sandbox_end(&child);
    if (code)
        sc_image_free(image);
    if (code == SCUMBLE_ERR_LIMIT && !told)
        return sc_fail(err, code, "%s takes more than %u second%s to draw; allow more with `decode_timeout`", name,
                       seconds, seconds == 1 ? "" : "s");
    return code && !told ? sc_error_prefix(err, "%s", name) : code;
}
