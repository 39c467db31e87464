/* SPDX-License-Identifier: MIT */
/* ONNX networks: read as programs, with PyTorch's results; written and read again; and those that are refused, damaged
 * or hostile, each with a sentence. What another runtime makes of written ones: test_onnx_runtime.c. Random changes:
 * tests/fuzz/replay.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/half.h"
#include "nets/program/generator.h"
#include "nets/onnx/onnx.h"
#include "nets/store/painter.h"
#include "../graph_fixture.h"
#include "../device_fixture.h"

static sc_error err;

#define MUST(call)                               \
    do {                                         \
        if (call)                                \
            fail_msg("%s: %s", #call, err.text); \
    } while (0)

/* What the program makes of a picture in the file's order; caller frees. */
static float *run(const sc_program *program, const float *picture, int height, int width)
{
    sc_threads *threads;
    sc_graph *graph;
    sc_value y;
    sc_shape shape = { 1, 3, height, width };
    MUST(sc_threads_create(&threads, 2, &err));
    MUST(sc_graph_create(&graph, device_on(&sc_kernels_host, threads), &err));
    sc_value x = sc_graph_input(graph, "x", shape);
    MUST(sc_program_build(program, graph, x, true, NULL, &y, &err));
    sc_graph_keep(graph, y);
    MUST(sc_graph_plan(graph, &err));
    sc_tensor in = { shape, graph_values(graph, x) };
    sc_tensor_from_nchw(&in, picture);
    graph_write(graph, x, in.data);
    MUST(sc_graph_run(graph, &err));
    assert_true(sc_shape_equal(sc_graph_shape(graph, y), shape));
    sc_tensor out = { shape, graph_values(graph, y) };
    float *result = malloc(sc_shape_bytes(shape));
    sc_tensor_to_nchw(&out, result);
    sc_graph_destroy(graph);
    sc_threads_destroy(threads);
    return result;
}

static void check_near(const char *what, const float *got, const float *wanted, size_t count, double limit)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs((double)got[i] - (double)wanted[i]));
    print_message("             %-12s off by %.1e (at most %.0e)\n", what, most, limit);
    if (!(most <= limit))
        fail_msg("%s is off by %g", what, most);
}

/* ---- files of PyTorch ---- */

static sc_painter *load_corpus(const char *name)
{
    sc_painter *painter;
    char *path = sc_format("%s/tests/fuzz/corpus/onnx/%s.onnx", SCUMBLE_SOURCE_ROOT, name);
    MUST(sc_painter_load(&painter, path, &err));
    assert_string_equal(painter->name, name);
    free(path);
    return painter;
}

static void results_of_pytorch(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double range;
    } networks[] = { { "nearest", 1 }, { "sizes", 1 }, { "upsample", 1 }, { "mixed", 255 }, { "transposed", 1 } };
    sc_weights *golden;
    char *path = sc_format("%s/tests/unit/onnx.safetensors", SCUMBLE_SOURCE_ROOT);
    MUST(sc_weights_load(NULL, &golden, path, &err));
    const sc_weight *picture = sc_weights_find(golden, "picture");
    int height = (int)picture->dimensions[2], width = (int)picture->dimensions[3];
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        sc_painter *painter = load_corpus(networks[i].name);
        assert_true(painter->range == networks[i].range);
        float *scaled = malloc(picture->count * sizeof *scaled);
        for (size_t k = 0; k < picture->count; k++)
            scaled[k] = (float)networks[i].range * picture->values[k];
        float *result = run(painter->generator, scaled, height, width);
        check_near(networks[i].name, result, sc_weights_find(golden, networks[i].name)->values, picture->count,
                   1e-5 * networks[i].range);
        free(result);
        free(scaled);
        sc_painter_free(painter);
    }
    sc_weights_free(golden);
    free(path);
}

/* ---- networks as text ----
 * "w: 4 3 1 1" is a tensor of floats with these dimensions, "h: half 4 3 1 1" the same in half floats, "p= 0 1" a list
 * of integers, "y < Op a b | name 1 2" a node with an attribute: integers, a number with a point, or a word. Lines end
 * with ';'. The picture is x, the result y. */

static char *skip_spaces(char *at)
{
    while (*at == ' ')
        at++;
    return at;
}

static char *next_word(char **at)
{
    char *word = skip_spaces(*at), *end = word;
    while (*end && *end != ' ')
        end++;
    *at = *end ? end + 1 : end;
    *end = 0;
    return *word ? word : NULL;
}

static void write_constant(sc_onnx_writer *writer, char *name, char *rest, bool integers)
{
    int64_t numbers[16];
    uint8_t bytes[4096] = { 0 };
    int count = 0, half = 0, values = 1;
    for (char *word; (word = next_word(&rest));)
        if (!strcmp(word, "half"))
            half = 1;
        else
            numbers[count++] = strtoll(word, NULL, 10);
    for (int i = 0; i < count && !integers; i++)
        values *= (int)numbers[i];
    for (int i = 0; i < values && !integers; i++) {
        float value = (float)(i % 7) / 4 - 0.5f;
        uint16_t bits = sc_float_to_half(value);
        memcpy(bytes + i * (half ? 2 : 4), half ? (void *)&bits : (void *)&value, half ? 2 : 4);
    }
    sc_onnx_tensor tensor = SC_ONNX__TENSOR__INIT, *list = &tensor;
    ScOnnx__Graph part = SC_ONNX__GRAPH__INIT;
    tensor.name = name;
    tensor.has_data_type = tensor.has_raw_data = true;
    tensor.data_type = integers ? SC_ONNX_INT64 : half ? SC_ONNX_FLOAT16 : SC_ONNX_FLOAT;
    tensor.n_dims = integers ? 1 : (size_t)count;
    tensor.dims = integers ? &(int64_t){ count } : numbers;
    tensor.raw_data = integers ? (ProtobufCBinaryData){ (size_t)count * 8, (uint8_t *)numbers } :
                                 (ProtobufCBinaryData){ (size_t)values * (half ? 2 : 4), bytes };
    part.n_initializer = 1;
    part.initializer = &list;
    sc_onnx_write(writer, &part);
}

