/* SPDX-License-Identifier: MIT */
/* The options of `scumble film`, but for those of the library. See options.h. */
#include <stdlib.h>
#include <string.h>

#include "option_rows.h"

/* `size` has a row of its own, because its default is another one; the others mean nothing for a film. */
static bool film_leaves_out(const char *option)
{
    static const char *const names[] = { "size", "stop-after", "tileable", "tiles" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i], option))
            return true;
    return false;
}

static bool film_style_takes(const char *option)
{
    return !film_leaves_out(option);
}

/* What a style has too is described there. */
static bool film_painter_takes(const char *option)
{
    const scumble_option_info *info;
    for (int i = 0; (info = scumble_option_at(SCUMBLE_OPTIONS_STYLE, i)); i++)
        if (scumble_same_name(info->name, option))
            return false;
    return !film_leaves_out(option);
}

static const command_option film_files[] = {
    LIST(
        "style", "Files", "PAINTING[:WEIGHT|@TIME]", VALUES_FILE, "the painting; may be given several times",
        "Weights are relative to their sum. With moments, as in a.jpg@0 and b.jpg@120, the style becomes another one: "
        "at its moment (the number of a frame, or a time, as in `cuts`) each painting counts alone, and between two of "
        "them the one fades into the other."),
    TEXT("painter", 0, "Files", "PAINTER", VALUES_PAINTER, NULL,
         "a trained painter, by name or file, in place of `style`",
         "As for the command apply, which lists those that are here. It is many times faster than an optimiser."),
    LIST("keyframe", "Files", "TIME=PICTURE", VALUES_FILE, "a frame that an artist painted; may be given several times",
         "As in 37=painted.png: the number of a frame, or a time, as in `cuts`, and its picture, which stands in the "
         "film as it is. Its shot follows it, forward and backward, and passes from one such picture to the next. "
         "What the pictures do not say, `style` or `painter` does."),
    TEXT("output", 'o', "Files", "OUT", VALUES_FILE, NULL, "a file, folder/, a sequence such as out.%04d.png, or -",
         "The ending of the name says the container: .mp4, .m4v, .mov, .mkv, .webm, .nut, .gif or .webp. A name with a "
         "number in it (%04d or ####) and the ending of a picture is a sequence, with a file for each frame. {name} "
         "stands for the film's name, {style} for the painting's or the painter's, and {ext} for the film's ending. "
         "With - the film goes to standard output, as YUV4MPEG2. Without this option it is FILM-PAINTING with the "
         "film's ending, in the working folder."),
    TEXT("from", 0, "Files", "TIME|Nf", VALUES_NONE, NULL, "where to begin: 62.5, 1:02.5, 00:01:02:12 or 1500f",
         "Seconds, a clock, a timecode, or the number of a frame with an f behind it; of a numbered sequence that is "
         "the picture's number. Sound and subtitles are cut as well."),
    TEXT("to", 0, "Files", "TIME|Nf", VALUES_NONE, NULL, "where to end: the first moment that is left out", ""),
    TEXT("rate", 0, "Files", "N|N/D", VALUES_NONE, "24", "frames in a second of a sequence, such as 25 or 30000/1001",
         "Films say theirs themselves."),
};

static const command_option film_steady_rows[] = {
    SWITCH(
        "only-steady", 0, "Files", "only take the flicker out of FILM, which is painted already",
        "Each frame keeps its own detail, and gets brightness and colour of the one before, where the film that it was "
        "painted from (`like`) looks alike. It is for flicker of brightness and colour; strokes that are drawn anew in "
        "each frame grow soft."),
    TEXT("like", 0, "Files", "SOURCE", VALUES_FILE, NULL, "for `only_steady`: the film that FILM was painted from",
         "It has a frame for each frame of FILM, with the same numbers; it may have another size, but not another "
         "shape."),
};

static const command_option film_settings_rows[] = {
    TEXT("preset", 0, "Settings", "NAME", VALUES_PRESET, NULL, "a named set of options for `style`",
         "As for the command stylize."),
};

static const command_option film_picture[] = {
    { { "size", "Picture", "PX|auto|full", "long edge of the result in pixels",
        "'full' is the film's own size, and 'auto' is that size but at most 512 pixels.", SCUMBLE_OPTION_SIZE, 1, 65535,
        "full", NULL },
      0,
      USE_LIBRARY,
      VALUES_NONE },
};

static const command_option film_shots[] = {
    TEXT("cuts", 0, "Shots", "FILE", VALUES_FILE, NULL, "where shots begin, in place of the cuts that are found",
         "A text file with the number of a frame (120) or a moment (5.0, 1:02.5, 00:01:02:12) in each line; what "
         "follows "
         "a # is a remark. Numbers begin with 0 at `from`; moments are those of the whole film, as of `from`. What "
         "list_shots prints is such a file."),
    SWITCH(
        "list-shots", 0, "Shots", "only list the shots",
        "A line for each: the number of its first frame and, as a remark, its own number, its time and how many frames "
        "it has. With `json` it is an object."),
};

static const command_option film_regions[] = {
    LIST("mask", "Regions", "MASK", VALUES_FILE, "where a painting goes; once for each painting",
         "A picture for all frames, or a film, a sequence (mask.%04d.png) or a folder with a picture for each, for the "
         "whole film or for what is painted of it. What no mask covers stays the film. For `style` only, like all of "
         "these."),
    TEXT("protect", 0, "Regions", "MASK", VALUES_FILE, NULL, "what stays closer to the film",
         "It is still painted, but less. Like `mask` it is a picture or a film."),
    SWITCH("faces", 0, "Regions", "protect the faces",
           "They are found in each frame. This needs a module, which 'make faces' builds in the folder of the source."),
};

