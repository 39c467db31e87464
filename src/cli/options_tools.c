/* SPDX-License-Identifier: MIT */
/* The options of the commands that neither paint nor train. See options.h. */
#include <stdlib.h>

#include "option_rows.h"

#define JSON(group, help, manual) SWITCH("json", 0, group, help, manual)

/* ---- match ---- */

static const command_option match_options[] = {
    TEXT("style", 0, "Pictures", "PAINTING", VALUES_FILE, NULL, "find photos for this painting", ""),
    WHOLE("top", "Output", "N", 1, 1000000, NULL, "show only the best N", ""),
    JSON("Output", "print JSON for other programs",
         "It has scores, reasons in standard deviations, settings, and the measures behind them. `progress` json has "
         "it in its last event."),
    TEXT("sheet", 0, "Output", "FILE", VALUES_FILE, NULL, "also write a picture of the best 60 with their scores", ""),
    THREADS,
    PROGRESS_FLAG,
};

static const command_part match_parts[] = { OWN(match_options) };

const command_about match_about = {
    .name = "match",
    .purpose = "which paintings suit a photo, with a score and reasons",
    .usage = "PHOTO PAINTING... [options]\n--style PAINTING PHOTO... [options]",
    .about =
        "Finds which paintings suit a photo, or which photos suit a painting: the best first, with a score from 0 "
        "to 100 that says how many of 100 pairs should come out worse. PHOTO and PAINTING are pictures, folders or "
        "quoted patterns.",
    .notes = "Each line says what speaks for the pair (+) and against it (-). Below the list stand the settings that "
             "suit the best pair, which scumble stylize --auto finds by itself. doc/match.md says what the score "
             "foretells, and how well.\n\n"
             "What was learnt of a picture is kept in $XDG_CACHE_HOME/scumble/descriptors.sqlite (by default under "
             "~/.cache), up to 512 MiB, so that the next time takes a moment. The file may be removed at any time.",
    .operands = VALUES_FILE,
    PARTS(match_parts),
    .examples = "photo.jpg paintings/ --sheet match.png",
};

/* ---- guide ---- */

const command_about guide_about = {
    .name = "guide",
    .purpose = "how to choose a photo and a painting",
    .usage = "",
    .about = "Prints how to choose a photo and a painting, from what was measured.",
    .notes = "",
    .examples = "| less",
};

/* ---- compare ---- */

static const command_option compare_options[] = {
    TEXT("content", 0, "Files", "PHOTO|FOLDER", VALUES_FILE, NULL, "what the results were made from",
         "Of a folder or a pattern, each result goes with the photo whose name is part of its own, as photo is in "
         "photo-painting.png. Without this option it is what the recipe in the result names."),
    TEXT("style", 0, "Files", "PAINTING|FOLDER", VALUES_FILE, NULL, "the paintings, found in the same way",
         "Of the paintings of one recipe, the one with the greatest weight counts."),
    LOOK_IN("Files", "a recipe"),
    JSON("Output", "print all numbers as JSON",
         "What cannot be measured is null. `progress` json has the same in its last event."),
    TEXT("sheet", 0, "Output", "FILE", VALUES_FILE, NULL, "write the pictures with their main numbers side by side",
         ""),
    TEXT("encoder", 0, "Measuring", "NAME|FILE", VALUES_MODEL, NULL, "the network whose features are compared",
         "It is vgg19, vgg16, lite, or one of their kind. Without this option it is vgg19 if that is installed, else "
         "lite. "
         "The metric effectiveness was calibrated with VGG-19 and is shown as E* with others. The metric sifid needs "
         "inception_v3."),
    WHOLE("size", "Measuring", "PX", 32, 65535, NULL, "long edge to which larger results are shrunk",
          "Without it none is shrunk. Measuring takes about 2 kilobytes of memory a pixel with lite, and 3.5 with "
          "vgg19."),
    SWITCH("tile", 0, "Measuring", "also measure the seams of results that should tile", ""),
    SWITCH(
        "film", 0, "Films", "the results are films, and so is --content",
        "Measured is how steady they are: each frame against the frame before and the one 10 frames before, moved to "
        "where things are now along the optical flow of the source; and how much lightness and colour pump. All "
        "results must have one size. `style` may be left out."),
    TEXT("independent", 0, "Films", "FILM", VALUES_FILE, NULL, "the same, painted frame by frame, as another control",
         "How much steadier a result is than this one says what looking back is worth."),
    TEXT("from", 0, "Films", "TIME|Nf", VALUES_NONE, NULL, "where in the source the results begin",
         "As for the command "
         "film: 62.5, 1:02.5, 00:01:02:12 or 1500f."),
    TEXT("to", 0, "Films", "TIME|Nf", VALUES_NONE, NULL, "where in the source they end", ""),
    WHOLE("samples", "Films", "N", 1, 1000, "5", "frames of which style and content are measured", ""),
    TEXT("plot", 0, "Films", "FILE", VALUES_FILE, NULL, "draw steadiness and pumping over time, as SVG", ""),
    THREADS,
    PROGRESS_FLAG,
};

