/* SPDX-License-Identifier: MIT */
/* The job of `scumble film`, shared by its parts: film.c leads, film_arguments.c reads the command line, film_names.c
 * says what is written where, film_shots.c has shots and cuts, film_plan.c what is painted and whether a work folder is
 * of it, film_guides.c the masks, film_keys.c and film_back.c frames that an artist painted, film_paint.c the loop over
 * frames, film_parts.c where painted frames go, film_forecast.c what it takes, film_join.c makes one film of chunks.
 * The folder itself is film_work.h. */
#ifndef CLI_FILM_JOB_H
#define CLI_FILM_JOB_H

#include <jansson.h>
#include <stdbool.h>

#include "film_work.h"
#include "progress.h"
#include "rights.h"
#include "style_files.h"
#include "text.h"
#include "scumble/film.h"

/* The command line, but for the library's options. Texts: NULL = not given. */
typedef struct film_settings {
    const char *output, *preview, *painter, *preset, *protect;
    const char *from, *to, *rate, *codec, *cuts, *chunk, *like;
    int64_t crf, bitrate, handles, threads, max_pixels; /* crf -1, others 0 = not given; handles has a default */
    int bits;                                           /* index in 8|10|16|32; -1 = not given */
    int progress;                                       /* PROGRESS_... */
    rights_settings rights;
    bool only_steady, faces, list_shots, join, restart, skip_existing, json, dry_run, verbose;
} film_settings;

/* What is painted. Numbers are those of scumble_frame. */
typedef struct film_plan {
    int64_t *firsts; /* of the shots; after them the number of frames of the film, 0 = not known */
    int shot_count;
    int chunk, chunks; /* 3 of 8; 0 of 0: the whole */
    int64_t begin, first,
        end;                  /* painted from begin, kept from first, up to before end; end 0 = the film's, not known */
    int width, height, alpha; /* of the result */
    char *recipe;
    char *tiles;      /* how frames are cut, as scumble_shot_tiles says; "" = no frame has come yet */
    json_t *identity; /* what a work folder must be of */
} film_plan;

/* A mask: a picture, or one for each frame. */
typedef struct film_mask {
    const char *flag;
    char *path;
    scumble_image *picture; /* of the frame in hand */
    scumble_film *film;     /* NULL: the picture is for all frames */
    int64_t offset;         /* its number of the film's frame 0 */
} film_mask;

typedef struct film_guides {
    film_mask *masks; /* those of --mask, and after them those of --protect and --like, if there are */
    int count;        /* of --mask */
    bool protects, likes;
} film_guides;

/* A frame that an artist painted. */
typedef struct film_key {
    int64_t frame;
    char *path, sha256[65];
} film_key;

/* Frames between two of those, or before the first of a shot. */
typedef struct film_stretch {
    int64_t first;
    int64_t before, after; /* the keyframes; before -1: the shot begins with `first` */
} film_stretch;

typedef struct film_job {
    film_settings set;
    text_list words, options, style_words, masks, key_words;
    style_list styles;
    text_list style_moments; /* of each painting, when it alone counts; empty: they do not change */
    int64_t *style_keys;     /* the same as numbers of frames */
    film_key *keys;          /* in their order */
    int key_count;
    char *output, *place; /* place: the work folder; NULL: straight to the output, for a pipe at either end */
    bool pictures;        /* the output is a sequence of them */
    scumble *s;
    scumble_film *film;
    scumble_options *paint, *steady; /* of kind STYLE or PAINT; of kind FILM */
    scumble_style *style;
    scumble_painter *painter;
    scumble_shot *shot; /* of the style or the painter; or */
    scumble_steadier *steadier;
    film_guides guides;
    film_plan plan;
    film_work work;
    scumble_film_writer *writer; /* of the part in work, or of the film */
    film_span part;              /* the frames that it has got */
    int part_frames;
    char *again; /* the command line, to go on with */
    progress_display display;
    double began_s;
} film_job;

/* All that return int return 0, or an exit code after a message. */

/* film_arguments.c: the command line. *help: help was printed, and that is all. */
int film_read_arguments(film_job *j, int argc, char **argv, bool *help);
/* The command that goes on; caller frees. */
char *film_command(int argc, char **argv);

