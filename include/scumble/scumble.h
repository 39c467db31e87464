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
 *                      scumble_stylize(s, photo, painting, NULL, &result) ||
 *                      scumble_image_save(s, result, argv[3], NULL);
 *         if (failed)
 *             fprintf(stderr, "%s\n", scumble_error_text(s));
 *         scumble_image_free(&photo), scumble_image_free(&painting), scumble_image_free(&result);
 *         scumble_close(&s);
 *         return failed;
 *     }
 *
 * Conventions. Functions return 0 or a negative SCUMBLE_ERR_*; scumble_error_text gives the sentence. Every `**` result
 * is set to NULL on failure (unless said otherwise) and, on success, is owned by the caller, who frees it with the
 * type's _free or _close function; those take a pointer to the pointer, set it to NULL, and accept NULL. Strings and
 * structs passed in are borrowed for the call only. Strings returned as `const char *` belong to the object asked. No
 * pointer may be NULL unless said; one that is gives SCUMBLE_ERR_ARGUMENT (or 0, NULL, "" from functions without a
 * code). Transfers borrow their context: close them before it. Pictures and texts do not, and may outlive it. A context
 * and its transfers belong to one thread at a time; different contexts are independent, and pictures that nobody frees
 * may be read by any thread. The library never prints, exits or installs handlers; a downloaded model may be unpacked
 * by npm, a child process. */
#ifndef SCUMBLE_SCUMBLE_H
#define SCUMBLE_SCUMBLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SCUMBLE_API __attribute__((visibility("default")))

/* ---- errors ---------------------------------------------------------------------------------------------------- */

#define SCUMBLE_ERRORS(X)                                              \
    X(OK, 0, "success")                                                \
    X(ERR_ARGUMENT, -1, "an argument or option is wrong")              \
    X(ERR_MEMORY, -2, "not enough memory")                             \
    X(ERR_NOT_FOUND, -3, "a file, model or layer does not exist")      \
    X(ERR_ACCESS, -4, "permission denied")                             \
    X(ERR_IO, -5, "reading or writing failed")                         \
    X(ERR_NO_SPACE, -6, "no space left")                               \
    X(ERR_FORMAT, -7, "a file is damaged or not what it claims to be") \
    X(ERR_UNSUPPORTED, -8, "a valid input that scumble cannot handle") \
    X(ERR_LIMIT, -9, "larger than a limit allows")                     \
    X(ERR_CANCELLED, -10, "stopped by the caller")                     \
    X(ERR_DIVERGED, -11, "the optimisation diverged")                  \
    X(ERR_NETWORK, -12, "a download failed")                           \
    X(ERR_INTERNAL, -13, "a bug in scumble")

typedef enum scumble_error {
#define SCUMBLE_X(name, code, text) SCUMBLE_##name = code,
    SCUMBLE_ERRORS(SCUMBLE_X)
#undef SCUMBLE_X
} scumble_error;

/* What a code means, in general: the texts above; never NULL. The string is static. */
SCUMBLE_API const char *scumble_error_name(int code);

/* ---- context --------------------------------------------------------------------------------------------------- */

typedef struct scumble scumble;

typedef struct scumble_config {
    int threads; /* 1..256; 0 = all processors. The result has the same bytes at any number. Decoding and resizing use
                    the number of the context opened last */
    int64_t max_pixels; /* files with larger pictures are refused, with SCUMBLE_ERR_LIMIT; 0 = 400 million */
    int allow_vector; /* non-zero: SVG and PDF are read too. They are programs that can compute without end, so they are
                         drawn in a child process */
    int decode_s; /* seconds that the reading of a picture may take, else SCUMBLE_ERR_LIMIT; 0 = 120, and one more for
                     each megapixel */
    int (*stop_decoding)(void *user); /* asked now and then while pictures are read, maybe by several threads: non-zero
                                         ends that, with SCUMBLE_ERR_CANCELLED; NULL = never */
    void *stop_user;
    const char *data_dir; /* where models are kept (copied); NULL = $XDG_DATA_HOME/scumble or ~/.local/share/scumble */
} scumble_config;

/* config NULL: all zero. On failure *s (unless NULL for want of memory) is only good for scumble_error_text and must be
 * closed too. */
