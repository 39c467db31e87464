/* SPDX-License-Identifier: MIT */
/* Values in a file beside the network. See onnx_external.h. */
#include "weights/onnx_external.h"

#include <stdlib.h>
#include <string.h>

enum { EXTERNAL = 1, SHOWN = 80, MOST_DIGITS = 18 };
static const size_t most_bytes = (size_t)2 << 30;

bool sc_onnx_is_external(const sc_onnx_tensor *tensor)
{
    return tensor->data_location || tensor->n_external_data;
}

static const char *entry(const sc_onnx_tensor *t, const char *key)
{
    for (size_t i = 0; i < t->n_external_data; i++)
        if (t->external_data[i]->key && t->external_data[i]->value && !strcmp(t->external_data[i]->key, key))
            return t->external_data[i]->value;
    return NULL;
}

/* A whole number in decimal digits, `usual` where there is none. */
static bool onnx_external_read_number(const sc_onnx_tensor *t, const char *key, size_t usual, size_t *number)
{
    const char *digits = entry(t, key);
    *number = digits ? 0 : usual;
    if (digits && (!*digits || strlen(digits) > MOST_DIGITS || strspn(digits, "0123456789") != strlen(digits)))
        return false;
    for (; digits && *digits; digits++)
        *number = 10 * *number + (size_t)(*digits - '0');
    return true;
}

void sc_onnx_external_close(sc_onnx_external *external)
{
    sc_file_unmap(&external->file);
    free(external->name);
    external->name = NULL;
}

/* Most networks have one such file: it stays open for the next tensor. */
static int open_beside(sc_onnx_external *external, const char *name, const char *tensor, sc_error *err)
{
    if (external->name && !strcmp(external->name, name))
        return SCUMBLE_OK;
    sc_onnx_external_close(external);
    int folder = (int)(sc_file_name(external->model) - external->model);
    char *path = sc_format("%.*s%s", folder, external->model, name);
    external->name = strdup(name);
    int code = path && external->name ? sc_file_map(&external->file, path, err) :
                                        sc_fail_memory(err, strlen(external->model) + strlen(name));
    if (code == SCUMBLE_ERR_NOT_FOUND)
        code = sc_fail(err, code,
                       "the values of '%.*s' are in the file '%.200s', which is not there: it belongs into the folder "
                       "of the network",
                       (int)SHOWN, tensor, name);
    if (code)
        sc_onnx_external_close(external);
    free(path);
    return code;
}

static int check_location(const sc_onnx_external *external, const char *location, const char *name, sc_error *err)
{
    if (!external->model)
        return sc_fail(
            err, SCUMBLE_ERR_UNSUPPORTED,
            "the values of '%.*s' are in another file, and a network that is not read from a file has none beside it",
            (int)SHOWN, name);
    if (!location)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the values of '%.*s' are in another file, and nothing says in which",
                       (int)SHOWN, name);
    if (!*location || !strcmp(location, ".") || !strcmp(location, "..") || strchr(location, '/'))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "the values of '%.*s' are in '%.200s'; scumble reads them only from a file in the same folder, "
                       "named without one",
                       (int)SHOWN, name, location);
    return SCUMBLE_OK;
}

int sc_onnx_external_read(sc_onnx_external *external, sc_onnx_tensor *t, size_t size_bytes, sc_error *err)
{
    const char *location = entry(t, "location"), *name = t->name ? t->name : "";
    size_t offset, length;
    int code = check_location(external, location, name, err);
    if (code)
        return code;
    if (!onnx_external_read_number(t, "offset", 0, &offset) ||
        !onnx_external_read_number(t, "length", size_bytes, &length) || length != size_bytes || t->raw_data.len)
        return sc_fail(err, SCUMBLE_ERR_FORMAT,
                       "tensor '%.*s' does not say rightly where in '%.200s' its %zu bytes are", (int)SHOWN, name,
                       location, size_bytes);
    code = open_beside(external, location, name, err);
    if (code)
        return code;
    if (offset > external->file.size_bytes || size_bytes > external->file.size_bytes - offset)
        return sc_fail(err, SCUMBLE_ERR_FORMAT,
                       "'%.200s' ends before the values of '%.*s', %zu bytes from byte %zu on: it is not whole, or "
                       "another network's",
                       location, (int)SHOWN, name, size_bytes, offset);
    if (size_bytes > most_bytes - external->taken)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "the network has more than %zu MiB of values", most_bytes >> 20);
    uint8_t *values = malloc(size_bytes ? size_bytes : 1);
    if (!values)
        return sc_fail_memory(err, size_bytes);
    if (size_bytes)
        memcpy(values, external->file.data + offset, size_bytes);
    external->taken += size_bytes;
    free(t->raw_data.data);
    t->raw_data.data = values;
    t->raw_data.len = size_bytes;
    t->has_raw_data = 1;
    return SCUMBLE_OK;
}