static void read_attribute(sc_onnx_attribute *a, char *text, int64_t numbers[8], float floats[8])
{
    *a = (sc_onnx_attribute)SC_ONNX__ATTRIBUTE__INIT;
    a->name = next_word(&text);
    a->ints = numbers;
    a->floats = floats;
    for (char *word; (word = next_word(&text));) {
        a->s = (ProtobufCBinaryData){ strlen(word), (uint8_t *)word };
        a->has_s = isalpha((unsigned char)*word) != 0;
        a->has_f = strchr(word, '.') && !a->has_s;
        a->has_i = !a->has_s && !a->has_f;
        a->f = strtof(word, NULL);
        a->i = strtoll(word, NULL, 10);
        if (a->has_f)
            floats[a->n_floats++] = a->f;
        if (a->has_i)
            numbers[a->n_ints++] = a->i;
    }
}

static void write_node(sc_onnx_writer *writer, char *output, char *rest)
{
    enum { MOST = 100 };
    char *inputs[MOST], *outputs[3];
    int64_t numbers[4][8];
    float floats[4][8];
    sc_onnx_attribute attributes[4], *list[4];
    sc_onnx_node node = SC_ONNX__NODE__INIT, *nodes = &node;
    ScOnnx__Graph part = SC_ONNX__GRAPH__INIT;
    node.input = inputs;
    node.output = outputs;
    node.attribute = list;
    for (char *bar; (bar = strrchr(rest, '|')); *bar = 0) {
        read_attribute(&attributes[node.n_attribute], bar + 1, numbers[node.n_attribute], floats[node.n_attribute]);
        list[node.n_attribute] = &attributes[node.n_attribute];
        node.n_attribute++;
    }
    node.op_type = next_word(&rest);
    while ((inputs[node.n_input] = next_word(&rest)))
        if (!strcmp(inputs[node.n_input++], "-"))
            *inputs[node.n_input - 1] = 0;
    while ((outputs[node.n_output] = next_word(&output)))
        node.n_output++;
    part.n_node = 1;
    part.node = &nodes;
    sc_onnx_write(writer, &part);
}

/* dimensions: of the picture; 0 = free, a NULL list = none are named. */
static void write_value(sc_onnx_writer *writer, char *name, const int64_t *dimensions, int type, bool output)
{
    ScOnnx__Dimension d[4], *list[4];
    ScOnnx__Shape shape = SC_ONNX__SHAPE__INIT;
    ScOnnx__TensorType tensor = SC_ONNX__TENSOR_TYPE__INIT;
    ScOnnx__Type kind = SC_ONNX__TYPE__INIT;
    ScOnnx__Value value = SC_ONNX__VALUE__INIT, *values = &value;
    ScOnnx__Graph part = SC_ONNX__GRAPH__INIT;
    for (int i = 0; i < 4; i++) {
        d[i] = (ScOnnx__Dimension)SC_ONNX__DIMENSION__INIT;
        d[i].has_value = dimensions && dimensions[i];
        d[i].value = dimensions ? dimensions[i] : 0;
        list[i] = &d[i];
    }
    shape.n_dim = 4;
    shape.dim = list;
    tensor.has_elem_type = true;
    tensor.elem_type = type;
    tensor.shape = dimensions ? &shape : NULL;
    kind.tensor_type = &tensor;
    value.name = name;
    value.type = &kind;
    part.n_input = !output;
    part.n_output = output;
    part.input = part.output = &values;
    sc_onnx_write(writer, &part);
}

/* Caller frees *data. */
static void make_file(const char *text, const int64_t *dimensions, int type, void **data, size_t *size_bytes)
{
    char copy[4096], *line = copy, x[] = "x", y[] = "y";
    ScOnnx__OperatorSet operators = SC_ONNX__OPERATOR_SET__INIT, *sets = &operators;
    sc_onnx_model model = SC_ONNX__MODEL__INIT;
    sc_onnx_writer writer;
    operators.has_version = model.has_ir_version = true;
    operators.version = 13;
    model.ir_version = 7;
    model.n_opset_import = 1;
    model.opset_import = &sets;
    MUST(sc_onnx_writer_open(&writer, &err));
    write_value(&writer, x, dimensions, type, false);
    write_value(&writer, y, dimensions, SC_ONNX_FLOAT, true);
    assert_true(strlen(text) < sizeof copy);
    for (strcpy(copy, text); line;) {
        char *end = strchr(line, ';'), *mark;
        if (end)
            *end = 0;
        mark = line + strcspn(line, ":=<");
        char kind = *mark, *output = skip_spaces(line);
        if (kind)
            *mark = 0;
        if (kind == '<')
            write_node(&writer, output, mark + 1);
        else if (kind)
            write_constant(&writer, next_word(&output), mark + 1, kind == '=');
        line = end ? end + 1 : NULL;
    }
    MUST(sc_onnx_writer_close(&writer, &model, data, size_bytes, &err));
}

