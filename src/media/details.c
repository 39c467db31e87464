/* SPDX-License-Identifier: MIT */
/* The table of what is kept of a photo's metadata, the readers, and how XMP writes what EXIF writes otherwise. See
 * details.h. */
#include "media/details.h"

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/rights.h"

#define IMAGE SC_DIRECTORY_IMAGE
#define EXIF SC_DIRECTORY_EXIF
#define GPS SC_DIRECTORY_GPS

static const sc_detail_info table[SC_DETAIL_COUNT] = {
    [SC_DETAIL_ACROSS] = { SC_DETAIL_NUMBER, IMAGE, 0x011a, NULL, 0, "tiff:XResolution", SC_XMP_SIMPLE },
    [SC_DETAIL_DOWN] = { SC_DETAIL_NUMBER, IMAGE, 0x011b, NULL, 0, "tiff:YResolution", SC_XMP_SIMPLE },
    [SC_DETAIL_UNIT] = { SC_DETAIL_NUMBER, IMAGE, 0x0128, NULL, 0, "tiff:ResolutionUnit", SC_XMP_SIMPLE },
    [SC_DETAIL_CAPTION] = { SC_DETAIL_TEXT, IMAGE, 0x010e, "ImageDescription", 120, "dc:description",
                            SC_XMP_ALTERNATIVE },
    [SC_DETAIL_TITLE] = { SC_DETAIL_TEXT, IMAGE, 0, NULL, 5, "dc:title", SC_XMP_ALTERNATIVE },
    [SC_DETAIL_HEADLINE] = { SC_DETAIL_TEXT, IMAGE, 0, NULL, 105, "photoshop:Headline", SC_XMP_SIMPLE },
    [SC_DETAIL_KEYWORDS] = { SC_DETAIL_LIST, IMAGE, 0, NULL, 25, "dc:subject", SC_XMP_BAG },
    [SC_DETAIL_MAKE] = { SC_DETAIL_TEXT, IMAGE, 0x010f, "Make", 0, "tiff:Make", SC_XMP_SIMPLE },
    [SC_DETAIL_MODEL] = { SC_DETAIL_TEXT, IMAGE, 0x0110, "Model", 0, "tiff:Model", SC_XMP_SIMPLE },
    [SC_DETAIL_LENS_MAKE] = { SC_DETAIL_TEXT, EXIF, 0xa433, "LensMake", 0, "exifEX:LensMake", SC_XMP_SIMPLE },
    [SC_DETAIL_LENS_MODEL] = { SC_DETAIL_TEXT, EXIF, 0xa434, "LensModel", 0, "exifEX:LensModel", SC_XMP_SIMPLE },
    [SC_DETAIL_TAKEN] = { SC_DETAIL_DATE, EXIF, 0x9003, "DateTimeOriginal", 0, "exif:DateTimeOriginal", SC_XMP_SIMPLE },
    [SC_DETAIL_TAKEN_ZONE] = { SC_DETAIL_ZONE, EXIF, 0x9011, "OffsetTimeOriginal", 0, NULL, SC_XMP_SIMPLE },
    [SC_DETAIL_DIGITISED] = { SC_DETAIL_DATE, EXIF, 0x9004, "DateTimeDigitized", 0, "exif:DateTimeDigitized",
                              SC_XMP_SIMPLE },
    [SC_DETAIL_DIGITISED_ZONE] = { SC_DETAIL_ZONE, EXIF, 0x9012, "OffsetTimeDigitized", 0, NULL, SC_XMP_SIMPLE },
    [SC_DETAIL_EXPOSURE_TIME] = { SC_DETAIL_NUMBER, EXIF, 0x829a, "ExposureTime", 0, "exif:ExposureTime",
                                  SC_XMP_SIMPLE },
    [SC_DETAIL_F_NUMBER] = { SC_DETAIL_NUMBER, EXIF, 0x829d, "FNumber", 0, "exif:FNumber", SC_XMP_SIMPLE },
    [SC_DETAIL_EXPOSURE_PROGRAM] = { SC_DETAIL_NUMBER, EXIF, 0x8822, "ExposureProgram", 0, "exif:ExposureProgram",
                                     SC_XMP_SIMPLE },
    [SC_DETAIL_ISO] = { SC_DETAIL_NUMBER, EXIF, 0x8827, "ISOSpeedRatings", 0, "exif:ISOSpeedRatings", SC_XMP_SEQUENCE },
    [SC_DETAIL_EXPOSURE_BIAS] = { SC_DETAIL_NUMBER, EXIF, 0x9204, "ExposureBiasValue", 0, "exif:ExposureBiasValue",
                                  SC_XMP_SIMPLE },
    [SC_DETAIL_METERING_MODE] = { SC_DETAIL_NUMBER, EXIF, 0x9207, "MeteringMode", 0, "exif:MeteringMode",
                                  SC_XMP_SIMPLE },
    [SC_DETAIL_FLASH] = { SC_DETAIL_NUMBER, EXIF, 0x9209, "Flash", 0, NULL, SC_XMP_SIMPLE }, /* a structure in XMP */
    [SC_DETAIL_FOCAL_LENGTH] = { SC_DETAIL_NUMBER, EXIF, 0x920a, "FocalLength", 0, "exif:FocalLength", SC_XMP_SIMPLE },
    [SC_DETAIL_FOCAL_LENGTH_35] = { SC_DETAIL_NUMBER, EXIF, 0xa405, "FocalLengthIn35mmFilm", 0,
                                    "exif:FocalLengthIn35mmFilm", SC_XMP_SIMPLE },
    [SC_DETAIL_EXPOSURE_MODE] = { SC_DETAIL_NUMBER, EXIF, 0xa402, "ExposureMode", 0, "exif:ExposureMode",
                                  SC_XMP_SIMPLE },
    [SC_DETAIL_WHITE_BALANCE] = { SC_DETAIL_NUMBER, EXIF, 0xa403, "WhiteBalance", 0, "exif:WhiteBalance",
                                  SC_XMP_SIMPLE },
    [SC_DETAIL_LATITUDE] = { SC_DETAIL_ANGLE, GPS, 2, "GPSLatitude", 0, "exif:GPSLatitude", SC_XMP_SIMPLE },
    [SC_DETAIL_LATITUDE_LETTER] = { SC_DETAIL_LETTER, GPS, 1, "GPSLatitudeRef", 0, NULL, SC_XMP_SIMPLE },
    [SC_DETAIL_LONGITUDE] = { SC_DETAIL_ANGLE, GPS, 4, "GPSLongitude", 0, "exif:GPSLongitude", SC_XMP_SIMPLE },
    [SC_DETAIL_LONGITUDE_LETTER] = { SC_DETAIL_LETTER, GPS, 3, "GPSLongitudeRef", 0, NULL, SC_XMP_SIMPLE },
    [SC_DETAIL_ALTITUDE] = { SC_DETAIL_NUMBER, GPS, 6, "GPSAltitude", 0, "exif:GPSAltitude", SC_XMP_SIMPLE },
    [SC_DETAIL_ALTITUDE_REFERENCE] = { SC_DETAIL_NUMBER, GPS, 5, "GPSAltitudeRef", 0, "exif:GPSAltitudeRef",
                                       SC_XMP_SIMPLE },
};

