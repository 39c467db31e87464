/* SPDX-License-Identifier: MIT */
/* Distilling of the public API: checks what the caller gave, keeps names and the recipe, and leads the distiller. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "api/options.h"
#include "api/training.h"
#include "core/clock.h"
#include "core/file.h"
#include "scumble/distil.h"
#include "train/distil.h"

_Static_assert((int)SCUMBLE_DISTIL_LAYERS == (int)SC_LITE_TAPPED, "the public number of layers");

struct scumble_distiller {
    scumble *s;
    sc_distiller *inner;
    scumble_options options;
    char **teachers, **photos;
    int teacher_count, photo_count;
    char *recipe, *own_recipe; /* own: with the paths of the inputs, for the checkpoint */
    char *licences;            /* of the teachers, as a sentence */
    double elapsed_s;          /* in earlier parts and steps */
    sc_event event;            /* where it stands */
    char *complaint;           /* the last one given */
};

/* ---- where it stands -----------------------------------------------------------------------------------------------
 */

static double distilling_done(const scumble_distiller *d)
{
    return sc_training_done(sc_distiller_steps(d->inner), d->options.distil.steps, d->elapsed_s,
                            d->options.distil.time_s);
}

static void api_distil_tell(scumble_distiller *d, const sc_losses *losses, const char *note)
{
    sc_training_tell(&d->event, "distil", sc_distiller_steps(d->inner), d->options.distil.steps, distilling_done(d),
                     d->elapsed_s, losses, note);
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

/* What the encoder says of itself has names; what its checkpoint needs, to go on, has paths. */
static char *api_distil_write_recipe(const scumble_distiller *d, const sc_encoder *const *encoders, bool with_paths)
{
    json_t *teachers = json_array(), *photos = json_array();
    for (int i = 0; i < d->teacher_count; i++)
        json_array_append_new(teachers,
                              json_pack("{s:s, s:s, s:s, s:s}", "encoder",
                                        with_paths ? d->teachers[i] : sc_file_name(d->teachers[i]), "name",
                                        sc_encoder_name(encoders[i]), "licence", sc_encoder_licence(encoders[i]),
                                        "sha256", sc_encoder_sha256(encoders[i])));
    for (int i = 0; i < d->photo_count; i++)
        json_array_append_new(photos, json_string(with_paths ? d->photos[i] : sc_training_input(d->photos[i])));
    json_t *recipe = json_pack("{s:i, s:s, s:o, s:o, s:o}", "distillation", 1, "scumble", scumble_version(), "options",
                               sc_option_table_to_json(&sc_distil_option_table, &d->options.distil), "teachers",
                               teachers, "photos", photos);
    char *text = json_dumps(recipe, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(recipe);
    return text;
}

/* "distilled from vgg19 (CC BY 4.0), lite (MIT)" */
static char *write_licences(const sc_encoder *const *encoders, int count)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (int i = 0; out && i < count; i++)
        fprintf(out, "%s%s (%s)", i ? ", " : "distilled from ", sc_encoder_name(encoders[i]),
                sc_encoder_licence(encoders[i]));
    return out && !fclose(out) ? text : NULL;
}

static int api_distil_create_inner(scumble_distiller *d, sc_error *err)
{
    const sc_distil_settings *o = &d->options.distil;
    const sc_encoder **encoders = calloc((size_t)d->teacher_count, sizeof *encoders);
    sc_distil_config config = {
        .options = { .rate = o->learning_rate, .batch = o->batch, .edge = o->crop, .seed = o->seed },
        .teachers = encoders,
        .teacher_count = d->teacher_count,
        .device = d->s->device,
        .threads = d->s->threads,
        .photos = (const char *const *)d->photos,
        .photo_path_count = d->photo_count,
        .limits = d->s->limits,
    };
    int code = encoders ? SCUMBLE_OK : sc_fail_memory(err, (size_t)d->teacher_count * sizeof *encoders);
    for (int i = 0; i < d->teacher_count && !code; i++)
        code = sc_context_encoder(d->s, d->teachers[i], &encoders[i], err);
    if (!code)
        code = sc_distiller_create(&d->inner, &config, err);
    if (!code && (!(d->recipe = api_distil_write_recipe(d, encoders, false)) ||
                  !(d->own_recipe = api_distil_write_recipe(d, encoders, true)) ||
                  !(d->licences = write_licences(encoders, d->teacher_count))))
        code = sc_fail_memory(err, sizeof *d->recipe);
    free(encoders);
    return code;
}

static int create_distiller(scumble *s, const scumble_options *options, const char *const *teachers, int teacher_count,
                            const char *const *photos, int photo_count, scumble_distiller **distiller, sc_error *err)
{
    scumble_distiller *d = calloc(1, sizeof *d);
    if (!d)
        return sc_fail_memory(err, sizeof *d);
    d->s = s;
    d->options = *options;
    int crop = options->distil.crop, code = SCUMBLE_OK;
    if (crop % 16)
        code = sc_fail(err, SCUMBLE_ERR_ARGUMENT, "`crop`: %d is not a multiple of 16", crop);
    if (!code)
        code = sc_texts_copy(teachers, teacher_count, &d->teachers, &d->teacher_count, err);
    if (!code)
        code = sc_texts_copy(photos, photo_count, &d->photos, &d->photo_count, err);
    if (!code)
        code = api_distil_create_inner(d, err);
    if (code)
        scumble_distiller_close(&d);
    else
        api_distil_tell(d, NULL, NULL);
    *distiller = d;
    return code;
}

int scumble_distiller_open(scumble *s, const scumble_options *options, const char *const *teachers, int teacher_count,
                           const char *const *photos, int photo_count, scumble_distiller **distiller)
{
    if (distiller)
        *distiller = NULL;
    if (!sc_is_open(s) || !teachers || !photos || !distiller || !sc_texts_all_there(teachers, teacher_count) ||
        !sc_texts_all_there(photos, photo_count))
        return sc_null(s, __func__);
    if (teacher_count < 1 || photo_count < 1)
        return sc_misuse(s,
                         teacher_count < 1 ? "there is no encoder to learn from" : "there are no pictures to learn on");
    sc_error err = { 0 };
    scumble_options own;
    if (!sc_options_take(&own, options, SCUMBLE_OPTIONS_DISTIL, &err))
        create_distiller(s, &own, teachers, teacher_count, photos, photo_count, distiller, &err);
    return sc_report(s, &err);
}

void scumble_distiller_close(scumble_distiller **distiller)
{
    if (!distiller || !*distiller)
        return;
    scumble_distiller *d = *distiller;
    sc_distiller_free(d->inner);
    sc_texts_free(d->teachers, d->teacher_count);
    sc_texts_free(d->photos, d->photo_count);
    free(d->recipe);
    free(d->own_recipe);
    free(d->licences);
    free(d->complaint);
    free(d);
    *distiller = NULL;
}

/* ---- going on -------------------------------------------------------------------------------------------------- */

/* Texts of a recipe, or, with a key, of its objects; they last as long as it does. The caller frees *texts. */
static int read_texts(const json_t *array, const char *key, const char ***texts, int *count, sc_error *err)
{
    size_t size = json_array_size(array);
    if (!size || size > 1 << 20)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint's recipe is damaged");
    *texts = calloc(size, sizeof **texts);
    if (!*texts)
        return sc_fail_memory(err, size * sizeof **texts);
    for (size_t i = 0; i < size; i++) {
        const json_t *entry = json_array_get(array, i);
        if (!((*texts)[i] = json_string_value(key ? json_object_get(entry, key) : entry)))
            return sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint's recipe is damaged");
    }
    *count = (int)size;
    return SCUMBLE_OK;
}

static int resume_distiller(scumble *s, const sc_weights *state, int64_t steps, double time_s,
                            scumble_distiller **distiller, sc_error *err)
{
    const char *text = sc_weights_metadata(state, "recipe"), **teachers = NULL, **photos = NULL;
    json_t *recipe = text ? json_loads(text, 0, NULL) : NULL;
    scumble_options options = sc_options_default(SCUMBLE_OPTIONS_DISTIL);
    int teacher_count, photo_count,
        code = read_texts(json_object_get(recipe, "teachers"), "encoder", &teachers, &teacher_count, err);
    if (!code)
        code = read_texts(json_object_get(recipe, "photos"), NULL, &photos, &photo_count, err);
    if (!code)
        code = sc_option_table_from_json(&sc_distil_option_table, json_object_get(recipe, "options"), &options.distil,
                                         err);
    if (steps)
        options.distil.steps = steps;
    if (time_s > 0)
        options.distil.time_s = time_s;
    if (!code)
        code = create_distiller(s, &options, teachers, teacher_count, photos, photo_count, distiller, err);
    if (!code)
        code = sc_distiller_load((*distiller)->inner, state, &(*distiller)->elapsed_s, err);
    if (code)
        scumble_distiller_close(distiller);
    else
        api_distil_tell(*distiller, NULL, NULL);
    free(teachers);
    free(photos);
    json_decref(recipe);
    return code;
}

int scumble_distiller_resume(scumble *s, const char *checkpoint, int64_t steps, double time_s,
                             scumble_distiller **distiller)
{
    if (distiller)
        *distiller = NULL;
    if (!sc_is_open(s) || !checkpoint || !distiller)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_weights *state;
    int code = sc_training_state(s->threads, &state, SC_TRAINING_ENCODER, checkpoint, steps, time_s, &err);
    if (!code) {
        code = resume_distiller(s, state, steps, time_s, distiller, &err);
        sc_weights_free(state);
    }
    if (code)
        sc_error_prefix_file(&err, checkpoint);
    return sc_report(s, &err);
}

/* ---- training -------------------------------------------------------------------------------------------------- */

const scumble_event *scumble_distiller_progress(const scumble_distiller *distiller)
{
    return distiller ? &distiller->event.told : NULL;
}

int scumble_distiller_done(const scumble_distiller *distiller)
{
    return !distiller || distilling_done(distiller) >= 1;
}

int scumble_distiller_step(scumble_distiller *d)
{
    if (!d)
        return SCUMBLE_ERR_ARGUMENT;
    sc_error err = { 0 };
    sc_losses losses;
    const char *note;
    double started_s = sc_now_s();
    int code = sc_distiller_step(d->inner, distilling_done(d), &losses, &note, &err);
    d->elapsed_s += sc_now_s() - started_s;
    if (code) /* it stands where it stood */
        losses = d->event.losses;
    api_distil_tell(d, &losses, note);
    return sc_report(d->s, &err);
}

const char *scumble_distiller_complaint(scumble_distiller *d)
{
    if (!d)
        return NULL;
    free(d->complaint);
    d->complaint = NULL;
    return sc_distiller_take_complaint(d->inner, &d->complaint) ? d->complaint : NULL;
}

int scumble_distiller_save(scumble_distiller *d, const char *path, double *unexplained)
{
    if (!d)
        return SCUMBLE_ERR_ARGUMENT;
    if (!path)
        return sc_null(d->s, __func__);
    sc_error err = { 0 };
    char name[64];
    double shares[SC_LITE_TAPPED];
    sc_weights *weights;
    const sc_distil_settings *o = &d->options.distil;
    sc_training_name(path, name);
    sc_distil_texts texts = { .name = *o->name ? o->name : name,
                              .licence = *o->licence ? o->licence : d->licences,
                              .source = "scumble train encoder",
                              .recipe = d->recipe };
    int code = sc_distiller_finish(d->inner, &texts, &weights, shares, &err);
    if (code)
        return sc_report(d->s, &err);
    if (unexplained)
        memcpy(unexplained, shares, sizeof shares);
    sc_safetensors_write(d->s->threads, weights, path, true, &err);
    sc_weights_free(weights);
    return sc_report(d->s, &err);
}

int scumble_distiller_checkpoint(scumble_distiller *d, const char *path)
{
    if (!d)
        return SCUMBLE_ERR_ARGUMENT;
    if (!path)
        return sc_null(d->s, __func__);
    sc_error err = { 0 };
    sc_distiller_save(d->inner, d->own_recipe, d->elapsed_s, path, &err);
    return sc_report(d->s, &err);
}

int scumble_distiller_layers(const scumble_distiller *distiller, const char **names)
{
    int count = distiller ? sc_distiller_layers(distiller->inner) : 0;
    for (int i = 0; names && i < count; i++)
        names[i] = sc_lite_layers[i];
    return count;
}

void scumble_distiller_facts(const scumble_distiller *distiller, int64_t *photos, int64_t *parameters)
{
    if (photos)
        *photos = distiller ? sc_distiller_photos(distiller->inner) : 0;
    if (parameters)
        *parameters = distiller ? sc_distiller_parameters(distiller->inner) : 0;
}
