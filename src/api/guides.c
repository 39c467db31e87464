/* SPDX-License-Identifier: MIT */
/* Guides: the masks of the public API checked and made into the regions of the engine, grey ones one by one, labels
 * colour by colour (run/labels.h takes those apart); faces added to what is protected. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/style.h"
#include "media/faces.h"
#include "media/image_alpha.h"
#include "run/labels.h"
#include "loss/region.h"

enum { MAX_PARTS = 64 };
static const char protect_name[] = "mask of protected areas";

/* "the mask 'left.png'"; when it is from no file "mask 2", or without an index (-1) "the mask". */
typedef struct picture_name {
    char text[200];
} picture_name;

static picture_name guides_name_of(const char *what, int index, const char *path)
{
    picture_name name;
    if (path)
        snprintf(name.text, sizeof name.text, "the %s '%.150s'", what, path);
    else if (index < 0)
        snprintf(name.text, sizeof name.text, "the %s", what);
    else
        snprintf(name.text, sizeof name.text, "%s %d", what, index + 1);
    return name;
}

void sc_guides_free(sc_guide_set *set)
{
    if (!set || set->shared-- > 0)
        return;
    for (int i = 0; i < set->piece_count; i++) {
        sc_tensor_free(&set->marked[i].counts);
        sc_tensor_free(&set->marked[i].place);
    }
    for (int i = 0; i < set->mask_count && set->mask_sources; i++)
        free(set->mask_sources[i].path);
    free(set->marked);
    free(set->pieces);
    free(set->places);
    free(set->mask_sources);
    free(set->protect_source.path);
    sc_tensor_free(&set->protect);
    free(set);
}

sc_guide_set *sc_guides_share(sc_guide_set *set)
{
    set->shared++;
    return set;
}

/* ---- regions --------------------------------------------------------------------------------------------------- */

/* Of one shape: at the size of the larger one they would differ by less than a pixel of the smaller one. */
int scumble_mask_fits(int mask_width, int mask_height, int width, int height)
{
    int64_t difference = (int64_t)mask_width * height - (int64_t)mask_height * width;
    int larger = mask_width > width ? mask_width : width, taller = mask_height > height ? mask_height : height;
    return mask_width > 0 && mask_height > 0 && width > 0 && height > 0 &&
           llabs(difference) <= (larger > taller ? larger : taller);
}

static bool nothing_counts(const sc_tensor *region)
{
    float most = 0;
    for (size_t i = 0; i < sc_shape_count(region->shape); i++)
        most = region->data[i] > most ? region->data[i] : most;
    return most < 1 / 255.f;
}

/* A region of a painting (data NULL: all of it) counts only where the painting can be seen. */
static int leave_out_hidden(sc_threads *threads, sc_tensor *counts, const sc_image *painting, sc_error *err)
{
    sc_tensor fitted;
    if (sc_image_is_opaque(painting))
        return SCUMBLE_OK;
    if (counts->data && (counts->shape.h != painting->height || counts->shape.w != painting->width)) {
        int code = sc_region_resize(threads, &fitted, counts, painting->height, painting->width, err);
        if (code)
            return code;
        sc_tensor_free(counts);
        *counts = fitted;
    }
    return sc_image_weigh_visible(counts, painting, err);
}

int sc_guides_check_style_mask(sc_threads *threads, const scumble_painting *given, int index, sc_error *err)
{
    const sc_image *mask = &given->mask->image, *painting = &given->image->image;
    picture_name name = guides_name_of("style mask", index, given->mask->path);
    if (!scumble_mask_fits(mask->width, mask->height, painting->width, painting->height))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "%s is %d x %d pixels, but its painting is %d x %d; a style mask must have its painting's shape",
                       name.text, mask->width, mask->height, painting->width, painting->height);
    sc_tensor region;
    int code = sc_region_from_image(threads, &region, mask, mask->height, mask->width, err);
    if (code)
        return code;
    bool black = nothing_counts(&region);
    code = leave_out_hidden(threads, &region, painting, err);
    bool hidden = nothing_counts(&region);
    sc_tensor_free(&region);
    if (code)
        return code;
    if (black)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "%s is black everywhere, so that nothing of its painting counts; paint white what should",
                       name.text);
    if (hidden)
        return sc_fail(
            err, SCUMBLE_ERR_UNSUPPORTED,
            "%s is white only where its painting is transparent, so that nothing counts; paint white what can be seen",
            name.text);
    return SCUMBLE_OK;
}

