/* SPDX-License-Identifier: MIT */
/* libvips' life and its error text, and the making and freeing of pictures. Reading is in image_load.c, writing in
 * image_save.c. */
#include "core/file.h"
#include "core/memory.h"
#include "media/image_internal.h"
#include "media/vips_library.h"
#include "media/vips_turn.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/threads.h"
#include "tensor/tensor.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_bool initialised;
static char problem[300]; /* why libvips could not be loaded; empty otherwise */

static void drop_log(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer user)
{
    (void)domain, (void)level, (void)message, (void)user;
}

/* A library does not print. What matters comes back as an error; these are remarks such as "unknown TIFF tag". Of a
 * libvips that the program has brought along, the program's own choice holds. */
static const char *const domains[] = { "VIPS", "librsvg", "Poppler", "Pango" };
enum { DOMAINS = sizeof domains / sizeof *domains };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* under lock */
static bool ours;               /* libvips was not there before us */
static guint handlers[DOMAINS]; /* 0: none */
static int users;               /* contexts that are open */

/* With the lock held: handlers are there while somebody uses libvips through us, and no longer. */
static void set_handlers(bool wanted)
{
    for (int i = 0; i < DOMAINS && ours; i++)
        if (wanted && !handlers[i])
            handlers[i] = g_log_set_handler(
                domains[i], G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_CRITICAL, drop_log, NULL);
        else if (!wanted && handlers[i]) {
            g_log_remove_handler(domains[i], handlers[i]);
            handlers[i] = 0;
        }
}

void sc_media_begin(void)
{
    pthread_mutex_lock(&lock);
    users++;
    set_handlers(true);
    pthread_mutex_unlock(&lock);
}

bool sc_media_end(void)
{
    pthread_mutex_lock(&lock);
    bool last = --users == 0;
    set_handlers(!last);
    pthread_mutex_unlock(&lock);
    return last;
}

static void initialise(void)
{
    bool fresh;
    if (!sc_vips_load(&fresh, problem, sizeof problem))
        return;
    pthread_mutex_lock(&lock);
    ours = fresh;
    set_handlers(true);
    pthread_mutex_unlock(&lock);
    if (VIPS_INIT("scumble"))
        return;
    sc_vips_use_bundled();
    /* Each picture is read once, whole: a cache of operations would only hold on to memory and open files. */
    if (fresh)
        vips_cache_set_max(0);
    initialised = true;
}

int sc_media_init(sc_error *err)
{
    pthread_once(&once, initialise);
    if (*problem)
        return sc_fail(err, SCUMBLE_ERR_INTERNAL, "libvips, which reads and writes pictures, cannot be loaded: %s",
                       problem);
    return initialised ? SCUMBLE_OK : sc_fail_vips(err, SCUMBLE_ERR_INTERNAL, "libvips cannot be started");
}

/* Takes libvips' error text, which is one line per layer that failed, often the same line again and again, and makes
 * one line of at most `size` bytes without repetitions. */
static void take_error_text(char *text, size_t size)
{
    char *lines = vips_error_buffer_copy(), *next = lines;
    text[0] = 0;
    while (next && *next) {
        char *line = next, *end = strchr(line, '\n');
        next = end ? end + 1 : NULL;
        if (end)
            *end = 0;
        g_strstrip(line);
        if (!*line || strstr(text, line))
            continue;
        if (*text)
            g_strlcat(text, "; ", size);
        g_strlcat(text, line, size);
    }
    g_free(lines);
}

int sc_fail_vips(sc_error *err, int code, const char *format, ...)
{
    char what[600], why[320];
    va_list args;
    va_start(args, format);
    g_vsnprintf(what, sizeof what, format, args);
    va_end(args);
    *why = 0;
    if (sc_vips_text_is_ours())
        take_error_text(why, sizeof why);
    if (strstr(why, "out of memory"))
        code = SCUMBLE_ERR_MEMORY;
    return *why ? sc_fail(err, code, "%s: %s", what, why) : sc_fail(err, code, "%s", what);
}

int sc_image_create(sc_image *image, int width, int height, bool alpha, sc_error *err)
{
    *image = (sc_image){ .width = width, .height = height, .bits = 8 };
    size_t pixels, bytes;
    if (width < 1 || height < 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "a picture has at least 1 x 1 pixels, not %d x %d", width, height);
    if (!sc_mul_size((size_t)width, (size_t)height, &pixels) || !sc_mul_size(pixels, 3 * sizeof(float), &bytes))
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "a picture of %d x %d pixels cannot be made", width, height);
    image->rgb = sc_big_zeroed(bytes, err);
    image->alpha = alpha && image->rgb ? sc_big_zeroed(pixels * sizeof(float), err) : NULL;
    if (image->rgb && (image->alpha || !alpha))
        return SCUMBLE_OK;
    sc_image_free(image);
    return err->code;
}

