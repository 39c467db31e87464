/* SPDX-License-Identifier: MIT */
/* The catalogue, the data directory, and opening and importing of models. pull.c gets models from elsewhere. */
#define _GNU_SOURCE
#include "nets/store/registry.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "core/nearest.h"
#include "nets/store/registry_internal.h"

const sc_catalogue_entry sc_catalogue[] = {
    { .name = "lite",
      .architecture = "lite",
      .licence = SC_LITE_LICENCE,
      .source = "scumble",
      .note = "built in: a quarter of VGG-19's work, close to its pictures",
      .size_bytes = 6860040 },
    { .name = "vgg19",
      .architecture = "vgg19",
      .licence = "BSD-3-Clause (torchvision); VGG: CC BY 4.0 (Oxford)",
      .source = "torchvision vgg19-dcbb9e9d.pth",
      .note = "the classic network of style transfer; 80 MB are kept of the download",
      .url = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
      .sha256_prefix = "dcbb9e9d",
      .size_bytes = 574673361 },
    { .name = "vgg16",
      .architecture = "vgg16",
      .licence = "BSD-3-Clause (torchvision); VGG: CC BY 4.0 (Oxford)",
      .source = "torchvision vgg16-397923af.pth",
      .note = "a little faster than vgg19; 59 MB are kept of the download",
      .url = "https://download.pytorch.org/models/vgg16-397923af.pth",
      .sha256_prefix = "397923af",
      .size_bytes = 553433881 },
    { .name = "inception_v3",
      .architecture = "inception_v3",
      .licence = "MIT (nsfwjs); Keras weights: Apache-2.0",
      .source = "npm package nsfwjs 4.3.0",
      .note = "a picture classifier whose first 51 convolutions are Keras' ImageNet weights, 8-bit; needs npm",
      .npm_package = "nsfwjs@4.3.0",
      .npm_path = "package/dist/models/inception_v3",
      .sha256_prefix = "4496790efc9bdc6f3e85a826a8e482c1fa1e9db4b3d18c095e98cc0c73cfb12f",
      .size_bytes = 25336605 },
};
const int sc_catalogue_count = sizeof sc_catalogue / sizeof *sc_catalogue;

const sc_catalogue_entry *sc_catalogue_find(const char *name)
{
    for (int i = 0; i < sc_catalogue_count; i++)
        if (!strcmp(sc_catalogue[i].name, name))
            return &sc_catalogue[i];
    return NULL;
}

/* ---- the data directory ---- */

char *sc_default_data_dir(void)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (data && *data == '/')
        return sc_format("%s/scumble", data);
    return home && *home ? sc_format("%s/.local/share/scumble", home) : NULL;
}

/* "vgg19" -> data_dir/models/vgg19.safetensors; NULL when memory is short. */
static char *model_path(const char *data_dir, const char *name)
{
    return sc_format("%s/models/%s.safetensors", data_dir, name);
}

static int64_t registry_size_of(const char *path)
{
    struct stat info;
    return !stat(path, &info) && S_ISREG(info.st_mode) ? (int64_t)info.st_size : -1;
}

/* ---- listing ---- */

json_t *sc_read_metadata(const char *path, json_t **root)
{
    enum { MAX_HEADER = 16 << 20 };
    uint64_t length = 0;
    char *text = NULL;
    FILE *file = fopen(path, "rbe");
    *root = NULL;
    if (file && fread(&length, sizeof length, 1, file) == 1 && length && length <= MAX_HEADER &&
        (text = malloc(length)) && fread(text, 1, length, file) == length)
        *root = json_loadb(text, length, 0, NULL);
    free(text);
    if (file)
        fclose(file);
    return json_object_get(*root, "__metadata__");
}

static char *registry_copy_text(const json_t *metadata, const char *key)
{
    const char *value = json_string_value(json_object_get(metadata, key));
    return strdup(value ? value : "");
}

static void registry_free_entry(sc_model_entry *entry)
{
    free(entry->name);
    free(entry->architecture);
    free(entry->licence);
    free(entry->source);
    free(entry->note);
    free(entry->path);
}

void sc_model_list_free(sc_model_list *list)
{
    for (int i = 0; i < list->count; i++)
        registry_free_entry(&list->entries[i]);
    free(list->entries);
    *list = (sc_model_list){ 0 };
}

