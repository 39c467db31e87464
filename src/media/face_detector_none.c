/* SPDX-License-Identifier: MIT */
/* The face detector of a build without one. */
#include "media/face_detector.h"

#include "scumble/scumble.h"

int sc_face_detector_available(void)
{
    return 0;
}

int sc_face_detector_run(const unsigned char *grey, int width, int height, float (*boxes)[5], int capacity, int *count)
{
    (void)grey, (void)width, (void)height, (void)boxes, (void)capacity;
    *count = 0;
    return SCUMBLE_ERR_UNSUPPORTED;
}
