/* SPDX-License-Identifier: MIT */
/* The options of `scumble stylize` and `scumble texture`, but for those of the library. See options.h. */
#include <stdlib.h>
#include <string.h>

#include "option_rows.h"

#define WEIGHTS "Weights are relative to their sum. "
#define PLACEHOLDERS                                                                                                   \
    "A folder is one that exists, or a name that ends with a slash. In a name, {name} stands for the photo's name "    \
    "(of a texture, the painting's), {style} for the painting's, {variation} for the candidate's, {n} for the number " \
    "in the batch, and {ext} for the "                                                                                 \
    "photo's ending. The ending of the name says the format: .png, .jpg, .webp, .tif and what else libvips writes. "   \
    "With - the picture goes to standard output. "

static const command_option stylize_files[] = {
    LIST("style", "Files", "PAINTING[:WEIGHT]", VALUES_FILE, "the painting; may be given several times",
         WEIGHTS "A painting that is named by - is read from standard input."),
    TEXT("output", 'o', "Files", "OUT", VALUES_FILE, NULL, "a file, folder/, a name such as '{n}-{name}.{ext}', or -",
         PLACEHOLDERS "Without this option the result is PHOTO-PAINTING.png in the working folder."),
    FORMAT,
};

static const command_option presets[] = {
    TEXT(
        "preset", 0, "Settings", "NAME", VALUES_PRESET, NULL, "a named set of options",
        "It sets only the options that the command presets shows for it, and a size that is smaller than draft's "
        "stays. Other options of the command line take precedence over it, wherever it stands, and it takes precedence "
        "over those of a recipe (`from`). The recipe of the result holds the values, not the preset's name."),
    SWITCH("auto", 0, "Settings", "settings that suit each photo and painting",
           "The command match finds them: the weight of the style (`beta`), the size of the painting (`style_scale`) "
           "and whose colours the "
           "result has (`colour`); of several paintings the first one counts. What the command line says takes "
           "precedence. It cannot be combined with `preset`, `from` and `resume`."),
};

#define CANDIDATES                                                                                                    \
    "All files of a candidate get its number or name before their ending, as in OUT-2.png or "                        \
    "photo-painting-draft.png, or where {variation} stands in the name. The recipe of a candidate repeats it alone. " \
    "Ctrl-C stops all candidates."
#define SHEET                                                                                                 \
    TEXT("sheet", 0, "Settings", "FILE", VALUES_FILE, NULL, "write original and candidates into one picture", \
         "The candidates stand there with their names. With several photos it needs {name} or {n} in its name.")

static const command_option stylize_candidates[] = {
    TEXT("variations", 0, "Settings", "N|presets|styles", VALUES_NONE, NULL, "paint several candidates of each photo",
         "N of them (1 to 99) differ by their seed, counted from `seed`; 'presets' paints one with each preset, and "
         "'styles' one with each painting alone. " CANDIDATES),
    SHEET,
};

static const command_option texture_candidates[] = {
    TEXT("variations", 0, "Settings", "N", VALUES_NONE, NULL, "make N candidates",
         "They differ by their seed, counted from `seed`. " CANDIDATES),
    SHEET,
};

static const command_option regions[] = {
    LIST(
        "mask", "Regions", "MASK", VALUES_FILE, "where a painting goes; once for each painting",
        "The first mask is for the first `style`, the second for the second. Masks have the photo's shape; one of "
        "another size in pixels is fitted. What no mask covers stays the photo, and where masks overlap, the paintings "
        "share the place by weight. 'none' leaves out the masks of a recipe."),
    LIST(
        "style-mask", "Regions", "MASK|none", VALUES_FILE, "what of a painting counts; once for each painting",
        "It has the painting's shape. With a single `mask` whose areas have flat colours, for several paintings or for "
        "one with a coloured style mask, colours are labels: an area is painted with what has the same colour in the "
        "style masks, in one painting or in several. Colours may differ by 24 of 255 levels a channel, as JPEG and "
        "smoothed edges make them. Black stays the photo. Every colour of the mask must be in a style mask."),
    TEXT("protect", 0, "Regions", "MASK", VALUES_FILE, NULL, "what stays closer to the photo",
         "It is still painted, but less. 'none' leaves out the mask of a recipe."),
    SWITCH("faces", 0, "Regions", "protect the faces in the photo",
           "Upright faces of at least about 8 % of the width are found. This needs a module, which 'make faces' builds "
           "in the folder of the source."),
};

