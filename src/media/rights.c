/* SPDX-License-Identifier: MIT */
/* Texts about rights: cleaned when they are taken, judged, put on one line. XMP is read in image_xmp.c. See rights.h.
 */
#include "media/rights.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "media/tags.h"

const char *sc_right_name(sc_right right)
{
    static const char *const names[SC_RIGHT_COUNT] = {
        [SC_RIGHT_CREATOR] = "creator",         [SC_RIGHT_NOTICE] = "notice",           [SC_RIGHT_LICENCE] = "licence",
        [SC_RIGHT_STATEMENT] = "statement",     [SC_RIGHT_CREDIT] = "credit",           [SC_RIGHT_MARKED] = "marked",
        [SC_RIGHT_DATA_MINING] = "data_mining", [SC_RIGHT_SOURCE_TYPE] = "source_type",
    };
    return names[right];
}

/* ---- taking texts ---------------------------------------------------------------------------------------------- */

static const char ellipsis[] = "\xe2\x80\xa6";

/* Marks that only steer how text runs: they could make a line read as what it is not. */
static bool steers(gunichar c)
{
    return (c >= 0x200e && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* The next character of p (n bytes, of which one or more are used); a blank for what does not print. 0: leave it out.
 */
static gunichar next_character(const char *p, size_t n, bool utf8, size_t *used)
{
    gunichar c = utf8 ? g_utf8_get_char_validated(p, (gssize)n) : (gunichar)(unsigned char)*p;
    *used = utf8 ? (size_t)g_unichar_to_utf8(c, NULL) : 1;
    if (steers(c))
        return 0;
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xad ? ' ' : c;
}

void sc_rights_clean(const char *text, size_t size, char *out, size_t room)
{
    bool utf8 = g_utf8_validate(text, (gssize)size, NULL), blank = true;
    size_t length = 0, most = room - sizeof ellipsis, used;
    for (size_t at = 0; at < size; at += used) {
        char character[6];
        gunichar c = next_character(text + at, size - at, utf8, &used);
        size_t bytes = c ? (size_t)g_unichar_to_utf8(c, character) : 0;
        if (!c || (c == ' ' && blank))
            continue;
        if (length + bytes > most) {
            memcpy(out + length, ellipsis, sizeof ellipsis - 1);
            length += sizeof ellipsis - 1;
            break;
        }
        memcpy(out + length, character, bytes);
        length += bytes;
        blank = c == ' ';
    }
    while (length && out[length - 1] == ' ')
        length--;
    out[length] = 0;
}

/* One of the parts that sc_rights_add joined with "; ". */
static bool says_already(const char *all, const char *text)
{
    size_t length = strlen(text);
    for (const char *p = all; (p = strstr(p, text)); p++)
        if ((p == all || (p - all >= 2 && !memcmp(p - 2, "; ", 2))) && (!p[length] || p[length] == ';'))
            return true;
    return false;
}

static bool is_cut(const char *text)
{
    size_t length = strlen(text), mark = sizeof ellipsis - 1;
    return length >= mark && !strcmp(text + length - mark, ellipsis);
}

void sc_rights_add(sc_rights *rights, sc_right right, sc_rights_place place, const void *text, size_t size)
{
    char cleaned[SC_RIGHT_BYTES], *all = rights->text[right];
    sc_rights_clean(text, strnlen(text, size), cleaned, sizeof cleaned);
    size_t length = strlen(all), more = strlen(cleaned);
    if (!more)
        return;
    rights->places[right] |= (unsigned char)place;
    if (says_already(all, cleaned))
        return;
    if (!length)
        memcpy(all, cleaned, more + 1);
    else if (right == SC_RIGHT_MARKED) { /* who says so once is heard */
        if (!g_ascii_strcasecmp(cleaned, "true"))
            memcpy(all, cleaned, more + 1);
    } else if (length + 2 + more + sizeof ellipsis <= SC_RIGHT_BYTES)
        snprintf(all + length, SC_RIGHT_BYTES - length, "; %s", cleaned);
    else if (!is_cut(all))
        memcpy(all + length, ellipsis, sizeof ellipsis);
}

bool sc_rights_empty(const sc_rights *rights)
{
    for (int i = 0; i < SC_RIGHT_COUNT; i++)
        if (*rights->text[i])
            return false;
    return true;
}

/* ---- judging --------------------------------------------------------------------------------------------------- */

typedef char words[SC_RIGHT_BYTES + 2];

/* Small letters, and one blank for whatever is no letter or digit, at both ends too: "CC-BY 4.0" becomes " cc by 4 0 ".
 * Bytes beyond ASCII stay. */
static void to_words(const char *text, words out)
{
    size_t length = 0;
    out[length++] = ' ';
    for (; *text; text++)
        if (g_ascii_isalnum(*text) || (unsigned char)*text >= 0x80)
            out[length++] = g_ascii_tolower(*text);
        else if (out[length - 1] != ' ')
            out[length++] = ' ';
    if (out[length - 1] != ' ')
        out[length++] = ' ';
    out[length] = 0;
}

static bool any_of(const char *text, const char *const *phrases)
{
    for (; *phrases; phrases++)
        if (strstr(text, *phrases))
            return true;
    return false;
}

static const char *const closed_phrases[] = { " all rights reserved ",
                                              " alle rechte vorbehalten ",
                                              " tous droits r\xc3\xa9serv\xc3\xa9s ",
                                              " not public domain ",
                                              " not in public domain ",
                                              " not in the public domain ",
                                              NULL };
static const char *const commons_phrases[] = { " cc by ", " licenses by ", " creative commons attribution ", NULL };
static const char *const free_phrases[] = {
    " public domain ",      " publicdomain ",       " cc0 ",        " cc zero ",        " creative commons zero ",
    " no rights reserved ", " no known copyright ", " gemeinfrei ", " domaine public ", NULL
};
static const char *const no_derivatives[] = { " nd ", "noderiv", " no deriv", NULL };
static const char *const no_commerce[] = { " nc ", "noncommercial", " non commercial", NULL };

static const sc_right stated[] = { SC_RIGHT_NOTICE, SC_RIGHT_LICENCE, SC_RIGHT_STATEMENT };
enum { STATED = sizeof stated / sizeof *stated };

const char *sc_rights_reserved(const sc_rights *rights)
{
    bool open = false, says = false;
    for (int i = 0; i < STATED; i++) {
        words text;
        to_words(rights->text[stated[i]], text);
        bool commons = any_of(text, commons_phrases);
        if (any_of(text, closed_phrases))
            return "reserves all rights";
        if (commons && any_of(text, no_derivatives))
            return "has a licence without derivatives (ND)";
        open |= (commons || any_of(text, free_phrases)) && !is_cut(rights->text[stated[i]]);
        says |= *rights->text[stated[i]] != 0;
    }
    if (strstr(rights->text[SC_RIGHT_DATA_MINING], "DMI-PROHIBITED"))
        return "prohibits data mining";
    if (open)
        return NULL;
    if (g_ascii_strcasecmp(rights->text[SC_RIGHT_MARKED], "true") == 0)
        return "is marked as under copyright";
    return says ? "states rights and names no open licence" : NULL;
}

bool sc_rights_noncommercial(const sc_rights *rights)
{
    for (int i = 0; i < STATED; i++) {
        words text;
        to_words(rights->text[stated[i]], text);
        if (any_of(text, commons_phrases) && any_of(text, no_commerce))
            return true;
    }
    return false;
}

static void media_rights_append(char *line, const char *before, const char *text)
{
    size_t length = strlen(line);
    char part[SC_SUMMARY_BYTES];
    if (!*text || length + 40 > SC_SUMMARY_BYTES)
        return;
    sc_rights_clean(text, strlen(text), part, SC_SUMMARY_BYTES - length - 20);
    const char *const parts[] = { length ? "; " : "", before, part };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        g_strlcat(line, parts[i], SC_SUMMARY_BYTES);
}

void sc_rights_summary(const sc_rights *rights, char line[SC_SUMMARY_BYTES])
{
    *line = 0;
    media_rights_append(line, "", rights->text[SC_RIGHT_NOTICE]);
    media_rights_append(line, "by ", rights->text[SC_RIGHT_CREATOR]);
    media_rights_append(line, "", rights->text[SC_RIGHT_LICENCE]);
    media_rights_append(line, "", rights->text[SC_RIGHT_STATEMENT]);
    media_rights_append(line, "credit ", rights->text[SC_RIGHT_CREDIT]);
    if (g_ascii_strcasecmp(rights->text[SC_RIGHT_MARKED], "true") == 0)
        media_rights_append(line, "", "marked as under copyright");
    media_rights_append(line, "data mining ", rights->text[SC_RIGHT_DATA_MINING]);
    if (sc_rights_noncommercial(rights))
        media_rights_append(line, "", "not for commercial use");
}

/* ---- IPTC, TIFF and EXIF --------------------------------------------------------------------------------------- */

static void media_rights_take_record(void *user, int number, const void *text, size_t size)
{
    static const struct {
        int number;
        sc_right right;
    } sets[] = { { 80, SC_RIGHT_CREATOR }, { 110, SC_RIGHT_CREDIT }, { 116, SC_RIGHT_NOTICE } };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (number == sets[i].number)
            sc_rights_add(user, sets[i].right, SC_RIGHTS_IPTC, text, size);
}

void sc_rights_from_iptc(sc_rights *rights, const void *data, size_t size)
{
    sc_iptc_walk(data, size, media_rights_take_record, rights);
}

enum { TAG_ARTIST = 0x013b, TAG_COPYRIGHT = 0x8298 };

/* Copyright may be two texts, the photographer's and the editor's. */
static void media_rights_take_tag(void *user, const sc_tag *tag)
{
    if (tag->directory != SC_DIRECTORY_IMAGE || tag->type != SC_TAG_ASCII ||
        (tag->tag != TAG_ARTIST && tag->tag != TAG_COPYRIGHT))
        return;
    sc_right right = tag->tag == TAG_ARTIST ? SC_RIGHT_CREATOR : SC_RIGHT_NOTICE;
    size_t first = strnlen((const char *)tag->value, tag->size);
    sc_rights_add(user, right, SC_RIGHTS_EXIF, tag->value, first);
    if (first < tag->size)
        sc_rights_add(user, right, SC_RIGHTS_EXIF, tag->value + first + 1, tag->size - first - 1);
}

void sc_rights_from_tiff(sc_rights *rights, const void *data, size_t size)
{
    sc_tags_walk(data, size, media_rights_take_tag, rights);
}
