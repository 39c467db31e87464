/* SPDX-License-Identifier: MIT */
/* ONNX networks whose values lie in a file beside them: the networks of others, with their values moved out, give the
 * same painter; what is hostile about where the values are said to lie is refused, with a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "nets/store/painter.h"
#include "weights/onnx_external.h"

static sc_error err;
static char folder[] = "/tmp/scumble-external-XXXXXX";

#define MUST(call)                               \
    do {                                         \
        if (call)                                \
            fail_msg("%s: %s", #call, err.text); \
    } while (0)

static const char *in_folder(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static char *copy(const char *text)
{
    char *made = strdup(text);
    assert_non_null(made);
    return made;
}

/* key and value are copied. */
static void say(sc_onnx_tensor *t, const char *key, const char *value)
{
    ScOnnx__Text *text = malloc(sizeof *text),
                 **texts = realloc(t->external_data, (t->n_external_data + 1) * sizeof *texts);
    assert_true(text && texts);
    sc_onnx__text__init(text);
    text->key = copy(key);
    text->value = copy(value);
    texts[t->n_external_data++] = text;
    t->external_data = texts;
}

/* Moves a tensor's raw values to the end of the data. */
static void move_out(sc_onnx_tensor *t, const char *location, FILE *data)
{
    char number[32];
    for (long at = ftell(data); at % 64; at++) /* as PyTorch lays them */
        fputc(0xee, data);
    say(t, "location", location);
    snprintf(number, sizeof number, "%ld", ftell(data));
    say(t, "offset", number);
    snprintf(number, sizeof number, "%zu", t->raw_data.len);
    say(t, "length", number);
    t->has_data_location = 1;
    t->data_location = 1;
    fwrite(t->raw_data.data, 1, t->raw_data.len, data);
    free(t->raw_data.data);
    t->raw_data = (ProtobufCBinaryData){ 0 };
    t->has_raw_data = 0;
}

static sc_onnx_model *unpack(const char *network)
{
    char path[512];
    sc_mapped_file file;
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/onnx/%s.onnx", SCUMBLE_SOURCE_ROOT, network);
    MUST(sc_file_map(&file, path, &err));
    sc_onnx_model *model = sc_onnx__model__unpack(NULL, file.size_bytes, file.data);
    sc_file_unmap(&file);
    assert_non_null(model);
    return model;
}

static void write_model(const sc_onnx_model *model)
{
    size_t size = sc_onnx__model__get_packed_size(model);
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    sc_onnx__model__pack(model, bytes);
    MUST(sc_file_write(in_folder("model.onnx"), bytes, size, &err));
    free(bytes);
}

/* model.onnx with all raw values, of initializers and of constant nodes, in model.onnx.data; returns how many. */
static int move_all_out(sc_onnx_model *model)
{
    int moved = 0;
    FILE *data = fopen(in_folder("model.onnx.data"), "wb");
    assert_non_null(data);
    for (size_t i = 0; i < model->graph->n_initializer; i++)
        if (model->graph->initializer[i]->has_raw_data && ++moved)
            move_out(model->graph->initializer[i], "model.onnx.data", data);
    for (size_t i = 0; i < model->graph->n_node; i++) {
        sc_onnx_node *node = model->graph->node[i];
        for (size_t k = 0; k < node->n_attribute; k++)
            if (node->attribute[k]->t && node->attribute[k]->t->has_raw_data && ++moved)
                move_out(node->attribute[k]->t, "model.onnx.data", data);
    }
    assert_int_equal(fclose(data), 0);
    write_model(model);
    return moved;
}

/* ---- the same painters ----------------------------------------------------------------------------------------- */

static void assert_same(const sc_painter *a, const sc_painter *b)
{
    assert_true(a->range == b->range);
    assert_int_equal(a->generator->operation_count, b->generator->operation_count);
    assert_int_equal(a->generator->parameter_count, b->generator->parameter_count);
    for (int i = 0; i < a->generator->parameter_count; i++) {
        const sc_tensor *x = &a->generator->parameters[i].value, *y = &b->generator->parameters[i].value;
        assert_true(sc_shape_equal(x->shape, y->shape));
        assert_memory_equal(x->data, y->data, sc_shape_bytes(x->shape));
    }
}