#define RECIPE_FILE                                                                                                    \
    TEXT(                                                                                                              \
        "recipe", 0, "Output", "FILE", VALUES_FILE, NULL, "also write the recipe as a JSON file",                      \
        "The recipe holds options, versions, inputs with their SHA-256 and the final losses; files are named without " \
        "their folders. It is in the picture's metadata too. PPM and JPEG 2000 have none, and get a file OUT.json "    \
        "beside them.")
#define PICTURE_OUTPUT BITS, QUALITY, ICC, RECIPE_FILE, NO_RECIPE, SKIP_EXISTING
#define REPORTS                                                                                                    \
    TEXT("csv", 0, "Output", "FILE", VALUES_FILE, NULL, "write the losses of every iteration as a table", ""),     \
        TEXT("plot", 0, "Output", "FILE.svg", VALUES_FILE, NULL,                                                   \
             "draw the losses of every iteration, with the weights",                                               \
             "In a batch this file, `csv`, `recipe` and `preview` need {name} or {n} in their names."),            \
        TEXT("preview", 0, "Output", "FILE", VALUES_FILE, NULL, "write the picture as it is so far, now and then", \
             ""),                                                                                                  \
        WHOLE("every", "Output", "N", 1, 2147483647, "10", "write the preview every N iterations", "")

static const command_option stylize_output[] = { PICTURE_OUTPUT, KEEP_GPS, REPORTS };
static const command_option texture_output[] = { PICTURE_OUTPUT, REPORTS };

static const command_option again[] = {
    RIGHTS,
    LIST("at", "Again", "N:OPTION=VALUE", VALUES_NONE, "set an option after N iterations; may be repeated",
         "alpha, beta, tv and iterations can be set in the middle of a run, as in 30:beta=3 or 30:beta=3,tv=0.1. The "
         "recipe records this and repeats it."),
    TEXT("from", 0, "Again", "FILE", VALUES_FILE, NULL, "repeat the recipe that a picture or a JSON file holds",
         "Options, photo and paintings are taken from it; what the command line says takes precedence. Inputs are "
         "looked "
         "for by name in the working folder, beside FILE and in the folders of `look_in`; in the latter two also by "
         "their hash, when they have other names now. A note says when an input has changed."),
    TEXT("resume", 0, "Again", "FILE", VALUES_FILE, NULL, "go on from a checkpoint",
         "The result is the same picture that a run without interruption gives. Photo, paintings and options are taken "
         "from the checkpoint. With a greater number of `iterations` the last scale goes on until so many are done; if "
         "`scales` was 1, that is the same picture as with so many from the beginning."),
    LOOK_IN("Again", "a recipe or a checkpoint"),
    TEXT(
        "checkpoint", 0, "Again", "FILE", VALUES_FILE, NULL, "where a run that is stopped leaves its state",
        "Without this option that is OUT.checkpoint. When it is given, the checkpoint of the finished picture stays as "
        "well, so that the run can go on later."),
    WHOLE("checkpoint-every", "Again", "N", 1, 2147483647, NULL, "also write the checkpoint every N iterations",
          "The checkpoint is removed when the picture is finished, unless `checkpoint` names it."),
};

static const command_option run[] = {
    THREADS,
    MAX_PIXELS,
    PROGRESS_FLAG,
    SWITCH("dry-run", 0, "Run", "only say how long it would take, and how much memory",
           "The time is that from the start of the program, or of a picture in a batch, to the written file."),
    SWITCH("json", 0, "Run", "the same as `progress` json",
           "With `dry_run` there is one event (start) for each picture, with its size, memory and time, and at the end "
           "one (total) with the time of all."),
    VERBOSE("It also shows the processor, the layers and their weights."),
};

static const command_part stylize_parts[] = {
    OWN(stylize_files), OWN(presets), OWN(stylize_candidates), LIBRARY(STYLE, NULL), OWN(regions), OWN(stylize_output),
    OWN(again),         OWN(run),
};