/* Takes over the entry's strings. An optional path may be NULL; the others stand for want of memory when NULL. */
static int registry_append(sc_model_list *list, sc_model_entry entry, sc_error *err)
{
    sc_model_entry *larger = realloc(list->entries, (size_t)(list->count + 1) * sizeof *larger);
    if (larger)
        list->entries = larger;
    if (!larger || !entry.name || !entry.architecture || !entry.licence || !entry.source || !entry.note) {
        registry_free_entry(&entry);
        return sc_fail_memory(err, sizeof *larger);
    }
    list->entries[list->count++] = entry;
    return SCUMBLE_OK;
}

static int registry_append_file(sc_model_list *list, const char *name, char *path, const char *note, sc_error *err)
{
    json_t *root, *metadata = sc_read_metadata(path, &root);
    sc_model_entry entry = { .name = strdup(name),
                             .architecture = registry_copy_text(metadata, "architecture"),
                             .licence = registry_copy_text(metadata, "licence"),
                             .source = registry_copy_text(metadata, "source"),
                             .note = strdup(note),
                             .path = path,
                             .size_bytes = registry_size_of(path) };
    json_decref(root);
    return registry_append(list, entry, err);
}

static int append_catalogued(sc_model_list *list, const sc_catalogue_entry *known, const char *data_dir, sc_error *err)
{
    char *path = NULL;
    bool embedded = !known->url && !known->npm_package;
    if (embedded)
        path = strdup("(embedded)");
    else if (data_dir && !(path = model_path(data_dir, known->name)))
        return sc_fail_memory(err, 64);
    if (!embedded && path && registry_size_of(path) >= 0)
        return registry_append_file(list, known->name, path, known->note, err);
    if (!embedded) {
        free(path);
        path = NULL;
    }
    return registry_append(list,
                           (sc_model_entry){ .name = strdup(known->name),
                                             .architecture = strdup(known->architecture),
                                             .licence = strdup(known->licence),
                                             .source = strdup(known->source),
                                             .note = strdup(known->note),
                                             .path = path,
                                             .size_bytes = known->size_bytes },
                           err);
}

static int is_model_file(const struct dirent *item)
{
    const char *dot = strrchr(item->d_name, '.');
    return *item->d_name != '.' && dot && !strcmp(dot, ".safetensors");
}

static int append_others(sc_model_list *list, const char *data_dir, sc_error *err)
{
    char *folder = sc_format("%s/models", data_dir);
    struct dirent **items = NULL;
    int count = folder ? scandir(folder, &items, is_model_file, alphasort) : 0;
    int code = folder ? SCUMBLE_OK : sc_fail_memory(err, 64);
    if (count < 0 && errno != ENOENT && errno != ENOTDIR)
        code = sc_fail_errno(err, errno, "read the folder", folder);
    for (int i = 0; i < count; i++) {
        *strrchr(items[i]->d_name, '.') = 0;
        char *path = code || sc_catalogue_find(items[i]->d_name) ? NULL : model_path(data_dir, items[i]->d_name);
        if (path)
            code = registry_append_file(list, items[i]->d_name, path, "", err);
        free(items[i]);
    }
    free(items);
    free(folder);
    return code;
}

int sc_models_list(const char *data_dir, sc_model_list *list, sc_error *err)
{
    *list = (sc_model_list){ 0 };
    int code = SCUMBLE_OK;
    for (int i = 0; !code && i < sc_catalogue_count; i++)
        code = append_catalogued(list, &sc_catalogue[i], data_dir, err);
    if (!code && data_dir)
        code = append_others(list, data_dir, err);
    if (code)
        sc_model_list_free(list);
    return code;
}

/* ---- opening ---- */

static int registry_open_file(const sc_threads *threads, sc_encoder **encoder, const char *path,
                              const char *architecture, sc_error *err)
{
    sc_weights *weights = NULL;
    int code = sc_weights_load(threads, &weights, path, err);
    if (code)
        return sc_error_prefix_file(err, path);
    code = sc_encoder_create(encoder, weights, architecture, err);
    sc_weights_free(weights);
    return code ? sc_error_prefix_file(err, path) : code;
}

/* Names that could have been meant. */
static int registry_refuse_name(const char *name, const char *data_dir, sc_error *err)
{
    if (sc_catalogue_find(name))
        return sc_fail(err, SCUMBLE_ERR_NOT_FOUND,
                       "the encoder '%s' is not installed; get it with: scumble models pull %s", name, name);
    sc_model_list list = { 0 };
    sc_error ignored;
    if (sc_models_list(data_dir, &list, &ignored))
        return sc_fail(err, SCUMBLE_ERR_NOT_FOUND, "there is no encoder or model file called '%.200s'", name);
    const char *names[256];
    int count = 0;
    while (count < list.count && count < 256) {
        names[count] = list.entries[count].name;
        count++;
    }
    char hint[SC_HINT_BYTES];
    int code = sc_fail(err, SCUMBLE_ERR_NOT_FOUND,
                       "there is no encoder or model file called '%.200s'%s; `scumble models list` shows the encoders",
                       name, sc_nearest_hint(name, names, count, hint));
    sc_model_list_free(&list);
    return code;
}

