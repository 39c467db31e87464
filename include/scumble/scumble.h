/* SPDX-License-Identifier: MIT */
/* scumble: neural style transfer. (API in the making; error codes first.) */
#ifndef SCUMBLE_SCUMBLE_H
#define SCUMBLE_SCUMBLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SCUMBLE_ERRORS(X)                                               \
    X(OK, 0, "success")                                                 \
    X(ERR_ARGUMENT, -1, "an argument or option is wrong")               \
    X(ERR_MEMORY, -2, "not enough memory")                              \
    X(ERR_NOT_FOUND, -3, "a file, model or layer does not exist")       \
    X(ERR_ACCESS, -4, "permission denied")                              \
    X(ERR_IO, -5, "reading or writing failed")                          \
    X(ERR_NO_SPACE, -6, "no space left")                                \
    X(ERR_FORMAT, -7, "a file is damaged or not what it claims to be")  \
    X(ERR_UNSUPPORTED, -8, "a valid input that scumble cannot handle")  \
    X(ERR_LIMIT, -9, "larger than a limit allows")                      \
    X(ERR_CANCELLED, -10, "stopped by the caller")                      \
    X(ERR_DIVERGED, -11, "the optimisation diverged")                   \
    X(ERR_NETWORK, -12, "a download failed")                            \
    X(ERR_INTERNAL, -13, "a bug in scumble")

typedef enum scumble_error {
#define SCUMBLE_X(name, code, text) SCUMBLE_##name = code,
    SCUMBLE_ERRORS(SCUMBLE_X)
#undef SCUMBLE_X
} scumble_error;

#ifdef __cplusplus
}
#endif
#endif
