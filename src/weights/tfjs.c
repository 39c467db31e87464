/* SPDX-License-Identifier: MIT */
/* TensorFlow.js models: model.json names groups of weights, each group lies in one or more binary shards beside it.
 * Quantised weights are value = q * scale + min. The npm form wraps the JSON and each shard's base64 in JavaScript
 * files (model.min.js, group1-shard1of6.min.js). Names come out as "layer/kernel", as from the Keras reader. */
#include "weights/tfjs.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "weights/javascript.h"
#include "weights/numbers.h"

enum { MAX_MODEL_BYTES = 32 << 20, MAX_SHARDS = 4096, MAX_NAME = 1024 };

/* ---- names ---- */

static bool keras1_name(const char *leaf, const char **long_name)
{
    static const char *const names[][2] = {
        { "W", "kernel" },
        { "b", "bias" },
        { "running_mean", "moving_mean" },
        { "running_std", "moving_variance" },
        { "gamma", "gamma" },
        { "beta", "beta" },
        { "kernel", "kernel" },
        { "bias", "bias" },
        { "moving_mean", "moving_mean" },
        { "moving_variance", "moving_variance" },
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i][0]);
        const char *rest = leaf + length;
        if (strncmp(leaf, names[i][0], length))
            continue;
        if (*rest == '_')
            rest += 1 + strspn(rest + 1, "0123456789"); /* "W_1": a second model in one session */
        if (*rest == 0) {
            *long_name = names[i][1];
            return true;
        }
    }
    return false;
}

bool sc_keras_name(char *name, size_t size, const char *layer, const char *weight)
{
    char path[MAX_NAME + 1];
    const char *colon = strrchr(weight, ':');
    size_t length =
        colon && strspn(colon + 1, "0123456789") == strlen(colon + 1) ? (size_t)(colon - weight) : strlen(weight);
    if (length > MAX_NAME)
        return false;
    memcpy(path, weight, length);
    path[length] = 0;
    if (strchr(path, '/')) {
        /* Drop each part that repeats the one before it. */
        size_t used = 0, last = 0, last_length = 0;
        for (const char *part = path; part;) {
            const char *slash = strchr(part, '/');
            size_t n = slash ? (size_t)(slash - part) : strlen(part);
            bool repeated = used && n == last_length && !memcmp(name + last, part, n);
            if (!repeated) {
                if (used + n + 2 > size)
                    return false;
                if (used)
                    name[used++] = '/';
                memcpy(name + used, part, n);
                last = used;
                last_length = n;
                used += n;
            }
            part = slash ? slash + 1 : NULL;
        }
        name[used] = 0;
        return true;
    }
    const char *leaf = path, *long_name;
    size_t prefix = layer ? strlen(layer) : 0;
    if (prefix && !strncmp(path, layer, prefix) && path[prefix] == '_')
        leaf = path + prefix + 1;
    if (keras1_name(leaf, &long_name))
        leaf = long_name;
    size_t leaf_length = strlen(leaf);
    if (prefix + leaf_length + 2 > size)
        return false;
    if (prefix) {
        memcpy(name, layer, prefix);
        name[prefix++] = '/';
    }
    memcpy(name + prefix, leaf, leaf_length + 1);
    return true;
}

/* ---- the manifest ---- */

typedef struct weight_entry {
    const char *name;
    int dimension_count;
    int64_t dimensions[SC_MAX_DIMENSIONS];
    size_t count, bytes;
    sc_number stored;
    bool quantised; /* to integers */
    double scale, minimum;
} weight_entry;

static bool stored_type(const char *name, sc_number *type)
{
    static const struct {
        const char *name;
        sc_number type;
    } types[] = {
        { "float32", SC_NUMBER_F32 }, { "int32", SC_NUMBER_I32 },  { "bool", SC_NUMBER_BOOL },
        { "uint8", SC_NUMBER_U8 },    { "uint16", SC_NUMBER_U16 }, { "float16", SC_NUMBER_F16 },
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (name && !strcmp(types[i].name, name)) {
            *type = types[i].type;
            return true;
        }
    return false;
}

static int read_quantisation(weight_entry *e, const json_t *quantisation, sc_error *err)
{
    const char *type = json_string_value(json_object_get(quantisation, "dtype"));
    if (!stored_type(type, &e->stored))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "weight '%.200s' is quantised to '%.40s', which scumble does not read", e->name,
                       type ? type : "nothing");
    if (e->stored == SC_NUMBER_F16 || e->stored == SC_NUMBER_F32)
        return SCUMBLE_OK;
    const json_t *scale = json_object_get(quantisation, "scale"), *minimum = json_object_get(quantisation, "min");
    if (!json_is_number(scale) || !json_is_number(minimum))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the quantisation of weight '%.200s' has no scale or no min", e->name);
    e->quantised = true;
    e->scale = json_number_value(scale);
    e->minimum = json_number_value(minimum);
    return SCUMBLE_OK;
}

