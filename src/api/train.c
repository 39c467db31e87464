/* SPDX-License-Identifier: MIT */
/* Training of the public API: checks what the caller gave, keeps copies and the recipe, and leads the trainer. */
#include <stdlib.h>
#include <string.h>

#include "record/rights_json.h"
#include "api/train.h"
#include "api/training.h"
#include "core/clock.h"
#include "core/file.h"
#include "scumble/provenance.h"
#include "optimise/optimizer.h"

/* ---- recipe ---------------------------------------------------------------------------------------------------- */

/* What the painter says of itself has names; what its checkpoint needs, to go on, has paths. */
static char *api_train_write_recipe(const scumble_trainer *t, const sc_encoder *encoder, bool with_paths)
{
    json_t *styles = json_array(), *photos = json_array();
    for (int i = 0; i < t->painting_count; i++) {
        const sc_painting *p = &t->paintings[i];
        json_t *style = json_pack("{s:s, s:f}", "sha256", p->source.sha256, "weight", p->weight);
        json_t *rights = sc_rights_to_json(&p->source.rights);
        if (p->source.path)
            json_object_set_new(style, with_paths ? "path" : "name",
                                json_string(with_paths ? p->source.path : sc_file_name(p->source.path)));
        if (rights)
            json_object_set_new(style, "rights", rights);
        json_array_append_new(styles, style);
    }
    for (int i = 0; i < t->photo_count; i++)
        json_array_append_new(photos, json_string(with_paths ? t->photos[i] : sc_training_input(t->photos[i])));
    json_t *options = sc_option_table_to_json(&sc_train_option_table, &t->options.train);
    if (!with_paths && sc_option_names_file("encoder", t->options.train.encoder))
        json_object_set_new(options, "encoder", json_string(sc_file_name(t->options.train.encoder)));
    json_t *recipe = json_pack("{s:i, s:s, s:o, s:{s:s, s:s, s:s}, s:o, s:o}", "training", 1, "scumble",
                               scumble_version(), "options", options, "encoder", "name", sc_encoder_name(encoder),
                               "licence", sc_encoder_licence(encoder), "sha256", sc_encoder_sha256(encoder), "styles",
                               styles, "photos", photos);
    char *text = json_dumps(recipe, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    json_decref(recipe);
    return text;
}

/* ---- where it stands -----------------------------------------------------------------------------------------------
 */

static double training_done(const scumble_trainer *t)
{
    return sc_training_done(sc_trainer_steps(t->inner), t->options.train.steps, t->elapsed_s, t->options.train.time_s);
}

static void api_train_tell(scumble_trainer *t, const sc_losses *losses, const char *note)
{
    sc_training_tell(&t->event, "train", sc_trainer_steps(t->inner), t->options.train.steps, training_done(t),
                     t->elapsed_s, losses, note);
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

static int api_train_copy_paintings(scumble_trainer *t, const scumble_painting *paintings, int count, sc_error *err)
{
    double sum = 0;
    t->paintings = calloc((size_t)count, sizeof *t->paintings);
    if (!t->paintings)
        return sc_fail_memory(err, (size_t)count * sizeof *t->paintings);
    t->painting_count = count;
    for (int i = 0; i < count; i++)
        sum += paintings[i].weight;
    int code = SCUMBLE_OK;
    for (int i = 0; i < count && !code; i++) {
        sc_painting *p = &t->paintings[i];
        const sc_image *image = &paintings[i].image->image;
        p->weight = paintings[i].weight / sum;
        code = sc_guides_check_painting(paintings[i].image, i, err);
        if (!code)
            code = sc_source_remember(t->s, &p->source, paintings[i].image, err);
        if (!code)
            code = sc_image_resize(t->s->threads, image, image->width, image->height, &p->image, err);
    }
    return code;
}

/* Terms that look for matches in the picture want to do so from step to step of one picture. */
static int check_terms(const sc_terms *terms, sc_error *err)
{
    for (int i = 0; i < terms->count; i++)
        if (terms->choice[i].term->refresh || terms->choice[i].term->look)
            return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                           "`style_terms`: %s follows one picture from step to step, which training cannot do; take "
                           "gram, cross-gram, w2, sliced or histogram",
                           terms->choice[i].term->name);
    return SCUMBLE_OK;
}

static int read_terms(const sc_train_settings *o, sc_train_config *config, sc_error *err)
{
    const sc_encoder *e = config->encoder;
    int code = sc_terms_parse(&config->content, SC_ROLE_CONTENT, e, o->content_terms, "content_terms",
                              o->content_layers, "content_layers", err);
    if (!code)
        code = sc_terms_parse(&config->style, SC_ROLE_STYLE, e, o->style_terms, "style_terms", o->style_layers,
                              "style_layers", err);
    if (!code)
        code = check_terms(&config->style, err);
    config->layer = code || !o->discriminator ? 0 : sc_encoder_find_layer(e, o->critic_layer, err);
    if (config->layer < 0)
        return sc_error_prefix(err, "`critic_layer`");
    if (!code && o->crop % 16)
        code = sc_fail(err, SCUMBLE_ERR_ARGUMENT, "`crop`: %d is not a multiple of 16", o->crop);
    return code;
}

static int api_train_create_inner(scumble_trainer *t, const sc_encoder *encoder, sc_error *err)
{
    const sc_train_settings *o = &t->options.train;
    const sc_image **images = calloc((size_t)t->painting_count, sizeof *images);
    double *weights = calloc((size_t)t->painting_count, sizeof *weights);
    sc_train_config config = {
        .options = { .alpha = o->alpha,
                     .beta = o->beta,
                     .gamma = o->gamma,
                     .tv = o->tv,
                     .photos = o->photos,
                     .discriminator = o->discriminator,
                     .each = o->each,
                     .rate = o->learning_rate,
                     .batch = o->batch,
                     .edge = o->crop,
                     .style_edge = o->style_size,
                     .seed = o->seed,
                     .steady = o->steady },
        .encoder = encoder,
        .device = t->s->device,
        .threads = t->s->threads,
        .paintings = images,
        .weights = weights,
        .painting_count = t->painting_count,
        .photos = (const char *const *)t->photos,
        .photo_path_count = t->photo_count,
        .limits = t->s->limits,
    };
    memcpy(config.options.size, o->size, sizeof config.options.size);
    int code = images && weights ? read_terms(o, &config, err) :
                                   sc_fail_memory(err, (size_t)t->painting_count * sizeof *images);
    for (int i = 0; i < t->painting_count && !code; i++) {
        images[i] = &t->paintings[i].image;
        weights[i] = t->paintings[i].weight;
    }
    if (!code)
        code = sc_trainer_create(&t->inner, &config, err);
    free(images);
    free(weights);
    return code;
}

static int create_trainer(scumble *s, const scumble_options *options, const scumble_painting *paintings,
                          int painting_count, const char *const *photos, int photo_count, scumble_trainer **trainer,
                          sc_error *err)
{
    const sc_encoder *encoder;
    scumble_trainer *t = calloc(1, sizeof *t);
    if (!t)
        return sc_fail_memory(err, sizeof *t);
    t->s = s;
    t->options = *options;
    sc_train_settings *own = &t->options.train;
    int code = api_train_copy_paintings(t, paintings, painting_count, err);
    if (!code)
        code = sc_texts_copy(photos, photo_count, &t->photos, &t->photo_count, err);
    if (!code)
        code = sc_context_encoder(s, own->encoder, &encoder, err);
    if (!code && own->tv < 0)
        own->tv = sc_encoder_default_tv(encoder);
    if (!code)
        code = api_train_create_inner(t, encoder, err);
    if (!code && (!(t->recipe = api_train_write_recipe(t, encoder, false)) ||
                  !(t->own_recipe = api_train_write_recipe(t, encoder, true))))
        code = sc_fail_memory(err, sizeof *t->recipe);
    if (code)
        scumble_trainer_close(&t);
    else
        api_train_tell(t, NULL, NULL);
    *trainer = t;
    return code;
}

static const char *paintings_wrong(const scumble_painting *paintings, int count)
{
    for (int i = 0; i < count; i++)
        if (!paintings[i].image || !(paintings[i].weight > 0 && paintings[i].weight <= 1e9))
            return "a painting is NULL, or its weight is not above 0 and at most 1e9";
    return count < 1 ? "there is no painting to learn from" : NULL;
}

int scumble_trainer_open(scumble *s, const scumble_options *options, const scumble_painting *paintings,
                         int painting_count, const char *const *photos, int photo_count, scumble_trainer **trainer)
{
    if (trainer)
        *trainer = NULL;
    if (!sc_is_open(s) || !paintings || !photos || !trainer || !sc_texts_all_there(photos, photo_count))
        return sc_null(s, __func__);
    const char *wrong =
        photo_count < 1 ? "there are no photos to learn from" : paintings_wrong(paintings, painting_count);
    if (wrong)
        return sc_misuse(s, wrong);
    sc_error err = { 0 };
    scumble_options own;
    if (!sc_options_take(&own, options, SCUMBLE_OPTIONS_TRAIN, &err))
        create_trainer(s, &own, paintings, painting_count, photos, photo_count, trainer, &err);
    return sc_report(s, &err);
}

void scumble_trainer_close(scumble_trainer **trainer)
{
    if (!trainer || !*trainer)
        return;
    scumble_trainer *t = *trainer;
    sc_trainer_free(t->inner);
    for (int i = 0; i < t->painting_count; i++) {
        sc_image_free(&t->paintings[i].image);
        free(t->paintings[i].source.path);
    }
    free(t->paintings);
    sc_texts_free(t->photos, t->photo_count);
    free(t->recipe);
    free(t->own_recipe);
    free(t->complaint);
    free(t);
    *trainer = NULL;
}

static int permit(const scumble_trainer *t, char **recipe, const char *permission)
{
    char *permitted;
    int code = scumble_recipe_permit(t->s, *recipe, permission, &permitted);
    if (!code) {
        free(*recipe);
        *recipe = permitted;
    }
    return code;
}

int scumble_trainer_permit(scumble_trainer *t, const char *permission)
{
    if (!t)
        return SCUMBLE_ERR_ARGUMENT;
    if (!permission)
        return sc_null(t->s, __func__);
    int code = permit(t, &t->recipe, permission);
    return code ? code : permit(t, &t->own_recipe, permission);
}

/* ---- going on -------------------------------------------------------------------------------------------------- */

/* Texts of a recipe; the arrays are freed with it. */
typedef struct inputs {
    scumble_options options;
    scumble_painting *paintings;
    const char **photos;
    int painting_count, photo_count;
} inputs;

static int load_painting(scumble *s, const json_t *entry, scumble_painting *painting, sc_error *err)
{
    const char *path = json_string_value(json_object_get(entry, "path"));
    if (!path)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "a painting of this training did not come from a file: it cannot be found again");
    scumble_image *image;
    int code = scumble_image_load(s, path, &image);
    if (code)
        return *err = s->error, code;
    *painting = (scumble_painting){ .image = image, .weight = json_number_value(json_object_get(entry, "weight")) };
    return SCUMBLE_OK;
}

