/* SPDX-License-Identifier: MIT */
/* The model readers on files that are right: real published models, files from the real writers
 * (tests/fuzz/make_corpus.py), and what scumble writes. Expected numbers: computed with PyTorch, NumPy and Python's
 * json from the same files. Real models are looked for in $SCUMBLE_SHARED/models, or ../shared/models beside the
 * source; tests without them skip. */
#define _GNU_SOURCE
#include "weights_fixture.h"

#include <sys/stat.h>

/* ---- the set ---- */

static void test_set(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_weights *weights;
    float *values;
    assert_int_equal(sc_weights_create(&weights, &err), 0);
    assert_null(sc_weights_find(weights, "a"));
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%d", 99 - i);
        assert_int_equal(sc_weights_add(weights, name, (int64_t[]){ 2, i }, 2, &values, &err), 0);
        for (int k = 0; k < 2 * i; k++)
            assert_true(values[k] == 0.0f);
        if (i)
            values[0] = (float)i;
    }
    assert_int_equal(sc_weights_sort(weights, &err), 0);
    for (int i = 1; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%d", 99 - i);
        assert_true(sc_weights_find(weights, name)->values[0] == (float)i);
    }
    assert_null(sc_weights_find(weights, "t100"));
    assert_int_equal(sc_weights_set_metadata(weights, "k", "1", &err), 0);
    assert_int_equal(sc_weights_set_metadata(weights, "k", "2", &err), 0);
    assert_string_equal(sc_weights_metadata(weights, "k"), "2");
    assert_null(sc_weights_metadata(weights, "l"));
    assert_int_equal(sc_weights_add(weights, "t5", NULL, 0, &values, &err), 0);
    assert_int_equal(sc_weights_sort(weights, &err), SCUMBLE_ERR_FORMAT);
    assert_non_null(strstr(err.text, "'t5'"));
    sc_weights_free(weights);
    sc_weights_free(NULL);
}

static void test_set_limits(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_weights *weights;
    float *values;
    char *name = malloc(2001);
    memset(name, 'n', 2000);
    name[2000] = 0;
    assert_int_equal(sc_weights_create(&weights, &err), 0);
    assert_int_equal(sc_weights_add(weights, name, NULL, 0, &values, &err), SCUMBLE_ERR_LIMIT);
    assert_int_equal(sc_weights_add(weights, "a", (int64_t[9]){ 1 }, 9, &values, &err), SCUMBLE_ERR_LIMIT);
    assert_int_equal(sc_weights_add(weights, "a", (int64_t[]){ -1 }, 1, &values, &err), SCUMBLE_ERR_FORMAT);
    assert_int_equal(sc_weights_add(weights, "a", (int64_t[]){ INT64_MAX, 16 }, 2, &values, &err), SCUMBLE_ERR_LIMIT);
    assert_int_equal(sc_weights_add(weights, "a", (int64_t[]){ (int64_t)1 << 50 }, 1, &values, &err),
                     SCUMBLE_ERR_LIMIT);
    assert_int_equal(weights->tensor_count, 0);
    sc_weights_free(weights);
    free(name);
}

/* ---- files from the real writers ---- */

