/* SPDX-License-Identifier: MIT */
/* A describer with its cache. See matching.h. */
#include "measure/matching.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "measure/descriptor_cache.h"

#define CACHE_BYTES ((int64_t)512 << 20)

struct sc_matching {
    sc_describer *describer;
    sc_descriptor_cache *cache; /* NULL: not yet, or there is none */
    char encoder[13];           /* the begin of its hash */
};

int sc_matching_create(sc_matching **matching, const sc_encoder *encoder, sc_threads *threads, sc_error *err)
{
    *matching = NULL;
    sc_matching *m = calloc(1, sizeof *m);
    if (!m)
        return sc_fail_memory(err, sizeof *m);
    int code = sc_media_init(err);
    if (!code)
        code = sc_describer_create(&m->describer, encoder, threads, err);
    if (code) {
        free(m);
        return code;
    }
    memcpy(m->encoder, sc_encoder_sha256(encoder), sizeof m->encoder - 1);
    *matching = m;
    return SCUMBLE_OK;
}

void sc_matching_free(sc_matching *matching)
{
    if (!matching)
        return;
    sc_describer_free(matching->describer);
    sc_descriptor_cache_close(matching->cache);
    free(matching);
}

int sc_matching_describe(sc_matching *matching, const sc_image *image, int long_edge, sc_descriptor *descriptor,
                         sc_error *err)
{
    return sc_describe(matching->describer, image, long_edge, descriptor, err);
}

static char *cache_path(void)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && *cache == '/')
        return sc_format("%s/scumble/descriptors.sqlite", cache);
    return home && *home ? sc_format("%s/.cache/scumble/descriptors.sqlite", home) : NULL;
}

static sc_descriptor_cache *open_cache(sc_matching *m)
{
    sc_error ignored = { 0 };
    char *path = m->cache ? NULL : cache_path();
    if (path)
        sc_descriptor_cache_open(&m->cache, path, CACHE_BYTES, &ignored);
    free(path);
    return m->cache;
}

static int measure_file(sc_matching *m, const char *path, const sc_image_limits *limits, sc_descriptor *descriptor,
                        sc_error *err)
{
    sc_image image;
    int code = sc_image_load(&image, path, limits, err);
    if (code)
        return code;
    code = sc_describe(m->describer, &image, SC_DESCRIPTOR_EDGE, descriptor, err);
    sc_image_free(&image);
    return code;
}

int sc_matching_describe_file(sc_matching *m, const char *path, const sc_image_limits *limits,
                              sc_descriptor *descriptor, sc_error *err)
{
    char hash[65], key[120];
    sc_descriptor_cache *cache = open_cache(m);
    if (!cache)
        return measure_file(m, path, limits, descriptor, err);
    int code = sc_descriptor_cache_hash(limits ? limits->threads : NULL, cache, path, hash, err);
    if (code)
        return code;
    snprintf(key, sizeof key, "%s %s %d %zu", hash, m->encoder, SC_DESCRIPTOR_VERSION, sizeof(sc_descriptor));
    if (sc_descriptor_cache_find(cache, key, descriptor))
        return SCUMBLE_OK;
    code = measure_file(m, path, limits, descriptor, err);
    if (!code)
        sc_descriptor_cache_put(cache, key, descriptor);
    return code;
}