const command_about stylize_about = {
    .name = "stylize",
    .purpose = "paint photos in the style of a painting",
    .usage = "PHOTO... --style PAINTING[:WEIGHT]... [-o OUT] [options]",
    .about = "Paints a photo in the style of a painting: an optimiser changes the photo until a network sees in it "
             "what the photo shows, painted as the painting is. PHOTO is a picture, a folder of pictures, a quoted "
             "pattern such as '*.jpg', or - (standard input).",
    .notes =
        "Several photos are painted one after the other; the network and the paintings are read once. A photo that "
        "fails is reported, and the others go on. Of a folder (without its subfolders) or a pattern, pictures that "
        "scumble made are left out with a note; a picture that is named itself is always taken.\n\n"
        "Before it starts, scumble checks every file that it will write, says what size the result will have and about "
        "how much time and memory it will take, and refuses what will not fit. An input is never overwritten; an older "
        "output is, unless `no_clobber` is given.\n\n"
        "A mask (see Regions) is a picture in any format. Its lightness counts, from black (nothing) to white (all); "
        "what is transparent counts as black, and soft edges give soft transitions. With several photos the masks "
        "serve "
        "each of them, so all photos must have one shape.",
    .operands = VALUES_FILE,
    PARTS(stylize_parts),
    .examples = "photo.jpg --style scream.jpg -o out.png\n"
                "photo.jpg --style scream.jpg:2 --style wave.jpg --colour luminance\n"
                "holiday/ --style wave.jpg -o 'painted/{n}-{name}.{ext}' --size 1024\n"
                "photo.jpg --style scream.jpg --preset draft --variations 6 --sheet choice.jpg\n"
                "--from photo-scream-4.png --size 1024 -o large.png",
};

/* ---- texture ---- */

/* Of the library's options those that mean something without a photo. */
static bool texture_takes(const char *option)
{
    static const char *const names[] = { "iterations", "stop-after",   "scales",       "scale-factor", "seed",
                                         "tileable",   "tv",           "rotations",    "style-terms",  "style-scale",
                                         "encoder",    "style-layers", "pooling",      "grid",         "padding",
                                         "optimizer",  "variable",     "learning-rate" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i], option))
            return true;
    return false;
}

static const command_option texture_files[] = {
    LIST("style", "Files", "PAINTING[:WEIGHT]", VALUES_FILE, "another painting to blend in; may be given several times",
         WEIGHTS "PAINTING itself may have a weight too."),
    LIST("style-mask", "Files", "MASK|none", VALUES_FILE, "what of a painting counts; once for each painting",
         "It has the painting's shape; white counts, black does not."),
    TEXT("output", 'o', "Files", "OUT", VALUES_FILE, NULL, "a file, folder/, a name such as '{name}-texture.png', or -",
         PLACEHOLDERS "Without this option the result is PAINTING-texture.png in the working folder."),
    FORMAT,
};

static const command_option texture_picture[] = {
    TEXT("size", 0, "Picture", "WIDTHxHEIGHT|N", VALUES_NONE, "512", "size of the texture in pixels; N: N x N", ""),
    { { "init", "Picture", "noise|style|FILE", "what to start from: noise, the painting, or a picture file",
        "With 'style' the texture keeps the painting's layout.", SCUMBLE_OPTION_WORD, 0, 0, "noise", "noise|style" },
      0,
      USE_LIBRARY,
      VALUES_FILE },
    { { "colour", "Picture", "style|FILE", "the painting's colours, or those of a picture file", "",
        SCUMBLE_OPTION_WORD, 0, 0, "style", "style" },
      0,
      USE_LIBRARY,
      VALUES_FILE },
};

static const command_part texture_parts[] = {
    OWN(texture_files),
    OWN(texture_candidates),
    OWN(texture_picture),
    LIBRARY(STYLE, texture_takes),
    OWN(texture_output),
    OWN(again),
    OWN(run),
};

const command_about texture_about = {
    .name = "texture",
    .purpose = "make a texture of any size from a painting",
    .usage = "PAINTING [--style PAINTING]... [--size WIDTHxHEIGHT] [-o OUT] [options]",
    .about = "Makes a picture of any size from a painting alone: its colours, strokes and shapes, without a subject.",
    .notes =
        "It starts from noise at 48 to 96 pixels and goes on to larger sizes.\n\n"
        "A painting is never enlarged. One that is smaller than the texture keeps its own size, so its strokes are "
        "as large as in the painting, and there are more of them. One that is larger is shrunk to the size of the "
        "texture, so that all of its shapes have room. A larger `style_scale` shows it closer: 3 shows a painting "
        "of 1500 pixels in its own size in a texture of 500.",
    .operands = VALUES_FILE,
    PARTS(texture_parts),
    .examples = "wave.jpg --size 1024x512 --tileable -o wallpaper.png",
};
