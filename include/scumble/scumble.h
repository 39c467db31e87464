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
 * Conventions. Functions return 0 or a negative SCUMBLE_ERR_*; scumble_error_text gives the sentence. A `**` result
 * belongs to the caller, who frees it with the _free or _close function of its type; on failure it is set to NULL
 * (unless its comment says otherwise). Those functions take a pointer to the pointer, set it to NULL, and accept NULL.
 * What is given as `const` (a text, or a struct that the library fills in) belongs to the object that was asked, and is
 * valid until the call that its comment names; later versions may add fields at the end of such a struct. Strings and
 * structs that are passed in are borrowed for the call only. A struct that a program fills in begins with `size`, its
 * sizeof in that program, so that later versions can add fields to it: less than in version 0.2.0 gives
 * SCUMBLE_ERR_ARGUMENT, what the program does not know is 0, and what the library does not know is left out. Small
 * structs without a size are final: they never change. No pointer may be NULL unless its comment says so; one that is
 * gives SCUMBLE_ERR_ARGUMENT (or 0, NULL or "" from functions that return no code).
 * A style borrows its context, and its runs borrow it: close what borrows first. Pictures, options and texts do not,
 * and may outlive the context. A context and all that was opened with it belong to one thread at a time; different
 * contexts are independent; and any thread may read a picture as long as none frees it. The library never prints, exits
 * or installs signal handlers. It starts a child process where a comment says so, and npm, to unpack a downloaded
 * model. */
/* The process belongs to its owner. What the library does to it beyond its own memory and threads is all of this:
 * - libvips is loaded by the first picture and stays. When the program has not loaded it before, it is set up for
 *   scumble: its cache of operations is off, and as long as a context is open its remarks (GLib's log domains VIPS,
 *   librsvg, Poppler, Pango) go nowhere. One that was there before is used as it is set. Its error text, which is one
 *   for all threads, is only taken by what was alone with it.
 * - FFmpeg's libraries are loaded by the first film and stay. When they were not there before, what they say goes
 *   nowhere.
 * - libcurl is initialised by the first download, and stays so.
 * - A limit of memory (max_memory_bytes) bounds the large pictures of all contexts from then on, until the last context
 *   is closed; the rest of them lies in files without a name in $TMPDIR or else /var/tmp.
 * - Child processes read Keras models, SVG and PDF, and run npm; they end with the call.
 * Signals, locale, environment, umask, working folder, standard streams and limits of the process stay as they are. */
#ifndef SCUMBLE_SCUMBLE_H
#define SCUMBLE_SCUMBLE_H

#include "scumble/event.h"

#include <stddef.h>
#include <stdint.h>

#include "scumble/version.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SCUMBLE_API __attribute__((visibility("default")))

/* ---- errors ---------------------------------------------------------------------------------------------------- */

typedef enum scumble_error {
    SCUMBLE_OK = 0,               /* success */
    SCUMBLE_ERR_ARGUMENT = -1,    /* an argument or option is wrong */
    SCUMBLE_ERR_MEMORY = -2,      /* not enough memory */
    SCUMBLE_ERR_NOT_FOUND = -3,   /* a file, model or layer does not exist */
    SCUMBLE_ERR_ACCESS = -4,      /* permission denied */
    SCUMBLE_ERR_IO = -5,          /* reading or writing failed */
    SCUMBLE_ERR_NO_SPACE = -6,    /* no space left */
    SCUMBLE_ERR_FORMAT = -7,      /* a file is damaged or not what it claims to be */
    SCUMBLE_ERR_UNSUPPORTED = -8, /* a valid input that scumble cannot handle */
    SCUMBLE_ERR_LIMIT = -9,       /* larger than a limit allows */
    SCUMBLE_ERR_CANCELLED = -10,  /* stopped by the caller */
    SCUMBLE_ERR_DIVERGED = -11,   /* the optimisation diverged */
    SCUMBLE_ERR_NETWORK = -12,    /* a download failed */
    SCUMBLE_ERR_INTERNAL = -13    /* a bug in scumble */
} scumble_error;

/* What a code means in general, as above; never NULL. The string is static. */
SCUMBLE_API const char *scumble_error_name(int code);

/* ---- context --------------------------------------------------------------------------------------------------- */

typedef struct scumble scumble;

