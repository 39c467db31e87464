/* SPDX-License-Identifier: MIT */
/* Painters: trained generators, which paint any picture in their one style in a single pass, in about a second where a
 * transfer takes minutes. In short:
 *
 *     scumble_painter *painter = NULL;
 *     scumble_image *photo = NULL, *result = NULL;
 *     int code = scumble_painter_open(s, "starry.scumble", &painter) || scumble_image_load(s, "photo.jpg", &photo) ||
 *                scumble_painter_paint(painter, photo, NULL, NULL, NULL, &result) ||
 *                scumble_image_save(s, result, "painted.jpg", NULL);
 *     scumble_image_free(&photo), scumble_image_free(&result);
 *     scumble_painter_close(&painter);
 *
 * The conventions are those of scumble.h. A painter borrows its context and belongs to the same thread. */
#ifndef SCUMBLE_PAINTER_H
#define SCUMBLE_PAINTER_H

#include "scumble/scumble.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Texts that are not known are "". */
typedef struct scumble_painter_info {
    const char *name, *licence, *source;
    const char *training; /* JSON: how it was trained (scumble_trainer_recipe); "" in lists */
    const char *path;     /* NULL: part of the library */
    const char *sha256;   /* of the file, 64 hex digits; "" in lists */
    int64_t size_bytes;
    int learnt_size;    /* long edge of the pictures that it learnt at, in pixels; 512 when its file does not say; 0 in
                           lists */
    int can_judge;      /* 1: it has a discriminator, for scumble_painter_judge; 0 in lists */
    const char *range;  /* what the network itself works in: "0..1", "0..255", "-1..1"; "" in lists */
    int range_is_guess; /* 1: its file does not say the range, and it was found by trying */
    int bgr;            /* 1: the network itself takes and gives blue first, as scumble_painter_open_as was told */
    const char *unused; /* what of its file nothing was made of: "2 tensors: 'a', 'b'"; "" when all of it was used, and
                           in lists */
} scumble_painter_info;

/* The painters that are here by name: those of the library, and NAME.scumble in the data directory's folder `painters`.
 * The array and its strings belong to the context until the next call of scumble_painters_list. */
SCUMBLE_API int scumble_painters_list(scumble *s, const scumble_painter_info **painters, int *count);

typedef struct scumble_painter scumble_painter;

/* A painter by name, or from a file: scumble's own (.scumble), a .pth of PyTorch's fast-neural-style example or of
 * AnimeGANv2, an ONNX network (.onnx). What has a slash in it is a file. SCUMBLE_ERR_NOT_FOUND, and the nearest name,
 * when there is none. */
SCUMBLE_API int scumble_painter_open(scumble *s, const char *name_or_path, scumble_painter **painter);
/* What pictures a network of others takes and gives, where its file does not say so, or where what was found by trying
 * is wrong. All zero: as found, red first. */
typedef enum scumble_network_range {
    SCUMBLE_RANGE_FOUND,
    SCUMBLE_RANGE_0_1,
    SCUMBLE_RANGE_SIGNED,
    SCUMBLE_RANGE_0_255
} scumble_network_range; /* signed: -1..1 */
typedef struct scumble_network_pixels {
    scumble_network_range range;
    int bgr; /* 1: blue first, at both ends */
} scumble_network_pixels;
/* As scumble_painter_open. SCUMBLE_ERR_UNSUPPORTED for scumble's own painters, which say it themselves, when there is
 * something to be told. */
SCUMBLE_API int scumble_painter_open_as(scumble *s, const char *name_or_path, const scumble_network_pixels *pixels,
                                        scumble_painter **painter);
/* Keeps a network of others in the data directory's folder `painters` as NAME.scumble (up to 64 letters, digits, '_',
 * '-', '.'; NULL = the file's name without its extension), which paints as the file does with these pixels (NULL: as
 * found). licence NULL: as the file says, or else "unknown". */
SCUMBLE_API int scumble_painter_import(scumble *s, const char *path, const scumble_network_pixels *pixels,
                                       const char *name, const char *licence);
SCUMBLE_API void scumble_painter_close(scumble_painter **painter);
/* What it is; NULL for NULL. Valid until the painter is closed. */
SCUMBLE_API const scumble_painter_info *scumble_painter_about(const scumble_painter *painter);

/* Whose colours: as they are painted, or the photo's (its a and b in OKLab, with the lightness of what is painted). */
typedef enum scumble_paint_colour { SCUMBLE_PAINT_STYLE, SCUMBLE_PAINT_PHOTO } scumble_paint_colour;

