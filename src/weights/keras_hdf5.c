/* SPDX-License-Identifier: MIT */
/* Keras .h5 files, the half that uses libhdf5; it runs in a child process (sandbox.h) and sends records (keras.h).
 * Weights-only files have layer_names at the root; whole models have them in the group model_weights, and model_config.
 * Little of libhdf5 is let near the file: no soft or external links, no external or virtual storage, no filters but
 * deflate and shuffle, only the standard number types, and all sizes are bounded before anything is read. */
#include "weights/keras.h"

#include <errno.h>
#include <hdf5.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_NAMES = 65536, MAX_CHUNK_BYTES = 64 << 20 };

typedef struct extractor {
    int output;
    size_t file_bytes, values_left;
} extractor;

typedef struct name_list {
    char **names;
    size_t count;
} name_list;

/* ---- records out ---- */

static void keras_hdf5_send_bytes(const extractor *x, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    while (size) {
        ssize_t n = write(x->output, at, size < 1u << 30 ? size : 1u << 30);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(1); /* nobody listens any more */
        at += n;
        size -= (size_t)n;
    }
}

static void send_record(const extractor *x, sc_keras_record record, const char *first, const char *second)
{
    record.first_length = first ? (uint32_t)strlen(first) : 0;
    record.second_length = second ? (uint32_t)strlen(second) : 0;
    keras_hdf5_send_bytes(x, &record, sizeof record);
    keras_hdf5_send_bytes(x, first, record.first_length);
    keras_hdf5_send_bytes(x, second, record.second_length);
}

/* Sends the sentence and returns -1, which ends the extraction. */
__attribute__((format(printf, 3, 4))) static int give_up(const extractor *x, int code, const char *format, ...)
{
    char text[900];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    send_record(x, (sc_keras_record){ .kind = SC_KERAS_ERROR, .code = code }, text, NULL);
    return -1;
}

/* ---- attributes ---- */

static void free_names(name_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    *list = (name_list){ 0 };
}

/* The number of strings in the attribute: 1 for a scalar, -1 if it is no list of strings. */
static hssize_t string_count(hid_t attribute, hid_t type)
{
    hid_t space = H5Aget_space(attribute);
    int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    hssize_t count = rank == 0 || rank == 1 ? H5Sget_simple_extent_npoints(space) : -1;
    if (space >= 0)
        H5Sclose(space);
    /* h5py writes an empty list as no numbers at all. */
    return H5Tget_class(type) == H5T_STRING || count == 0 ? count : -1;
}

static char *keras_hdf5_copy_text(const char *text, size_t most)
{
    size_t length = strnlen(text, most);
    char *copy = malloc(length + 1);
    if (copy) {
        memcpy(copy, text, length);
        copy[length] = 0;
    }
    return copy;
}

static int read_fixed_strings(hid_t attribute, hid_t type, name_list *list, size_t limit)
{
    size_t size = H5Tget_size(type), bytes;
    if (!size || size > limit || !sc_mul_size(size, list->count, &bytes) || bytes > limit)
        return -1;
    char *buffer = calloc(1, bytes + 1);
    hid_t memory = H5Tcopy(type);
    int code = buffer && memory >= 0 && H5Aread(attribute, memory, buffer) >= 0 ? 0 : -1;
    for (size_t i = 0; i < list->count && !code; i++)
        if (!(list->names[i] = keras_hdf5_copy_text(buffer + i * size, size)))
            code = -1;
    if (memory >= 0)
        H5Tclose(memory);
    free(buffer);
    return code;
}

