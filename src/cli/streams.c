/* SPDX-License-Identifier: MIT */
/* Pictures through pipes. See streams.h. */
#define _GNU_SOURCE
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "paths.h"
#include "text.h"

#define MOST_BYTES (1LL << 30)

static const char standard_input[] = "standard input";

/* ---- input ----------------------------------------------------------------------------------------------------- */

/* All that comes from `from`, in memory that has this name. Returns a descriptor, or -1 after a message. */
static int read_whole(int from, const char *name)
{
    char *buffer = must(malloc(1 << 16));
    int memory = memfd_create(name, MFD_CLOEXEC);
    int64_t size = 0;
    ssize_t got = memory < 0 ? -1 : 1;
    while (got > 0 && size <= MOST_BYTES) {
        got = read(from, buffer, 1 << 16);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0 && write(memory, buffer, (size_t)got) != got)
            got = -1;
        else
            size += got > 0 ? got : 0;
    }
    free(buffer);
    if (got >= 0 && size <= MOST_BYTES)
        return memory;
    if (got < 0)
        console_error("cannot read '%s': %s", name, strerror(errno));
    else
        console_error("'%s' gives more than 1 GiB, which is no picture; give a file", name);
    if (memory >= 0)
        close(memory);
    return -1;
}

/* Takes over what was read of *path. A descriptor that was named is replaced by it, so that its name leads there; else
 * it gets a name. */
static int replace_by(int memory, char **path, const char *name)
{
    int descriptor = streams_descriptor(*path);
    char *kept = text_copy(name); /* which may be a part of *path */
    if (descriptor >= 0 && dup2(memory, descriptor) >= 0)
        close(memory);
    else {
        free(*path);
        *path = text_format("/dev/fd/%d", memory);
    }
    streams_note_input(*path, kept);
    free(kept);
    return 0;
}

int streams_input(char **path)
{
    bool dash = !strcmp(*path, "-");
    if (dash) {
        free(*path);
        *path = text_copy("/dev/stdin");
    }
    if (streams_is_input(*path) && !dash)
        return 0;
    if (!dash && (!paths_exists(*path) || !paths_is_special(*path) || paths_is_folder(*path)))
        return 0;
    bool is_stdin = streams_descriptor(*path) == 0;
    static bool stdin_taken;
    if (is_stdin && stdin_taken)
        return console_usage("standard input is given twice, but can be read only once; save it in a file");
    stdin_taken |= is_stdin;
    const char *slash = strrchr(*path, '/'), *base = slash ? slash + 1 : *path;
    const char *name = is_stdin ? standard_input : streams_descriptor(*path) >= 0 ? "pipe" : base;
    int from = is_stdin ? STDIN_FILENO : open(*path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (from >= 0 && isatty(from)) {
        if (!is_stdin)
            close(from);
        return console_usage("'%s' is a terminal, which gives no picture; send one: scumble ... <photo.jpg", name);
    }
    int memory = from < 0 ? -1 : read_whole(from, name);
    if (from < 0)
        console_error("cannot read '%s': %s", *path, strerror(errno));
    else if (!is_stdin)
        close(from);
    return memory < 0 ? EXIT_FAILED : replace_by(memory, path, name);
}

/* ---- output ---------------------------------------------------------------------------------------------------- */

static int check_format(const char *format)
{
    char *name = text_format("x.%s", format);
    bool known = !strpbrk(format, "./") && scumble_image_writable(name);
    free(name);
    return known ? 0 :
                   console_usage("--format is '%s', which scumble cannot write; use png, jpeg, webp or tiff", format);
}

int streams_output(const char **output, const char **format, bool writes)
{
    bool dash = *output && !strcmp(*output, "-");
    if (dash)
        *output = "/dev/stdout";
    if (!*output || !paths_is_special(*output) || paths_is_folder(*output))
        return *format ?
                   console_usage(
                       "--format goes with -o - or another stream; that of a file follows the ending of its name") :
                   0;
    if (dash && writes && isatty(STDOUT_FILENO))
        return console_usage(
            "-o is '-', but standard output is a terminal; send it to a file or to a program: ... -o - | display");
    streams_note_output(!strcmp(*output, "/dev/stdout"));
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away is an error like a full disk */
    const char *ending = paths_extension(*output);
    if (!*format)
        *format = scumble_image_writable(*output) ? ending : "png";
    return check_format(*format);
}