/* Plain values; start from scumble_paint_options_default(). */
typedef struct scumble_paint_options {
    int size;           /* long edge of the result in pixels, 1..65535; 0 = the image's own; 0 */
    double style_scale; /* strokes have so many times the share of the picture that they had in training, 0.05..8: a
                           larger picture is painted at learnt_size first, and then finer and finer up to its own size;
                           0 = they have as many pixels as in training; 1 */
    int tileable;       /* 1: the image repeats without seams, and so does the result; 0 */
    double strength;    /* 0..1: from the photo (0) to what is painted (1), blended in sRGB; 1 */
    scumble_paint_colour colour; /* SCUMBLE_PAINT_STYLE */
    int64_t max_memory_bytes;    /* for the process, up to 1e15; 0 = what is free. What does not fit is painted tile by
                                    tile, with the statistics of the whole picture: the same but for rounding, without
                                    seams. See scumble_painter_estimate */
} scumble_paint_options;
SCUMBLE_API scumble_paint_options scumble_paint_options_default(void);

typedef struct scumble_paint_estimate {
    int64_t memory_bytes;    /* peak of the process, the photo and what it holds now included */
    int64_t temporary_bytes; /* of temporary files, in $TMPDIR or else /var/tmp; 0 where all fits into memory */
    int tile_edge;           /* pixels of the tiles that the picture is cut into; 0 = it is painted whole */
    int width, height;       /* of the result */
    int first_edge;          /* longer edge at which it is painted first: the result's own when that is the only time */
} scumble_paint_estimate;
/* What a picture of width x height, each 1..65535, will take. options NULL: defaults. With max_memory_bytes the whole
 * process keeps from then on an eighth of it of large pictures in memory, and the rest in temporary files: ask before
 * the photo is loaded. SCUMBLE_ERR_LIMIT when it does not fit, even in tiles. */
SCUMBLE_API int scumble_painter_estimate(scumble_painter *painter, int width, int height,
                                         const scumble_paint_options *options, scumble_paint_estimate *estimate);

/* Pixels painted so far, with all that is measured for them, and in all; non-zero stops. It must not use or close the
 * painter. */
typedef int (*scumble_paint_fn)(int64_t done_pixels, int64_t all_pixels, void *user);
/* Paints. The result has the image's alpha, bit depth and ICC profile, and the size that options say; pictures of any
 * size are taken. It has the same bytes at any number of threads, as long as it is cut into the same tiles. options
 * NULL: defaults; progress may be NULL. SCUMBLE_ERR_CANCELLED when it stopped, and *result is NULL then;
 * SCUMBLE_ERR_UNSUPPORTED when a tileable picture is wanted of a network that looks at the whole of it at once. */
SCUMBLE_API int scumble_painter_paint(scumble_painter *painter, const scumble_image *image,
                                      const scumble_paint_options *options, scumble_paint_fn progress, void *user,
                                      scumble_image **result);
/* How the last picture was painted, as JSON, for scumble_save_options: the painter and its SHA-256, the photo, the
 * options. "" before one. Valid until the next. */
SCUMBLE_API const char *scumble_painter_recipe(const scumble_painter *painter);

/* What a painter's discriminator, which learnt to tell patches of real works in its style from all else, thinks of a
 * picture. */
typedef struct scumble_verdict {
    double score; /* mean over all patches: it was trained to give real works more than 1, and all else less than -1 */
    double share; /* of patches, 0..1, that it takes for real (score above 0) */
} scumble_verdict;
/* size: long edge to which the picture is shrunk before, up to 65535 pixels; 0 = that of the paintings in training.
 * *map, unless map is NULL: the picture in grey, as large as it was judged, orange where it is taken for real, blue
 * where not. SCUMBLE_ERR_UNSUPPORTED when the painter has no discriminator, the encoder is another than in training, or
 * the picture has less than 32 pixels on a side. */
SCUMBLE_API int scumble_painter_judge(scumble_painter *painter, const scumble_image *image, int size,
                                      scumble_verdict *verdict, scumble_image **map);

/* Writes a painter (by name, or from a file, as for scumble_painter_open) as an ONNX network, which game engines,
 * browsers and telephones run: float32 (1, 3, height, width), RGB 0..1, "picture" in and "painted" out, at any height
 * and width. The file appears whole or not at all. */
SCUMBLE_API int scumble_painter_export_onnx(scumble *s, const char *name_or_path, const char *path);

#ifdef __cplusplus
}
#endif
#endif
