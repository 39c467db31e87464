/* SPDX-License-Identifier: MIT */
/* The formats that scumble reads and writes, told apart by their first bytes.
 *
 * This table is also the fence around libvips, which would open far more: formats for microscopes, astronomy, matrices
 * and everything that ImageMagick knows. A file reaches only the one loader whose signature it carries, so neither the
 * other loaders nor their own probing ever see untrusted bytes, and the process-wide block list of libvips stays as the
 * application has set it. BMP and TGA have readers of our own (image_bitmap.h), since libvips leaves them to
 * ImageMagick, and OpenEXR too (exr.h). SVG and PDF read no other files when they come from a source. */
#include "media/image_bitmap.h"
#include "media/image_internal.h"
#include "media/vips_library.h"

#include <ctype.h>
#include <pthread.h>
#include <string.h>

static const sc_format_info formats[SC_FORMAT_COUNT] = {
    { SC_FORMAT_PNG, "PNG", "png", "pngload_source", "pngsave_target", INT32_MAX, true, true, true },
    { SC_FORMAT_JPEG, "JPEG", "jpg jpeg jpe", "jpegload_source", "jpegsave_target", 65500, false, false, true },
    { SC_FORMAT_WEBP, "WebP", "webp", "webpload_source", "webpsave_target", 16383, true, false, true },
    { SC_FORMAT_TIFF, "TIFF", "tif tiff", "tiffload_source", "tiffsave_target", INT32_MAX, true, true, true },
    { SC_FORMAT_AVIF, "AVIF", "avif", "heifload_source", "heifsave_target", 16384, true, false, true },
    { SC_FORMAT_HEIC, "HEIC", "heic heif", "heifload_source", "heifsave_target", 16384, true, false, true },
    { SC_FORMAT_JXL, "JPEG XL", "jxl", "jxlload_source", "jxlsave_target", INT32_MAX, true, true, true },
    { SC_FORMAT_JP2, "JPEG 2000", "jp2 j2k jpc jpt j2c", "jp2kload_source", "jp2ksave_target", INT32_MAX, true, true,
      false },
    { SC_FORMAT_PPM, "PPM", "ppm pnm pgm pbm pfm", "ppmload_source", "ppmsave_target", INT32_MAX, false, true, false },
    { SC_FORMAT_GIF, "GIF", "gif", "gifload_source", NULL, 0, false, false, false },
    { SC_FORMAT_HDR, "Radiance HDR", "hdr", "radload_source", NULL, 0, false, false, false },
    { SC_FORMAT_EXR, "OpenEXR", "exr", NULL, NULL, INT32_MAX, true, true, true },
    { SC_FORMAT_SVG, "SVG", "svg", "svgload_source", NULL, 0, false, false, false, true },
    { SC_FORMAT_PDF, "PDF", "pdf", "pdfload_source", NULL, 0, false, false, false, true },
    { SC_FORMAT_BMP, "BMP", "bmp dib", NULL, NULL, 0, false, false, false },
    { SC_FORMAT_TGA, "TGA", "tga vda icb vst", NULL, NULL, 0, false, false, false },
};

static bool starts(const uint8_t *head, size_t size, const char *magic, size_t length)
{
    return size >= length && !memcmp(head, magic, length);
}
#define STARTS(magic) starts(head, size, magic, sizeof(magic) - 1)

/* ISO base media files (HEIC, AVIF) name their brands in the first box: "....ftyp", major brand, version, other brands.
 */
static bool sniff_brands(const uint8_t *head, size_t size, sc_format_id *id)
{
    if (size < 16 || memcmp(head + 4, "ftyp", 4))
        return false;
    size_t box = (size_t)head[2] << 8 | head[3];
    bool heif = false;
    for (size_t at = 8; at + 4 <= size && at + 4 <= box; at += at == 8 ? 8 : 4) {
        const uint8_t *brand = head + at;
        if (!memcmp(brand, "avif", 4) || !memcmp(brand, "avis", 4)) {
            *id = SC_FORMAT_AVIF;
            return true;
        }
        heif |= !memcmp(brand, "hei", 3) || !memcmp(brand, "hev", 3) || !memcmp(brand, "mif1", 4) ||
                !memcmp(brand, "msf1", 4);
    }
    *id = SC_FORMAT_HEIC;
    return heif;
}

