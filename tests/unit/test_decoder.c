/* SPDX-License-Identifier: MIT */
/* The decoder of films stops between packets: in a file of which nothing can be decoded no frame ever comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "film/ffmpeg_decoder.h"

static void test_stop(void **state)
{
    (void)state;
    char path[] = "/tmp/scumble-decoder-XXXXXX";
    int descriptor = mkstemp(path);
    FILE *file = fdopen(descriptor, "wb");
    fputs("YUV4MPEG2 W4 H4 F24:1 Ip A1:1 C444\n", file);
    for (int i = 0; i < 8; i++)
        fprintf(file, "FRAME\n%048d", 0);
    fclose(file);
    atomic_bool stop = false;
    sc_error err = { 0 };
    sc_ffmpeg_input *input;
    sc_ffmpeg_decoder decoder;
    assert_int_equal(sc_ffmpeg_input_open(&input, path, 1000, NULL, &stop, &err), 0);
    assert_int_equal(sc_ffmpeg_decoder_open(&decoder, input, (AVRational){ 0, 1 }, 1000, 1, &err), 0);
    AVFrame *frame = av_frame_alloc();
    assert_true(sc_ffmpeg_decoder_read(&decoder, frame, &err));
    av_frame_unref(frame);
    stop = true;
    assert_false(sc_ffmpeg_decoder_read(&decoder, frame, &err));
    assert_int_equal(err.code, SCUMBLE_ERR_CANCELLED);
    av_frame_free(&frame);
    sc_ffmpeg_decoder_close(&decoder);
    sc_ffmpeg_input_close(input);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_stop) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