static int api_train_read_inputs(scumble *s, const json_t *recipe, inputs *in, sc_error *err)
{
    const json_t *styles = json_object_get(recipe, "styles"), *photos = json_object_get(recipe, "photos");
    size_t style_count = json_array_size(styles), photo_count = json_array_size(photos);
    if (!style_count || !photo_count || style_count > 1 << 20 || photo_count > 1 << 20)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint's recipe is damaged");
    in->paintings = calloc(style_count, sizeof *in->paintings);
    in->photos = calloc(photo_count, sizeof *in->photos);
    if (!in->paintings || !in->photos)
        return sc_fail_memory(err, style_count * sizeof *in->paintings);
    in->options = sc_options_default(SCUMBLE_OPTIONS_TRAIN);
    int code =
        sc_option_table_from_json(&sc_train_option_table, json_object_get(recipe, "options"), &in->options.train, err);
    for (size_t i = 0; i < photo_count && !code; i++, in->photo_count++) {
        in->photos[i] = json_string_value(json_array_get(photos, i));
        if (!in->photos[i])
            code = sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint's recipe is damaged");
    }
    for (size_t i = 0; i < style_count && !code; i++) {
        code = load_painting(s, json_array_get(styles, i), &in->paintings[i], err);
        in->painting_count += !code;
    }
    const char *wrong = code ? NULL : paintings_wrong(in->paintings, in->painting_count);
    return wrong ? sc_fail(err, SCUMBLE_ERR_FORMAT, "%s", wrong) : code;
}

