/* SPDX-License-Identifier: MIT */
/* What a film's output and its work folder are called, and whether they can be written. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console.h"
#include "film_job.h"
#include "outputs.h"
#include "paths.h"

static const char *film_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

/* The source's ending where a film can be written with it, else mp4; caller frees. */
static char *film_extension(const char *source)
{
    static const char *const writable[] = { "mp4", "m4v", "mkv", "mov", "webm", "nut", "gif", "webp", "y4m" };
    char *extension = text_copy(paths_extension(source));
    for (char *p = extension; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    for (size_t i = 0; i < sizeof writable / sizeof *writable; i++)
        if (!strcmp(extension, writable[i]))
            return extension;
    free(extension);
    return text_copy("mp4");
}

static char *film_style_name(const film_job *j)
{
    return j->set.only_steady ? text_copy("steady") :
           j->set.painter     ? paths_name(j->set.painter) :
           j->styles.count    ? style_files_name(&j->styles) :
                                text_copy("film");
}

/* NAME-STYLE.mp4; of a sequence NAME-STYLE.%04d.png. Caller frees. */
static char *film_default_name(const char *source, const char *style)
{
    size_t begin;
    const char *base = film_base(source);
    if (scumble_film_pattern(source, &begin, NULL)) {
        int before = (int)(source + begin - base);
        while (before && strchr("._-", base[before - 1]))
            before--;
        return text_format("%.*s-%s%s", before, base, style, base + before);
    }
    if (paths_is_folder(source)) {
        char *copy = text_copy(source);
        size_t end = strlen(copy);
        while (end > 1 && copy[end - 1] == '/')
            copy[--end] = 0;
        char *name = text_format("%s-%s.%%04d.png", film_base(copy), style);
        free(copy);
        return name;
    }
    char *name = paths_name(source), *extension = film_extension(source),
         *file = text_format("%s-%s.%s", name, style, extension);
    free(extension);
    free(name);
    return file;
}

static char *name_output(const film_job *j)
{
    const char *source = j->words.items[0], *output = j->set.output;
    char *style = film_style_name(j), *name, *path;
    if (output && !outputs_is_folder(output)) {
        char *source_name = paths_name(source), *extension = film_extension(source);
        template_values values = { source_name, style, "", extension, 1, 1 };
        path = paths_fill(output, &values);
        free(extension);
        free(source_name);
    } else {
        name = film_default_name(source, style);
        path = output ? paths_join(output, name) : text_copy(name);
        free(name);
    }
    free(style);
    return path;
}

/* OUT.work, or OUT.chunk-03-of-08. */
static char *film_place(const film_job *j)
{
    const film_plan *plan = &j->plan;
    int width = snprintf(NULL, 0, "%d", plan->chunks);
    if (!plan->chunks)
        return text_format("%s.work", j->output);
    width = width < 2 ? 2 : width;
    return text_format("%s.chunk-%0*d-of-%0*d", j->output, width, plan->chunk, width, plan->chunks);
}

int film_name_files(film_job *j)
{
    const char *source = j->words.items[0], *output = j->set.output;
    bool pipe = !strcmp(source, "-"), to_pipe = output && !strcmp(output, "-");
    if (pipe && !output)
        return console_usage("what comes from standard input gives the film no name; give one with -o, or -o - for "
                             "standard output");
    if (output && !to_pipe && !outputs_is_folder(output) && paths_check_template("-o", output))
        return EXIT_USAGE;
    j->output = to_pipe ? text_copy("-") : name_output(j);
    j->pictures = !to_pipe && scumble_film_pattern(j->output, NULL, NULL);
    if ((pipe || to_pipe) && (j->plan.chunks || j->set.restart))
        return console_usage("%s needs a file at both ends, for what goes through a pipe cannot be gone on with",
                             j->plan.chunks ? "--chunk" : "--restart");
    if (pipe && j->pictures && j->set.skip_existing)
        return console_usage("--skip-existing cannot know which pictures would come of a pipe; leave it out, or give "
                             "the film as a file");
    j->place = pipe || to_pipe ? NULL : film_place(j);
    return output && !to_pipe && !j->set.dry_run ? outputs_make_folder(output) : 0;
}

/* ---- checks ---------------------------------------------------------------------------------------------------- */

/* The pictures that are read do not become more while they are. */
static int check_source_folder(const film_job *j)
{
    const char *source = j->words.items[0];
    char *folder = paths_folder(j->output);
    bool same = paths_is_folder(source) && paths_same_file(source, folder);
    free(folder);
    return same ? console_usage("-o is '%s', in the folder whose pictures are the film; choose another folder",
                                j->output) :
                  0;
}

static int check_clashes(const film_job *j)
{
    file_roles roles = { 0 };
    if (strcmp(j->words.items[0], "-"))
        outputs_add(&roles, j->words.items[0], NULL);
    for (int i = 0; i < j->styles.count; i++)
        outputs_add(&roles, j->styles.items[i].path, NULL);
    for (int i = 0; i < j->masks.count; i++)
        outputs_add(&roles, j->masks.items[i], NULL);
    for (int i = 0; i < j->key_count; i++)
        outputs_add(&roles, j->keys[i].path, NULL);
    outputs_add(&roles, j->set.protect, NULL);
    outputs_add(&roles, j->set.cuts, NULL);
    outputs_add(&roles, j->set.like, NULL);
    outputs_add(&roles, j->set.painter && paths_exists(j->set.painter) ? j->set.painter : NULL, NULL);
    outputs_add(&roles, strcmp(j->output, "-") ? j->output : NULL, "-o");
    if (strcmp(j->output, "-"))
        outputs_add_own(&roles, text_format("%s.json", j->output), "-o, for the recipe,");
    outputs_add(&roles, j->set.preview, "--preview");
    return outputs_check_clashes(&roles);
}

int film_check_files(const film_job *j)
{
    int status = check_clashes(j);
    if (!status)
        status = check_source_folder(j);
    if (!status && j->set.preview)
        status = outputs_check_picture("--preview", j->set.preview);
    if (!status && j->set.preview)
        status = paths_check_output("--preview", j->set.preview);
    if (status || !strcmp(j->output, "-"))
        return status;
    if (paths_is_special(j->output) && !paths_is_folder(j->output))
        return console_usage("-o is '%s', which is no file; a film goes to a file, or to standard output with -o -",
                             j->output);
    return paths_check_output("-o", j->output);
}

/* The pictures of frames `first` up to before `end` that are there; stops at the first one that is (any), or that is
 * not. */
static bool pictures_there(const film_job *j, int64_t first, int64_t end, bool any)
{
    for (int64_t i = first; i < end; i++) {
        char *file = NULL;
        bool there = !scumble_film_frame_path(j->film, j->output, i, &file) && paths_exists(file);
        scumble_text_free(&file);
        if (there == any)
            return any;
    }
    return !any;
}

int film_check_pictures(const film_job *j, int64_t first, int64_t end)
{
    if (!j->pictures || !paths_no_clobber() || !pictures_there(j, first, end, true))
        return 0;
    console_error("-o is '%s', of which there are pictures already, and they stay, because --no-clobber is given; "
                  "choose another name",
                  j->output);
    return EXIT_FAILED;
}

bool film_is_there(const film_job *j)
{
    return j->pictures ? pictures_there(j, j->plan.first, j->plan.end, false) : paths_exists(j->output);
}
