/* SPDX-License-Identifier: MIT */
/* Padding: where outside pixels come from, and where their gradient goes. See border.h. */
#include "device/host/border.h"
#include "device/host/parts.h"

#include <string.h>

int sc_pad_source(int i, int extent, int before, int after, sc_padding_mode mode)
{
    if (i >= 0 && i < extent)
        return i;
    if (mode == SC_PAD_ZERO || i < -before || i >= extent + after)
        return -1;
    switch (mode) {
    case SC_PAD_REPLICATE: return i < 0 ? 0 : extent - 1;
    case SC_PAD_REFLECT: return i < 0 ? -i : 2 * (extent - 1) - i;
    default: return i < 0 ? i + extent : i - extent;
    }
}

static size_t border_padded_width(const sc_conv_shape *s)
{
    return (size_t)(s->padding.left + s->w + s->padding.right);
}

void sc_pad_line(const sc_conv_shape *s, const float *picture, int y, float *line)
{
    size_t ci = (size_t)s->ci;
    int row = sc_pad_source(y, s->h, s->padding.top, s->padding.bottom, s->padding.mode);
    if (row < 0) {
        memset(line, 0, border_padded_width(s) * ci * sizeof(float));
        return;
    }
    const float *from = picture + (size_t)row * (size_t)s->w * ci;
    for (int x = -s->padding.left; x < s->w + s->padding.right; x++) {
        if (x == 0) {
            memcpy(line, from, (size_t)s->w * ci * sizeof(float));
            line += (size_t)s->w * ci;
            x = s->w - 1;
            continue;
        }
        int source = sc_pad_source(x, s->w, s->padding.left, s->padding.right, s->padding.mode);
        for (size_t c = 0; c < ci; c++)
            *line++ = source < 0 ? 0.0f : from[(size_t)source * ci + c];
    }
}

/* Pixels of one picture's outside. */
static size_t border_pixels(const sc_conv_shape *s)
{
    return (size_t)(s->padding.top + s->padding.bottom) * border_padded_width(s) +
           (size_t)s->h * (size_t)(s->padding.left + s->padding.right);
}

size_t sc_border_bytes(const sc_conv_shape *s)
{
    if (s->padding.mode == SC_PAD_ZERO)
        return 0;
    return sc_align64((size_t)s->n * border_pixels(s) * (size_t)s->ci * sizeof(float));
}

size_t sc_border_offset(const sc_conv_shape *s, int n, int y, int x)
{
    const sc_padding *p = &s->padding;
    size_t pixel;
    if (y < 0)
        pixel = (size_t)(y + p->top) * border_padded_width(s) + (size_t)(x + p->left);
    else if (y >= s->h)
        pixel = (size_t)(y - s->h + p->top) * border_padded_width(s) + (size_t)(x + p->left);
    else
        pixel = (size_t)(p->top + p->bottom) * border_padded_width(s) + (size_t)y * (size_t)(p->left + p->right) +
                (size_t)(x < 0 ? x + p->left : x - s->w + p->left);
    return ((size_t)n * border_pixels(s) + pixel) * (size_t)s->ci;
}

void sc_border_store_row(const sc_call *call, const sc_conv_shape *s, int n, int y, const float *from, int columns)
{
    size_t ci = (size_t)s->ci;
    bool row_inside = y >= 0 && y < s->h, keep_outside = s->padding.mode != SC_PAD_ZERO;
    for (int x = -s->padding.left; x < s->w + s->padding.right; x++) {
        const float *value = from && x + s->padding.left < columns ? from + (size_t)(x + s->padding.left) * ci : NULL;
        bool inside = row_inside && x >= 0 && x < s->w;
        if (!inside && !keep_outside)
            continue;
        float *to = inside ? call->in_gradient[0]->data +
                                 (((size_t)n * (size_t)s->h + (size_t)y) * (size_t)s->w + (size_t)x) * ci :
                             (float *)call->scratch + sc_border_offset(s, n, y, x);
        if (inside && call->accumulate[0])
            for (size_t c = 0; value && c < ci; c++)
                to[c] += value[c];
        else if (value)
            memcpy(to, value, ci * sizeof(float));
        else
            memset(to, 0, ci * sizeof(float));
    }
}

void sc_border_fold(const sc_conv_shape *s, const float *border, float *gradient)
{
    const sc_padding *p = &s->padding;
    if (p->mode == SC_PAD_ZERO)
        return;
    for (int n = 0; n < s->n; n++)
        for (int y = -p->top; y < s->h + p->bottom; y++)
            for (int x = -p->left; x < s->w + p->right; x++) {
                if (y >= 0 && y < s->h && x >= 0 && x < s->w) {
                    x = s->w - 1; /* skip the inside */
                    continue;
                }
                size_t from_y = (size_t)sc_pad_source(y, s->h, p->top, p->bottom, p->mode);
                size_t from_x = (size_t)sc_pad_source(x, s->w, p->left, p->right, p->mode);
                const float *from = border + sc_border_offset(s, n, y, x);
                float *to = gradient + (((size_t)n * (size_t)s->h + from_y) * (size_t)s->w + from_x) * (size_t)s->ci;
                for (int c = 0; c < s->ci; c++)
                    to[c] += from[c];
            }
}
