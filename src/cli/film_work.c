/* SPDX-License-Identifier: MIT */
/* The work folder. See film_work.h. */
#define _GNU_SOURCE
#include "film_work.h"

#include <dirent.h>
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

#define NUMBER "%012lld"

/* ---- names ----------------------------------------------------------------------------------------------------- */

static char *film_work_named(const film_work *w, const char *name)
{
    return paths_join(w->folder, name);
}

char *film_work_file(const film_work *w, const char *kind, int64_t number)
{
    char *name = text_format("%s-" NUMBER, kind, (long long)number), *path = film_work_named(w, name);
    free(name);
    return path;
}

char *film_work_part(const film_work *w, film_span span)
{
    char *name = text_format("part-" NUMBER "-" NUMBER, (long long)span.first, (long long)span.last),
         *path = film_work_named(w, name);
    free(name);
    return path;
}

/* What a name in the folder stands for; last: of a part, else -1. */
static bool film_work_parse(const char *name, const char *kind, int64_t *number, int64_t *last)
{
    long long first, second = -1;
    size_t length = strlen(kind);
    if (strncmp(name, kind, length) || name[length] != '-')
        return false;
    int count = sscanf(name + length, "-%lld-%lld", &first, &second);
    *number = first;
    *last = second;
    return count == (strcmp(kind, "part") ? 1 : 2) && !strchr(name, '.');
}

/* The files that have a number, or two. */
static const char *const film_work_kinds[] = { "state", "frame", "part", "back", "backstate" };

/* What is left of a name behind that of one of our files; NULL: it is none. */
static const char *film_work_rest(const char *name)
{
    static const char *const whole[] = { "plan.json", "frames", "lock", "film" };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (!strncmp(name, whole[i], strlen(whole[i])))
            return name + strlen(whole[i]);
    for (size_t i = 0; i < sizeof film_work_kinds / sizeof *film_work_kinds; i++) {
        size_t length = strlen(film_work_kinds[i]);
        if (strncmp(name, film_work_kinds[i], length) || name[length] != '-')
            continue;
        size_t digits = strspn(name + length + 1, "0123456789");
        const char *rest = name + length + 1 + digits;
        if (digits && *rest == '-')
            rest += 1 + strspn(rest + 1, "0123456789");
        return digits ? rest : NULL;
    }
    return NULL;
}

/* Of what was being written, names begin with dots, and may go on after one. */
static bool film_work_is_ours(const char *name)
{
    size_t dots = strspn(name, ".");
    const char *rest = film_work_rest(name + dots);
    return rest && (!*rest || (dots && *rest == '.'));
}

/* The names in the folder, sorted. */
static text_list film_work_names(const film_work *w)
{
    text_list names = { 0 };
    struct dirent **entries = NULL;
    int count = scandir(w->folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (strcmp(name, ".") && strcmp(name, ".."))
            text_list_add(&names, text_copy(name));
        free(entries[i]);
    }
    free(entries);
    return names;
}

static void film_work_unlink(const film_work *w, const char *name)
{
    char *path = film_work_named(w, name);
    unlink(path);
    free(path);
}

/* ---- opening, closing ------------------------------------------------------------------------------------------ */

