/* SPDX-License-Identifier: MIT */
/* Reading, checking and writing ONNX files. See onnx.h. */
#include "weights/onnx.h"

#include <stdlib.h>
#include <string.h>

#include "weights/numbers.h"
#include "weights/onnx_external.h"

enum { OLDEST_OPERATORS = 7, MOST_ENTRIES = 65536, SHOWN = 80 };

/* ---- recognising ----------------------------------------------------------------------------------------------- */

bool sc_onnx_recognise(const void *data, size_t size_bytes)
{
    enum { VERSION_TAG = 0x08, MOST_VERSION = 63 };
    /* Fields 2 to 8 and 14 of a model, with their wire types; 0x72 would be 14. */
    static const uint8_t next[] = { 0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72 };
    const uint8_t *p = data;
    return size_bytes > 2 && p[0] == VERSION_TAG && p[1] >= 1 && p[1] <= MOST_VERSION &&
           memchr(next, p[2], sizeof next);
}

/* ---- memory ---------------------------------------------------------------------------------------------------- */

/* An empty message of two bytes takes hundreds in memory, so what parsing may take is counted. */
typedef struct budget {
    size_t left;
    bool exceeded;
    size_t refused; /* bytes that the system had not */
} budget;

static void *onnx_take(void *data, size_t size)
{
    budget *b = data;
    if (size > b->left) {
        b->exceeded = true;
        return NULL;
    }
    b->left -= size;
    void *memory = malloc(size ? size : 1);
    b->refused = memory ? b->refused : size;
    return memory;
}

static void onnx_give(void *data, void *pointer)
{
    (void)data; /* what was freed is not counted back: it bounds the work as well */
    free(pointer);
}

void sc_onnx_free(sc_onnx_model *model)
{
    sc_onnx__model__free_unpacked(model, NULL);
}

/* ---- tensors --------------------------------------------------------------------------------------------------- */

size_t sc_onnx_tensor_count(const sc_onnx_tensor *tensor)
{
    size_t count = 1;
    for (size_t i = 0; i < tensor->n_dims; i++)
        count *= (size_t)tensor->dims[i];
    return count;
}

bool sc_onnx_tensor_is_integer(const sc_onnx_tensor *tensor)
{
    int type = tensor->data_type;
    return type != SC_ONNX_FLOAT && type != SC_ONNX_FLOAT16 && type != SC_ONNX_BFLOAT16 && type != SC_ONNX_DOUBLE;
}

static bool number_of(int type, sc_number *number)
{
    static const struct {
        int type;
        sc_number number;
    } known[] = {
        { SC_ONNX_FLOAT, SC_NUMBER_F32 },  { SC_ONNX_FLOAT16, SC_NUMBER_F16 }, { SC_ONNX_BFLOAT16, SC_NUMBER_BF16 },
        { SC_ONNX_DOUBLE, SC_NUMBER_F64 }, { SC_ONNX_INT64, SC_NUMBER_I64 },   { SC_ONNX_INT32, SC_NUMBER_I32 },
        { SC_ONNX_INT8, SC_NUMBER_I8 },    { SC_ONNX_UINT8, SC_NUMBER_U8 },    { SC_ONNX_BOOL, SC_NUMBER_BOOL },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].type == type) {
            *number = known[i].number;
            return true;
        }
    return false;
}

/* Of the list that belongs to the type, when there are no raw bytes. */
static size_t listed(const sc_onnx_tensor *t)
{
    switch (t->data_type) {
    case SC_ONNX_FLOAT: return t->n_float_data;
    case SC_ONNX_INT64: return t->n_int64_data;
    case SC_ONNX_DOUBLE: return t->n_double_data;
    default: return t->n_int32_data;
    }
}

static double raw_value(const sc_onnx_tensor *t, size_t index)
{
    sc_number number = SC_NUMBER_F32;
    number_of(t->data_type, &number);
    const uint8_t *p = t->raw_data.data + index * sc_number_size(number);
    if (number == SC_NUMBER_I64) /* float has not room for a size of a slice */
        return (double)(int64_t)sc_read_u64(p);
    float value;
    sc_number_widen(&value, p, 1, 1, number, false);
    return (double)value;
}