/* As text, or NULL with err; caller frees. */
static char *import_text(const char *text, const int64_t *dimensions, int type, double *range)
{
    void *data;
    size_t size_bytes;
    sc_onnx_model *model;
    sc_program *program;
    err = (sc_error){ 0 };
    make_file(text, dimensions, type, &data, &size_bytes);
    assert_true(sc_onnx_recognise(data, size_bytes));
    MUST(sc_onnx_parse(&model, data, size_bytes, &err));
    int code = sc_program_from_onnx(&program, range, model, &err);
    char *json = code ? NULL : sc_program_to_json(program);
    assert_true(code ? !program && err.code == code && *err.text : json != NULL);
    sc_program_free(program);
    sc_onnx_free(model);
    free(data);
    return json;
}

/* ---- what is read ---- */

static void operators(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part; /* of the program as JSON */
        double range;
    } cases[] = {
        { "w: 3 3 3 3; y < Conv x w | auto_pad SAME_UPPER", "\"padding\":[1,1,1,1]", 0 },
        { "w: 3 3 2 4; y < Conv x w | auto_pad SAME_UPPER", "\"padding\":[0,1,1,2]", 0 },
        { "w: 3 3 2 4; y < Conv x w | auto_pad SAME_LOWER", "\"padding\":[1,0,2,1]", 0 },
        { "w: 3 1 3 3; b: 3; y < Conv x w b | group 3 | pads 2 2 2 2 | dilations 2 2",
          "\"dilation\":[2,2],\"groups\":3,\"padding\":[2,2,2,2]", 0 },
        { "h: half 3 3 1 1; y < Conv x h", "\"inputs\":[-1,\"h\"]", 0 },
        { "h: half 3 3 1 1; w < Cast h | to 1; y < Conv x w", "conv2d", 0 },
        { "p= 0 0 1 1 0 0 1 1; w: 3 3 3 3; a < Pad x p | mode edge; y < Conv a w",
          "\"padding\":[1,1,1,1],\"mode\":\"replicate\"", 0 },
        { "w: 3 3 3 3; a < Pad x | pads 0 0 1 1 0 0 1 1 | mode reflect; y < Conv a w", "\"mode\":\"reflect\"", 0 },
        { "p= 1 1 1 1; s= 2 3; w: 3 3 3 3; a < Pad x p - s | mode wrap; y < Conv a w", "\"mode\":\"circular\"", 0 },
        { "p= 0 0 1 1 0 0 1 1; w: 3 3 5 5; a < Pad x p; y < Conv a w | pads 1 1 1 1",
          "{\"op\":\"pad\",\"inputs\":[-1],\"padding\":[1,1,1,1]},{\"op\":\"conv2d\"", 0 },
        { "c: 3 1 1; y < Mul x c", "{\"op\":\"multiply\",\"inputs\":[-1,\"c\"]}", 0 },
        { "c: 1; y < Sub c x", "\"factors\":[-1.0,1.0]", 0 },
        { "a < Tanh x; y < Sub a x", "\"inputs\":[0,-1],\"factors\":[1.0,-1.0]", 0 },
        { "w: 3 3 1 1; a < Conv x w; b < Relu a; c < Conv b w; y < Add c a", "\"inputs\":[1,\"w\"]", 0 },
        { "w: 3 3 4 4; a < ConvTranspose x w | strides 2 2 | pads 1 1 1 1; y < MaxPool a | kernel_shape 2 2 | strides "
          "2 2",
          "\"stride\":[1,1],\"padding\":[1,1,1,1]},{\"op\":\"depth_to_space\",\"inputs\":[0],\"block\":2}", 0 },
        { "w: 3 3 3 3; a < ConvTranspose x w | strides 2 2 | pads 1 1 1 1 | output_padding 1 1; y < MaxPool a | "
          "kernel_shape 2 2 | strides 2 2",
          "\"padding\":[0,1,0,1]", 0 },
        { "w: 3 3 3 3; a < ConvTranspose x w | strides 2 2 | auto_pad SAME_UPPER; y < MaxPool a | kernel_shape 2 2 | "
          "strides 2 2",
          "\"padding\":[1,0,1,0]", 0 },
        { "w: 3 3 3 3; y < ConvTranspose x w | pads 1 1 1 1",
          "{\"op\":\"conv2d\",\"inputs\":[-1,\"w\"],\"stride\":[1,1],\"padding\":[1,1,1,1]}]", 0 },
        { "w: 12 3 1 1; a < Conv x w; b < DepthToSpace a | blocksize 2 | mode CRD; y < MaxPool b | kernel_shape 2 2 | "
          "strides 2 2",
          "\"block\":2,\"by_channel\":true", 0 },
        { "a < Relu x; b < Tanh a; y < Identity b",
          "[{\"op\":\"add\",\"inputs\":[-1,\"constant0\"],\"factors\":[2.0,1.0]},{\"op\":\"relu\",\"inputs\":[0]},{"
          "\"op\":\"tanh\",\"inputs\":[1]},"
          "{\"op\":\"add\",\"inputs\":[2,\"constant1\"],\"factors\":[0.5,1.0]}]",
          1 },
        { "a < Relu x; y < Sigmoid a", "[{\"op\":\"relu\",\"inputs\":[-1]},{\"op\":\"sigmoid\",\"inputs\":[0]}]", 1 },
        { "y < LeakyRelu x", "\"slope\":0.00999999978", 0 },
        { "a < Constant | value_float 6.0; z < Constant | value_float 0.0; y < Sigmoid x; b < Clip x z a", "sigmoid",
          1 },
        { "z < Constant | value_float 0.0; o < Constant | value_float 1.0; a < Relu x; y < Clip a z o",
          "[{\"op\":\"relu\",\"inputs\":[-1]}]", 1 },
        { "a < Relu x; y < Clip a | min 0.0 | max 255.0", "[{\"op\":\"relu\",\"inputs\":[-1]}]", 255 },
        { "a < Relu x; b < Clip a | min 0.0 | max 255.0; c < Identity b; y < Dropout c",
          "[{\"op\":\"relu\",\"inputs\":[-1]}]", 255 },
        { "y < Clip x | max 6.0", "relu", 0 },
        { "w: 6 3 1 1; v: 3 6 1 1; a < Conv x w; g: 6; b < BatchNormalization a g g g g; y < Conv b v", "batch_norm",
          0 },
        { "g: 3; y < InstanceNormalization x g g | epsilon 0.001", "\"epsilon\":0.00100000005", 0 },
        { "a < MaxPool x | kernel_shape 2 2 | strides 2 2; y < Upsample a | mode nearest | scales 1.0 1.0 2.0 2.0",
          "\"factor\":2", 0 },
        { "a < AveragePool x | kernel_shape 3 3 | pads 1 1 1 1; b < Tanh a; c < Concat a b | axis 1; w: 3 6 1 1; y < "
          "Conv c w",
          "concat", 0 },
        /* extents that are computed; and the same map again */
        { "a < MaxPool x | kernel_shape 2 2 | strides 2 2; s < Shape x; y < Resize a - - s", "\"factor\":2", 0 },
        { "a < MaxPool x | kernel_shape 2 2 | strides 2 2; s < Shape x; y < Resize a - - s | mode linear",
          "resize_bilinear", 0 },
        { "a < MaxPool x | kernel_shape 2 2 | strides 2 2; s < Shape x | start 2; y < Resize a - - s | axes 2 3 | mode "
          "linear | coordinate_transformation_mode align_corners",
          "\"align_corners\":true", 0 },
        { "s < Shape x; i= 0 1 2 3; t < Gather s i; z < Reshape x t; y < Sigmoid z",
          "[{\"op\":\"sigmoid\",\"inputs\":[-1]}]", 1 },
        { "s < Shape x; i= 2 3; t < Gather s i; b= 0 0; z < Slice x b t i; y < Sigmoid z",
          "[{\"op\":\"sigmoid\",\"inputs\":[-1]}]", 1 },
        { "a < Nonsense x; y < Relu x", "relu", 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double range = -1;
        char *json = import_text(cases[i].text, (const int64_t[]){ 1, 3, 0, 0 }, SC_ONNX_FLOAT, &range);
        if (!json)
            fail_msg("%s: %s", cases[i].text, err.text);
        if (!strstr(json, cases[i].part) || range != cases[i].range)
            fail_msg("%s: range %g, %s", cases[i].text, range, json);
        free(json);
    }
}

