/* SPDX-License-Identifier: MIT */
/* Painters: networks that were trained for one style and paint any picture in it in a single pass, which takes about a
 * second where a run takes minutes. In short:
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

/* What is known of a painter. A text that is not known is "". In lists some fields are not filled in. */
typedef struct scumble_painter_info {
    const char *name, *licence, *source;
    const char *training; /* JSON: how it was trained (scumble_trainer_recipe); "" in lists */
    const char *path;     /* NULL: it is part of the library */
    const char *sha256;   /* of the file, 64 hex digits; "" in lists */
    int64_t size_bytes;
    /* long edge in pixels of the pictures that it was trained on; 512 when its file does not say; 0 in lists */
    int learnt_size;
    int can_judge;      /* 1: it has a discriminator, for scumble_painter_judge; else 0, and in lists */
    const char *range;  /* the values that the network itself works with: "0..1", "0..255" or "-1..1"; "" in lists */
    int range_is_guess; /* 1: its file does not say the range, and it was found by trying */
    int bgr;            /* 1: the network itself takes and gives blue first (scumble_painter_open_as says so) */
    const char *unused; /* what of its file is not used: "2 tensors: 'a', 'b'"; "" when all of it is, and in lists */
} scumble_painter_info;

/* Looks which painters are here by name: those of the library, and each NAME.scumble in the folder `painters` of the
 * data directory. *count: how many there are. */
SCUMBLE_API int scumble_painters_list(scumble *s, int *count);
/* The index-th of them, from 0; NULL beyond the last. Valid until the next call of scumble_painters_list. */
SCUMBLE_API const scumble_painter_info *scumble_painter_at(const scumble *s, int index);

typedef struct scumble_painter scumble_painter;

/* Opens a painter by name or from a file: scumble's own (.scumble), a .pth of PyTorch's fast-neural-style example or of
 * AnimeGANv2, or an ONNX network (.onnx). A name with a slash in it is a file. SCUMBLE_ERR_NOT_FOUND, with the nearest
 * name, when there is none. */
SCUMBLE_API int scumble_painter_open(scumble *s, const char *name_or_path, scumble_painter **painter);
/* Which values a network of others takes and gives, for files that do not say so, or when what was found by trying is
 * wrong. SIGNED is -1..1. */
typedef enum scumble_network_range {
    SCUMBLE_RANGE_FOUND,
    SCUMBLE_RANGE_0_1,
    SCUMBLE_RANGE_SIGNED,
    SCUMBLE_RANGE_0_255
} scumble_network_range;
/* All zero but the size: the range that was found, red first. */
typedef struct scumble_network_pixels {
    size_t size; /* sizeof(scumble_network_pixels) */
    scumble_network_range range;
    int bgr; /* 1: blue first, at both ends */
} scumble_network_pixels;
/* As scumble_painter_open, for a network of others. Scumble's own painters say all of this themselves: unless pixels is
 * NULL or all zero, they give SCUMBLE_ERR_UNSUPPORTED. */
SCUMBLE_API int scumble_painter_open_as(scumble *s, const char *name_or_path, const scumble_network_pixels *pixels,
                                        scumble_painter **painter);
/* Keeps a network of others as NAME.scumble in the folder `painters` of the data directory. It paints as the file does
 * with these pixels (NULL: as found). name: up to 64 letters, digits, '_', '-', '.'; NULL = the file's name without its
 * extension. licence: NULL = what the file says, or else "unknown". */
SCUMBLE_API int scumble_painter_import(scumble *s, const char *path, const scumble_network_pixels *pixels,
                                       const char *name, const char *licence);
SCUMBLE_API void scumble_painter_close(scumble_painter **painter);
/* What is known of this painter; NULL for NULL. Valid until the painter is closed. */
SCUMBLE_API const scumble_painter_info *scumble_painter_about(const scumble_painter *painter);

/* What painting a picture will take. */
typedef struct scumble_paint_estimate {
    int64_t memory_bytes;    /* the most memory that the process will take, with the photo and with what it holds now */
    int64_t temporary_bytes; /* of temporary files, in $TMPDIR or else /var/tmp; 0 when everything fits into memory */
    int tile_edge;           /* edge in pixels of the tiles into which the picture is cut; 0 = it is painted whole */
    int width, height;       /* of the result */
    int first_edge; /* long edge at which it is painted first; that of the result when it is painted only once */
} scumble_paint_estimate;
/* What a picture of width x height pixels, each 1..65535, will take. options: of kind SCUMBLE_OPTIONS_PAINT, or NULL =
 * defaults. When they limit the memory, large pictures, of the whole process, take an eighth of the limit in memory
 * from now on, and the rest of them is in temporary files: so ask before the photo is loaded. SCUMBLE_ERR_LIMIT when
 * the picture does not fit, even in tiles; *estimate is then what it would take. NULL on other failures. Valid until
 * the next estimate of this painter. */
SCUMBLE_API int scumble_painter_estimate(scumble_painter *painter, int width, int height,
                                         const scumble_options *options, const scumble_paint_estimate **estimate);

/* Paints a picture of any size. The result has the alpha, bit depth and ICC profile of the image, and the size that the
 * options say. It has the same bytes with any number of threads, as long as it is cut into the same tiles. options:
 * of kind SCUMBLE_OPTIONS_PAINT, or NULL = defaults. progress may be NULL; it is told the pixels that are painted so
 * far, measuring included (event.h), and must not use or close the painter. SCUMBLE_ERR_CANCELLED when it stopped the
 * painting; *result is then NULL. SCUMBLE_ERR_UNSUPPORTED when a tileable picture is wanted from a network that looks
 * at the whole picture at once. */
SCUMBLE_API int scumble_painter_paint(scumble_painter *painter, const scumble_image *image,
                                      const scumble_options *options, scumble_event_fn progress, void *user,
                                      scumble_image **result);
/* How the last picture was painted, as JSON for scumble_save_options: the painter and its SHA-256, the photo, the
 * options. "" before the first picture. Valid until the next one. */
SCUMBLE_API const char *scumble_painter_recipe(const scumble_painter *painter);

/* What a painter's discriminator thinks of a picture; this struct is final. It learnt to tell patches of real works in
 * the painter's style from everything else. */
typedef struct scumble_verdict {
    /* mean over all patches. It was trained to give real works more than 1, and everything else less than -1. */
    double score;
    double share; /* 0..1: the share of patches that it takes for real (score above 0) */
} scumble_verdict;
/* size: long edge to which the picture is shrunk first, up to 65535 pixels; 0 = that of the paintings in training.
 * *map: the picture in grey, as large as it was judged, orange where it is taken for real and blue where it is not; map
 * may be NULL. SCUMBLE_ERR_UNSUPPORTED when the painter has no discriminator, when its encoder is not the one of the
 * training, or when the picture has less than 32 pixels on a side. */
SCUMBLE_API int scumble_painter_judge(scumble_painter *painter, const scumble_image *image, int size,
                                      scumble_verdict *verdict, scumble_image **map);

/* Writes a painter (by name or from a file, as for scumble_painter_open) as an ONNX network, which game engines,
 * browsers and telephones run. It takes "picture" and gives "painted": float32 (1, 3, height, width), RGB 0..1, at any
 * height and width. The file appears whole or not at all. */
SCUMBLE_API int scumble_painter_export_onnx(scumble *s, const char *name_or_path, const char *path);

#ifdef __cplusplus
}
#endif
#endif