SCUMBLE_API int scumble_open(scumble **s, const scumble_config *config);
SCUMBLE_API void scumble_close(scumble **s);
/* The sentence of the last failure on this context: what is wrong and what would be right. Options are named as in
 * `max_memory`, and one that is wrong stands first. "" before a failure; s may be NULL. Valid until the next call with
 * this context. */
SCUMBLE_API const char *scumble_error_text(const scumble *s);
/* "0.1.0"; static. */
SCUMBLE_API const char *scumble_version(void);
/* The nearest of `count` names to a mistyped word by edit distance, or NULL when none is near: for messages of the kind
 * "did you mean". What is returned is one of `names`. */
SCUMBLE_API const char *scumble_nearest(const char *word, const char *const *names, int count);
/* 1 when two names are equal but for British or American spelling, as colour and color; options, choices and terms are
 * found by either. */
SCUMBLE_API int scumble_same_name(const char *a, const char *b);
/* One line about what computes: instruction set, library, threads. Valid until the context is closed. */
SCUMBLE_API const char *scumble_describe(scumble *s);

/* ---- pictures -------------------------------------------------------------------------------------------------- */

/* sRGB (with its transfer curve), float 0..1, with an optional alpha plane; remembers its source's bit depth, ICC
 * profile and file. */
typedef struct scumble_image scumble_image;

/* PNG, JPEG, WebP, TIFF, GIF, HEIC, AVIF, JPEG XL, JPEG 2000, PPM, Radiance, OpenEXR, as far as libvips was built with
 * them; BMP and TGA; SVG and PDF if the context allows them. The bytes decide, not the name (TGA, which has no
 * signature, is known by its ending or its footer). Orientation is applied, colours are converted to sRGB, the first
 * frame or page is taken. */
SCUMBLE_API int scumble_image_load(scumble *s, const char *path, scumble_image **image);
/* width, height: 1..65535. rgb: height * width * 3 values, rows from the top, RGBRGB..., 0..1; alpha: height * width
 * values, 0 = transparent
 * .. 1 = opaque, or NULL = opaque. Both are copied; values outside 0..1 are clamped, not-a-numbers and infinities
 * refused. Colours where alpha is 0 never matter: here and in files they are replaced by a continuation of those
 * around. What is transparent of a painting does not count as style. */
SCUMBLE_API int scumble_image_create(scumble *s, int width, int height, const float *rgb, const float *alpha,
                                     scumble_image **image);
SCUMBLE_API void scumble_image_free(scumble_image **image);
/* In pixels. */
SCUMBLE_API int scumble_image_width(const scumble_image *image);
SCUMBLE_API int scumble_image_height(const scumble_image *image);
/* height * width * 3 values 0..1, RGBRGB..., rows from the top; valid while the image lives. */
SCUMBLE_API const float *scumble_image_rgb(const scumble_image *image);
/* height * width values, 0 = transparent .. 1 = opaque, not multiplied into the colours; NULL = opaque everywhere.
 * Valid as rgb. */
SCUMBLE_API const float *scumble_image_alpha(const scumble_image *image);
/* What was unusual about its file, a sentence that the user should read ("... lacks the end marker of JPEG, and nothing
 * else"); NULL = nothing. */
SCUMBLE_API const char *scumble_image_note(const scumble_image *image);
/* Width and height from the file's header alone, as scumble_image_load would give them, however large. Either pointer
 * may be NULL. */
SCUMBLE_API int scumble_image_probe(scumble *s, const char *path, int *width, int *height);
/* A new picture of width x height, each 1..65535: Lanczos 3 when shrinking, cubic (Keys 1981) when enlarging, per axis.
 */
SCUMBLE_API int scumble_image_resize(scumble *s, const scumble_image *image, int width, int height,
                                     scumble_image **resized);
/* One line of black text on transparent ground, for captions: height (4..1000) pixels high, as wide as its letters, in
 * the system's font. text: UTF-8, at most 1000 bytes. SCUMBLE_ERR_UNSUPPORTED where libvips cannot draw text or there
 * is no font. */
SCUMBLE_API int scumble_image_text(scumble *s, const char *text, int height, scumble_image **image);

