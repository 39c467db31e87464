/* SPDX-License-Identifier: MIT */
/* The list of pictures, and the thread that decodes ahead. See loader.h. */
#define _GNU_SOURCE
#include "train/loader.h"

#include <dirent.h>
#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/rng.h"
#include "train/crops.h"

enum { AHEAD = 8, MOST_DEPTH = 64, HELD_OUT_SHARE = 8 };
static const double shortest_crop = 0.5; /* of a picture's shorter side */

struct sc_loader {
    char **files;              /* sorted, but for those held out, which come last; owned */
    int64_t count, held_out;   /* to learn from, and after them */
    int edge;
    uint64_t seed;
    /* the thread's */
    uint32_t *order;           /* of the epoch */
    uint64_t epoch, next;      /* next: the sample to decode */
    bool has_order;
    /* shared */
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    float *samples[AHEAD];
    int first, ready;          /* a ring */
    bool quit;
    sc_error failed;
    bool *broken;              /* of each file: it was complained of */
    GPtrArray *complaints;     /* sentences, owned */
};

/* ---- the list ----------------------------------------------------------------------------------------------------- */

static void add_file(GPtrArray *files, const char *path, bool named)
{
    if (named || sc_image_readable_name(path))
        g_ptr_array_add(files, g_strdup(path));
}

static int add_folder(GPtrArray *files, const char *path, int depth, sc_error *err)
{
    DIR *folder = depth < MOST_DEPTH ? opendir(path) : NULL;
    if (!folder)
        return depth ? SCUMBLE_OK : sc_fail_errno(err, errno, "read the folder", path);
    for (struct dirent *entry; (entry = readdir(folder));) {
        struct stat s;
        if (*entry->d_name == '.')
            continue;
        char *own = g_build_filename(path, entry->d_name, NULL);
        if (!lstat(own, &s) && S_ISDIR(s.st_mode))
            add_folder(files, own, depth + 1, err);
        else if (!stat(own, &s) && S_ISREG(s.st_mode))
            add_file(files, own, false);
        g_free(own);
    }
    closedir(folder);
    return SCUMBLE_OK;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list_files(sc_loader *l, const sc_loader_options *options, sc_error *err)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    int code = SCUMBLE_OK;
    for (int i = 0; i < options->path_count && !code; i++) {
        struct stat s;
        if (stat(options->paths[i], &s))
            code = sc_fail_errno(err, errno, "read", options->paths[i]);
        else if (S_ISDIR(s.st_mode))
            code = add_folder(files, options->paths[i], 0, err);
        else
            add_file(files, options->paths[i], true);
    }
    if (!code && (!files->len || files->len > INT32_MAX))
        code = sc_fail(err, SCUMBLE_ERR_NOT_FOUND, "there is no picture in '%s'%s", options->path_count ? options->paths[0] : "", options->path_count > 1 ? " and the others" : "");
    if (code) {
        g_ptr_array_free(files, TRUE);
        return code;
    }
    g_ptr_array_sort(files, by_name);
    l->count = files->len;
    l->files = (char **)g_ptr_array_free(files, FALSE);
    return SCUMBLE_OK;
}

/* Moves those held out to the end: evenly spread over the list. */
static int hold_out(sc_loader *l, int wanted, sc_error *err)
{
    int64_t most = l->count / HELD_OUT_SHARE, all = l->count;
    most = most < 1 && all > 1 ? 1 : most;
    l->held_out = wanted < most ? wanted : most;
    char **sorted = malloc((size_t)all * sizeof *sorted);
    if (!sorted)
        return sc_fail_memory(err, (size_t)all * sizeof *sorted);
    int64_t kept = 0, out = 0;
    for (int64_t i = 0; i < all; i++)
        if (l->held_out && out < l->held_out && i == (2 * out + 1) * all / (2 * l->held_out))
            sorted[all - l->held_out + out++] = l->files[i];
        else
            sorted[kept++] = l->files[i];
    memcpy(l->files, sorted, (size_t)all * sizeof *sorted);
    free(sorted);
    l->count = kept;
    return SCUMBLE_OK;
}