static int read_variable_strings(hid_t attribute, hid_t type, name_list *list, size_t limit)
{
    char **texts = calloc(list->count + 1, sizeof *texts);
    hid_t memory = H5Tcopy(H5T_C_S1);
    int code = texts && memory >= 0 ? 0 : -1;
    if (!code && (H5Tset_size(memory, H5T_VARIABLE) < 0 || H5Tset_cset(memory, H5Tget_cset(type)) < 0 ||
                  H5Aread(attribute, memory, texts) < 0))
        code = -1;
    for (size_t i = 0; i < list->count && !code; i++) {
        const char *text = texts[i] ? texts[i] : "";
        size_t length = strlen(text);
        if (length > limit || !(list->names[i] = keras_hdf5_copy_text(text, length)))
            code = -1;
    }
    if (memory >= 0)
        H5Tclose(memory);
    free(texts); /* the strings themselves go with the process */
    return code;
}

/* Reads the strings of an attribute; 1: there is no such attribute, -1: it is damaged. */
static int read_strings(hid_t object, const char *name, name_list *list, size_t limit)
{
    *list = (name_list){ 0 };
    htri_t exists = H5Aexists(object, name);
    if (exists == 0)
        return 1;
    hid_t attribute = exists > 0 ? H5Aopen(object, name, H5P_DEFAULT) : -1;
    hid_t type = attribute < 0 ? -1 : H5Aget_type(attribute);
    hssize_t count = type < 0 ? -1 : string_count(attribute, type);
    int code = -1;
    if (count >= 0 && count <= MAX_NAMES && (list->names = calloc((size_t)count + 1, sizeof *list->names))) {
        list->count = (size_t)count;
        if (count == 0)
            code = 0;
        else if (H5Tis_variable_str(type) > 0)
            code = read_variable_strings(attribute, type, list, limit);
        else
            code = read_fixed_strings(attribute, type, list, limit);
    }
    if (type >= 0)
        H5Tclose(type);
    if (attribute >= 0)
        H5Aclose(attribute);
    return code;
}

static int append_names(name_list *list, name_list *more)
{
    if (list->count + more->count > MAX_NAMES)
        return -1;
    char **larger = realloc(list->names, (list->count + more->count + 1) * sizeof *larger);
    if (!larger)
        return -1;
    list->names = larger;
    if (more->count)
        memcpy(larger + list->count, more->names, more->count * sizeof *larger);
    list->count += more->count;
    free(more->names);
    *more = (name_list){ 0 };
    return 0;
}

/* "layer_names", or "layer_names0", "layer_names1", ...: Keras splits attributes that are too large. */
static int read_names(hid_t object, const char *name, name_list *list)
{
    int code = read_strings(object, name, list, 4 << 20);
    if (code <= 0)
        return code;
    for (int part = 0; part < MAX_NAMES; part++) {
        char numbered[64];
        name_list more;
        snprintf(numbered, sizeof numbered, "%s%d", name, part);
        code = read_strings(object, numbered, &more, 4 << 20);
        if (code > 0)
            return part ? 0 : 1;
        if (code < 0 || append_names(list, &more))
            return -1;
    }
    return -1;
}

/* ---- objects ---- */

/* Opens the object at a path below `from`, following hard links only. */
static hid_t open_path(const extractor *x, hid_t from, const char *path, H5I_type_t wanted)
{
    char part[SC_KERAS_MAX_NAME + 1];
    hid_t at = from;
    for (const char *rest = path; rest;) {
        const char *slash = strchr(rest, '/');
        size_t length = slash ? (size_t)(slash - rest) : strlen(rest);
        H5L_info_t link;
        if (!length || length > SC_KERAS_MAX_NAME)
            return give_up(x, SCUMBLE_ERR_FORMAT, "the path '%.200s' in the file is not valid", path);
        memcpy(part, rest, length);
        part[length] = 0;
        rest = slash ? slash + 1 : NULL;
        if (!strcmp(part, ".") || !strcmp(part, "..") || H5Lexists(at, part, H5P_DEFAULT) <= 0)
            return give_up(x, SCUMBLE_ERR_FORMAT, "the file names '%.200s', but does not hold it", path);
        if (H5Lget_info(at, part, &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD)
            return give_up(x, SCUMBLE_ERR_UNSUPPORTED, "'%.200s' is a link to elsewhere, which scumble does not follow",
                           path);
        hid_t next = H5Oopen(at, part, H5P_DEFAULT);
        if (next < 0 || H5Iget_type(next) != (rest ? H5I_GROUP : wanted))
            return give_up(x, SCUMBLE_ERR_FORMAT, "'%.200s' cannot be opened, or is of the wrong kind", path);
        if (at != from)
            H5Oclose(at);
        at = next;
    }
    return at;
}

static bool is_half(hid_t type)
{
    size_t sign, exponent, exponent_bits, mantissa, mantissa_bits;
    return H5Tget_class(type) == H5T_FLOAT && H5Tget_size(type) == 2 &&
           H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits) >= 0 && sign == 15 &&
           exponent == 10 && exponent_bits == 5 && mantissa == 0 && mantissa_bits == 10 && H5Tget_ebias(type) == 15;
}