#define DC_SPACE "http://purl.org/dc/elements/1.1/"
#define TIFF_SPACE "http://ns.adobe.com/tiff/1.0/"
#define EXIF_SPACE "http://ns.adobe.com/exif/1.0/"
#define EXIF_EX_SPACE "http://cipa.jp/exif/1.0/"
#define PHOTOSHOP_SPACE "http://ns.adobe.com/photoshop/1.0/"

static const struct {
    const char *prefix, *space;
} spaces[] = {
    { "dc:", DC_SPACE },          { "tiff:", TIFF_SPACE },           { "exif:", EXIF_SPACE },
    { "exifEX:", EXIF_EX_SPACE }, { "photoshop:", PHOTOSHOP_SPACE },
};
const char sc_details_spaces[] = " xmlns:dc=\"" DC_SPACE "\" xmlns:tiff=\"" TIFF_SPACE "\" xmlns:exif=\"" EXIF_SPACE
                                 "\" xmlns:exifEX=\"" EXIF_EX_SPACE "\" xmlns:photoshop=\"" PHOTOSHOP_SPACE "\"";

const sc_detail_info *sc_detail_row(sc_detail detail)
{
    return &table[detail];
}

bool sc_detail_is_place(sc_detail detail)
{
    return table[detail].directory == SC_DIRECTORY_GPS;
}

