/* SPDX-License-Identifier: MIT */
/* The recipe inside a picture's metadata: one property, scumble:recipe, in an XMP packet, which PNG, JPEG, WebP, TIFF, HEIC,
 * AVIF and JPEG XL all can carry. Reading finds that one property, as an element (as written here) or as an attribute (as
 * other tools rewrite it); it is not an XML parser, and it never reads past the packet or more than RECIPE_MAX. */
#define _GNU_SOURCE /* memmem */
#include "media/image_internal.h"

#include <stdlib.h>
#include <string.h>

#define PROPERTY "scumble:recipe"
#define RECIPE_MAX ((size_t)1 << 20)

static const char packet_head[] =
    "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
    "<rdf:Description rdf:about=\"\" xmlns:scumble=\"urn:scumble:xmp:1.0#\"><" PROPERTY ">";
static const char packet_tail[] =
    "</" PROPERTY "></rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>";

/* The escape of a byte that may not stand in XML text as it is; NULL for the others. Line ends are escaped so that no
 * reader normalises them; control characters that XML cannot express become '?'. */
static const char *escape_of(unsigned char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\t': return "&#9;";
    case '\n': return "&#10;";
    case '\r': return "&#13;";
    default: return c < 0x20 || c == 0x7f ? "?" : NULL;
    }
}

char *sc_xmp_write(const char *recipe)
{
    size_t length = 0;
    for (const char *p = recipe; *p; p++) {
        const char *escape = escape_of((unsigned char)*p);
        length += escape ? strlen(escape) : 1;
    }
    char *packet = malloc(sizeof packet_head + length + sizeof packet_tail);
    if (!packet)
        return NULL;
    char *out = packet;
    memcpy(out, packet_head, sizeof packet_head - 1);
    out += sizeof packet_head - 1;
    for (const char *p = recipe; *p; p++) {
        const char *escape = escape_of((unsigned char)*p);
        size_t n = escape ? strlen(escape) : 1;
        memcpy(out, escape ? escape : p, n);
        out += n;
    }
    memcpy(out, packet_tail, sizeof packet_tail);
    return packet;
}

static size_t put_utf8(unsigned long c, char *out)
{
    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        c = '?';
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    int extra = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[4] = { 0, 0xc0, 0xe0, 0xf0 };
    out[0] = (char)(lead[extra] | c >> 6 * extra);
    for (int i = 1; i <= extra; i++)
        out[i] = (char)(0x80 | (c >> 6 * (extra - i) & 0x3f));
    return (size_t)extra + 1;
}

/* Reads the reference "&...;" at p (n bytes left). Returns its length and puts its character; 0 when it is none. An escape
 * is never shorter than the character it stands for. */
static size_t read_reference(const char *p, size_t n, char *out, size_t *put)
{
    static const struct { const char *text; char c; } named[] = {
        { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&apos;", '\'' }
    };
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        size_t length = strlen(named[i].text);
        if (n >= length && !memcmp(p, named[i].text, length)) {
            *out = named[i].c;
            *put = 1;
            return length;
        }
    }
    char digits[12] = "";
    size_t length = 2;
    if (n < 4 || p[1] != '#')
        return 0;
    int base = p[2] == 'x' ? 16 : 10;
    length += base == 16;
    size_t first = length;
    for (; length < n && p[length] != ';'; length++) {
        if (length - first >= 8 || !strchr("0123456789abcdefABCDEF", p[length]) || !p[length])
            return 0;
        digits[length - first] = p[length];
    }
    if (length == n || length == first)
        return 0;
    *put = put_utf8(strtoul(digits, NULL, base), out);
    return length + 1;
}

static char *unescape(const char *text, size_t size)
{
    char *out = malloc(size + 5), *end = out;
    if (!out)
        return NULL;
    for (size_t i = 0; i < size;) {
        size_t put = 1, taken = text[i] == '&' ? read_reference(text + i, size - i, end, &put) : 0;
        if (!taken) {
            *end = text[i] ? text[i] : '?';
            taken = 1;
        }
        end += put;
        i += taken;
    }
    *end = 0;
    return out;
}

char *sc_xmp_read(const void *packet, size_t size_bytes)
{
    const char *begin = packet, *stop = begin + size_bytes;
    const size_t length = sizeof PROPERTY - 1;
    for (const char *p = begin; (p = memmem(p, (size_t)(stop - p), PROPERTY, length)); p += length) {
        const char *value = p + length;
        if (value >= stop || p == begin || p[-1] == '/')
            continue;
        char close = '<';
        if (*value == '=' && value + 1 < stop && (value[1] == '"' || value[1] == '\'')) {
            close = value[1];
            value++;
        } else if (*value != '>')
            continue;
        value++;
        const char *end = memchr(value, close, (size_t)(stop - value));
        if (end && (size_t)(end - value) <= RECIPE_MAX)
            return unescape(value, (size_t)(end - value));
    }
    return NULL;
}
