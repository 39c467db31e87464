/* SPDX-License-Identifier: MIT */
/* scumble: neural style transfer. It paints one picture in the style of another. A complete program:
 *
 *     #include <scumble/scumble.h>
 *     #include <stdio.h>
 *     int main(int argc, char **argv)
 *     {
 *         scumble *s = NULL;
 *         scumble_image *photo = NULL, *painting = NULL, *result = NULL;
 *         int failed = argc != 4 || scumble_open(&s, NULL);
 *         if (!failed)
 *             failed = scumble_image_load(s, argv[1], &photo) || scumble_image_load(s, argv[2], &painting) ||
 *                      scumble_stylize(s, photo, painting, NULL, &result) || scumble_image_save(s, result, argv[3], NULL);
 *         if (failed)
 *             fprintf(stderr, "%s\n", scumble_error_text(s));
 *         scumble_image_free(&photo), scumble_image_free(&painting), scumble_image_free(&result);
 *         scumble_close(&s);
 *         return failed;
 *     }
 *
 * Conventions. Functions return 0 or a negative SCUMBLE_ERR_*; scumble_error_text gives the sentence. Every `**` result is set to
 * NULL on failure (unless said otherwise) and, on success, is owned by the caller, who frees it with the type's _free or
 * _close function; those take a pointer to the pointer, set it to NULL, and accept NULL. Strings and structs passed in are borrowed
 * for the call only. Strings returned as `const char *` belong to the object asked. A context and what was made from it belong to one
 * thread at a time; different contexts are independent. The library never prints, exits or installs handlers. */
#ifndef SCUMBLE_SCUMBLE_H
#define SCUMBLE_SCUMBLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SCUMBLE_API __attribute__((visibility("default")))

/* ---- errors ------------------------------------------------------------------------------------------------------- */

#define SCUMBLE_ERRORS(X)                                               \
    X(OK, 0, "success")                                                 \
    X(ERR_ARGUMENT, -1, "an argument or option is wrong")               \
    X(ERR_MEMORY, -2, "not enough memory")                              \
    X(ERR_NOT_FOUND, -3, "a file, model or layer does not exist")       \
    X(ERR_ACCESS, -4, "permission denied")                              \
    X(ERR_IO, -5, "reading or writing failed")                          \
    X(ERR_NO_SPACE, -6, "no space left")                                \
    X(ERR_FORMAT, -7, "a file is damaged or not what it claims to be")  \
    X(ERR_UNSUPPORTED, -8, "a valid input that scumble cannot handle")  \
    X(ERR_LIMIT, -9, "larger than a limit allows")                      \
    X(ERR_CANCELLED, -10, "stopped by the caller")                      \
    X(ERR_DIVERGED, -11, "the optimisation diverged")                   \
    X(ERR_NETWORK, -12, "a download failed")                            \
    X(ERR_INTERNAL, -13, "a bug in scumble")

typedef enum scumble_error {
#define SCUMBLE_X(name, code, text) SCUMBLE_##name = code,
    SCUMBLE_ERRORS(SCUMBLE_X)
#undef SCUMBLE_X
} scumble_error;

/* What a code means, in general; never NULL. */
SCUMBLE_API const char *scumble_error_name(int code);

/* ---- context ------------------------------------------------------------------------------------------------------ */

typedef struct scumble scumble;

typedef struct scumble_config {
    int threads;          /* 0 = all processors; the result has the same bytes at any number */
    int64_t max_pixels;   /* larger pictures are refused; 0 = 400 million */
    const char *data_dir; /* where models are kept; NULL = $XDG_DATA_HOME/scumble or ~/.local/share/scumble */
} scumble_config;

/* config may be NULL. On failure *s (unless NULL for want of memory) is only good for scumble_error_text and must be closed too. */
SCUMBLE_API int scumble_open(scumble **s, const scumble_config *config);
SCUMBLE_API void scumble_close(scumble **s);
/* The sentence of the last failure on this context: what is wrong and what would be right. "" before one; s may be NULL. */
SCUMBLE_API const char *scumble_error_text(const scumble *s);
/* "0.1.0" */
SCUMBLE_API const char *scumble_version(void);
/* The nearest of `names` to a mistyped word, or NULL when none is near: for messages of the kind "did you mean". */
SCUMBLE_API const char *scumble_nearest(const char *word, const char *const *names, int count);
/* One line about what computes: instruction set, library, threads. */
SCUMBLE_API const char *scumble_describe(scumble *s);

