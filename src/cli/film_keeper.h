/* SPDX-License-Identifier: MIT */
/* Brings what lies in a work folder to the disk, on a thread beside the painting, which never waits for a disk that is
 * slow: what has come together in the meantime is synced at once. Files that are written are there for whoever comes
 * after this process, however it ends; on the disk they are after a power cut, too. */
#ifndef CLI_FILM_KEEPER_H
#define CLI_FILM_KEEPER_H

typedef struct film_keeper film_keeper;

/* journal: descriptor of a file that only grows; both are borrowed until the end. */
film_keeper *film_keeper_start(const char *folder, int journal);
/* A file in the folder is whole, and has its name. */
void film_keeper_add(film_keeper *k, const char *path);
/* The same of a state, which stands for all that was added before: once that is on the disk with it, the state before
 * goes. before: one that is there from another process, for the first call; NULL: there is none. */
void film_keeper_state(film_keeper *k, const char *path, const char *before);
/* All that was added is on the disk. 0, or an errno of something that could not be brought there. */
int film_keeper_wait(film_keeper *k);
int film_keeper_failure(film_keeper *k); /* the same without waiting */
/* Without syncing what is left. NULL: nothing. */
void film_keeper_end(film_keeper **k);

#endif