static bool is_plain_number(hid_t type)
{
    hid_t known[] = {
        H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_IEEE_F32BE, H5T_IEEE_F64BE, H5T_STD_I8LE,  H5T_STD_U8LE,  H5T_STD_I16LE,
        H5T_STD_U16LE,  H5T_STD_I32LE,  H5T_STD_U32LE,  H5T_STD_I64LE,  H5T_STD_U64LE, H5T_STD_I64BE, H5T_STD_I32BE,
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (H5Tequal(type, known[i]) > 0)
            return true;
    return is_half(type);
}

static bool filters_are_plain(hid_t creation)
{
    int count = H5Pget_nfilters(creation);
    if (count < 0 || count > 4)
        return false;
    for (int i = 0; i < count; i++) {
        unsigned flags, settings[8], configuration;
        size_t setting_count = 8;
        char name[64];
        H5Z_filter_t filter =
            H5Pget_filter2(creation, (unsigned)i, &flags, &setting_count, settings, sizeof name, name, &configuration);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE)
            return false;
    }
    return true;
}

/* Where and how the values lie: refuses all that is unusual. */
static int check_storage(const extractor *x, hid_t dataset, size_t stored_bytes, size_t type_bytes, const char *path)
{
    hid_t creation = H5Dget_create_plist(dataset);
    H5D_layout_t layout = creation < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(creation);
    bool fine = layout == H5D_COMPACT || layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED;
    fine = fine && H5Pget_external_count(creation) == 0;
    if (!fine)
        return give_up(x, SCUMBLE_ERR_UNSUPPORTED,
                       "the values of '%.200s' lie outside the file or in a virtual dataset", path);
    if (!filters_are_plain(creation))
        return give_up(x, SCUMBLE_ERR_UNSUPPORTED,
                       "the values of '%.200s' are packed by other filters than deflate and shuffle", path);
    if (layout == H5D_CHUNKED) {
        hsize_t chunk[SC_MAX_DIMENSIONS];
        size_t bytes = type_bytes;
        int rank = H5Pget_chunk(creation, SC_MAX_DIMENSIONS, chunk);
        fine = rank > 0 && rank <= SC_MAX_DIMENSIONS;
        for (int i = 0; i < rank && fine; i++)
            fine = chunk[i] && sc_mul_size(bytes, (size_t)chunk[i], &bytes) && bytes <= MAX_CHUNK_BYTES;
        if (!fine)
            return give_up(x, SCUMBLE_ERR_LIMIT, "the values of '%.200s' lie in chunks of more than %d bytes", path,
                           MAX_CHUNK_BYTES);
    } else if (stored_bytes > x->file_bytes)
        return give_up(x, SCUMBLE_ERR_FORMAT, "the values of '%.200s' take %zu bytes, but the file has %zu", path,
                       stored_bytes, x->file_bytes);
    hsize_t held = H5Dget_storage_size(dataset);
    if (held > x->file_bytes || (stored_bytes && !held))
        return give_up(x, SCUMBLE_ERR_FORMAT, "the values of '%.200s' are not in the file", path);
    H5Pclose(creation);
    return 0;
}

