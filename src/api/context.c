/* SPDX-License-Identifier: MIT */
/* Contexts and errors. */
#include "api/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/nearest.h"
#include "core/spelling.h"
#include "scumble/version.h"

const char *scumble_error_name(int code)
{
    static const char *const texts[] = {
        [-SCUMBLE_OK] = "success",
        [-SCUMBLE_ERR_ARGUMENT] = "an argument or option is wrong",
        [-SCUMBLE_ERR_MEMORY] = "not enough memory",
        [-SCUMBLE_ERR_NOT_FOUND] = "a file, model or layer does not exist",
        [-SCUMBLE_ERR_ACCESS] = "permission denied",
        [-SCUMBLE_ERR_IO] = "reading or writing failed",
        [-SCUMBLE_ERR_NO_SPACE] = "no space left",
        [-SCUMBLE_ERR_FORMAT] = "a file is damaged or not what it claims to be",
        [-SCUMBLE_ERR_UNSUPPORTED] = "a valid input that scumble cannot handle",
        [-SCUMBLE_ERR_LIMIT] = "larger than a limit allows",
        [-SCUMBLE_ERR_CANCELLED] = "stopped by the caller",
        [-SCUMBLE_ERR_DIVERGED] = "the optimisation diverged",
        [-SCUMBLE_ERR_NETWORK] = "a download failed",
        [-SCUMBLE_ERR_INTERNAL] = "a bug in scumble",
    };
    return code > 0 || -(long)code >= (long)(sizeof texts / sizeof *texts) ? "unknown error" : texts[-code];
}

const char *scumble_version(void)
{
    return SCUMBLE_VERSION;
}

int scumble_version_number(void)
{
    return SCUMBLE_VERSION_NUMBER;
}

int sc_report(scumble *s, const sc_error *err)
{
    if (s && err->code) {
        size_t length = *err->text == '`' ? strcspn(err->text + 1, "`") : 0;
        s->error = *err;
        snprintf(s->error_option, sizeof s->error_option, "%.*s", (int)length, err->text + 1);
    }
    if (s && err->code == SCUMBLE_ERR_CANCELLED && !s->calling_back) /* this is the answer to it */
        sc_threads_revive(s->threads);
    return err->code;
}

const char *scumble_error_option(const scumble *s)
{
    return s ? s->error_option : "";
}

void scumble_cancel(scumble *s)
{
    if (sc_is_open(s))
        sc_threads_cancel(s->threads);
}

int scumble_cancel_clear(scumble *s)
{
    if (!sc_is_open(s) || !sc_threads_cancelled(s->threads))
        return 0;
    sc_threads_revive(s->threads);
    return 1;
}

int sc_misuse(scumble *s, const char *what)
{
    sc_error err;
    sc_fail(&err, SCUMBLE_ERR_ARGUMENT, "%s", what);
    return sc_report(s, &err);
}

int sc_take_sized(void *own, size_t own_bytes, const void *given, size_t least_bytes, const char *name, sc_error *err)
{
    size_t bytes = 0;
    memset(own, 0, own_bytes);
    if (given)
        memcpy(&bytes, given, sizeof bytes);
    if (given && bytes < least_bytes)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "%s: its field size must be sizeof(%s), and is %zu", name, name,
                       bytes);
    if (given)
        memcpy(own, given, bytes < own_bytes ? bytes : own_bytes);
    memcpy(own, &own_bytes, sizeof own_bytes);
    return SCUMBLE_OK;
}

bool sc_texts_all_there(const char *const *texts, int count)
{
    for (int i = 0; i < count; i++)
        if (!texts[i])
            return false;
    return true;
}

bool sc_is_open(const scumble *s)
{
    return s && s->description;
}

int sc_null(scumble *s, const char *function)
{
    if (s && !s->description)
        return s->error.code ? s->error.code : SCUMBLE_ERR_ARGUMENT;
    sc_error err;
    sc_fail(&err, SCUMBLE_ERR_ARGUMENT, "%s: NULL was given where it may not be", function);
    return sc_report(s, &err);
}

const char *scumble_error_text(const scumble *s)
{
    return s ? s->error.text : "";
}