typedef struct scumble_config {
    size_t size; /* sizeof(scumble_config) */
    /* 1..256; 0 = all processors. The result has the same bytes with any number. */
    int threads;
    int64_t max_pixels; /* files with larger pictures are refused with SCUMBLE_ERR_LIMIT; 0 = 400 million */
    /* non-zero: SVG and PDF are read too. They are programs that can compute without end, so a child process draws
     * them. */
    int allow_vector;
    /* how many seconds the reading of a picture may take before it fails with SCUMBLE_ERR_LIMIT; 0 = 120, and one more
     * for each megapixel. Sentences call it `decode_timeout`. */
    int decode_s;
    /* the folder where models are kept (copied); NULL = $XDG_DATA_HOME/scumble or ~/.local/share/scumble */
    const char *data_dir;
} scumble_config;

/* config may be NULL: all zero. When this fails, *s is there all the same, so that scumble_error_text can say why;
 * close it. It is NULL only when memory is short. */
SCUMBLE_API int scumble_open(scumble **s, const scumble_config *config);
/* Close what was opened with it first. */
SCUMBLE_API void scumble_close(scumble **s);
/* The sentence of the last failure on this context: what is wrong and what would be right. Options are named as in
 * `max_memory`, and one that is wrong stands first. "" before a failure; s may be NULL. Valid until the next call with
 * this context. */
SCUMBLE_API const char *scumble_error_text(const scumble *s);
/* The name of the option that this sentence says is wrong, as in "style_terms"; "" when it is about none. Valid as the
 * sentence. */
SCUMBLE_API const char *scumble_error_option(const scumble *s);
/* Stops what the context is doing, from any thread or a signal handler: the call that is under way returns
 * SCUMBLE_ERR_CANCELLED, within some 0.1 seconds at any size of picture. When no call is under way, the next one that
 * has more than a moment to do returns it at once, so that no cancel is lost between two calls of one job. The call
 * that returns SCUMBLE_ERR_CANCELLED answers the cancel, and the next one starts afresh. Whatever is open stays as it
 * was before that call, except for whole iterations and steps that were done: a run can then be looked at, saved
 * and stepped, and a trainer asked for its next step. */
SCUMBLE_API void scumble_cancel(scumble *s);
/* Takes back a cancel that no call has answered yet, before a new job; 1 when there was one, else 0. */
SCUMBLE_API int scumble_cancel_clear(scumble *s);
/* The version of the library that the program runs with: "0.2.0", static; and as SCUMBLE_VERSION_NUMBER, 200. */
SCUMBLE_API const char *scumble_version(void);
SCUMBLE_API int scumble_version_number(void);
/* The one of `count` names that is nearest to a mistyped word by edit distance, for messages such as "did you mean";
 * NULL when none is near. The result is one of `names`. */
SCUMBLE_API const char *scumble_nearest(const char *word, const char *const *names, int count);
/* 1 when two names are equal but for British or American spelling (colour and color) or for hyphens and underscores;
 * else 0. Options, choices and terms are found by either spelling. */
SCUMBLE_API int scumble_same_name(const char *a, const char *b);
/* One line about what computes: instruction set, library and number of threads. Valid until the context is closed. */
SCUMBLE_API const char *scumble_describe(scumble *s);

/* ---- pictures -------------------------------------------------------------------------------------------------- */

/* A picture in sRGB (with its transfer curve), as floats 0..1, with an optional alpha plane. It remembers the bit
 * depth, the ICC profile and the file of its source. */
typedef struct scumble_image scumble_image;

/* Reads PNG, JPEG, WebP, TIFF, GIF, HEIC, AVIF, JPEG XL, JPEG 2000, PPM and Radiance, as far as libvips was built
 * with them; OpenEXR, BMP and TGA; and SVG and PDF if the context allows them. The bytes decide, not the name (only
 * TGA, which has no signature, is known by its ending or its footer). The picture is turned upright, converted to sRGB,
 * and of several frames or pages the first one is taken. Of OpenEXR the light above white is compressed into the
 * highlights, and comes back when a result is saved as OpenEXR. */
SCUMBLE_API int scumble_image_load(scumble *s, const char *path, scumble_image **image);
/* width, height: 1..65535. rgb: height * width * 3 values 0..1, RGBRGB..., rows from the top. alpha: height * width
 * values from 0 = transparent to 1 = opaque; NULL = opaque. Both are copied. Values outside 0..1 are clamped;
 * infinities and what is not a number are refused. Colours where alpha is 0 never matter: here and in files they are
 * replaced by a continuation of the colours around them. What is transparent in a painting does not count as style. */