sc_need sc_image_need(const sc_image *image)
{
    int64_t pixels = (int64_t)image->width * image->height, plane = pixels * (int64_t)sizeof(float);
    sc_need sum = sc_big_need(3 * plane), alpha = sc_big_need(plane);
    if (image->alpha)
        sc_need_add(&sum, &alpha);
    if (image->beyond)
        sum.big += 3 * plane;
    if (image->light)
        sum.big += (int64_t)image->light->others_bytes;
    return sum;
}

void sc_image_free(sc_image *image)
{
    sc_big_free(image->rgb);
    sc_big_free(image->alpha);
    sc_big_free(image->beyond);
    free(image->icc);
    free(image->recipe);
    free(image->note);
    free(image->rights);
    free(image->details);
    sc_light_free(image->light);
    *image = (sc_image){ 0 };
}

typedef struct copying {
    float *to;
    const float *from;
} copying;

static void media_image_copy_block(void *argument, size_t begin, size_t end)
{
    const copying *c = argument;
    memcpy(c->to + begin, c->from + begin, (end - begin) * sizeof *c->to);
}

int sc_image_copy_pixels(sc_threads *threads, const sc_image *from, sc_image *to, sc_error *err)
{
    size_t pixels = (size_t)from->width * (size_t)from->height;
    sc_threads_blocks(threads, pixels * 3, media_image_copy_block, &(copying){ to->rgb, from->rgb });
    if (from->alpha)
        sc_threads_blocks(threads, pixels, media_image_copy_block, &(copying){ to->alpha, from->alpha });
    if (from->beyond)
        sc_threads_blocks(threads, pixels * 3, media_image_copy_block, &(copying){ to->beyond, from->beyond });
    return sc_threads_check(threads, err);
}

static int inherit_light(sc_image *result, const sc_image *photo, sc_error *err)
{
    const sc_light *light = photo->light;
    sc_light_free(result->light);
    result->light = sc_light_share(photo->light);
    if (!light || !light->others || (light->width == photo->width && light->height == photo->height))
        return SCUMBLE_OK;
    free(result->note);
    result->note = sc_format("other channels (%s) are left out: they have %d x %d pixels, and the picture %d x %d",
                             light->names, light->width, light->height, photo->width, photo->height);
    return result->note ? SCUMBLE_OK : sc_fail_memory(err, 0);
}

int sc_image_inherit(sc_threads *threads, sc_image *result, const sc_image *photo, sc_error *err)
{
    size_t pixels = (size_t)photo->width * (size_t)photo->height;
    sc_big_free(result->alpha);
    free(result->icc);
    free(result->recipe);
    free(result->rights);
    result->icc = NULL;
    result->icc_bytes = 0;
    result->recipe = NULL;
    result->rights = NULL;
    result->bits = photo->bits;
    if (inherit_light(result, photo, err))
        return err->code;
    if (sc_image_copy_details(photo, result, err))
        return err->code;
    result->alpha = photo->alpha ? sc_big_alloc(pixels * sizeof *photo->alpha, err) : NULL;
    if (photo->alpha && !result->alpha)
        return err->code;
    if (photo->alpha)
        sc_threads_blocks(threads, pixels, media_image_copy_block, &(copying){ result->alpha, photo->alpha });
    if (!photo->icc)
        return sc_threads_check(threads, err);
    result->icc = malloc(photo->icc_bytes);
    if (!result->icc)
        return sc_fail_memory(err, photo->icc_bytes);
    memcpy(result->icc, photo->icc, photo->icc_bytes);
    result->icc_bytes = photo->icc_bytes;
    return sc_threads_check(threads, err);
}

typedef struct leaving {
    float *to;
    const float *from, *coverage;
    float painted;
} leaving;

static void leave_block(void *argument, size_t begin, size_t end)
{
    const leaving *l = argument;
    for (size_t i = begin; i < end; i++)
        l->to[i] = l->from[i] * (1 - l->painted * (l->coverage ? l->coverage[i / 3] : 1));
}

int sc_image_keep_beyond(sc_threads *threads, sc_image *result, const sc_image *photo, float painted,
                         const float *coverage, sc_error *err)
{
    size_t values = (size_t)photo->width * (size_t)photo->height * 3;
    sc_big_free(result->beyond);
    result->beyond = NULL;
    if (!photo->beyond || (painted >= 1 && !coverage))
        return SCUMBLE_OK;
    result->beyond = sc_big_alloc(values * sizeof *result->beyond, err);
    if (!result->beyond)
        return err->code;
    sc_threads_blocks(threads, values, leave_block, &(leaving){ result->beyond, photo->beyond, coverage, painted });
    return sc_threads_check(threads, err);
}