/* Paddings that are computed: 1 above, 2 at the left, 3 below, 4 at the right. */
static void constants(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "p= 0 0 1 2 0 0 3 4; i= 0 -7 2 3 4 5 -2 7; q < Gather p i",
        "p= 0 0 2 1 0 0 4 3; r= 2 4; a < Reshape p r; i= 0 1 3 2; b < Gather a i | axis 1; e= -1; q < Reshape b e",
        "p= 0 0 0 0 1 3 2 4; r= 4 2; a < Reshape p r; b < Transpose a; e= 8; q < Reshape b e",
        "p= 0 0 1 2 0 0 3 4; r= 8 1; a < Reshape p r; q < Squeeze a",
        "p= 0 0 1 2 0 0 3 4; a < Unsqueeze p | axes 0 2; b < Squeeze a | axes -1; z= 0; q < Squeeze b z",
        "p= 9 0 0 1 2 0 0 3 4; s= 1; e= 9223372036854775807; q < Slice p s e",
        "p= 4 7 3 7 0 7 0 7 2 7 1 7 0 7 0 7; s= -1; e= -9223372036854775807; a= 0; t= -1; b < Slice p s e a t; f= 1; "
        "u= 2; l= 99; q < Slice b f l a u",
        "p= 0 0 5 8 0 0 11 14; t= 3; q < Div p t",
        "p= 0 0 -4 7 0 0 -2 -1; t= 5; q < Mod p t",
        "p= 0 0 -1 -2 0 0 -3 -4; q < Neg p",
        "p= 1 1 2 3 1 1 4 5; o= 1; q < Sub p o",
        "p= 0 0 3 5 0 0 7 9; a < Cast p | to 1; h < Constant | value_float 2.0; b < Div a h; q < Floor b",
        "p= 0 0 1 3 0 0 5 7; a < Cast p | to 1; h < Constant | value_float 2.0; b < Div a h; q < Ceil b",
        "p= 0 0 3 5 0 0 7 9; a < Cast p | to 1; h < Constant | value_float 2.0; b < Div a h; q < Cast b | to 7",
        "r= 2; z < ConstantOfShape r; a < Cast z | to 7; b= 1 2; c= 3 4; q < Concat a b a c | axis 0",
        "r= 2 2; z < ConstantOfShape r; b < Constant | value_ints 1 2 3 4; c < Reshape b r; a < Concat z c | axis 1; "
        "e= -1; q < Reshape a e",
        "s < Shape x; o= 1; b= 0; f= 1; u= 2; a < Slice s b f; m= 1 2 3 4; n < Mul m a; e= 0 0; v < Slice n b u; t= 4; "
        "w < Slice n u t; q < Concat e v e w | axis 0",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double range;
        char text[1024];
        snprintf(text, sizeof text, "%s; y < Pad x q", cases[i]);
        char *json = import_text(text, NULL, SC_ONNX_FLOAT, &range);
        if (!json || !strstr(json, "\"padding\":[1,3,2,4]"))
            fail_msg("%s: %s", text, json ? json : err.text);
        free(json);
    }
}

