/* SPDX-License-Identifier: MIT */
/* A run that is branched half-way: branch PHOTO PAINTING MORE LESS. */
#include <scumble/run.h>
#include <stdio.h>

enum { ITERATIONS = 20, HALF = 10 };

/* From here to the end, with this weight of the style. */
static int go_on(scumble *s, scumble_run *run, const char *beta, const char *path)
{
    scumble_image *result = NULL;
    int failed = scumble_run_set(run, "beta", beta);
    while (!failed && !scumble_run_done(run))
        failed = scumble_run_step(run, 0.1); /* the iterations that begin within a tenth of a second */
    failed = failed || scumble_run_picture(run, &result) || scumble_image_save(s, result, path, NULL);
    scumble_image_free(&result);
    return failed;
}

int main(int argc, char **argv)
{
    scumble *s = NULL;
    scumble_image *photo = NULL, *painting = NULL;
    scumble_options *options = scumble_options_create(SCUMBLE_OPTIONS_STYLE);
    scumble_style *style = NULL;
    scumble_run *run = NULL, *branch = NULL;
    void *state = NULL;
    size_t bytes = 0;
    int failed = argc != 5 || !options || scumble_open(&s, NULL) || scumble_image_load(s, argv[1], &photo) ||
                 scumble_image_load(s, argv[2], &painting) || scumble_options_set(s, options, "size", "160") ||
                 scumble_options_set_number(s, options, "iterations", ITERATIONS);
    scumble_painting one = { .image = painting, .weight = 1 };
    failed = failed || scumble_style_open(s, &one, 1, options, &style) || scumble_run_open(style, &run) ||
             scumble_run_content(run, photo);
    for (int i = 0; i < HALF && !failed; i++)
        failed = scumble_run_step(run, 0); /* one iteration */
    failed = failed || scumble_run_save_bytes(run, &state, &bytes) || scumble_run_open(style, &branch) ||
             scumble_run_content(branch, photo) || scumble_run_restore_bytes(branch, state, bytes) ||
             go_on(s, run, "20", argv[3]) || go_on(s, branch, "1", argv[4]);
    if (failed)
        fprintf(stderr, "%s\n", scumble_error_text(s));
    scumble_bytes_free(&state);
    scumble_run_close(&branch), scumble_run_close(&run);
    scumble_style_close(&style);
    scumble_options_free(&options);
    scumble_image_free(&photo), scumble_image_free(&painting);
    scumble_close(&s);
    return failed != 0;
}