/* ---- pictures ----------------------------------------------------------------------------------------------------- */

/* sRGB, float, with an optional alpha plane; remembers its source's bit depth, ICC profile and file. */
typedef struct scumble_image scumble_image;

/* Any format that libvips reads. Orientation is applied, colours are converted to sRGB. */
SCUMBLE_API int scumble_image_load(scumble *s, const char *path, scumble_image **image);
/* rgb: height * width * 3 values in 0..1 (copied); alpha: height * width values, or NULL. */
SCUMBLE_API int scumble_image_create(scumble *s, int width, int height, const float *rgb, const float *alpha, scumble_image **image);
SCUMBLE_API void scumble_image_free(scumble_image **image);
SCUMBLE_API int scumble_image_width(const scumble_image *image);
SCUMBLE_API int scumble_image_height(const scumble_image *image);
/* height * width * 3 values, RGB, rows from the top; valid while the image lives. */
SCUMBLE_API const float *scumble_image_rgb(const scumble_image *image);
/* height * width values, 0 = transparent .. 1 = opaque; NULL = opaque everywhere. */
SCUMBLE_API const float *scumble_image_alpha(const scumble_image *image);
/* Width and height from the file's header alone, as scumble_image_load would give them. */
SCUMBLE_API int scumble_image_probe(scumble *s, const char *path, int *width, int *height);
SCUMBLE_API int scumble_image_resize(scumble *s, const scumble_image *image, int width, int height, scumble_image **resized);

typedef struct scumble_save_options {
    int bits;           /* 8 or 16; 0 = as the content picture, where the format can */
    int quality;        /* JPEG, WebP, AVIF: 1..100; 0 = 92 */
    int keep_icc;       /* non-zero: convert back to the source's ICC profile and embed it; else sRGB */
    const char *recipe; /* JSON to store in the metadata (scumble_transfer_recipe), or NULL */
} scumble_save_options;
/* The format follows the extension. The file appears whole or not at all. options may be NULL. */
SCUMBLE_API int scumble_image_save(scumble *s, const scumble_image *image, const char *path, const scumble_save_options *options);
/* 1 when the name's extension is one that scumble_image_save can write / that is usually a picture. */
SCUMBLE_API int scumble_image_writable(const char *path);
SCUMBLE_API int scumble_image_readable_name(const char *path);

/* ---- options of a transfer ---------------------------------------------------------------------------------------- */

typedef enum scumble_optimizer { SCUMBLE_LBFGS, SCUMBLE_ADAM } scumble_optimizer;
typedef enum scumble_colour { SCUMBLE_COLOUR_STYLE, SCUMBLE_COLOUR_LUMINANCE, SCUMBLE_COLOUR_MATCH } scumble_colour;
typedef enum scumble_pooling { SCUMBLE_POOL_MODEL, SCUMBLE_POOL_MAX, SCUMBLE_POOL_AVERAGE } scumble_pooling;
typedef enum scumble_padding { SCUMBLE_PADDING_REPLICATE, SCUMBLE_PADDING_ZERO, SCUMBLE_PADDING_REFLECT, SCUMBLE_PADDING_CIRCULAR } scumble_padding;

/* Plain values, free to copy. Start from scumble_options_default(). Each field is also an option by name (scumble_options_set),
 * which is how the program's flags and recipes reach it; scumble_option_list describes them all. */