static void same_painters(void **state)
{
    (void)state;
    static const char *const networks[] = { "foreign_animegan2", "foreign_animegan3", "foreign_faststyle",
                                            "foreign_groups",    "foreign_bytes",     "transposed" };
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        char path[512];
        sc_painter *whole, *split;
        sc_onnx_model *model = unpack(networks[i]);
        int moved = move_all_out(model);
        if (moved < 4)
            fail_msg("only %d tensors of %s were moved", moved, networks[i]);
        sc_onnx_free(model);
        snprintf(path, sizeof path, "%s/tests/fuzz/corpus/onnx/%s.onnx", SCUMBLE_SOURCE_ROOT, networks[i]);
        MUST(sc_painter_load(&whole, path, &err));
        MUST(sc_painter_load(&split, in_folder("model.onnx"), &err));
        assert_same(whole, split);
        sc_painter_free(split);
        /* Found beside a model that is named without a folder, too. */
        char before[4096];
        assert_non_null(getcwd(before, sizeof before));
        assert_int_equal(chdir(folder), 0);
        MUST(sc_painter_load(&split, "model.onnx", &err));
        assert_int_equal(chdir(before), 0);
        assert_same(whole, split);
        sc_painter_free(split);
        sc_painter_free(whole);
    }
}

/* ---- what is refused ------------------------------------------------------------------------------------------- */

/* The path of the model, or NULL: from its bytes. */
static void assert_refused(const char *what, const char *path, const char *says)
{
    sc_mapped_file file;
    sc_onnx_model *model;
    MUST(sc_file_map(&file, in_folder("model.onnx"), &err));
    int code = path ? sc_onnx_parse_beside(&model, file.data, file.size_bytes, path, &err) :
                      sc_onnx_parse(&model, file.data, file.size_bytes, &err);
    sc_file_unmap(&file);
    if (!code || model || err.code != code || !strstr(err.text, says))
        fail_msg("%s: %d, '%s' does not say '%s'", what, code, err.text, says);
}

/* Of one entry of the first tensor; NULL: leaves it out. */
static void change(sc_onnx_model *model, const char *key, const char *value)
{
    sc_onnx_tensor *t = model->graph->initializer[0];
    for (size_t i = 0; i < t->n_external_data; i++)
        if (!strcmp(t->external_data[i]->key, key)) {
            free(t->external_data[i]->value);
            free(t->external_data[i]->key);
            t->external_data[i]->key = copy(value ? key : "other");
            t->external_data[i]->value = copy(value ? value : "");
        }
}

static void hostile_places(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *says;
    } cases[] = {
        { "location", "../model.onnx.data", "only from a file in the same folder" },
        { "location", "/etc/passwd", "only from a file in the same folder" },
        { "location", "./model.onnx.data", "only from a file in the same folder" },
        { "location", "..", "only from a file in the same folder" },
        { "location", ".", "only from a file in the same folder" },
        { "location", "", "only from a file in the same folder" },
        { "location", NULL, "nothing says in which" },
        { "location", "elsewhere.data", "are in the file 'elsewhere.data', which is not there" },
        { "location", "inner", "is a folder, not a file" },
        { "location", "empty", "'empty' ends before the values of" },
        { "offset", "-64", "does not say rightly" },
        { "offset", "", "does not say rightly" },
        { "offset", "0x10", "does not say rightly" },
        { "offset", " 1", "does not say rightly" },
        { "offset", "18446744073709551615", "does not say rightly" },
        { "offset", "18446744073709551617", "does not say rightly" },
        { "offset", "999999999999999999", "ends before the values of" },
        { "offset", "1000000", "ends before the values of" },
        { "length", "0", "does not say rightly" },
        { "length", "4", "does not say rightly" },
        { "length", "-1", "does not say rightly" },
        { "length", "999999999999999999", "does not say rightly" },
    };
    FILE *empty = fopen(in_folder("empty"), "wb");
    assert_non_null(empty);
    fclose(empty);
    MUST(sc_make_directories(in_folder("inner"), &err));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sc_onnx_model *model = unpack("foreign_faststyle");
        move_all_out(model);
        change(model, cases[i].key, cases[i].value);
        write_model(model);
        sc_onnx_free(model);
        assert_refused(cases[i].value ? cases[i].value : cases[i].key, in_folder("model.onnx"), cases[i].says);
    }
    rmdir(in_folder("inner"));
    unlink(in_folder("empty"));
}

