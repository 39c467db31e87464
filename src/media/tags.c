/* SPDX-License-Identifier: MIT */
/* Directories of TIFF and records of IPTC, which are simple enough to be read here. See tags.h. */
#include "media/tags.h"

#include <string.h>

uint32_t sc_tag_number(const uint8_t *p, int bytes, bool little)
{
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | p[little ? bytes - 1 - i : i];
    return value;
}

/* ---- TIFF and EXIF --------------------------------------------------------------------------------------------- */

enum { POINTER_EXIF = 0x8769, POINTER_GPS = 0x8825 };

typedef struct walk {
    const uint8_t *file;
    size_t size;
    bool little;
    void (*visit)(void *user, const sc_tag *tag);
    void *user;
    uint32_t exif, gps; /* where these directories begin; 0 = there is none */
} walk;

static size_t size_of_type(uint32_t type)
{
    switch (type) {
    case SC_TAG_BYTE:
    case SC_TAG_ASCII: return 1;
    case SC_TAG_SHORT: return 2;
    case SC_TAG_LONG: return 4;
    case SC_TAG_RATIONAL:
    case SC_TAG_SIGNED_RATIONAL: return 8;
    default: return 0;
    }
}

/* One entry of 12 bytes: tag, type, count, and the values or where they are. */
static void walk_entry(walk *w, sc_directory directory, const uint8_t *entry)
{
    sc_tag tag = { .directory = directory,
                   .tag = sc_tag_number(entry, 2, w->little),
                   .type = sc_tag_number(entry + 2, 2, w->little),
                   .count = sc_tag_number(entry + 4, 4, w->little),
                   .value = entry + 8,
                   .little = w->little };
    uint32_t at = sc_tag_number(entry + 8, 4, w->little);
    size_t each = size_of_type(tag.type);
    if (!each || tag.count > w->size / each)
        return;
    tag.size = each * tag.count;
    if (tag.size > 4) {
        if (at > w->size || tag.size > w->size - at)
            return;
        tag.value = w->file + at;
    }
    if (directory == SC_DIRECTORY_IMAGE && tag.type == SC_TAG_LONG && tag.tag == POINTER_EXIF)
        w->exif = at;
    else if (directory == SC_DIRECTORY_IMAGE && tag.type == SC_TAG_LONG && tag.tag == POINTER_GPS)
        w->gps = at;
    else
        w->visit(w->user, &tag);
}

static void walk_directory(walk *w, sc_directory directory, uint32_t at)
{
    if (at > w->size - 2)
        return;
    size_t count = sc_tag_number(w->file + at, 2, w->little), room = (w->size - at - 2) / 12;
    for (size_t i = 0; i < count && i < room; i++)
        walk_entry(w, directory, w->file + at + 2 + 12 * i);
}

void sc_tags_walk(const void *data, size_t size, void (*visit)(void *user, const sc_tag *tag), void *user)
{
    const uint8_t *file = data;
    if (size > 6 && !memcmp(file, "Exif\0", 6)) {
        file += 6;
        size -= 6;
    }
    bool little = size >= 8 && !memcmp(file, "II*", 4);
    if (size < 8 || (!little && memcmp(file, "MM\0*", 4)))
        return;
    walk w = { .file = file, .size = size, .little = little, .visit = visit, .user = user };
    walk_directory(&w, SC_DIRECTORY_IMAGE, sc_tag_number(file + 4, 4, little));
    if (w.exif)
        walk_directory(&w, SC_DIRECTORY_EXIF, w.exif);
    if (w.gps)
        walk_directory(&w, SC_DIRECTORY_GPS, w.gps);
}

/* ---- IPTC ------------------------------------------------------------------------------------------------------ */

/* Data sets: 0x1c, record, number, length (2 bytes; longer forms are for pictures and are not followed), data. The
 * character set (1:90) is not asked: text is UTF-8 where it can be. */
static void walk_records(const uint8_t *p, size_t size,
                         void (*visit)(void *user, int number, const void *text, size_t size), void *user)
{
    while (size >= 5 && p[0] == 0x1c) {
        size_t length = sc_tag_number(p + 3, 2, false);
        if (length > 0x7fff || length > size - 5)
            return;
        if (p[1] == 2)
            visit(user, p[2], p + 5, length);
        p += 5 + length;
        size -= 5 + length;
    }
}

void sc_iptc_walk(const void *data, size_t size, void (*visit)(void *user, int number, const void *text, size_t size),
                  void *user)
{
    static const char head[14] = "Photoshop 3.0"; /* with its NUL */
    const uint8_t *p = data;
    if (size >= sizeof head && !memcmp(p, head, sizeof head)) {
        p += sizeof head;
        size -= sizeof head;
    }
    if (size < 4 || memcmp(p, "8BIM", 4)) {
        walk_records(p, size, visit, user);
        return;
    }
    while (
        size >= 12 &&
        !memcmp(p, "8BIM", 4)) { /* type (2 bytes), name (length, text; even in all), length (4 bytes), data (even) */
        size_t name = (size_t)p[6] + 1, start = 6 + name + (name & 1) + 4;
        if (start > size)
            return;
        size_t length = sc_tag_number(p + start - 4, 4, false);
        if (length > size - start)
            return;
        if (sc_tag_number(p + 4, 2, false) == 0x0404)
            walk_records(p + start, length, visit, user);
        length += length & 1 && length < size - start;
        p += start + length;
        size -= start + length;
    }
}
