/* SPDX-License-Identifier: MIT */
/* Films inside the library. A *source* gives a film's frames one after the other, a *sink* takes frames; both are
 * tables of functions, one pair for each kind of film: what FFmpeg reads and writes (ffmpeg_source.c, ffmpeg_sink.c),
 * and numbered sequences of pictures (sequence_source.c, sequence_sink.c). kinds.c is the list of kinds, where the
 * first one that takes a path is chosen.
 *
 * What all kinds share stands between them and the caller: sc_film (film.c: from and to, numbers, frames decoded ahead
 * on a thread of their own, shots) and sc_film_writer (writer.c: encoding on a thread of its own). So a source or a
 * sink is used by one thread at a time, which need not be the caller's, and needs no locks. */
#ifndef SC_FILM_FILM_H
#define SC_FILM_FILM_H

#include <stdatomic.h>

#include "media/image.h"
#include "scumble/film.h"

/* ---- sources --------------------------------------------------------------------------------------------------- */

/* How a film's pictures lie in its file, which are given upright; a sink that can brings them back. All zero: upright,
 * square pixels, untagged. */
typedef struct sc_film_look {
    int32_t matrix[9];                            /* the display matrix, as it is in the file */
    bool turned;                                  /* there is one that is not the identity */
    int pixel_num, pixel_den;                     /* the shape of its pixels; 0: square */
    int primaries, transfer, coefficients, range; /* as they were taken; as ITU-T H.273 and FFmpeg count them */
    int chroma_place;                             /* FFmpeg's AVChromaLocation */
    char format[32];                              /* FFmpeg's name of its pixels' format; "" = none */
} sc_film_look;

/* What is known of a film. */
typedef struct sc_film_facts {
    scumble_film_info info; /* of all its frames, whatever from and to say; its texts belong to the source */
    int64_t first;          /* the number of its first frame: 0, but for numbered sequences */
    bool has_timecode;
    int64_t timecode; /* of its first frame, in frames; 0 where it has none */
    bool drop_frame;  /* that timecode leaves numbers out (29.97, "00:01:00;02") */
    sc_film_look look;
} sc_film_facts;

typedef struct sc_film_request {
    int rate_num, rate_den;        /* for what says no times; not 0 */
    const sc_image_limits *limits; /* with max_pixels for each frame; borrowed until the source is closed */
    const atomic_bool *stop;       /* set when the source shall return soon, with any error; borrowed likewise */
} sc_film_request;

/* A kind of source begins its own struct with this one. */
typedef struct sc_film_source {
    const struct sc_film_source_kind *kind;
    sc_film_facts facts; /* filled in by open */
} sc_film_source;

/* Numbers of frames are counted from facts.first here, and times are the film's own, whatever from and to say. */
typedef struct sc_film_source_kind {
    bool (*takes)(const char *path); /* by its name, or by what lies there */
    int (*open)(sc_film_source **source, const char *path, const sc_film_request *request, sc_error *err);
    /* Of NULL nothing. */
    void (*close)(sc_film_source *source);
    /* Whether all frames from first up to end, between from and to, are there. NULL: that is not known before. */
    int (*check)(const sc_film_source *source, int64_t first, int64_t end, sc_error *err);
    /* The next frame and when it is shown. image->rgb is NULL after the last one. Owned by the caller. */
    int (*read)(sc_film_source *source, sc_image *image, scumble_frame *frame, sc_error *err);
    /* The next frame that is read is this one, or the first one after it that can be decoded. NULL: a pipe. */
    int (*seek)(sc_film_source *source, int64_t number, sc_error *err);
    /* The number of the first frame that is shown num / den seconds after the film's start, or later; one beyond the
     * last where there is none. NULL: not known before the frames are read. */
    int64_t (*at)(const sc_film_source *source, int64_t num, int64_t den);
} sc_film_source_kind;

/* ---- sinks ----------------------------------------------------------------------------------------------------- */

/* What a film is written as. All is borrowed for the call alone that takes it, but film, limits and stop, which are
 * until the sink is discarded. */
