/* SPDX-License-Identifier: MIT */
/* Many photos in one style, with progress: many PAINTING PHOTO... Each result is PHOTO.painted.png. */
#include <scumble/run.h>
#include <stdio.h>

/* Not 0: stop. */
static int show(const scumble_event *event, void *user)
{
    fprintf(stderr, "%s: %lld of %lld %s", (const char *)user, (long long)event->done, (long long)event->of,
            event->unit);
    for (int i = 0; i < event->loss_count; i++)
        fprintf(stderr, ", %s %.4g", event->losses[i].name, event->losses[i].value);
    fprintf(stderr, event->eta_s < 0 ? "\n" : ", %.0f s left\n", event->eta_s);
    return 0;
}

static int paint(scumble *s, scumble_style *style, const char *name)
{
    scumble_image *photo = NULL, *result = NULL;
    scumble_run *run = NULL;
    scumble_save_options save = { .size = sizeof save };
    char path[4096];
    snprintf(path, sizeof path, "%s.painted.png", name);
    int failed = scumble_image_load(s, name, &photo) || scumble_run_open(style, &run) ||
                 scumble_run_content(run, photo) || scumble_run_finish(run, show, (void *)name, &result);
    if (!failed) {
        save.recipe = scumble_run_recipe(run); /* kept in the picture: how to make it again */
        failed = scumble_image_save(s, result, path, &save);
    }
    if (failed)
        fprintf(stderr, "%s: %s\n", name, scumble_error_text(s));
    scumble_run_close(&run);
    scumble_image_free(&photo), scumble_image_free(&result);
    return failed;
}

int main(int argc, char **argv)
{
    scumble *s = NULL;
    scumble_image *painting = NULL;
    scumble_style *style = NULL;
    scumble_options *options = scumble_options_create(SCUMBLE_OPTIONS_STYLE);
    int failed = argc < 3 || !options || scumble_open(&s, NULL) || scumble_image_load(s, argv[1], &painting) ||
                 scumble_options_set(s, options, "size", "160") ||
                 scumble_options_set(s, options, "style_terms", "w2:4,nnfm") ||
                 scumble_options_set_number(s, options, "iterations", 12);
    scumble_painting one = { .image = painting, .weight = 1 };
    if (!failed)
        failed = scumble_style_open(s, &one, 1, options, &style); /* once, for all photos */
    if (failed)
        fprintf(stderr, "%s: %s\n", scumble_error_option(s), scumble_error_text(s));
    for (int i = 2; i < argc && !failed; i++)
        failed = paint(s, style, argv[i]);
    scumble_style_close(&style);
    scumble_options_free(&options);
    scumble_image_free(&painting);
    scumble_close(&s);
    return failed != 0;
}
