/* SPDX-License-Identifier: MIT */
/* The list of pictures, and the threads that decode ahead. Each of these takes the next sample that nobody has begun,
 * and puts it in its place of a ring, from where samples are handed out in order. See loader.h. */
#define _GNU_SOURCE
#include "train/loader.h"

#include <dirent.h>
#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/rng.h"
#include "core/thread.h"
#include "media/image_alpha.h"
#include "train/crops.h"

enum { AHEAD = 8, HELD_OUT_SHARE = 8, MOST_ENLARGED = 2, LOOK_MS = 10 };

/* A sample that is being decoded or waits. */
typedef struct slot {
    float *rgb;
    bool ready;
    sc_error failed; /* instead of a sample */
} slot;

struct sc_loader {
    char **files;            /* sorted, but for those held out, which come last; owned */
    int64_t count, held_out; /* to learn from, and after them */
    int edge;
    uint64_t seed;
    sc_image_limits limits; /* whose threads are, from here on, */
    sc_threads *alone;      /* each of ours alone, cancelled when the caller's are */
    atomic_bool *broken;    /* of each file: it was complained of */
    atomic_bool quit;
    pthread_t threads[AHEAD];
    int started;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under lock */
    uint64_t given,
        begun;         /* so many samples were handed out; so many have a thread that decodes them, or are decoded */
    slot slots[AHEAD]; /* of sample k: k % AHEAD */
    int working;       /* threads that decode a sample */
    bool held;         /* none shall begin one */
    GQueue complaints; /* sentences, owned */
};

/* err: what was wrong, which picture or folder included. */
static void complain(sc_loader *l, const sc_error *err)
{
    char *text = strdup(err->text);
    pthread_mutex_lock(&l->lock);
    if (text)
        g_queue_push_tail(&l->complaints, text);
    pthread_mutex_unlock(&l->lock);
}

/* ---- the list -------------------------------------------------------------------------------------------------- */

/* S_IFDIR: a folder, but no link to one; S_IFREG: a file, or a link to a file or to nothing, which reading it will
 * tell. `type`: of the folder's entry. */
static mode_t kind_of(const char *path, unsigned char type)
{
    struct stat s;
    if (type == DT_DIR || type == DT_REG)
        return DTTOIF(type);
    if (lstat(path, &s))
        return 0;
    if (S_ISLNK(s.st_mode))
        return stat(path, &s) || S_ISREG(s.st_mode) ? S_IFREG : 0;
    return s.st_mode & S_IFMT;
}

/* Folders below that cannot be read are complained of. */
static int loader_add_folder(sc_loader *l, GPtrArray *files, const char *path, sc_error *err)
{
    DIR *folder = opendir(path);
    if (!folder)
        return sc_fail_errno(err, errno, "read the folder", path);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (*entry->d_name == '.')
            continue;
        char *own = g_build_filename(path, entry->d_name, NULL);
        mode_t kind = kind_of(own, entry->d_type);
        if (kind == S_IFDIR && loader_add_folder(l, files, own, err))
            complain(l, err);
        if (kind == S_IFREG && sc_image_readable_name(own))
            g_ptr_array_add(files, own);
        else
            g_free(own);
    }
    closedir(folder);
    return SCUMBLE_OK;
}

static gint loader_by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Of what was named, in a row without doubles; l->files is sorted. */
static void drop_doubles(sc_loader *l)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < l->count; i++)
        if (kept && !strcmp(l->files[i], l->files[kept - 1]))
            g_free(l->files[i]);
        else
            l->files[kept++] = l->files[i];
    l->count = kept;
}

static int list_files(sc_loader *l, const sc_loader_options *options, sc_error *err)
{
    GPtrArray *files = g_ptr_array_new();
    int code = SCUMBLE_OK;
    for (int i = 0; i < options->path_count && !code; i++) {
        struct stat s;
        if (stat(options->paths[i], &s))
            code = sc_fail_errno(err, errno, "read", options->paths[i]);
        else if (S_ISDIR(s.st_mode))
            code = loader_add_folder(l, files, options->paths[i], err);
        else
            g_ptr_array_add(files, g_strdup(options->paths[i]));
    }
    g_ptr_array_sort(files, loader_by_name);
    l->count = files->len;
    l->files = (char **)g_ptr_array_free(files, FALSE);
    drop_doubles(l);
    if (!code && !l->count)
        code = sc_fail(err, SCUMBLE_ERR_NOT_FOUND, "there is no picture in '%s'%s",
                       options->path_count ? options->paths[0] : "", options->path_count > 1 ? " and the others" : "");
    return code;
}