static void check_views(const char *file)
{
    sc_weights *w = load_corpus(file);
    assert_int_equal(w->tensor_count, 15);
    assert_int_equal(w->layout, SC_LAYOUT_PYTORCH);
    const float *t = values_of(w, "transposed", "6x4"), *s = values_of(w, "sliced", "2x3"),
                *e = values_of(w, "expanded", "3x2");
    static const double transposed[] = { -1, -0.25, 0.5, 1.25, -0.875, -0.125, 0.625 },
                        sliced[] = { -0.25, 0, 0.25, 0.5, 0.75, 1 };
    for (int i = 0; i < 7; i++)
        check_value(t[i], transposed[i]);
    for (int i = 0; i < 6; i++) {
        check_value(s[i], sliced[i]);
        check_value(e[i], -1 + 0.125 * (i / 2));
    }
    check_value(values_of(w, "scalar", "")[0], 2.5);
    values_of(w, "empty", "0x3");
    check_value(values_of(w, "longs", "2")[1], 1099511627776.0);
    check_value(values_of(w, "ints", "1")[0], -70000);
    check_value(values_of(w, "shorts", "1")[0], -300);
    check_value(values_of(w, "chars", "1")[0], -3);
    check_value(values_of(w, "bytes", "2")[1], 255);
    check_value(values_of(w, "bools", "2")[0], 1);
    check_value(values_of(w, "parameter", "2")[1], -0.875);
    check_value(values_of(w, "nested.list.1", "2")[1], -0.875);
    check_value(values_of(w, "nested.5", "1")[0], -1);
    sc_weights_free(w);
}

static void test_pytorch_views(void **state)
{
    (void)state;
    check_views("pytorch/views.pth");
    check_views("pytorch/views-legacy.pth");
    check_views("pytorch/views-protocol4.pth");
}

/* {"model": {a: half, b: bfloat16, c: double}, "epoch": 7}: the wrapper leaves no prefix. */
static void test_pytorch_wrapped(void **state)
{
    (void)state;
    static const char *const files[] = { "pytorch/wrapped.pth", "pytorch/protocol1.pth" };
    for (int i = 0; i < 2; i++) {
        sc_weights *w = load_corpus(files[i]);
        assert_int_equal(w->tensor_count, 3);
        check_tensor(w, "a", "2x3", -1, -0.375, -4.125);
        check_tensor(w, "b", "3x2", -1, -0.375, -4.125);
        check_tensor(w, "c", "4", -1, -0.625, -3.25);
        assert_string_equal(w->format, i ? "PyTorch legacy" : "PyTorch zip");
        sc_weights_free(w);
    }
}

static void test_safetensors_types(void **state)
{
    (void)state;
    sc_weights *w = load_corpus("safetensors/all-types.safetensors");
    check_tensor(w, "w", "2x2", 1, 4, 10);
    check_tensor(w, "h", "2", 0.5, -2, -1.5);
    check_tensor(w, "i", "", -9, -9, -9);
    check_tensor(w, "b", "1", 3, 3, 3);
    check_tensor(w, "z", "2", 0, 1, 1);
    check_tensor(w, "d", "1", 0.1, 0.1, 0.1);
    values_of(w, "e", "0x4");
    assert_string_equal(sc_weights_metadata(w, "format"), "pt");
    sc_weights_free(w);
}

static void test_keras_files(void **state)
{
    (void)state;
    static const char *const files[] = { "keras/weights.h5", "keras/model.h5" };
    for (int i = 0; i < 2; i++) {
        sc_weights *w = load_corpus(files[i]);
        assert_int_equal(w->tensor_count, 6);
        assert_int_equal(w->layout, SC_LAYOUT_KERAS);
        check_tensor(w, "conv1/kernel", "1x1x2x3", -1, -0.375, -4.125);
        check_tensor(w, "conv1/bias", "3", -1, -0.75, -2.625);
        values_of(w, "bn/gamma", "3");
        values_of(w, "bn/moving_variance", "3");
        assert_string_equal(sc_weights_metadata(w, "backend"), "tensorflow");
        if (i)
            assert_string_equal(
                w->topology,
                "{\"model_config\":{\"class_name\":\"Functional\",\"config\":{\"name\":\"m\",\"layers\":[]}}}");
        else
            assert_null(w->topology);
        sc_weights_free(w);
    }
    sc_weights *w = load_corpus("keras/keras1.h5");
    check_tensor(w, "block1_conv1/kernel", "1x1x2x2", -1, -0.625, -3.25);
    check_tensor(w, "block1_conv1/bias", "2", -1, -0.875, -1.875);
    sc_weights_free(w);
    w = load_corpus("keras/packed.h5");
    check_tensor(w, "dense/kernel", "4x8", -1, 2.875, 30);
    check_tensor(w, "dense/bias", "8", -1, -0.125, -4.5);
    check_tensor(w, "dense/steps", "", -5, -5, -5);
    sc_weights_free(w);
}