typedef struct scumble_save_options {
    int bits; /* of a channel: 8 or 16 (refused where the format cannot); 0 = as the content picture, where the format
                 can */
    int quality;  /* of lossy formats: 1..100; 0 = 92; 100 = lossless in WebP, JPEG XL, JPEG 2000 */
    int keep_icc; /* non-zero: convert back to the source's ICC profile and embed it, with colours that sRGB does not
                     have where they are the photo's; else sRGB */
    const char *recipe; /* JSON to store in the metadata (scumble_transfer_recipe), or NULL. What has no room for it:
                           see provenance.h */
    int origin_only;    /* non-zero: of the recipe only what it says of the picture's origin is stored (IPTC's digital
                           source type, sources, rights, network) */
    int keep_gps; /* non-zero: where the photo was taken is written, too. Its resolution, date, camera, lens, caption
                     and keywords always are */
    const char *format; /* an extension of those below, for a name without one; NULL = the name's */
} scumble_save_options;
/* The format follows the extension: png, jpg, webp, tif, avif, heic, jxl, jp2, ppm. The file appears whole or not at
 * all. A pipe, a device or a descriptor of this process (/dev/stdout, /dev/fd/N) is written to, never replaced; what
 * has no room for its recipe loses it there. options NULL: all zero. Alpha is blended over white where the format has
 * none. */
SCUMBLE_API int scumble_image_save(scumble *s, const scumble_image *image, const char *path,
                                   const scumble_save_options *options);
/* 1 when the name's extension is one that scumble_image_save can write / that scumble_image_load can read; else 0. No
 * file is opened. */
SCUMBLE_API int scumble_image_writable(const char *path);
SCUMBLE_API int scumble_image_readable_name(const char *path);

/* ---- options of a transfer ------------------------------------------------------------------------------------- */

/* L-BFGS (Nocedal 1980) with a backtracking search, or Adam (Kingma and Ba 2015) with averaged iterates. */
typedef enum scumble_optimizer { SCUMBLE_LBFGS, SCUMBLE_ADAM } scumble_optimizer;
/* What the optimiser works on: the picture's pixels, or its Laplacian pyramid (Burt and Adelson 1983), in which large
 * areas change as fast as fine detail; it helps Adam. */
typedef enum scumble_variable { SCUMBLE_VARIABLE_PIXELS, SCUMBLE_VARIABLE_PYRAMID } scumble_variable;
/* Of the encoder: as it was trained, or all of one kind. */
typedef enum scumble_pooling { SCUMBLE_POOL_MODEL, SCUMBLE_POOL_MAX, SCUMBLE_POOL_AVERAGE } scumble_pooling;
/* What the grid of the poolings may leave in the picture. */
typedef enum scumble_grid { SCUMBLE_GRID_EVEN, SCUMBLE_GRID_STILL } scumble_grid;
/* What convolutions see beyond the border of a picture that is not tileable. */
typedef enum scumble_padding {
    SCUMBLE_PADDING_REPLICATE,
    SCUMBLE_PADDING_ZERO,
    SCUMBLE_PADDING_REFLECT
} scumble_padding;

/* Plain values, free to copy. Start from scumble_options_default(). Each field is also an option by name
 * (scumble_options_set), which is how the program's flags and recipes reach it; scumble_option_list describes them all.
 * Ranges are checked by scumble_options_set and scumble_transfer_open. Strings end with a NUL. */