/* Fixed extents, or none named. */
static void kinds_of_pictures(void **state)
{
    (void)state;
    double range;
    static const char text[] = "a < MaxPool x | kernel_shape 2 2 | strides 2 2; s= 1 3 224 320; y < Resize a - - s";
    char *json = import_text(text, (const int64_t[]){ 1, 3, 224, 320 }, SC_ONNX_FLOAT, &range);
    assert_non_null(json);
    assert_non_null(strstr(json, "\"factor\":2"));
    free(json);
    assert_null(
        import_text(text, (const int64_t[]){ 0, 0, 0, 0 }, SC_ONNX_FLOAT, &range)); /* of one size, for all sizes */
    json = import_text("y < Relu x", NULL, SC_ONNX_FLOAT16, &range);
    assert_non_null(json);
    free(json);
    json = import_text("a < Cast x | to 1; y < Relu a", NULL, SC_ONNX_UINT8, &range);
    assert_non_null(json);
    free(json);
    json = import_text("y < Relu x", (const int64_t[]){ 1, 224, 224, 3 }, SC_ONNX_FLOAT, &range); /* channels last */
    assert_non_null(json);
    free(json);
    assert_null(import_text("y < Relu x", (const int64_t[]){ 1, 224, 224, 4 }, SC_ONNX_FLOAT, &range));
    assert_non_null(strstr(err.text, "(1, 224, 224, 4)"));
    json = import_text("s= 8 3 -1; a < Reshape x s; t < Shape x; b < Reshape a t; y < Relu b",
                       (const int64_t[]){ 8, 3, 224, 224 }, SC_ONNX_FLOAT, &range); /* a fixed batch */
    assert_non_null(json);
    free(json);
    assert_null(import_text("y < Relu x", (const int64_t[]){ 8000, 3, 224, 224 }, SC_ONNX_FLOAT, &range));
    assert_null(import_text("y < Relu x", (const int64_t[]){ 1, 3, 1 << 30, 224 }, SC_ONNX_FLOAT, &range));
}

/* Clips in the middle are computed as such. */
static void limits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        float low, high;
    } cases[] = { { "a < Clip x | min -0.25 | max 0.5; y < Identity a", -0.25f, 0.5f },
                  { "a < Clip x | min 0.0 | max 0.5; y < Identity a", 0, 0.5f },
                  { "y < Clip x | min 0.25", 0.25f, 1e9f },
                  { "y < Clip x | max -0.5", -1e9f, -0.5f } };
    float picture[3 * 8 * 8], wanted[3 * 8 * 8];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *data;
        size_t size_bytes;
        sc_onnx_model *model;
        sc_program *program;
        double range;
        make_file(cases[i].text, NULL, SC_ONNX_FLOAT, &data, &size_bytes);
        MUST(sc_onnx_parse(&model, data, size_bytes, &err));
        MUST(sc_program_from_onnx(&program, &range, model, &err));
        for (int k = 0; k < 3 * 8 * 8; k++) {
            picture[k] = (float)k / 64 - 1.5f;
            wanted[k] = fminf(fmaxf(picture[k], cases[i].low), cases[i].high);
        }
        float *result = run(program, picture, 8, 8);
        check_near(cases[i].text, result, wanted, 3 * 8 * 8, 1e-6);
        free(result);
        sc_program_free(program);
        sc_onnx_free(model);
        free(data);
    }
}

/* ---- what is refused ---- */

