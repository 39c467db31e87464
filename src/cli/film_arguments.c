/* SPDX-License-Identifier: MIT */
/* The command line of `scumble film`: which words go where, and which do not go together. The options are the
 * library's (SCUMBLE_OPTIONS_STYLE, _PAINT, _FILM); only what concerns files and display is named here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "console.h"
#include "film_job.h"
#include "outputs.h"
#include "paths.h"

/* "3/8" */
static int film_read_chunk(film_job *j)
{
    const char *text = j->set.chunk;
    char end;
    int fields = text ? sscanf(text, "%d/%d%c", &j->plan.chunk, &j->plan.chunks, &end) : 0;
    if (!text || (fields == 2 && j->plan.chunk >= 1 && j->plan.chunk <= j->plan.chunks && j->plan.chunks <= 100000))
        return 0;
    return console_usage("--chunk is '%s'; it must be K/N, the K-th of N chunks, such as 2/8", text);
}

/* What --join does not take. */
static int film_check_join(const film_job *j)
{
    const film_settings *set = &j->set;
    if (!set->output)
        return console_usage("--join needs the name that the chunks were given; give it with -o");
    if (!strcmp(set->output, "-") || outputs_is_folder(set->output))
        return console_usage("-o is '%s'; --join needs the name of the file that the chunks were given", set->output);
    if (set->chunk)
        return console_usage("--chunk paints a chunk, and --join joins them; give one of the two");
    if (set->painter || set->only_steady || set->like || j->style_words.count || j->options.count || j->masks.count ||
        j->key_words.count || set->protect || set->faces || set->from || set->to || set->rate || set->cuts ||
        set->codec || set->crf >= 0 || set->bitrate || set->bits >= 0)
        return console_usage("--join takes the film and -o alone; how it is painted and written, the chunks know");
    return 0;
}

static int film_check_painting(const film_job *j)
{
    const film_settings *set = &j->set;
    if (set->only_steady != (set->like != NULL))
        return console_usage("--only-steady goes with --like SOURCE, the film that was painted; give both");
    if (set->only_steady && (set->painter || j->style_words.count || j->masks.count || j->key_words.count ||
                             set->protect || set->faces || set->preset))
        return console_usage("--only-steady paints nothing; it takes --like and --steady alone");
    if (set->only_steady)
        return 0;
    if (set->painter && j->style_words.count)
        return console_usage("--style and --painter do not go together; give one of the two");
    if (!set->painter && !j->style_words.count && !set->list_shots && !set->dry_run)
        return console_usage("there is neither a style nor a painter; give a painting, or a painter's name: --style "
                             "painting.jpg, --painter starry");
    if (set->painter && (j->masks.count || set->protect || set->faces))
        return console_usage("%s is for --style; a painter paints the whole frame", j->masks.count ? "--mask" :
                                                                                    set->protect   ? "--protect" :
                                                                                                     "--faces");
    if (j->key_words.count && j->plan.chunks)
        return console_usage(
            "--keyframe and --chunk do not go together: what lies between painted frames is painted in "
            "both directions, in one piece");
    if (set->painter && set->preset)
        return console_usage("--preset sets options of --style, not of --painter");
    return 0;
}

static int film_check_combinations(film_job *j)
{
    const film_settings *set = &j->set;
    if (!j->words.count)
        return console_usage("there is no film; give one: scumble film shot.mov --style painting.jpg");
    if (j->words.count > 1)
        return console_usage("there are %d films; this command takes one (a sequence is a quoted pattern such as "
                             "'f.%%04d.png', or a folder)",
                             j->words.count);
    if (console_is_quiet() && set->verbose)
        return console_usage("-q and -v contradict each other; give one");
    if (console_is_quiet() && set->progress == PROGRESS_BAR)
        return console_usage("-q and --progress bar contradict each other; give one");
    if (set->bitrate && set->crf >= 0)
        return console_usage("--crf and --bitrate do not go together; give one of the two");
    if (set->output && !strcmp(set->output, "-") && (set->progress == PROGRESS_JSON || set->json) && !set->dry_run)
        return console_usage("--progress json writes to standard output, and so does -o -; give the film a file");
    if (set->join)
        return film_check_join(j);
    if (set->skip_existing && set->restart)
        return console_usage("--skip-existing and --restart contradict each other; give one");
    int status = film_read_chunk(j);
    if (!status)
        status = film_check_painting(j);
    return status ? status : rights_check_settings(&set->rights);
}

int film_read_arguments(film_job *j, int argc, char **argv, bool *help)
{
    film_settings *set = &j->set;
    const binding bindings[] = {
        BIND("style", &j->style_words),
        BIND("painter", &set->painter),
        BIND("keyframe", &j->key_words),
        BIND("only-steady", &set->only_steady),
        BIND("like", &set->like),
        BIND("output", &set->output),
        BIND("from", &set->from),
        BIND("to", &set->to),
        BIND("rate", &set->rate),
        BIND("preset", &set->preset),
        BIND("cuts", &set->cuts),
        BIND("list-shots", &set->list_shots),
        BIND("mask", &j->masks),
        BIND("protect", &set->protect),
        BIND("faces", &set->faces),
        BIND("codec", &set->codec),
        BIND("crf", &set->crf),
        BIND("bitrate", &set->bitrate),
        BIND("bits", &set->bits),
        BIND("preview", &set->preview),
        BIND("skip-existing", &set->skip_existing),
        BIND("restart", &set->restart),
        BIND("chunk", &set->chunk),
        BIND("handles", &set->handles),
        BIND("join", &set->join),
        BIND("threads", &set->threads),
        BIND("max-pixels", &set->max_pixels),
        BIND("progress", &set->progress),
        BIND("dry-run", &set->dry_run),
        BIND("json", &set->json),
        BIND("verbose", &set->verbose),
        RIGHTS_BINDINGS(set->rights),
    };
    int status = arguments_parse(&film_about, argc, argv, BINDINGS(bindings), &j->options, &j->words, help);
    for (int i = 0; i < j->style_words.count && !status && !*help; i++) {
        char *word = j->style_words.items[i], *at = strrchr(word, '@');
        if (at && at[1] && !at[1 + strspn(at + 1, "0123456789.:;f")] && !paths_exists(word)) { /* PAINTING@MOMENT */
            text_list_add(&j->style_moments, text_copy(at + 1));
            *at = 0;
        }
        status = style_files_add(&j->styles, "--style", word);
    }
    return status || *help ? status : film_check_combinations(j);
}

char *film_command(int argc, char **argv)
{
    char *command = text_copy("scumble film");
    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "--restart"))
            continue;
        char *word = text_quoted(argv[i]), *longer = text_format("%s %s", command, word);
        free(word);
        free(command);
        command = longer;
    }
    return command;
}
