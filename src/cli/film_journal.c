/* SPDX-License-Identifier: MIT */
/* The journal of a work folder. See film_work.h. */
#define _GNU_SOURCE
#include "film_journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console.h"
#include "paths.h"
#include "text.h"

void film_journal_add(film_work *w, const film_entry *entry)
{
    while (w->count && w->entries[w->count - 1].frame.number >= entry->frame.number)
        w->count--; /* painted once more */
    if (!(w->count & (w->count - 1)))
        w->entries = must(realloc(w->entries, sizeof *w->entries * (size_t)(w->count ? 2 * w->count : 1)));
    w->entries[w->count++] = *entry;
}

void film_journal_read(film_work *w)
{
    char *path = paths_join(w->folder, "frames"), line[256];
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        long long number, time, duration;
        film_entry entry = { .painting_s = 0 };
        char end;
        if (sscanf(line, "%lld %lld %lld %d %d %lf%c", &number, &time, &duration, &entry.frame.time_num,
                   &entry.frame.time_den, &entry.painting_s, &end) != 7 ||
            end != '\n')
            break; /* the process died at this line */
        entry.frame.number = number;
        entry.frame.time = time;
        entry.frame.duration = duration;
        film_journal_add(w, &entry);
    }
    if (file)
        fclose(file);
    free(path);
    for (int64_t i = 0; i < w->count; i++)
        w->past_s += w->entries[i].painting_s;
}

bool film_journal_print(FILE *file, const film_entry *e)
{
    return fprintf(file, "%lld %lld %lld %d %d %.6f\n", (long long)e->frame.number, (long long)e->frame.time,
                   (long long)e->frame.duration, e->frame.time_num, e->frame.time_den, e->painting_s) > 0 &&
           !fflush(file);
}

bool film_journal_knows(const film_work *w, int64_t number)
{
    int64_t low = 0, high = w->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (w->entries[middle].frame.number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < w->count && w->entries[low].frame.number == number;
}

int film_journal_fail(const film_work *w)
{
    console_error("cannot write '%s/frames': %s", w->folder, strerror(errno ? errno : EIO));
    return EXIT_FAILED;
}

int film_journal_rewrite(film_work *w)
{
    char *path = paths_join(w->folder, "frames"), *temporary = paths_join(w->folder, ".frames");
    FILE *file = fopen(temporary, "w");
    bool good = file;
    for (int64_t i = 0; i < w->count && good; i++)
        good = film_journal_print(file, &w->entries[i]);
    good = good && !fdatasync(fileno(file)) && !rename(temporary, path);
    w->journal = file;
    good = good && (w->keeper = film_keeper_start(w->folder, fileno(file)));
    free(temporary);
    free(path);
    return good ? 0 : film_journal_fail(w);
}
