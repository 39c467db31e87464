/* SPDX-License-Identifier: MIT */
/* Of trainings of all kinds. See training.h. */
#include "api/training.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"

int sc_texts_copy(const char *const *texts, int count, char ***copies, int *copied, sc_error *err)
{
    *copies = calloc((size_t)count + 1, sizeof **copies);
    if (!*copies)
        return sc_fail_memory(err, (size_t)count * sizeof **copies);
    for (*copied = 0; *copied < count; (*copied)++)
        if (!((*copies)[*copied] = strdup(texts[*copied])))
            return sc_fail_memory(err, strlen(texts[*copied]));
    return SCUMBLE_OK;
}

void sc_texts_free(char **texts, int count)
{
    for (int i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

double sc_training_done(int64_t step, int64_t steps, double elapsed_s, double time_s)
{
    double by_steps = (double)step / (double)steps, by_time = time_s > 0 ? elapsed_s / time_s : 0;
    return by_steps > by_time ? by_steps : by_time;
}

void sc_training_tell(sc_event *event, const char *job, int64_t step, int64_t steps, double done, double elapsed_s,
                      const sc_losses *losses, const char *note)
{
    scumble_event told = sc_event_of_stage(job, "steps", "steps", step, steps, elapsed_s);
    told.eta_s = sc_event_left_s(done, elapsed_s); /* it may end by time */
    told.note = note;
    sc_event_tell(event, &told, losses);
}

const char *sc_training_input(const char *path)
{
    size_t length = strlen(path);
    while (length && path[length - 1] == '/')
        length--;
    while (length && path[length - 1] != '/')
        length--;
    return path + length;
}

void sc_training_name(const char *path, char name[64])
{
    const char *file = sc_file_name(path);
    snprintf(name, 64, "%.*s", (int)strcspn(file, "."), file);
}

int sc_training_state(const sc_threads *threads, sc_weights **state, sc_training training, const char *checkpoint,
                      int64_t steps, double time_s, sc_error *err)
{
    if (steps < 0 || steps > 1000000000 || !(time_s >= 0 && time_s <= 1e9))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the steps and the time of a training are from 0 to 1e9");
    int code = sc_weights_load(threads, state, checkpoint, err);
    if (code)
        return code;
    code = sc_checkpoint_check(*state, training, err);
    if (code)
        sc_weights_free(*state);
    return code;
}