int sc_encoder_open(const sc_threads *threads, sc_encoder **encoder, const char *name_or_path, const char *data_dir,
                    sc_error *err)
{
    *encoder = NULL;
    if (!strcmp(name_or_path, "lite"))
        return sc_encoder_create_lite(encoder, err);
    if (!*name_or_path)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the encoder's name is empty; 'lite' is built in");
    if (strchr(name_or_path, '/'))
        return registry_open_file(threads, encoder, name_or_path, NULL, err);
    char *path = data_dir ? model_path(data_dir, name_or_path) : NULL;
    struct stat info;
    int code;
    if (path && registry_size_of(path) >= 0)
        code = registry_open_file(threads, encoder, path, NULL, err);
    else if (!stat(name_or_path, &info))
        code = registry_open_file(threads, encoder, name_or_path, NULL, err);
    else
        code = registry_refuse_name(name_or_path, data_dir, err);
    free(path);
    return code;
}

/* ---- importing ---- */

int sc_model_check_name(const char *name, sc_error *err)
{
    size_t allowed = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
    if (!*name || name[allowed] || *name == '.' || allowed > 64)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "'%.80s' cannot be a model's name: use up to 64 letters, digits, '_', '-' and '.'", name);
    if (!strcmp(name, "lite"))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "'lite' is the built-in encoder's name; choose another `name`");
    return SCUMBLE_OK;
}

static int registry_store(const sc_threads *threads, const sc_encoder *encoder, const char *name, const char *data_dir,
                          sc_error *err)
{
    char *folder = sc_format("%s/models", data_dir), *path = model_path(data_dir, name);
    sc_weights *native = NULL;
    int code = folder && path ? sc_make_directories(folder, err) : sc_fail_memory(err, 64);
    if (!code)
        code = sc_encoder_to_weights(encoder, &native, err);
    if (!code)
        code = sc_weights_set_metadata(native, "name", name, err);
    if (!code)
        code = sc_safetensors_write(threads, native, path, false, err);
    sc_weights_free(native);
    free(folder);
    free(path);
    return code;
}

/* What a foreign file does not say about itself. licence: as told; NULL = as the file says, if it does. */
static int add_origin(sc_weights *weights, const char *path, const sc_catalogue_entry *known, const char *licence,
                      sc_error *err)
{
    const char *source = known ? known->source : sc_file_name(path);
    int code = SCUMBLE_OK;
    if (known || !sc_weights_metadata(weights, "source"))
        code = sc_weights_set_metadata(weights, "source", source, err);
    if (!code && licence)
        code = sc_weights_set_metadata(weights, "licence", licence, err);
    return code;
}

int sc_import(const sc_threads *threads, const char *path, const char *architecture, const char *name,
              const char *data_dir, const sc_catalogue_entry *known, const char *licence, char **report, sc_error *err)
{
    sc_weights *weights = NULL;
    sc_encoder *encoder = NULL;
    if (report)
        *report = NULL;
    if (!data_dir)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "there is no data directory to import into: HOME is not set");
    int code = sc_weights_load(threads, &weights, path, err);
    if (!code)
        code = add_origin(weights, path, known, licence, err);
    if (!code)
        code = sc_weights_set_metadata(weights, "name", name ? name : "", err);
    if (!code)
        code = sc_encoder_create(&encoder, weights, architecture, err);
    sc_weights_free(weights);
    if (code)
        return sc_error_prefix_file(err, path);
    code = sc_model_check_name(sc_encoder_name(encoder), err);
    if (!code)
        code = registry_store(threads, encoder, sc_encoder_name(encoder), data_dir, err);
    if (!code && report && !(*report = sc_encoder_describe(encoder)))
        code = sc_fail_memory(err, 4096);
    sc_encoder_free(encoder);
    return code;
}

int sc_model_import(const sc_threads *threads, const char *path, const char *architecture, const char *name,
                    const char *licence, const char *data_dir, char **report, sc_error *err)
{
    return sc_import(threads, path, architecture, name, data_dir, NULL, licence, report, err);
}