static const command_option film_output_rows[] = {
    SOME_OF("codec", "Output", "CODEC", "h264|hevc|prores|prores4444|vp9|av1|ffv1|gif|webp", NULL,
            "how the film is encoded; by default what suits the name",
            "That is h264 for mp4, m4v, mkv and mov (prores4444 for a mov with transparency), vp9 for webm, and ffv1 "
            "for nut."),
    WHOLE("crf", "Output", "N", 0, 63, NULL, "quality of h264, hevc, vp9 and av1: 0 is best",
          "Without it that is what is good to the eye."),
    COUNT("bitrate", "Output", "N", 1000, 1e12, NULL, "bits in a second, such as 8M, in place of `crf`", ""),
    CHOICE("bits", "Output", "8|10|16|32", NULL, "bits of a channel; by default as the film has",
           "8 or 10 for films, 8 or 16 for sequences, 16 or 32 for OpenEXR. Without it h264 and vp9 have 8, for many "
           "players do not show them with 10."),
    TEXT("preview", 0, "Output", "FILE", VALUES_FILE, NULL, "write the newest frame as a picture, now and then",
         "At most once in a second, and at the end the last frame."),
    SWITCH("skip-existing", 0, "Output", "do nothing when the film, or the chunk, is there already", ""),
};

static const command_option film_work_rows[] = {
    SWITCH("restart", 0, "Work", "begin anew, in place of going on",
           "A film that was interrupted goes on when the same command is given again, at the frame that was in work. "
           "What it needs for that is in the folder OUT.work beside the output, which is removed at the end."),
    TEXT("chunk", 0, "Work", "K/N", VALUES_NONE, NULL,
         "paint only the K-th of N parts, into OUT.chunk-03-of-08 for 3/8",
         "For several machines. A chunk begins at a cut, when there is one near its place."),
    WHOLE("handles", "Work", "N", 0, 1000, "8", "frames before a chunk that are painted and thrown away",
          "A chunk that begins inside a shot has nothing to look back to; these frames give it something. At a cut "
          "there are none."),
    SWITCH("join", 0, "Work", "make the film of its chunks, with the sound of the source",
           "It takes the film and `output`; all else the chunks know."),
};

static const command_option film_run_rows[] = {
    THREADS,
    MAX_PIXELS,
    PROGRESS_FLAG,
    SWITCH("dry-run", 0, "Run", "only say how long it would take, and how much memory and disk",
           "A few frames of the longest shot are painted to measure that. Without `style` and `painter` it only says "
           "what the film is."),
    SWITCH("json", 0, "Run", "the same as `progress` json; of `list_shots`, JSON", ""),
    VERBOSE("It also shows the processor, the layers and their weights."),
    RIGHTS,
};

static const command_part film_parts[] = {
    OWN(film_files),
    OWN(film_steady_rows),
    OWN(film_settings_rows),
    OWN(film_picture),
    LIBRARY(STYLE, film_style_takes),
    LIBRARY(PAINT, film_painter_takes),
    LIBRARY(FILM, NULL),
    OWN(film_shots),
    OWN(film_regions),
    OWN(film_output_rows),
    OWN(film_work_rows),
    OWN(film_run_rows),
};

const command_about film_about = {
    .name = "film",
    .purpose = "paint films, frame after frame, so that they stay steady",
    .usage = "FILM --style PAINTING[:WEIGHT]... [-o OUT] [options]\n"
             "FILM --painter PAINTER [-o OUT] [options]\n"
             "FILM --only-steady --like SOURCE [-o OUT] [options]\n"
             "FILM --list-shots [--json]\n"
             "FILM -o OUT --join",
    .about =
        "Paints a film in the style of a painting, or with a trained painter. Each frame begins as the one before, "
        "moved along with what moves in the film. FILM is a file that FFmpeg reads, a sequence of pictures "
        "(f.%04d.png, f.####.exr, or a folder), or - (YUV4MPEG2 on standard input).",
    .notes =
        "Times, sound, subtitles, chapters, timecode, rotation and colours stay what they are. At a cut everything "
        "begins anew.\n\n"
        "Options of a style are for `style`, those of a painter (`strength`) for `painter`; `size`, "
        "`style_scale`, `colour` and `max_memory` are for both, with the values that the commands stylize and apply "
        "take.\n\n"
        "Ctrl-C ends the frame in work, and nothing else is lost, also when the process is killed. The same command "
        "goes on, and gives the same frames as if it had not been interrupted. A work folder of another film, or of "
        "other options, is refused; `restart` begins anew. What came through a pipe cannot go on.\n\n"
        "doc/film.md shows how to work with this, alone and on many machines.",
    .operands = VALUES_FILE,
    PARTS(film_parts),
    .examples = "shot.mov --style scream.jpg -o painted.mov\n"
                "shot.mov --painter starry -o painted.mp4\n"
                "shot.mov --list-shots >cuts.txt\n"
                "'frames/f.%04d.png' --rate 25 --style wave.jpg -o 'painted/f.%04d.png'\n"
                "shot.mov --style scream.jpg -o painted.mov --chunk 2/8",
};