SCUMBLE_API int scumble_image_create(scumble *s, int width, int height, const float *rgb, const float *alpha,
                                     scumble_image **image);
SCUMBLE_API void scumble_image_free(scumble_image **image);
/* In pixels. */
SCUMBLE_API int scumble_image_width(const scumble_image *image);
SCUMBLE_API int scumble_image_height(const scumble_image *image);
/* height * width * 3 values 0..1, RGBRGB..., rows from the top. Valid as long as the image is not freed. */
SCUMBLE_API const float *scumble_image_rgb(const scumble_image *image);
/* height * width values from 0 = transparent to 1 = opaque, not multiplied into the colours; NULL = opaque everywhere.
 * Valid as long as the image is not freed. */
SCUMBLE_API const float *scumble_image_alpha(const scumble_image *image);
/* What was unusual about the file of this picture: a sentence that the user should read, such as "... lacks the end
 * marker of JPEG, and nothing else"; NULL = nothing. */
SCUMBLE_API const char *scumble_image_note(const scumble_image *image);
/* Width and height that scumble_image_load would give, read from the file's header alone, however large the picture is.
 * Either pointer may be NULL. */
SCUMBLE_API int scumble_image_probe(scumble *s, const char *path, int *width, int *height);
/* A new picture of width x height pixels, each 1..65535. Each axis is shrunk by Lanczos 3 or enlarged by the cubic of
 * Keys (1981). */
SCUMBLE_API int scumble_image_resize(scumble *s, const scumble_image *image, int width, int height,
                                     scumble_image **resized);
/* One line of black text on transparent ground, for captions: height (4..1000) pixels high, as wide as its letters, in
 * the font of the system. text: UTF-8, at most 1000 bytes. SCUMBLE_ERR_UNSUPPORTED when libvips cannot draw text or
 * there is no font. */
SCUMBLE_API int scumble_image_text(scumble *s, const char *text, int height, scumble_image **image);

typedef struct scumble_save_options {
    size_t size; /* sizeof(scumble_save_options) */
    /* bits of a channel: 8, 16 or, of OpenEXR, 16 (half) or 32 (float); refused if the format cannot keep them; 0 = as
     * the content picture, if the format can */
    int bits;
    int quality; /* of lossy formats: 1..100; 0 = 92; 100 = lossless in WebP, JPEG XL and JPEG 2000 */
    /* non-zero: the result is converted back to the ICC profile of its source, which is embedded. Where the photo was
     * left as it is, this also gives back its colours that sRGB does not have. 0: sRGB. */
    int keep_icc;
    /* JSON to store in the metadata (scumble_run_recipe), or NULL. provenance.h says what happens in formats
     * without room for it. */
    const char *recipe;
    /* non-zero: of the recipe only what it says of the picture's origin is stored (IPTC's digital source type, sources,
     * rights, network) */
    int origin_only;
    /* non-zero: the place where the photo was taken is written too. Its resolution, date, camera, lens, caption and
     * keywords are written in any case. */
    int keep_gps;
    const char *format; /* one of the extensions below, for a name that has none; NULL = as the name says */
} scumble_save_options;
/* The extension says the format: png, jpg, webp, tif, avif, heic, jxl, jp2, exr, ppm. The file appears whole or not
 * at all. A pipe, a device or a descriptor of this process (/dev/stdout, /dev/fd/N) is written to, never replaced; a
 * format that has no room for the recipe loses it there. OpenEXR is scene-linear, premultiplied, and has the source's
 * other channels, where the size is the same, and attributes. Alpha is blended over white if the format has none.
 * options may be NULL: all zero. */
SCUMBLE_API int scumble_image_save(scumble *s, const scumble_image *image, const char *path,
                                   const scumble_save_options *options);
/* 1 when the name has an extension that scumble_image_save can write (writable) or scumble_image_load can read
 * (readable_name); else 0. No file is opened. */
SCUMBLE_API int scumble_image_writable(const char *path);
SCUMBLE_API int scumble_image_readable_name(const char *path);

/* ---- options --------------------------------------------------------------------------------------------------- */

