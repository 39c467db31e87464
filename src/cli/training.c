/* SPDX-License-Identifier: MIT */
/* Places and losses of a training. See training.h. */
#include "training.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "events.h"
#include "paths.h"

char *training_place_file(const training_place *place, const char *name)
{
    return paths_join(place->folder, name);
}

/* "dir/starry.train" for "dir/starry.scumble", and the other way round. Caller frees. */
static char *with_extension(const char *path, const char *extension)
{
    char *folder = paths_folder(path), *name = paths_name(path), *file = text_format("%s.%s", name, extension),
         *joined = paths_join(folder, file);
    free(folder);
    free(name);
    free(file);
    return joined;
}

static int find_folder(training_place *place, const char *resume, const char *extension)
{
    size_t length = strlen(resume);
    while (length > 1 && resume[length - 1] == '/')
        length--;
    place->folder = text_part(resume, length);
    if (!paths_is_folder(place->folder)) {
        console_error("--resume: '%s' is no folder of a training (NAME.train)", place->folder);
        return EXIT_FAILED;
    }
    place->checkpoint = training_place_file(place, "checkpoint.safetensors");
    if (!paths_exists(place->checkpoint)) {
        console_error("'%s' holds no checkpoint: the training has ended, or did not come to its first one", resume);
        return EXIT_FAILED;
    }
    place->output = with_extension(place->folder, extension);
    return 0;
}

/* --no-clobber: what an earlier training left in the folder. */
static int cli_training_check_free(const training_place *place)
{
    static const char *const names[] = { "losses.csv", "losses.svg", "photos.png", "samples.png", "step-0000000.png" };
    int status = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names && !status && paths_is_folder(place->folder); i++) {
        char *path = training_place_file(place, names[i]);
        status = paths_check_output("a file of the training", path);
        free(path);
    }
    return status;
}

int training_place_check(const training_place *place, const text_list *inputs)
{
    for (int i = 0; i < inputs->count; i++) {
        const char *input = inputs->items[i];
        char *folder = paths_folder(input);
        bool within = paths_same_file(input, place->folder) || paths_same_file(folder, place->folder),
             output = paths_same_file(input, place->output);
        free(folder);
        if (output)
            return console_usage("-o would overwrite the input '%s'; choose another name", input);
        if (within)
            return console_usage(
                "the training writes into '%s', and would overwrite the input '%s'; choose another name with -o",
                place->folder, input);
    }
    return 0;
}

int training_place_choose(training_place *place, const char *resume, const char *output, const char *extension,
                          const char *command)
{
    if (resume) {
        int status = find_folder(place, resume, extension);
        return status ? status : paths_check_output("-o", place->output);
    }
    place->output = text_copy(output);
    place->folder = with_extension(output, "train");
    place->checkpoint = training_place_file(place, "checkpoint.safetensors");
    if (paths_check_output("-o", output))
        return EXIT_FAILED;
    if (paths_exists(place->checkpoint)) {
        console_error(
            "'%s' holds a training that was not finished; go on with it (scumble %s --resume %s), or remove it",
            place->folder, command, place->folder);
        return EXIT_FAILED;
    }
    if (cli_training_check_free(place))
        return EXIT_FAILED;
    place->made = !mkdir(place->folder, 0777);
    if (!place->made && !paths_is_folder(place->folder)) {
        console_error("the folder '%s' cannot be made: %s", place->folder, strerror(errno));
        return EXIT_FAILED;
    }
    return 0;
}

void training_place_free(training_place *place)
{
    if (place->made)
        rmdir(place->folder); /* when nothing came into it: the training was refused */
    free(place->output);
    free(place->folder);
    free(place->checkpoint);
}

void training_tell_done(const training_place *place, const scumble_event *at, bool interrupted)
{
    events_done(&(done_event){ .output = interrupted ? NULL : place->output,
                               .checkpoint = interrupted ? place->checkpoint : NULL,
                               .done = at->done,
                               .of = at->of,
                               .unit = at->unit,
                               .elapsed_s = at->elapsed_s,
                               .interrupted = interrupted });
}

/* The mean of that name; a new one when there is none. */
static scumble_loss *mean_of(loss_mean *mean, const char *name)
{
    for (int i = 0; i < mean->loss_count; i++)
        if (!strcmp(mean->losses[i].name, name))
            return &mean->losses[i];
    mean->losses = must(realloc(mean->losses, sizeof *mean->losses * ((size_t)mean->loss_count + 1)));
    mean->losses[mean->loss_count] = (scumble_loss){ name, 0 };
    return &mean->losses[mean->loss_count++];
}

void loss_mean_add(loss_mean *mean, loss_log *log, const scumble_event *e)
{
    int64_t each = e->of / 1000 + 1;
    mean->steps++;
    for (int i = 0; i < e->loss_count; i++) {
        scumble_loss *own = mean_of(mean, e->losses[i].name);
        own->value += (e->losses[i].value - own->value) / mean->steps;
    }
    if (e->done % each && e->done != e->of)
        return;
    scumble_event row = *e;
    row.losses = mean->losses;
    row.loss_count = mean->loss_count;
    loss_log_add(log, &row);
    mean->loss_count = mean->steps = 0;
}

void loss_mean_free(loss_mean *mean)
{
    free(mean->losses);
    *mean = (loss_mean){ .losses = NULL };
}

/* The mean of rows first .. last; NaN where one has none. */
static double mean_between(const double *values, int first, int last)
{
    double sum = 0;
    for (int k = first; k <= last; k++)
        sum += values[k];
    return sum / (last - first + 1);
}

/* Single steps see one photo each, so curves of them are noise: the plot shows means over a fiftieth of the rows. A
 * loss that is negative somewhere has no place on a logarithmic axis and is left out. */
static loss_log smooth(const loss_log *log)
{
    loss_log smoothed = { .columns = NULL };
    int half = log->count / 100, columns = log->column_count;
    bool *negative = must(calloc((size_t)columns + 1, sizeof *negative));
    scumble_loss *losses = must(calloc((size_t)columns + 1, sizeof *losses));
    for (int c = 0; c < columns; c++)
        for (int i = 0; i < log->count; i++)
            negative[c] |= log->columns[c].values[i] < 0;
    for (int i = 0; i < log->count; i++) {
        int first = i > half ? i - half : 0, last = i + half < log->count ? i + half : log->count - 1;
        const loss_row *at = &log->rows[i];
        for (int c = 0; c < columns; c++)
            losses[c] = (scumble_loss){ log->columns[c].name,
                                        negative[c] ? NAN : mean_between(log->columns[c].values, first, last) };
        loss_log_add(&smoothed, &(scumble_event){ .done = at->iteration,
                                                  .stage_number = at->scale,
                                                  .size_px = at->scale_px,
                                                  .losses = losses,
                                                  .loss_count = columns,
                                                  .elapsed_s = at->elapsed_s });
    }
    free(losses);
    free(negative);
    return smoothed;
}

void training_write_losses(const training_place *place, const loss_log *log, const char *formula)
{
    char *csv = training_place_file(place, "losses.csv"), *plot = training_place_file(place, "losses.svg");
    plot_caption caption = { place->output, formula };
    loss_log smoothed = smooth(log);
    if (!report_csv(log, csv))
        report_plot(&smoothed, &caption, plot);
    loss_log_free(&smoothed);
    free(csv);
    free(plot);
}
