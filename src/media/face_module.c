/* SPDX-License-Identifier: MIT */
/* Loads the face detector's module. Where it lies only the run path of the library (or of a program that has the
 * library linked in) says: src/media/meson.build for the build folder, src/meson.build for an installed library. A
 * module that is missing is a library without a face detector. */
#include "media/face_detector.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sc_face_detector_fn *run;
static char problem[300];

static void load_face_module(void)
{
    void *module = dlopen("libscumble-faces.so", RTLD_NOW | RTLD_LOCAL);
    void *symbol = module ? dlsym(module, "sc_face_detector_run") : NULL;
    if (symbol)
        memcpy(&run, &symbol, sizeof run); /* ISO C has no cast from an object's pointer to a function's */
    else
        snprintf(problem, sizeof problem, "%s", dlerror());
}

sc_face_detector_fn *sc_face_detector_load(const char **why)
{
    pthread_once(&once, load_face_module);
    *why = problem;
    return run;
}