bool sc_details_empty(const sc_details *details)
{
    for (int i = 0; i < SC_DETAIL_COUNT; i++)
        if (*details->text[i])
            return false;
    return true;
}

/* ---- kinds ----------------------------------------------------------------------------------------------------- */

/* A date in EXIF's form from this one or XMP's, with '-' and 'T'; *end is what follows. False when it is none. */
static bool read_date(const char *text, char date[20], const char **end)
{
    int year, month, day, hour = 0, minute = 0, second = 0, used = 0, more = 0;
    if (sscanf(text, "%4d%*1[:-]%2d%*1[:-]%2d%n", &year, &month, &day, &used) != 3 || !used)
        return false;
    if (sscanf(text + used, "%*1[ T]%2d:%2d%n", &hour, &minute, &more) == 2 && more) {
        used += more;
        more = 0;
        if (sscanf(text + used, ":%2d%n", &second, &more) == 1)
            used += more;
        if (text[used] == '.') /* parts of a second */
            used += 1 + (int)strspn(text + used + 1, "0123456789");
    }
    *end = text + used;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 60)
        return false;
    char digits[64];
    snprintf(digits, sizeof digits, "%04d:%02d:%02d %02d:%02d:%02d", year, month, day, hour, minute, second);
    g_strlcpy(date, digits, 20);
    return true;
}

static bool is_zone(const char *text)
{
    return (text[0] == '+' || text[0] == '-') && g_ascii_isdigit(text[1]) && g_ascii_isdigit(text[2]) &&
           text[3] == ':' && g_ascii_isdigit(text[4]) && g_ascii_isdigit(text[5]) && !text[6];
}

/* "4", "-2.8" or "1/100", whose parts EXIF can hold. */
static bool is_number(const char *text)
{
    char *end, *over;
    double value = g_ascii_strtod(text, &end), below = 1;
    if (end == text || strspn(text, "-0123456789./") != strlen(text))
        return false;
    if (*end == '/') {
        below = g_ascii_strtod(end + 1, &over);
        if (over == end + 1)
            return false;
        end = over;
    }
    return !*end && below > 0 && fabs(value) < 4e9 && below < 4e9;
}

/* Degrees, minutes and seconds. */
static bool read_angle(const char *text, double parts[3])
{
    unsigned above[3], below[3];
    int used = 0;
    if (strlen(text) > 70 ||
        sscanf(text, "%u/%u %u/%u %u/%u%n", above, below, above + 1, below + 1, above + 2, below + 2, &used) != 6 ||
        text[used])
        return false;
    for (int i = 0; i < 3; i++) {
        if (!below[i])
            return false;
        parts[i] = (double)above[i] / below[i];
    }
    return parts[0] <= 180 && parts[1] < 60.001 && parts[2] < 60.001;
}

/* Whether the text is of the kind; dates get their own form. */
static bool check_kind(sc_detail_kind kind, char *text)
{
    double parts[3];
    char date[20];
    const char *end;
    switch (kind) {
    case SC_DETAIL_NUMBER: return is_number(text);
    case SC_DETAIL_ZONE: return is_zone(text);
    case SC_DETAIL_ANGLE: return read_angle(text, parts);
    case SC_DETAIL_LETTER: return *text && strchr("NSEW", *text) && !text[1];
    case SC_DETAIL_DATE:
        if (!read_date(text, date, &end))
            return false;
        g_strlcpy(text, date, SC_DETAIL_BYTES);
        return true;
    case SC_DETAIL_TEXT:
    case SC_DETAIL_LIST: break;
    }
    return *text != 0;
}

/* One of the parts that are joined with "; ". */
static bool has_part(const char *all, const char *part)
{
    size_t length = strlen(part);
    for (const char *p = all; p; p = (p = strstr(p, "; ")) ? p + 2 : NULL)
        if (!strncmp(p, part, length) && (!p[length] || !strncmp(p + length, "; ", 2)))
            return true;
    return false;
}

