/* SPDX-License-Identifier: MIT */
/* How long scumble_cancel is waited for: a job is begun again and again and cancelled at random moments; printed are
 * the waits, in time and in processor time of all threads (which is what counts on a busy machine).
 *
 *     cancel JOB PHOTO PAINTING [SIZE] [MOMENTS] [LATEST_S] [THREADS] [MEMORY_MB]
 *
 * JOB: run, open, estimate, load, save, match (PHOTO: a folder), compare, train (PHOTO: a folder), distil (likewise),
 * apply. With CANCEL_TRACE=1 in the environment a wait beyond 0.1 s prints where the thread is. */
#define _GNU_SOURCE
#include <dirent.h>
#include <execinfo.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "scumble/compare.h"
#include "scumble/distil.h"
#include "scumble/match.h"
#include "scumble/painter.h"
#include "scumble/run.h"
#include "scumble/train.h"

enum { MOST_FILES = 4000 };

typedef struct bench {
    scumble *s;
    const char *path, *out; /* PHOTO; a picture that is read or written */
    scumble_image *photo, *painting;
    int size;
    int64_t memory_bytes;
    char *files[MOST_FILES];
    int file_count;
    atomic_bool begun, ended;
} bench;

static double now_s(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(scumble *s, int code)
{
    if (code) {
        fprintf(stderr, "%s\n", scumble_error_text(s));
        exit(1);
    }
}

/* Options of a kind, with the limit of memory where they have one. */
static scumble_options *options_of(const bench *b, scumble_options_kind kind)
{
    scumble_options *o = scumble_options_create(kind);
    if (b->memory_bytes)
        must(b->s, scumble_options_set_number(b->s, o, "max-memory", (double)b->memory_bytes));
    return o;
}

static scumble_options *style_options(const bench *b)
{
    scumble_options *o = options_of(b, SCUMBLE_OPTIONS_STYLE);
    must(b->s, scumble_options_set_number(b->s, o, "size", b->size));
    must(b->s, scumble_options_set(b->s, o, "scales", getenv("CANCEL_SCALES") ? getenv("CANCEL_SCALES") : "1"));
    if (getenv("CANCEL_ADAM"))
        must(b->s, scumble_options_set(b->s, o, "optimizer", "adam"));
    return o;
}

/* ---- jobs: the code that ends them ------------------------------------------------------------------------------ */

static int with_style(bench *b, bool paint, bool estimate)
{
    scumble_style *style = NULL;
    scumble_run *run = NULL;
    scumble_image *result = NULL;
    const scumble_estimate *e;
    scumble_options *o = style_options(b);
    int code = SCUMBLE_OK;
    do {
        scumble_run_close(&run);
        scumble_style_close(&style);
        code = scumble_style_open(b->s, &(scumble_painting){ .image = b->painting, .weight = 1 }, 1, o, &style);
        if (!code)
            code = scumble_run_open(style, &run);
        if (!code && estimate)
            code = scumble_run_estimate(run, scumble_image_width(b->photo), scumble_image_height(b->photo), &e);
    } while (!code && !paint);
    if (!code)
        code = scumble_run_content(run, b->photo);
    if (!code)
        code = scumble_run_finish(run, NULL, NULL, &result);
    scumble_image_free(&result);
    atomic_store(&b->ended, true); /* what is freed is no wait for an answer */
    scumble_run_close(&run);
    scumble_style_close(&style);
    scumble_options_free(&o);
    return code;
}

static int job_run(bench *b)
{
    return with_style(b, true, false);
}

static int job_open(bench *b)
{
    return with_style(b, false, false);
}

static int job_estimate(bench *b)
{
    return with_style(b, false, true);
}

static int job_load(bench *b)
{
    int code = SCUMBLE_OK;
    while (!code) {
        scumble_image *image;
        code = scumble_image_load(b->s, b->out, &image);
        scumble_image_free(&image);
    }
    return code;
}

static int job_save(bench *b)
{
    int code = SCUMBLE_OK;
    while (!code)
        code = scumble_image_save(b->s, b->photo, b->out, NULL);
    return code;
}

static int job_match(bench *b)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < b->file_count && !code; i++) {
        scumble_descriptor *d;
        code = scumble_descriptor_load(b->s, b->files[i], &d);
        scumble_descriptor_free(&d);
        code = code == SCUMBLE_ERR_CANCELLED ? code : SCUMBLE_OK;
    }
    return code;
}