static bool sniff_svg(const uint8_t *head, size_t size)
{
    size_t at = STARTS("\xef\xbb\xbf") ? 3 : 0;
    while (at < size && isspace(head[at]))
        at++;
    if (at == size || head[at] != '<')
        return false;
    for (; at + 4 < size; at++)
        if (!memcmp(head + at, "<svg", 4))
            return true;
    return false;
}

static bool sniff_id(const uint8_t *head, size_t size, sc_format_id *id)
{
    static const struct {
        const char *magic;
        size_t length;
        sc_format_id id;
    } plain[] = {
#define MAGIC(text, id) { text, sizeof(text) - 1, id }
        MAGIC("\x89PNG\r\n\x1a\n", SC_FORMAT_PNG),
        MAGIC("\xff\xd8\xff", SC_FORMAT_JPEG),
        MAGIC("II*\0", SC_FORMAT_TIFF),
        MAGIC("MM\0*", SC_FORMAT_TIFF),
        MAGIC("II+\0", SC_FORMAT_TIFF),
        MAGIC("MM\0+", SC_FORMAT_TIFF),
        MAGIC("GIF87a", SC_FORMAT_GIF),
        MAGIC("GIF89a", SC_FORMAT_GIF),
        MAGIC("\xff\x0a", SC_FORMAT_JXL),
        MAGIC("\0\0\0\x0cJXL \r\n\x87\n", SC_FORMAT_JXL),
        MAGIC("\0\0\0\x0cjP  \r\n\x87\n", SC_FORMAT_JP2),
        MAGIC("\xff\x4f\xff\x51", SC_FORMAT_JP2),
        MAGIC("#?RADIANCE", SC_FORMAT_HDR),
        MAGIC("#?RGBE", SC_FORMAT_HDR),
        MAGIC("\x76\x2f\x31\x01", SC_FORMAT_EXR),
        MAGIC("%PDF-", SC_FORMAT_PDF),
        MAGIC("BM", SC_FORMAT_BMP),
#undef MAGIC
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (starts(head, size, plain[i].magic, plain[i].length)) {
            *id = plain[i].id;
            return true;
        }
    *id = SC_FORMAT_WEBP;
    if (STARTS("RIFF") && size >= 12 && !memcmp(head + 8, "WEBP", 4))
        return true;
    *id = SC_FORMAT_PPM;
    if (size >= 3 && head[0] == 'P' && strchr("123456Ff", head[1]) && head[1] && isspace(head[2]))
        return true;
    if (sniff_brands(head, size, id))
        return true;
    *id = SC_FORMAT_SVG;
    return sniff_svg(head, size);
}

const sc_format_info *sc_format_sniff(const uint8_t *head, size_t size_bytes)
{
    sc_format_id id;
    return sniff_id(head, size_bytes, &id) ? &formats[id] : NULL;
}

const sc_format_info *sc_format_sniff_tga(const uint8_t *head, size_t size_bytes, const char *path, bool footer)
{
    const sc_format_info *named = path ? sc_format_of_name(path) : NULL;
    bool told = footer || (named && named->id == SC_FORMAT_TGA);
    return told && sc_tga_plausible(head, size_bytes) ? &formats[SC_FORMAT_TGA] : NULL;
}

const char *sc_format_foreign(const uint8_t *head, size_t size_bytes)
{
    static const struct {
        const char *magic;
        size_t length;
        const char *name;
    } known[] = {
        { "8BPS", 4, "a Photoshop document (PSD)" }, { "\0\0\1\0", 4, "an icon (ICO)" },
        { "\0\0\2\0", 4, "a cursor (CUR)" },         { "gimp xcf", 8, "a GIMP picture (XCF)" },
        { "\x0a\5\1", 3, "a PCX picture" },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (starts(head, size_bytes, known[i].magic, known[i].length) &&
            (*known[i].magic || (size_bytes >= 6 && sc_le16(head + 4)))) /* icons count themselves */
            return known[i].name;
    return NULL;
}

/* Whether the word `text` of `length` letters is one of a list divided by spaces, letter case aside. */
static bool in_list(const char *list, const char *text, size_t length)
{
    while (*list) {
        size_t word = strcspn(list, " ");
        if (word == length && !g_ascii_strncasecmp(list, text, length))
            return true;
        list += word + (list[word] == ' ');
    }
    return false;
}

const sc_format_info *sc_format_of_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    if (!dot || dot == name)
        return NULL;
    for (int i = 0; i < SC_FORMAT_COUNT; i++)
        if (in_list(formats[i].extensions, dot + 1, strlen(dot + 1)))
            return &formats[i];
    return NULL;
}

/* No libvips that reads and writes pictures is without these, so that names can be checked before it is loaded. */
static bool is_everywhere(const sc_format_info *format)
{
    return format->id == SC_FORMAT_PNG || format->id == SC_FORMAT_JPEG || format->id == SC_FORMAT_TIFF ||
           format->id == SC_FORMAT_PPM;
}

/* Without libvips yes: the one sentence that helps then is that of sc_media_init, which reading and writing give. */
static bool has_operation(const char *nickname)
{
    sc_error err;
    return sc_media_init(&err) || vips_type_find("VipsOperation", nickname);
}

bool sc_format_loads(const sc_format_info *format)
{
    return !format->load || is_everywhere(format) || has_operation(format->load);
}

static bool encodes[2]; /* AV1 and HEVC */

/* libvips offers AVIF and HEIC wherever it has libheif, whose encoders are files of their own since 1.17: only trying
 * tells. */
static void try_encoders(void)
{
    static const VipsForeignHeifCompression kinds[2] = { VIPS_FOREIGN_HEIF_COMPRESSION_AV1,
                                                         VIPS_FOREIGN_HEIF_COMPRESSION_HEVC };
    VipsImage *image = NULL;
    if (vips_call("black", &image, 16, 16, "bands", 3, NULL))
        return;
    for (int i = 0; i < 2; i++) {
        VipsBlob *blob = NULL;
        encodes[i] = !vips_call("heifsave_buffer", image, &blob, "compression", kinds[i], NULL);
        if (blob)
            vips_area_unref(VIPS_AREA(blob));
    }
    g_object_unref(image);
    vips_error_clear();
}

static bool has_encoder(sc_format_id id)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    sc_error err;
    if ((id != SC_FORMAT_AVIF && id != SC_FORMAT_HEIC) || sc_media_init(&err))
        return true;
    pthread_once(&once, try_encoders);
    return encodes[id == SC_FORMAT_HEIC];
}