static const command_part compare_parts[] = { OWN(compare_options) };

const command_about compare_about = {
    .name = "compare",
    .purpose = "measure results against photo, painting and controls",
    .usage = "RESULT... [--content PHOTO] [--style PAINTING] [options]\n--film RESULT... --content SOURCE [--style "
             "PAINTING] [options]",
    .about = "Measures what results kept of the photo, what they took of the painting's style and what went wrong, "
             "beside two controls: the photo unchanged and the painting itself. RESULT is a picture, a folder or a "
             "quoted pattern. With --film it measures how steady films are.",
    .notes =
        "The unchanged photo is best in content and has nothing of the style; the painting, cut or mirrored to the "
        "photo's shape, is the reverse. A result lies between the two: without them the numbers say little. "
        "scumble compare --help lists the metrics and which way is better; doc/metrics.md has their formulas, "
        "sources, ranges and weaknesses. Numbers of different encoders, or of different sizes, cannot be "
        "compared.\n\n"
        "A result is measured at its own size, which must be 32 pixels or more each way. The photo is resized to "
        "it, and so is the painting by its long edge, but never enlarged. What is transparent is filled from its "
        "surroundings, and does not count as style.\n\n"
        "RESULT of --film is what the command film reads: a file, or numbered pictures. The controls are the source "
        "itself, whose figures are due to flow, light and grain, and the source blurred by 2 pixels, for blur makes "
        "differences small without making paint steady. Nothing is compared over a cut.",
    .operands = VALUES_FILE,
    PARTS(compare_parts),
    .examples = "out.png --content photo.jpg --style painting.jpg\n"
                "--film out.mp4 --content shot.mov --style painting.jpg --plot steady.svg",
};

/* ---- provenance ---- */

static const command_option provenance_options[] = { JSON("Output", "print JSON for other programs", "") };
static const command_part provenance_parts[] = { OWN(provenance_options) };

const command_about provenance_about = {
    .name = "provenance",
    .purpose = "where a picture comes from, and whose rights it touches",
    .usage = "FILE [SOURCE...] [--json]",
    .about = "Shows what FILE says of its rights and, when scumble made it, from what and with what. FILE is a picture "
             "of any origin, a recipe (.json), a checkpoint or a painter. Its sources are compared by SHA-256 with the "
             "files SOURCE, or with those that are found under the recorded names.",
    .notes = "It shows the encoder or painter with its licence, the permission that was stated, and every source with "
             "its rights and SHA-256: each \"matches\", \"differs\" or was \"not given\". The exit status is 0 when no "
             "source differs and every SOURCE is one of them.",
    .operands = VALUES_FILE,
    PARTS(provenance_parts),
    .examples = "out.png",
};

/* ---- presets ---- */

static const command_option presets_options[] = { JSON("Output", "print JSON for other programs",
                                                       "It is a list of objects with name, help and options (an object "
                                                       "of texts, under the names of the options).") };
static const command_part presets_parts[] = { OWN(presets_options) };

const command_about presets_about = {
    .name = "presets",
    .purpose = "list the presets: named sets of options for stylize",
    .usage = "[--json]",
    .about = "Lists the presets of scumble stylize --preset NAME: what each is for, and the options that it sets. "
             "Options that are given beside --preset take precedence over the preset's.",
    .notes = "",
    PARTS(presets_parts),
    .examples = "",
};

/* ---- sheet ---- */

static const command_option sheet_options[] = {
    TEXT("output", 'o', "Files", "SHEET", VALUES_FILE, NULL, "the file to write, or - for standard output",
         "Its ending says the format."),
    FORMAT,
    WHOLE("height", "Layout", "N", 1, 20000, "384", "height of each picture in pixels", ""),
    WHOLE("columns", "Layout", "N", 1, 1000, NULL, "pictures in a row; without it, all in one row", ""),
    WHOLE("gap", "Layout", "N", 0, 1000, "8", "pixels between the pictures", ""),
    QUALITY,
};

static const command_part sheet_parts[] = { OWN(sheet_options) };

const command_about sheet_about = {
    .name = "sheet",
    .purpose = "put pictures side by side in one",
    .usage = "PICTURE... -o SHEET [options]",
    .about = "Puts pictures side by side in one, all of the same height.",
    .notes = "",
    .operands = VALUES_FILE,
    PARTS(sheet_parts),
    .examples = "photo.jpg painting.jpg result.png -o compare.jpg --height 512",
};

