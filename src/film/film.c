/* SPDX-License-Identifier: MIT */
/* Films: from and to, numbers, frames read ahead on a thread of their own. See film.h. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "film/film.h"
#include "core/thread.h"
#include "film/moment.h"
#include "motion/cuts.h"

enum { MOST_AHEAD = 4, AHEAD_BYTES = 256 << 20, LOOK_MS = 50 };

__extension__ typedef __int128 wide; /* of products of times */

typedef struct ahead {
    sc_image image;
    scumble_frame frame;
} ahead;

struct sc_film {
    sc_film_source *source;
    sc_image_limits limits;
    sc_film_request request;
    scumble_film_info info;
    int64_t first, end; /* by the source's numbers; end -1: not known */
    int64_t wanted;     /* where the next thread begins to read; -1: where the source stands */
    int64_t position;   /* the next frame for the caller, from 0 */
    int64_t *firsts;    /* of shots, once they were looked for, and the number of frames */
    int shots;
    /* the thread that reads ahead */
    pthread_t thread;
    bool running;
    atomic_bool stop;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under lock while it is running */
    ahead queue[MOST_AHEAD];
    int head, count, room;
    bool ended;
    sc_error failure;
};

/* ---- from and to ----------------------------------------------------------------------------------------------- */

/* The number of the first frame at a moment, as the source counts. Times of three decimals or fewer may be rounded. */
static int find_moment(const sc_film *film, const char *name, const char *text, int64_t *number, sc_error *err)
{
    sc_moment moment;
    const sc_film_facts *facts = &film->source->facts;
    int64_t found = -1;
    if (sc_moment_read(&moment, text, err))
        return sc_error_prefix(err, "`%s`", name);
    if (moment.kind == SC_MOMENT_SECONDS && moment.den <= 1000) {
        moment.num = moment.num * (2000 / moment.den) - 1;
        moment.den = 2000;
    }
    if (moment.kind == SC_MOMENT_FRAMES)
        found = moment.num;
    else if (moment.kind == SC_MOMENT_TIMECODE)
        found = facts->first - facts->timecode + sc_moment_frames(&moment, film->info.rate_num, film->info.rate_den);
    else if (film->source->kind->at)
        found = film->source->kind->at(film->source, moment.num, moment.den);
    if (moment.kind == SC_MOMENT_SECONDS && found < 0) { /* it says no times before it is read: by its rate */
        wide frames = (wide)moment.num * film->info.rate_num, unit = (wide)moment.den * film->info.rate_den;
        found = facts->first + (int64_t)((frames + unit - 1) / unit);
    }
    if (found < facts->first)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "`%s`: '%.60s' is before the beginning of '%s'%s", name, text,
                       film->info.path, moment.kind == SC_MOMENT_TIMECODE ? ", by its own timecode" : "");
    *number = found;
    return SCUMBLE_OK;
}

static int find_range(sc_film *film, const scumble_film_input *input, sc_error *err)
{
    const sc_film_facts *facts = &film->source->facts;
    int64_t all = facts->info.frames, beyond = all ? facts->first + all : -1;
    film->first = facts->first;
    film->end = beyond;
    if (input->from && find_moment(film, "from", input->from, &film->first, err))
        return err->code;
    if (input->to && find_moment(film, "to", input->to, &film->end, err))
        return err->code;
    if (beyond >= 0 && film->first >= beyond)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "`from`: '%.60s' is beyond the end of '%s', which has %lld frames",
                       input->from ? input->from : "", film->info.path, (long long)all);
    if (input->to && film->end <= film->first)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "`to`: there is no frame between '%.60s' and '%.60s' in '%s'",
                       input->from ? input->from : "its beginning", input->to, film->info.path);
    if (beyond >= 0 && film->end > beyond)
        film->end = beyond;
    if (film->end >= 0) {
        int64_t frames = film->end - film->first;
        if (frames < all || !film->info.duration_s)
            film->info.duration_s = all && film->info.duration_s > 0 ?
                                        film->info.duration_s * (double)frames / (double)all :
                                        (double)frames * film->info.rate_den / film->info.rate_num;
        film->info.frames = beyond >= 0 ? frames : 0;
    }
    if (film->first > facts->first && film->info.seekable)
        film->wanted = film->first;
    return film->source->kind->check ? film->source->kind->check(film->source, film->first, film->end, err) :
                                       SCUMBLE_OK;
}

/* ---- opening and closing --------------------------------------------------------------------------------------- */

