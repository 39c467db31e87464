/* SPDX-License-Identifier: MIT */
/* The face detector, a module of its own: dlib brings OpenBLAS with it, which would cost every start of a program a
 * third of its time. face_detector_dlib.cpp is the module and defines sc_face_detector_run, the one name that it shows;
 * face_module.c finds it for faces.c. Read by C and by C++, so it keeps to plain types. */
#ifndef SC_MEDIA_FACE_DETECTOR_H
#define SC_MEDIA_FACE_DETECTOR_H

#ifdef __cplusplus
extern "C" {
#endif

/* Edge of the smallest face that is found, in pixels; nothing is found in pictures with a shorter edge. */
#define SC_FACE_DETECTOR_WINDOW 80

/* grey: (height, width), borrowed. Writes the first capacity faces as x, y, width, height, score, in no promised order,
 * and their number to *count. Returns 0, SCUMBLE_ERR_MEMORY or SCUMBLE_ERR_INTERNAL. Prints nothing and throws nothing.
 * The first call takes longer. Modules may be older than the library: with other arguments it needs another name. */
typedef int sc_face_detector_fn(const unsigned char *grey, int width, int height, float (*boxes)[5], int capacity,
                                int *count);
__attribute__((visibility("default"))) sc_face_detector_fn sc_face_detector_run;

/* sc_face_detector_run of the module, which the first call loads for the rest of the process; NULL where there is none,
 * with the dynamic linker's words for it in *why (static). From any thread. */
sc_face_detector_fn *sc_face_detector_load(const char **why);

#ifdef __cplusplus
}
#endif

#endif