/* ---- decoding ----------------------------------------------------------------------------------------------------- */

static void complain(sc_loader *l, int64_t file, const sc_error *why)
{
    pthread_mutex_lock(&l->lock);
    if (!l->broken[file])
        g_ptr_array_add(l->complaints, g_strdup_printf("%s: %s", l->files[file], why->text));
    l->broken[file] = true;
    pthread_mutex_unlock(&l->lock);
}

static bool is_broken(sc_loader *l, int64_t file)
{
    pthread_mutex_lock(&l->lock);
    bool broken = l->broken[file];
    pthread_mutex_unlock(&l->lock);
    return broken;
}

static bool read_patch(sc_loader *l, int64_t file, uint64_t seed, uint64_t sample, float *rgb, sc_error *err)
{
    sc_image image;
    if (is_broken(l, file))
        return false;
    int code = sc_image_load(&image, l->files[file], NULL, err);
    if (!code) {
        sc_crop crop = sc_crop_draw(image.width, image.height, shortest_crop, seed, sample);
        code = sc_crop_cut(&image, &crop, l->edge, rgb, err);
        sc_image_free(&image);
    }
    if (code)
        complain(l, file, err);
    return !code;
}

/* Of this epoch: Fisher and Yates, with numbers that depend on (seed, epoch) alone. */
static void shuffle(sc_loader *l, uint64_t epoch)
{
    if (l->has_order && l->epoch == epoch)
        return;
    uint64_t seed = sc_random_bits(l->seed, ~epoch);
    for (int64_t i = 0; i < l->count; i++)
        l->order[i] = (uint32_t)i;
    for (int64_t i = l->count - 1; i > 0; i--) {
        int64_t k = (int64_t)(sc_random_bits(seed, (uint64_t)i) % (uint64_t)(i + 1));
        uint32_t swap = l->order[i];
        l->order[i] = l->order[k];
        l->order[k] = swap;
    }
    l->epoch = epoch;
    l->has_order = true;
}

static int decode(sc_loader *l, uint64_t sample, float *rgb, sc_error *err)
{
    uint64_t count = (uint64_t)l->count, turn = sample % count;
    shuffle(l, sample / count);
    for (uint64_t i = 0; i < count; i++)
        if (read_patch(l, l->order[(turn + i) % count], l->seed, sample, rgb, err))
            return SCUMBLE_OK;
    return sc_fail(err, SCUMBLE_ERR_FORMAT, "none of the %lld pictures can be read; the first is %s", (long long)l->count, l->files[0]);
}

