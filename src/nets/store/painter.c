/* SPDX-License-Identifier: MIT */
/* Reading and writing painters. See painter.h. */
#include "nets/store/painter.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "nets/program/animegan.h"
#include "nets/program/generator.h"
#include "nets/onnx/onnx.h"
#include "nets/program/usage.h"

static const char format[] = "scumble.painter/1";

void sc_painter_free(sc_painter *painter)
{
    if (!painter)
        return;
    char *const texts[] = { painter->name,    painter->licence,        painter->source, painter->recipe,
                            painter->encoder, painter->encoder_sha256, painter->layer,  painter->unused };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    sc_program_free(painter->generator);
    sc_program_free(painter->discriminator);
    free(painter);
}

static int copy_texts(sc_painter *to, const sc_painter *from, sc_error *err)
{
    const char *const texts[] = { from->name,    from->licence,        from->source, from->recipe,
                                  from->encoder, from->encoder_sha256, from->layer,  from->unused };
    char **const copies[] = { &to->name,    &to->licence,        &to->source, &to->recipe,
                              &to->encoder, &to->encoder_sha256, &to->layer,  &to->unused };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        *copies[i] = strdup(texts[i] ? texts[i] : "");
        if (!*copies[i])
            return sc_fail_memory(err, strlen(texts[i] ? texts[i] : "") + 1);
    }
    return SCUMBLE_OK;
}

enum { LEAST_SIZE = 16, MOST_SIZE = 65535 };

/* How large the paintings were when it learnt from them, as its recipe says. */
static int size_in_recipe(const char *recipe)
{
    json_t *json = recipe ? json_loads(recipe, 0, NULL) : NULL;
    const char *text = json_string_value(json_object_get(json_object_get(json, "options"), "style-size"));
    int size = text ? atoi(text) : 0;
    json_decref(json);
    return size;
}

static int store_painter_size_of(const sc_painter *texts)
{
    int size = texts->size ? texts->size : size_in_recipe(texts->recipe);
    return size >= LEAST_SIZE && size <= MOST_SIZE ? size : SC_PAINTER_SIZE;
}

int sc_painter_create(sc_painter **painter, sc_program *generator, sc_program *discriminator, const sc_painter *texts,
                      sc_error *err)
{
    *painter = NULL;
    sc_painter *p = calloc(1, sizeof *p);
    if (!p) {
        sc_program_free(generator);
        sc_program_free(discriminator);
        return sc_fail_memory(err, sizeof *p);
    }
    p->generator = generator;
    p->discriminator = discriminator;
    p->range = texts->range;
    p->size = store_painter_size_of(texts);
    p->form = texts->form;
    p->is_signed = texts->is_signed;
    int code = p->range > 0 && isfinite(p->range) ?
                   copy_texts(p, texts, err) :
                   sc_fail(err, SCUMBLE_ERR_FORMAT, "the network's range of values is missing or wrong");
    if (!code)
        code = sc_usage_check(generator, SC_TO_PAINT, err);
    if (!code && discriminator)
        code = sc_usage_check(discriminator, SC_TO_JUDGE, err);
    if (code)
        sc_painter_free(p);
    else
        *painter = p;
    return code;
}

const char *sc_painter_range(const sc_painter *painter, char text[32])
{
    if (painter->is_signed)
        return strcpy(text, "-1..1");
    snprintf(text, 32, "0..%.9g", painter->range);
    return text;
}

int sc_painter_tell(sc_painter *painter, const sc_painter_pixels *pixels, sc_error *err)
{
    sc_program_ends ends = { { 1, 0 }, { 1, 0 }, pixels->bgr && !painter->is_bgr };
    bool told = pixels->high > 0, is_signed = told ? pixels->low < 0 : painter->is_signed;
    if (painter->form && !strcmp(painter->form, "scumble") && (told || pixels->bgr))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "a painter of scumble says itself what pictures it takes; the range and the order of channels "
                       "are for networks of others");
    if (is_signed && !painter->is_signed)
        ends = (sc_program_ends){ { 2, -1 }, { 0.5, 0.5 }, ends.swap };
    else if (!is_signed && painter->is_signed)
        ends = (sc_program_ends){ { 0.5, 0.5 }, { 2, -1 }, ends.swap };
    int code = sc_program_set_ends(painter->generator, &ends, err);
    if (code)
        return code;
    painter->range = !told ? painter->range : is_signed ? 1 : pixels->high;
    painter->is_signed = is_signed;
    painter->is_bgr |= pixels->bgr;
    painter->guessed = painter->guessed && !told;
    return sc_usage_check(painter->generator, SC_TO_PAINT, err);
}

