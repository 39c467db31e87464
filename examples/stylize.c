/* SPDX-License-Identifier: MIT */
/* The program at the top of scumble.h: stylize PHOTO PAINTING RESULT. A test compares the two. */
#include <scumble/scumble.h>
#include <stdio.h>
int main(int argc, char **argv)
{
    scumble *s = NULL;
    scumble_image *photo = NULL, *painting = NULL, *result = NULL;
    int failed = argc != 4 || scumble_open(&s, NULL);
    if (!failed)
        failed = scumble_image_load(s, argv[1], &photo) || scumble_image_load(s, argv[2], &painting) ||
                 scumble_stylize(s, photo, painting, NULL, &result) || scumble_image_save(s, result, argv[3], NULL);
    if (failed)
        fprintf(stderr, "%s\n", scumble_error_text(s));
    scumble_image_free(&photo), scumble_image_free(&painting), scumble_image_free(&result);
    scumble_close(&s);
    return failed;
}