static int read_weight(weight_entry *e, const json_t *description, sc_error *err)
{
    *e = (weight_entry){ .name = json_string_value(json_object_get(description, "name")), .count = 1 };
    if (!e->name)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "a weight in the manifest has no name");
    const json_t *shape = json_object_get(description, "shape"),
                 *quantisation = json_object_get(description, "quantization");
    const char *type = json_string_value(json_object_get(description, "dtype"));
    size_t rank = json_array_size(shape);
    if (!json_is_array(shape) || rank > SC_MAX_DIMENSIONS)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "weight '%.200s' has no shape of at most %d dimensions", e->name,
                       SC_MAX_DIMENSIONS);
    e->dimension_count = (int)rank;
    for (size_t i = 0; i < rank; i++) {
        const json_t *extent = json_array_get(shape, i);
        e->dimensions[i] = json_integer_value(extent);
        if (!json_is_integer(extent) || e->dimensions[i] < 0)
            return sc_fail(err, SCUMBLE_ERR_FORMAT, "dimension %zu of weight '%.200s' is not a whole number from 0 up",
                           i, e->name);
        if (!sc_mul_size(e->count, (size_t)e->dimensions[i], &e->count))
            return sc_fail(err, SCUMBLE_ERR_LIMIT, "the dimensions of weight '%.200s' are too large to multiply",
                           e->name);
    }
    if (!stored_type(type, &e->stored))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "weight '%.200s' is of type '%.40s', which scumble does not read",
                       e->name, type ? type : "nothing");
    int code = json_is_object(quantisation) ? read_quantisation(e, quantisation, err) : SCUMBLE_OK;
    if (!code && !sc_mul_size(e->count, sc_number_size(e->stored), &e->bytes))
        code = sc_fail(err, SCUMBLE_ERR_LIMIT, "the dimensions of weight '%.200s' are too large to multiply", e->name);
    return code;
}

static int add_weight(sc_weights *weights, const weight_entry *e, const uint8_t *bytes, sc_error *err)
{
    char name[MAX_NAME + 1];
    float *values;
    if (!sc_keras_name(name, sizeof name, NULL, e->name))
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "the weight name '%.60s...' is too long", e->name);
    int code = sc_weights_add(weights, name, e->dimensions, e->dimension_count, &values, err);
    if (code)
        return code;
    sc_number_widen(values, bytes, e->count, 1, e->stored, false);
    for (size_t i = 0; i < e->count && e->quantised; i++)
        values[i] = (float)(values[i] * e->scale + e->minimum);
    return SCUMBLE_OK;
}

/* ---- shards ---- */

/* One group: its weights' sizes, and its bytes put together from the shards. */
typedef struct group {
    weight_entry *entries;
    size_t entry_count, needed;
    uint8_t *joined; /* owned */
    size_t joined_bytes;
} group;

static bool is_plain_name(const char *name)
{
    return name && *name && *name != '.' && strlen(name) < 200 && !strchr(name, '/') && !strchr(name, '\\') &&
           !strstr(name, "..");
}

static int append_shard(group *g, const char *name, bool javascript, const sc_mapped_file *file, sc_error *err)
{
    const uint8_t *bytes = file->data;
    size_t size = file->size_bytes;
    uint8_t *decoded = NULL;
    int code = javascript ? sc_javascript_base64(&decoded, &size, (const char *)file->data, size, err) : SCUMBLE_OK;
    if (code)
        return sc_error_prefix(err, "shard '%.200s'", name);
    if (javascript)
        bytes = decoded;
    if (size > g->needed - g->joined_bytes)
        code = sc_fail(err, SCUMBLE_ERR_FORMAT,
                       "shard '%.200s' brings its group to %zu bytes, but the manifest describes %zu", name,
                       g->joined_bytes + size, g->needed);
    uint8_t *larger = code ? NULL : realloc(g->joined, g->joined_bytes + size + 1);
    if (!code && !larger)
        code = sc_fail_memory(err, g->joined_bytes + size);
    if (!code) {
        if (size)
            memcpy(larger + g->joined_bytes, bytes, size);
        g->joined = larger;
        g->joined_bytes += size;
    }
    free(decoded);
    return code;
}

