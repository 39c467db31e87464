/* SPDX-License-Identifier: MIT */
/* What a film has beside its pictures, for another one: sound, subtitles, attachments, covers, as packets; chapters,
 * metadata and timecode. */
#ifndef SC_FILM_FFMPEG_STREAMS_H
#define SC_FILM_FFMPEG_STREAMS_H

#include "film/ffmpeg_input.h"
#include "film/ffmpeg_output.h"
#include "film/film.h"

/* When the new film begins and ends in the old one, in seconds times base. */
typedef struct sc_film_cut {
    int64_t begin, end; /* in units of base; what is before and after is left out */
    bool begins, ends;  /* false: nothing is, on that side */
    int64_t shift;      /* subtracted from all times */
    AVRational base;
} sc_film_cut;

typedef struct sc_film_streams {
    sc_ffmpeg_input *input; /* NULL: the film has nothing to copy */
    int *to;                /* for each of its streams, that of the output; -1: none */
    AVPacket *packet;
    bool has_packet, past; /* packet is the next one; there are no more */
    sc_film_cut cut;
} sc_film_streams;

/* Opens the film anew. video: the stream of the output for its pictures, which gets the metadata of the film's. Before
 * the header is written. */
int sc_film_streams_open(sc_film_streams *streams, const sc_film_order *order, sc_ffmpeg_output *output,
                         AVStream *video, char **notes, sc_error *err);
/* What would be left out in a container of this kind is added to the notes. */
int sc_film_streams_say(const sc_film_order *order, const AVOutputFormat *container, char **notes, sc_error *err);
/* The moment at which the film's own clock stands at 0 in the new one, where nothing is cut off. *least: the first
 * moment of all its streams; false: there is none. */
bool sc_film_streams_start(const sc_film_streams *streams, int64_t *least, AVRational *base);
/* After the header is written: copies the packets up to a moment of the new film (in base), or all that are left. */
int sc_film_streams_copy(sc_film_streams *streams, sc_ffmpeg_output *output, bool all, int64_t upto, AVRational base,
                         sc_error *err);
void sc_film_streams_close(sc_film_streams *streams);
/* With the cut known, which sc_film_streams_copy follows: chapters, and the first packet. Before the header. */
int sc_film_streams_cut(sc_film_streams *streams, const sc_film_cut *cut, sc_ffmpeg_output *output, sc_error *err);

#endif