void sc_details_add(sc_details *details, sc_detail detail, const void *text, size_t size)
{
    char cleaned[SC_DETAIL_BYTES], *all = details->text[detail];
    const sc_detail_kind kind = table[detail].kind;
    sc_rights_clean(text, strnlen(text, size), cleaned, sizeof cleaned);
    if (!check_kind(kind, cleaned))
        return;
    size_t length = strlen(all), more = strlen(cleaned);
    if (!length)
        memcpy(all, cleaned, more + 1);
    else if (kind == SC_DETAIL_LIST && !has_part(all, cleaned) && length + 2 + more < SC_DETAIL_BYTES) {
        memcpy(all + length, "; ", 2);
        memcpy(all + length + 2, cleaned, more + 1);
    }
}

/* ---- XMP ------------------------------------------------------------------------------------------------------- */

sc_detail sc_detail_of_xmp(const char *name)
{
    const char *local = strchr(name, ' ');
    for (size_t s = 0; local && s < sizeof spaces / sizeof *spaces; s++) {
        size_t prefix = strlen(spaces[s].prefix);
        if (strncmp(name, spaces[s].space, (size_t)(local - name)) || spaces[s].space[local - name])
            continue;
        for (int i = 0; i < SC_DETAIL_COUNT; i++)
            if (table[i].xmp && !strncmp(table[i].xmp, spaces[s].prefix, prefix) &&
                !strcmp(table[i].xmp + prefix, local + 1))
                return (sc_detail)i;
    }
    return SC_DETAIL_COUNT;
}

static void details_add(sc_details *details, int detail, const char *text)
{
    sc_details_add(details, (sc_detail)detail, text, strlen(text));
}

/* "48,12.5N" or "48,12,30N" (XMP specification, part 2, GPSCoordinate). */
static void add_angle(sc_details *details, sc_detail detail, const char *text)
{
    int degrees, used = 0;
    char angle[64], letter[2] = { 0 }, *end;
    if (sscanf(text, "%3d,%n", &degrees, &used) != 1 || !used || degrees < 0)
        return;
    double minutes = g_ascii_strtod(text + used, &end), seconds = *end == ',' ? g_ascii_strtod(end + 1, &end) : 0;
    *letter = *end;
    if (!(minutes >= 0 && minutes < 60.001 && seconds >= 0 && seconds < 60.001) || !*letter || end[1] ||
        !check_kind(SC_DETAIL_LETTER, letter))
        return;
    snprintf(angle, sizeof angle, "%d/1 %.0f/1000000 %.0f/1000", degrees, 1e6 * minutes, 1e3 * seconds);
    if (*details->text[detail])
        return;
    details_add(details, detail, angle);
    details_add(details, detail + 1, letter);
}

void sc_details_add_xmp(sc_details *details, sc_detail detail, const char *text, size_t size)
{
    char own[SC_DETAIL_BYTES], date[20];
    const char *end;
    sc_rights_clean(text, strnlen(text, size), own, sizeof own);
    if (table[detail].kind == SC_DETAIL_ANGLE)
        add_angle(details, detail, own);
    else if (table[detail].kind == SC_DETAIL_DATE) {
        if (*details->text[detail] || !read_date(own, date, &end))
            return;
        details_add(details, detail, date);
        details_add(details, detail + 1, *end == 'Z' ? "+00:00" : end);
    } else
        sc_details_add(details, detail, own, sizeof own);
}

bool sc_details_xmp_text(const sc_details *details, sc_detail detail, char text[SC_DETAIL_BYTES])
{
    const char *own = details->text[detail], *next = detail + 1 < SC_DETAIL_COUNT ? details->text[detail + 1] : "";
    double parts[3];
    if (!*own || !table[detail].xmp)
        return false;
    if (table[detail].kind == SC_DETAIL_DATE)
        snprintf(text, SC_DETAIL_BYTES, "%.4s-%.2s-%.2sT%.8s%s", own, own + 5, own + 8, own + 11, next);
    else if (table[detail].kind != SC_DETAIL_ANGLE)
        g_strlcpy(text, own, SC_DETAIL_BYTES);
    else if (!*next || !read_angle(own, parts))
        return false;
    else {
        char minutes[40];
        g_ascii_formatd(minutes, sizeof minutes, "%.6f", parts[1] + parts[2] / 60);
        snprintf(text, SC_DETAIL_BYTES, "%d,%s%s", (int)parts[0], minutes, next);
    }
    return true;
}