typedef struct scumble_options {
    char encoder[1024];       /* lite, vgg16, vgg19, inception_v3, another model's name, or a model file */
    char content_layers[512]; /* "relu4_1" or "relu4_1:1,relu3_1:0.5", weights up to 1e9; "" = the encoder's default */
    char style_layers[512];   /* likewise */
    char content_terms[128];  /* how the photo is kept: feature, structure, detail; as "structure:1,detail:0.2", weights
                                 up to 1e9 */
    char style_terms[128];    /* how the style is measured: gram, cross-gram, w2, sliced, histogram, neighbour, nnfm;
                                 likewise */
    double alpha, beta, tv;   /* 0..1e9: L_total = alpha L_content + beta L_style + tv L_tv (Gatys et al. 2016, eq. 7,
                                 with total   variation); tv -1 = the encoder's default */
    double preserve;          /* 0..1: neighbour and nnfm look for matches of preserve photo + (1 - preserve) picture */
    int rotations; /* not 0: neighbour and nnfm also look in the paintings turned by 90, 180 and 270 degrees */
    int size; /* long edge of the result in pixels, 1..65535; 0 = the content picture's own, at most 512; -1 = its own
               */
    int iterations; /* over all scales together, 1..100000 */
    int stop_after; /* 0 = when all are done; fewer: stop there, as an interrupted run did; more: go on at the last
                       scale, up to 100000 */
    int scales; /* from coarse to fine, 1..16 (fewer where the picture is small); 1 = the size of the result alone; 0 =
                   as many as there are down to about 96 pixels */
    double scale_factor; /* between the sizes of neighbouring scales, 1.1..4 */
    scumble_optimizer optimizer;
    scumble_variable variable;
    double learning_rate; /* Adam's step in 0..1 colour units, 0..10; 0 = 0.02 */
    char init[1024];      /* what to start from: content, noise, style (the first), or a picture file */
    uint64_t seed;      /* of the noise, where it starts from noise; a start from a picture is disturbed by it, so that
                           strokes fall elsewhere, but not by 0 */
    double style_scale; /* long edge of the paintings relative to the result's, 0.05..8; they are never enlarged */
    char colour[1024];  /* style: as it is painted; photo: paintings recoloured to the photo's mean and covariance
                           before; luminance: only lightness is painted; match: the photo's hues as the paintings would
                           have them (Kolkin et al. 2022, NNST); or a picture file: a palette, which paintings and
                           result are moved to. All in OKLab */
    scumble_pooling pooling;
    scumble_grid grid; /* even: nothing that repeats every 2 or 4 pixels all over an area is painted; still: a faint
                          weave of that size is still there in flat areas, as in 0.1.0 */
    scumble_padding padding;
    int tileable; /* 0 or 1: the result repeats without seams, side by side and one above the other. Everything wraps
                     round at the border; the photo is made periodic first (Moisan 2011, "Periodic Plus Smooth Image
                     Decomposition") */
    int64_t max_memory_bytes; /* for the process, up to 1e15; 0 = what is free. What does not fit is painted tile by
                                 tile, by the whole picture's gradient but for rounding. Once a transfer with a limit is
                                 open, the whole process keeps an eighth of it of large pictures in memory, and the rest
                                 in temporary files in $TMPDIR or else /var/tmp: load the photo then */
} scumble_options;

SCUMBLE_API scumble_options scumble_options_default(void);

/* What text an option takes. */
typedef enum scumble_option_kind {
    SCUMBLE_OPTION_TEXT,      /* any text; choices: some that make sense, or NULL */
    SCUMBLE_OPTION_TERMS,     /* names of choices, separated by commas, each with an optional weight: "w2:4,nnfm" */
    SCUMBLE_OPTION_WORD,      /* one of the choices; or the name of a file, with a dot or a slash in it */
    SCUMBLE_OPTION_NUMBER,    /* a number from lowest to highest */
    SCUMBLE_OPTION_AUTOMATIC, /* such a number, or "auto" */
    SCUMBLE_OPTION_WHOLE,     /* a whole number from lowest to highest */
    SCUMBLE_OPTION_SEED,      /* a whole number from 0 to 18446744073709551615 */
    SCUMBLE_OPTION_CHOICE,    /* one of the choices */
    SCUMBLE_OPTION_SWITCH,    /* "yes" or "no" */
    SCUMBLE_OPTION_SIZE,      /* pixels from lowest to highest, "auto" or "full" */
    SCUMBLE_OPTION_BYTES,     /* a number of bytes up to highest, with an optional unit: "900M", "1.5G" */
    SCUMBLE_OPTION_DURATION   /* a number of seconds up to highest, or with a unit: "20m", "1.5h" */
} scumble_option_kind;