static int film_work_lock(film_work *w)
{
    char *path = film_work_named(w, "lock");
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
    text_list names = film_work_names(w);
    for (int i = 0; i < names.count && !status; i++)
        if (!film_work_is_ours(names.items[i])) {
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
    text_list names = film_work_names(w);
    film_keeper_end(&w->keeper);
    if (w->journal)
        fclose(w->journal);
    w->journal = NULL;
    film_work_unlink(w, "plan.json"); /* first: the rest is nothing without it */
    for (int i = 0; i < names.count; i++)
        if (film_work_is_ours(names.items[i]) && strcmp(names.items[i], "lock"))
            film_work_unlink(w, names.items[i]);
    text_list_free(&names);
    w->count = w->part_count = 0;
    w->state = -1;
    w->past_s = 0;
}

bool film_work_planned(const film_work *w)
{
    char *path = film_work_named(w, "plan.json");
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
        film_work_unlink(w, "lock");
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
    char *path = film_work_named(w, "plan.json");
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
    char *path = film_work_named(w, "plan.json"), *text = must(json_dumps(plan, JSON_INDENT(1) | JSON_SORT_KEYS));
    int status = paths_write(path, text);
    free(text);
    free(path);
    return status;
}

/* ---- the journal ---------------------------------------------------------------------------------------------- */

static int film_work_fail_journal(const film_work *w)
{
    console_error("cannot write '%s/frames': %s", w->folder, strerror(errno ? errno : EIO));
    return EXIT_FAILED;
}

/* The journal as it is in memory, in a new file, open for what comes. */
static int film_work_rewrite_journal(film_work *w)
{
    char *path = film_work_named(w, "frames"), *temporary = film_work_named(w, ".frames");
    FILE *file = fopen(temporary, "w");
    bool good = file;
    for (int64_t i = 0; i < w->count && good; i++)
        good = film_journal_print(file, &w->entries[i]);
    good = good && !fdatasync(fileno(file)) && !rename(temporary, path);
    w->journal = file;
    good = good && (w->keeper = film_keeper_start(w->folder, fileno(file)));
    free(temporary);
    free(path);
    return good ? 0 : film_work_fail_journal(w);
}

int film_work_note(film_work *w, const scumble_frame *frame, double painting_s, bool kept, bool waits)
{
    film_entry entry = { *frame, painting_s };
    w->past_s += painting_s;
    if (!kept)
        return 0;
    char *path = film_work_file(w, "frame", frame->number);
    if (waits)
        film_keeper_add(w->keeper, path);
    free(path);
    film_journal_add(w, &entry);
    return film_journal_print(w->journal, &entry) ? 0 : film_work_fail_journal(w);
}

/* Names that were given and lines that were written are on the disk, before what they replace goes. */
static int film_work_sync(const film_work *w)
{
    bool good = !w->journal || !fdatasync(fileno(w->journal));
    return good && paths_sync_folder(w->folder) ? 0 : film_work_fail_journal(w);
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
    char *path = film_work_file(w, "state", number), *before = film_work_file(w, "state", w->state);
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
    char *path = film_work_file(w, "state", w->state);
    if (w->state >= 0)
        unlink(path);
    w->state = -1;
    free(path);
}

static void film_work_add_part(film_work *w, film_span span)
{
    w->parts = must(realloc(w->parts, sizeof *w->parts * ((size_t)w->part_count + 1)));
    w->parts[w->part_count++] = span;
}

int film_work_note_part(film_work *w, film_span span)
{
    char *now = film_work_file(w, "part", span.first), *path = film_work_part(w, span);
    int status = 0;
    if (rename(now, path)) {
        console_error("cannot rename '%s': %s", now, strerror(errno));
        status = EXIT_FAILED;
    } else {
        int failure = film_keeper_wait(w->keeper);
        status = failure ? film_work_fail_keeper(w, failure) : film_work_sync(w);
    }
    for (int64_t i = span.first; i <= span.last && !status; i++) {
        char *frame = film_work_file(w, "frame", i);
        unlink(frame);
        free(frame);
    }
    if (!status)
        film_work_add_part(w, span);
    free(path);
    free(now);
    return status;
}

/* ---- where to go on -------------------------------------------------------------------------------------------- */

/* Parts one after the other; what overlaps is left out. */
static void film_work_read_parts(film_work *w, const text_list *names)
{
    int64_t first, last;
    for (int i = 0; i < names->count; i++)
        if (film_work_parse(names->items[i], "part", &first, &last) && last >= first &&
            (!w->part_count || first > w->parts[w->part_count - 1].last))
            film_work_add_part(w, (film_span){ first, last });
}

/* It is there, and whole, which files are not that a power cut has hit. */
static bool film_work_has(const film_work *w, const char *kind, int64_t number)
{
    char *path = film_work_file(w, kind, number);
    struct stat info;
    bool sized = w->frame_bytes && !strcmp(kind, "frame"),
         there = !stat(path, &info) && (sized ? info.st_size == w->frame_bytes : info.st_size > 0);
    free(path);
    return there;
}

/* How many parts begin up to this frame. */
static int film_work_parts_to(const film_work *w, int64_t number)
{
    int low = 0, high = w->part_count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (w->parts[middle].first <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool film_work_in_part(const film_work *w, int64_t number)
{
    int parts = film_work_parts_to(w, number);
    return parts && number <= w->parts[parts - 1].last;
}

/* The first frame of the journal whose result is not there; whole: in a part. INT64_MAX: all are. */
static int64_t film_work_gap(const film_work *w, bool kept, bool whole)
{
    for (int64_t i = 0; i < w->count && !kept; i++) {
        int64_t n = w->entries[i].frame.number;
        if (!film_work_in_part(w, n) && (whole || !film_work_has(w, "frame", n)))
            return n;
    }
    return INT64_MAX;
}

/* All that is of this frame or later goes, and what nothing needs any more. */
static void film_work_cut(film_work *w, const text_list *names, int64_t next, bool keeps_state)
{
    int64_t number, last;
    while (w->count && w->entries[w->count - 1].frame.number >= next)
        w->count--;
    while (w->part_count && w->parts[w->part_count - 1].last >= next)
        w->part_count--;
    for (int i = 0; i < names->count; i++) {
        const char *name = names->items[i];
        bool goes = name[0] == '.';
        if (film_work_parse(name, "state", &number, &last))
            goes = !keeps_state || number != next - 1;
        else if (film_work_parse(name, "frame", &number, &last))
            goes = number >= next || film_work_in_part(w, number);
        else if (!strncmp(name, "part-", 5))
            goes = !film_work_parse(name, "part", &number, &last) || !film_work_in_part(w, number);
        else if (!strncmp(name, "frame-", 6) || !strncmp(name, "state-", 6))
            goes = true; /* half written */
        if (goes)
            film_work_unlink(w, name);
    }
}

/* The newest state that can be gone on from; begin - 1: there is none. */
static int film_work_choose(const film_work *w, const text_list *names, int64_t begin, int64_t first, bool kept,
                            film_restore_fn restore, void *user, int64_t *best)
{
    int64_t number, last, gap = film_work_gap(w, kept, false);
    int status = -1;
    *best = begin - 1;
    for (int i = names->count; i-- > 0 && status < 0;) { /* the newest first */
        const char *name = names->items[i];
        if (!film_work_parse(name, "state", &number, &last) || number < begin || number >= gap ||
            !film_work_has(w, "state", number) || (number >= first && !film_journal_knows(w, number)))
            continue;
        char *path = film_work_named(w, name);
        status = restore(user, path);
        free(path);
        if (!status)
            *best = number;
    }
    return status < 0 ? 0 : status;
}

int film_work_stand(film_work *w, const int64_t *firsts, int shots, int64_t begin, int64_t first, bool kept,
                    film_restore_fn restore, void *user, film_stand *stand)
{
    text_list names = film_work_names(w);
    int64_t best;
    film_journal_read(w);
    film_work_read_parts(w, &names);
    int status = film_work_choose(w, &names, begin, first, kept, restore, user, &best);
    int64_t gap = best < begin ? film_work_gap(w, kept, true) : 0;
    stand->state = best >= begin ? film_work_file(w, "state", best) : NULL;
    stand->next = best + 1;
    /* A shot begins anew; and where no state is of use, the last one before which all is whole. */
    for (int i = 0; i < shots; i++)
        if (firsts[i] == best + 1 ||
            (best < begin && firsts[i] > begin && firsts[i] - 1 < gap && film_journal_knows(w, firsts[i] - 1))) {
            stand->next = firsts[i];
            free(stand->state);
            stand->state = NULL;
        }
    w->state = stand->state ? best : -1;
    int folder = stand->state ? open(w->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (folder >= 0) { /* what another process left without syncing it: states before go now */
        syncfs(folder);
        close(folder);
    }
    if (!status)
        film_work_cut(w, &names, stand->next, stand->state != NULL);
    text_list_free(&names);
    return status ? status : film_work_rewrite_journal(w);
}

/* ---- what is painted backward ---------------------------------------------------------------------------------- */

int film_work_note_back(const film_work *w, int64_t number)
{
    char *result = film_work_file(w, "back", number), *state = film_work_file(w, "backstate", number),
         *path = film_work_file(w, "backstate", number + 1);
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

/* kind: "back" or "backstate": those below `first` or from `end` on go. */
static void film_work_drop_outside(const film_work *w, const char *kind, int64_t first, int64_t end)
{
    text_list names = film_work_names(w);
    int64_t number, last;
    for (int i = 0; i < names.count; i++)
        if (film_work_parse(names.items[i], kind, &number, &last) && (number < first || number >= end))
            film_work_unlink(w, names.items[i]);
    text_list_free(&names);
}

int64_t film_work_stand_back(const film_work *w, int64_t first, int64_t after)
{
    int64_t stand = after;
    for (int64_t n = after - 1; n >= first && film_work_has(w, "back", n); n--)
        if (film_work_has(w, "backstate", n))
            stand = n;
    film_work_drop_outside(w, "backstate", stand, stand + (stand < after));
    film_work_drop_outside(w, "back", stand, after);
    return stand;
}

void film_work_drop_back(const film_work *w)
{
    film_work_drop_outside(w, "backstate", 0, 0); /* first: the others are nothing without it */
    film_work_drop_outside(w, "back", 0, 0);
}

int film_work_look(film_work *w, const char *folder)
{
    w->folder = text_copy(folder);
    text_list names = film_work_names(w);
    film_journal_read(w);
    film_work_read_parts(w, &names);
    text_list_free(&names);
    return 0;
}
