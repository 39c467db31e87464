/* SPDX-License-Identifier: MIT */
/* Films: moving pictures, read and written frame by frame, and painted so that they stay steady. In short:
 *
 *     scumble_film *film = NULL;
 *     scumble_film_writer *out = NULL;
 *     scumble_shot *shot = NULL;
 *     scumble_film_output output = { .size = sizeof output, .crf = -1 };
 *     scumble_frame frame;
 *     int code = scumble_film_open(s, "walk.mp4", NULL, &film) ||
 *                scumble_film_create(film, "painted.mp4", &output, &out) || scumble_shot_open(style, NULL, &shot);
 *     while (!code) {
 *         scumble_image *picture = NULL, *result = NULL;
 *         code = scumble_film_read(film, &picture, &frame);
 *         if (code || !picture)
 *             break;
 *         code = scumble_shot_paint(shot, picture, NULL, NULL, NULL, &result) ||
 *                scumble_film_write(out, result, &frame);
 *         scumble_image_free(&picture), scumble_image_free(&result);
 *     }
 *     if (!code)
 *         code = scumble_film_finish(&out);
 *
 * The conventions are those of scumble.h. Films, writers, shots and steadiers borrow their context; a writer borrows
 * its film. FFmpeg's libraries are loaded when the first film is opened that is not a sequence of pictures; without
 * them that is SCUMBLE_ERR_UNSUPPORTED. A path is a file that FFmpeg reads; `-`, for a film on standard input or output
 * (YUV4MPEG2); or a sequence of pictures: a pattern with one number (`f.%04d.png`, `f.####.exr`), or, for reading, a
 * folder, whose pictures are taken in the order of the numbers in their names. */
#ifndef SCUMBLE_FILM_H
#define SCUMBLE_FILM_H

#include "scumble/painter.h"
#include "scumble/run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- reading --------------------------------------------------------------------------------------------------- */

typedef struct scumble_film scumble_film;

/* All zero but the size: the whole film. */
typedef struct scumble_film_input {
    size_t size; /* sizeof(scumble_film_input) */
    /* the first moment, and the first one that is left out; NULL = the whole film. Seconds ("62.5"), a clock
     * ("1:02.5", "00:01:02.5"), a timecode ("00:01:02:12"), or a number of frames from the film's start ("1500f"). Of
     * a numbered sequence "1500f" is the picture with that number. What has three decimals or fewer may be half a
     * thousandth of a second late, so that times can be rounded. */
    const char *from, *to;
    int rate_num, rate_den; /* frames in a second of what says no times, as sequences; 0 = 24 */
} scumble_film_input;

/* Opens a film and reads what it says of itself. input may be NULL. */
SCUMBLE_API int scumble_film_open(scumble *s, const char *path, const scumble_film_input *input, scumble_film **film);
SCUMBLE_API void scumble_film_close(scumble_film **film);

/* What is known of a film. Made by the library; fields may be added at its end. */
typedef struct scumble_film_info {
    const char *path;
    const char *codec; /* FFmpeg's name, "h264"; of a sequence the pictures' format, "png" */
    int width, height; /* as it is shown, turned upright */
    /* frames between from and to; 0 = not known before the end is read (a pipe; a file that does not say) */
    int64_t frames;
    int rate_num, rate_den;                              /* frames in a second; of a variable rate the mean, about */
    double duration_s;                                   /* 0 = not known */
    int bits;                                            /* of a channel in its pictures: 8, 10, 12, 16 or 32 (float) */
    int alpha, sound, variable_rate, sequence, seekable; /* 1: it has, or is */
    const char *notes; /* what was assumed or is done to its pictures ("untagged colours are taken for BT.709", HDR is
                          mapped, fields become frames): sentences, one a line; "" = nothing */
} scumble_film_info;
/* Valid until the film is closed. NULL for NULL. */
SCUMBLE_API const scumble_film_info *scumble_film_about(const scumble_film *film);

/* Which frame, and when it is shown: at time * time_num / time_den seconds, for duration such ticks, exactly as its
 * film says. This struct is final. */
