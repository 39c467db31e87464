/* SPDX-License-Identifier: MIT */
/* Numbered pictures as a source. The folder is read once, when the sequence is opened: then it is known which numbers
 * there are, and one that is missing between from and to is an error before anything is painted. (A gap is nearly
 * always a picture that a renderer has failed on. If its neighbours were joined, all later frames would come too early,
 * and motion would be looked for between frames that do not follow each other.) */
#define _GNU_SOURCE
#include "film/sequence.h"

#include <dirent.h>
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "film/notes.h"
#include "media/light.h"

typedef struct entry {
    int64_t number;
    char *name; /* owned */
} entry;

typedef struct sequence_source {
    sc_film_source base;
    sc_image_limits limits;
    char *path, *folder, *codec, *notes;
    entry *entries; /* by their numbers */
    int64_t count, room;
    int64_t next; /* the number of the next frame */
} sequence_source;

/* ---- names ----------------------------------------------------------------------------------------------------- */

static bool is_folder(const char *path)
{
    struct stat info;
    return !stat(path, &info) && S_ISDIR(info.st_mode);
}

static bool sequence_source_takes(const char *path)
{
    struct stat info;
    sc_sequence_pattern pattern;
    if (is_folder(path))
        return true;
    if (!stat(path, &info) || !sc_sequence_parse(&pattern, path)) /* a file with # in its own name is that file */
        return false;
    sc_sequence_free(&pattern);
    return true;
}

/* The number of a name that consists of before, digits and after; -1: it does not. Numbers that are longer than the
 * pattern's have no 0 in front. */
static int64_t picture_number(const char *name, const char *before, const char *after, int digits)
{
    size_t head = strlen(before), tail = strlen(after), length = strlen(name);
    if (length <= head + tail || strncmp(name, before, head) || strcmp(name + length - tail, after))
        return -1;
    size_t count = length - head - tail;
    if (count > SC_SEQUENCE_DIGITS || count < (size_t)digits || strspn(name + head, "0123456789") < count ||
        (count > (size_t)digits && digits > 1 && name[head] == '0'))
        return -1;
    return strtoll(name + head, NULL, 10);
}

/* The last run of digits before the ending; NULL: there is none. */
static const char *last_digits(const char *name, size_t *count)
{
    const char *end = strrchr(name, '.');
    while (end > name && (end[-1] < '0' || end[-1] > '9'))
        end--;
    const char *begin = end;
    while (begin > name && begin[-1] >= '0' && begin[-1] <= '9')
        begin--;
    *count = (size_t)(end - begin);
    return *count ? begin : NULL;
}

static int add_entry(sequence_source *s, const char *name, int64_t number, sc_error *err)
{
    if (s->count == s->room) {
        s->room = s->room ? 2 * s->room : 256;
        entry *more = realloc(s->entries, (size_t)s->room * sizeof *more);
        if (!more)
            return sc_fail_memory(err, (size_t)s->room * sizeof *more);
        s->entries = more;
    }
    char *own = strdup(name);
    if (!own)
        return sc_fail_memory(err, strlen(name));
    s->entries[s->count++] = (entry){ number, own };
    return SCUMBLE_OK;
}

/* One picture of a folder, which must be of the series of those before it: before and after are what their names have
 * in common, empty at first. */
static int add_of_series(sequence_source *s, const char *name, sc_sequence_pattern *series, sc_error *err)
{
    size_t count;
    const char *digits = last_digits(name, &count);
    if (!digits || count > SC_SEQUENCE_DIGITS)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "'%s' has a picture without a number, '%s': name the others by a pattern such as "
                       "'%s/frames.####.png'",
                       s->path, name, s->path);
    if (!series->before) {
        series->before = strndup(name, (size_t)(digits - name));
        series->after = strdup(digits + count);
        if (!series->before || !series->after)
            return sc_fail_memory(err, strlen(name));
    }
    int64_t number = picture_number(name, series->before, series->after, 1);
    if (number < 0)
        return sc_fail(
            err, SCUMBLE_ERR_ARGUMENT,
            "'%s' has pictures of more than one series, '%s' and '%.*s####%s': name one of them as a pattern", s->path,
            s->entries[0].name, (int)(digits - name), name, digits + count);
    return add_entry(s, name, number, err);
}

static int compare_entries(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    return x->number != y->number ? (x->number < y->number ? -1 : 1) : strcmp(x->name, y->name);
}