static int join_shards(group *g, const json_t *paths, bool javascript, const sc_tfjs_shards *shards, sc_error *err)
{
    for (size_t i = 0; i < json_array_size(paths); i++) {
        const char *name = json_string_value(json_array_get(paths, i));
        if (!is_plain_name(name))
            return sc_fail(err, SCUMBLE_ERR_FORMAT,
                           "the shard name '%.100s' is not a plain file name inside the model's folder",
                           name ? name : "");
        sc_mapped_file file;
        int code = shards->open(shards->context, name, &file, err);
        if (code)
            return code;
        code = append_shard(g, name, javascript, &file, err);
        if (shards->unmap)
            sc_file_unmap(&file);
        if (code)
            return code;
    }
    if (g->joined_bytes != g->needed)
        return sc_fail(err, SCUMBLE_ERR_FORMAT,
                       "the manifest describes %zu bytes for a group of weights, but its shards have %zu", g->needed,
                       g->joined_bytes);
    return SCUMBLE_OK;
}

static int read_group(sc_weights *weights, group *g, const json_t *description, bool javascript,
                      const sc_tfjs_shards *shards, sc_error *err)
{
    const json_t *list = json_object_get(description, "weights"), *paths = json_object_get(description, "paths");
    size_t count = json_array_size(list);
    if (!json_is_array(list) || !json_is_array(paths))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "a group in the weights manifest has no paths or no weights");
    if (count > SC_MAX_TENSORS)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "the manifest lists more than %d weights", SC_MAX_TENSORS);
    g->entries = calloc(count + 1, sizeof *g->entries);
    if (!g->entries)
        return sc_fail_memory(err, count * sizeof *g->entries);
    for (size_t i = 0; i < count; i++) {
        int code = read_weight(&g->entries[i], json_array_get(list, i), err);
        if (!code && __builtin_add_overflow(g->needed, g->entries[i].bytes, &g->needed))
            code = sc_fail(err, SCUMBLE_ERR_LIMIT, "the weights of a group are too large to add up");
        if (code)
            return code;
    }
    int code = join_shards(g, paths, javascript, shards, err);
    const uint8_t *at = g->joined;
    for (size_t i = 0; i < count && !code; i++) {
        code = add_weight(weights, &g->entries[i], at, err);
        if (g->entries[i].bytes)
            at += g->entries[i].bytes;
    }
    return code;
}

/* One small file must not be read many times over into a large model. */
static int check_paths(const json_t *manifest, sc_error *err)
{
    size_t count = 0;
    int code = SCUMBLE_OK;
    json_t *seen = json_object();
    for (size_t g = 0; g < json_array_size(manifest) && !code; g++) {
        const json_t *paths = json_object_get(json_array_get(manifest, g), "paths");
        for (size_t i = 0; i < json_array_size(paths) && !code; i++) {
            const char *name = json_string_value(json_array_get(paths, i));
            if (++count > MAX_SHARDS)
                code = sc_fail(err, SCUMBLE_ERR_LIMIT, "the manifest names more than %d shards", MAX_SHARDS);
            else if (name && json_object_get(seen, name))
                code = sc_fail(err, SCUMBLE_ERR_FORMAT, "the manifest names the shard '%.100s' twice", name);
            else if (name && json_object_set_new(seen, name, json_true()))
                code = sc_fail_memory(err, sizeof *seen);
        }
    }
    json_decref(seen);
    return code;
}