/* Moves those held out to the end: evenly spread over the list. */
static int hold_out(sc_loader *l, int wanted, sc_error *err)
{
    int64_t most = l->count / HELD_OUT_SHARE, all = l->count;
    most = most < 1 && all > 1 ? 1 : most;
    char **sorted = malloc((size_t)all * sizeof *sorted);
    if (!sorted)
        return sc_fail_memory(err, (size_t)all * sizeof *sorted);
    l->held_out = wanted < most ? wanted : most;
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

/* ---- decoding -------------------------------------------------------------------------------------------------- */

/* What is in place `turn` of a permutation of 0..count-1: a Feistel network with random functions on the least even
 * number of bits that holds count, again and again until it ends below count (Black and Rogaway 2002). */
static uint64_t permute(uint64_t turn, uint64_t count, uint64_t seed)
{
    enum { ROUNDS = 8 }; /* with fewer, orders of less than ten pictures are not equally likely */
    int half = 1;
    while (count > 1ull << 2 * half)
        half++;
    const uint64_t mask = (1ull << half) - 1;
    do
        for (uint64_t round = 0; round < ROUNDS; round++) {
            uint64_t low = turn & mask;
            turn = low << half | ((turn >> half ^ sc_random_bits(seed, low * ROUNDS + round)) & mask);
        }
    while (turn >= count);
    return turn;
}

/* Which patch of a picture: its middle, or what (seed, sample) draw. */
typedef struct choice {
    bool middle;
    uint64_t seed, sample;
} choice;

static int cut_patch(const sc_loader *l, const char *path, const sc_image *image, const choice *which, float *rgb,
                     sc_error *err)
{
    int shorter = image->width < image->height ? image->width : image->height,
        least = (l->edge + MOST_ENLARGED - 1) / MOST_ENLARGED;
    if (shorter < least)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "'%s' has %d x %d pixels, too few for patches of %d x %d: at least %d on both sides are needed",
                       path, image->width, image->height, l->edge, l->edge, least);
    if (sc_image_is_invisible(image))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "'%s' is wholly transparent: there is nothing in it to learn from",
                       path);
    sc_crop crop = { (image->width - shorter) / 2, (image->height - shorter) / 2, shorter, false };
    if (!which->middle)
        crop = sc_crop_draw(image->width, image->height, least, which->seed, which->sample);
    return sc_crop_cut(image, &crop, l->edge, rgb, err);
}

static int read_patch(const sc_loader *l, uint64_t file, const choice *which, float *rgb, sc_error *err)
{
    sc_image image;
    int code = sc_image_load(&image, l->files[file], &l->limits, err);
    if (!code)
        code = cut_patch(l, l->files[file], &image, which, rgb, err);
    sc_image_free(&image);
    return code;
}

/* The same, but broken pictures, which it complains of, give LEFT_OUT. An error is of the machine, not of the picture:
 * to leave the picture out then would make samples depend on what else runs. */
enum { LEFT_OUT = 1 };
static int try_patch(sc_loader *l, uint64_t file, const choice *which, float *rgb, sc_error *err)
{
    if (atomic_load(&l->broken[file]))
        return LEFT_OUT;
    int code = read_patch(l, file, which, rgb, err);
    if (!code)
        return SCUMBLE_OK;
    if (code == SCUMBLE_ERR_MEMORY || code == SCUMBLE_ERR_NO_SPACE || code == SCUMBLE_ERR_CANCELLED)
        return sc_error_prefix_file(err, l->files[file]);
    if (!atomic_exchange(&l->broken[file], true))
        complain(l, err);
    *err = (sc_error){ 0 };
    return LEFT_OUT;
}

/* When no picture gave anything: says what is wrong with the first. */
static int fail_all(const sc_loader *l, float *rgb, sc_error *err)
{
    int code = read_patch(l, 0, &(choice){ .middle = true }, rgb, err);
    return code && sc_loader_count(l) > 1 ?
               sc_error_prefix(err, "none of the %lld pictures can be learnt from; the first",
                               (long long)sc_loader_count(l)) :
               code;
}

/* Looks for a picture in the epoch's order, then among those held out. */
static int decode(sc_loader *l, uint64_t sample, float *rgb, sc_error *err)
{
    uint64_t count = (uint64_t)l->count, all = count + (uint64_t)l->held_out, turn = sample % count,
             order = sc_random_bits(l->seed, ~(sample / count));
    const choice which = { false, l->seed, sample };
    int code = LEFT_OUT;
    for (uint64_t i = 0; i < all && code == LEFT_OUT && !atomic_load(&l->quit); i++)
        code = try_patch(l, i < count ? permute((turn + i) % count, count, order) : i, &which, rgb, err);
    return code == LEFT_OUT ? fail_all(l, rgb, err) : code;
}

/* Once more when the caller was cancelled meanwhile, as soon as that is over: the sample is the same. */
static int decode_for_sure(sc_loader *l, uint64_t sample, float *rgb, sc_error *err)
{
    int code = decode(l, sample, rgb, err);
    while (code == SCUMBLE_ERR_CANCELLED && !atomic_load(&l->quit)) {
        pthread_mutex_lock(&l->lock);
        while (sc_threads_cancelled(l->alone) && !atomic_load(&l->quit))
            sc_thread_wait(&l->changed, &l->lock, LOOK_MS);
        pthread_mutex_unlock(&l->lock);
        code = decode(l, sample, rgb, err);
    }
    return code;
}