static void free_inputs(inputs *in)
{
    for (int i = 0; i < in->painting_count; i++) {
        scumble_image *image = (scumble_image *)(uintptr_t)in->paintings[i].image;
        scumble_image_free(&image);
    }
    free(in->paintings);
    free(in->photos);
}

/* The recipe is written anew when a training goes on; what was stated with it stays. */
static int keep_permission(scumble_trainer *t, const json_t *recipe, sc_error *err)
{
    const char *permission = json_string_value(json_object_get(recipe, "permission"));
    int code = permission ? scumble_trainer_permit(t, permission) : SCUMBLE_OK;
    if (code)
        *err = t->s->error;
    return code;
}

static int resume_trainer(scumble *s, const sc_weights *state, int64_t steps, double time_s, scumble_trainer **trainer,
                          sc_error *err)
{
    const char *text = sc_weights_metadata(state, "recipe");
    json_t *recipe = text ? json_loads(text, 0, NULL) : NULL;
    inputs in = { .paintings = NULL };
    int code = api_train_read_inputs(s, recipe, &in, err);
    if (!code && steps)
        in.options.train.steps = steps;
    if (!code && time_s > 0)
        in.options.train.time_s = time_s;
    if (!code)
        code = create_trainer(s, &in.options, in.paintings, in.painting_count, in.photos, in.photo_count, trainer, err);
    if (!code)
        code = keep_permission(*trainer, recipe, err);
    if (!code)
        code = sc_trainer_load((*trainer)->inner, state, &(*trainer)->elapsed_s, err);
    if (code)
        scumble_trainer_close(trainer);
    else
        api_train_tell(*trainer, NULL, NULL);
    free_inputs(&in);
    json_decref(recipe);
    return code;
}

