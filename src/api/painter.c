/* SPDX-License-Identifier: MIT */
/* Painters of the public API: checks what the caller gave, keeps the facts for the recipe. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "api/painter.h"
#include "record/provenance.h"
#include "record/rights_json.h"
#include "core/clock.h"
#include "core/file.h"
#include "paint/paint.h"

int scumble_painters_list(scumble *s, int *count)
{
    if (count)
        *count = 0;
    if (!sc_is_open(s) || !count)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_painter_list_free(&s->painters);
    s->painter_count = 0;
    if (sc_painters_list(s->data_dir, &s->painters, &err))
        return sc_report(s, &err);
    free(s->painter_infos);
    s->painter_infos = calloc((size_t)s->painters.count + 1, sizeof *s->painter_infos);
    if (!s->painter_infos) {
        sc_fail_memory(&err, sizeof *s->painter_infos);
        return sc_report(s, &err);
    }
    for (int i = 0; i < s->painters.count; i++) {
        const sc_painter_entry *entry = &s->painters.entries[i];
        s->painter_infos[i] = (scumble_painter_info){ .name = entry->name,
                                                      .licence = entry->licence,
                                                      .source = entry->source,
                                                      .training = "",
                                                      .path = entry->path,
                                                      .sha256 = "",
                                                      .size_bytes = entry->size_bytes,
                                                      .range = "",
                                                      .unused = "" };
    }
    *count = s->painter_count = s->painters.count;
    return SCUMBLE_OK;
}

const scumble_painter_info *scumble_painter_at(const scumble *s, int index)
{
    return s && index >= 0 && index < s->painter_count ? &s->painter_infos[index] : NULL;
}

static int inner_pixels(const scumble_network_pixels *given, sc_painter_pixels *pixels, sc_error *err)
{
    static const double ranges[][2] = { [SCUMBLE_RANGE_FOUND] = { 0, 0 },
                                        [SCUMBLE_RANGE_0_1] = { 0, 1 },
                                        [SCUMBLE_RANGE_SIGNED] = { -1, 1 },
                                        [SCUMBLE_RANGE_0_255] = { 0, 255 } };
    scumble_network_pixels own;
    if (SC_TAKE(&own, given, scumble_network_pixels, bgr, err))
        return err->code;
    unsigned range = (unsigned)own.range;
    if (range >= sizeof ranges / sizeof *ranges)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the range of a network must be one of scumble_network_range");
    *pixels = (sc_painter_pixels){ ranges[range][0], ranges[range][1], own.bgr != 0 };
    return SCUMBLE_OK;
}

int scumble_painter_import(scumble *s, const char *path, const scumble_network_pixels *pixels, const char *name,
                           const char *licence)
{
    if (!sc_is_open(s) || !path)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_painter_pixels inner;
    if (!inner_pixels(pixels, &inner, &err))
        sc_painter_import(path, &inner, name, licence, s->data_dir, &err);
    return sc_report(s, &err);
}

static int open_as(scumble *s, const char *name_or_path, const scumble_network_pixels *pixels,
                   scumble_painter **painter, const char *function)
{
    if (painter)
        *painter = NULL;
    if (!sc_is_open(s) || !name_or_path || !painter)
        return sc_null(s, function);
    sc_error err = { 0 };
    sc_painter_pixels inner;
    if (inner_pixels(pixels, &inner, &err))
        return sc_report(s, &err);
    scumble_painter *p = calloc(1, sizeof *p);
    int code =
        p ? sc_painter_open(&p->inner, &p->origin, name_or_path, s->data_dir, &err) : sc_fail_memory(&err, sizeof *p);
    if (!code && (code = sc_painter_tell(p->inner, &inner, &err)))
        sc_error_prefix(&err, "'%s'", name_or_path);
    if (code) {
        scumble_painter_close(&p);
        return sc_report(s, &err);
    }
    p->s = s;
    p->told = inner;
    p->about = (scumble_painter_info){ .name = p->inner->name,
                                       .licence = p->inner->licence,
                                       .source = p->inner->source,
                                       .training = p->inner->recipe,
                                       .path = p->origin.path,
                                       .sha256 = p->origin.sha256,
                                       .size_bytes = p->origin.size_bytes,
                                       .learnt_size = p->inner->size,
                                       .can_judge = p->inner->discriminator != NULL,
                                       .range = sc_painter_range(p->inner, p->range),
                                       .range_is_guess = p->inner->guessed,
                                       .bgr = p->inner->is_bgr,
                                       .unused = p->inner->unused };
    *painter = p;
    return SCUMBLE_OK;
}

int scumble_painter_open(scumble *s, const char *name_or_path, scumble_painter **painter)
{
    return open_as(s, name_or_path, NULL, painter, __func__);
}

int scumble_painter_open_as(scumble *s, const char *name_or_path, const scumble_network_pixels *pixels,
                            scumble_painter **painter)
{
    return open_as(s, name_or_path, pixels, painter, __func__);
}

void scumble_painter_close(scumble_painter **painter)
{
    scumble_painter *p = painter ? *painter : NULL;
    if (!p)
        return;
    *painter = NULL;
    sc_painter_free(p->inner);
    free(p->origin.path);
    free(p->recipe);
    free(p);
}

const scumble_painter_info *scumble_painter_about(const scumble_painter *painter)
{
    return painter ? &painter->about : NULL;
}

int sc_api_paint_options(const scumble_painter *p, const scumble_options *given, sc_paint_options *options,
                         sc_error *err)
{
    scumble_options own;
    if (sc_options_take(&own, given, SCUMBLE_OPTIONS_PAINT, err))
        return err->code;
    const sc_paint_settings *o = &own.paint;
    *options = (sc_paint_options){ .size = o->size,
                                   .style_scale = o->style_scale,
                                   .tileable = o->tileable != 0,
                                   .strength = o->strength,
                                   .keep_colours = o->colour != 0,
                                   .max_memory_bytes = o->max_memory_bytes,
                                   .device = p->s->device,
                                   .threads = p->s->threads };
    return SCUMBLE_OK;
}

static const char busy[] = "this painter is painting: its callback cannot use it";

int scumble_painter_estimate(scumble_painter *p, int width, int height, const scumble_options *options,
                             const scumble_paint_estimate **estimate)
{
    if (estimate)
        *estimate = NULL;
    if (!p || !estimate)
        return sc_null(p ? p->s : NULL, __func__);
    sc_paint_options inner;
    sc_error err = { 0 };
    const char *wrong = p->running ? busy : NULL;
    if (!wrong && (width < 1 || height < 1 || width > SC_MAX_EDGE || height > SC_MAX_EDGE))
        wrong = "a picture's width and height must be from 1 to 65535";
    if (wrong)
        return sc_misuse(p->s, wrong);
    if (sc_api_paint_options(p, options, &inner, &err))
        return sc_report(p->s, &err);
    sc_paint_cost cost = { 0 };
    int code = sc_paint_estimate(p->inner, width, height, &inner, (int64_t)width * height * 3 * (int64_t)sizeof(float),
                                 &cost, &err);
    p->estimate = (scumble_paint_estimate){ cost.memory_bytes, cost.temporary_bytes, cost.tile_edge,
                                            cost.width,        cost.height,          cost.first_edge };
    *estimate = !code || code == SCUMBLE_ERR_LIMIT ? &p->estimate : NULL;
    return sc_report(p->s, &err);
}

static int api_painter_report(double share, void *user)
{
    const scumble_painter *p = user;
    scumble_event now = sc_event_of_stage("apply", "paint", "pixels", (int64_t)(share * (double)p->pixels), p->pixels,
                                          sc_now_s() - p->started_s);
    now.size_px = p->size_px;
    return p->progress ? p->progress(&now, p->user) : 0;
}

/* Names that are no UTF-8 are left out. */
static void api_painter_set_text(json_t *object, const char *key, const char *text)
{
    if (text && *text)
        json_object_set_new(object, key, json_string(text));
}