/* film.c: opens the film with the from, to and rate that are given. */
int film_open_source(film_job *j);
int film_fail(film_job *j, int code);
/* Tells sentences, one a line, each as a note. */
void film_tell_notes(const char *notes);
/* What the film is written as, without a part's fields; recipe may be NULL. */
int film_bits_index(int bits); /* of set.bits; -1: it is none of its choices */
scumble_film_output film_output_of(const film_job *j, const char *recipe);

/* film_painting.c: the style or the painter, and a shot with it. */
int film_open_painting(film_job *j);
/* The shot, or the steadier: codes of the library. guides NULL: none; like: the picture of --like. */
int film_shot_begin(film_job *j, const scumble_image *const *samples, int count);
int film_shot_next(film_job *j, const scumble_image *image, const scumble_guides *guides, const scumble_image *like,
                   scumble_event_fn progress, void *user, scumble_image **result);
int film_shot_save(film_job *j, const char *path);
int film_shot_restore(film_job *j, const char *path);
/* How frames were cut before, to a shot that is new; and what a shot has chosen, into the plan of the work folder,
 * before a frame is kept. */
int film_shot_cut(const film_job *j);
int film_note_cuts(film_job *j);
/* How frames are painted; caller takes it over. */
json_t *film_shot_recipe(const film_job *j);
/* Before each frame: how much each painting counts, where that changes. */
int film_weigh(film_job *j, int64_t number);
/* plan.recipe: the shot's, with the film, and what its user may. */
int film_make_recipe(film_job *j);

/* film_names.c: the output, its work folder, and that they can be written. */
int film_name_files(film_job *j);
int film_check_files(const film_job *j);
/* With --no-clobber: no picture of these frames of a new sequence is there. */
int film_check_pictures(const film_job *j, int64_t first, int64_t end);
/* For --skip-existing: the film is there, or, once there is a plan, all pictures of the sequence. */
bool film_is_there(const film_job *j);

/* film_shots.c: plan.firsts, from --cuts, or found. */
int film_find_shots(film_job *j);
/* Moments as in --cuts, as numbers of frames. where: what a wrong one is, as in "--style: what stands behind the @". */
int film_read_moments(film_job *j, const text_list *texts, const char *where, int64_t *numbers);
/* --list-shots, and --dry-run without style and painter: prints the shots, or what the film is. */
int film_describe(film_job *j);
/* The shot of a frame, from 0. */
int film_shot_of(const film_plan *plan, int64_t number);

/* film_plan.c */
int film_make_identity(film_job *j);
/* The film, and what of it is painted. */
json_t *film_source_identity(const film_job *j);
/* At which frames each painting alone counts. */
json_t *film_keys_identity(const film_job *j);
/* --chunk, over plan.firsts: plan.begin, first and end. */
int film_choose_frames(film_job *j);
/* A file as an object: name, size, and a hash of its first megabyte. */
json_t *film_file_identity(const char *path);
/* The plan as JSON, and back (film_plan_read takes what film_plan_json gave). */
json_t *film_plan_json(const film_plan *plan, bool finished);
bool film_plan_read(film_plan *plan, const json_t *json);
/* How another identity differs, as half a sentence; NULL: it does not. Caller frees. */
char *film_plan_difference(const json_t *before, const json_t *now);
void film_plan_free(film_plan *plan);

/* film_guides.c */
int film_guides_open(film_job *j);
/* What names them, for the identity. */
json_t *film_guides_identity(const film_job *j);
/* The next frame that they are for. */
int film_guides_seek(film_job *j, int64_t number);
/* Those of this frame, the next one; guides borrows, masks has room for them. */
int film_guides_read(film_job *j, int64_t number, const scumble_image **masks, scumble_guides *guides);
bool film_guides_any(const film_job *j);
/* What --like shows at the frame that was read last. */
const scumble_image *film_guides_like(const film_job *j);
void film_guides_free(film_guides *guides);

/* film_parts.c: where painted frames go: into parts in the work folder, to files of a sequence, or straight to the
 * output. Opened where the journal of the work folder stands. */
int film_parts_open(film_job *j);
int64_t film_parts_frame_bytes(const film_job *j); /* of a result that waits */
/* Keeps the frame's result; when this returns, whoever comes after this process has it, but for a pipe. */
int film_parts_put(film_job *j, const scumble_image *result, const scumble_frame *frame, double painting_s);
/* The state after this frame is written, so that what it needs no more may go. */
int film_parts_saved(film_job *j, int64_t number);
/* All frames are there. */
int film_parts_finish(film_job *j);
/* Ends what goes straight to the output, unfinished. Returns the name of the file that there is, or of the pictures;
 * NULL: there is none. Caller frees. */