int scumble_trainer_resume(scumble *s, const char *checkpoint, int64_t steps, double time_s, scumble_trainer **trainer)
{
    if (trainer)
        *trainer = NULL;
    if (!sc_is_open(s) || !checkpoint || !trainer)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_weights *state;
    int code = sc_training_state(s->threads, &state, SC_TRAINING_PAINTER, checkpoint, steps, time_s, &err);
    if (!code) {
        code = resume_trainer(s, state, steps, time_s, trainer, &err);
        sc_weights_free(state);
    }
    if (code)
        sc_error_prefix_file(&err, checkpoint);
    return sc_report(s, &err);
}

/* ---- training -------------------------------------------------------------------------------------------------- */

const scumble_event *scumble_trainer_progress(const scumble_trainer *trainer)
{
    return trainer ? &trainer->event.told : NULL;
}

int scumble_trainer_done(const scumble_trainer *trainer)
{
    return !trainer || training_done(trainer) >= 1;
}

int scumble_trainer_step(scumble_trainer *t)
{
    if (!t)
        return SCUMBLE_ERR_ARGUMENT;
    sc_error err = { 0 };
    sc_losses losses;
    const char *note;
    double started_s = sc_now_s();
    int code = sc_trainer_step(t->inner, training_done(t), &losses, &note, &err);
    t->elapsed_s += sc_now_s() - started_s;
    if (code) /* it stands where it stood */
        losses = t->event.losses;
    api_train_tell(t, &losses, note);
    return sc_report(t->s, &err);
}