int sc_guides_check_painting(const scumble_image *painting, int index, sc_error *err)
{
    picture_name name = guides_name_of("painting", index, painting->path);
    if (sc_image_is_invisible(&painting->image))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "%s is wholly transparent: there is no style to be seen in it; give an opaque picture",
                       name.text);
    return SCUMBLE_OK;
}

/* Masks need not be kept larger than the result can be. */
static void kept_size(const scumble_style *t, int width, int height, int *kept_width, int *kept_height)
{
    sc_result_size(width, height, t->options.style.size, kept_width, kept_height);
    if (*kept_width > width || *kept_height > height) {
        *kept_width = width;
        *kept_height = height;
    }
}

static int keep_region(sc_tensor *kept, const scumble_style *t, const sc_image *mask, sc_error *err)
{
    int width, height;
    kept_size(t, mask->width, mask->height, &width, &height);
    return sc_region_from_image(t->s->threads, kept, mask, height, width, err);
}

static int create_pieces(sc_guide_set *set, int count, sc_error *err)
{
    set->marked = calloc((size_t)count, sizeof *set->marked);
    set->pieces = calloc((size_t)count, sizeof *set->pieces);
    if (!set->marked || !set->pieces)
        return sc_fail_memory(err, (size_t)count * sizeof *set->marked);
    set->piece_count = count;
    return SCUMBLE_OK;
}

/* One part for each painting; masks NULL: everywhere. */
static int make_plain_parts(sc_guide_set *set, const scumble_style *t, const scumble_image *const *masks, sc_error *err)
{
    int code = create_pieces(set, t->painting_count, err);
    for (int i = 0; i < t->painting_count && !code; i++) {
        const sc_painting *p = &t->paintings[i];
        set->marked[i].painting = i;
        if (p->mask.rgb)
            code = sc_region_from_image(t->s->threads, &set->marked[i].counts, &p->mask, p->mask.height, p->mask.width,
                                        err);
        if (!code)
            code = leave_out_hidden(t->s->threads, &set->marked[i].counts, &p->image, err);
        if (masks && !code)
            code = keep_region(&set->marked[i].place, t, &masks[i]->image, err);
    }
    return code;
}

/* ---- labels ---------------------------------------------------------------------------------------------------- */

/* A mask and the label of each of its pixels. */
typedef struct labelled {
    sc_labels labels;
    uint8_t *map;
} labelled;

static int label_picture(const sc_threads *threads, labelled *l, const sc_image *mask, const picture_name *name,
                         sc_error *err)
{
    int code = sc_labels_find(threads, &l->labels, mask, err);
    if (code == SCUMBLE_ERR_UNSUPPORTED)
        sc_error_prefix(err, "%s", name->text);
    if (code)
        return code;
    l->map = sc_big_alloc((size_t)mask->width * (size_t)mask->height, err);
    if (!l->map)
        return err->code;
    return sc_labels_assign(threads, &l->labels, mask, l->map, err);
}

/* The pairs of a label of the photo's mask and a painting that has it, as (label, painting, label there). */
typedef struct pair {
    int label, painting, style_label;
} pair;