/* Options are values by name, for one kind of job. doc/options.md describes them all, and so does scumble_option_at;
 * the program's command line and the recipes use the same names. A value is checked when it is set, so what an object
 * holds is in range. Functions that take options copy them; NULL = defaults; options of another kind are refused with
 * SCUMBLE_ERR_ARGUMENT. */
typedef enum scumble_options_kind {
    SCUMBLE_OPTIONS_STYLE,  /* of scumble_style_open and scumble_stylize */
    SCUMBLE_OPTIONS_PAINT,  /* of scumble_painter_paint and _estimate (painter.h) */
    SCUMBLE_OPTIONS_TRAIN,  /* of scumble_trainer_open (train.h) */
    SCUMBLE_OPTIONS_DISTIL, /* of scumble_distiller_open (distil.h) */
    SCUMBLE_OPTIONS_FILM    /* of scumble_shot_open and _open_painter (film.h) */
} scumble_options_kind;
typedef struct scumble_options scumble_options;

/* Options with their defaults; NULL when memory is short, or there is no such kind. */
SCUMBLE_API scumble_options *scumble_options_create(scumble_options_kind kind);
/* The same values once more; NULL when memory is short, and for NULL. */
SCUMBLE_API scumble_options *scumble_options_copy(const scumble_options *options);
SCUMBLE_API void scumble_options_free(scumble_options **options);
/* Sets an option from text, as the program takes it. The error names the option, the value and what would be right, and
 * the options stay as they were. s is for the error text only, here and below, and may be NULL. */
SCUMBLE_API int scumble_options_set(scumble *s, scumble_options *options, const char *name, const char *value);
/* Writes the option's value as text that scumble_options_set takes, into at most `size` bytes with the NUL (1024 are
 * always enough). SCUMBLE_ERR_ARGUMENT when it does not fit. */
SCUMBLE_API int scumble_options_get(scumble *s, const scumble_options *options, const char *name, char *text,
                                    size_t size);
/* The same with a number: also a size in pixels, a number of bytes or of seconds; 0 or 1 of a switch; of a choice its
 * number among the choices, from 0. What a word stands for ("auto") is set as text. SCUMBLE_ERR_ARGUMENT for an option
 * whose value is a text. */
SCUMBLE_API int scumble_options_set_number(scumble *s, scumble_options *options, const char *name, double value);
/* The value as such a number. A word for a number reads as 0; but size "full" and "auto" of SCUMBLE_OPTION_AUTOMATIC as
 * -1. *value is 0 on failure. */
SCUMBLE_API int scumble_options_get_number(scumble *s, const scumble_options *options, const char *name, double *value);