const char *scumble_trainer_complaint(scumble_trainer *t)
{
    if (!t)
        return NULL;
    free(t->complaint);
    t->complaint = NULL;
    return sc_trainer_take_complaint(t->inner, &t->complaint) ? t->complaint : NULL;
}

enum { GAP = 4 }; /* pixels between samples, white */

static int place_side_by_side(const sc_image *images, int count, scumble_image **row, sc_error *err)
{
    int edge = images[0].width, width = count * edge + (count - 1) * GAP;
    sc_image sheet;
    int code = sc_image_create(&sheet, width, edge, false, err);
    if (code)
        return code;
    for (size_t i = 0; i < (size_t)width * (size_t)edge * 3; i++)
        sheet.rgb[i] = 1;
    for (int i = 0; i < count; i++)
        for (int y = 0; y < edge; y++)
            memcpy(sheet.rgb + ((size_t)y * (size_t)width + (size_t)(i * (edge + GAP))) * 3,
                   images[i].rgb + (size_t)y * (size_t)edge * 3, (size_t)edge * 3 * sizeof *sheet.rgb);
    return sc_context_image(&sheet, NULL, row, err);
}

int scumble_trainer_sample(scumble_trainer *t, scumble_image **photos, scumble_image **painted, double *auc)
{
    sc_image own[2][SC_TRAIN_SAMPLES];
    scumble_image **rows[2] = { photos, painted };
    sc_error err = { 0 };
    int count;
    double area;
    if (!t)
        return SCUMBLE_ERR_ARGUMENT;
    for (int r = 0; r < 2; r++)
        if (rows[r])
            *rows[r] = NULL;
    int code = sc_trainer_sample(t->inner, own[0], own[1], &count, &area, &err);
    if (code)
        return sc_report(t->s, &err);
    for (int r = 0; r < 2; r++) {
        if (rows[r] && !code)
            code = place_side_by_side(own[r], count, rows[r], &err);
        for (int i = 0; i < count; i++)
            sc_image_free(&own[r][i]);
    }
    if (auc)
        *auc = area;
    return sc_report(t->s, &err);
}

int scumble_trainer_save(scumble_trainer *t, const char *path)
{
    if (!t)
        return SCUMBLE_ERR_ARGUMENT;
    if (!path)
        return sc_null(t->s, __func__);
    sc_error err = { 0 };
    char name[64];
    sc_train_settings *o = &t->options.train;
    sc_painter texts = { .name = *o->name ? o->name : name,
                         .licence = o->licence,
                         .recipe = t->recipe,
                         .source = (char *)"scumble train",
                         .layer = o->critic_layer };
    const sc_encoder *encoder;
    if (sc_context_encoder(t->s, o->encoder, &encoder, &err)) /* it is loaded, so this finds it */
        return sc_report(t->s, &err);
    texts.encoder = (char *)(uintptr_t)sc_encoder_name(encoder);
    texts.encoder_sha256 = (char *)(uintptr_t)sc_encoder_sha256(encoder);
    sc_training_name(path, name);
    sc_trainer_save_painter(t->inner, &texts, path, &err);
    return sc_report(t->s, &err);
}

int scumble_trainer_checkpoint(scumble_trainer *t, const char *path)
{
    if (!t)
        return SCUMBLE_ERR_ARGUMENT;
    if (!path)
        return sc_null(t->s, __func__);
    sc_error err = { 0 };
    sc_trainer_save(t->inner, t->own_recipe, t->elapsed_s, path, &err);
    return sc_report(t->s, &err);
}

const char *scumble_trainer_recipe(const scumble_trainer *trainer)
{
    return trainer ? trainer->recipe : "";
}

const scumble_options *scumble_trainer_options(const scumble_trainer *trainer)
{
    return trainer ? &trainer->options : NULL;
}

void scumble_trainer_facts(const scumble_trainer *trainer, int64_t *photos, int64_t *parameters)
{
    if (photos)
        *photos = trainer ? sc_trainer_photos(trainer->inner) : 0;
    if (parameters)
        *parameters = trainer ? sc_trainer_parameters(trainer->inner) : 0;
}
