/* SPDX-License-Identifier: MIT */
/* `scumble sheet`: pictures side by side in one. The sheet itself is made by contact_sheet.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "console.h"
#include "contact_sheet.h"
#include "outputs.h"
#include "inputs.h"
#include "paths.h"
#include "streams.h"

typedef struct sheet {
    const char *output, *format;           /* format: of an output stream; NULL = the output is none */
    int64_t height, columns, gap, quality; /* columns 0: all in one row */
    text_list words, photos;
    scumble *s;
} sheet;

/* ---- checks ---- */

static int sheet_check_output(const sheet *sh)
{
    if (!sh->format && !scumble_image_writable(sh->output))
        return console_usage(
            "-o is '%s', which has no ending of a format that scumble can write; use .png, .jpg, .webp or .tif",
            sh->output);
    file_roles roles = { 0 };
    for (int i = 0; i < sh->photos.count; i++)
        outputs_add(&roles, sh->photos.items[i], NULL);
    outputs_add(&roles, sh->output, "-o");
    int status = outputs_check_clashes(&roles);
    return status ? status : paths_check_output("-o", sh->output);
}

static int compose_sheet(const sheet *sh)
{
    sheet_picture *pictures = must(calloc((size_t)sh->photos.count, sizeof *pictures));
    for (int i = 0; i < sh->photos.count; i++)
        pictures[i].path = sh->photos.items[i];
    contact_sheet made = { sh->output,  pictures, sh->photos.count, sh->height, sh->columns, sh->gap,
                           sh->quality, false,    sh->format };
    int status = contact_sheet_write(sh->s, &made);
    free(pictures);
    return status;
}

static int run_sheet(sheet *sh)
{
    scumble_config config = { .size = sizeof config };
    arguments_reading(&config);
    int code = scumble_open(&sh->s, &config), status = code ? console_failure(sh->s, code, NULL) : 0;
    if (!status)
        status = streams_output(&sh->output, &sh->format, true);
    for (int i = 0; !status && i < sh->words.count; i++)
        status = inputs_expand(sh->words.items[i], &sh->photos);
    if (!status)
        status = sheet_check_output(sh);
    return status ? status : compose_sheet(sh);
}

int command_sheet(int argc, char **argv)
{
    sheet sh = { .height = 384, .gap = 8 };
    bool help = false;
    const binding bindings[] = {
        BIND("output", &sh.output),   BIND("format", &sh.format), BIND("height", &sh.height),
        BIND("columns", &sh.columns), BIND("gap", &sh.gap),       BIND("quality", &sh.quality)
    };
    int status = arguments_parse(&sheet_about, argc, argv, BINDINGS(bindings), NULL, &sh.words, &help);
    if (!status && !help && !sh.words.count)
        status = console_usage("there are no pictures; give some: scumble sheet a.jpg b.jpg -o sheet.png");
    if (!status && !help && !sh.output)
        status = console_usage("there is no name for the sheet; give one: -o sheet.png");
    if (!status)
        status = help ? EXIT_DONE : run_sheet(&sh);
    scumble_close(&sh.s);
    text_list_free(&sh.photos);
    text_list_free(&sh.words);
    return status;
}