static int get_shape(extractor *x, hid_t dataset, sc_keras_record *record, size_t *count, const char *path)
{
    hid_t space = H5Dget_space(dataset);
    hsize_t extents[SC_MAX_DIMENSIONS];
    int rank = space < 0 || H5Sis_simple(space) <= 0 ? -1 : H5Sget_simple_extent_ndims(space);
    *count = 1;
    if (rank < 0 || rank > SC_MAX_DIMENSIONS || H5Sget_simple_extent_type(space) == H5S_NULL ||
        H5Sget_simple_extent_dims(space, extents, NULL) < 0)
        return give_up(x, SCUMBLE_ERR_LIMIT, "'%.200s' has no shape of at most %d dimensions", path, SC_MAX_DIMENSIONS);
    record->dimension_count = rank;
    for (int i = 0; i < rank; i++) {
        record->dimensions[i] = (int64_t)extents[i];
        if (extents[i] > INT64_MAX || !sc_mul_size(*count, (size_t)extents[i], count))
            return give_up(x, SCUMBLE_ERR_LIMIT, "the dimensions of '%.200s' are too large to multiply", path);
    }
    H5Sclose(space);
    if (*count > x->values_left)
        return give_up(x, SCUMBLE_ERR_LIMIT, "'%.200s' would have %zu values, more than a file of this size can hold",
                       path, *count);
    x->values_left -= *count;
    return 0;
}

static int send_weight(extractor *x, hid_t group, const char *layer, const char *weight)
{
    sc_keras_record record = { .kind = SC_KERAS_TENSOR };
    size_t count, stored;
    hid_t dataset = open_path(x, group, weight, H5I_DATASET);
    if (dataset < 0 || get_shape(x, dataset, &record, &count, weight))
        return -1;
    hid_t type = H5Dget_type(dataset);
    if (type < 0 || !is_plain_number(type))
        return give_up(x, SCUMBLE_ERR_UNSUPPORTED, "'%.200s' is not stored as plain numbers", weight);
    if (!sc_mul_size(count, H5Tget_size(type), &stored) || check_storage(x, dataset, stored, H5Tget_size(type), weight))
        return -1;
    float *values = calloc(count + 1, sizeof *values);
    if (!values)
        return give_up(x, SCUMBLE_ERR_MEMORY, "not enough memory for '%.200s'", weight);
    if (count && H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        return give_up(x, SCUMBLE_ERR_FORMAT, "the values of '%.200s' cannot be read: they are damaged", weight);
    send_record(x, record, layer, weight);
    keras_hdf5_send_bytes(x, values, count * sizeof *values);
    free(values);
    H5Tclose(type);
    H5Dclose(dataset);
    return 0;
}

static int send_layer(extractor *x, hid_t parent, const char *layer)
{
    hid_t group = open_path(x, parent, layer, H5I_GROUP);
    name_list weights;
    if (group < 0)
        return -1;
    int code = read_names(group, "weight_names", &weights);
    if (code < 0)
        return give_up(x, SCUMBLE_ERR_FORMAT, "the list of weights of layer '%.200s' is damaged", layer);
    for (size_t i = 0; i < weights.count && !code; i++)
        code = send_weight(x, group, layer, weights.names[i]);
    free_names(&weights);
    H5Oclose(group);
    return code < 0 ? -1 : 0; /* a layer without the list has no weights */
}

/* The root's attributes: topology and metadata. */
static int send_attributes(extractor *x, hid_t root)
{
    static const char *const keys[] = { "keras_version", "backend" };
    name_list text;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        int code = read_strings(root, keys[i], &text, 256);
        if (code < 0)
            return give_up(x, SCUMBLE_ERR_FORMAT, "the attribute %s is damaged", keys[i]);
        if (text.count)
            send_record(x, (sc_keras_record){ .kind = SC_KERAS_METADATA }, keys[i], text.names[0]);
        free_names(&text);
    }
    int code = read_strings(root, "model_config", &text, SC_KERAS_MAX_TEXT);
    if (code < 0)
        return give_up(x, SCUMBLE_ERR_FORMAT, "the model_config is damaged");
    if (text.count && strcmp(text.names[0], "None"))
        send_record(x, (sc_keras_record){ .kind = SC_KERAS_TOPOLOGY }, text.names[0], NULL);
    free_names(&text);
    return 0;
}

