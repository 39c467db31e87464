/* SPDX-License-Identifier: MIT */
/* Building of error sentences. See error.h. */
#include "core/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void error_blank_controls(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
}

int sc_fail(sc_error *err, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    error_blank_controls(err->text);
    err->code = code;
    return code;
}

int sc_fail_memory(sc_error *err, size_t size_bytes)
{
    return sc_fail(err, SCUMBLE_ERR_MEMORY, "not enough memory: %.1f MiB more were needed; try a smaller `size`",
                   (double)size_bytes / 1048576.0);
}

int sc_fail_errno(sc_error *err, int errno_value, const char *verb, const char *path)
{
    int code = SCUMBLE_ERR_IO;
    if (errno_value == ENOENT || errno_value == ENOTDIR)
        code = SCUMBLE_ERR_NOT_FOUND;
    else if (errno_value == EACCES || errno_value == EPERM || errno_value == EROFS)
        code = SCUMBLE_ERR_ACCESS;
    else if (errno_value == ENOSPC || errno_value == EDQUOT || errno_value == EFBIG)
        code = SCUMBLE_ERR_NO_SPACE;
    char reason[256];
    if (strerror_r(errno_value, reason, sizeof reason))
        snprintf(reason, sizeof reason, "error %d", errno_value);
    return sc_fail(err, code, "cannot %s '%s': %s", verb, path, reason);
}

int sc_error_prefix(sc_error *err, const char *format, ...)
{
    char joined[2 * sizeof err->text];
    va_list args;
    va_start(args, format);
    int used = vsnprintf(joined, sizeof err->text, format, args);
    va_end(args);
    if (used < 0 || (size_t)used >= sizeof err->text)
        return err->code;
    snprintf(joined + used, sizeof joined - (size_t)used, ": %s", err->text);
    memcpy(err->text, joined, sizeof err->text - 1);
    err->text[sizeof err->text - 1] = 0;
    error_blank_controls(err->text);
    return err->code;
}

int sc_error_prefix_file(sc_error *err, const char *path)
{
    return strstr(err->text, path) ? err->code : sc_error_prefix(err, "'%.300s'", path);
}