/* ---- TensorFlow.js folders ---- */

static char folder[] = "/tmp/scumble-weights-XXXXXX";

static char *put_file(const char *name, const void *data, size_t size)
{
    sc_error err = { 0 };
    char *path = sc_format("%s/%s", folder, name);
    assert_int_equal(sc_file_write(path, data, size, &err), 0);
    return path;
}

static void put(const char *name, const void *data, size_t size)
{
    free(put_file(name, data, size));
}

static void remove_file(const char *name)
{
    char *path = sc_format("%s/%s", folder, name);
    unlink(path);
    free(path);
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* Two groups, the first in two shards that cut a weight in the middle; all stored types. */
static void test_tfjs_folder(void **state)
{
    (void)state;
    static const char model[] =
        "{\"modelTopology\": {\"model_config\": {\"x\": 1}}, \"weightsManifest\": ["
        "{\"paths\": [\"a1\", \"a2\"], \"weights\": [{\"name\": \"l/l/kernel:0\", \"shape\": [2], \"dtype\": "
        "\"float32\"},"
        " {\"name\": \"l/bias\", \"shape\": [2], \"dtype\": \"int32\"}]},"
        "{\"paths\": [\"b\"], \"weights\": ["
        " {\"name\": \"q/kernel\", \"shape\": [2, 1], \"dtype\": \"float32\", \"quantization\": {\"dtype\": "
        "\"uint16\", \"min\": -2, \"scale\": 0.5}},"
        " {\"name\": \"q/bias\", \"shape\": [], \"dtype\": \"float32\", \"quantization\": {\"dtype\": \"float16\"}},"
        " {\"name\": \"q/gamma\", \"shape\": [2], \"dtype\": \"float32\", \"quantization\": {\"dtype\": \"uint8\", "
        "\"min\": 1, \"scale\": 0.25}}]}]}";
    put("model.json", model, sizeof model - 1);
    put("a1", BYTES("\0\0\x80\x3f\0\0"));
    put("a2", BYTES("\0\x40\x01\0\0\0\xff\xff\xff\xff"));
    put("b", BYTES("\x01\0\0\x01\0\xc0\x04\xff"));
    sc_error err = { 0 };
    sc_weights *w;
    if (sc_weights_load(NULL, &w, folder, &err))
        fail_msg("%s", err.text);
    check_tensor(w, "l/kernel", "2", 1, 2, 3);
    check_tensor(w, "l/bias", "2", 1, -1, 0);
    check_tensor(w, "q/kernel", "2x1", -1.5, 126, 124.5);
    check_tensor(w, "q/bias", "", -2, -2, -2);
    check_tensor(w, "q/gamma", "2", 2, 64.75, 66.75);
    assert_string_equal(w->topology, "{\"model_config\":{\"x\":1}}");
    sc_weights_free(w);
    remove_file("a2");
    int code = sc_weights_load(NULL, &w, folder, &err);
    check_refusal(code, w, &err, "a missing shard", "a2");
    remove_file("a1");
    remove_file("b");
    remove_file("model.json");
    code = sc_weights_load(NULL, &w, folder, &err);
    check_refusal(code, w, &err, "an empty folder", "no model.json");
}

static void test_tfjs_javascript(void **state)
{
    (void)state;
    put("m.min.js", BYTES("!function(){i={exports:{}};n.exports = "
                          "{modelTopology:{model_config:{a:!0,\"b\":!1,c:'\\x41\"',d:[.5,-.25,1e-3,5.,void 0]}},"
                          "weightsManifest:[{paths:[\"s\"],weights:[{name:\"a/kernel\",shape:[4],dtype:\"float32\","
                          "quantization:{min:-.5,scale:.25,dtype:\"uint8\"}}]}]};alert(1)}"));
    put("s.min.js", BYTES("!function(){h.exports='AAEC/w=='}"));
    char *path = sc_format("%s/m.min.js", folder);
    sc_error err = { 0 };
    sc_weights *w;
    if (sc_weights_load(NULL, &w, path, &err))
        fail_msg("%s", err.text);
    check_tensor(w, "a/kernel", "4", -0.5, 63.25, 62.5);
    assert_string_equal(w->topology,
                        "{\"model_config\":{\"a\":true,\"b\":false,\"c\":\"A\\\"\",\"d\":[0.5,-0.25,0.001,5.0,null]}}");
    sc_weights_free(w);
    free(path);
    remove_file("m.min.js");
    remove_file("s.min.js");
}

/* ---- telling the formats apart ---- */

static void test_unknown_formats(void **state)
{
    (void)state;
    static const struct {
        const char *what, *part;
        const uint8_t *data;
        size_t size;
    } files[] = {
        { "an empty file", "is empty", BYTES("") },
        { "a Git LFS pointer", "Git LFS", BYTES("version https://git-lfs.github.com/spec/v1\noid sha256:00\n") },
        { "a web page", "web page", BYTES("<!DOCTYPE html><html>404</html>") },
        { "noise", "not a model", BYTES("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b") },
        { "other JSON", "weightsManifest", BYTES("{\"a\": 1}") },
        { "a plain pickle", "magic number", BYTES("\x80\x02}.") },
        { "another zip", "data.pkl", BYTES("PK\005\006\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        sc_error err = { 0 };
        sc_weights *w;
        char *path = put_file("file", files[i].data, files[i].size);
        int code = sc_weights_load(NULL, &w, path, &err);
        check_refusal(code, w, &err, files[i].what, files[i].part);
        assert_non_null(strstr(err.text, path));
        free(path);
    }
    remove_file("file");
    sc_error err = { 0 };
    sc_weights *w;
    int code = sc_weights_load(NULL, &w, "/nonexistent/model.pth", &err);
    assert_int_equal(code, SCUMBLE_ERR_NOT_FOUND);
    check_refusal(code, w, &err, "a missing file", "/nonexistent/model.pth");
}

/* ---- writing ---- */

static sc_weights *make_set(void)
{
    sc_error err = { 0 };
    sc_weights *w;
    float *values;
    assert_int_equal(sc_weights_create(&w, &err), 0);
    assert_int_equal(sc_weights_add(w, "z \"quoted\" \xc3\xa9", (int64_t[]){ 300, 100 }, 2, &values, &err), 0);
    for (int i = 0; i < 30000; i++)
        values[i] = (float)i / 16 - 900;
    assert_int_equal(sc_weights_add(w, "scalar", NULL, 0, &values, &err), 0);
    values[0] = 0.1f;
    assert_int_equal(sc_weights_add(w, "empty", (int64_t[]){ 0, 7 }, 2, &values, &err), 0);
    assert_int_equal(sc_weights_sort(w, &err), 0);
    assert_int_equal(sc_weights_set_metadata(w, "licence", "CC BY 4.0", &err), 0);
    return w;
}

static void check_copy(const sc_weights *w, const char *path, bool half)
{
    sc_error err = { 0 };
    sc_weights *copy = NULL;
    if (sc_safetensors_write(NULL, w, path, half, &err) || sc_weights_load(NULL, &copy, path, &err))
        fail_msg("%s", err.text);
    assert_int_equal(copy->tensor_count, 3);
    assert_string_equal(copy->format, "safetensors");
    assert_string_equal(sc_weights_metadata(copy, "licence"), "CC BY 4.0");
    assert_int_equal(copy->metadata_count, 1);
    assert_int_equal(copy->layout, w->layout);
    if (w->topology)
        assert_string_equal(copy->topology, w->topology);
    else
        assert_null(copy->topology);
    const float *a = values_of(w, "z \"quoted\" \xc3\xa9", "300x100"),
                *b = values_of(copy, "z \"quoted\" \xc3\xa9", "300x100");
    for (int i = 0; i < 30000; i++)
        assert_true(half ? fabsf(a[i] - b[i]) <= fabsf(a[i]) / 2048 : a[i] == b[i]);
    assert_true(half ? fabsf(values_of(copy, "scalar", "")[0] - 0.1f) < 1e-4f :
                       values_of(copy, "scalar", "")[0] == 0.1f);
    values_of(copy, "empty", "0x7");
    sc_weights_free(copy);
}

/* When it is cancelled nothing is left; and texts are read without the values. */
static void test_cancelled_and_texts(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_threads *pool;
    sc_weights *w = make_set(), *copy;
    char *path = sc_format("%s/out.safetensors", folder), *text;
    assert_int_equal(sc_safetensors_write(NULL, w, path, false, &err), 0);
    assert_int_equal(sc_threads_create(&pool, 1, &err), 0);
    assert_int_equal(sc_weights_load(pool, &copy, path, &err), 0);
    sc_weights_free(copy);
    sc_threads_cancel(pool);
    assert_int_equal(sc_weights_load(pool, &copy, path, &err), SCUMBLE_ERR_CANCELLED);
    assert_null(copy);
    sc_mapped_file file;
    assert_int_equal(sc_file_map(&file, path, &err), 0);
    assert_int_equal(sc_safetensors_text(&text, file.data, file.size_bytes, "licence", &err), 0);
    assert_string_equal(text, "CC BY 4.0");
    free(text);
    assert_int_equal(sc_safetensors_text(&text, file.data, file.size_bytes, "recipe", &err), 0);
    assert_null(text);
    assert_int_equal(sc_safetensors_text(&text, file.data, 40, "licence", &err), SCUMBLE_ERR_FORMAT);
    assert_null(text);
    sc_file_unmap(&file);
    sc_threads_destroy(pool);
    unlink(path);
    free(path);
    sc_weights_free(w);
}

static void test_round_trip(void **state)
{
    (void)state;
    sc_weights *w = make_set();
    char *path = sc_format("%s/out.safetensors", folder);
    check_copy(w, path, false);
    check_copy(w, path, true);
    w->layout = SC_LAYOUT_KERAS;
    w->topology = strdup("{\"model_config\":{}}");
    check_copy(w, path, false);
    unlink(path);
    sc_error err = { 0 };
    values_of(w, "scalar", "");
    w->tensors[1].values[0] = 1e6f; /* "empty" < "scalar" < "z" */
    assert_int_equal(sc_safetensors_write(NULL, w, path, true, &err), SCUMBLE_ERR_LIMIT);
    assert_non_null(strstr(err.text, "float16"));
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(sc_safetensors_write(NULL, w, "/nonexistent/x.safetensors", false, &err), SCUMBLE_ERR_NOT_FOUND);
    w->tensors[1].name[0] = (char)0xff;
    assert_int_equal(sc_safetensors_write(NULL, w, path, false, &err), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(access(path, F_OK), -1);
    free(path);
    sc_weights_free(w);
}

/* ---- real models ---- */

/* NULL, after saying so, if the file is not there. */
static sc_weights *load_real(const char *root, const char *name)
{
    char *path = root ? sc_format("%s/%s", root, name) : sc_format("%s/../shared/models/%s", SCUMBLE_SOURCE_ROOT, name);
    sc_error err = { 0 };
    sc_weights *w = NULL;
    if (!access(path, R_OK)) {
        if (sc_weights_load(NULL, &w, path, &err))
            fail_msg("%s", err.text);
    } else
        print_message("skipped: there is no %s\n", path);
    free(path);
    return w;
}

static sc_weights *load_shared(const char *name)
{
    const char *shared = getenv("SCUMBLE_SHARED");
    char *models = shared ? sc_format("%s/models", shared) : NULL;
    sc_weights *w = load_real(models, name);
    free(models);
    return w;
}

static void test_real_candy(void **state)
{
    (void)state;
    sc_weights *w = load_shared("candy.pth");
    if (!w)
        skip();
    assert_string_equal(w->format, "PyTorch zip");
    assert_int_equal(w->tensor_count, 62);
    assert_int_equal(values_of(w, "res3.conv2.conv2d.weight", "128x128x3x3") != NULL, 1);
    const float *v = values_of(w, "conv1.conv2d.weight", "32x3x9x9");
    check_value(v[0], -0.10989511013031006);
    check_value(v[1], -0.012571826577186584);
    v = values_of(w, "res4.in1.bias", "128");
    check_value(v[1], -2.968587875366211);
    v = values_of(w, "deconv3.conv2d.bias", "3");
    check_value(v[0], 0.18905407190322876);
    sc_weights_free(w);
}

static void test_real_legacy(void **state)
{
    (void)state;
    sc_weights *w = load_shared("wct-se5-legacy.pth");
    if (!w)
        skip();
    assert_string_equal(w->format, "PyTorch legacy");
    assert_int_equal(w->tensor_count, 38);
    check_tensor(w, "conv0.weight", "3x3x1x1", -0.1693272888660431, 0.2872658371925354, 765.6530428081751);
    check_tensor(w, "conv34.weight", "64x64x3x3", 0.006613591220229864, 0.02725077047944069, -30.534758915265513);
    check_tensor(w, "conv44.weight", "128x128x3x3", -0.015328183770179749, 0.019569920375943184, -460.4642771108092);
    check_tensor(w, "conv51_aux.bias", "512", -0.1754784882068634, 0.07514168322086334, 28.251752035459504);
    sc_weights_free(w);
}

static void test_real_lite(void **state)
{
    (void)state;
    sc_weights *w = load_shared("lite-encoder.safetensors");
    if (!w)
        skip();
    assert_int_equal(w->tensor_count, 42);
    values_of(w, "conv5_1.weight", "256x256x3x3");
    values_of(w, "tap5_1.weight", "256x256x1x1");
    sc_weights_free(w);
}

static void test_real_vgg(void **state)
{
    (void)state;
    sc_weights *w = load_shared("vgg19-tfjs-conv1-to-conv3");
    if (!w)
        skip();
    assert_string_equal(w->format, "TensorFlow.js");
    assert_int_equal(w->tensor_count, 16);
    assert_int_equal(w->layout, SC_LAYOUT_KERAS);
    assert_non_null(strstr(w->topology, "\"model_config\""));
    check_tensor(w, "block1_conv1/kernel", "3x3x3x64", 0.3411952257156372, -0.26588448882102966, -3.5411860072526906);
    check_tensor(w, "block3_conv4/kernel", "3x3x256x256", -0.014551881700754166, -0.006983194965869188,
                 97.10269354548689);
    check_tensor(w, "block3_conv4/bias", "256", 0.08425355702638626, -0.016778772696852684, 4.800642366404645);
    sc_weights_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_set_limits),
        cmocka_unit_test(test_pytorch_views),
        cmocka_unit_test(test_pytorch_wrapped),
        cmocka_unit_test(test_safetensors_types),
        cmocka_unit_test(test_keras_files),
        cmocka_unit_test_setup_teardown(test_tfjs_folder, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_tfjs_javascript, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_unknown_formats, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_round_trip, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_cancelled_and_texts, make_folder, remove_folder),
        cmocka_unit_test(test_real_candy),
        cmocka_unit_test(test_real_legacy),
        cmocka_unit_test(test_real_lite),
        cmocka_unit_test(test_real_vgg),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