static int send_model(extractor *x, hid_t file)
{
    hid_t root = H5Gopen2(file, "/", H5P_DEFAULT), at = root;
    name_list layers;
    if (root < 0)
        return give_up(x, SCUMBLE_ERR_FORMAT, "the root group cannot be opened: the file is damaged");
    if (H5Lexists(root, "model_weights", H5P_DEFAULT) > 0)
        at = open_path(x, root, "model_weights", H5I_GROUP);
    if (at < 0 || send_attributes(x, root))
        return -1;
    int code = read_names(at, "layer_names", &layers);
    if (code < 0)
        return give_up(x, SCUMBLE_ERR_FORMAT, "the list of layers is damaged");
    if (code > 0)
        return give_up(x, SCUMBLE_ERR_UNSUPPORTED,
                       "this HDF5 file has no layer_names: it is not from Keras, or is a .weights.h5 of Keras 3; save "
                       "the whole model as .h5 instead");
    for (size_t i = 0; i < layers.count && !code; i++)
        code = send_layer(x, at, layers.names[i]);
    free_names(&layers);
    return code;
}

/* ---- the file image, borrowed instead of copied ---- */

static void *image_malloc(size_t size, H5FD_file_image_op_t operation, void *udata)
{
    (void)size;
    (void)operation;
    return (void *)(uintptr_t)((const sc_keras_bytes *)udata)->data;
}

static void *image_memcpy(void *target, const void *source, size_t size, H5FD_file_image_op_t operation, void *udata)
{
    (void)source;
    (void)size;
    (void)operation;
    (void)udata;
    return target; /* both are the image */
}

static void *image_realloc(void *old, size_t size, H5FD_file_image_op_t operation, void *udata)
{
    (void)old;
    (void)size;
    (void)operation;
    (void)udata;
    return NULL;
}

static herr_t image_free(void *image, H5FD_file_image_op_t operation, void *udata)
{
    (void)image;
    (void)operation;
    (void)udata;
    return 0;
}

static void *udata_copy(void *udata)
{
    return udata;
}

static herr_t udata_free(void *udata)
{
    (void)udata;
    return 0;
}

static hid_t open_image(sc_keras_bytes *image)
{
    H5FD_file_image_callbacks_t callbacks = { image_malloc, image_memcpy, image_realloc, image_free,
                                              udata_copy,   udata_free,   image };
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access < 0 || H5Pset_fapl_core(access, 1 << 16, 0) < 0 || H5Pset_file_image_callbacks(access, &callbacks) < 0 ||
        H5Pset_file_image(access, (void *)(uintptr_t)image->data, image->size) < 0)
        return -1;
    return H5Fopen("model.h5", H5F_ACC_RDONLY, access);
}

void sc_keras_extract(void *context, int output)
{
    sc_keras_bytes *image = context;
    extractor x = { .output = output, .file_bytes = image->size, .values_left = sc_keras_value_limit(image->size) };
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t file = open_image(image);
    int code = 0;
    if (file < 0)
        code = give_up(&x, SCUMBLE_ERR_FORMAT, "the HDF5 file cannot be opened: it is damaged");
    else
        code = send_model(&x, file);
    if (!code)
        send_record(&x, (sc_keras_record){ .kind = SC_KERAS_DONE }, NULL, NULL);
}
