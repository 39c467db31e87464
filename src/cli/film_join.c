/* SPDX-License-Identifier: MIT */
/* Parts become a film: those of a work folder, and with `scumble film SHOT -o OUT --join` those of the chunks
 * OUT.chunk-01-of-08 ..., which say themselves what they are of. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "events.h"
#include "film_job.h"
#include "interrupt.h"
#include "paths.h"

/* ---- one film of parts ----------------------------------------------------------------------------------------- */

/* A file can be made in the folder, and then renamed to the output. */
static bool is_beside(const char *folder, const char *output)
{
    char *place = paths_folder(output);
    struct stat here, there;
    bool beside =
        !access(folder, W_OK | X_OK) && !stat(folder, &here) && !stat(place, &there) && here.st_dev == there.st_dev;
    free(place);
    return beside;
}

/* What a process left that died while it joined. */
static void remove_half_films(const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, NULL);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        char *path = paths_join(folder, name);
        if (!strncmp(name, ".film.", 6) || !strncmp(name, "..film.", 7))
            unlink(path);
        free(path);
        free(entries[i]);
    }
    free(entries);
}

/* The film, and its recipe before it, get their names. */
static int name_joined(const char *joined, const char *output)
{
    char *from = text_format("%s.json", joined), *to = text_format("%s.json", output), *folder = paths_folder(output);
    bool good = (!rename(from, to) || errno == ENOENT) && !rename(joined, output) && paths_sync_folder(folder);
    if (!good)
        console_error("cannot rename '%s' to '%s': %s", joined, output, strerror(errno));
    free(folder);
    free(from);
    free(to);
    return good ? 0 : EXIT_FAILED;
}

int film_join_parts(film_job *j, const char *folder, const text_list *parts, const scumble_frame *frames, int64_t count)
{
    scumble_film_output output = film_output_of(j, j->plan.recipe);
    bool beside = is_beside(folder, j->output);
    char *name = text_format(".film.%s", paths_extension(j->output)),
         *joined = beside ? paths_join(folder, name) : text_copy(j->output);
    if (beside)
        remove_half_films(folder);
    interrupt_hold(true);
    interrupt_cancels(j->s);
    int code =
        scumble_film_join(j->film, (const char *const *)parts->items, parts->count, frames, count, joined, &output);
    interrupt_cancels(NULL);
    scumble_cancel_clear(j->s);
    int status = !code                                               ? 0 :
                 code == SCUMBLE_ERR_CANCELLED && interrupt_signal() ? EXIT_SIGNAL + interrupt_signal() :
                                                                       film_fail(j, code);
    if (!status && beside)
        status = name_joined(joined, j->output);
    interrupt_hold(false);
    free(joined);
    free(name);
    return status;
}

/* ---- chunks ---------------------------------------------------------------------------------------------------- */

/* The chunks of a film, in their order. */
typedef struct film_chunks {
    char **folders; /* NULL where one is missing */
    json_t **plans;
    int count;
} film_chunks;

static void chunks_free(film_chunks *c)
{
    for (int i = 0; i < c->count; i++) {
        free(c->folders[i]);
        json_decref(c->plans[i]);
    }
    free(c->folders);
    free(c->plans);
}

/* ---- finding them ---------------------------------------------------------------------------------------------- */

/* A name in the output's folder is that of a chunk. */
static bool is_chunk(const char *name, const char *output, int *number, int *of)
{
    size_t length = strlen(output);
    int end = 0;
    return !strncmp(name, output, length) && sscanf(name + length, ".chunk-%d-of-%d%n", number, of, &end) == 2 &&
           !name[length + (size_t)end] && *number >= 1 && *number <= *of && *of <= 100000;
}

static int take_chunk(film_chunks *c, const film_job *j, const char *path, int number, int of)
{
    if (c->count && c->count != of)
        return console_usage("there are chunks of %d and of %d beside '%s'; remove those that are not meant", c->count,
                             of, j->output);
    if (!c->count) {
        c->folders = must(calloc((size_t)of, sizeof *c->folders));
        c->plans = must(calloc((size_t)of, sizeof *c->plans));
        c->count = of;
    }
    free(c->folders[number - 1]);
    c->folders[number - 1] = text_copy(path);
    return 0;
}

