/* SPDX-License-Identifier: MIT */
/* What the rows of options_*.c are written with, and rows that several commands have. */
#ifndef CLI_OPTION_ROWS_H
#define CLI_OPTION_ROWS_H

#include "options.h" /* circle: options.c, whose tables are made of these rows */
#include "pixels.h"
#include "progress.h"
#include "rights.h"

#define SWITCH(name, letter, group, help, manual)                                                                   \
    {                                                                                                               \
        { name, group, NULL, help, manual, SCUMBLE_OPTION_SWITCH, 0, 0, NULL, NULL }, letter, USE_ONCE, VALUES_NONE \
    }
#define TEXT(name, letter, group, argument, values, default_text, help, manual)                                   \
    {                                                                                                             \
        { name, group, argument, help, manual, SCUMBLE_OPTION_TEXT, 0, 0, default_text, NULL }, letter, USE_ONCE, \
            values                                                                                                \
    }
#define LIST(name, group, argument, values, help, manual)                                                   \
    {                                                                                                       \
        { name, group, argument, help, manual, SCUMBLE_OPTION_TEXT, 0, 0, NULL, NULL }, 0, USE_LIST, values \
    }
#define CHOICE(name, group, choices, default_text, help, manual)                                                 \
    {                                                                                                            \
        { name, group, choices, help, manual, SCUMBLE_OPTION_CHOICE, 0, 0, default_text, choices }, 0, USE_ONCE, \
            VALUES_NONE                                                                                          \
    }
#define WHOLE(name, group, argument, lowest, highest, default_text, help, manual)                              \
    {                                                                                                          \
        { name, group, argument, help, manual, SCUMBLE_OPTION_WHOLE, lowest, highest, default_text, NULL }, 0, \
            USE_ONCE, VALUES_NONE                                                                              \
    }
#define COUNT(name, group, argument, lowest, highest, default_text, help, manual)                              \
    {                                                                                                          \
        { name, group, argument, help, manual, SCUMBLE_OPTION_WHOLE, lowest, highest, default_text, NULL }, 0, \
            USE_COUNT, VALUES_NONE                                                                             \
    }
#define OWN(rows)                                    \
    {                                                \
        rows, sizeof(rows) / sizeof *(rows), 0, NULL \
    }
#define LIBRARY(kind, takes)                   \
    {                                          \
        NULL, 0, SCUMBLE_OPTIONS_##kind, takes \
    }
#define PARTS(array) .parts = array, .part_count = sizeof(array) / sizeof *(array)

#define THREADS                                                                        \
    WHOLE("threads", "Run", "N", 1, 256, NULL, "number of processors; by default all", \
          "The result does not depend on it.")
#define MAX_PIXELS \
    COUNT("max-pixels", "Run", "N", 1, 9223372036854775807.0, "400M", "refuse pictures with more pixels than this", "")
#define VERBOSE(more) SWITCH("verbose", 'v', "Run", "say more", more)
#define BITS                                                                                    \
    CHOICE("bits", "Output", "8|16|32", NULL, "bits of a channel; by default as the photo has", \
           "A format that cannot keep 16 bits gets 8. OpenEXR has 16 (half) or 32 (float), and only it has 32.")
#define QUALITY                                                                               \
    WHOLE("quality", "Output", "N", 1, 100, "92", "quality of JPEG, WebP, AVIF and the like", \
          "100 is lossless in WebP, JPEG XL and JPEG 2000.")
#define ICC                                                                                                            \
    CHOICE("icc", "Output", "srgb|keep", "srgb", "colour profile of the result",                                       \
           "'keep' is the photo's own profile. What is painted has colours of sRGB in both cases. With 'keep', parts " \
           "that show the photo as it is (beyond masks, or by the strength of apply) get back its own colours, also "  \
           "those that sRGB does not have.")
#define KEEP_GPS                                                                                                      \
    SWITCH("keep-gps", 0, "Output", "write into the result where the photo was taken",                                \
           "The photo's resolution, date, camera, lens, exposure, caption and keywords are kept in any case, as far " \
           "as the format carries them; thumbnails, serial numbers and whatever else its metadata holds are not.")
#define SKIP_EXISTING SWITCH("skip-existing", 0, "Output", "leave out pictures whose result is there already", "")
#define NO_RECIPE                                                                                                      \
    SWITCH("no-recipe", 0, "Output", "leave the recipe out of the result's metadata",                                  \
           "What says where the picture comes from stays: its digital source type, and its sources with their hashes " \
           "and rights.")
/* Text of which some choices make sense. */
#define SOME_OF(name, group, argument, choices, default_text, help, manual)                                     \
    {                                                                                                           \
        { name, group, argument, help, manual, SCUMBLE_OPTION_TEXT, 0, 0, default_text, choices }, 0, USE_ONCE, \
            VALUES_NONE                                                                                         \
    }
/* Of a command that writes pictures. */
#define FORMAT                                                                 \
    SOME_OF("format", "Files", "FORMAT", "png|jpeg|webp|tiff|avif|jxl", "png", \
            "format of a picture on standard output",                          \
            "It is also used for other streams whose names have no ending that says the format.")
#define LOOK_IN(group, what)                                                                             \
    LIST("look-in", group, "FOLDER", VALUES_FOLDER, "another folder with the files that " what " names", \
         "It may be given several times. A file is found by its name, and by its hash when it has another name now.")
#define PROGRESS_FLAG PROGRESS_OF("Run")
#define PROGRESS_OF(group)                                                                                       \
    CHOICE("progress", group, PROGRESS_CHOICES, "auto", "how progress is shown",                                 \
           "'auto' draws a line on a terminal and shows nothing elsewhere; 'bar' draws the line; 'json' prints " \
           "events on standard output, one JSON object a line (doc/events.md); 'none' shows nothing.")
#define RIGHTS                                                                                                       \
    CHOICE(                                                                                                          \
        "rights", "Rights", RIGHTS_CHOICES, "show", "what to do about rights that inputs state",                     \
        "What XMP, IPTC and EXIF say is recorded in any case. 'show' prints it before the start; 'strict' also "     \
        "refuses a painting that reserves its rights; 'ignore' prints nothing. A painting reserves its rights when " \
        "it says so, "                                                                                               \
        "is "                                                                                                        \
        "marked as under copyright, or names terms that are not known to be open. Open are the public domain, CC0, " \
        "CC BY and CC BY-SA, also for non-commercial use; licences that forbid derivatives are not."),               \
        TEXT("i-have-permission", 0, "Rights", "TEXT", VALUES_NONE, NULL, "who permits what, for the record",        \
             "A painting that reserves its rights is then taken in spite of `rights` strict. TEXT is stored in the " \
             "result.")
#define PIXELS(group)                                                                                                 \
    CHOICE("range", group, RANGE_CHOICES, "auto", "values that a network of others takes and gives",                  \
           "Give it when the file does not say it, or when what was found by trying is wrong. 'auto' takes what was " \
           "found."),                                                                                                 \
        CHOICE("channels", group, "rgb|bgr", "rgb", "order of the channels that it takes and gives", "")

#endif