typedef struct scumble_frame {
    int64_t number;         /* from 0, in the film from `from` on; of a numbered sequence too */
    int64_t time, duration; /* duration 0 = not known */
    int time_num, time_den;
} scumble_frame;

/* The next frame, as a picture in sRGB: turned upright, BT.709, BT.601 and BT.2020 by their tags, 10 bits and more
 * kept, PQ and HLG mapped to what a screen shows. Damaged frames that the decoder leaves out are missing; *image is
 * NULL after the last one. Some frames are decoded ahead on a thread of their own. */
SCUMBLE_API int scumble_film_read(scumble_film *film, scumble_image **image, scumble_frame *frame);
/* The next frame that is read is this one (its number), exactly. SCUMBLE_ERR_UNSUPPORTED for a pipe,
 * SCUMBLE_ERR_NOT_FOUND beyond the end. */
SCUMBLE_API int scumble_film_seek(scumble_film *film, int64_t number);

/* The number of the first frame that is shown at a moment of the film or later; the moment is written as for `from`,
 * and as there it is one of the whole film. Before `from` numbers are below 0, and beyond the end they are no frame's.
 * SCUMBLE_ERR_ARGUMENT for what is no moment, or lies before the film's beginning. */
SCUMBLE_API int scumble_film_at(scumble_film *film, const char *moment, int64_t *number);

/* 1 where a path is a pattern of numbered pictures: its file name has one number, a run of # or %d or %04d, and the
 * ending of a picture; the number then begins at *begin, and has *length characters. Else 0. Both may be NULL. */
SCUMBLE_API int scumble_film_pattern(const char *path, size_t *begin, size_t *length);
/* The file that a frame of this film (its number) is written to, where path, as for scumble_film_create, is a pattern
 * of numbered pictures: with the number that its picture has in a numbered sequence, else its own and one. Free *file
 * with scumble_text_free. SCUMBLE_ERR_ARGUMENT for another path. */
SCUMBLE_API int scumble_film_frame_path(scumble_film *film, const char *path, int64_t number, char **file);

/* Where shots begin: the numbers of their first frames, the first of all being 0, and at last the number of frames of
 * the film. Looks at the whole film once, and goes back to its start; a cut is where frames differ suddenly more than
 * those around (FFmpeg's scdet: by brightness, at least 10 % more than from the frame before to its own
 * predecessor). progress, or NULL, is told the frames that are looked at (event.h). *firsts: *count + 1 numbers, valid
 * until the film is closed; a second call gives the same ones at once. SCUMBLE_ERR_UNSUPPORTED for a pipe. */
SCUMBLE_API int scumble_film_shots(scumble_film *film, scumble_event_fn progress, void *user, const int64_t **firsts,
                                   int *count);

/* ---- writing --------------------------------------------------------------------------------------------------- */

typedef struct scumble_film_writer scumble_film_writer;

/* All zero but size and crf: what suits the name and plays everywhere. */
typedef struct scumble_film_output {
    size_t size; /* sizeof(scumble_film_output) */
    /* h264, hevc, prores, prores4444, vp9, av1, ffv1, gif or webp; NULL = by the name: mp4, m4v and mkv h264, mov h264
     * or, where the film has alpha, prores4444; webm vp9; nut ffv1; gif; webp */
    const char *codec;
    int crf;            /* quality of h264, hevc, vp9, av1: 0 (best) to 51 or 63; -1 = what is good to the eye */
    int64_t bitrate;    /* in bits a second, in place of crf; 0 = by crf */
    int bits;           /* 8 or 10 (sequences: 8 or 16; EXR: 16 or 32); 0 = as the film, where the codec has them; but
                           h264 and vp9 then have 8, for with 10 many players do not show them */
    int width, height;  /* of the pictures; 0 = those of the film */
    int alpha;          /* 1: they have alpha */
    const char *recipe; /* JSON (scumble_shot_recipe) or NULL: what the film was made from, for its metadata; all of it
                           is written beside the film, as PATH.json */
    /* 1: a part, for scumble_film_join: pictures alone, counted from 0, in a form that keeps any codec. Its name says
     * nothing. `as` is the name of the whole, which says the codec. */
    int part;
    const char *as;
} scumble_film_output;

