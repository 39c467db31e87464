/* SPDX-License-Identifier: MIT */
/* The work folder. See film_work.h. */
#define _GNU_SOURCE
#include "film_work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "film_journal.h" /* circle: the journal is the inside of the work folder */
#include "paths.h"
#include "text.h"

/* ---- opening, closing ------------------------------------------------------------------------------------------ */

static int film_work_lock(film_work *w)
{
    char *path = paths_join(w->folder, "lock");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666), status = EXIT_FAILED;
    if (fd < 0)
        console_error("cannot write '%s': %s", path, strerror(errno));
    else if (flock(fd, LOCK_EX | LOCK_NB))
        console_error("another process works on this film in '%s'; wait for it, or stop it", w->folder);
    else
        status = 0;
    if (status && fd >= 0)
        close(fd);
    w->lock = status ? 0 : fd;
    free(path);
    return status;
}

/* What is not ours shall not be removed one day. */
static int film_work_check_names(const film_work *w)
{
    int status = 0;
    text_list names = film_folder_names(w->folder);
    for (int i = 0; i < names.count && !status; i++)
        if (!film_folder_is_ours(names.items[i])) {
            console_error("'%s' would be the work folder of this film, but holds '%s', which is none of its files; "
                          "move it, or choose another name with -o",
                          w->folder, names.items[i]);
            status = EXIT_FAILED;
        }
    text_list_free(&names);
    return status;
}

int film_work_open(film_work *w, const char *folder)
{
    w->folder = text_copy(folder);
    if (mkdir(folder, 0777) && errno != EEXIST) {
        console_error("cannot make the work folder '%s': %s", folder, strerror(errno));
        return EXIT_FAILED;
    }
    if (!paths_is_folder(folder)) {
        console_error("'%s' would be the work folder of this film, but is a file; move it, or choose another name "
                      "with -o",
                      folder);
        return EXIT_FAILED;
    }
    int status = film_work_check_names(w);
    return status ? status : film_work_lock(w);
}

void film_work_clear(film_work *w)
{
    text_list names = film_folder_names(w->folder);
    film_keeper_end(&w->keeper);
    if (w->journal)
        fclose(w->journal);
    w->journal = NULL;
    film_folder_unlink(w->folder, "plan.json"); /* first: the rest is nothing without it */
    for (int i = 0; i < names.count; i++)
        if (film_folder_is_ours(names.items[i]) && strcmp(names.items[i], "lock"))
            film_folder_unlink(w->folder, names.items[i]);
    text_list_free(&names);
    w->count = w->part_count = 0;
    w->state = -1;
    w->past_s = 0;
}

bool film_work_planned(const film_work *w)
{
    char *path = paths_join(w->folder, "plan.json");
    bool there = paths_exists(path);
    free(path);
    return there;
}

void film_work_close(film_work *w, bool removed)
{
    if (w->keeper && !removed)
        film_keeper_wait(w->keeper);
    film_keeper_end(&w->keeper);
    if (w->lock && (removed || !film_work_planned(w))) {
        film_work_clear(w);
        film_folder_unlink(w->folder, "lock");
        rmdir(w->folder);
    }
    if (w->journal)
        fclose(w->journal);
    if (w->lock)
        close(w->lock);
    free(w->folder);
    free(w->entries);
    free(w->parts);
    *w = (film_work){ 0 };
}

/* ---- the plan -------------------------------------------------------------------------------------------------- */

json_t *film_work_plan(const film_work *w)
{
    char *path = paths_join(w->folder, "plan.json");
    json_t *plan = json_load_file(path, 0, NULL);
    free(path);
    return plan;
}

json_t *film_work_plan_in(const char *folder)
{
    film_work there = { .folder = (char *)(uintptr_t)folder };
    return film_work_plan(&there);
}

int film_work_write_plan(film_work *w, const json_t *plan)
{
    char *path = paths_join(w->folder, "plan.json"), *text = must(json_dumps(plan, JSON_INDENT(1) | JSON_SORT_KEYS));
    int status = paths_write(path, text);
    free(text);
    free(path);
    return status;
}

/* ---- the journal ----------------------------------------------------------------------------------------------- */

int film_work_note(film_work *w, const scumble_frame *frame, double painting_s, bool kept, bool waits)
{
    film_entry entry = { *frame, painting_s };
    w->past_s += painting_s;
    if (!kept)
        return 0;
    char *path = film_folder_file(w->folder, "frame", frame->number);
    if (waits)
        film_keeper_add(w->keeper, path);
    free(path);
    film_journal_add(w, &entry);
    return film_journal_print(w->journal, &entry) ? 0 : film_journal_fail(w);
}

/* Names that were given and lines that were written are on the disk, before what they replace goes. */
static int film_work_sync(const film_work *w)
{
    bool good = !w->journal || !fdatasync(fileno(w->journal));
    return good && paths_sync_folder(w->folder) ? 0 : film_journal_fail(w);
}

/* ---- states and parts ------------------------------------------------------------------------------------------ */

/* All of them are there when a keeper has failed: only the disk has not got them. */
static int film_work_fail_keeper(const film_work *w, int failure)
{
    console_error("cannot write to the disk of '%s': %s", w->folder, strerror(failure));
    return EXIT_FAILED;
}

int film_work_note_state(film_work *w, int64_t number)
{
    char *path = film_folder_file(w->folder, "state", number), *before = film_folder_file(w->folder, "state", w->state);
    film_keeper_state(w->keeper, path, w->state >= 0 ? before : NULL);
    w->state = number;
    free(before);
    free(path);
    int failure = film_keeper_failure(w->keeper);
    return failure ? film_work_fail_keeper(w, failure) : 0;
}

void film_work_drop_state(film_work *w)
{
    if (w->keeper)
        film_keeper_wait(w->keeper);
    char *path = film_folder_file(w->folder, "state", w->state);
    if (w->state >= 0)
        unlink(path);
    w->state = -1;
    free(path);
}

void film_work_add_part(film_work *w, film_span span)
{
    w->parts = must(realloc(w->parts, sizeof *w->parts * ((size_t)w->part_count + 1)));
    w->parts[w->part_count++] = span;
}

int film_work_note_part(film_work *w, film_span span)
{
    char *now = film_folder_file(w->folder, "part", span.first), *path = film_folder_part(w->folder, span);
    int status = 0;
    if (rename(now, path)) {
        console_error("cannot rename '%s': %s", now, strerror(errno));
        status = EXIT_FAILED;
    } else {
        int failure = film_keeper_wait(w->keeper);
        status = failure ? film_work_fail_keeper(w, failure) : film_work_sync(w);
    }
    for (int64_t i = span.first; i <= span.last && !status; i++) {
        char *frame = film_folder_file(w->folder, "frame", i);
        unlink(frame);
        free(frame);
    }
    if (!status)
        film_work_add_part(w, span);
    free(path);
    free(now);
    return status;
}

int film_work_note_back(const film_work *w, int64_t number)
{
    char *result = film_folder_file(w->folder, "back", number),
         *state = film_folder_file(w->folder, "backstate", number),
         *path = film_folder_file(w->folder, "backstate", number + 1);
    film_keeper_add(w->keeper, result);
    film_keeper_add(w->keeper, state);
    int failure = film_keeper_wait(w->keeper), status = failure ? film_work_fail_keeper(w, failure) : 0;
    if (!status)
        unlink(path);
    free(path);
    free(state);
    free(result);
    return status;
}