static int context_open_context(scumble *s, const scumble_config *given, sc_error *err)
{
    scumble_config own, *config = &own;
    if (SC_TAKE(config, given, scumble_config, data_dir, err))
        return err->code;
    s->limits = (sc_image_limits){ .max_pixels = config->max_pixels,
                                   .decode_s = config->decode_s,
                                   .vector = config->allow_vector != 0 };
    if (config->max_pixels < 0)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "the limit of pixels must be positive, or 0 for 400 million; got %lld",
                       (long long)config->max_pixels);
    if (config->decode_s < 0)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "the time for reading a picture must be positive, or 0 for the usual; got %d", config->decode_s);
    int code = sc_threads_create(&s->threads, config->threads, err);
    if (!code)
        code = sc_device_create_host(&s->device, s->threads, err);
    if (code)
        return code;
    s->limits.threads = s->threads;
    s->data_dir = config->data_dir ? strdup(config->data_dir) : sc_default_data_dir();
    if (config->data_dir && !s->data_dir)
        return sc_fail_memory(err, strlen(config->data_dir));
    int count = sc_threads_count(s->threads);
    s->description = sc_format("%s, %d thread%s", s->device->kernels->describe(), count, count == 1 ? "" : "s");
    return s->description ? SCUMBLE_OK : sc_fail_memory(err, 64);
}

int scumble_open(scumble **s, const scumble_config *config)
{
    if (!s)
        return sc_null(NULL, __func__);
    *s = calloc(1, sizeof **s);
    if (!*s)
        return SCUMBLE_ERR_MEMORY;
    sc_error err = { 0 };
    sc_media_begin();
    context_open_context(*s, config, &err);
    return sc_report(*s, &err);
}

void scumble_close(scumble **handle)
{
    scumble *s = handle ? *handle : NULL;
    if (!s)
        return;
    *handle = NULL;
    sc_matching_free(s->matching);
    for (int i = 0; i < s->encoder_count; i++) {
        free(s->encoders[i].name);
        sc_holding_end(&s->encoders[i].held);
        sc_encoder_free(s->encoders[i].encoder);
    }
    free(s->encoders);
    sc_model_list_free(&s->models);
    free(s->model_infos);
    sc_painter_list_free(&s->painters);
    free(s->painter_infos);
    free(s->recipe_path);
    free(s->recipe_hash);
    free(s->rights_name);
    free(s->rights_text);
    json_decref(s->rights_recipe);
    sc_device_destroy(s->device);
    sc_threads_destroy(s->threads);
    free(s->data_dir);
    free(s->description);
    free(s);
    if (sc_media_end()) /* nobody is left who asked for it */
        sc_big_limit(0);
}

const char *scumble_describe(scumble *s)
{
    return sc_is_open(s) ? s->description : "";
}

int sc_context_encoder(scumble *s, const char *name, const sc_encoder **encoder, sc_error *err)
{
    for (int i = 0; i < s->encoder_count; i++)
        if (s->encoders[i].name && strcmp(s->encoders[i].name, name) == 0) {
            *encoder = s->encoders[i].encoder;
            return SCUMBLE_OK;
        }
    sc_kept_encoder kept = { .name = strdup(name), .held.device = s->device };
    sc_kept_encoder *more = realloc(s->encoders, (size_t)(s->encoder_count + 1) * sizeof *more);
    if (more)
        s->encoders = more;
    int code = kept.name && more ? sc_encoder_open(s->threads, &kept.encoder, name, s->data_dir, err) :
                                   sc_fail_memory(err, sizeof kept);
    if (!code)
        code = sc_encoder_hold(kept.encoder, &kept.held, err);
    if (code) {
        sc_holding_end(&kept.held);
        sc_encoder_free(kept.encoder);
        free(kept.name);
        return code;
    }
    s->encoders[s->encoder_count++] = kept;
    *encoder = kept.encoder;
    return SCUMBLE_OK;
}

void sc_context_forget_encoders(scumble *s)
{
    for (int i = 0; i < s->encoder_count; i++) {
        free(s->encoders[i].name);
        s->encoders[i].name = NULL;
    }
}

const char *scumble_nearest(const char *word, const char *const *names, int count)
{
    return word && names ? sc_nearest(word, names, count) : NULL;
}

int scumble_same_name(const char *a, const char *b)
{
    return a && b && sc_same_spelling(a, b);
}

void scumble_text_free(char **text)
{
    if (text) {
        free(*text);
        *text = NULL;
    }
}