/* Begins a film with the times, colours' tags, rotation, sound, subtitles, chapters, timecode and metadata of another
 * one, between its from and to: packets of sound are copied as they are. The file appears whole or not at all, when it
 * is finished. SCUMBLE_ERR_UNSUPPORTED for a codec that the container or this FFmpeg does not have, with those that it
 * has. Sound that a container cannot hold is left out, with a note.
 * A pattern is written picture by picture, with the numbers of the film's own pictures, or from 1 where it is no
 * sequence: each appears whole or not at all, with alpha, the ICC profile and the attributes of its source, and stays
 * when the writer is discarded. Of a sequence there are no parts: the pictures are. */
SCUMBLE_API int scumble_film_create(scumble_film *film, const char *path, const scumble_film_output *output,
                                    scumble_film_writer **writer);
/* The next frame, in the order of time, with the time of the film's frame. Encoding runs on a thread of its own: a
 * failure may come with a later call. */
SCUMBLE_API int scumble_film_write(scumble_film_writer *writer, const scumble_image *image, const scumble_frame *frame);
/* Ends the file and closes the writer, in any case. */
SCUMBLE_API int scumble_film_finish(scumble_film_writer **writer);
/* Closes the writer without a file. */
SCUMBLE_API void scumble_film_discard(scumble_film_writer **writer);
/* What there is to be said about what is written ("sound (pcm_s24le) is left out: webm cannot hold it"): sentences, one
 * a line; "" = nothing. Valid until the writer is closed. */
SCUMBLE_API const char *scumble_film_writer_notes(const scumble_film_writer *writer);

/* Joins parts, each of scumble_film_create with the same output, to one film: their frames are those of `film` in its
 * order, their packets are copied, everything else is as for scumble_film_create. frames: when each of them is shown,
 * frame_count of them; NULL = the film is looked through for them. SCUMBLE_ERR_FORMAT when all parts together have not
 * as many frames, or a part is damaged or differs from the first. */
SCUMBLE_API int scumble_film_join(scumble_film *film, const char *const *parts, int count, const scumble_frame *frames,
                                  int64_t frame_count, const char *path, const scumble_film_output *output);

/* ---- painting -------------------------------------------------------------------------------------------------- */

/* The frames of shots, one after the other, painted in a style or by a painter. Each frame begins as the one before,
 * moved along the optical flow between the two, and is held to it where the flow can be trusted (Ruder, Dosovitskiy,
 * Brox 2016, "Artistic Style Transfer for Videos"). */
typedef struct scumble_shot scumble_shot;

/* film: of kind SCUMBLE_OPTIONS_FILM; paint: of kind SCUMBLE_OPTIONS_PAINT; NULL = defaults. The shot borrows the style
 * or the painter. */
SCUMBLE_API int scumble_shot_open(scumble_style *style, const scumble_options *film, scumble_shot **shot);
SCUMBLE_API int scumble_shot_open_painter(scumble_painter *painter, const scumble_options *paint,
                                          const scumble_options *film, scumble_shot **shot);
SCUMBLE_API void scumble_shot_close(scumble_shot **shot);
/* A new shot begins: what was before is forgotten. samples: some frames from all over the shot, by whose statistics a
 * painter paints all of it (Wang et al. 2020, "Consistent Video Style Transfer via Relaxation and Regularization");
 * count 0: by those of its first frame. A style takes none. */
SCUMBLE_API int scumble_shot_begin(scumble_shot *shot, const scumble_image *const *samples, int count);
/* How much each painting of the style counts from the next frame on: as many numbers as it has paintings, each 0..1e9,
 * not all 0, divided by their sum. So a style becomes another one over time. A painter has none. */
SCUMBLE_API int scumble_shot_weigh(scumble_shot *shot, const double *weights, int count);
/* The next frame, of any size, but the same all through a shot. guides: as for scumble_run_guide, or NULL; a painter
 * takes none. progress, or NULL, is told of each iteration, or share of the frame; non-zero stops: the shot then stands
 * before this frame. The same bytes with any number of threads. */