static int find_pairs(pair *pairs, int *count, const labelled *place, const labelled *styles, const scumble_style *t,
                      const picture_name *name, sc_error *err)
{
    *count = 0;
    for (int label = 0; label < place->labels.count; label++) {
        const uint8_t *rgb = place->labels.rgb[label];
        int before = *count;
        for (int i = 0; i < t->painting_count; i++) {
            int match = styles[i].map ? sc_labels_match(&styles[i].labels, rgb) : -1;
            if (match < 0)
                continue;
            if (*count == MAX_PARTS)
                return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                               "%s and the style masks share more than %d pairs of a painting and a colour", name->text,
                               MAX_PARTS);
            pairs[(*count)++] = (pair){ label, i, match };
        }
        if (*count == before)
            return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                           "no style mask has the colour #%02x%02x%02x, which %s has in %.3g %% of the photo", rgb[0],
                           rgb[1], rgb[2], name->text, 100 * place->labels.share[label]);
    }
    return SCUMBLE_OK;
}

static int fill_part(sc_marked *part, const pair *from, const labelled *place, const labelled *style,
                     const scumble_style *t, const sc_image *mask, sc_error *err)
{
    const sc_image *style_mask = &t->paintings[from->painting].mask;
    sc_tensor whole;
    int width, height;
    kept_size(t, mask->width, mask->height, &width, &height);
    part->painting = from->painting;
    int code = sc_labels_region(t->s->threads, &part->counts, style->map, from->style_label, style_mask->height,
                                style_mask->width, err);
    if (!code)
        code = leave_out_hidden(t->s->threads, &part->counts, &t->paintings[from->painting].image, err);
    if (!code)
        code = sc_labels_region(t->s->threads, &whole, place->map, from->label, mask->height, mask->width, err);
    if (code)
        return code;
    code = sc_region_resize(t->s->threads, &part->place, &whole, height, width, err);
    sc_tensor_free(&whole);
    return code;
}

/* A mask without any label paints nothing: one part, nowhere. */
static int make_part_nowhere(sc_guide_set *set, const scumble_style *t, const sc_image *mask, sc_error *err)
{
    int width, height, code = create_pieces(set, 1, err);
    kept_size(t, mask->width, mask->height, &width, &height);
    return code ? code : sc_tensor_create(&set->marked[0].place, (sc_shape){ 1, 1, height, width }, err);
}

static int guides_make_pairs(sc_guide_set *set, const scumble_style *t, const scumble_image *mask, labelled *place,
                             labelled *styles, sc_error *err)
{
    pair pairs[MAX_PARTS];
    int count = 0;
    picture_name name = guides_name_of("mask", 0, mask->path);
    int code = label_picture(t->s->threads, place, &mask->image, &name, err);
    for (int i = 0; i < t->painting_count && !code; i++) {
        const sc_painting *p = &t->paintings[i];
        picture_name style_name = guides_name_of("style mask", i, p->mask_source.path);
        if (p->mask.rgb)
            code = label_picture(t->s->threads, &styles[i], &p->mask, &style_name, err);
    }
    if (!code)
        code = find_pairs(pairs, &count, place, styles, t, &name, err);
    if (!code && !count)
        return make_part_nowhere(set, t, &mask->image, err);
    if (!code)
        code = create_pieces(set, count, err);
    for (int i = 0; i < count && !code; i++)
        code = fill_part(&set->marked[i], &pairs[i], place, &styles[pairs[i].painting], t, &mask->image, err);
    return code;
}

static int make_label_parts(sc_guide_set *set, const scumble_style *t, const scumble_image *mask, sc_error *err)
{
    labelled place = { .map = NULL }, *styles = calloc((size_t)t->painting_count, sizeof *styles);
    if (!styles)
        return sc_fail_memory(err, (size_t)t->painting_count * sizeof *styles);
    int code = guides_make_pairs(set, t, mask, &place, styles, err);
    for (int i = 0; i < t->painting_count; i++)
        sc_big_free(styles[i].map);
    free(styles);
    sc_big_free(place.map);
    return code;
}

/* ---- what the caller gave -------------------------------------------------------------------------------------- */