json_t *sc_training_paintings(const char *recipe)
{
    json_t *training = recipe ? json_loads(recipe, 0, NULL) : NULL;
    json_t *sources = json_object_get(training, "styles") ? sc_recipe_sources(training) : NULL, *source;
    size_t i;
    json_array_foreach(sources, i, source)
    {
        json_object_del(source, "path");
        json_object_del(source, "role");
    }
    json_decref(training);
    return sources;
}

static json_t *api_painter_content(const sc_source *photo)
{
    json_t *content = json_object(), *rights = sc_rights_to_json(&photo->rights);
    char *name = photo->path ? sc_file_shown_name(photo->path) : NULL;
    api_painter_set_text(content, "name", name);
    free(name);
    api_painter_set_text(content, "sha256", photo->sha256);
    if (rights)
        json_object_set_new(content, "rights", rights);
    return content;
}

char *sc_api_painter_recipe(const scumble_painter *p, const sc_source *photo, const sc_paint_options *options,
                            const sc_image *result)
{
    json_t *painter = json_object(), *paintings = sc_training_paintings(p->about.training);
    api_painter_set_text(painter, "name", p->about.name);
    api_painter_set_text(painter, "licence", p->about.licence);
    api_painter_set_text(painter, "source", p->about.source);
    if (p->about.path)
        api_painter_set_text(painter, "file", sc_file_name(p->about.path));
    api_painter_set_text(painter, "sha256", p->about.sha256);
    json_t *recipe =
        json_pack("{s:i, s:s, s:s, s:o, s:{s:f, s:s, s:f, s:b}}", "painting", 1, "scumble", scumble_version(),
                  "computed_with", p->s->device->kernels->describe(), "painter", painter, "options", "strength",
                  options->strength, "colour", options->keep_colours ? "luminance" : "style", "style-scale",
                  options->style_scale, "tileable", options->tileable);
    if (photo)
        json_object_set_new(recipe, "content", api_painter_content(photo));
    if (result)
        json_object_set_new(recipe, "result",
                            json_pack("{s:i, s:i}", "width", result->width, "height", result->height));
    if (paintings)
        json_object_set_new(recipe, "paintings", paintings);
    if (p->told.high > 0)
        api_painter_set_text(json_object_get(recipe, "options"), "range", p->about.range);
    if (p->told.bgr)
        api_painter_set_text(json_object_get(recipe, "options"), "channels", "bgr");
    char *text = json_dumps(recipe, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_REAL_PRECISION(9));
    json_decref(recipe);
    return text;
}

