/* SPDX-License-Identifier: MIT */
/* What is painted: which frames, and the identity by which a work folder is known again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "console.h"
#include "film_job.h"
#include "paths.h"
#include "values.h"

/* ---- chunks ---------------------------------------------------------------------------------------------------- */

/* Where the index-th chunk begins: at a shot's border, when there is one within a quarter of a chunk. */
static int64_t chunk_border(const film_plan *plan, int index, int64_t frames)
{
    int64_t border = frames * index / plan->chunks, most = frames / plan->chunks / 4, best = border, off = most + 1;
    for (int i = 0; i < plan->shot_count && index && index < plan->chunks; i++) {
        int64_t distance = llabs(plan->firsts[i] - border);
        if (distance < off) {
            off = distance;
            best = plan->firsts[i];
        }
    }
    return best;
}

int film_choose_frames(film_job *j)
{
    film_plan *plan = &j->plan;
    int64_t frames = plan->firsts[plan->shot_count];
    plan->end = frames;
    if (!plan->chunks)
        return 0;
    if (plan->chunks > frames)
        return console_usage("--chunk is %s, but the film has %lld frames; no more chunks than frames", j->set.chunk,
                             (long long)frames);
    plan->first = chunk_border(plan, plan->chunk - 1, frames);
    plan->end = chunk_border(plan, plan->chunk, frames);
    int64_t shot = plan->firsts[film_shot_of(plan, plan->first)], handles = plan->first - shot;
    plan->begin = plan->first - (handles > j->set.handles ? j->set.handles : handles);
    return 0;
}

/* ---- identity -------------------------------------------------------------------------------------------------- */

/* FNV-1a (Fowler, Noll, Vo) with 64 bits, of the first megabyte: to know a file again, not to prove anything. */
static uint64_t hash_head(FILE *file)
{
    uint64_t hash = 14695981039346656037u;
    unsigned char bytes[1 << 14];
    size_t got;
    for (int i = 0; i < 64 && (got = fread(bytes, 1, sizeof bytes, file)) > 0; i++)
        for (size_t k = 0; k < got; k++)
            hash = (hash ^ bytes[k]) * 1099511628211u;
    return hash;
}

static json_t *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = text_utf8(slash && slash[1] ? slash + 1 : path);
    json_t *value = must(json_string(name));
    free(name);
    return value;
}

json_t *film_file_identity(const char *path)
{
    json_t *identity = must(json_pack("{s:o}", "name", name_of(path)));
    struct stat info;
    FILE *file = !stat(path, &info) && S_ISREG(info.st_mode) ? fopen(path, "rb") : NULL;
    if (file) {
        char *head = text_format("%016llx", (unsigned long long)hash_head(file));
        json_object_set_new(identity, "size_bytes", json_integer(info.st_size));
        json_object_set_new(identity, "head", json_string(head));
        free(head);
        fclose(file);
    }
    return identity;
}

static json_t *film_text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *number_or_null(int64_t number, int64_t none)
{
    return number == none ? json_null() : json_integer(number);
}

json_t *film_source_identity(const film_job *j)
{
    const scumble_film_info *info = scumble_film_about(j->film);
    json_t *source = film_file_identity(j->words.items[0]),
           *said = must(json_pack("{s:s, s:i, s:i, s:I, s:o, s:o, s:o}", "codec", info->codec ? info->codec : "",
                                  "width", info->width, "height", info->height, "frames", (json_int_t)info->frames,
                                  "from", film_text_or_null(j->set.from), "to", film_text_or_null(j->set.to), "rate",
                                  film_text_or_null(j->set.rate)));
    json_object_update(source, said);
    json_decref(said);
    return source;
}

json_t *film_keys_identity(const film_job *j)
{
    json_t *keys = must(json_array());
    for (int i = 0; j->style_keys && i < j->styles.count; i++)
        json_array_append_new(keys, json_integer(j->style_keys[i]));
    return keys;
}

/* The shot's recipe, without what may change between two parts of a film. */
static json_t *painting_identity(const film_job *j)
{
    json_t *recipe = film_shot_recipe(j);
    static const char *const passing[] = { "computed_with", "result", "content" };
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        json_object_del(recipe, passing[i]);
    return recipe;
}

static json_t *cuts_identity(const film_plan *plan)
{
    json_t *cuts = must(json_array());
    for (int i = 0; i < plan->shot_count; i++)
        json_array_append_new(cuts, json_integer(plan->firsts[i]));
    return cuts;
}

int film_make_identity(film_job *j)
{
    const film_settings *set = &j->set;
    const film_plan *plan = &j->plan;
    scumble_film_output written = film_output_of(j, NULL);
    json_t *output = must(json_pack("{s:o, s:o, s:o, s:o, s:s}", "codec", film_text_or_null(set->codec), "crf",
                                    number_or_null(written.crf, -1), "bitrate", number_or_null(written.bitrate, 0),
                                    "bits", number_or_null(written.bits, 0), "kind", paths_extension(j->output)));
    json_t *chunk = must(
        json_pack("{s:i, s:i, s:I}", "number", plan->chunk, "of", plan->chunks, "handles", (json_int_t)set->handles));
    j->plan.identity = must(json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "scumble", scumble_version(), "source",
                                      film_source_identity(j), "painting", painting_identity(j), "guides",
                                      film_guides_identity(j), "output", output, "chunk", chunk));
    if (j->style_keys)
        json_object_set_new(j->plan.identity, "styles_at", film_keys_identity(j));
    if (j->key_count)
        json_object_set_new(j->plan.identity, "keyframes", film_keyframes_identity(j));
    if (set->cuts)
        json_object_set_new(j->plan.identity, "cuts", cuts_identity(plan));
    return 0;
}

