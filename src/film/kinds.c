/* SPDX-License-Identifier: MIT */
/* The kinds of films, in the order in which they are asked: the last one takes any path. */
#include "film/ffmpeg_sink.h"
#include "film/ffmpeg_source.h"
#include "film/sequence.h"

static const sc_film_source_kind *const sources[] = { &sc_sequence_source_kind, &sc_ffmpeg_source_kind };
static const sc_film_sink_kind *const sinks[] = { &sc_sequence_sink_kind, &sc_ffmpeg_sink_kind };

const sc_film_source_kind *sc_film_source_of(const char *path)
{
    size_t i = 0;
    while (i + 1 < sizeof sources / sizeof *sources && !sources[i]->takes(path))
        i++;
    return sources[i];
}

const sc_film_sink_kind *sc_film_sink_of(const char *path)
{
    size_t i = 0;
    while (i + 1 < sizeof sinks / sizeof *sinks && !sinks[i]->takes(path))
        i++;
    return sinks[i];
}