/* What text an option takes. */
typedef enum scumble_option_kind {
    SCUMBLE_OPTION_TEXT,      /* any text; choices: some that make sense, or NULL */
    SCUMBLE_OPTION_TERMS,     /* names of choices, separated by commas, each with an optional weight: "w2:4,nnfm" */
    SCUMBLE_OPTION_WORD,      /* one of the choices; or the name of a file, with a dot or a slash in it */
    SCUMBLE_OPTION_NUMBER,    /* a number from lowest to highest; or what choices names, a word for 0 */
    SCUMBLE_OPTION_AUTOMATIC, /* such a number, or "auto" */
    SCUMBLE_OPTION_WHOLE,     /* a whole number from lowest to highest; or what choices names, a word for 0 */
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
/* The index-th option of a kind, from 0; NULL beyond the last. All of it is static. */
SCUMBLE_API const scumble_option_info *scumble_option_at(scumble_options_kind kind, int index);

/* A named set of values for options of a style. */
typedef struct scumble_preset_info {
    const char *name;    /* "painterly" */
    const char *help;    /* one line: what it is for */
    const char *options; /* its values: "style-terms=w2:1,neighbour:1 beta=6" */
} scumble_preset_info;
/* The index-th preset, from 0; NULL beyond the last. All of it is static. */
SCUMBLE_API const scumble_preset_info *scumble_preset_at(int index);
/* Sets the options of a style that the preset names and leaves the others; a size that is smaller than the preset's
 * stays too. The error names the presets that there are, and the options stay as they were. */
SCUMBLE_API int scumble_options_preset(scumble *s, scumble_options *options, const char *name);

/* ---- styles ---------------------------------------------------------------------------------------------------- */

/* A painting to learn a style from; this struct is final. Both pictures are borrowed for the call that takes
 * them. */
typedef struct scumble_painting {
    const scumble_image *image;
    double weight; /* 0 < weight <= 1e9; weights are divided by their sum, and Gram matrices are averaged with them */
    /* a picture of the painting's shape that says what of it counts, from black (nothing; it may not be black
     * everywhere) to white; NULL = all */
    const scumble_image *mask;
} scumble_painting;

/* Paintings and options, prepared once for any number of pictures: what does not depend on a photo. run.h paints with
 * it. */
typedef struct scumble_style scumble_style;

/* paintings: 1..64, copied. options: of kind SCUMBLE_OPTIONS_STYLE, copied; NULL = defaults. The first style that names
 * an encoder loads it, and the context keeps it. When another file takes its name, that is seen after an import, or by
 * a new context. A limit of memory (max_memory) holds from here on for large pictures of the whole process, of which an
 * eighth of it stays in memory: so load the photo after this. */
SCUMBLE_API int scumble_style_open(scumble *s, const scumble_painting *paintings, int count,
                                   const scumble_options *options, scumble_style **style);
/* Close its runs first. */
SCUMBLE_API void scumble_style_close(scumble_style **style);
/* Its options; a tv of "auto" is replaced by the weight that it stands for. Valid until the style is closed. */
SCUMBLE_API const scumble_options *scumble_style_options(const scumble_style *style);
/* The encoder, layers and weights that follow from the options: four lines, for display. (A scale that is too small for
 * a layer leaves it out.) Valid until the style is closed. */
SCUMBLE_API const char *scumble_style_describe(const scumble_style *style);

/* The main job in one call: paints a photo in the style of a painting. options: as for scumble_style_open. What
 * scumble_run_finish says of the result holds here too. */
SCUMBLE_API int scumble_stylize(scumble *s, const scumble_image *content, const scumble_image *painting,
                                const scumble_options *options, scumble_image **result);

/* ---- recipes --------------------------------------------------------------------------------------------------- */

/* The recipe, as JSON, that is stored in a picture, a checkpoint or a .json file (of at most 1 MiB).
 * SCUMBLE_ERR_NOT_FOUND when there is none. Free *json with scumble_text_free. */
SCUMBLE_API int scumble_recipe_load(scumble *s, const char *path, char **json);
/* Sets all options of a style that the recipe names. Options that are newer than the version that wrote it are set to
 * what was done then. On failure no option changes. s may be NULL. Here and below, a recipe of more than 64 styles or
 * masks is refused with SCUMBLE_ERR_LIMIT. */
SCUMBLE_API int scumble_recipe_options(scumble *s, const char *json, scumble_options *options);
/* A file that a recipe names; this struct is final. */
typedef struct scumble_recipe_file {
    /* the file's name without folders; recipes of version 0.1.0 have the path as it was given. Both texts belong to the
     * context. */
    const char *path;
    const char *sha256; /* 64 hex digits, valid until the next call of scumble_recipe_input, _guide or _encoder */
    double weight;      /* of a style, as it was given; 0 for the content */
} scumble_recipe_file;
/* The size in pixels of the texture that the recipe made. SCUMBLE_ERR_NOT_FOUND when it painted a photo. s may be NULL.
 * */
SCUMBLE_API int scumble_recipe_texture(scumble *s, const char *json, int *width, int *height);
/* The input files of a recipe: index 0 is the content (a texture has none), 1 and above are the styles.
 * SCUMBLE_ERR_NOT_FOUND past the last one (path and sha256 are then NULL), and for an input that did not come from a
 * file (sha256 is then not NULL: it is the hash of the values). */
SCUMBLE_API int scumble_recipe_input(scumble *s, const char *json, int index, scumble_recipe_file *file);
/* Other pictures that a recipe names: the mask of the index-th style (from 0), the mask that says where the index-th
 * style goes, what is protected (index 0), and the files that its options colour and init name (index 0). As
 * scumble_recipe_input. */
typedef enum scumble_guide_role {
    SCUMBLE_GUIDE_STYLE_MASK,
    SCUMBLE_GUIDE_MASK,
    SCUMBLE_GUIDE_PROTECT,
    SCUMBLE_GUIDE_PALETTE,
    SCUMBLE_GUIDE_START,
} scumble_guide_role;
SCUMBLE_API int scumble_recipe_guide(scumble *s, const char *json, scumble_guide_role role, int index,
                                     scumble_recipe_file *file);
/* The name of the encoder's file, as in scumble_recipe_file. SCUMBLE_ERR_NOT_FOUND, and NULL, when the option names a
 * model and not a file. */
SCUMBLE_API int scumble_recipe_encoder(scumble *s, const char *json, const char **file);
/* 1 when the recipe protects faces, else 0. */
SCUMBLE_API int scumble_recipe_faces(const char *json);
/* Frees a text that a function gave as `char **`. */
SCUMBLE_API void scumble_text_free(char **text);
/* The SHA-256 of a file: 64 lower-case hex digits and a NUL, as recipes have them; "" on failure. s may be NULL. */
SCUMBLE_API int scumble_file_sha256(scumble *s, const char *path, char hex[65]);

/* ---- models ---------------------------------------------------------------------------------------------------- */

/* What is known of a model; a text that is not known is NULL. */
typedef struct scumble_model_info {
    const char *name, *architecture, *licence, *source, *note;
    const char *path;   /* NULL when the model is not here; "(embedded)" for lite */
    int64_t size_bytes; /* of the file that is here, or else of the download */
} scumble_model_info;
/* Looks which models are here, and which can be downloaded. *count: how many there are of both. */
SCUMBLE_API int scumble_models_list(scumble *s, int *count);
/* The index-th of them, from 0; NULL beyond the last. Valid until the next call of scumble_models_list. */
SCUMBLE_API const scumble_model_info *scumble_model_at(const scumble *s, int index);
/* A description for people of an encoder, a painter (scumble/painter.h) or any other file of weights: what it is, where
 * it comes from, and its tensors (a few of them; all when every_tensor is not 0). It is found by name, or is a file of
 * any supported format. When an encoder and a painter have the same name, the encoder is described. Free *text with
 * scumble_text_free. */
SCUMBLE_API int scumble_model_describe(scumble *s, const char *name_or_path, int every_tensor, char **text);
/* The same as JSON, with the fields that doc/models.md lists. Free *json with scumble_text_free. */
SCUMBLE_API int scumble_model_json(scumble *s, const char *name_or_path, int every_tensor, char **json);
/* Converts a model file and keeps it in the data directory. architecture: vgg16, vgg19, inception_v3 or lite; NULL =
 * what the file looks like. name: up to 64 letters, digits, '_', '-', '.'; NULL = that of the architecture. licence:
 * kept with the model and written into recipes; NULL = what the file says, or else "unknown". *report says which layers
 * it has; free it with scumble_text_free. report may be NULL. */
SCUMBLE_API int scumble_model_import(scumble *s, const char *path, const char *architecture, const char *name,
                                     const char *licence, char **report);
/* Downloads a model that scumble_models_list names, and imports it. progress may be NULL. When progress stops it, with
 * SCUMBLE_ERR_CANCELLED, what has arrived is kept, and the next call goes on from there. */
SCUMBLE_API int scumble_model_pull(scumble *s, const char *name, scumble_event_fn progress, void *user);
/* The names of the layers of an encoder, in the order of the network and separated by spaces. Free *names with
 * scumble_text_free. */
SCUMBLE_API int scumble_model_layers(scumble *s, const char *name_or_path, char **names);

/* ---- looking inside -------------------------------------------------------------------------------------------- */

/* The feature maps of one layer (after its ReLU), tiled into one picture: the `maps` (at least 1) maps with the most
 * energy, the strongest first. Each is divided by its maximum and shown as its square root, and small maps are
 * enlarged. encoder: as the option of that name. The features are computed at the picture's own size. */
SCUMBLE_API int scumble_inspect_features(scumble *s, const char *encoder, const scumble_image *image, const char *layer,
                                         int maps, scumble_image **sheet);
/* The Gram matrix F F^T / (h w) of a layer (Gatys et al. 2016, eq. 3), as a picture of channels x channels: divided by
 * its largest entry and shown as its square root. */
SCUMBLE_API int scumble_inspect_gram(scumble *s, const char *encoder, const scumble_image *image, const char *layer,
                                     scumble_image **matrix);

#ifdef __cplusplus
}
#endif
#endif
