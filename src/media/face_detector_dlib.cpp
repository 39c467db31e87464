// SPDX-License-Identifier: MIT
// The face detector of dlib: histograms of oriented gradients under a sliding window, a linear classifier trained with
// max-margin object detection (Dalal and Triggs 2005; Felzenszwalb et al. 2010; King 2015), five views of a head. Its
// weights are in dlib's header, so no model file is needed. The only user of dlib, and the only C++ here: a thin shim,
// linked as a module of its own.
#include "media/face_detector.h"

#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include <dlib/array2d.h>
#include <dlib/image_processing/frontal_face_detector.h>

#include "scumble/scumble.h"

// No exception may reach C.
int sc_face_detector_run(const unsigned char *grey, int width, int height, float (*boxes)[5], int capacity, int *count)
try {
    *count = 0;
    dlib::array2d<unsigned char> picture(height, width);
    for (int y = 0; y < height; y++)
        std::memcpy(&picture[y][0], grey + static_cast<std::size_t>(y) * static_cast<std::size_t>(width),
                    static_cast<std::size_t>(width));
    // Unpacked once (a quarter of a second) and never changed: running a detector changes it, so that each call runs a
    // copy.
    static const dlib::frontal_face_detector unpacked = dlib::get_frontal_face_detector();
    dlib::frontal_face_detector detector = unpacked;
    std::vector<std::pair<double, dlib::rectangle>> found;
    detector(picture, found);
    for (const auto &face : found) {
        if (*count == capacity)
            break;
        float *box = boxes[(*count)++];
        box[0] = static_cast<float>(face.second.left());
        box[1] = static_cast<float>(face.second.top());
        box[2] = static_cast<float>(face.second.width());
        box[3] = static_cast<float>(face.second.height());
        box[4] = static_cast<float>(face.first);
    }
    return 0;
} catch (const std::bad_alloc &) {
    *count = 0;
    return SCUMBLE_ERR_MEMORY;
} catch (...) {
    *count = 0;
    return SCUMBLE_ERR_INTERNAL;
}