static int find_chunks(const film_job *j, film_chunks *c)
{
    char *folder = paths_folder(j->output);
    const char *slash = strrchr(j->output, '/'), *base = slash ? slash + 1 : j->output;
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort), status = 0, number, of;
    for (int i = 0; i < count; i++) {
        char *path = paths_join(folder, entries[i]->d_name);
        if (!status && is_chunk(entries[i]->d_name, base, &number, &of) && paths_is_folder(path))
            status = take_chunk(c, j, path, number, of);
        free(path);
        free(entries[i]);
    }
    free(entries);
    free(folder);
    if (!status && !c->count) {
        console_error(
            "there are no chunks of '%s' (%s.chunk-01-of-08 and so on); paint them first, with --chunk 1/8 to 8/8",
            j->output, j->output);
        status = EXIT_FAILED;
    }
    return status;
}

/* ---- checking them --------------------------------------------------------------------------------------------- */

static int check_chunk(const film_job *j, film_chunks *c, int i)
{
    if (!c->folders[i]) {
        console_error("chunk %d of %d of '%s' is missing; paint it with --chunk %d/%d", i + 1, c->count, j->output,
                      i + 1, c->count);
        return EXIT_FAILED;
    }
    c->plans[i] = film_work_plan_in(c->folders[i]);
    json_t *identity = json_object_get(c->plans[i], "identity");
    if (!identity || !json_is_true(json_object_get(c->plans[i], "finished"))) {
        console_error("chunk %d of %d is not finished ('%s'); go on with --chunk %d/%d", i + 1, c->count, c->folders[i],
                      i + 1, c->count);
        return EXIT_FAILED;
    }
    json_object_del(identity, "chunk");
    char *differs = film_plan_difference(json_object_get(c->plans[0], "identity"), identity);
    if (differs) {
        console_error("chunk %d does not go with chunk 1: %s", i + 1, differs);
        free(differs);
        return EXIT_FAILED;
    }
    return 0;
}

/* Painted on machines with less memory: its frames round otherwise. */
static void tell_cuts(const film_chunks *c)
{
    json_t *first = json_object_get(c->plans[0], "tiles");
    for (int i = 1; i < c->count; i++)
        if (!json_equal(first, json_object_get(c->plans[i], "tiles"))) {
            console_warning("chunk %d was painted in other tiles than chunk 1, by the memory that was free; give all "
                            "chunks the same --max-memory where that shows",
                            i + 1);
            return;
        }
}

