/* SPDX-License-Identifier: MIT */
/* Pictures that lie in memory: pixels PAINTING RESULT. A program's own picture, 8 bits a channel with blue first and
 * the rows bottom up, is painted in place, and what comes of it is also made into a PNG file in memory. */
#include <scumble/pixels.h>
#include <stdio.h>

enum { WIDTH = 64, HEIGHT = 48 };
static unsigned char mine[HEIGHT][WIDTH][4];

int main(int argc, char **argv)
{
    scumble *s = NULL;
    scumble_image *photo = NULL, *painting = NULL, *result = NULL;
    void *png = NULL;
    size_t bytes = 0;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) { /* a hill before the evening sky */
            int hill = y < 24 - (x - 32) * (x - 32) / 80;
            mine[y][x][0] = (unsigned char)(hill ? 40 : 90 + y),
            mine[y][x][1] = (unsigned char)(hill ? 90 + x / 4 : 80),
            mine[y][x][2] = (unsigned char)(hill ? 50 : 255 - y), mine[y][x][3] = 255;
        }
    scumble_pixels pixels = { .size = sizeof pixels,
                              .data = mine[HEIGHT - 1],
                              .width = WIDTH,
                              .height = HEIGHT,
                              .row_bytes = -(long long)sizeof *mine,
                              .sample = SCUMBLE_SAMPLE_U8,
                              .channels = SCUMBLE_CHANNELS_BGRA };
    int failed = argc != 3 || scumble_open(&s, NULL) || scumble_image_load(s, argv[1], &painting) ||
                 scumble_image_from_pixels(s, &pixels, &photo) || scumble_stylize(s, photo, painting, NULL, &result) ||
                 scumble_image_to_pixels(s, result, &pixels) ||
                 scumble_image_to_bytes(s, result, "png", NULL, &png, &bytes);
    if (failed)
        fprintf(stderr, "%s\n", scumble_error_text(s));
    FILE *file = failed ? NULL : fopen(argv[2], "wb"); /* or a socket, a database, ... */
    failed = !file || fwrite(png, 1, bytes, file) != bytes;
    failed |= file && fclose(file);
    scumble_bytes_free(&png);
    scumble_image_free(&photo), scumble_image_free(&painting), scumble_image_free(&result);
    scumble_close(&s);
    return failed;
}