bool sc_format_saves(const sc_format_info *format)
{
    if (format->id == SC_FORMAT_EXR)
        return true;
    return format->save && (is_everywhere(format) || (has_operation(format->save) && has_encoder(format->id)));
}

static void list_formats(bool writable, char *text, size_t size)
{
    text[0] = 0;
    for (int i = 0; i < SC_FORMAT_COUNT; i++) {
        const sc_format_info *format = &formats[i];
        if (writable ? !sc_format_saves(format) : !sc_format_loads(format))
            continue;
        char word[32];
        g_snprintf(word, sizeof word, "%s%.*s", *text ? ", " : "",
                   (int)(writable ? strcspn(format->extensions, " ") : strlen(format->name)),
                   writable ? format->extensions : format->name);
        g_strlcat(text, word, size);
    }
}

void sc_format_list_writable(char *text, size_t size)
{
    list_formats(true, text, size);
}

void sc_format_list_readable(char *text, size_t size)
{
    list_formats(false, text, size);
}

bool sc_image_writable(const char *path)
{
    const sc_format_info *format = sc_format_of_name(path);
    return format && sc_format_saves(format);
}

bool sc_image_readable_name(const char *path)
{
    const sc_format_info *format = sc_format_of_name(path);
    return format && sc_format_loads(format);
}

bool sc_image_known_name(const char *path)
{
    return sc_format_of_name(path);
}

bool sc_image_keeps_recipe(const char *path)
{
    const sc_format_info *format = sc_format_of_name(path);
    return format && format->metadata;
}