typedef struct scumble_option_info {
    const char *name;     /* "style-scale"; functions that take a name take "style_scale" too */
    const char *group;    /* "Picture", "Style", ... */
    const char *argument; /* what the value is called: "X", "LAYERS", "content|noise|style|FILE"; NULL for a switch */
    const char *help;     /* one line */
    const char *manual;   /* further sentences, or "". Here and in help, options are named as in `style_scale` */
    scumble_option_kind kind;
    double lowest, highest;   /* of numbers; 0 and 0 where they say nothing */
    const char *default_text; /* as scumble_options_set takes it; "" = none */
    const char *choices;      /* "a|b|c", as the kind says; NULL = none */
} scumble_option_info;
/* All options; the array and its strings are static. count may be NULL. */
SCUMBLE_API const scumble_option_info *scumble_option_list(int *count);
/* Sets an option from text; the error names the option, the value and what would be right, and *options stays as it
 * was. s is for the error text only, here and below: NULL = none. */
SCUMBLE_API int scumble_options_set(scumble *s, scumble_options *options, const char *name, const char *value);
/* Writes the option's value as text that scumble_options_set takes (size bytes at most, with NUL; SCUMBLE_ERR_ARGUMENT
 * when it does not fit; 1024 are always enough). */
SCUMBLE_API int scumble_options_get(scumble *s, const scumble_options *options, const char *name, char *text,
                                    size_t size);

/* A named set of option values. */
typedef struct scumble_preset_info {
    const char *name;    /* "painterly" */
    const char *help;    /* one line: what it is for */
    const char *options; /* its values: "style-terms=w2:1,neighbour:1 beta=6" */
} scumble_preset_info;
/* All presets; the array and its strings are static. count may be NULL. */
SCUMBLE_API const scumble_preset_info *scumble_preset_list(int *count);
/* Sets the fields that the preset names and leaves the others (a size that is smaller than the preset's stays too). The
 * error names the presets that there are, and *options stays as it was. s is for the error text only: NULL = none. */
SCUMBLE_API int scumble_options_preset(scumble *s, scumble_options *options, const char *name);

/* ---- transfer -------------------------------------------------------------------------------------------------- */

/* Styles and options, prepared once, for any number of content pictures. */
typedef struct scumble_transfer scumble_transfer;

typedef struct scumble_style {
    const scumble_image *image; /* borrowed for scumble_transfer_open only */
    double weight; /* 0 < weight <= 1e9; weights are divided by their sum. Gram matrices are averaged with them */
    const scumble_image *mask; /* of its shape: what of it counts, from black (nothing; not everywhere) to white; NULL =
                                  all. Borrowed likewise */
} scumble_style;

typedef struct scumble_progress {
    int scale, scales;         /* 1 .. scales */
    int scale_px;              /* long edge of this scale in pixels */
    int iteration, iterations; /* done, and in all, over all scales: 1 .. iterations */
    double content, style, tv,
        total; /* unweighted terms and the weighted total. content 0 = the photo's features; style 1 = as far from
                  the painting as the photo is; tv = mean squared difference of neighbours */
    double elapsed_s, eta_s; /* since the start, with earlier sessions of a resumed run; still to go, about */
    const char *note;        /* something the user should read ("not a number: ..."), or NULL; valid during the call */
} scumble_progress;
/* Called after every iteration, on the thread of scumble_transfer_run. Non-zero stops the run, after the last iteration
 * too. It may call scumble_transfer_snapshot and _checkpoint; it must not close the transfer, and cannot run or resume
 * it. */
typedef int (*scumble_progress_fn)(const scumble_progress *progress, void *user);

typedef struct scumble_estimate {
    int width, height;    /* of the result in pixels */
    int64_t memory_bytes; /* peak of the process, what it held when the transfer was opened included (with or without
                             the content) */
    double
        time_s; /* of the run, or of what is left of one that was resumed: on this machine, from a short measurement */
    int64_t free_bytes; /* what the process could still take: of the machine, its control group and its limits */
    int tile_edge;      /* pixels of the tiles that the picture is cut into to fit; 0 = it is not cut */
    double load_s,
        save_s; /* beside the run: to read a photo of this size from its file, and to write the result to one, about */
} scumble_estimate;

/* 1..64 styles, copied, and options (copied; NULL = defaults). The encoder is loaded by the first transfer that names
 * it and kept by the context; another file of the same name is seen after an import, or by a new context. */