static const char *text_at(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* What the chunks were written as, and of what, is what the film is. */
static int take_settings(film_job *j, const film_chunks *c)
{
    const json_t *identity = json_object_get(c->plans[0], "identity"), *output = json_object_get(identity, "output"),
                 *source = json_object_get(identity, "source");
    film_settings *set = &j->set;
    set->codec = text_at(output, "codec");
    const json_t *crf = json_object_get(output, "crf");
    set->crf = json_is_integer(crf) ? json_integer_value(crf) : -1;
    set->bitrate = json_integer_value(json_object_get(output, "bitrate"));
    set->bits = film_bits_index((int)json_integer_value(json_object_get(output, "bits")));
    set->from = text_at(source, "from");
    set->to = text_at(source, "to");
    set->rate = text_at(source, "rate");
    int status = film_open_source(j);
    json_t *now = status ? NULL : film_source_identity(j);
    if (now && !json_equal(now, source)) {
        console_error("'%s' is not the film that the chunks were painted from ('%s')", j->words.items[0],
                      text_at(source, "name"));
        status = EXIT_FAILED;
    }
    json_decref(now);
    if (!status && !film_plan_read(&j->plan, c->plans[0])) {
        console_error("the plan in '%s' is damaged; paint this chunk once more, with --restart", c->folders[0]);
        status = EXIT_FAILED;
    }
    return status;
}

/* ---- joining --------------------------------------------------------------------------------------------------- */

/* Each frame that the journal has is in a part, and each part has those of the journal. */
static bool is_whole(const film_work *w)
{
    int64_t at = 0;
    for (int i = 0; i < w->part_count; i++) {
        if (at == w->count || w->entries[at].frame.number != w->parts[i].first)
            return false;
        while (at < w->count && w->entries[at].frame.number <= w->parts[i].last)
            at++;
        if (w->entries[at - 1].frame.number != w->parts[i].last)
            return false;
    }
    return w->count && at == w->count;
}

/* What the folder has, after that of the earlier ones. */
static int add_chunk(const film_job *j, const film_chunks *c, int chunk, text_list *parts, scumble_frame **frames,
                     int64_t *count)
{
    film_work w = { 0 };
    film_work_look(&w, c->folders[chunk]);
    bool good = j->pictures || is_whole(&w);
    if (!good)
        console_error("chunk %d of %d is damaged ('%s' lacks a part, or lines of its journal); paint it once more, "
                      "with --restart",
                      chunk + 1, c->count, c->folders[chunk]);
    for (int i = 0; i < w.part_count; i++)
        text_list_add(parts, film_folder_part(w.folder, w.parts[i]));
    *frames = must(realloc(*frames, sizeof **frames * (size_t)(*count + w.count + 1)));
    for (int64_t i = 0; i < w.count; i++)
        (*frames)[(*count)++] = w.entries[i].frame;
    film_work_close(&w, false);
    return good ? 0 : EXIT_FAILED;
}

/* Of a sequence the chunks have written the pictures. */
static int check_joined_pictures(const film_job *j, const scumble_frame *frames, int64_t count)
{
    int status = 0;
    for (int64_t i = 0; i < count && !status; i++) {
        char *file = NULL;
        int code = scumble_film_frame_path(j->film, j->output, frames[i].number, &file);
        if (code)
            status = console_failure(j->s, code, NULL);
        else if (!paths_exists(file)) {
            console_error("'%s' is missing, though its chunk is finished; bring it here, or paint the chunk once more, "
                          "with --restart",
                          file);
            status = EXIT_FAILED;
        }
        scumble_text_free(&file);
    }
    return status;
}

static int join_chunks(film_job *j, const film_chunks *c)
{
    text_list parts = { 0 };
    scumble_frame *frames = NULL;
    int64_t count = 0;
    char time[32];
    int status = 0;
    for (int i = 0; i < c->count && !status; i++)
        status = add_chunk(j, c, i, &parts, &frames, &count);
    if (!status)
        status = j->pictures ? check_joined_pictures(j, frames, count) :
                               film_join_parts(j, c->folders[0], &parts, frames, count);
    if (status >= EXIT_SIGNAL)
        console_info("stopped before '%s' was there; to go on: %s", j->output, j->again);
    if (!status) {
        console_info("wrote %s (%dx%d, %lld frames, %s); its chunks are no longer needed: %s to %s", j->output,
                     j->plan.width, j->plan.height, (long long)count, text_time(progress_now_s() - j->began_s, time),
                     c->folders[0], c->folders[c->count - 1]);
        events_done(&(done_event){ .photo = j->words.items[0],
                                   .output = j->output,
                                   .width = j->plan.width,
                                   .height = j->plan.height,
                                   .done = count,
                                   .of = count,
                                   .unit = "frames",
                                   .elapsed_s = progress_now_s() - j->began_s });
    }
    free(frames);
    text_list_free(&parts);
    return status;
}

int film_join(film_job *j)
{
    film_chunks chunks = { .count = 0 };
    j->output = text_copy(j->set.output);
    j->pictures = scumble_film_pattern(j->output, NULL, NULL);
    int status = find_chunks(j, &chunks);
    for (int i = 0; i < chunks.count && !status; i++)
        status = check_chunk(j, &chunks, i);
    if (!status)
        status = take_settings(j, &chunks);
    if (!status && !j->pictures)
        status = film_check_files(j);
    if (!status)
        film_tell_notes(scumble_film_about(j->film)->notes);
    if (!status)
        tell_cuts(&chunks);
    if (!status)
        status = join_chunks(j, &chunks);
    chunks_free(&chunks);
    return status;
}