static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        { "y < GridSample x x", "GridSample: scumble does not know" },
        { "w: 3 3 3 3; y < ConvTranspose x w | strides 2 2",
          "makes 897 positions of 448; scumble enlarges by the stride, to 896" },
        { "w: 3 3 3 3; y < ConvTranspose x w | strides 2 1", "the same both ways" },
        { "w: 3 3 1 1; y < ConvTranspose x w | strides 17 17 | auto_pad SAME_UPPER", "strides of 1 to 16" },
        { "w: 3 3 4 4; y < ConvTranspose x w | strides 2 2 | pads 1 1 1 1 | output_shape 896 1152",
          "not to a given size" },
        { "w: 3 3 3 3; y < ConvTranspose x w | group 2", "no multiple of its 2 groups" },
        { "w: 4 3 1 1; y < ConvTranspose x w", "for 4 channels, but its input has 3" },
        { "w: 3 3 1 1; b: 2; y < ConvTranspose x w b", "not a constant of 3 values" },
        { "w: 3 3 1 1; a < Relu x; y < ConvTranspose x a", "4 dimensions" },
        { "w: 3 3 1 1; a < Relu x; y < ConvTranspose x w a", "not a constant of 3 values" },
        { "w: 3 3 3 3; y < ConvTranspose x w | pads 1 1", "pads" },
        { "y < ConvTranspose x", "weights" },
        { "y < DepthToSpace x | blocksize 2", "3 channels cannot be laid out" },
        { "y < DepthToSpace x", "blocks of 1 to 64" },
        { "y < DepthToSpace x | blocksize 1 | mode DRC", "as DCR or CRD" },
        { "s: 3 3; y < MatMul s s", "MatMul: scumble does not compute it from constants" },
        { "y < Relu y", "reads 'y', which nothing before it makes" },
        { "a < Relu y; y < Relu a", "which nothing before it makes" },
        { "y < Relu a; a < Relu x", "which nothing before it makes" },
        { "y < Relu missing", "reads 'missing'" },
        { "y < Relu x; y < Tanh x", "two tensors of the network are named 'y'" },
        { "x < Relu x; y < Relu x", "named 'x'" },
        { "a: 3; a: 3; y < Relu x", "named 'a'" },
        { "z < Relu x", "nothing makes the network's result" },
        { "y < Identity x", "leaves the picture as it is" },
        { "y: 3", "does not depend on a picture" },
        { "s < Shape x; y < Identity s", "does not depend on a picture" },
        { "y < Relu", "input is missing" },
        { "y < Conv x", "weights" },
        { "w: 3 3; y < Conv x w", "4 dimensions" },
        { "w: 3 4 1 1; y < Conv x w", "channels" },
        { "w: 3 3 3 3; y < Conv x w | pads 1 1", "pads" },
        { "w: 3 3 3 3; y < Conv x w | strides 0 1", "strides" },
        { "w: 3 3 3 3; y < Conv x w | strides 1 99999999999", "strides" },
        { "w: 3 3 3 3; y < Conv x w | group 0", "groups" },
        { "w: 3 3 3 3; b: 4; y < Conv x w b", "'b' has 4 values" },
        { "w: 3 3 3 3; a < Relu x; y < Conv x a", "4 dimensions" },
        { "p= 0 0 500 0 0 0 0 0; w: 3 3 3 3; a < Pad x p | mode reflect; y < Conv a w", "smaller than the picture" },
        { "p= 0 0 -500 0 0 0 0 0; y < Pad x p", "nothing is left" },
        { "p= 0 1 0 0 0 0 0 0; y < Pad x p", "rows and columns" },
        { "p= 0 0 1 1; y < Pad x p", "4 numbers, not 8" },
        { "p= 0 0 1 1 0 0 1 1; y < Pad x p | mode sideways", "border" },
        { "s < Shape x; y < Pad x s", "pads" },
        { "y < MaxPool x", "kernel_shape" },
        { "y < MaxPool x | kernel_shape 3 3 | dilations 2 2", "dilated" },
        { "v i < MaxPool x | kernel_shape 1 1; z < Cast i; y < Add v z", "first result" },
        { "a b < Dropout x; y < Add a b", "first result" },
        { "c: 3 2 1; y < Add x c", "one for each channel" },
        { "c= 0; y < Div x c", "divides by zero" },
        { "a < Relu x; c: 7; y < Div c a", "one for each channel" },
        { "y < Concat x x | axis 2", "along their channels" },
        { "y < Concat x x x x x x x x x | axis 1", "up to 8" },
        { "y < Clip x | min 1.0 | max 0.5", "wrong way round" },
        { "y < Resize x", "four dimensions" },
        { "s: 4; y < Resize x - s", "impossible" },
        { "a < MaxPool x | kernel_shape 2 2 | strides 2 2; s < Shape x; y < Resize a - - s | mode cubic | "
          "coordinate_transformation_mode align_corners",
          "rule for positions" },
        { "a < MaxPool x | kernel_shape 2 2 | strides 2 2; s < Shape x; y < Resize a - - s | nearest_mode ceil",
          "rule for positions" },
        { "a < MaxPool x | kernel_shape 2 2 | strides 2 1 | pads 0 0 0 1; s < Shape x; y < Resize a - - s",
          "the same both ways" },
        { "s= 1 3 8192 8192; y < Resize x - - s", "enlarges by" },
        { "s= 1 3 -1; a < Reshape x s; y < Relu a", "does not follow here" },
        { "s= 1 7 -1; y < Reshape x s", "does not follow" },
        { "s= 1 3 -1 -1; y < Reshape x s", "does not follow" },
        { "s= 0; e= 5; a= 2; t= 2; y < Slice x s e a t", "not at its edges" },
        { "y < Transpose x | perm 0 2 3 1 1", "order of dimensions" },
        { "a < Transpose x | perm 0 3 1 2; y < Relu a", "does not follow here" },
        { "a < Cast x | to 7; y < Relu a", "goes on from there" },
        { "a < Round x; y < Relu a", "goes on from there" },
        { "g: 2; y < InstanceNormalization x g g", "'g' has 2 values" },
        { "g: 3; y < BatchNormalization x g g g", "missing" },
        { "g: 3; y < BatchNormalization x g g g g | training_mode 1", "training mode" },
        { "s < Shape x; i= 9; t < Gather s i; y < Reshape x t", "beyond the end" },
        { "s < Shape x; z= 0; t < Div s z; y < Reshape x t", "divides by zero" },
        { "s= 300 300; c < ConstantOfShape s; y < Add x c", "65536 values" },
        { "s= 9223372036854775807 4; c < ConstantOfShape s; y < Add x c", "65536 values" },
        { "s= -1; c < ConstantOfShape s; y < Add x c", "65536 values" },
        { "s= 1 2 3; r= 2 2; t < Reshape s r; y < Reshape x t", "another number of values" },
        { "s= 1 2 3; b= 0; e= 3; t= 0; u < Slice s b e - t; y < Reshape x u", "steps are wrong" },
        { "s= 1 2; t= 1 2 3; u < Add s t; y < Reshape x u", "do not fit each other" },
        { "s= 1 2; t < Concat s s | axis 1; y < Reshape x t", "do not fit each other" },
        { "s= 1 2; t < Transpose s | perm 0 0; y < Reshape x t", "order" },
        { "s= 1 2; t < Unsqueeze s | axes 0 0 0 0 0 0 0 0; y < Reshape x t", "dimensions" },
        { "a < Relu x; s < Shape a; t < Add s a; y < Reshape x t", "Add" },
        { "a < Relu x; y < Reshape x a", "values of a map" },
        { "c: 3; a < Identity c x; y < Relu a", "a constant" },
        { "c: 3; a < Shape c x; y < Relu a", "a constant" },
        /* of one size alone */
        { "s < Shape x; i= 2; h < Gather s i; c < Constant | value_float 448.0; f < Cast h; d < Div f c; y < Mul x d",
          "depends on the picture's size" },
        { "s < Shape x; i= 3; h < Gather s i; c= 600; t < Div h c; p= 0 0 0 0 0 0; z= 0; q < Concat p z t | axis 0; v "
          "< Pad x q; y < Relu v",
          "depends on the picture's size" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double range;
        char *json = import_text(cases[i].text, (const int64_t[]){ 1, 3, 0, 0 }, SC_ONNX_FLOAT, &range);
        if (json)
            fail_msg("%s was accepted: %s", cases[i].text, json);
        if (!strstr(err.text, cases[i].part))
            fail_msg("%s: '%s' does not say '%s'", cases[i].text, err.text, cases[i].part);
    }
}