static int job_compare(bench *b)
{
    int code = SCUMBLE_OK;
    while (!code) {
        scumble_comparison *c;
        double values[SCUMBLE_METRICS_MOST];
        code = scumble_comparison_open(b->s, "lite", b->photo, b->painting, &c);
        if (!code)
            code = scumble_comparison_measure(c, b->photo, values);
        scumble_comparison_close(&c);
    }
    return code;
}

static int job_train(bench *b)
{
    scumble_trainer *t;
    int code = scumble_trainer_open(b->s, NULL, &(scumble_painting){ .image = b->painting, .weight = 1 }, 1,
                                    (const char *[]){ b->path }, 1, &t);
    while (!code)
        code = scumble_trainer_step(t);
    atomic_store(&b->ended, true);
    scumble_trainer_close(&t);
    return code;
}

static int job_distil(bench *b)
{
    scumble_distiller *d;
    int code = scumble_distiller_open(b->s, NULL, (const char *[]){ "lite" }, 1, (const char *[]){ b->path }, 1, &d);
    while (!code)
        code = scumble_distiller_step(d);
    atomic_store(&b->ended, true);
    scumble_distiller_close(&d);
    return code;
}

static int job_apply(bench *b)
{
    scumble_painter *p;
    int count, code = SCUMBLE_OK;
    const char *name = getenv("CANCEL_PAINTER");
    must(b->s, scumble_painters_list(b->s, &count));
    scumble_options *o = options_of(b, SCUMBLE_OPTIONS_PAINT);
    code = scumble_painter_open(b->s, name ? name : scumble_painter_at(b->s, 0)->name, &p);
    while (!code) {
        scumble_image *result;
        code = scumble_painter_paint(p, b->photo, o, NULL, NULL, &result);
        scumble_image_free(&result);
    }
    atomic_store(&b->ended, true);
    scumble_painter_close(&p);
    scumble_options_free(&o);
    return code;
}

static const struct {
    const char *name;
    int (*run)(bench *);
} jobs[] = {
    { "run", job_run },       { "open", job_open },   { "estimate", job_estimate }, { "load", job_load },
    { "save", job_save },     { "match", job_match }, { "compare", job_compare },   { "train", job_train },
    { "distil", job_distil }, { "apply", job_apply },
};

/* ---- moments ---------------------------------------------------------------------------------------------------- */

typedef struct turn {
    bench *b;
    int (*run)(bench *);
    int code;
    double ended_s, ended_processor_s;
} turn;

static void *work(void *argument)
{
    turn *t = argument;
    atomic_store(&t->b->begun, true);
    t->code = t->run(t->b);
    atomic_store(&t->b->ended, true);
    return NULL;
}

static void trace(int number)
{
    (void)number;
    void *at[40];
    backtrace_symbols_fd(at, backtrace(at, 40), 2);
}

static void wait_s(double s)
{
    nanosleep(&(struct timespec){ .tv_sec = (time_t)s, .tv_nsec = (long)(fmod(s, 1) * 1e9) }, NULL);
}

/* The wait in seconds; negative when the job was over before. */
static double one_moment(bench *b, int (*run)(bench *), double at_s, double *processor_s)
{
    turn t = { .b = b, .run = run };
    pthread_t thread;
    atomic_store(&b->begun, false);
    atomic_store(&b->ended, false);
    pthread_create(&thread, NULL, work, &t);
    while (!atomic_load(&b->begun))
        wait_s(0.001);
    wait_s(at_s);
    double start_s = now_s(CLOCK_MONOTONIC), start_processor_s = now_s(CLOCK_PROCESS_CPUTIME_ID),
           told_s = start_s + 0.1;
    scumble_cancel(b->s);
    while (!atomic_load(&b->ended)) {
        wait_s(0.0005);
        if (getenv("CANCEL_TRACE") && now_s(CLOCK_MONOTONIC) > told_s) {
            fprintf(stderr, "-- %.3f s after\n", now_s(CLOCK_MONOTONIC) - start_s);
            pthread_kill(thread, SIGUSR1);
            told_s += 0.1;
        }
    }
    double waited_s = now_s(CLOCK_MONOTONIC) - start_s;
    *processor_s = now_s(CLOCK_PROCESS_CPUTIME_ID) - start_processor_s;
    pthread_join(thread, NULL);
    scumble_cancel_clear(b->s);
    if (t.code == SCUMBLE_ERR_CANCELLED)
        return waited_s;
    must(b->s, t.code);
    return -1;
}

