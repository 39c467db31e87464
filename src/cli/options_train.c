/* SPDX-License-Identifier: MIT */
/* The options of the commands around painters: apply, train, train encoder, judge; but for those of the library. See
 * options.h. */
#include <stdlib.h>

#include "option_rows.h"
#include "scumble/distil.h"
#include "scumble/painter.h"
#include "scumble/train.h"

/* ---- apply ---- */

static const command_option apply_files[] = {
    TEXT("output", 'o', "Files", "OUT", VALUES_FILE, NULL, "a file, folder/, a name such as '{n}-{name}.{ext}', or -",
         "As for the command stylize; {style} is the painter's name. Without this option the result is "
         "PICTURE-PAINTER.png in the working folder."),
    FORMAT,
};

static const command_option apply_network[] = { PIXELS("Network") };
static const command_option apply_output[] = { BITS, QUALITY, ICC, NO_RECIPE, KEEP_GPS, SKIP_EXISTING, RIGHTS };

static const command_option apply_run[] = {
    SWITCH("list", 0, "Run", "list the painters that are here by name", ""), THREADS, MAX_PIXELS, PROGRESS_FLAG,
    VERBOSE("It also shows the painter, the processor and the memory."),
};

static const command_part apply_parts[] = { OWN(apply_files), LIBRARY(PAINT, NULL), OWN(apply_network),
                                            OWN(apply_output), OWN(apply_run) };

const command_about apply_about = {
    .name = "apply",
    .purpose = "paint pictures with a trained painter, in seconds",
    .usage = "PAINTER PICTURE... [-o OUT] [options]",
    .about = "Paints pictures with a painter, a network that was trained for one style and paints any picture in a "
             "single pass: a megapixel takes about a second. PAINTER is a name or a file: .scumble (the command train "
             "makes them), .pth of PyTorch's fast-neural-style or of AnimeGANv2, or .onnx. PICTURE is a picture, a "
             "folder, a quoted pattern or - (standard input).",
    .notes =
        "Pictures of any size are taken, and keep their size to the pixel, their alpha and their bit depth. A "
        "picture that fails is reported, and the others go on. An input is never overwritten; an older output is, "
        "unless `no_clobber` is given. The painter's name and SHA-256, the photo and the options are stored in the "
        "result's metadata.",
    .operands = VALUES_PAINTER,
    PARTS(apply_parts),
    .examples = "starry.scumble holiday/ -o painted/ --strength 0.8",
};

/* ---- train ---- */

#define RESUME                                                                                                         \
    TEXT("resume", 0, "Run", "NAME.train", VALUES_FOLDER, NULL, "go on with a training that was stopped",              \
         "It ends with the same bytes as if it had never been stopped. With `steps` or `time` it goes on for longer: " \
         "they count from the very beginning.")

static const command_option train_pictures[] = {
    LIST("content", "Files", "PHOTOS", VALUES_FILE, "photos to learn on; may be given several times",
         "It is a folder with photos, at any depth, or one photo. A few of the photos are held out for the samples."),
};

static const command_option train_output[] = {
    TEXT("output", 'o', "Output", "NAME.scumble", VALUES_FILE, NULL,
         "the painter's file; NAME.train/ shows how it goes",
         "Without this option it is named after the first painting."),
    WHOLE("every", "Output", "N", 1, 2147483647, "100", "write samples and a checkpoint every N steps", ""),
    RIGHTS,
    RESUME,
    THREADS,
    PROGRESS_FLAG,
};

static const command_part train_parts[] = { OWN(train_pictures), LIBRARY(TRAIN, NULL), OWN(train_output) };

