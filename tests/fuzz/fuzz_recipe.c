/* SPDX-License-Identifier: MIT */
/* Fuzz target: recipes, as --from takes them: a JSON file or a checkpoint, and all that is asked of what is found in
 * it. Nothing that they name is opened. */
#define _GNU_SOURCE
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "scumble/scumble.h"

static char path[] = "/tmp/scumble-fuzz-recipe-XXXXXX";

static void clean(void)
{
    unlink(path);
}

static scumble *context(void)
{
    static scumble *s;
    if (s)
        return s;
    int fd = mkstemp(path);
    if (fd < 0 || scumble_open(&s, NULL))
        abort();
    close(fd);
    atexit(clean);
    return s;
}

/* Codes come with a sentence. */
static int check(scumble *s, int code)
{
    if (code && !*scumble_error_text(s))
        abort();
    return code;
}

/* Until the list ends: a text of this size holds no more files. */
static void read_files(scumble *s, const char *json, size_t size)
{
    static const scumble_guide_role roles[] = { SCUMBLE_GUIDE_MASK, SCUMBLE_GUIDE_STYLE_MASK, SCUMBLE_GUIDE_PROTECT,
                                                SCUMBLE_GUIDE_PALETTE, SCUMBLE_GUIDE_START };
    scumble_recipe_file file;
    for (int i = 0; i < 4 && (size_t)i < size; i++)
        check(s, scumble_recipe_input(s, json, i, &file));
    for (size_t r = 0; r < sizeof roles / sizeof *roles; r++)
        for (int i = -1; i < 3; i++)
            check(s, scumble_recipe_guide(s, json, roles[r], i, &file));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scumble *s = context();
    char *json;
    bool text = size && data[0] == '{', checkpoint = size > 8 && data[8] == '{';
    if (!text && !checkpoint) /* a picture: those are for fuzz_rights and libvips */
        return 0;
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file))
        abort();
    if (check(s, scumble_recipe_load(s, path, &json)))
        return 0;
    scumble_options *options = scumble_options_create(SCUMBLE_OPTIONS_STYLE);
    int width, height;
    if (!check(s, scumble_recipe_options(s, json, options))) {
        char again[4096];
        double iterations;
        if (scumble_options_get_number(s, options, "iterations", &iterations) || iterations < 1 ||
            scumble_options_get(s, options, "style-terms", again, sizeof again))
            abort();
    }
    if (!check(s, scumble_recipe_texture(s, json, &width, &height)) && (width < 1 || height < 1))
        abort();
    read_files(s, json, size);
    fuzz_sink = (uint8_t)scumble_recipe_faces(json);
    scumble_text_free(&json);
    scumble_options_free(&options);
    return 0;
}
