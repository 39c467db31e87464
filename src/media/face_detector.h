/* SPDX-License-Identifier: MIT */
/* What faces.c asks of a detector. Meson takes one of the two files that define it: face_detector_dlib.cpp, or
 * face_detector_none.c. Read by C and by C++, so it keeps to plain types. */
#ifndef SC_MEDIA_FACE_DETECTOR_H
#define SC_MEDIA_FACE_DETECTOR_H

#ifdef __cplusplus
extern "C" {
#endif

/* Edge of the smallest face that is found, in pixels; nothing is found in pictures with a shorter edge. */
#define SC_FACE_DETECTOR_WINDOW 80

/* 1 or 0. */
int sc_face_detector_available(void);

/* grey: (height, width), borrowed. Writes the first capacity faces as x, y, width, height, score, in no promised order, and
 * their number to *count. Returns 0, SCUMBLE_ERR_MEMORY, SCUMBLE_ERR_INTERNAL, or SCUMBLE_ERR_UNSUPPORTED where there is no
 * detector. Prints nothing and throws nothing. The first call takes longer. */
int sc_face_detector_run(const unsigned char *grey, int width, int height, float (*boxes)[5], int capacity, int *count);

#ifdef __cplusplus
}
#endif

#endif
