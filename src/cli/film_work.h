/* SPDX-License-Identifier: MIT */
/* The work folder of a film, OUT.work, and the folder of a chunk. In it lie
 *   plan.json      what is painted, and from what (film_plan.c)
 *   frames         the journal: a line for each frame whose result is safe, with its time
 *   state-N        what the shot looks back to after frame N (scumble_shot_save)
 *   frame-N        the result of frame N, until its part is there
 *   back-N         the result of frame N, painted backward from a keyframe, until the film has passed that
 *   backstate-N    what that painting looks back to after frame N
 *   part-N-M       frames N to M, encoded
 *   .film.mov      the film, while its parts are joined
 *   lock           held by the process that works here
 * A frame's result is written first, then its line, then its state, all at once; a thread brings them to the disk
 * (film_keeper.h), and what they replace goes last: a state when a later one is on the disk with all that it stands
 * for, frames when their part is, and the state after it. So whenever the process dies, or the power fails, the newest
 * state that can be read, and whose frames are all there, says where to go on, and nothing that it needs has gone. */
#ifndef CLI_FILM_WORK_H
#define CLI_FILM_WORK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "film_folder.h"
#include "film_keeper.h"
#include "scumble/film.h"

typedef struct film_entry {
    scumble_frame frame;
    double painting_s; /* that it took */
} film_entry;

typedef struct film_work {
    char *folder;
    int lock; /* descriptor; 0 = none */
    FILE *journal;
    film_keeper *keeper; /* while there is a journal */
    int64_t frame_bytes; /* of a file "frame"; 0 = not known */
    film_entry *entries; /* of the frames that are kept and safe, in their order */
    int64_t count;
    film_span *parts; /* in their order */
    int part_count;
    int64_t state; /* the frame whose state is there; below 0: none */
    double past_s; /* what all that was painted took, with frames that are thrown away */
} film_work;

/* The following return 0, or an exit code after a message, unless their comment says otherwise. */
/* Makes the folder, if it is not there, and locks it. */
int film_work_open(film_work *w, const char *folder);
/* plan.json; NULL: there is none that can be read. */
json_t *film_work_plan(const film_work *w);
/* There is one, readable or not. */
bool film_work_planned(const film_work *w);
/* Of a folder that is not opened. */
json_t *film_work_plan_in(const char *folder);
int film_work_write_plan(film_work *w, const json_t *plan);
/* Removes all that lies there, for a new beginning. */
void film_work_clear(film_work *w);

/* Where to go on, after a look at what is there; what came later is removed. */
typedef struct film_stand {
    int64_t next; /* the first frame that is to be painted */
    char *state;  /* that is gone on from; NULL: `next` begins a shot, or all. Caller frees. */
} film_stand;
/* Goes on from a state: 0; below 0: it is damaged, as by a power cut, so that the one before is tried; or an exit code
 * after a message. */
typedef int (*film_restore_fn)(void *user, const char *state);
/* firsts: of the shots, and after them the end; begin: the first frame that is painted, first: that is kept. kept: the
 * results lie elsewhere (a sequence), so that a line in the journal is enough. */
int film_work_stand(film_work *w, const int64_t *firsts, int shots, int64_t begin, int64_t first, bool kept,
                    film_restore_fn restore, void *user, film_stand *stand);
/* Reads the journal and the parts of a folder, of which nothing is changed. */
int film_work_look(film_work *w, const char *folder);

/* This frame's result is written. kept: it is of the film, and no frame to begin with; waits: as a file "frame". */
int film_work_note(film_work *w, const scumble_frame *frame, double painting_s, bool kept, bool waits);
/* This frame's state is written: once all is on the disk, that of a frame before it goes. */
int film_work_note_state(film_work *w, int64_t number);
/* A stretch of frames that is painted backward, from before `after` to `first`: the last one whose results are all
 * there with a state; `after`: none. What is of no use is removed. */
int64_t film_work_stand_back(const film_work *w, int64_t first, int64_t after);
/* Nothing that was painted backward is needed any more. */
void film_work_drop_back(const film_work *w);
/* The state of this frame, painted backward, is written: once it is on the disk, that of the frame after it goes. */
int film_work_note_back(const film_work *w, int64_t number);
/* No state is needed any more. */
void film_work_drop_state(film_work *w);
/* A part that is there, behind the others. */
void film_work_add_part(film_work *w, film_span span);
/* The part in work (kind "part") is whole: it gets its name, and the results that it has go. */
int film_work_note_part(film_work *w, film_span span);

/* Unlocks. removed: with all that lies in it; so does a folder in which there is no plan. */
void film_work_close(film_work *w, bool removed);

#endif