/* ---- differences ----------------------------------------------------------------------------------------------- */

static char *shown(const json_t *value)
{
    return !value || json_is_null(value) ? text_copy("not given") :
           json_is_string(value)         ? text_copy(json_string_value(value)) :
                                           must(json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6)));
}

/* The first option, at any depth, that differs: "--beta was 6 and is 3". NULL: none. Caller frees. */
static char *option_difference(json_t *before, json_t *now)
{
    const char *key;
    json_t *value;
    json_object_foreach(now, key, value)
    {
        json_t *old = json_object_get(before, key);
        if (old && json_equal(old, value))
            continue;
        if (json_is_object(value) && json_is_object(old)) {
            char *inside = option_difference(old, value);
            if (inside)
                return inside;
            continue;
        }
        if (json_is_object(value) || json_is_array(value))
            continue;
        char *was = shown(old), *is = shown(value), *text = text_format("--%s was %s and is %s", key, was, is);
        free(is);
        free(was);
        return text;
    }
    return NULL;
}

/* Of the painting: options by name, all else as what it is. */
static char *painting_difference(json_t *before, json_t *now)
{
    static const char *const inputs[][2] = { { "styles", "the paintings are others" },
                                             { "painter", "the painter is another one" },
                                             { "encoder", "the encoder is another one" } };
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        json_t *was = json_object_get(before, inputs[i][0]), *is = json_object_get(now, inputs[i][0]);
        if ((was || is) && !(was && is && json_equal(was, is)))
            return text_copy(inputs[i][1]);
    }
    char *option = option_difference(before, now);
    return option ? option : text_copy("it is painted otherwise");
}

char *film_plan_difference(const json_t *before, const json_t *now)
{
    static const char *const parts[][2] = { { "source", "the film, or what of it is painted, is another one" },
                                            { "painting", NULL },
                                            { "styles_at", "the paintings have other moments" },
                                            { "keyframes", "the keyframes are others" },
                                            { "guides", "the masks, or what is protected, are others" },
                                            { "cuts", "the cuts are others" },
                                            { "output", NULL },
                                            { "chunk", "it is another chunk, or has other handles" },
                                            { "scumble", NULL } };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        json_t *was = json_object_get(before, parts[i][0]), *is = json_object_get(now, parts[i][0]);
        if (was == is || (was && is && json_equal(was, is)))
            continue;
        if (parts[i][1])
            return text_copy(parts[i][1]);
        if (!strcmp(parts[i][0], "scumble"))
            return text_format("it was begun by scumble %s", json_string_value(was) ? json_string_value(was) : "?");
        char *text = !strcmp(parts[i][0], "painting") ? painting_difference(was, is) : option_difference(was, is);
        return text ? text : text_copy("it is written otherwise");
    }
    return NULL;
}

/* ---- the plan as a file ---------------------------------------------------------------------------------------- */

json_t *film_plan_json(const film_plan *plan, bool finished)
{
    json_t *shots = cuts_identity(plan);
    json_array_append_new(shots, json_integer(plan->firsts[plan->shot_count]));
    return must(json_pack("{s:O, s:o, s:[I,I,I], s:[i,i], s:[i,i,i], s:s, s:s, s:b}", "identity", plan->identity,
                          "shots", shots, "frames", (json_int_t)plan->begin, (json_int_t)plan->first,
                          (json_int_t)plan->end, "chunk", plan->chunk, plan->chunks, "size", plan->width, plan->height,
                          plan->alpha, "recipe", plan->recipe ? plan->recipe : "", "tiles",
                          plan->tiles ? plan->tiles : "", "finished", finished));
}

bool film_plan_read(film_plan *plan, const json_t *json)
{
    json_t *shots = json_object_get(json, "shots");
    const char *recipe, *tiles = "";
    json_int_t begin, first, end;
    size_t count = json_array_size(shots);
    if (count < 2 ||
        json_unpack((json_t *)(uintptr_t)json, "{s:[I,I,I], s:[i,i], s:[i,i,i], s:s, s?s}", "frames", &begin, &first,
                    &end, "chunk", &plan->chunk, &plan->chunks, "size", &plan->width, &plan->height, &plan->alpha,
                    "recipe", &recipe, "tiles", &tiles) ||
        plan->width < 1 || plan->height < 1 || begin < 0 || first < begin || end < first)
        return false;
    free(plan->firsts);
    plan->firsts = must(calloc(count, sizeof *plan->firsts));
    for (size_t i = 0; i < count; i++)
        plan->firsts[i] = json_integer_value(json_array_get(shots, i));
    plan->shot_count = (int)count - 1;
    plan->begin = begin;
    plan->first = first;
    plan->end = end;
    free(plan->recipe);
    plan->recipe = text_copy(recipe);
    free(plan->tiles);
    plan->tiles = text_copy(tiles);
    json_decref(plan->identity);
    plan->identity = json_incref(json_object_get(json, "identity"));
    return plan->identity;
}

void film_plan_free(film_plan *plan)
{
    free(plan->firsts);
    free(plan->recipe);
    free(plan->tiles);
    json_decref(plan->identity);
    *plan = (film_plan){ 0 };
}