/* What is decoded goes into the place after the last that is ready, which nobody reads. */
static void *decode_ahead(void *argument)
{
    sc_loader *l = argument;
    pthread_mutex_lock(&l->lock);
    while (!l->quit && !l->failed.code) {
        if (l->ready == AHEAD) {
            pthread_cond_wait(&l->changed, &l->lock);
            continue;
        }
        float *place = l->samples[(l->first + l->ready) % AHEAD];
        pthread_mutex_unlock(&l->lock);
        sc_error err = { 0 };
        int code = decode(l, l->next, place, &err);
        pthread_mutex_lock(&l->lock);
        l->next++;
        if (code)
            l->failed = err;
        else
            l->ready++;
        pthread_cond_broadcast(&l->changed);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

/* ---- life --------------------------------------------------------------------------------------------------------- */

static int start_thread(sc_loader *l, sc_error *err)
{
    sigset_t all, old; /* signals belong to the application's own threads */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_create(&l->thread, NULL, decode_ahead, l);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    l->has_thread = !failed;
    return failed ? sc_fail(err, SCUMBLE_ERR_MEMORY, "not enough memory: one more thread cannot be started") : SCUMBLE_OK;
}

static int make_room(sc_loader *l, sc_error *err)
{
    size_t bytes = (size_t)l->edge * (size_t)l->edge * 3 * sizeof(float);
    l->order = malloc((size_t)l->count * sizeof *l->order);
    l->broken = calloc((size_t)(l->count + l->held_out), sizeof *l->broken);
    for (int i = 0; i < AHEAD; i++)
        if (!(l->samples[i] = malloc(bytes)))
            return sc_fail_memory(err, bytes);
    return l->order && l->broken ? SCUMBLE_OK : sc_fail_memory(err, (size_t)l->count * sizeof *l->order);
}

int sc_loader_open(sc_loader **loader, const sc_loader_options *options, sc_error *err)
{
    *loader = NULL;
    int code = sc_media_init(err);
    if (code)
        return code;
    sc_loader *l = calloc(1, sizeof *l);
    if (!l)
        return sc_fail_memory(err, sizeof *l);
    l->edge = options->edge;
    l->seed = options->seed;
    l->next = options->first_sample;
    l->complaints = g_ptr_array_new_with_free_func(g_free);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    code = list_files(l, options, err);
    if (!code)
        code = hold_out(l, options->held_out, err);
    if (!code)
        code = make_room(l, err);
    if (!code)
        code = start_thread(l, err);
    if (code)
        sc_loader_close(l);
    else
        *loader = l;
    return code;
}

void sc_loader_close(sc_loader *l)
{
    if (!l)
        return;
    if (l->has_thread) {
        pthread_mutex_lock(&l->lock);
        l->quit = true;
        pthread_cond_broadcast(&l->changed);
        pthread_mutex_unlock(&l->lock);
        pthread_join(l->thread, NULL);
    }
    for (int64_t i = 0; i < l->count + l->held_out && l->files; i++)
        g_free(l->files[i]);
    g_free(l->files);
    for (int i = 0; i < AHEAD; i++)
        free(l->samples[i]);
    free(l->order);
    free(l->broken);
    g_ptr_array_free(l->complaints, TRUE);
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

int64_t sc_loader_count(const sc_loader *loader)
{
    return loader->count + loader->held_out;
}

int sc_loader_next(sc_loader *l, float *rgb, sc_error *err)
{
    pthread_mutex_lock(&l->lock);
    while (!l->ready && !l->failed.code)
        pthread_cond_wait(&l->changed, &l->lock);
    if (!l->ready) {
        *err = l->failed;
        pthread_mutex_unlock(&l->lock);
        return err->code;
    }
    memcpy(rgb, l->samples[l->first], (size_t)l->edge * (size_t)l->edge * 3 * sizeof *rgb);
    l->first = (l->first + 1) % AHEAD;
    l->ready--;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    return SCUMBLE_OK;
}

/* Each first patch is the middle of a picture, as large as can be; those after the last picture are drawn. */
int sc_loader_held_out(sc_loader *l, uint64_t i, float *rgb, sc_error *err)
{
    int64_t count = l->held_out ? l->held_out : l->count, begin = l->held_out ? l->count : 0;
    for (int64_t k = 0; k < count; k++) { /* the next one, where one cannot be read */
        int64_t file = begin + (int64_t)((i + (uint64_t)k) % (uint64_t)count);
        sc_image image;
        if (sc_image_load(&image, l->files[file], NULL, err)) {
            complain(l, file, err);
            continue;
        }
        int shorter = image.width < image.height ? image.width : image.height;
        sc_crop crop = { (image.width - shorter) / 2, (image.height - shorter) / 2, shorter, false };
        if (i >= (uint64_t)count)
            crop = sc_crop_draw(image.width, image.height, shortest_crop, ~l->seed, i);
        int code = sc_crop_cut(&image, &crop, l->edge, rgb, err);
        sc_image_free(&image);
        return code;
    }
    return sc_fail(err, SCUMBLE_ERR_FORMAT, "none of the pictures that are held out can be read; the first is %s", l->files[begin]);
}

bool sc_loader_take_complaint(sc_loader *l, char **sentence)
{
    pthread_mutex_lock(&l->lock);
    bool any = l->complaints->len > 0;
    if (any) {
        *sentence = strdup(g_ptr_array_index(l->complaints, 0));
        g_ptr_array_remove_index(l->complaints, 0);
    }
    pthread_mutex_unlock(&l->lock);
    return any && *sentence;
}