static void *decode_ahead(void *argument)
{
    sc_loader *l = argument;
    pthread_mutex_lock(&l->lock);
    while (!atomic_load(&l->quit)) {
        if (l->held || l->begun - l->given == AHEAD) {
            pthread_cond_wait(&l->changed, &l->lock);
            continue;
        }
        uint64_t sample = l->begun++;
        l->working++;
        slot *own = &l->slots[sample % AHEAD];
        pthread_mutex_unlock(&l->lock);
        sc_error err = { 0 };
        if (!decode_for_sure(l, sample, own->rgb, &err))
            err.code = SCUMBLE_OK;
        pthread_mutex_lock(&l->lock);
        own->failed = err;
        own->ready = true;
        l->working--;
        pthread_cond_broadcast(&l->changed);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

static int start_threads(sc_loader *l, int count, sc_error *err)
{
    int failed = 0;
    for (; l->started < count && !failed; l->started += !failed)
        failed = sc_thread_start(&l->threads[l->started], NULL, decode_ahead, l);
    return failed ? sc_fail(err, SCUMBLE_ERR_MEMORY, "not enough memory: one more thread cannot be started") :
                    SCUMBLE_OK;
}

static int loader_make_room(sc_loader *l, sc_error *err)
{
    size_t bytes = (size_t)l->edge * (size_t)l->edge * 3 * sizeof(float), files = (size_t)(l->count + l->held_out);
    l->broken = calloc(files, sizeof *l->broken);
    if (!l->broken)
        return sc_fail_memory(err, files * sizeof *l->broken);
    for (int i = 0; i < AHEAD; i++)
        if (!(l->slots[i].rgb = malloc(bytes)))
            return sc_fail_memory(err, bytes);
    return SCUMBLE_OK;
}

int sc_loader_open(sc_loader **loader, const sc_loader_options *options, sc_error *err)
{
    *loader = NULL;
    int code = sc_media_init(err), threads = options->threads < 1     ? 1 :
                                             options->threads > AHEAD ? AHEAD :
                                                                        options->threads;
    if (code)
        return code;
    sc_loader *l = calloc(1, sizeof *l);
    if (!l)
        return sc_fail_memory(err, sizeof *l);
    l->edge = options->edge;
    l->seed = options->seed;
    l->limits = options->limits;
    l->limits.threads = NULL;
    l->given = l->begun = options->first_sample;
    g_queue_init(&l->complaints);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    code = list_files(l, options, err);
    if (!code)
        code = hold_out(l, options->held_out, err);
    if (!code)
        code = loader_make_room(l, err);
    if (!code)
        code = sc_threads_create_beside(&l->alone, options->limits.threads, 1, err);
    l->limits.threads = l->alone;
    if (!code)
        code = start_threads(l, threads, err);
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
    pthread_mutex_lock(&l->lock);
    atomic_store(&l->quit, true);
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    for (int i = 0; i < l->started; i++)
        pthread_join(l->threads[i], NULL);
    for (int64_t i = 0; i < l->count + l->held_out; i++)
        g_free(l->files[i]);
    g_free(l->files);
    for (int i = 0; i < AHEAD; i++)
        free(l->slots[i].rgb);
    free(l->broken);
    sc_threads_destroy(l->alone);
    for (char *sentence; (sentence = g_queue_pop_head(&l->complaints));)
        free(sentence);
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
    slot *own = &l->slots[l->given % AHEAD];
    while (!own->ready && !sc_threads_cancelled(l->alone))
        sc_thread_wait(&l->changed, &l->lock, LOOK_MS);
    int code = sc_threads_check(l->alone, err);
    if (code) {
        pthread_mutex_unlock(&l->lock);
        return code;
    }
    code = own->failed.code;
    if (code) {
        *err = own->failed;
    } else {
        memcpy(rgb, own->rgb, (size_t)l->edge * (size_t)l->edge * 3 * sizeof *rgb);
        own->ready = false;
        l->given++;
        pthread_cond_broadcast(&l->changed);
    }
    pthread_mutex_unlock(&l->lock);
    return code;
}

void sc_loader_seek(sc_loader *l, uint64_t sample)
{
    pthread_mutex_lock(&l->lock);
    l->held = true;
    while (l->working)
        pthread_cond_wait(&l->changed, &l->lock);
    l->held = false;
    l->given = l->begun = sample;
    for (int i = 0; i < AHEAD; i++)
        l->slots[i].ready = false;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

int sc_loader_held_out(sc_loader *l, uint64_t i, float *rgb, sc_error *err)
{
    uint64_t count = (uint64_t)l->count, held_out = (uint64_t)l->held_out, all = count + held_out;
    const choice which = { i < (held_out ? held_out : count), ~l->seed, i };
    int code = LEFT_OUT;
    for (uint64_t k = 0; k < all && code == LEFT_OUT; k++)
        code = try_patch(l, k < held_out ? count + (i + k) % held_out : (i + k - held_out) % count, &which, rgb, err);
    return code == LEFT_OUT ? fail_all(l, rgb, err) : code;
}

bool sc_loader_take_complaint(sc_loader *l, char **sentence)
{
    pthread_mutex_lock(&l->lock);
    *sentence = g_queue_pop_head(&l->complaints);
    pthread_mutex_unlock(&l->lock);
    return *sentence != NULL;
}