int sc_painter_from_weights(sc_painter **painter, const sc_weights *weights, sc_error *err)
{
    const char *kind = sc_weights_metadata(weights, "format"), *range = sc_weights_metadata(weights, "range"),
               *size = sc_weights_metadata(weights, "size");
    const char *generator = sc_weights_metadata(weights, "generator"),
               *discriminator = sc_weights_metadata(weights, "discriminator");
    sc_program *programs[2] = { NULL, NULL };
    *painter = NULL;
    if (!kind || strcmp(kind, format) || !generator)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "this is no painter: scumble train makes one (its files say \"%s\")", format);
    int code = sc_program_from_json(&programs[0], generator, weights, "generator.", err);
    if (!code && discriminator)
        code = sc_program_from_json(&programs[1], discriminator, weights, "discriminator.", err);
    if (code) {
        sc_program_free(programs[0]);
        return code;
    }
    sc_painter texts = { .range = range ? strtod(range, NULL) : 0, .size = size ? atoi(size) : 0, .form = "scumble" };
    const char *const keys[] = { "name", "licence", "source", "recipe", "encoder", "encoder_sha256", "layer" };
    char **const fields[] = { &texts.name,    &texts.licence,        &texts.source, &texts.recipe,
                              &texts.encoder, &texts.encoder_sha256, &texts.layer };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        *fields[i] = (char *)(uintptr_t)sc_weights_metadata(weights, keys[i]);
    texts.unused = sc_weights_unused(weights);
    code = sc_painter_create(painter, programs[0], programs[1], &texts, err);
    free(texts.unused);
    return code;
}

int sc_painter_parse(sc_painter **painter, const void *data, size_t size_bytes, sc_error *err)
{
    sc_weights *weights;
    *painter = NULL;
    int code = sc_safetensors_parse(NULL, &weights, data, size_bytes, err);
    if (code)
        return code;
    code = sc_painter_from_weights(painter, weights, err);
    sc_weights_free(weights);
    return code;
}

/* A public network: what does not say more of itself is called as its file. */
static int adopt(sc_painter **painter, sc_program *generator, double range, const char *path, sc_painter texts,
                 sc_error *err)
{
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    char name[128];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(file, "."), file);
    texts.range = range;
    texts.name = texts.name ? texts.name : name;
    texts.source = texts.source ? texts.source : (char *)(uintptr_t)file;
    return sc_painter_create(painter, generator, NULL, &texts, err);
}

static int adopt_weights(sc_painter **painter, const sc_weights *weights, const char *path, sc_error *err)
{
    sc_program *generator;
    bool anime = sc_animegan_recognise(weights);
    int code = anime ? sc_animegan_from_weights(&generator, weights, err) :
                       sc_generator_from_weights(&generator, weights, err);
    if (code)
        return code;
    char *unused = sc_weights_unused(weights);
    code = adopt(painter, generator, anime ? 1 : 255, path,
                 (sc_painter){ .unused = unused, .form = "PyTorch", .is_signed = anime }, err);
    free(unused);
    return code;
}

static char *onnx_text(const sc_onnx_model *model, const char *key)
{
    for (size_t i = 0; i < model->n_metadata_props; i++) {
        const ScOnnx__Text *text = model->metadata_props[i];
        if (text->key && text->value && *text->value && !strcmp(text->key, key))
            return text->value;
    }
    return NULL;
}

/* The long edge of the pictures that the network is for, where its file says so; 0: of any. Channels come first or
 * last. */
static int onnx_size(const sc_onnx_model *model)
{
    const ScOnnx__Graph *g = model->graph;
    const ScOnnx__Value *input = g && g->n_input ? g->input[0] : NULL;
    const ScOnnx__TensorType *type = input && input->type ? input->type->tensor_type : NULL;
    if (!type || !type->shape || type->shape->n_dim != 4)
        return 0;
    int64_t d[4];
    for (int i = 0; i < 4; i++)
        d[i] = type->shape->dim[i]->has_value ? type->shape->dim[i]->value : 0;
    int first = d[1] != 3 && d[3] == 3 ? 1 : 2;
    int64_t longer = d[first] > d[first + 1] ? d[first] : d[first + 1];
    return d[first] > 0 && d[first + 1] > 0 && longer <= MOST_SIZE ? (int)longer : 0;
}