SCUMBLE_API int scumble_shot_paint(scumble_shot *shot, const scumble_image *frame, const scumble_guides *guides,
                                   scumble_event_fn progress, void *user, scumble_image **result);
/* In place of scumble_shot_paint: the next frame was painted by an artist, and stands as that is. painted: of the
 * frame's shape, of any size. Later frames follow it. */
SCUMBLE_API int scumble_shot_stand(scumble_shot *shot, const scumble_image *frame, const scumble_image *painted);
/* Another result of the next frame, of the same size, which counts by `share` (0..1) beside what is known from the
 * frames before: so a shot that is painted forward from one such frame, and was painted backward from the next one,
 * passes from one to the other. When that frame is there, or another shot begins, it is forgotten. picture: shared;
 * NULL = none. */
SCUMBLE_API int scumble_shot_lean(scumble_shot *shot, const scumble_image *picture, double share);
/* Saves what later frames look back to, as a file that appears whole or not at all; goes on from it, in a shot that was
 * opened with the same style or painter and options (SCUMBLE_ERR_ARGUMENT, naming what differs). The file is not
 * synced: after a power cut it may be cut off, and is refused then (SCUMBLE_ERR_FORMAT). */
SCUMBLE_API int scumble_shot_save(scumble_shot *shot, const char *path);
SCUMBLE_API int scumble_shot_restore(scumble_shot *shot, const char *path);
/* How it cuts frames into tiles: chosen with the first frame, by the memory that is free then unless `max_memory` says,
 * and kept, as other tiles round otherwise; saved states keep it, too. A text for scumble_shot_set_tiles of another
 * shot of the same style or painter, which before its first frame takes it over, so that the same frames come out of
 * it. "" = no frame has come yet. Valid until the next call with this shot. */
SCUMBLE_API const char *scumble_shot_tiles(scumble_shot *shot);
SCUMBLE_API int scumble_shot_set_tiles(scumble_shot *shot, const char *tiles);
/* How it paints, as JSON: style or painter, inputs with SHA-256, options. Valid until the next call with this shot. */
SCUMBLE_API const char *scumble_shot_recipe(scumble_shot *shot);

/* ---- steadying ------------------------------------------------------------------------------------------------- */

/* Takes the flicker out of a film that somebody else painted or graded frame by frame, whatever by: each frame keeps
 * its own detail, and gets brightness and colour of the one before, moved along the optical flow of the source, as far
 * as the source looks alike there (Bonneel et al. 2015, "Blind Video Temporal Consistency"). It is for flicker of
 * brightness and colour: strokes that are drawn anew in each frame flicker less, but grow soft. */
typedef struct scumble_steadier scumble_steadier;

/* film: of kind SCUMBLE_OPTIONS_FILM, of which `steady` counts: at 0.5 a frame is held as closely to the one before as
 * to its own detail, at 0 it stays as it is; NULL = defaults. */
SCUMBLE_API int scumble_steadier_open(scumble *s, const scumble_options *film, scumble_steadier **steadier);
SCUMBLE_API void scumble_steadier_close(scumble_steadier **steadier);
/* A new shot begins: what was before is forgotten, and the next frame stays as it is. */
SCUMBLE_API int scumble_steadier_begin(scumble_steadier *steadier);
/* The next frame as it was painted, of the same size all through a shot, and the source's, which is resized to it. The
 * result has what else the painted one has, but no colours beyond sRGB. The same bytes with any number of threads.
 * After a failure the steadier stands before this frame. */
SCUMBLE_API int scumble_steadier_next(scumble_steadier *steadier, const scumble_image *painted,
                                      const scumble_image *source, scumble_image **result);
/* As scumble_shot_save and scumble_shot_restore. */
SCUMBLE_API int scumble_steadier_save(scumble_steadier *steadier, const char *path);
SCUMBLE_API int scumble_steadier_restore(scumble_steadier *steadier, const char *path);

#ifdef __cplusplus
}
#endif
#endif
