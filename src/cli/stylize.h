/* SPDX-License-Identifier: MIT */
/* The job of `scumble stylize` and `scumble texture`, shared by its parts: stylize.c and texture.c read the command
 * line and lead, recipe.c repeats and resumes, regions.c has the masks, variations.c makes several candidates of a
 * photo, tasks.c names and checks what will be written, paint.c makes one picture. */
#ifndef CLI_STYLIZE_H
#define CLI_STYLIZE_H

#include "arguments.h"
#include "rights.h"
#include "steer.h"
#include "style_files.h"
#include "text.h"
#include "values.h"
#include "scumble/run.h"

/* The command line, but for the library's options. */
typedef struct settings {
    const char *output, *preview, *recipe, *from, *resume, *checkpoint, *csv, *plot; /* NULL = not given */
    const char *format;                      /* that the output stream is written in; NULL = the output is no stream */
    const char *preset, *variations, *sheet; /* likewise */
    int64_t threads, max_pixels, every, checkpoint_every, quality; /* 0 = not given */
    int bits;                                                      /* index in 8|16|32; -1 = not given */
    int icc;                                                       /* index in srgb|keep */
    int progress;                                                  /* PROGRESS_... */
    rights_settings rights;
    text_list at;      /* what is set in mid-run */
    text_list look_in; /* folders in which files of a recipe are looked for */
    bool json, skip_existing, automatic, verbose, dry_run, no_recipe, keep_gps;
} settings;
enum { ICC_SRGB, ICC_KEEP };

/* One candidate of every photo; there is one without --variations, too. */
typedef struct variation {
    char *label;   /* what {variation} stands for: "2", "painterly", a painting's name; NULL without --variations */
    char *caption; /* on the sheet; NULL = the label */
    scumble_options *options;
    int style; /* the only painting, or -1: all */
} variation;

/* One picture to be painted: its photo (of a texture: the first painting), and the files that come of it (NULL = not
 * wanted). */
typedef struct task {
    char *photo, *output, *preview, *recipe, *csv, *plot, *checkpoint;
    char *unfinished; /* what it is called when it is stopped */
    char *sheet;      /* only of a photo's last candidate */
    const variation *variation;
    int number; /* of the photo: 1 .. */
    bool failed, made, stopped;
    bool there; /* with --skip-existing: the output is, and nothing is to be done (made is set) */
} task;

enum { TEXTURE_SIZE = 512 };

typedef struct job {
    const char *command;
    bool texture;
    int width, height; /* of the texture; 0 = as the recipe says, and else TEXTURE_SIZE */
    settings set;
    text_list options; /* name, value, name, value, ... as given on the command line */
    text_list words;   /* photos, folders and patterns, as given */
    text_list photos;  /* after folders and patterns have been replaced by their pictures */
    style_list styles;
    text_list style_masks; /* as given */
    text_list masks;       /* where the styles go */
    char *protect;         /* a mask; NULL = nothing */
    char *recipe_file;     /* what --from names */
    bool faces;            /* protect them too */
    task *tasks;
    int task_count;
    scumble *s;
    scumble_options *resolved; /* of the candidate in hand */
    variation *variations;
    int variation_count;
    scumble_style *style;         /* NULL until the first photo has been read */
    const variation *opened;      /* what the style is for, */
    const char *opened_for;       /* and, with --auto, which photo */
    const variation *unannounced; /* whose styles have not been told of yet, or NULL */
    scumble_run *run;             /* of the task in hand */
    double estimated_s;           /* of all pictures so far */
    int to_paint, begun; /* pictures, but for those that are there or cannot be read; and how many of them were begun */
    int painted;         /* and are done, */
    double painting_s;   /* in this time */
    double since_s;      /* when the picture in hand was begun; the first when the program was */
    steering steering;   /* what is set in mid-run, in all */
    char *json;          /* the recipe that --from or --resume named, or NULL */
    bool hopeless;       /* no photo can be painted: the styles or the network are at fault */
} job;

/* stylize.c: reads the options that stylize and texture have, and those of `more`, as arguments_parse. */
int stylize_parse(job *j, const command_about *command, int argc, char **argv, const binding *more, int more_count,
                  bool *help);
/* Flags that do not go together. */
int stylize_check_flags(job *j);
/* Does the job. Returns the exit code. */
int stylize_run(job *j);
void stylize_free(job *j);
/* stylize.c: loads the styles and the network for a task's candidate, unless that is done already, and opens its run.
 * Returns 0, or an exit code after a message, with j->hopeless set when no other candidate will do better. */
int stylize_open_run(job *j, const task *t);
/* stylize.c: says what the styles are, once. */
void stylize_announce(job *j);

/* recipe.c: loads the recipe of --from or --resume, and takes from it the photo and the styles that were not given.
 * Warns when they have changed. Returns 0, or an exit code after a message. */
int recipe_load(job *j);

/* regions.c: the masks of the command line over those of a recipe; checks how many there are and that they can be read.
 * This and the next return 0, or an exit code after a message. */
int regions_prepare(job *j);
/* The word says that there is no mask. */
bool regions_means_none(const char *path);
/* No photo has another size than its masks. */
int regions_check_sizes(const job *j);
/* Hands those of the style_count styles from `first` on to j->run, whose style was opened with these; returns a code of
 * the library. */
int regions_apply(const job *j, int first, int style_count);
/* With --faces: says so when there are none in the photo. */
void regions_look_for_faces(const job *j, const char *path, const scumble_image *photo);

/* variations.c: flags that are wrong or do not go together; returns 0, or EXIT_USAGE after a message. */
int variations_check_flags(const job *j);
/* Makes j->variations from j->resolved (defaults, or a recipe's options), presets and the command line's options; the
 * first one's options are copied to j->resolved. Returns 0, or an exit code after a message. */
int variations_make(job *j);
void variations_free(job *j);
/* The pattern of a file of each candidate: with "-{variation}" before its ending, unless something in it differs
 * already. Caller frees. */
char *variations_pattern(const job *j, const char *pattern);
/* Writes the sheet that the task at index `last` names: the photo, then its candidates up to `last` that were made, if
 * any. Returns 0, or an exit code after a message. */
int variations_sheet(const job *j, int last);

/* tasks.c: reads what comes through pipes (the masks, the recipe, files of options; photos and styles are read where
 * they are named), and sees whether the result goes into one. Returns 0, or an exit code after a message. */
int tasks_open_streams(job *j);
/* tasks.c: makes j->tasks from j->photos, j->variations and the output flags, and checks everything that will be
 * written. Returns 0, or an exit code after a message. */
int tasks_make(job *j);
void tasks_free(job *j);
/* What its recipe (the first), losses, plot or sheet is called when it is stopped; NULL: there is none. Caller frees.
 */
enum { TASK_REPORTS = 4 };
char *tasks_unfinished_report(const task *t, int which);
/* What scumble_image_save gets for the results (without the recipe). */
scumble_save_options tasks_save_options(const settings *set);
/* Writes a tiny picture beside each kind of output and removes it: finds out now what would fail after the work. */
int tasks_try_saving(job *j);
/* Of --dry-run: the time that all of its `count` pictures would take. */
void tasks_say_total(const job *j, int count);

/* paint.c: paints task `index`. Returns 0 or an exit code after a message (128 + signal when interrupted). */
int paint_task(job *j, int index);

#endif