/* ---- IPTC, TIFF and EXIF --------------------------------------------------------------------------------------- */

static void details_take_record(void *user, int number, const void *text, size_t size)
{
    for (int i = 0; i < SC_DETAIL_COUNT; i++)
        if (table[i].iptc && table[i].iptc == number)
            sc_details_add(user, (sc_detail)i, text, size);
}

void sc_details_from_iptc(sc_details *details, const void *data, size_t size)
{
    sc_iptc_walk(data, size, details_take_record, details);
}

/* The values of a tag of numbers, "48/1 12/1 30/1". */
static void number_text(const sc_tag *tag, uint32_t count, char *text, size_t size)
{
    size_t each = tag->size / tag->count;
    *text = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *value = tag->value + i * each;
        uint32_t first = sc_tag_number(value, each == 8 ? 4 : (int)each, tag->little),
                 second = each == 8 ? sc_tag_number(value + 4, 4, tag->little) : 0;
        size_t length = strlen(text);
        const char *blank = i ? " " : "";
        if (tag->type == SC_TAG_RATIONAL)
            snprintf(text + length, size - length, "%s%u/%u", blank, first, second);
        else if (tag->type == SC_TAG_SIGNED_RATIONAL)
            snprintf(text + length, size - length, "%s%d/%d", blank, (int32_t)first, (int32_t)second);
        else
            snprintf(text + length, size - length, "%s%u", blank, first);
    }
}

static void details_take_tag(void *user, const sc_tag *tag)
{
    char text[100];
    for (int i = 0; i < SC_DETAIL_COUNT; i++) {
        if (!table[i].tag || table[i].tag != tag->tag || table[i].directory != tag->directory || !tag->count)
            continue;
        uint32_t wanted = table[i].kind == SC_DETAIL_ANGLE ? 3 : 1;
        bool number = table[i].kind == SC_DETAIL_NUMBER || table[i].kind == SC_DETAIL_ANGLE;
        if (!number && tag->type == SC_TAG_ASCII)
            sc_details_add(user, (sc_detail)i, tag->value, tag->size);
        else if (number && tag->type != SC_TAG_ASCII && tag->count >= wanted) {
            number_text(tag, wanted, text, sizeof text);
            details_add(user, i, text);
        }
    }
}

void sc_details_from_tiff(sc_details *details, const void *data, size_t size)
{
    sc_tags_walk(data, size, details_take_tag, details);
}

/* ---- resolution ------------------------------------------------------------------------------------------------ */

#define MM_PER_INCH 25.4

static double value_of(const char *number)
{
    char *end;
    double value = g_ascii_strtod(number, &end);
    return *end == '/' ? value / g_ascii_strtod(end + 1, NULL) : value;
}

bool sc_details_resolution(const sc_details *details, double per_mm[2])
{
    double mm = !strcmp(details->text[SC_DETAIL_UNIT], "3") ? 10 :
                strcmp(details->text[SC_DETAIL_UNIT], "1")  ? MM_PER_INCH :
                                                              0;
    const char *across = details->text[SC_DETAIL_ACROSS], *down = details->text[SC_DETAIL_DOWN];
    double x = *across && mm > 0 ? value_of(across) / mm : 0, y = *down && mm > 0 ? value_of(down) / mm : x;
    if (!(x >= 0.01 && x <= 4000 && y >= 0.01 && y <= 4000))
        return false;
    per_mm[0] = x;
    per_mm[1] = y;
    return true;
}

void sc_details_set_resolution(sc_details *details, const double per_mm[2])
{
    for (int i = 0; i < 2; i++) {
        double dpi = MM_PER_INCH * per_mm[i],
               whole = round(dpi); /* PNG has dots per metre, so 300 dpi are 299.9994 there */
        char *text = details->text[i ? SC_DETAIL_DOWN : SC_DETAIL_ACROSS];
        if (fabs(dpi - whole) < 0.02)
            snprintf(text, SC_DETAIL_BYTES, "%.0f/1", whole);
        else
            snprintf(text, SC_DETAIL_BYTES, "%.0f/10000", 1e4 * dpi);
    }
    memcpy(details->text[SC_DETAIL_UNIT], "2", 2);
}