static int fail_count(const scumble_style *t, int count, sc_error *err)
{
    return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                   "there %s %d mask%s for %d style%s; give one for each style, or a single one whose colours are in "
                   "the style masks",
                   count == 1 ? "is" : "are", count, count == 1 ? "" : "s", t->painting_count,
                   t->painting_count == 1 ? "" : "s");
}

static bool guides_any_style_mask(const scumble_style *t)
{
    for (int i = 0; i < t->painting_count; i++)
        if (t->paintings[i].mask.rgb)
            return true;
    return false;
}

static int take_masks(sc_guide_set *set, const scumble_style *t, const scumble_guides *guides, sc_error *err)
{
    int count = guides->mask_count;
    bool labels = count == 1 && guides_any_style_mask(t) &&
                  (t->painting_count > 1 || sc_labels_has_colour(t->s->threads, &guides->masks[0]->image));
    if (count != t->painting_count && !labels)
        return fail_count(t, count, err);
    int code = labels ? make_label_parts(set, t, guides->masks[0], err) : make_plain_parts(set, t, guides->masks, err);
    if (code)
        return code;
    set->places = calloc((size_t)set->piece_count, sizeof *set->places);
    set->mask_sources = calloc((size_t)count, sizeof *set->mask_sources);
    if (!set->places || !set->mask_sources)
        return sc_fail_memory(err, (size_t)count * sizeof *set->mask_sources);
    set->mask_count = count;
    for (int i = 0; i < set->piece_count; i++)
        set->places[i] = &set->marked[i].place;
    for (int i = 0; i < count && !code; i++)
        code = sc_source_remember(t->s, &set->mask_sources[i], guides->masks[i], err);
    return code;
}

/* All masks and the protection are of one shape, the photo's; set->width and height are the first one's. */
static int guides_take_size(sc_guide_set *set, const scumble_image *image, const picture_name *name, sc_error *err)
{
    if (!set->width) {
        set->width = image->image.width;
        set->height = image->image.height;
    } else if (!scumble_mask_fits(image->image.width, image->image.height, set->width, set->height))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "%s is %d x %d pixels, but the mask before it is %d x %d; all must have the photo's shape",
                       name->text, image->image.width, image->image.height, set->width, set->height);
    return SCUMBLE_OK;
}

static int guides_take_guides(sc_guide_set *set, const scumble_style *t, const scumble_guides *guides, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < guides->mask_count && !code; i++) {
        picture_name name = guides_name_of("mask", i, guides->masks[i]->path);
        code = guides_take_size(set, guides->masks[i], &name, err);
    }
    picture_name name = guides_name_of(protect_name, -1, guides->protect ? guides->protect->path : NULL);
    if (guides->protect && !code)
        code = guides_take_size(set, guides->protect, &name, err);
    set->faces = guides->faces != 0;
    int count;
    sc_image blank = { .width = 1, .height = 1, .rgb = (float[3]){ 0 } };
    if (set->faces && !code)
        code = sc_faces_find(NULL, &blank, NULL, 0, &count, err); /* fails here where there is no detector */
    if (guides->protect && !code)
        code = keep_region(&set->protect, t, &guides->protect->image, err);
    if (guides->protect && !code)
        code = sc_source_remember(t->s, &set->protect_source, guides->protect, err);
    return code;
}

int sc_guides_take(scumble *s, scumble_guides *own, const scumble_guides *given, const char *function)
{
    sc_error err = { 0 };
    if (SC_TAKE(own, given, scumble_guides, faces, &err))
        return sc_report(s, &err);
    if (own->mask_count < 0)
        return sc_misuse(s, "the number of masks must not be negative");
    if (own->mask_count > 0 && !own->masks)
        return sc_null(s, function);
    for (int i = 0; i < own->mask_count; i++)
        if (!own->masks[i])
            return sc_null(s, function);
    return SCUMBLE_OK;
}