SCUMBLE_API int scumble_transfer_open(scumble *s, const scumble_style *styles, int style_count,
                                      const scumble_options *options, scumble_transfer **transfer);
SCUMBLE_API void scumble_transfer_close(scumble_transfer **transfer);

/* Where the paintings go. Of mask pictures counts the lightness times alpha: white = fully, black = not at all. All are
 * of the content's shape (scumble_mask_fits). */
typedef struct scumble_guides {
    const scumble_image *const *masks; /* where the k-th style goes; what no mask covers stays the photo; where masks
                                          overlap, their styles share the place by weight */
    int mask_count; /* 0 = every style everywhere; the number of styles; or 1, a picture of labels, see below */
    const scumble_image *protect; /* what stays closer to the photo; NULL = nothing */
    int faces; /* non-zero: the faces found in each content are protected too; see scumble_faces_mask */
} scumble_guides;
/* Guides the runs (and estimates) to come; guides are copied; NULL = none. A single mask is a picture of labels when
 * there are several styles, or colours in it, and style masks: what has one colour in it is painted with what has that
 * colour (up to 24 of 255 in a channel) in the styles' masks; black stays the photo; what has no label's colour, as
 * smoothed edges have, goes with the most similar label around it. SCUMBLE_ERR_ARGUMENT: the number of masks is neither
 * 0 nor 1 nor that of the styles. SCUMBLE_ERR_UNSUPPORTED: masks of different shapes, a colour that no style mask has,
 * more than 64 pairs of a colour and a style (runs and estimates: a content of another shape); faces, without a
 * detector. On failure all stays as it was; else the last run is forgotten: there is no snapshot or checkpoint of it
 * any more. */
SCUMBLE_API int scumble_transfer_guide(scumble_transfer *transfer, const scumble_guides *guides);
/* Whether a mask serves a picture, all sizes in pixels: 1 when both have the same shape, but for the rounding of the
 * smaller one's edges to whole pixels. A mask of another size than the picture's is resized with it. */
SCUMBLE_API int scumble_mask_fits(int mask_width, int mask_height, int width, int height);
/* A mask of the picture's size: white on faces, black away from them, a smooth rim between; and how many faces there
 * are (upright ones of at least about 8 % of the width). mask or count may be NULL. SCUMBLE_ERR_UNSUPPORTED without a
 * detector (its module is optional). */
SCUMBLE_API int scumble_faces_mask(scumble *s, const scumble_image *image, scumble_image **mask, int *count);

/* What a content picture of this size (in pixels) will take, or a texture of this size. SCUMBLE_ERR_LIMIT, with advice,
 * when it does not fit even in tiles, or temporary files have no room. Takes some tenths of a second, of very large
 * pictures up to a few seconds. */
SCUMBLE_API int scumble_transfer_estimate(scumble_transfer *transfer, int content_width, int content_height,
                                          scumble_estimate *estimate);
SCUMBLE_API int scumble_transfer_estimate_texture(scumble_transfer *transfer, int width, int height,
                                                  scumble_estimate *estimate);
/* Paints (Gatys, Ecker, Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks", coarse to fine). On
 * SCUMBLE_ERR_CANCELLED *result holds the picture so far, at the size of the result. It inherits the content's alpha,
 * bit depth, ICC profile, resolution and details (date, camera, caption, ...). progress may be NULL.
 * SCUMBLE_ERR_DIVERGED when the loss is not a number, however short the step. */
SCUMBLE_API int scumble_transfer_run(scumble_transfer *transfer, const scumble_image *content,
                                     scumble_progress_fn progress, void *user, scumble_image **result);
/* Paints a texture of the styles alone (Gatys, Ecker, Bethge 2015, "Texture Synthesis Using Convolutional Neural
 * Networks"): width x height pixels, each 1..65535, from noise (init noise or content) or what init names. All else as
 * scumble_transfer_run; what has to do with a photo (alpha, the content's terms and layers, size) is not looked at.
 * style_scale: long edge of the paintings relative to the texture's; a smaller one keeps its own size, so its strokes
 * are as large as in the painting. SCUMBLE_ERR_ARGUMENT: colour is neither `style` nor a palette; there are guides. */
