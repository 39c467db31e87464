/* SPDX-License-Identifier: MIT */
/* What libvips 8.14 does not say about files, read from their outer structure: the metadata box of JPEG XL, which it
 * neither writes nor reads, whether a JPEG has its end, and whether a PPM has a size (0 makes GObject print warnings).
 *
 * A JPEG XL file is a bare codestream, or a container of boxes (ISO/IEC 18181-2): signature, file type, then codestream
 * and metadata boxes in any order. Each box is a 32-bit size (0 = to the end of the file, 1 = a 64-bit size follows the
 * type) and a 4-letter type. */
#define _GNU_SOURCE /* memmem */
#include "media/image_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Signature box and file type box: what every container starts with. */
static const uint8_t container_head[32] = "\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14"
                                          "ftypjxl \0\0\0\0jxl ";

static void put_box(uint8_t *at, size_t size, const char *type)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(size >> (24 - 8 * i));
    memcpy(at + 4, type, 4);
}

/* The head of the file up to where the encoder's bytes go on; *skip is how many of those the head already holds. */
uint8_t *sc_jxl_head(const void *encoded, size_t encoded_bytes, const char *packet, size_t *head_bytes, size_t *skip)
{
    bool boxed = encoded_bytes >= sizeof container_head && !memcmp(encoded, container_head, 12);
    size_t length = strlen(packet), total = sizeof container_head + 8 + length + (boxed ? 0 : 8);
    uint8_t *head = malloc(total);
    if (!head)
        return NULL;
    memcpy(head, container_head, sizeof container_head);
    put_box(head + sizeof container_head, 8 + length, "xml ");
    memcpy(head + sizeof container_head + 8, packet, length);
    if (!boxed)
        put_box(head + total - 8, 0, "jxlc");
    *head_bytes = total;
    *skip = boxed ? sizeof container_head : 0;
    return head;
}

static uint64_t big_endian(const uint8_t *p, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | p[i];
    return value;
}

char *sc_jxl_read(const void *data, size_t size_bytes, sc_rights *rights, sc_details *details)
{
    const uint8_t *file = data;
    char *recipe = NULL;
    if (size_bytes < sizeof container_head || memcmp(file, container_head, 12))
        return NULL;
    for (size_t at = 0; size_bytes - at >= 8;) {
        uint64_t size = big_endian(file + at, 4);
        size_t head = 8, left = size_bytes - at;
        if (size == 1 && left >= 16) {
            size = big_endian(file + at + 8, 8);
            head = 16;
        }
        if (size == 0)
            size = left;
        if (size < head || size > left)
            break;
        const uint8_t *content = file + at + head;
        size_t length = (size_t)size - head;
        if (!memcmp(file + at + 4, "xml ", 4)) {
            char *found = sc_xmp_read(content, length, rights, details);
            if (recipe)
                free(found);
            else
                recipe = found;
        } else if (!memcmp(file + at + 4, "Exif", 4) && length > 4) { /* behind an offset, which is 0 in practice */
            sc_rights_from_tiff(rights, content + 4, length - 4);
            if (details)
                sc_details_from_tiff(details, content + 4, length - 4);
        }
        at += (size_t)size;
    }
    return recipe;
}

bool sc_jpeg_complete(const void *data, size_t size_bytes)
{
    const uint8_t *file = data;
    size_t at = 2; /* behind the start marker */
    while (at < size_bytes && size_bytes - at >= 4 && file[at] == 0xff && file[at + 1] != 0xda) {
        bool fill = file[at + 1] == 0xff; /* markers may be padded with 0xff */
        at += fill ? 1 : 2 + ((size_t)file[at + 2] << 8 | file[at + 3]);
    }
    return at < size_bytes && memmem(file + at, size_bytes - at, "\xff\xd9", 2);
}

bool sc_ppm_has_size(const uint8_t *head, size_t size_bytes)
{
    size_t at = 2; /* behind "P6" */
    for (int number = 0; number < 2; number++) {
        while (at < size_bytes && (isspace(head[at]) || head[at] == '#'))
            if (head[at] == '#')
                while (at < size_bytes && head[at] != '\n')
                    at++;
            else
                at++;
        if (at == size_bytes || !isdigit(head[at]))
            return at == size_bytes && at == SC_SNIFF_BYTES; /* a long comment: let the loader see */
        int value = 0;
        for (int digits = 0; at < size_bytes && isdigit(head[at]); at++, digits++) {
            if (digits == 9)
                return false;
            value = value * 10 + head[at] - '0';
        }
        if (value == 0)
            return false;
    }
    return true;
}
