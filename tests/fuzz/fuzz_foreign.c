/* SPDX-License-Identifier: MIT */
/* Fuzz target: painters of others, .onnx and .pth, whole: written as a file, loaded, painted with (whole, in tiles, to
 * repeat), written as a painter and as ONNX, and read again. The bytes are orders (orders.h): which file, and what is
 * changed in it. Our own painters, which may have a discriminator, are for fuzz_painter; bytes that are no such file
 * for fuzz_onnx and fuzz_pytorch. */
#define _GNU_SOURCE
#include <unistd.h>

#include "foreign_onnx.h"
#include "foreign_pth.h"
#include "paint_tiny.h"

enum { SIDE = 16, MOST_EDITS = 12 };

static char path[] = "/tmp/scumble-fuzz-foreign-XXXXXX";

static void clean(void)
{
    unlink(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    int fd = mkstemp(path);
    if (fd < 0)
        abort();
    close(fd);
    atexit(clean);
    fuzz_set_up();
    onnx_set_up(CORPUS "/onnx");
    pth_set_up(CORPUS "/pytorch/animegan2.pt");
    return 0;
}

static void write_changed(orders *o)
{
    int which = orders_next(o, onnx_file_count + PTH_VARIANTS);
    FILE *to = fopen(path, "wb");
    if (!to)
        abort();
    if (which < onnx_file_count) {
        ScOnnx__Model *model = onnx_read(which);
        for (int i = 0; i < MOST_EDITS && o->size; i++)
            onnx_edit(o, model);
        onnx_write(to, model);
    } else {
        static pth_file f;
        f = pth_variants[which - onnx_file_count];
        for (int i = 0; i < MOST_EDITS && o->size && f.count; i++)
            pth_edit(o, &f);
        pth_write(to, &f);
    }
    if (fclose(to))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    orders o = { data, size };
    sc_error err = { 0 };
    sc_painter *painter;
    int sides = orders_next(&o, 256), width = 1 + sides % SIDE, height = 1 + sides / SIDE;
    write_changed(&o);
    int code = sc_painter_load(&painter, path, &err);
    fuzz_check(code, &err);
    if (code ? painter != NULL : !painter)
        abort();
    if (!code) {
        fuzz_paint(painter, width, height, 0, false);
        fuzz_paint(painter, width + 8, height + 8, 256, false);
        fuzz_paint(painter, width, height, 256, true);
        fuzz_rewrite(painter);
    }
    sc_painter_free(painter);
    return 0;
}