double sc_onnx_tensor_value(const sc_onnx_tensor *t, size_t index)
{
    if (t->has_raw_data)
        return raw_value(t, index);
    float value;
    switch (t->data_type) {
    case SC_ONNX_FLOAT: return (double)t->float_data[index];
    case SC_ONNX_DOUBLE: return t->double_data[index];
    case SC_ONNX_INT64: return (double)t->int64_data[index];
    case SC_ONNX_FLOAT16:
    case SC_ONNX_BFLOAT16: {
        uint8_t bits[2] = { (uint8_t)t->int32_data[index], (uint8_t)(t->int32_data[index] >> 8) };
        sc_number_widen(&value, bits, 1, 1, t->data_type == SC_ONNX_FLOAT16 ? SC_NUMBER_F16 : SC_NUMBER_BF16, false);
        return (double)value;
    }
    default: return (double)t->int32_data[index];
    }
}

/* Also reads what is in another file. */
static int check_tensor(sc_onnx_tensor *t, sc_onnx_external *external, sc_error *err)
{
    const char *name = t->name ? t->name : "";
    sc_number number;
    size_t count = 1, bytes = 0;
    if (!number_of(t->data_type, &number))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "tensor '%.*s' is of type %d, which scumble does not read",
                       (int)SHOWN, name, t->data_type);
    if (t->n_dims > SC_MAX_DIMENSIONS)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "tensor '%.*s' has %zu dimensions; at most %d are supported", (int)SHOWN,
                       name, t->n_dims, SC_MAX_DIMENSIONS);
    bool possible = true;
    for (size_t i = 0; i < t->n_dims && possible; i++)
        possible = t->dims[i] >= 0 && sc_mul_size(count, (size_t)t->dims[i], &count);
    bool sized = possible && sc_mul_size(count, sc_number_size(number), &bytes);
    if (!possible || (sc_onnx_is_external(t) && !sized))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "tensor '%.*s' has impossible dimensions", (int)SHOWN, name);
    if (sc_onnx_is_external(t))
        return sc_onnx_external_read(external, t, bytes, err);
    bool whole = t->has_raw_data ? sized && bytes == t->raw_data.len : count == listed(t);
    return whole ? SCUMBLE_OK :
                   sc_fail(err, SCUMBLE_ERR_FORMAT, "tensor '%.*s' does not hold the %zu values of its dimensions",
                           (int)SHOWN, name, count);
}

/* ---- checking -------------------------------------------------------------------------------------------------- */

static int check_node(const sc_onnx_node *node, sc_onnx_external *external, sc_error *err)
{
    if (!node->op_type)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the file is damaged: a node has no operator");
    for (size_t i = 0; i < node->n_attribute; i++) {
        const sc_onnx_attribute *a = node->attribute[i];
        if (!a->name)
            return sc_fail(err, SCUMBLE_ERR_FORMAT, "the file is damaged: an attribute has no name");
        if (a->t && check_tensor(a->t, external, err))
            return err->code;
    }
    return SCUMBLE_OK;
}

static int check_graph(const ScOnnx__Graph *g, sc_onnx_external *external, sc_error *err)
{
    if (g->n_node > MOST_ENTRIES || g->n_initializer > MOST_ENTRIES || g->n_input > MOST_ENTRIES ||
        g->n_output > MOST_ENTRIES)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "the network has more than %d nodes or tensors", (int)MOST_ENTRIES);
    int code = SCUMBLE_OK;
    bool named = true;
    for (size_t i = 0; i < g->n_node && !code; i++)
        code = check_node(g->node[i], external, err);
    for (size_t i = 0; i < g->n_initializer && !code; i++) {
        named = named && g->initializer[i]->name;
        code = check_tensor(g->initializer[i], external, err);
    }
    for (size_t i = 0; i < g->n_input; i++)
        named = named && g->input[i]->name;
    for (size_t i = 0; i < g->n_output; i++)
        named = named && g->output[i]->name;
    return code || named ? code : sc_fail(err, SCUMBLE_ERR_FORMAT, "the file is damaged: a tensor has no name");
}

/* The version of the standard operators. */
static int64_t operator_set(const sc_onnx_model *model)
{
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const ScOnnx__OperatorSet *set = model->opset_import[i];
        if (!set->domain || !*set->domain || !strcmp(set->domain, "ai.onnx"))
            return set->version;
    }
    return 0;
}

static int check_model(const sc_onnx_model *model, sc_onnx_external *external, sc_error *err)
{
    int64_t version = operator_set(model);
    if (!model->graph)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the ONNX file holds no network");
    if (version < OLDEST_OPERATORS)
        return sc_fail(
            err, SCUMBLE_ERR_UNSUPPORTED,
            "the network is written with ONNX operators of version %lld; scumble reads them from version %d on",
            (long long)version, (int)OLDEST_OPERATORS);
    return check_graph(model->graph, external, err);
}