typedef struct sc_film_order {
    struct sc_film *film; /* whose times, look, sound and so on it takes; between its from and to */
    const char *path;
    scumble_film_output output;      /* complete: its width and height are not 0 */
    const char *comment;             /* what is to be said of its origin in its metadata; NULL = nothing */
    const sc_provenance *provenance; /* the same for pictures; borrowed until the sink is discarded */
    sc_threads *threads;             /* that may be cancelled; run nothing on them: they are the caller's */
    const atomic_bool *stop;
} sc_film_order;

typedef struct sc_film_sink {
    const struct sc_film_sink_kind *kind;
    char *notes; /* sentences, one a line, owned; NULL = none */
} sc_film_sink;

typedef struct sc_film_sink_kind {
    bool (*takes)(const char *path); /* by its name alone; for a part by the name of the whole */
    int (*create)(sc_film_sink **sink, const sc_film_order *order, sc_error *err);
    /* The next frame, in the order of time. */
    int (*write)(sc_film_sink *sink, const sc_image *image, const scumble_frame *frame, sc_error *err);
    /* What was written appears under its name; discard follows in any case. */
    int (*finish)(sc_film_sink *sink, sc_error *err);
    /* Frees; nothing is left of what was not finished, but whole pictures of a sequence. Of NULL nothing. */
    void (*discard)(sc_film_sink *sink);
    /* Parts to a whole, as scumble_film_join says; frames: one for each frame of the parts, of which there must be
     * frame_count. NULL: this kind has no parts. *notes: owned by the caller. */
    int (*join)(const sc_film_order *order, const char *const *parts, int count, const scumble_frame *frames,
                int64_t frame_count, char **notes, sc_error *err);
} sc_film_sink_kind;

/* ---- choosing -------------------------------------------------------------------------------------------------- */

/* The kind that takes the path; there always is one. */
const sc_film_source_kind *sc_film_source_of(const char *path);
const sc_film_sink_kind *sc_film_sink_of(const char *path);

/* ---- films ----------------------------------------------------------------------------------------------------- */

typedef struct sc_film sc_film;

/* As scumble_film_open and the others of scumble/film.h. input: its fields are complete. threads and limits are
 * borrowed. */
int sc_film_open(sc_film **film, const char *path, const scumble_film_input *input, const sc_image_limits *limits,
                 sc_error *err);
void sc_film_close(sc_film *film);
const scumble_film_info *sc_film_about(const sc_film *film);
int sc_film_read(sc_film *film, sc_image *image, scumble_frame *frame, sc_error *err);
int sc_film_seek(sc_film *film, int64_t number, sc_error *err);
/* Told how many frames have been looked at, of how many (0 = not known); false stops. */
typedef bool (*sc_film_tell)(int64_t done, int64_t of, void *user);
int sc_film_shots(sc_film *film, sc_film_tell tell, void *user, const int64_t **firsts, int *count, sc_error *err);

/* For sinks: what the film's source says; and the first frame between from and to, and the one after the last (-1: not
 * known), counted as the source does. */
const sc_film_facts *sc_film_source_facts(const sc_film *film);
const sc_film_source *sc_film_its_source(const sc_film *film);
const sc_image_limits *sc_film_limits(const sc_film *film);
void sc_film_range(const sc_film *film, int64_t *first, int64_t *end);
/* As scumble_film_at. */
int sc_film_at(const sc_film *film, const char *moment, int64_t *number, sc_error *err);

typedef struct sc_film_writer sc_film_writer;

/* comment and provenance: as in sc_film_order. */
int sc_film_writer_create(sc_film_writer **writer, sc_film *film, const char *path, const scumble_film_output *output,
                          const char *comment, const sc_provenance *provenance, sc_error *err);
/* The image stays the caller's, and as it is, until release is called with it, from any thread and at the latest before
 * the writer is closed; on failure too. */
int sc_film_writer_write(sc_film_writer *writer, const sc_image *image, const scumble_frame *frame,
                         void (*release)(void *user), void *user, sc_error *err);
/* The file appears; discard follows in any case. */
int sc_film_writer_finish(sc_film_writer *writer, sc_error *err);
void sc_film_writer_discard(sc_film_writer *writer);
const char *sc_film_writer_notes(const sc_film_writer *writer);
int sc_film_join(sc_film *film, const char *const *parts, int count, const scumble_frame *frames, int64_t frame_count,
                 const char *path, const scumble_film_output *output, const char *comment, char **notes, sc_error *err);

#endif