/* Dimensions of more bytes than there are, as many as size_t does not hold, and values that are there twice. */
static void hostile_tensors(void **state)
{
    (void)state;
    static const struct {
        int64_t first;
        const char *says;
    } cases[] = { { (int64_t)1 << 62, "impossible dimensions" },
                  { (int64_t)1 << 60, "ends before" },
                  { INT64_MAX, "impossible dimensions" },
                  { 1 << 20, "ends before" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sc_onnx_model *model = unpack("foreign_faststyle");
        move_all_out(model);
        model->graph->initializer[0]->dims[0] = cases[i].first;
        for (size_t d = 1; d < model->graph->initializer[0]->n_dims; d++)
            model->graph->initializer[0]->dims[d] = 1;
        change(model, "length", NULL); /* then it is as many as the dimensions say */
        write_model(model);
        sc_onnx_free(model);
        assert_refused("dimensions", in_folder("model.onnx"), cases[i].says);
    }
    sc_onnx_model *model = unpack("foreign_faststyle");
    move_all_out(model);
    sc_onnx_tensor *t = model->graph->initializer[0];
    t->has_raw_data = 1;
    t->raw_data.data = (uint8_t *)copy("1234");
    t->raw_data.len = 4;
    write_model(model);
    sc_onnx_free(model);
    assert_refused("both here and there", in_folder("model.onnx"), "does not say rightly");
}

/* As if 2 GiB less three bytes had been read before: many tensors may name the same bytes. */
static void far_too_much(void **state)
{
    (void)state;
    sc_onnx_model *model = unpack("foreign_faststyle");
    sc_onnx_external external = { .model = in_folder("model.onnx"), .taken = ((size_t)2 << 30) - 3 };
    move_all_out(model);
    sc_onnx_tensor *t = model->graph->initializer[0];
    assert_int_equal(sc_onnx_external_read(&external, t, 4 * sc_onnx_tensor_count(t), &err), SCUMBLE_ERR_LIMIT);
    assert_non_null(strstr(err.text, "more than 2048 MiB"));
    external.taken = 0;
    MUST(sc_onnx_external_read(&external, t, 4 * sc_onnx_tensor_count(t), &err));
    assert_int_equal(external.taken, 4 * sc_onnx_tensor_count(t));
    sc_onnx_external_close(&external);
    sc_onnx_free(model);
}

static void without_a_folder(void **state)
{
    (void)state;
    sc_onnx_model *model = unpack("foreign_faststyle");
    move_all_out(model);
    sc_onnx_free(model);
    assert_refused("bytes alone", NULL,
                   "in another file, and a network that is not read from a file has none beside it");
    sc_painter *painter;
    unlink(in_folder("model.onnx.data"));
    assert_int_equal(sc_painter_load(&painter, in_folder("model.onnx"), &err), SCUMBLE_ERR_NOT_FOUND);
    assert_null(painter);
    assert_non_null(strstr(err.text, "'model.onnx.data', which is not there"));
    assert_non_null(strstr(err.text, "model.onnx'"));
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(in_folder("model.onnx"));
    unlink(in_folder("model.onnx.data"));
    return rmdir(folder);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_painters), cmocka_unit_test(hostile_places),   cmocka_unit_test(hostile_tensors),
        cmocka_unit_test(far_too_much),  cmocka_unit_test(without_a_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