/* ---- inspect ---- */

static const command_option inspect_options[] = {
    TEXT("output", 'o', "Files", "OUT", VALUES_FILE, NULL, "the file to write, or - for standard output",
         "Without this option it is PHOTO-LAYER.png in the working folder."),
    FORMAT,
    TEXT("layer", 0, "Network", "LAYER", VALUES_NONE, NULL, "the layer, such as relu3_1, block3_conv1 or mixed2", ""),
    SWITCH("gram", 0, "Network", "show the Gram matrix in place of the feature maps", ""),
    WHOLE("maps", "Network", "N", 1, 4096, "64", "how many feature maps", ""),
    WHOLE("size", "Network", "N", 1, 8192, "512", "long edge to which the photo is shrunk first", ""),
    TEXT("encoder", 0, "Network", "NAME|FILE", VALUES_MODEL, "lite", "the network: a model's name or a file", ""),
};

static const command_part inspect_parts[] = { OWN(inspect_options) };

const command_about inspect_about = {
    .name = "inspect",
    .purpose = "see what a network sees: feature maps, Gram matrices",
    .usage = "PHOTO --layer LAYER [-o OUT] [options]\n[--encoder NAME]",
    .about = "Shows what a network sees: the feature maps of a layer, the strongest first, or the layer's Gram matrix, "
             "which is what the classic style transfer takes for style. Without --layer it lists the layers.",
    .notes = "",
    .operands = VALUES_FILE,
    PARTS(inspect_parts),
    .examples = "photo.jpg --layer relu3_1 -o features.png\npainting.jpg --layer relu2_1 --gram -o style.png",
};

/* ---- models ---- */

static const command_option models_options[] = {
    JSON("list, info", "print JSON for other programs",
         "list prints a list of objects with name, architecture, here, built_in, path, size_bytes, licence, source and "
         "note; what is not known or not there is null. info prints an object; doc/models.md lists its "
         "fields."),
    SWITCH("tensors", 0, "info", "show every tensor with its shape and type", ""),
    SOME_OF("arch", "import", "ARCH", "vgg16|vgg19|inception_v3|lite|painter", NULL,
            "what the file is: vgg16, vgg19, inception_v3, lite or painter",
            "'painter' keeps a network of others for the command apply."),
    TEXT("name", 0, "import", "NAME", VALUES_NONE, NULL, "name to keep it under",
         "Without it, that of the architecture, or of a painter's file."),
    TEXT("licence", 0, "import", "TEXT", VALUES_NONE, NULL, "licence of the weights, which recipes name",
         "Without it, recipes name what the file says, or call the licence unknown."),
    PIXELS("import"),
    PROGRESS_OF("pull"),
    TEXT("onnx", 0, "export", "OUT", VALUES_FILE, NULL, "the file to write", ""),
};

static const command_part models_parts[] = { OWN(models_options) };

const command_about models_about = {
    .name = "models",
    .purpose = "list, describe, import and download networks",
    .usage = "list [--json]\n"
             "info NAME|FILE [--tensors] [--json]\n"
             "import FILE --arch ARCH [--name NAME] [--licence TEXT]\n"
             "pull NAME [--progress auto|bar|json|none]\n"
             "export PAINTER --onnx OUT",
    .about = "Lists the networks that are here or can be downloaded (list); says what an encoder, a painter or any "
             "other file of weights is (info); converts a file and keeps it (import); downloads a network and keeps it "
             "(pull); writes a painter as an ONNX network, which game engines, browsers and telephones run (export).",
    .notes =
        "info shows the kind of network, the range of values that it works in, its licence, what it was trained with, "
        "and what of the file is not used. When an encoder and a painter have the same name, the encoder is shown.\n\n"
        "import reads safetensors, PyTorch .pth, TensorFlow.js and Keras .h5 files of vgg16, vgg19, inception_v3 and "
        "lite, for --encoder NAME; and, with --arch painter, networks of others (.onnx, .pth) for scumble apply "
        "NAME.\n\n"
        "pull checks what it downloads; a download that was interrupted goes on the next time.\n\n"
        "export takes a .scumble, a .pth of PyTorch's fast-neural-style or of AnimeGANv2, or an ONNX network. What it "
        "writes takes pictures of any size as float32 (1, 3, height, width), RGB 0..1, under the name picture, and "
        "gives the same under the name painted.",
    .words = "list|info|import|pull|export",
    .operands = VALUES_MODEL,
    PARTS(models_parts),
    .examples = "pull vgg19\nimport painter.onnx --arch painter --name mosaic",
};
