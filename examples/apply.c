/* SPDX-License-Identifier: MIT */
/* Photos painted by a trained painter, each in one pass: apply PAINTER PHOTO... Each result is PHOTO.painted.png. */
#include <scumble/painter.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    scumble *s = NULL;
    scumble_painter *painter = NULL;
    scumble_options *options = scumble_options_create(SCUMBLE_OPTIONS_PAINT);
    int failed = argc < 3 || !options || scumble_open(&s, NULL) ||
                 scumble_options_set_number(s, options, "strength", 0.9) ||
                 scumble_painter_open(s, argv[1], &painter); /* a name, such as starry, or a file */
    for (int i = 2; i < argc && !failed; i++) {
        scumble_image *photo = NULL, *result = NULL;
        char path[4096];
        snprintf(path, sizeof path, "%s.painted.png", argv[i]);
        failed = scumble_image_load(s, argv[i], &photo) ||
                 scumble_painter_paint(painter, photo, options, NULL, NULL, &result) ||
                 scumble_image_save(s, result, path, NULL);
        scumble_image_free(&photo), scumble_image_free(&result);
    }
    if (failed)
        fprintf(stderr, "%s\n", scumble_error_text(s));
    scumble_painter_close(&painter);
    scumble_options_free(&options);
    scumble_close(&s);
    return failed != 0;
}