SCUMBLE_API int scumble_transfer_texture(scumble_transfer *transfer, int width, int height,
                                         scumble_progress_fn progress, void *user, scumble_image **result);
/* The picture as it is now, at the size of the result: from the progress callback, or after a run that ended well or
 * was cancelled. */
SCUMBLE_API int scumble_transfer_snapshot(scumble_transfer *transfer, scumble_image **image);
/* Everything needed to go on later (from the callback, or after a cancelled run), written atomically: a safetensors
 * file of about 72 bytes for each value of the picture with L-BFGS (40 from 4096 x 4096 on), 20 with Adam. */
SCUMBLE_API int scumble_transfer_checkpoint(scumble_transfer *transfer, const char *path);
/* Makes the next run, and only that, go on from a checkpoint; it ends with the same picture as an uninterrupted run.
 * The file is read here. SCUMBLE_ERR_ARGUMENT, with a sentence that names what differs, when options (max_memory_bytes
 * and stop_after aside), encoder or styles are others; the run refuses another content and other guides. */
SCUMBLE_API int scumble_transfer_resume(scumble_transfer *transfer, const char *path);
/* The recipe of the last run as JSON: options, versions, files with SHA-256, final losses. "" before one; during one,
 * without what is not known yet. Valid until the next run. */
SCUMBLE_API const char *scumble_transfer_recipe(const scumble_transfer *transfer);
/* Its options; tv is what the encoder's default stands for. Valid until the transfer is guided or closed. */
SCUMBLE_API const scumble_options *scumble_transfer_options(const scumble_transfer *transfer);
/* The encoder, layers and weights that the options resolve to, four lines, for display. (A layer that a small scale has
 * no room for is left out there.) */
SCUMBLE_API const char *scumble_transfer_describe(const scumble_transfer *transfer);

/* The main job in one call. options NULL = defaults. */
SCUMBLE_API int scumble_stylize(scumble *s, const scumble_image *content, const scumble_image *style,
                                const scumble_options *options, scumble_image **result);

/* ---- recipes --------------------------------------------------------------------------------------------------- */

/* The JSON recipe stored in a picture, or in a .json (at most 1 MiB) or checkpoint file. SCUMBLE_ERR_NOT_FOUND when it
 * has none. Free *json with scumble_text_free. */
SCUMBLE_API int scumble_recipe_load(scumble *s, const char *path, char **json);
/* Sets all options that the recipe names, and those that came later than the version that wrote it to what was done
 * before; on failure none. s may be NULL. A recipe of more than 64 styles or masks is refused, here and below, with
 * SCUMBLE_ERR_LIMIT. */
SCUMBLE_API int scumble_recipe_options(scumble *s, const char *json, scumble_options *options);
typedef struct scumble_recipe_file {
    const char *path; /* its name without folders; before 0.2 recipes had the path as it was given. Both texts belong to
                         the context */
    const char *sha256; /* 64 hex digits until the next call of
                           scumble_recipe_input, _guide or _encoder */
    double weight;      /* of a style as given; 0 for the content */
} scumble_recipe_file;
/* The size in pixels of the texture that it tells of. SCUMBLE_ERR_NOT_FOUND when it is of a photo. s may be NULL. */
SCUMBLE_API int scumble_recipe_texture(scumble *s, const char *json, int *width, int *height);
/* Its input files: index 0 is the content (none for a texture), 1.. are the styles. SCUMBLE_ERR_NOT_FOUND past the end
 * (path and sha256 are then NULL), and for an input that did not come from a file (sha256 is not NULL: it stands for
 * the values). */
SCUMBLE_API int scumble_recipe_input(scumble *s, const char *json, int index, scumble_recipe_file *file);
/* Its masks: of the index-th style (from 0), where the index-th goes, and what is protected (index 0); and the pictures
 * that its options colour and init name, where they name any (index 0). As scumble_recipe_input. */