/* All pictures of the folder that the pattern takes; of one series, where the path is the folder itself. */
static int list_entries(sequence_source *s, const sc_sequence_pattern *pattern, sc_error *err)
{
    DIR *folder = opendir(s->folder);
    sc_sequence_pattern series = { 0 };
    int code = folder ? SCUMBLE_OK : sc_fail_errno(err, errno, "open", s->folder);
    for (struct dirent *item; !code && (item = readdir(folder));) {
        if (pattern) {
            int64_t number =
                picture_number(item->d_name, sc_file_name(pattern->before), pattern->after, pattern->digits);
            if (number >= 0)
                code = add_entry(s, item->d_name, number, err);
        } else if (item->d_name[0] != '.' && sc_image_known_name(item->d_name))
            code = add_of_series(s, item->d_name, &series, err);
    }
    if (folder)
        closedir(folder);
    sc_sequence_free(&series);
    if (!code && !s->count)
        code = pattern ? sc_fail(err, SCUMBLE_ERR_NOT_FOUND, "there is no picture '%s'", s->path) :
                         sc_fail(err, SCUMBLE_ERR_NOT_FOUND, "the folder '%s' has no pictures", s->path);
    if (code)
        return code;
    qsort(s->entries, (size_t)s->count, sizeof *s->entries, compare_entries);
    for (int64_t i = 1; i < s->count; i++)
        if (s->entries[i].number == s->entries[i - 1].number)
            return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "'%s' and '%s' have the same number; rename or remove one",
                           s->entries[i - 1].name, s->entries[i].name);
    return SCUMBLE_OK;
}