static int api_painter_paint(scumble_painter *p, const scumble_image *image, const sc_paint_options *options,
                             scumble_image **result, sc_error *err)
{
    sc_source photo = { 0 };
    sc_image painted;
    free(p->recipe);
    p->recipe = NULL;
    p->pixels = (int64_t)image->image.width * image->image.height;
    p->size_px = options->size                            ? options->size :
                 image->image.width > image->image.height ? image->image.width :
                                                            image->image.height;
    p->started_s = sc_now_s();
    p->running = true;
    p->s->calling_back++;
    int code = sc_paint(p->inner, &image->image, options, api_painter_report, p, &painted, err);
    p->running = false;
    p->s->calling_back--;
    if (code)
        return code;
    code = sc_source_remember(p->s, &photo, image, err);
    if (!code && !(p->recipe = sc_api_painter_recipe(p, &photo, options, &painted)))
        code = sc_fail_memory(err, 4096);
    free(photo.path);
    if (code)
        sc_image_free(&painted);
    return code ? code : sc_context_image(&painted, NULL, result, err);
}

int scumble_painter_paint(scumble_painter *p, const scumble_image *image, const scumble_options *options,
                          scumble_event_fn progress, void *user, scumble_image **result)
{
    if (result)
        *result = NULL;
    if (!p || !image || !result)
        return sc_null(p ? p->s : NULL, __func__);
    sc_paint_options inner;
    sc_error err = { 0 };
    if (p->running)
        return sc_misuse(p->s, busy);
    if (sc_api_paint_options(p, options, &inner, &err))
        return sc_report(p->s, &err);
    p->progress = progress;
    p->user = user;
    api_painter_paint(p, image, &inner, result, &err);
    return sc_report(p->s, &err);
}

const char *scumble_painter_recipe(const scumble_painter *painter)
{
    return painter && painter->recipe ? painter->recipe : "";
}