typedef struct scumble_options {
    char encoder[1024];         /* lite, vgg16, vgg19, inception_v3, or a model file */
    char content_layers[512];   /* "relu4_1" or "relu4_1:1,relu3_1:0.5"; "" = the encoder's default */
    char style_layers[512];     /* likewise */
    double alpha, beta, tv;     /* L_total = alpha L_content + beta L_style + tv L_tv; tv -1 = the encoder's default */
    int size;                   /* long edge of the result in pixels; 0 = the content picture's own, at most 512; -1 = its own */
    int iterations;             /* over all scales together */
    int scales;                 /* coarse to fine; 0 = as many as the size asks for; 1 = none */
    scumble_optimizer optimizer;
    double learning_rate;       /* Adam's step in 0..1 colour units; 0 = default */
    char init[1024];            /* content, noise, style, or a picture file */
    uint64_t seed;
    double style_scale;         /* size of the painting relative to the result: 0.1 .. 4 */
    scumble_colour colour;
    scumble_pooling pooling;
    scumble_padding padding;
    int64_t max_memory_bytes;   /* refuse or shrink to fit; 0 = what the machine has free */
} scumble_options;

SCUMBLE_API scumble_options scumble_options_default(void);

typedef struct scumble_option_info {
    const char *name;     /* "style-scale" */
    const char *group;    /* "Picture", "Style", ... */
    const char *argument; /* "X", "LAYERS", "content|noise|style|FILE" */
    const char *help;     /* one line */
} scumble_option_info;
SCUMBLE_API const scumble_option_info *scumble_option_list(int *count);
/* Sets an option from text; the error names the option, the value and what would be right. */
SCUMBLE_API int scumble_options_set(scumble *s, scumble_options *options, const char *name, const char *value);
/* Writes the option's value as text (size bytes at most, with NUL). */
SCUMBLE_API int scumble_options_get(scumble *s, const scumble_options *options, const char *name, char *text, size_t size);

/* ---- transfer ----------------------------------------------------------------------------------------------------- */

/* Styles and options, prepared once, for any number of content pictures. */
typedef struct scumble_transfer scumble_transfer;

typedef struct scumble_style {
    const scumble_image *image; /* borrowed for scumble_transfer_open only */
    double weight;              /* > 0; weights are divided by their sum */
} scumble_style;

typedef struct scumble_progress {
    int scale, scales;              /* 1 .. scales */
    int scale_px;                   /* long edge of this scale */
    int iteration, iterations;      /* over all scales */
    double content, style, tv, total; /* unweighted terms and the weighted total */
    double elapsed_s, eta_s;
    const char *note;               /* something the user should read ("not a number: ..."), or NULL */
} scumble_progress;
/* Called after every iteration. Non-zero stops the run. It may call scumble_transfer_snapshot and _checkpoint. */
typedef int (*scumble_progress_fn)(const scumble_progress *progress, void *user);

typedef struct scumble_estimate {
    int width, height;     /* of the result */
    int64_t memory_bytes;  /* peak of the process, as it was when the transfer was opened (with or without the content loaded) */
    double time_s;
    int64_t free_bytes;    /* what the machine has free now */
} scumble_estimate;

SCUMBLE_API int scumble_transfer_open(scumble *s, const scumble_style *styles, int style_count, const scumble_options *options,
                                      scumble_transfer **transfer);
SCUMBLE_API void scumble_transfer_close(scumble_transfer **transfer);
/* What a content picture of this size will take. SCUMBLE_ERR_LIMIT (with advice, and *estimate filled) when it will not fit. */
SCUMBLE_API int scumble_transfer_estimate(scumble_transfer *transfer, int content_width, int content_height, scumble_estimate *estimate);
/* Paints. On SCUMBLE_ERR_CANCELLED *result holds the best picture so far. progress may be NULL. */
SCUMBLE_API int scumble_transfer_run(scumble_transfer *transfer, const scumble_image *content, scumble_progress_fn progress, void *user,
                                     scumble_image **result);
/* The picture as it is now: from the progress callback, or after a run. */
SCUMBLE_API int scumble_transfer_snapshot(scumble_transfer *transfer, scumble_image **image);
/* Everything needed to go on later (from the callback, or after a cancelled run), written atomically. */
SCUMBLE_API int scumble_transfer_checkpoint(scumble_transfer *transfer, const char *path);
/* Makes the next run go on from a checkpoint; it ends with the same picture as an uninterrupted run. Refused when the options, styles or
 * content are not the ones of the checkpoint. */
