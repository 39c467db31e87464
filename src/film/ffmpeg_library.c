/* SPDX-License-Identifier: MIT */
/* Loads FFmpeg's libraries; see ffmpeg_library.h. Their file names have the number of the interface that the headers
 * describe, so what is found fits. */
#define _GNU_SOURCE
#include "film/ffmpeg_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

sc_ffmpeg_library sc_ffmpeg;

typedef struct entry {
    const char *name;
    void *pointer; /* to the function pointer in sc_ffmpeg */
} entry;

#define X(name) { #name, &name },
static const entry ffmpeg_functions[] = { SC_FFMPEG_FUNCTIONS(X) },
                   filter_functions[] = { SC_FFMPEG_FILTER_FUNCTIONS(X) };
#undef X

#define FILE_NAME(name, version) "lib" name ".so." AV_STRINGIFY(version)

static pthread_once_t films_once = PTHREAD_ONCE_INIT, filters_once = PTHREAD_ONCE_INIT;
static char films_problem[300], filters_problem[300]; /* why not; empty otherwise */

/* Takes the functions from the first library that has them. */
static void take_functions(void *const *libraries, int count, const entry *functions, size_t many, char *problem,
                           size_t size)
{
    for (size_t i = 0; i < many; i++) {
        void *symbol = NULL;
        for (int j = 0; j < count && !symbol; j++)
            symbol = dlsym(libraries[j], functions[i].name);
        memcpy(functions[i].pointer, &symbol, sizeof symbol);
        if (!symbol) {
            snprintf(problem, size, "%s is in none of them", functions[i].name);
            return;
        }
    }
}

static void drop_words(void *who, int level, const char *format, va_list arguments)
{
    (void)who, (void)level, (void)format, (void)arguments;
}

static void load_films(void)
{
    static const char *const names[] = { FILE_NAME("avutil", LIBAVUTIL_VERSION_MAJOR),
                                         FILE_NAME("avcodec", LIBAVCODEC_VERSION_MAJOR),
                                         FILE_NAME("avformat", LIBAVFORMAT_VERSION_MAJOR) };
    void *libraries[3];
    bool ours = !dlopen(names[0], RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD);
    for (int i = 0; i < 3; i++) {
        libraries[i] = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
        if (!libraries[i]) {
            snprintf(films_problem, sizeof films_problem, "%s", dlerror());
            return;
        }
    }
    take_functions(libraries, 3, ffmpeg_functions, sizeof ffmpeg_functions / sizeof *ffmpeg_functions, films_problem,
                   sizeof films_problem);
    if (ours && !*films_problem)
        av_log_set_callback(drop_words);
}

static void load_filters(void)
{
    void *library = dlopen(FILE_NAME("avfilter", LIBAVFILTER_VERSION_MAJOR), RTLD_LAZY | RTLD_LOCAL);
    if (!library)
        snprintf(filters_problem, sizeof filters_problem, "%s", dlerror());
    else
        take_functions(&library, 1, filter_functions, sizeof filter_functions / sizeof *filter_functions,
                       filters_problem, sizeof filters_problem);
}

static int ffmpeg_missing(const char *problem, sc_error *err)
{
    return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                   "films need FFmpeg's libraries, which cannot be loaded (%s): install FFmpeg, or give a sequence of "
                   "pictures (frame.%%04d.png)",
                   problem);
}

int sc_ffmpeg_load(sc_error *err)
{
    pthread_once(&films_once, load_films);
    return *films_problem ? ffmpeg_missing(films_problem, err) : SCUMBLE_OK;
}

int sc_ffmpeg_load_filters(sc_error *err)
{
    if (sc_ffmpeg_load(err))
        return err->code;
    pthread_once(&filters_once, load_filters);
    return *filters_problem ? ffmpeg_missing(filters_problem, err) : SCUMBLE_OK;
}