static int read_model(sc_weights *weights, const json_t *model, bool javascript, const sc_tfjs_shards *shards,
                      sc_error *err)
{
    const json_t *manifest = json_object_get(model, "weightsManifest"),
                 *topology = json_object_get(model, "modelTopology");
    if (!json_is_array(manifest))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "this JSON is not a TensorFlow.js model: it has no weightsManifest");
    int code = check_paths(manifest, err);
    for (size_t i = 0; i < json_array_size(manifest) && !code; i++) {
        group g = { 0 };
        code = read_group(weights, &g, json_array_get(manifest, i), javascript, shards, err);
        free(g.entries);
        free(g.joined);
    }
    if (code)
        return code;
    /* Graph models ("format": "graph-model") have a GraphDef there, which is no Keras topology. */
    if (json_object_get(topology, "model_config")) {
        weights->topology = json_dumps(topology, JSON_COMPACT);
        if (!weights->topology)
            return sc_fail_memory(err, MAX_MODEL_BYTES);
    }
    return sc_weights_sort(weights, err);
}

int sc_tfjs_parse(sc_weights **weights, const char *text, size_t length, bool javascript, const sc_tfjs_shards *shards,
                  sc_error *err)
{
    *weights = NULL;
    if (!length || length > MAX_MODEL_BYTES)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "the model description has %zu bytes; 1 to %d are supported", length,
                       MAX_MODEL_BYTES);
    char *json = NULL;
    if (javascript) {
        int code = sc_javascript_object(&json, &length, text, length, err);
        if (code)
            return code;
    }
    json_error_t problem;
    json_t *model = json_loadb(json ? json : text, length, JSON_REJECT_DUPLICATES, &problem);
    free(json);
    if (!model)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the model description is not valid JSON: %.160s (line %d)",
                       problem.text, problem.line);
    sc_weights *set = NULL;
    int code = sc_weights_create(&set, err);
    if (!code)
        code = read_model(set, model, javascript, shards, err);
    json_decref(model);
    if (code) {
        sc_weights_free(set);
        return code;
    }
    set->format = "TensorFlow.js";
    set->layout = SC_LAYOUT_KERAS;
    *weights = set;
    return SCUMBLE_OK;
}

/* ---- files ---- */

typedef struct folder {
    const char *path;   /* of the model file */
    int length;         /* of its folder, with the slash */
    const char *suffix; /* what shard names lack: ".min.js" for model.min.js, "" for model.json */
} folder;

static int open_shard(void *context, const char *name, sc_mapped_file *bytes, sc_error *err)
{
    const folder *f = context;
    char *path = sc_format("%.*s%s%s", f->length, f->path, name, f->suffix);
    if (!path)
        return sc_fail_memory(err, strlen(f->path));
    int code = sc_file_map(bytes, path, err);
    free(path);
    return code;
}

static bool is_json(const sc_mapped_file *file)
{
    size_t i = 0;
    while (i < file->size_bytes &&
           (file->data[i] == ' ' || file->data[i] == '\n' || file->data[i] == '\r' || file->data[i] == '\t'))
        i++;
    return i < file->size_bytes && file->data[i] == '{';
}

static int load_file(sc_weights **weights, const char *path, sc_error *err)
{
    sc_mapped_file file;
    int code = sc_file_map(&file, path, err);
    if (code)
        return code;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strchr(name, '.');
    bool javascript = !is_json(&file);
    folder f = { .path = path, .length = (int)(name - path), .suffix = javascript && dot ? dot : "" };
    sc_tfjs_shards shards = { .open = open_shard, .unmap = true, .context = &f };
    code = sc_tfjs_parse(weights, (const char *)file.data, file.size_bytes, javascript, &shards, err);
    sc_file_unmap(&file);
    return code;
}

int sc_tfjs_load(sc_weights **weights, const char *path, sc_error *err)
{
    *weights = NULL;
    struct stat info;
    if (stat(path, &info) || !S_ISDIR(info.st_mode))
        return load_file(weights, path, err);
    static const char *const names[] = { "model.json", "model.min.js", "model.js" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *inside = sc_format("%s/%s", path, names[i]);
        if (!inside)
            return sc_fail_memory(err, strlen(path));
        bool exists = !stat(inside, &info) && S_ISREG(info.st_mode);
        int code = exists ? load_file(weights, inside, err) : SCUMBLE_OK;
        free(inside);
        if (exists)
            return code;
    }
    return sc_fail(err, SCUMBLE_ERR_NOT_FOUND,
                   "the folder '%.300s' holds no model: there is no model.json or model.min.js in it", path);
}