static void check_bytes(const char *what, const void *data, size_t size_bytes, const char *part)
{
    sc_onnx_model *model;
    err = (sc_error){ 0 };
    uint8_t *exact = malloc(size_bytes ? size_bytes : 1); /* so that a sanitizer sees the end */
    memcpy(exact, data, size_bytes);
    int code = sc_onnx_parse(&model, exact, size_bytes, &err);
    free(exact);
    if (!code || model || err.code != code || !strstr(err.text, part))
        fail_msg("%s: %d, '%s' in place of '%s'", what, code, err.text, part);
}

#define BYTES(literal) literal, sizeof(literal) - 1

static void damaged_files(void **state)
{
    (void)state;
#define OPSET "\x42\x02\x10\x0d" /* version 13 */
#define HEAD "\x08\x07" OPSET
    check_bytes("nothing", BYTES(""), "no network");
    check_bytes("no graph", BYTES(HEAD), "no network");
    check_bytes("no operator set", BYTES("\x08\x07\x3a\x00"), "of version 0");
    check_bytes("old operators", BYTES("\x08\x03\x42\x02\x10\x06\x3a\x00"), "of version 6");
    check_bytes("cut short", BYTES(HEAD "\x3a\x7f\x0a\x02"), "damaged or incomplete");
    check_bytes("a length beyond the end", BYTES(HEAD "\x3a\xff\xff\xff\xff\x0f"), "damaged or incomplete");
    check_bytes("a wrong wire type", BYTES(HEAD "\x3d\x01\x02\x03\x04"), "damaged or incomplete");
    check_bytes("a node without operator", BYTES(HEAD "\x3a\x02\x0a\x00"), "no operator");
    check_bytes("an attribute without name",
                BYTES(HEAD "\x3a\x07\x0a\x05\x22\x01"
                           "A"
                           "\x2a\x00"),
                "attribute has no name");
    check_bytes("a tensor without type", BYTES(HEAD "\x3a\x02\x2a\x00"), "of type 0");
    check_bytes("a tensor without name", BYTES(HEAD "\x3a\x08\x2a\x06\x08\x00\x10\x01\x4a\x00"), "no name");
    check_bytes("a tensor of texts", BYTES(HEAD "\x3a\x04\x2a\x02\x10\x08"), "of type 8");
    check_bytes("a negative dimension",
                BYTES(HEAD "\x3a\x0f\x2a\x0d\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x01"),
                "impossible dimensions");
    check_bytes("too few values",
                BYTES(HEAD "\x3a\x0a\x2a\x08\x08\x02\x10\x01\x4a\x02"
                           "ab"),
                "does not hold the 2 values");
    check_bytes(
        "huge dimensions",
        BYTES(
            HEAD
            "\x3a\x18\x2a\x16\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x10\x01"),
        "impossible dimensions");
    check_bytes(
        "9 dimensions",
        BYTES(HEAD "\x3a\x16\x2a\x14\x08\x01\x08\x01\x08\x01\x08\x01\x08\x01\x08\x01\x08\x01\x08\x01\x08\x01\x10\x01"),
        "9 dimensions");
    check_bytes("values in another file", BYTES(HEAD "\x3a\x08\x2a\x06\x08\x01\x10\x01\x70\x01"), "in another file");
    check_bytes("where they lie", BYTES(HEAD "\x3a\x08\x2a\x06\x08\x01\x10\x01\x6a\x00"), "in another file");
}