static int adopt_onnx(sc_painter **painter, const sc_onnx_model *model, const char *path, sc_error *err)
{
    sc_program *generator;
    double range;
    sc_painter texts = { .name = onnx_text(model, "name"),
                         .licence = onnx_text(model, "licence"),
                         .source = onnx_text(model, "source"),
                         .recipe = onnx_text(model, "recipe"),
                         .size = onnx_size(model),
                         .form = "ONNX",
                         .is_signed = sc_onnx_is_signed(model) };
    int code = sc_program_from_onnx(&generator, &range, model, err);
    if (!code)
        code = adopt(painter, generator, range > 0 ? range : 1, path, texts, err);
    if (!code && range == 0) {
        (*painter)->guessed = true;
        code = sc_program_try_range((*painter)->generator, &(*painter)->range, err);
    }
    if (code) {
        sc_painter_free(*painter);
        *painter = NULL;
    }
    return code;
}

static int load_onnx(sc_painter **painter, const sc_mapped_file *file, const char *path, sc_error *err)
{
    sc_onnx_model *model;
    int code = sc_onnx_parse_beside(&model, file->data, file->size_bytes, path, err);
    if (!code)
        code = adopt_onnx(painter, model, path, err);
    sc_onnx_free(model);
    return code;
}

static int load_weights(sc_painter **painter, const char *path, sc_error *err)
{
    sc_weights *weights;
    int code = sc_weights_load(NULL, &weights, path, err);
    if (!code)
        code = !sc_weights_metadata(weights, "generator") &&
                       (sc_generator_recognise(weights) || sc_animegan_recognise(weights)) ?
                   adopt_weights(painter, weights, path, err) :
                   sc_painter_from_weights(painter, weights, err);
    sc_weights_free(weights);
    return code;
}

int sc_painter_load(sc_painter **painter, const char *path, sc_error *err)
{
    sc_mapped_file file;
    *painter = NULL;
    /* What cannot be mapped, a folder for one, is for the readers of weights to judge. */
    bool mapped = !sc_file_map(&file, path, err), onnx = mapped && sc_onnx_recognise(file.data, file.size_bytes);
    int code = onnx ? load_onnx(painter, &file, path, err) : load_weights(painter, path, err);
    if (mapped)
        sc_file_unmap(&file);
    return code ? sc_error_prefix_file(err, path) : code;
}

static int put_texts(const sc_painter *painter, sc_weights *weights, sc_error *err)
{
    char range[32], size[16];
    snprintf(range, sizeof range, "%.9g", painter->range);
    snprintf(size, sizeof size, "%d", painter->size);
    const char *const texts[][2] = {
        { "format", format },
        { "range", range },
        { "size", size },
        { "name", painter->name },
        { "licence", painter->licence },
        { "source", painter->source },
        { "recipe", painter->recipe },
        { "encoder", painter->encoder },
        { "encoder_sha256", painter->encoder_sha256 },
        { "layer", painter->layer },
    };
    int code = SCUMBLE_OK;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && !code; i++)
        if (texts[i][1] && *texts[i][1])
            code = sc_weights_set_metadata(weights, texts[i][0], texts[i][1], err);
    return code;
}

static int put_program(const sc_program *program, const char *key, const float *values, sc_weights *weights,
                       sc_error *err)
{
    char prefix[32];
    char *json = sc_program_to_json(program);
    if (!json)
        return sc_fail_memory(err, sizeof *json);
    snprintf(prefix, sizeof prefix, "%s.", key);
    int code = sc_weights_set_metadata(weights, key, json, err);
    if (!code)
        code = sc_program_to_weights(program, prefix, values, weights, err);
    free(json);
    return code;
}

int sc_painter_to_weights(const sc_painter *painter, const float *generator, sc_weights **weights, sc_error *err)
{
    int code = sc_weights_create(weights, err);
    if (code)
        return code;
    code = put_texts(painter, *weights, err);
    if (!code)
        code = put_program(painter->generator, "generator", generator, *weights, err);
    if (!code && painter->discriminator)
        code = put_program(painter->discriminator, "discriminator", NULL, *weights, err);
    if (!code)
        code = sc_weights_sort(*weights, err);
    if (code) {
        sc_weights_free(*weights);
        *weights = NULL;
    }
    return code;
}

int sc_painter_save(const sc_painter *painter, const char *path, sc_error *err)
{
    sc_weights *weights;
    int code = sc_painter_to_weights(painter, NULL, &weights, err);
    if (!code)
        code = sc_safetensors_write(NULL, weights, path, true, err);
    if (!code)
        sc_weights_free(weights);
    return code;
}

int sc_painter_save_onnx(const sc_painter *painter, const char *path, sc_error *err)
{
    void *data;
    size_t size_bytes;
    sc_onnx_texts texts = { painter->name, painter->licence, painter->source, painter->recipe };
    int code = sc_program_to_onnx(painter->generator, painter->range, &texts, &data, &size_bytes, err);
    if (!code)
        code = sc_file_write(path, data, size_bytes, err);
    free(data);
    return code;
}