typedef enum scumble_guide_role {
    SCUMBLE_GUIDE_STYLE_MASK,
    SCUMBLE_GUIDE_MASK,
    SCUMBLE_GUIDE_PROTECT,
    SCUMBLE_GUIDE_PALETTE,
    SCUMBLE_GUIDE_START,
} scumble_guide_role;
SCUMBLE_API int scumble_recipe_guide(scumble *s, const char *json, scumble_guide_role role, int index,
                                     scumble_recipe_file *file);
/* The name of the encoder's file, as scumble_recipe_file has it. SCUMBLE_ERR_NOT_FOUND, and NULL, when its option names
 * a model and no file. */
SCUMBLE_API int scumble_recipe_encoder(scumble *s, const char *json, const char **file);
/* 1 when faces were protected, else 0. */
SCUMBLE_API int scumble_recipe_faces(const char *json);
SCUMBLE_API void scumble_text_free(char **text);
/* Of a file: 64 lower-case hex digits and a NUL, as recipes have them; "" on failure. s may be NULL. */
SCUMBLE_API int scumble_file_sha256(scumble *s, const char *path, char hex[65]);

/* ---- models ---------------------------------------------------------------------------------------------------- */

typedef struct scumble_model_info {
    const char *name, *architecture, *licence, *source, *note;
    const char *path;   /* NULL when not here; "(embedded)" for lite */
    int64_t size_bytes; /* of the file here, or of the download */
} scumble_model_info;
/* What is here and what can be had. The array and its strings belong to the context until the next call of
 * scumble_models_list. */
SCUMBLE_API int scumble_models_list(scumble *s, const scumble_model_info **models, int *count);
/* A readable description of an encoder or a painter (scumble/painter.h), by name or from a file of any supported
 * format, or of any other file of weights: what it is, where it comes from, tensors (a few, unless every_tensor is not
 * 0). An encoder goes before a painter of the same name. Free *text with scumble_text_free. */
SCUMBLE_API int scumble_model_describe(scumble *s, const char *name_or_path, int every_tensor, char **text);
/* The same as JSON, with the fields that doc/models.md lists. Free *json with scumble_text_free. */
SCUMBLE_API int scumble_model_json(scumble *s, const char *name_or_path, int every_tensor, char **json);
/* Converts a model file to the native form in the data directory. architecture: vgg16, vgg19, inception_v3, lite; NULL
 * = as the file looks. name: up to 64 letters, digits, '_', '-', '.'; NULL = the architecture's. licence: what is kept
 * with it and goes into recipes; NULL = what the file says, or else "unknown". *report (free with scumble_text_free;
 * the argument may be NULL) says which layers it has. */
SCUMBLE_API int scumble_model_import(scumble *s, const char *path, const char *architecture, const char *name,
                                     const char *licence, char **report);
/* Gets bytes so far and in all (0 = unknown); non-zero stops. */
typedef int (*scumble_download_fn)(int64_t done_bytes, int64_t total_bytes, void *user);
/* Downloads a model of the catalogue by its name, and imports it. progress may be NULL; when it stops, with
 * SCUMBLE_ERR_CANCELLED, the part is kept for resuming. */
SCUMBLE_API int scumble_model_pull(scumble *s, const char *name, scumble_download_fn progress, void *user);
/* The layer names of an encoder that has them, in network order, separated by spaces; free *names with
 * scumble_text_free. */
SCUMBLE_API int scumble_model_layers(scumble *s, const char *name_or_path, char **names);

/* ---- looking inside -------------------------------------------------------------------------------------------- */

/* The feature maps of one layer (after its ReLU), tiled into one picture: the `maps` (at least 1) with the most energy,
 * the strongest first, each divided by its maximum, square root for the eye, small maps enlarged. encoder as in
 * scumble_options; computed at the picture's size. */
SCUMBLE_API int scumble_inspect_features(scumble *s, const char *encoder, const scumble_image *image, const char *layer,
                                         int maps, scumble_image **sheet);
/* The layer's Gram matrix F F^T / (h w) (Gatys et al. 2016, eq. 3) as a picture of channels x channels: divided by its
 * largest entry, square root for the eye. */
SCUMBLE_API int scumble_inspect_gram(scumble *s, const char *encoder, const scumble_image *image, const char *layer,
                                     scumble_image **matrix);

#ifdef __cplusplus
}
#endif
#endif
