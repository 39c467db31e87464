/* SPDX-License-Identifier: MIT */
/* The choice of the reader: by the content of the file, not by its name. See weights.h. */
#define _GNU_SOURCE
#include "weights/weights.h"

#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "weights/onnx.h"

static bool begins(const sc_mapped_file *file, size_t offset, const char *text)
{
    size_t length = strlen(text);
    return file->size_bytes >= offset + length && !memcmp(file->data + offset, text, length);
}

static bool is_safetensors(const sc_mapped_file *file)
{
    if (file->size_bytes < 10 || file->data[8] != '{')
        return false;
    /* A JSON text read as a length is far beyond any file: its upper bytes are letters. */
    return file->data[7] == 0 && file->data[6] == 0;
}

static bool is_tfjs(const sc_mapped_file *file)
{
    size_t i = 0;
    while (i < file->size_bytes && strchr(" \t\r\n", file->data[i]) && file->data[i])
        i++;
    if (i < file->size_bytes && file->data[i] == '{')
        return true;
    return file->size_bytes && memmem(file->data, file->size_bytes, "weightsManifest", 15);
}

static int unknown_format(const sc_mapped_file *file, sc_error *err)
{
    const char *what = "it is not a model in a format that scumble reads";
    if (!file->size_bytes)
        what = "it is empty";
    else if (begins(file, 0, "version https://git-lfs"))
        what = "it is a Git LFS pointer: the model itself has not been downloaded";
    else if (begins(file, 0, "<!DOCTYPE") || begins(file, 0, "<!doctype") || begins(file, 0, "<html"))
        what = "it is a web page, not a model: the download went wrong";
    else if (begins(file, 257, "ustar"))
        what = "it is a tar archive (a PyTorch file from before version 0.1.10, or an unpacked download)";
    else if (sc_onnx_recognise(file->data, file->size_bytes))
        what = "it is an ONNX network, which is read as a whole painter and not for its weights";
    return sc_fail(err, SCUMBLE_ERR_FORMAT,
                   "%s; expected safetensors (.safetensors, .scumble), PyTorch (.pth, .pt), TensorFlow.js (model.json) "
                   "or Keras (.h5); painters may also be ONNX (.onnx)",
                   what);
}

static int load_mapped(const sc_threads *threads, sc_weights **weights, const sc_mapped_file *file, const char *path,
                       sc_error *err)
{
    if (begins(file, 0, "PK\003\004") || begins(file, 0, "PK\005\006"))
        return sc_pytorch_parse(threads, weights, file->data, file->size_bytes, err);
    if (begins(file, 0, "\x89HDF\r\n\x1a\n"))
        return sc_keras_parse(weights, file->data, file->size_bytes, err);
    if (is_safetensors(file))
        return sc_safetensors_parse(threads, weights, file->data, file->size_bytes, err);
    bool pickle = file->size_bytes > 2 && file->data[0] == 0x80 && file->data[1] <= 5;
    if (pickle ||
        begins(file, 0, "L119547037146038801333356L\n")) /* the legacy form's magic number in protocols 0 and 1 */
        return sc_pytorch_parse(threads, weights, file->data, file->size_bytes, err);
    if (is_tfjs(file))
        return sc_tfjs_load(weights, path, err);
    return unknown_format(file, err);
}

int sc_weights_load(const sc_threads *threads, sc_weights **weights, const char *path, sc_error *err)
{
    *weights = NULL;
    struct stat info;
    if (!stat(path, &info) && S_ISDIR(info.st_mode))
        return sc_tfjs_load(weights, path, err);
    sc_mapped_file file;
    int code = sc_file_map(&file, path, err);
    if (code)
        return code;
    code = load_mapped(threads, weights, &file, path, err);
    sc_file_unmap(&file);
    if (code)
        sc_error_prefix(err, "cannot read the model '%.300s'", path);
    return code;
}