int sc_onnx_parse_beside(sc_onnx_model **model, const void *data, size_t size_bytes, const char *path, sc_error *err)
{
    enum { SPARE = 16 << 20 };
    budget b = { .left = SPARE };
    ProtobufCAllocator allocator = { onnx_take, onnx_give, &b };
    sc_onnx_external external = { .model = path };
    *model = NULL;
    b.left += size_bytes <= SIZE_MAX / 16 ? 8 * size_bytes : 0;
    sc_onnx_model *m = sc_onnx__model__unpack(&allocator, size_bytes, data);
    if (!m && b.exceeded)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "the ONNX file would take far more memory than its size");
    if (!m && b.refused)
        return sc_fail_memory(err, b.refused);
    if (!m)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the ONNX file is damaged or incomplete");
    int code = check_model(m, &external, err);
    sc_onnx_external_close(&external);
    if (code)
        sc_onnx_free(m);
    else
        *model = m;
    return code;
}

int sc_onnx_parse(sc_onnx_model **model, const void *data, size_t size_bytes, sc_error *err)
{
    return sc_onnx_parse_beside(model, data, size_bytes, NULL, err);
}

/* ---- attributes ------------------------------------------------------------------------------------------------ */

const sc_onnx_attribute *sc_onnx_attribute_find(const sc_onnx_node *node, const char *name)
{
    for (size_t i = 0; i < node->n_attribute; i++)
        if (!strcmp(node->attribute[i]->name, name))
            return node->attribute[i];
    return NULL;
}

int64_t sc_onnx_attribute_int(const sc_onnx_node *node, const char *name, int64_t usual)
{
    const sc_onnx_attribute *a = sc_onnx_attribute_find(node, name);
    return a ? a->i : usual;
}

double sc_onnx_attribute_float(const sc_onnx_node *node, const char *name, double usual)
{
    const sc_onnx_attribute *a = sc_onnx_attribute_find(node, name);
    return a ? (double)a->f : usual;
}

bool sc_onnx_attribute_is(const sc_onnx_node *node, const char *name, const char *text, const char *usual)
{
    const sc_onnx_attribute *a = sc_onnx_attribute_find(node, name);
    if (!a)
        return !strcmp(text, usual);
    return a->s.len == strlen(text) && !memcmp(a->s.data, text, a->s.len);
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

int sc_onnx_writer_open(sc_onnx_writer *writer, sc_error *err)
{
    *writer = (sc_onnx_writer){ 0 };
    writer->stream = open_memstream(&writer->graph, &writer->size_bytes);
    return writer->stream ? SCUMBLE_OK : sc_fail_memory(err, sizeof *writer);
}

void sc_onnx_write(sc_onnx_writer *writer, const ScOnnx__Graph *part)
{
    size_t size = sc_onnx__graph__get_packed_size(part);
    uint8_t *bytes = writer->error.code ? NULL : malloc(size + 1);
    bool put = bytes && fwrite(bytes, sc_onnx__graph__pack(part, bytes), 1, writer->stream) == 1;
    if (!put && !writer->error.code)
        sc_fail_memory(&writer->error, size);
    free(bytes);
}

static size_t put_varint(uint8_t *to, uint64_t value)
{
    size_t count = 0;
    for (; value >= 0x80; value >>= 7)
        to[count++] = (uint8_t)(value | 0x80);
    to[count++] = (uint8_t)value;
    return count;
}

int sc_onnx_writer_close(sc_onnx_writer *writer, const sc_onnx_model *rest, void **data, size_t *size_bytes,
                         sc_error *err)
{
    enum { GRAPH_TAG = 0x3a, MOST_LENGTH = 10 }; /* field 7, a message */
    size_t head = sc_onnx__model__get_packed_size(rest);
    if (fclose(writer->stream) && !writer->error.code)
        sc_fail_memory(&writer->error, writer->size_bytes);
    uint8_t *file = writer->error.code ? NULL : malloc(head + 1 + MOST_LENGTH + writer->size_bytes);
    if (!file && !writer->error.code)
        sc_fail_memory(&writer->error, head + 1 + MOST_LENGTH + writer->size_bytes);
    *data = file;
    *size_bytes = 0;
    if (file) {
        size_t at = sc_onnx__model__pack(rest, file);
        file[at++] = GRAPH_TAG;
        at += put_varint(file + at, writer->size_bytes);
        memcpy(file + at, writer->graph, writer->size_bytes);
        *size_bytes = at + writer->size_bytes;
    }
    free(writer->graph);
    if (writer->error.code)
        *err = writer->error;
    return writer->error.code;
}