static void list_files(bench *b)
{
    DIR *folder = opendir(b->path);
    for (struct dirent *entry; folder && (entry = readdir(folder)) && b->file_count < MOST_FILES;)
        if (*entry->d_name != '.' && asprintf(&b->files[b->file_count], "%s/%s", b->path, entry->d_name) > 0)
            b->file_count++;
    if (folder)
        closedir(folder);
}

static void prepare(bench *b, const char *job, const char *painting)
{
    bool folder = !strcmp(job, "match") || !strcmp(job, "train") || !strcmp(job, "distil");
    scumble_image *small;
    if (folder)
        list_files(b);
    must(b->s, scumble_image_load(b->s, painting, &b->painting));
    if (folder)
        return;
    must(b->s, scumble_image_load(b->s, b->path, &small));
    must(b->s, scumble_image_resize(b->s, small, b->size, b->size, &b->photo));
    scumble_image_free(&small);
    b->out = getenv("CANCEL_FILE") ? getenv("CANCEL_FILE") : "/tmp/cancel-bench.png";
    if (!strcmp(job, "load"))
        must(b->s, scumble_image_save(b->s, b->photo, b->out, NULL));
}

int main(int argc, char **argv)
{
    bench b = { .path = argc > 3 ? argv[2] : "", .size = argc > 4 ? atoi(argv[4]) : 1000 };
    int moments = argc > 5 ? atoi(argv[5]) : 20;
    double latest_s = argc > 6 ? atof(argv[6]) : 10, most = 0, most_processor = 0, sum = 0;
    int (*run)(bench *) = NULL;
    for (size_t i = 0; argc > 3 && i < sizeof jobs / sizeof *jobs; i++)
        if (!strcmp(jobs[i].name, argv[1]))
            run = jobs[i].run;
    if (!run) {
        fprintf(stderr, "usage: cancel JOB PHOTO PAINTING [SIZE] [MOMENTS] [LATEST_S] [THREADS] [MEMORY_MB]\n");
        return 2;
    }
    b.memory_bytes = argc > 8 ? atoll(argv[8]) << 20 : 0;
    signal(SIGUSR1, trace);
    void *warm[2]; /* loads what backtrace needs, which a signal handler may not */
    backtrace(warm, 2);
    must(NULL, scumble_open(
                   &b.s, &(scumble_config){ .size = sizeof(scumble_config), .threads = argc > 7 ? atoi(argv[7]) : 2 }));
    prepare(&b, argv[1], argv[3]);
    int answered = 0;
    for (int i = 0; i < moments; i++) {
        double at_s = latest_s * fmod(0.5 + i * 0.6180339887498949, 1), processor_s, waited_s; /* evenly spread */
        waited_s = one_moment(&b, run, at_s, &processor_s);
        printf("at %7.3f s: waited %.3f s, processor %.3f s%s\n", at_s, fmax(waited_s, 0), processor_s,
               waited_s < 0 ? " (it was over)" : "");
        fflush(stdout);
        if (waited_s < 0)
            continue;
        answered++;
        sum += waited_s;
        most = fmax(most, waited_s);
        most_processor = fmax(most_processor, processor_s);
    }
    printf("%s: %d cancelled, waited %.3f s on the average and %.3f s at most; processor %.3f s at most\n", argv[1],
           answered, sum / (answered ? answered : 1), most, most_processor);
    scumble_image_free(&b.photo);
    scumble_image_free(&b.painting);
    scumble_close(&b.s);
    return 0;
}
