/* SPDX-License-Identifier: MIT */
/* What is unusual about a run's photo and masks: whether there is anything in them. See run_internal.h. */
#include <stdio.h>

#include "run/run_internal.h"

/* Remarks on masks that mark nothing: half a step of 8 bits is nothing. */
static bool remarks_is_black(const sc_tensor *mask)
{
    for (size_t i = 0; i < sc_shape_count(mask->shape); i++)
        if (mask->data[i] > 0.5f / 255)
            return false;
    return true;
}

void sc_run_remark_masks(sc_run *r)
{
    const sc_guides *guides = &r->subject.guides;
    int black = 0, last = 0;
    for (int i = 0; guides->masks && i < r->plan.paintings.count; i++)
        if (remarks_is_black(guides->masks[i])) {
            black++;
            last = i + 1;
        }
    if (black && black == r->plan.paintings.count)
        snprintf(r->remark, sizeof r->remark,
                 "the mask%s black everywhere: nothing is painted, the photo stays as it is",
                 black > 1 ? "s are" : " is");
    else if (black)
        snprintf(r->remark, sizeof r->remark, "the mask of style %d is black everywhere: that style is painted nowhere",
                 last);
    else if (guides->protect && remarks_is_black(guides->protect))
        snprintf(r->remark, sizeof r->remark, "what is to be protected is black everywhere: nothing is protected");
}

/* ---- a photo of one colour ------------------------------------------------------------------------------------- */

/* In one colour all places are alike, and stay so: the style pulls each of them the same way, and a content term would
 * hold them alike. What a camera or JPEG leaves in an even wall is no content either. */
static bool remarks_is_plain(const sc_image *photo)
{
    const double most_deviation = 3.0 / 255; /* below about 7 the first hundred iterations move little */
    double pixels = (double)photo->width * photo->height, sum[3] = { 0 }, squares[3] = { 0 };
    for (size_t i = 0; i < 3 * (size_t)pixels; i++) {
        double v = photo->rgb[i] - photo->rgb[i % 3];
        sum[i % 3] += v;
        squares[i % 3] += v * v;
    }
    for (int c = 0; c < 3; c++)
        if (squares[c] / pixels - sum[c] / pixels * (sum[c] / pixels) > most_deviation * most_deviation)
            return false;
    return true;
}

/* In the colours of such a photo a painting is of one colour, too. */
void sc_run_find_content(sc_run *r)
{
    sc_colour_mode colour = r->plan.paintings.colour;
    bool of_photo = colour == SC_COLOUR_PHOTO || colour == SC_COLOUR_LUMINANCE,
         plain = r->subject.content && remarks_is_plain(&r->photo);
    if (plain && !of_photo)
        sc_plan_forget_content(&r->plan);
    if (plain)
        snprintf(r->remark, sizeof r->remark, "the photo is of one colour: %s",
                 of_photo ? "in its colours there is nothing to paint" : "it becomes a texture of the style");
}

bool sc_run_has_content(const sc_run *r)
{
    return r->subject.content && !r->plan.plain;
}
