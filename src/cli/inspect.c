/* SPDX-License-Identifier: MIT */
/* `scumble inspect`: what a network sees in a picture. Feature maps or the Gram matrix of one layer as a picture;
 * without a layer, the names of the layers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "console.h"
#include "outputs.h"
#include "paths.h"
#include "streams.h"

enum { MAPS_MOST = 4096 };

typedef struct inspection {
    const char *layer, *output, *encoder; /* borrowed from the command line */
    const char *format;                   /* of an output stream; NULL = the output is none */
    char *photo;                          /* of the words of the command line; NULL = not given */
    int64_t maps, size;
    bool gram;
    scumble *s;
} inspection;

/* One name a line. */
static int cli_inspect_list_layers(const inspection *in)
{
    char *names = NULL;
    int code = scumble_model_layers(in->s, in->encoder, &names);
    if (code)
        return console_failure(in->s, code, NULL);
    for (char *name = strtok(names, " "); name; name = strtok(NULL, " "))
        puts(name);
    scumble_text_free(&names);
    return 0;
}

/* PHOTO-LAYER.png in the working folder; caller frees. */
static char *default_output(const inspection *in)
{
    char *name = paths_name(in->photo), *layer = text_replace(in->layer, "/", "_");
    char *output = text_format("%s-%s%s.png", name, layer, in->gram ? "-gram" : "");
    free(layer);
    free(name);
    return output;
}

static int cli_inspect_check_output(const inspection *in, const char *output)
{
    if (!in->format && !scumble_image_writable(output))
        return console_usage(
            "-o is '%s', which has no ending of a format that scumble can write; use .png, .jpg, .webp or .tif",
            output);
    file_roles roles = { 0 };
    outputs_add(&roles, in->photo, NULL);
    outputs_add(&roles, in->encoder && paths_exists(in->encoder) ? in->encoder : NULL, NULL);
    outputs_add(&roles, output, "-o");
    int status = outputs_check_clashes(&roles);
    return status ? status : paths_check_output("-o", output);
}

static int load_shrunk(const inspection *in, scumble_image **picture)
{
    scumble_image *whole = NULL;
    int code = console_picture(in->s, in->photo, &whole);
    *picture = NULL;
    if (code)
        return code;
    int width = scumble_image_width(whole), height = scumble_image_height(whole);
    double share = (double)in->size / (width > height ? width : height);
    if (share >= 1) {
        *picture = whole;
        return 0;
    }
    int small_width = (int)(width * share + 0.5), small_height = (int)(height * share + 0.5);
    code = scumble_image_resize(in->s, whole, small_width < 1 ? 1 : small_width, small_height < 1 ? 1 : small_height,
                                picture);
    scumble_image_free(&whole);
    return code;
}

static int cli_inspect_write_sheet(const inspection *in, const char *output)
{
    scumble_image *picture = NULL, *sheet = NULL;
    scumble_save_options options = { .size = sizeof options,
                                     .bits = outputs_small_bits(output, in->format),
                                     .format = in->format };
    int code = load_shrunk(in, &picture);
    if (!code && in->gram)
        code = scumble_inspect_gram(in->s, in->encoder, picture, in->layer, &sheet);
    else if (!code)
        code = scumble_inspect_features(in->s, in->encoder, picture, in->layer, (int)in->maps, &sheet);
    if (!code)
        code = scumble_image_save(in->s, sheet, output, &options);
    int status = code ? console_failure(in->s, code, NULL) : 0;
    if (!code)
        console_info("wrote %s (%dx%d)", output, scumble_image_width(sheet), scumble_image_height(sheet));
    scumble_image_free(&sheet);
    scumble_image_free(&picture);
    return status;
}

static int cli_inspect_check_combinations(const inspection *in, const text_list *words)
{
    if (words->count > 1)
        return console_usage("there are %d photos; inspect takes one", words->count);
    if (in->layer && !in->photo)
        return console_usage("there is no photo; give one: scumble inspect photo.jpg --layer %s", in->layer);
    if (!in->layer && (in->output || in->gram))
        return console_usage("%s needs a layer; give one: --layer relu3_1 (scumble inspect alone lists them)",
                             in->output ? "-o" : "--gram");
    return 0;
}

static int run_inspect(inspection *in)
{
    int status = in->photo ? outputs_check_named(in->output, in->photo) : 0;
    if (status)
        return status;
    char *output = !in->layer ? NULL : in->output ? text_copy(in->output) : default_output(in);
    scumble_config config = { .size = sizeof config };
    arguments_reading(&config);
    int code = scumble_open(&in->s, &config);
    status = code ? console_failure(in->s, code, NULL) : 0;
    if (!status && output)
        status = cli_inspect_check_output(in, output);
    if (!status)
        status = output ? cli_inspect_write_sheet(in, output) : cli_inspect_list_layers(in);
    free(output);
    return status;
}

int command_inspect(int argc, char **argv)
{
    inspection in = { .encoder = "lite", .maps = 64, .size = 512 };
    text_list words = { 0 };
    bool help = false;
    const binding bindings[] = { BIND("layer", &in.layer),    BIND("output", &in.output), BIND("format", &in.format),
                                 BIND("gram", &in.gram),      BIND("maps", &in.maps),     BIND("size", &in.size),
                                 BIND("encoder", &in.encoder) };
    int status = arguments_parse(&inspect_about, argc, argv, BINDINGS(bindings), NULL, &words, &help);
    if (!status && !help && words.count == 1)
        status = streams_input(&words.items[0]);
    in.photo = words.count ? words.items[0] : NULL;
    if (!status && !help)
        status = cli_inspect_check_combinations(&in, &words);
    if (!status && !help)
        status = streams_output(&in.output, &in.format, true);
    if (!status)
        status = help ? EXIT_DONE : run_inspect(&in);
    scumble_close(&in.s);
    text_list_free(&words);
    return status;
}