int sc_guides_make(sc_guide_set **out, const scumble_style *t, const scumble_guides *guides, sc_error *err)
{
    sc_guide_set *set = *out = calloc(1, sizeof *set);
    if (!set)
        return sc_fail_memory(err, sizeof *set);
    int code = guides ? guides_take_guides(set, t, guides, err) : SCUMBLE_OK;
    if (!code)
        code = guides && guides->mask_count ? take_masks(set, t, guides, err) : make_plain_parts(set, t, NULL, err);
    for (int i = 0; i < set->piece_count && !code; i++) {
        const sc_marked *own = &set->marked[i];
        set->pieces[i] = (sc_piece){ own->painting, own->counts.data ? &own->counts : NULL };
    }
    if (code) {
        sc_guides_free(set);
        *out = NULL;
    }
    return code;
}

/* ---- for a run ------------------------------------------------------------------------------------------------- */

bool sc_guides_any(const sc_guide_set *set)
{
    return set->width || set->faces;
}

int sc_guides_fit(const sc_guide_set *set, int width, int height, sc_error *err)
{
    if (!set->width || scumble_mask_fits(set->width, set->height, width, height))
        return SCUMBLE_OK;
    picture_name name = set->mask_count ? guides_name_of("mask", 0, set->mask_sources[0].path) :
                                          guides_name_of(protect_name, -1, set->protect_source.path);
    return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                   "%s is %d x %d pixels, but the photo is %d x %d; a mask must have the photo's shape", name.text,
                   set->width, set->height, width, height);
}

/* protect becomes the larger of itself and the faces' mask; where there are no faces it stays. */
static int add_faces(sc_threads *threads, sc_tensor *protect, const sc_image *photo, sc_error *err)
{
    sc_tensor faces, small;
    int count;
    int code = sc_tensor_create(&faces, (sc_shape){ 1, 1, photo->height, photo->width }, err);
    if (code)
        return code;
    code = sc_faces_mask(threads, photo, faces.data, &count, err);
    if (!code && count && protect->data) {
        code = sc_region_resize(threads, &small, &faces, protect->shape.h, protect->shape.w, err);
        for (size_t i = 0; !code && i < sc_shape_count(small.shape); i++)
            protect->data[i] = small.data[i] > protect->data[i] ? small.data[i] : protect->data[i];
        if (!code)
            sc_tensor_free(&small);
    } else if (!code && count) {
        *protect = faces;
        return SCUMBLE_OK;
    }
    sc_tensor_free(&faces);
    return code;
}

int sc_guides_protect(sc_threads *threads, sc_tensor *protect, const sc_guide_set *set, const sc_image *photo,
                      sc_error *err)
{
    *protect = (sc_tensor){ .data = NULL };
    int code = SCUMBLE_OK;
    if (set->protect.data) {
        code = sc_tensor_create(protect, set->protect.shape, err);
        if (!code)
            memcpy(protect->data, set->protect.data, sc_shape_bytes(protect->shape));
    }
    if (!code && set->faces)
        code = add_faces(threads, protect, photo, err);
    if (code)
        sc_tensor_free(protect);
    return code;
}

int scumble_faces_mask(scumble *s, const scumble_image *image, scumble_image **mask, int *count)
{
    if (mask)
        *mask = NULL;
    if (count)
        *count = 0;
    if (!sc_is_open(s) || !image)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_tensor faces;
    sc_image made;
    int code = sc_tensor_create(&faces, (sc_shape){ 1, 1, image->image.height, image->image.width }, &err);
    if (code)
        return sc_report(s, &err);
    code = sc_faces_mask(s->threads, &image->image, faces.data, count, &err);
    if (!code && mask && !(code = sc_image_create(&made, image->image.width, image->image.height, false, &err))) {
        for (size_t i = 0; i < sc_shape_count(faces.shape) * 3; i++)
            made.rgb[i] = faces.data[i / 3];
        sc_context_image(&made, NULL, mask, &err);
    }
    sc_tensor_free(&faces);
    return sc_report(s, &err);
}
