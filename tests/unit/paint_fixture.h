/* SPDX-License-Identifier: MIT */
/* Whole pictures in one call, for tests that see what an application sees. Include after cmocka.h. */
#ifndef TESTS_PAINT_FIXTURE_H
#define TESTS_PAINT_FIXTURE_H

#include <scumble/run.h>

/* GUIDES(.masks = masks, .mask_count = 2) */
#define GUIDES(...) (&(scumble_guides){ .size = sizeof(scumble_guides), __VA_ARGS__ })

/* A run of a photo, or (NULL) of a texture; guides may be NULL. On failure *run is NULL. */
static inline int open_run(scumble_style *style, const scumble_guides *guides, const scumble_image *photo, int width,
                           int height, scumble_run **run)
{
    int code = scumble_run_open(style, run);
    if (!code && guides)
        code = scumble_run_guide(*run, guides);
    if (!code)
        code = photo ? scumble_run_content(*run, photo) : scumble_run_texture(*run, width, height);
    if (code)
        scumble_run_close(run);
    return code;
}

/* The whole run, as scumble_run_finish. */
static inline int paint_photo(scumble_style *style, const scumble_image *photo, scumble_event_fn progress, void *user,
                              scumble_image **result)
{
    scumble_run *run;
    *result = NULL;
    int code = open_run(style, NULL, photo, 0, 0, &run);
    if (!code)
        code = scumble_run_finish(run, progress, user, result);
    scumble_run_close(&run);
    return code;
}

/* The rest of a run whose state lies in a file. */
static inline int paint_rest(scumble_style *style, const scumble_guides *guides, const scumble_image *photo,
                             const char *state, scumble_image **result)
{
    scumble_run *run;
    *result = NULL;
    int code = open_run(style, guides, photo, 0, 0, &run);
    if (!code)
        code = scumble_run_restore(run, state);
    if (!code)
        code = scumble_run_finish(run, NULL, NULL, result);
    scumble_run_close(&run);
    return code;
}

static inline int paint_texture(scumble_style *style, int width, int height, scumble_event_fn progress, void *user,
                                scumble_image **result)
{
    scumble_run *run;
    *result = NULL;
    int code = open_run(style, NULL, NULL, width, height, &run);
    if (!code)
        code = scumble_run_finish(run, progress, user, result);
    scumble_run_close(&run);
    return code;
}

#endif