/* Two bytes a node. */
static void much_of_nothing(void **state)
{
    (void)state;
    enum { NODES = 1 << 20, HEAD_BYTES = 11 };
    uint8_t *file = malloc(HEAD_BYTES + 2 * NODES);
    memcpy(file, HEAD "\x3a\x80\x80\x80\x01", HEAD_BYTES);
    for (size_t i = 0; i < NODES; i++)
        memcpy(file + HEAD_BYTES + 2 * i, "\x0a\x00", 2);
    check_bytes("a million empty nodes", file, HEAD_BYTES + 2 * NODES, "far more memory");
    free(file);
}

/* A network whose trial would take for ever. */
static void too_much_work(void **state)
{
    (void)state;
    sc_operand x = SC_PROGRAM_INPUT;
    double range;
    sc_program *program = sc_program_create(3);
    sc_operand first = sc_program_parameter(program, "first", (sc_shape){ 2048, 3, 1, 1 }, NULL);
    sc_operand deep = sc_program_parameter(program, "deep", (sc_shape){ 2048, 2048, 1, 1 }, NULL);
    sc_operand last = sc_program_parameter(program, "last", (sc_shape){ 3, 2048, 1, 1 }, NULL);
    for (int i = 0; i < 40; i++)
        x = sc_program_op(program, &sc_op_conv2d, &(sc_conv2d_attrs){ 0 },
                          (sc_operand[]){ x, i ? i < 39 ? deep : last : first }, 2);
    assert_int_equal(sc_program_try_range(program, &range, &err), SCUMBLE_ERR_LIMIT);
    sc_program_free(program);
}

/* Values that are not numbers, and files that a painter cannot be. */
static void no_painters(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = { { "w: 4 3 1 1; y < Conv x w", "makes 4 channels" },
                  { "y < MaxPool x | kernel_shape 2 2 | strides 2 2", "not a picture of the same size" } };
    char path[] = "/tmp/scumble-onnx-XXXXXX";
    assert_int_not_equal(mkstemp(path), -1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *data;
        size_t size_bytes;
        sc_painter *painter;
        make_file(cases[i].text, NULL, SC_ONNX_FLOAT, &data, &size_bytes);
        MUST(sc_file_write(path, data, size_bytes, &err));
        free(data);
        assert_int_not_equal(sc_painter_load(&painter, path, &err), 0);
        assert_null(painter);
        if (!strstr(err.text, cases[i].part))
            fail_msg("%s: %s", cases[i].text, err.text);
    }
    sc_weights *weights;
    assert_int_not_equal(sc_weights_load(NULL, &weights, path, &err), 0);
    assert_non_null(strstr(err.text, "ONNX"));
    unlink(path);
}

/* ---- written and read again ---- */

static void again(void **state)
{
    (void)state;
    char path[] = "/tmp/scumble-onnx-XXXXXX";
    float picture[3 * 16 * 20];
    sc_generator_shape shape;
    sc_program *program;
    sc_painter *painter, *back;
    assert_int_not_equal(mkstemp(path), -1);
    for (size_t i = 0; i < sizeof picture / sizeof *picture; i++)
        picture[i] = (float)(i * 7919 % 1000) / 1000;
    assert_true(sc_generator_size("small", &shape));
    shape.blocks = 1;
    MUST(sc_generator_create(&program, &shape, 3, &err));
    MUST(sc_painter_create(&painter, program, NULL,
                           &(sc_painter){ .name = "reeds", .licence = "MIT", .source = "by hand", .range = 1 }, &err));
    MUST(sc_painter_save_onnx(painter, path, &err));
    MUST(sc_painter_load(&back, path, &err));
    assert_string_equal(back->name, "reeds");
    assert_string_equal(back->licence, "MIT");
    assert_string_equal(back->source, "by hand");
    assert_true(back->range == 1);
    /* At multiples of the step nothing is filled up and cut. */
    assert_int_equal(painter->generator->operation_count, back->generator->operation_count);
    float *a = run(painter->generator, picture, 16, 20), *b = run(back->generator, picture, 16, 20);
    assert_memory_equal(a, b, sizeof picture);
    free(a);
    free(b);
    sc_painter_free(painter);
    sc_painter_free(back);
    unlink(path);
}

static void what_cannot_be_written(void **state)
{
    (void)state;
    void *data;
    size_t size_bytes;
    sc_program *program = sc_program_create(3);
    sc_program_op(program, &sc_op_mean, NULL, (sc_operand[]){ SC_PROGRAM_INPUT }, 1);
    assert_int_equal(sc_program_to_onnx(program, 1, &(sc_onnx_texts){ 0 }, &data, &size_bytes, &err),
                     SCUMBLE_ERR_UNSUPPORTED);
    assert_null(data);
    assert_non_null(strstr(err.text, "'mean'"));
    sc_program_free(program);
    program = sc_program_create(3);
    sc_program_op(program, &sc_op_conv2d, &(sc_conv2d_attrs){ 0 }, (sc_operand[]){ SC_PROGRAM_INPUT, SC_PROGRAM_INPUT },
                  2);
    assert_int_equal(sc_program_to_onnx(program, 1, &(sc_onnx_texts){ 0 }, &data, &size_bytes, &err),
                     SCUMBLE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "computes its weights"));
    sc_program_free(program);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_of_pytorch),
        cmocka_unit_test(operators),
        cmocka_unit_test(constants),
        cmocka_unit_test(kinds_of_pictures),
        cmocka_unit_test(limits),
        cmocka_unit_test(refusals),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(much_of_nothing),
        cmocka_unit_test(too_much_work),
        cmocka_unit_test(no_painters),
        cmocka_unit_test(again),
        cmocka_unit_test(what_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