char *film_parts_leave(film_job *j);
void film_parts_discard(film_job *j);

/* A result with 16 bits, in a file of this kind in the work folder, and back. */
int film_result_keep(const film_job *j, const char *kind, const scumble_image *result, const scumble_frame *frame);
int film_result_take(const film_job *j, const char *kind, int64_t number, scumble_image **result);
/* Takes away all that a picture has beside its pixels: it then is written as what was painted is. A library's code. */
int film_result_bare(const film_job *j, scumble_image **image);

/* film_keys.c: --keyframe. */
int film_keyframes_open(film_job *j);
/* They are of frames of the plan. */
int film_keyframes_check(const film_job *j);
json_t *film_keyframes_identity(const film_job *j);
void film_keyframes_free(film_job *j);
const film_key *film_key_of(const film_job *j, int64_t number); /* NULL: there is none */
bool film_shot_has_key(const film_job *j, int shot);
/* Whether the frame is none of them, but there is a later one in its shot. */
bool film_stretch_of(const film_job *j, int64_t number, film_stretch *stretch);
/* How much a frame between two keyframes is the later one's. */
double film_stretch_share(const film_stretch *stretch, int64_t number);
/* How many paintings more than frames there are from this frame on. Stretches that begin before it have been painted
 * backward. */
int64_t film_keyframes_more(const film_job *j, int64_t from);
int64_t film_keyframes_longest(const film_job *j); /* frames of the longest stretch */
/* Puts it into the shot; result, or NULL: as it stands in the film. */
int film_key_stand(film_job *j, const film_key *key, const scumble_image *frame, scumble_image **result);

/* film_back.c: painting a stretch backward. */
enum { FILM_BACK_MOST = 16 };
typedef struct film_back {
    film_stretch stretch;
    int64_t next; /* the frame that is painted next; they become less */
    scumble_image *images[FILM_BACK_MOST];
    scumble_frame frames[FILM_BACK_MOST];
    int count;
    bool opened;
    scumble_shot *forward; /* while j->shot is the one that goes backward */
} film_back;
int film_back_block(const film_job *j); /* frames that are in memory at a time */
/* For the stretch of this frame, where the work folder stands. */
int film_back_open(film_job *j, int64_t number, film_back *b);
bool film_back_done(const film_back *b); /* nothing is left to be painted, or never was */
int film_back_frame(film_job *j, film_back *b, scumble_event_fn progress, void *user);
/* In any case. The film and the guides stand anywhere. */
void film_back_close(film_job *j, film_back *b);

/* film_paint.c: paints what is missing of the plan. *painted: frames that are there now. */
int film_paint(film_job *j, int64_t *painted);
/* One frame, with its guides and weights. */
int film_paint_one(film_job *j, const scumble_image *image, int64_t number, scumble_event_fn progress, void *user,
                   scumble_image **result);
/* Begins the shot of this frame, with samples of all of it. */
int film_begin_shot(film_job *j, int64_t number);

/* film_forecast.c: sizes of the result, from the library's estimate; needs the style or the painter. */
typedef struct film_forecast {
    int width, height;
    int64_t memory_bytes, free_bytes; /* free 0 = not known */
    int64_t disk_bytes;               /* of the work folder and the film, at most, about */
    int64_t disk_free_bytes;
    int tile_edge;
    double time_s; /* negative = not known */
} film_forecast;
int film_foretell(film_job *j, film_forecast *forecast);
/* There is room for it. */
int film_check_room(const film_job *j, const film_forecast *forecast);
/* --dry-run: paints a few frames and tells what all of them take. */
int film_dry_run(film_job *j, film_forecast *forecast);

/* film_join.c: the output, of parts whose `count` frames are shown when `frames` say. It is made in the folder, where
 * that is possible, so that nothing is left beside it. EXIT_SIGNAL and more, without a message, after a signal. */
int film_join_parts(film_job *j, const char *folder, const text_list *parts, const scumble_frame *frames,
                    int64_t count);
/* --join. */
int film_join(film_job *j);

#endif
