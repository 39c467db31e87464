/* SPDX-License-Identifier: MIT */
/* Finding and opening painters. See painters.h. */
#define _GNU_SOURCE
#include "nets/store/painters.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "core/nearest.h"
#include "nets/store/built_in.h"
#include "nets/store/registry_internal.h"

/* The painters that are part of the library (meson.build lists them), each with the bytes of its native file; ended by
 * a name that is NULL. */
#define DECLARE(name) extern const uint8_t sc_painter_##name##_data[], sc_painter_##name##_data_end[];
SC_BUILT_IN_PAINTERS(DECLARE)
#define ENTRY(name) { #name, sc_painter_##name##_data, sc_painter_##name##_data_end },
static const struct built_in {
    const char *name;
    const uint8_t *data, *end;
} built_in[] = { SC_BUILT_IN_PAINTERS(ENTRY){ NULL, NULL, NULL } };

static const char ending[] = ".scumble";

static char *path_of(const char *data_dir, const char *name)
{
    return data_dir ? sc_format("%s/painters/%s%s", data_dir, name, ending) : NULL;
}

static int64_t painters_size_of(const char *path)
{
    struct stat info;
    return path && !stat(path, &info) && S_ISREG(info.st_mode) ? (int64_t)info.st_size : -1;
}

/* ---- listing --------------------------------------------------------------------------------------------------- */

static void painters_free_entry(sc_painter_entry *entry)
{
    free(entry->name);
    free(entry->licence);
    free(entry->source);
    free(entry->path);
}

void sc_painter_list_free(sc_painter_list *list)
{
    for (int i = 0; i < list->count; i++)
        painters_free_entry(&list->entries[i]);
    free(list->entries);
    *list = (sc_painter_list){ 0 };
}

/* Takes over the entry's strings, of which all but the path stand for want of memory when NULL. */
static int painters_append(sc_painter_list *list, sc_painter_entry entry, sc_error *err)
{
    sc_painter_entry *larger = realloc(list->entries, (size_t)(list->count + 1) * sizeof *larger);
    if (larger)
        list->entries = larger;
    if (!larger || !entry.name || !entry.licence || !entry.source) {
        painters_free_entry(&entry);
        return sc_fail_memory(err, sizeof *larger);
    }
    list->entries[list->count++] = entry;
    return SCUMBLE_OK;
}

static char *painters_copy_text(const json_t *metadata, const char *key)
{
    const char *value = json_string_value(json_object_get(metadata, key));
    return strdup(value ? value : "");
}

static int painters_append_file(sc_painter_list *list, const char *name, char *path, sc_error *err)
{
    json_t *root, *metadata = sc_read_metadata(path, &root);
    sc_painter_entry entry = { strdup(name), painters_copy_text(metadata, "licence"),
                               painters_copy_text(metadata, "source"), path, painters_size_of(path) };
    json_decref(root);
    return painters_append(list, entry, err);
}

static int append_built_in(sc_painter_list *list, const struct built_in *b, sc_error *err)
{
    sc_painter *painter;
    int code = sc_painter_parse(&painter, b->data, (size_t)(b->end - b->data), err);
    if (code)
        return code;
    sc_painter_entry entry = { strdup(b->name), strdup(painter->licence), strdup(painter->source), NULL,
                               b->end - b->data };
    sc_painter_free(painter);
    return painters_append(list, entry, err);
}

static bool has_ending(const char *name, const char *end)
{
    size_t length = strlen(name), own = strlen(end);
    return *name != '.' && length > own && !strcmp(name + length - own, end);
}

static int painters_is_native(const struct dirent *item)
{
    return has_ending(item->d_name, ending);
}

static int append_folder(sc_painter_list *list, const char *data_dir, sc_error *err)
{
    char *folder = sc_format("%s/painters", data_dir);
    struct dirent **items = NULL;
    int count = folder ? scandir(folder, &items, painters_is_native, alphasort) : 0,
        code = folder ? SCUMBLE_OK : sc_fail_memory(err, 64);
    if (count < 0 && errno != ENOENT && errno != ENOTDIR)
        code = sc_fail_errno(err, errno, "read the folder", folder);
    for (int i = 0; i < count; i++) {
        items[i]->d_name[strlen(items[i]->d_name) - strlen(ending)] = 0;
        char *path = code ? NULL : path_of(data_dir, items[i]->d_name);
        if (path)
            code = painters_append_file(list, items[i]->d_name, path, err);
        else if (!code)
            code = sc_fail_memory(err, 64);
        free(items[i]);
    }
    free(items);
    free(folder);
    return code;
}