int sc_film_open(sc_film **film, const char *path, const scumble_film_input *input, const sc_image_limits *limits,
                 sc_error *err)
{
    *film = NULL;
    sc_film *f = calloc(1, sizeof *f);
    if (!f)
        return sc_fail_memory(err, sizeof *f);
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    f->limits = *limits;
    f->wanted = -1;
    f->request = (sc_film_request){ .rate_num = input->rate_num ? input->rate_num : 24,
                                    .rate_den = input->rate_num ? input->rate_den : 1,
                                    .limits = &f->limits,
                                    .stop = &f->stop };
    int code =
        f->request.rate_num < 1 || f->request.rate_den < 1 ?
            sc_fail(err, SCUMBLE_ERR_ARGUMENT, "`rate`: %d/%d is no rate of frames", input->rate_num, input->rate_den) :
            sc_film_source_of(path)->open(&f->source, path, &f->request, err);
    if (!code) {
        f->info = f->source->facts.info;
        int64_t bytes = sc_image_bytes(f->info.width, f->info.height);
        f->room = (int)(AHEAD_BYTES / (bytes ? bytes : 1));
        f->room = f->room < 1 ? 1 : f->room > MOST_AHEAD ? MOST_AHEAD : f->room;
        code = find_range(f, input, err);
    }
    if (code)
        sc_film_close(f);
    else
        *film = f;
    return code;
}

static void empty_queue(sc_film *film)
{
    for (; film->count; film->count--) {
        sc_image_free(&film->queue[film->head].image);
        film->head = (film->head + 1) % MOST_AHEAD;
    }
}

static void stop_reading(sc_film *film)
{
    if (film->running) {
        pthread_mutex_lock(&film->lock);
        film->stop = true;
        pthread_cond_broadcast(&film->changed);
        pthread_mutex_unlock(&film->lock);
        pthread_join(film->thread, NULL);
        film->running = false;
        film->stop = false;
    }
    empty_queue(film);
    film->ended = false;
    film->failure = (sc_error){ 0 };
}

void sc_film_close(sc_film *film)
{
    if (!film)
        return;
    stop_reading(film);
    if (film->source)
        film->source->kind->close(film->source);
    pthread_cond_destroy(&film->changed);
    pthread_mutex_destroy(&film->lock);
    free(film->firsts);
    free(film);
}

const scumble_film_info *sc_film_about(const sc_film *film)
{
    return &film->info;
}

const sc_film_facts *sc_film_source_facts(const sc_film *film)
{
    return &film->source->facts;
}

const sc_film_source *sc_film_its_source(const sc_film *film)
{
    return film->source;
}

const sc_image_limits *sc_film_limits(const sc_film *film)
{
    return &film->limits;
}

int sc_film_at(const sc_film *film, const char *moment, int64_t *number, sc_error *err)
{
    if (!find_moment(film, "moment", moment, number, err))
        *number -= film->first;
    return err->code;
}

void sc_film_range(const sc_film *film, int64_t *first, int64_t *end)
{
    *first = film->first;
    *end = film->end;
}

/* ---- the thread ------------------------------------------------------------------------------------------------ */

/* The next frame within the range. False: there is none, or *err says why. */
static bool read_one(sc_film *film, ahead *next, sc_error *err)
{
    for (;;) {
        if (film->source->kind->read(film->source, &next->image, &next->frame, err) || !next->image.rgb)
            return false;
        if (film->end >= 0 && next->frame.number >= film->end) {
            sc_image_free(&next->image);
            return false;
        }
        if (next->frame.number >= film->first)
            return true;
        sc_image_free(&next->image);
        if (film->stop)
            return false;
    }
}

static void *read_ahead(void *user)
{
    sc_film *film = user;
    sc_error err = { 0 };
    bool more = film->wanted < 0 || !film->source->kind->seek(film->source, film->wanted, &err);
    while (more) {
        ahead next;
        more = read_one(film, &next, &err);
        pthread_mutex_lock(&film->lock);
        while (more && film->count == film->room && !film->stop)
            pthread_cond_wait(&film->changed, &film->lock);
        if (more && film->stop) {
            sc_image_free(&next.image);
            more = false;
        } else if (more)
            film->queue[(film->head + film->count++) % MOST_AHEAD] = next;
        pthread_cond_broadcast(&film->changed);
        pthread_mutex_unlock(&film->lock);
    }
    pthread_mutex_lock(&film->lock);
    film->ended = true;
    film->failure = err;
    pthread_cond_broadcast(&film->changed);
    pthread_mutex_unlock(&film->lock);
    return NULL;
}

