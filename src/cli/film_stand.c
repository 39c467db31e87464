/* SPDX-License-Identifier: MIT */
/* What lies in a work folder, and where to go on from it; what is of no use any more is removed. See film_work.h. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "film_journal.h"
#include "film_work.h"
#include "paths.h"

/* Parts one after the other; what overlaps is left out. */
static void film_stand_read_parts(film_work *w, const text_list *names)
{
    int64_t first, last;
    for (int i = 0; i < names->count; i++)
        if (film_folder_parse(names->items[i], "part", &first, &last) && last >= first &&
            (!w->part_count || first > w->parts[w->part_count - 1].last))
            film_work_add_part(w, (film_span){ first, last });
}

/* It is there, and whole, which files are not that a power cut has hit. */
static bool film_stand_has(const film_work *w, const char *kind, int64_t number)
{
    char *path = film_folder_file(w->folder, kind, number);
    struct stat info;
    bool sized = w->frame_bytes && !strcmp(kind, "frame"),
         there = !stat(path, &info) && (sized ? info.st_size == w->frame_bytes : info.st_size > 0);
    free(path);
    return there;
}

/* How many parts begin up to this frame. */
static int film_stand_parts_to(const film_work *w, int64_t number)
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

static bool film_stand_in_part(const film_work *w, int64_t number)
{
    int parts = film_stand_parts_to(w, number);
    return parts && number <= w->parts[parts - 1].last;
}

/* The first frame of the journal whose result is not there; whole: in a part. INT64_MAX: all are. */
static int64_t film_stand_gap(const film_work *w, bool kept, bool whole)
{
    for (int64_t i = 0; i < w->count && !kept; i++) {
        int64_t n = w->entries[i].frame.number;
        if (!film_stand_in_part(w, n) && (whole || !film_stand_has(w, "frame", n)))
            return n;
    }
    return INT64_MAX;
}

/* All that is of this frame or later goes, and what nothing needs any more. */
static void film_stand_cut(film_work *w, const text_list *names, int64_t next, bool keeps_state)
{
    int64_t number, last;
    while (w->count && w->entries[w->count - 1].frame.number >= next)
        w->count--;
    while (w->part_count && w->parts[w->part_count - 1].last >= next)
        w->part_count--;
    for (int i = 0; i < names->count; i++) {
        const char *name = names->items[i];
        bool goes = name[0] == '.';
        if (film_folder_parse(name, "state", &number, &last))
            goes = !keeps_state || number != next - 1;
        else if (film_folder_parse(name, "frame", &number, &last))
            goes = number >= next || film_stand_in_part(w, number);
        else if (!strncmp(name, "part-", 5))
            goes = !film_folder_parse(name, "part", &number, &last) || !film_stand_in_part(w, number);
        else if (!strncmp(name, "frame-", 6) || !strncmp(name, "state-", 6))
            goes = true; /* half written */
        if (goes)
            film_folder_unlink(w->folder, name);
    }
}

/* The newest state that can be gone on from; begin - 1: there is none. */
static int film_stand_choose(const film_work *w, const text_list *names, int64_t begin, int64_t first, bool kept,
                             film_restore_fn restore, void *user, int64_t *best)
{
    int64_t number, last, gap = film_stand_gap(w, kept, false);
    int status = -1;
    *best = begin - 1;
    for (int i = names->count; i-- > 0 && status < 0;) { /* the newest first */
        const char *name = names->items[i];
        if (!film_folder_parse(name, "state", &number, &last) || number < begin || number >= gap ||
            !film_stand_has(w, "state", number) || (number >= first && !film_journal_knows(w, number)))
            continue;
        char *path = paths_join(w->folder, name);
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
    text_list names = film_folder_names(w->folder);
    int64_t best;
    film_journal_read(w);
    film_stand_read_parts(w, &names);
    int status = film_stand_choose(w, &names, begin, first, kept, restore, user, &best);
    int64_t gap = best < begin ? film_stand_gap(w, kept, true) : 0;
    stand->state = best >= begin ? film_folder_file(w->folder, "state", best) : NULL;
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
        film_stand_cut(w, &names, stand->next, stand->state != NULL);
    text_list_free(&names);
    return status ? status : film_journal_rewrite(w);
}

int film_work_look(film_work *w, const char *folder)
{
    w->folder = text_copy(folder);
    text_list names = film_folder_names(w->folder);
    film_journal_read(w);
    film_stand_read_parts(w, &names);
    text_list_free(&names);
    return 0;
}

/* ---- what is painted backward ---------------------------------------------------------------------------------- */

/* kind: "back" or "backstate": those below `first` or from `end` on go. */
static void film_stand_drop_outside(const film_work *w, const char *kind, int64_t first, int64_t end)
{
    text_list names = film_folder_names(w->folder);
    int64_t number, last;
    for (int i = 0; i < names.count; i++)
        if (film_folder_parse(names.items[i], kind, &number, &last) && (number < first || number >= end))
            film_folder_unlink(w->folder, names.items[i]);
    text_list_free(&names);
}

int64_t film_work_stand_back(const film_work *w, int64_t first, int64_t after)
{
    int64_t stand = after;
    for (int64_t n = after - 1; n >= first && film_stand_has(w, "back", n); n--)
        if (film_stand_has(w, "backstate", n))
            stand = n;
    film_stand_drop_outside(w, "backstate", stand, stand + (stand < after));
    film_stand_drop_outside(w, "back", stand, after);
    return stand;
}

void film_work_drop_back(const film_work *w)
{
    film_stand_drop_outside(w, "backstate", 0, 0); /* first: the others are nothing without it */
    film_stand_drop_outside(w, "back", 0, 0);
}