/* The first entry with this number or a larger one; count: there is none. */
static int64_t find_entry(const sequence_source *s, int64_t number)
{
    int64_t low = 0, high = s->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (s->entries[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *sc_sequence_source_file(const sc_film_source *source, int64_t number)
{
    const sequence_source *s = (const sequence_source *)source;
    int64_t at = find_entry(s, number);
    return at < s->count && s->entries[at].number == number ? s->entries[at].name : NULL;
}

/* The path of an entry; caller frees. */
static char *entry_path(const sequence_source *s, const char *name)
{
    return sc_format("%s/%s", s->folder, name);
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

static void sequence_source_close(sc_film_source *source)
{
    sequence_source *s = (sequence_source *)source;
    if (!s)
        return;
    for (int64_t i = 0; i < s->count; i++)
        free(s->entries[i].name);
    free(s->entries);
    free(s->path);
    free(s->folder);
    g_free(s->codec);
    free(s->notes);
    free(s);
}

/* One curve for the light of all: as bright as the first picture, the middle one and the last need it. Were it each
 * picture's own, one glint would change how all of a frame looks. What is brighter is kept beside the colours. */
static void find_light(sequence_source *s, const sc_image *first)
{
    const int64_t others[] = { s->count / 2, s->count - 1 };
    float most = first->light ? first->light->most : 0;
    for (int i = 0; i < 2 && first->light; i++) {
        sc_image image = { 0 };
        sc_error none = { 0 };
        char *path = entry_path(s, s->entries[others[i]].name);
        if (path && !sc_image_load(&image, path, &s->limits, &none) && image.light && image.light->most > most)
            most = image.light->most;
        sc_image_free(&image);
        free(path);
    }
    s->limits.light_most = most;
}

/* What all pictures are like, by the first one. */
static int sequence_find_facts(sequence_source *s, const sc_film_request *request, sc_error *err)
{
    sc_film_facts *facts = &s->base.facts;
    scumble_film_info *info = &facts->info;
    char *first = entry_path(s, s->entries[0].name);
    bool alpha = false;
    sc_image image = { 0 };
    if (!first)
        return sc_fail_memory(err, strlen(s->path));
    int code = sc_image_probe(first, &s->limits, &info->width, &info->height, &info->bits, &alpha, err);
    if (!code)
        code = sc_image_load(&image, first, &s->limits, err); /* which tells what is unusual */
    if (!code && image.note)
        sc_notes_add(&s->notes, "Of the first picture: %s.", image.note);
    if (!code)
        find_light(s, &image);
    sc_image_free(&image);
    free(first);
    facts->first = s->entries[0].number;
    info->path = s->path;
    info->codec = s->codec;
    info->frames = s->entries[s->count - 1].number - facts->first + 1;
    info->rate_num = request->rate_num;
    info->rate_den = request->rate_den;
    info->duration_s = (double)info->frames * request->rate_den / request->rate_num;
    info->alpha = alpha;
    info->sequence = info->seekable = 1;
    info->notes = s->notes ? s->notes : "";
    return code;
}

/* "dir" of "dir/f.####.png"; "." of a name alone. Caller frees. */
static char *folder_of(const char *path)
{
    const char *name = sc_file_name(path);
    return name == path ? strdup(".") : strndup(path, name - path > 1 ? (size_t)(name - path - 1) : 1);
}

static int sequence_source_open(sc_film_source **source, const char *path, const sc_film_request *request,
                                sc_error *err)
{
    *source = NULL;
    sequence_source *s = calloc(1, sizeof *s);
    if (!s)
        return sc_fail_memory(err, sizeof *s);
    const bool whole = is_folder(path);
    sc_sequence_pattern pattern = { 0 };
    s->base.kind = &sc_sequence_source_kind;
    s->limits = *request->limits;
    s->limits.threads = NULL; /* they are the caller's */
    s->path = strdup(path);
    s->folder = whole ? strdup(path) : folder_of(path);
    int code = s->path && s->folder && (whole || sc_sequence_parse(&pattern, path)) ? SCUMBLE_OK :
                                                                                      sc_fail_memory(err, strlen(path));
    if (!code)
        code = list_entries(s, whole ? NULL : &pattern, err);
    sc_sequence_free(&pattern);
    if (!code && !(s->codec = g_ascii_strdown(strrchr(s->entries[0].name, '.') + 1, -1)))
        code = sc_fail_memory(err, 8);
    if (!code)
        code = sequence_find_facts(s, request, err);
    if (!code) {
        s->next = s->base.facts.first;
        *source = &s->base;
    } else
        sequence_source_close(&s->base);
    return code;
}

static int sequence_source_check(const sc_film_source *source, int64_t first, int64_t end, sc_error *err)
{
    const sequence_source *s = (const sequence_source *)source;
    int64_t at = find_entry(s, first), there = find_entry(s, end) - at, missing = first;
    if (there == end - first)
        return SCUMBLE_OK;
    for (int64_t i = at; i < s->count && s->entries[i].number == missing; i++)
        missing++;
    int64_t gone = end - first - there;
    return sc_fail(err, SCUMBLE_ERR_NOT_FOUND,
                   "'%s' has no picture %lld%s: give it, or choose a part without gaps "
                   "(`from`, `to`)",
                   s->path, (long long)missing, gone > 1 ? ", and lacks more" : "");
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

static int sequence_source_read(sc_film_source *source, sc_image *image, scumble_frame *frame, sc_error *err)
{
    sequence_source *s = (sequence_source *)source;
    const scumble_film_info *info = &s->base.facts.info;
    *image = (sc_image){ 0 };
    int64_t at = find_entry(s, s->next);
    if (at == s->count)
        return SCUMBLE_OK;
    const entry *e = &s->entries[at];
    char *path = entry_path(s, e->name);
    int code = path ? sc_image_load(image, path, &s->limits, err) : sc_fail_memory(err, strlen(e->name));
    free(path);
    if (!code && (image->width != info->width || image->height != info->height)) {
        code =
            sc_fail(err, SCUMBLE_ERR_FORMAT,
                    "'%s' has %d x %d pixels, and the first picture of the sequence, '%s', %d x %d: all must be of one "
                    "size",
                    e->name, image->width, image->height, s->entries[0].name, info->width, info->height);
        sc_image_free(image);
    }
    if (code)
        return code;
    *frame = (scumble_frame){ .number = e->number,
                              .time = e->number - s->base.facts.first,
                              .duration = 1,
                              .time_num = info->rate_den,
                              .time_den = info->rate_num };
    s->next = e->number + 1;
    return SCUMBLE_OK;
}

static int sequence_source_seek(sc_film_source *source, int64_t number, sc_error *err)
{
    (void)err;
    ((sequence_source *)source)->next = number;
    return SCUMBLE_OK;
}

const sc_film_source_kind sc_sequence_source_kind = { .takes = sequence_source_takes,
                                                      .open = sequence_source_open,
                                                      .close = sequence_source_close,
                                                      .check = sequence_source_check,
                                                      .read = sequence_source_read,
                                                      .seek = sequence_source_seek };
