/* SPDX-License-Identifier: MIT */
/* Two contexts in two threads, and a cancel from a third: threads PHOTO PAINTING FIRST SECOND. The first picture is
 * painted to its end; the second is cancelled after a second, and saved as it is then. */
#include <pthread.h>
#include <scumble/run.h>
#include <stdio.h>
#include <unistd.h>

typedef struct job {
    scumble *s;
    const char *photo, *painting, *result;
    int code;
} job;

static void *paint(void *user)
{
    job *j = user;
    scumble *s = j->s;
    scumble_image *photo = NULL, *painting = NULL, *result = NULL;
    scumble_style *style = NULL;
    scumble_run *run = NULL;
    scumble_painting one = { .weight = 1 };
    j->code = scumble_image_load(s, j->photo, &photo);
    if (!j->code)
        j->code = scumble_image_load(s, j->painting, &painting);
    one.image = painting;
    if (!j->code)
        j->code = scumble_style_open(s, &one, 1, NULL, &style);
    if (!j->code)
        j->code = scumble_run_open(style, &run);
    if (!j->code)
        j->code = scumble_run_content(run, photo);
    if (!j->code)
        j->code = scumble_run_finish(run, NULL, NULL, &result);
    if (j->code == SCUMBLE_ERR_CANCELLED) { /* what there is by then is good enough here */
        j->code = SCUMBLE_OK;
        scumble_run_picture(run, &result); /* NULL before the first iteration */
    }
    if (!j->code && result)
        j->code = scumble_image_save(s, result, j->result, NULL);
    if (j->code)
        fprintf(stderr, "%s: %s\n", j->result, scumble_error_text(s)); /* of this context, whatever the other does */
    scumble_run_close(&run);
    scumble_style_close(&style);
    scumble_image_free(&photo), scumble_image_free(&painting), scumble_image_free(&result);
    return NULL;
}

int main(int argc, char **argv)
{
    scumble_config config = { .size = sizeof config, .threads = 1 };
    job jobs[2];
    pthread_t threads[2];
    int failed = argc != 5;
    for (int i = 0; i < 2 && !failed; i++) {
        jobs[i] = (job){ .photo = argv[1], .painting = argv[2], .result = argv[3 + i] };
        failed = scumble_open(&jobs[i].s, &config) || pthread_create(&threads[i], NULL, paint, &jobs[i]);
    }
    if (failed)
        return 1;
    sleep(1);
    scumble_cancel(jobs[1].s);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        scumble_close(&jobs[i].s);
        failed |= jobs[i].code;
    }
    return failed != 0;
}