SCUMBLE_API int scumble_transfer_resume(scumble_transfer *transfer, const char *path);
/* The recipe of the last run as JSON: options, versions, files with SHA-256, final losses. */
SCUMBLE_API const char *scumble_transfer_recipe(const scumble_transfer *transfer);
/* The layers and weights that the options resolve to, one line each, for display. */
SCUMBLE_API const char *scumble_transfer_describe(const scumble_transfer *transfer);

/* The main job in one call. options may be NULL. */
SCUMBLE_API int scumble_stylize(scumble *s, const scumble_image *content, const scumble_image *style, const scumble_options *options,
                                scumble_image **result);

/* ---- recipes ------------------------------------------------------------------------------------------------------ */

/* The JSON recipe stored in a picture, or in a .json or checkpoint file. Free with scumble_text_free. */
SCUMBLE_API int scumble_recipe_load(scumble *s, const char *path, char **json);
/* Sets all options that the recipe names. */
SCUMBLE_API int scumble_recipe_options(scumble *s, const char *json, scumble_options *options);
/* Its input files: index 0 is the content, 1.. are the styles. path and sha256 (64 hex digits) point into
 * the context until the next call. SCUMBLE_ERR_NOT_FOUND past the end (path and sha256 are then NULL), and for an
 * input that did not come from a file (sha256 is not NULL). */
typedef struct scumble_recipe_file {
    const char *path, *sha256;
    double weight;
} scumble_recipe_file;
SCUMBLE_API int scumble_recipe_input(scumble *s, const char *json, int index, scumble_recipe_file *file);
SCUMBLE_API void scumble_text_free(char **text);
/* 64 lower-case hex digits and a NUL, as recipes have them. */
SCUMBLE_API int scumble_file_sha256(scumble *s, const char *path, char hex[65]);

/* ---- models ------------------------------------------------------------------------------------------------------- */

typedef struct scumble_model_info {
    const char *name, *architecture, *licence, *source, *note;
    const char *path;       /* NULL when not here; "(embedded)" for lite */
    int64_t size_bytes;     /* of the file here, or of the download */
} scumble_model_info;
/* What is here and what can be had. The array belongs to the context until the next call. */
SCUMBLE_API int scumble_models_list(scumble *s, const scumble_model_info **models, int *count);
/* A readable description of a model (name or file, any supported format): format, metadata, layers, tensors. Free the text. */
SCUMBLE_API int scumble_model_describe(scumble *s, const char *name_or_path, int every_tensor, char **text);
/* Converts a model file to the native form in the data directory. architecture: vgg16, vgg19, inception_v3, lite. name: NULL = the
 * architecture's. *report (free it; may be NULL) says which layers it has. */
SCUMBLE_API int scumble_model_import(scumble *s, const char *path, const char *architecture, const char *name, char **report);
/* Downloads and imports. The callback gets bytes so far and in all (0 = unknown); non-zero stops (the part is kept for resuming). */
typedef int (*scumble_download_fn)(int64_t done_bytes, int64_t total_bytes, void *user);
SCUMBLE_API int scumble_model_pull(scumble *s, const char *name, scumble_download_fn progress, void *user);
/* The layer names of an encoder, in network order, separated by spaces; free the text. */
SCUMBLE_API int scumble_model_layers(scumble *s, const char *name_or_path, char **names);

/* ---- looking inside ----------------------------------------------------------------------------------------------- */

/* The feature maps of one layer (the `maps` strongest, each normalised to 0..1) tiled into one picture. */
SCUMBLE_API int scumble_inspect_features(scumble *s, const char *encoder, const scumble_image *image, const char *layer, int maps,
                                         scumble_image **sheet);
/* The layer's Gram matrix F F^T / (h w) as a picture: channels x channels, scaled by its largest entry, square root for the eye. */
SCUMBLE_API int scumble_inspect_gram(scumble *s, const char *encoder, const scumble_image *image, const char *layer, scumble_image **matrix);

#ifdef __cplusplus
}
#endif
#endif