static int start_reading(sc_film *film, sc_error *err)
{
    if (film->running || film->ended)
        return SCUMBLE_OK;
    int failed = sc_thread_start(&film->thread, NULL, read_ahead, film);
    film->running = !failed;
    return failed ? sc_fail(err, SCUMBLE_ERR_MEMORY, "cannot start a thread that reads the film") : SCUMBLE_OK;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

int sc_film_read(sc_film *film, sc_image *image, scumble_frame *frame, sc_error *err)
{
    *image = (sc_image){ 0 };
    if (sc_threads_check(film->limits.threads, err) || start_reading(film, err))
        return err->code;
    int code = SCUMBLE_OK;
    pthread_mutex_lock(&film->lock);
    while (!code && !film->count && !film->ended) { /* a cancel wakes nobody */
        sc_thread_wait(&film->changed, &film->lock, LOOK_MS);
        code = sc_threads_check(film->limits.threads, err);
    }
    if (!code && film->count) {
        *image = film->queue[film->head].image;
        *frame = film->queue[film->head].frame;
        film->head = (film->head + 1) % MOST_AHEAD;
        film->count--;
        frame->number -= film->first;
        film->position = frame->number + 1;
        pthread_cond_broadcast(&film->changed);
    } else if (!code && film->failure.code) {
        *err = film->failure;
        code = err->code;
    }
    pthread_mutex_unlock(&film->lock);
    return code;
}

int sc_film_seek(sc_film *film, int64_t number, sc_error *err)
{
    if (number < 0)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "frames are numbered from 0; got %lld", (long long)number);
    if (film->end >= 0 && number >= film->end - film->first)
        return sc_fail(err, SCUMBLE_ERR_NOT_FOUND, "there is no frame %lld in '%s': it has %lld", (long long)number,
                       film->info.path, (long long)(film->end - film->first));
    pthread_mutex_lock(&film->lock);
    bool failed = film->failure.code;
    pthread_mutex_unlock(&film->lock);
    if (number == film->position && !failed)
        return SCUMBLE_OK;
    if (!film->info.seekable || !film->source->kind->seek)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "'%s' is a pipe: its frames can only be read one after the other",
                       film->info.path);
    stop_reading(film);
    film->wanted = film->first + number;
    film->position = number;
    return SCUMBLE_OK;
}

/* ---- shots ----------------------------------------------------------------------------------------------------- */

/* Numbers, of which there are more and more. */
typedef struct firsts_found {
    int64_t *numbers;
    int count;
} firsts_found;

static int add_first(firsts_found *found, int64_t number, sc_error *err)
{
    if (!(found->count & (found->count + 1))) { /* room for 2^n - 1 */
        size_t room = 2 * (size_t)found->count + 2;
        int64_t *more = realloc(found->numbers, room * sizeof *more);
        if (!more)
            return sc_fail_memory(err, room * sizeof *more);
        found->numbers = more;
    }
    found->numbers[found->count++] = number;
    return SCUMBLE_OK;
}

static int look_for_cuts(sc_film *film, sc_cuts *cuts, sc_film_tell tell, void *user, firsts_found *found,
                         sc_error *err)
{
    int64_t seen = 0, of = film->end >= 0 ? film->end - film->first : 0;
    int code = SCUMBLE_OK;
    for (;;) {
        sc_image image;
        scumble_frame frame;
        bool cut;
        code = sc_film_read(film, &image, &frame, err);
        if (code || !image.rgb)
            break;
        code = sc_cuts_see(cuts, image.rgb, image.width, image.height, &cut, err);
        sc_image_free(&image);
        if (!code && cut)
            code = add_first(found, found->count ? frame.number : 0, err);
        seen = frame.number + 1;
        if (!code && tell && !tell(seen, of, user))
            code = sc_fail(err, SCUMBLE_ERR_CANCELLED, "stopped while shots were looked for");
        if (code)
            break;
    }
    return code ? code : add_first(found, seen, err);
}

/* The list that was given once stays as long as the film. */
static int find_shots(sc_film *film, sc_film_tell tell, void *user, sc_error *err)
{
    sc_cuts cuts = { 0 };
    firsts_found found = { 0 };
    int code = sc_film_seek(film, 0, err);
    if (!code)
        code = look_for_cuts(film, &cuts, tell, user, &found, err);
    sc_cuts_free(&cuts);
    if (code)
        free(found.numbers);
    else {
        film->firsts = found.numbers;
        film->shots = found.count - 1;
    }
    return code;
}

int sc_film_shots(sc_film *film, sc_film_tell tell, void *user, const int64_t **firsts, int *count, sc_error *err)
{
    *firsts = NULL;
    *count = 0;
    if (!film->info.seekable)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "'%s' is a pipe: its shots cannot be looked for before it is painted", film->info.path);
    int code = film->firsts ? SCUMBLE_OK : find_shots(film, tell, user, err);
    sc_error none;
    sc_film_seek(film, 0, code ? &none : err);
    if (code)
        return code;
    *firsts = film->firsts;
    *count = film->shots;
    return SCUMBLE_OK;
}