const command_about train_about = {
    .name = "train",
    .purpose = "train a painter: one style, any photo, in one pass",
    .usage = "PAINTING... --content PHOTOS [-o NAME.scumble] [options]\n--resume NAME.train [options]",
    .about = "Trains a painter: a network that paints any photo in one style in one pass. PAINTING is a picture or a "
             "folder of pictures, PHOTOS a folder of photos (with its subfolders) or a photo. To train an encoder: "
             "scumble train encoder --help",
    .notes =
        "The paintings show how a picture should look, and the photos what there is to paint. What is minimised "
        "is L_G = alpha L_content + beta L_style + gamma L_adversarial + tv L_tv + steady L_steady. The adversarial "
        "loss is the judgement of a second network, the discriminator, which learns at the same time to tell patches "
        "of the paintings from generated ones; L_steady is how differently two frames of a film would be painted. A "
        "photo that cannot be read is named once and left out.\n\n"
        "Beside NAME.scumble lies the folder NAME.train with photos.png, a row of samples for every `every` steps, "
        "samples.png with some of these rows, losses.csv, losses.svg and, until the training has ended, its "
        "checkpoint. Ctrl-C stops after the current step, and `resume` goes on.",
    .words = "encoder",
    .operands = VALUES_FILE,
    PARTS(train_parts),
    .examples = "starry.jpg --content photos/ --time 2h",
};

/* ---- train encoder ---- */

static const command_option encoder_pictures[] = {
    LIST("content", "Files", "PICTURES", VALUES_FILE, "pictures to learn on; may be given several times",
         "It is a folder with pictures, at any depth, or one picture. Thousands of many kinds make an encoder that "
         "serves for everything."),
};

static const command_option encoder_output[] = {
    TEXT("output", 'o', "Output", "NAME.safetensors", VALUES_FILE, NULL,
         "the encoder's file; NAME.train/ shows how it goes", ""),
    WHOLE("every", "Output", "N", 1, 2147483647, "100", "write losses and a checkpoint every N steps", ""),
    RESUME,
    THREADS,
    PROGRESS_FLAG,
};

static const command_part encoder_parts[] = { OWN(encoder_pictures), LIBRARY(DISTIL, NULL), OWN(encoder_output) };

const command_about train_encoder_about = {
    .name = "train encoder",
    .purpose = "train a small encoder from larger ones",
    .usage = "TEACHER... --content PICTURES -o NAME.safetensors [options]\n--resume NAME.train [options]",
    .about = "Trains a small encoder that predicts the features of larger ones, the teachers. TEACHER is an encoder's "
             "name or file. The result serves wherever an encoder is asked for: --encoder NAME.safetensors.",
    .notes = "The encoder has the shape of lite. Each layer is learnt, on patches of the pictures, from the first "
             "teacher that has it; the encoder ends before the first of lite's layers that no teacher has. For each "
             "layer it is shown which share of the variance of the teacher's features remains unexplained: at 1 the "
             "encoder knows no more than their means, at 0 it knows all. At the end this is measured on pictures that "
             "were held out.\n\n"
             "scumble train --encoder TEACHER ... -o NAME.safetensors is the same command.",
    .operands = VALUES_MODEL,
    PARTS(encoder_parts),
    .examples = "vgg19 --content pictures/ -o mine.safetensors",
};

/* ---- judge ---- */

static const command_option judge_options[] = {
    TEXT("map", 0, "Output", "FILE|FOLDER/", VALUES_FILE, NULL, "show where: orange is taken for real, blue is not",
         "The picture itself is shown in grey."),
    SWITCH("json", 0, "Output", "print JSON for other programs", ""),
    WHOLE("size", "Judging", "PX", 32, 65535, NULL, "long edge to which pictures are shrunk first",
          "Without it, that of the paintings in training."),
    THREADS,
};

static const command_part judge_parts[] = { OWN(judge_options) };

const command_about judge_about = {
    .name = "judge",
    .purpose = "how much pictures look like real works in a style",
    .usage = "PAINTER PICTURE... [options]",
    .about = "Asks the discriminator that a painter was trained against how much each picture looks like a real work "
             "in its style, and lists the best first. The score is above 0 where it is taken for real: real works "
             "should get more than 1, everything else less than -1.",
    .notes = "The score is the mean over all patches of a picture.",
    .operands = VALUES_PAINTER,
    PARTS(judge_parts),
    .examples = "starry.scumble works/ --map maps/",
};