int sc_painters_list(const char *data_dir, sc_painter_list *list, sc_error *err)
{
    *list = (sc_painter_list){ 0 };
    int code = SCUMBLE_OK;
    for (const struct built_in *b = built_in; b->name && !code; b++)
        code = append_built_in(list, b, err);
    if (!code && data_dir)
        code = append_folder(list, data_dir, err);
    if (code)
        sc_painter_list_free(list);
    return code;
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

static int painters_open_file(sc_painter **painter, sc_painter_origin *origin, const char *path, sc_error *err)
{
    int code = sc_painter_load(painter, path, err);
    if (!code)
        code = sc_file_sha256(NULL, path, origin->sha256, err);
    origin->path = code ? NULL : strdup(path);
    origin->size_bytes = painters_size_of(path);
    if (!code && !origin->path)
        code = sc_fail_memory(err, strlen(path));
    if (code) {
        sc_painter_free(*painter);
        *painter = NULL;
    }
    return code;
}

static int open_built_in(sc_painter **painter, sc_painter_origin *origin, const struct built_in *b, sc_error *err)
{
    size_t size = (size_t)(b->end - b->data);
    sc_sha256(NULL, b->data, size, origin->sha256);
    origin->size_bytes = (int64_t)size;
    return sc_painter_parse(painter, b->data, size, err);
}

static const struct built_in *find_built_in(const char *name)
{
    const struct built_in *b = built_in;
    while (b->name && strcmp(b->name, name))
        b++;
    return b->name ? b : NULL;
}

static int may_be_painter(const struct dirent *item)
{
    return has_ending(item->d_name, ending) || has_ending(item->d_name, ".pth") || has_ending(item->d_name, ".pt") ||
           has_ending(item->d_name, ".onnx");
}

/* Nobody has it: names that could have been meant are the painters' and those of files here. */
static int painters_refuse(const char *name, const char *data_dir, sc_error *err)
{
    enum { MOST = 256 };
    sc_painter_list list;
    struct dirent **items = NULL;
    const char *names[MOST];
    char hint[SC_HINT_BYTES];
    int count = 0, files = scandir(".", &items, may_be_painter, alphasort),
        code = sc_painters_list(data_dir, &list, err);
    for (int i = 0; !code && i < list.count && count < MOST; i++)
        names[count++] = list.entries[i].name;
    for (int i = 0; i < files && count < MOST; i++)
        names[count++] = items[i]->d_name;
    sc_nearest_hint(name, names, count, hint);
    if (!code)
        code = sc_fail(err, SCUMBLE_ERR_NOT_FOUND, "there is no painter or file called '%.200s'%s", name, hint);
    for (int i = 0; i < files; i++)
        free(items[i]);
    free(items);
    sc_painter_list_free(&list);
    return code;
}

int sc_painter_open(sc_painter **painter, sc_painter_origin *origin, const char *name, const char *data_dir,
                    sc_error *err)
{
    *painter = NULL;
    *origin = (sc_painter_origin){ 0 };
    if (!*name)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the painter's name is empty");
    if (strchr(name, '/'))
        return painters_open_file(painter, origin, name, err);
    char *path = path_of(data_dir, name);
    const struct built_in *b = find_built_in(name);
    int code;
    if (painters_size_of(path) >= 0)
        code = painters_open_file(painter, origin, path, err);
    else if (b)
        code = open_built_in(painter, origin, b, err);
    else if (painters_size_of(name) >= 0)
        code = painters_open_file(painter, origin, name, err);
    else
        code = painters_refuse(name, data_dir, err);
    free(path);
    return code;
}

/* ---- importing ------------------------------------------------------------------------------------------------- */

static int rename_text(char **text, const char *value, sc_error *err)
{
    char *copy = value ? strdup(value) : *text;
    if (!copy)
        return sc_fail_memory(err, strlen(value));
    if (value)
        free(*text);
    *text = copy;
    return SCUMBLE_OK;
}

static int painters_store(sc_painter *painter, const char *data_dir, sc_error *err)
{
    char *folder = sc_format("%s/painters", data_dir), *path = path_of(data_dir, painter->name);
    int code = folder && path ? sc_make_directories(folder, err) : sc_fail_memory(err, 64);
    if (!code)
        code = sc_painter_save(painter, path, err);
    free(folder);
    free(path);
    return code;
}

int sc_painter_import(const char *path, const sc_painter_pixels *pixels, const char *name, const char *licence,
                      const char *data_dir, sc_error *err)
{
    sc_painter *painter;
    if (!data_dir)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "there is no data directory to import into: HOME is not set");
    int code = sc_painter_load(&painter, path, err);
    if (code)
        return code;
    code = sc_painter_tell(painter, pixels, err);
    if (code)
        sc_error_prefix_file(err, path);
    if (!code)
        code = rename_text(&painter->name, name, err);
    if (!code)
        code = rename_text(&painter->licence, licence ? licence : *painter->licence ? NULL : "unknown", err);
    if (!code)
        code = sc_model_check_name(painter->name, err);
    if (!code)
        code = painters_store(painter, data_dir, err);
    sc_painter_free(painter);
    return code;
}
