/* SPDX-License-Identifier: MIT */
/* Errors inside the library: a negative SCUMBLE_ERR_* code as the return value, and one sentence
 * of detail in an sc_error that the caller provides. The sentence says what is wrong and what would
 * be right; it is complete on its own (no trailing newline) and becomes the public error text.
 * Functions that can fail take the sc_error last. It may not be NULL. Nothing here prints. */
#ifndef SC_CORE_ERROR_H
#define SC_CORE_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scumble/scumble.h"

typedef struct sc_error {
    int code;        /* SCUMBLE_OK or a negative SCUMBLE_ERR_* */
    char text[1024]; /* "" when code is SCUMBLE_OK */
} sc_error;

/* Records code and the formatted sentence, and returns code: `return sc_fail(err, ...)`.
 * Control characters in the text (from hostile names) are replaced by '?'. */
int sc_fail(sc_error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* SCUMBLE_ERR_MEMORY with a sentence that names the size. */
int sc_fail_memory(sc_error *err, size_t size_bytes);
/* SCUMBLE_ERR_NOT_FOUND, _ACCESS, _NO_SPACE or _IO for an errno value, naming the path:
 * "cannot <verb> '<path>': <reason>". */
int sc_fail_errno(sc_error *err, int errno_value, const char *verb, const char *path);
/* Puts "<prefix>: " before the text that err holds, and returns its code. */
int sc_error_prefix(sc_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same with "'<path>'", unless the text names that file already. */
int sc_error_prefix_file(sc_error *err, const char *path);

/* Overflow-checked products for sizes that come from a file or a user. False when it overflows. */
static inline bool sc_mul_size(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

#endif
