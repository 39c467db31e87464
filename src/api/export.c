/* SPDX-License-Identifier: MIT */
/* Painters in other formats. */
#include <stdlib.h>

#include "api/context.h"
#include "nets/store/painters.h"
#include "scumble/painter.h"

int scumble_painter_export_onnx(scumble *s, const char *name_or_path, const char *path)
{
    if (!sc_is_open(s) || !name_or_path || !path)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_painter *painter;
    sc_painter_origin origin;
    if (!sc_painter_open(&painter, &origin, name_or_path, s->data_dir, &err)) {
        sc_painter_save_onnx(painter, path, &err);
        sc_painter_free(painter);
        free(origin.path);
    }
    return sc_report(s, &err);
}
