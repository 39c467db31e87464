/* SPDX-License-Identifier: MIT */
/* What the public handles are made of, and how errors leave the library. The files of this folder check arguments,
 * translate between public and internal types, and do nothing else. */
#ifndef SC_API_CONTEXT_H
#define SC_API_CONTEXT_H

#include <jansson.h>
#include <stdatomic.h>

#include "device/device.h"
#include "measure/matching.h"
#include "media/image.h"
#include "nets/store/painters.h"
#include "nets/store/registry.h"
#include "scumble/painter.h"
#include "scumble/provenance.h"

enum { SC_MAX_EDGE = 65535 }; /* of a picture, in pixels */

typedef struct sc_kept_encoder {
    char *name; /* as it was asked for; NULL: stays for the styles that use it, but is not given out any more */
    sc_encoder *encoder;
    sc_holding held; /* its weights, on the device */
} sc_kept_encoder;

struct scumble {
    sc_error error;
    char error_option[64]; /* that its sentence begins with */
    sc_threads *threads;
    int calling_back; /* calls under way that call the program back: what that calls leaves a cancel to them */
    sc_device *device;
    sc_image_limits limits;
    char *data_dir;
    char *description;
    sc_kept_encoder *encoders; /* loaded once, kept until the end */
    int encoder_count;
    sc_model_list models; /* of the last scumble_models_list */
    scumble_model_info *model_infos;
    int model_count;
    sc_painter_list painters; /* of the last scumble_painters_list */
    scumble_painter_info *painter_infos;
    int painter_count;
    char *recipe_path, *recipe_hash; /* of the last scumble_recipe_input */
    sc_matching *matching;           /* made when it is first needed */
    sc_rights rights;                /* of the last scumble_rights */
    scumble_rights shown_rights;
    char rights_summary[SC_SUMMARY_BYTES], *rights_name;
    char *rights_text; /* the recipe that scumble_rights_of_style was last asked about, and what it says */
    json_t *rights_recipe;
};

struct scumble_image {
    sc_image image;
    char *path;        /* where it was loaded from, or NULL */
    atomic_int shared; /* by so many besides its owner */
};

/* Notes an error in the context and returns its code; NULL s: the code alone. With it the call ends, so a cancel that
 * was answered is over. */
int sc_report(scumble *s, const sc_error *err);
/* For wrong arguments of the caller: notes the sentence, returns SCUMBLE_ERR_ARGUMENT. */
int sc_misuse(scumble *s, const char *what);
/* None of the texts is NULL. */
bool sc_texts_all_there(const char *const *texts, int count);
/* The context was opened well. */
bool sc_is_open(const scumble *s);
/* For NULL where a pointer is needed, or a context that is not open (its own error stays): `if (!sc_is_open(s) ||
 * !path) return sc_null(s, __func__);` */
int sc_null(scumble *s, const char *function);
/* The encoder, loaded on first use. Borrowed. */
int sc_context_encoder(scumble *s, const char *name_or_path, const sc_encoder **encoder, sc_error *err);
/* The files have changed: load them anew when they are asked for again. */
void sc_context_forget_encoders(scumble *s);
/* The same picture once more, which is freed as any other; for NULL NULL. */
scumble_image *sc_image_share(const scumble_image *image);
/* Copies what a program filled in, whose first field is its size as the program knows it, to *own, whose size this
 * version knows: what is beyond either is 0 or left out. given NULL: all 0. least_bytes: up to the last field of the
 * struct's first version. name: for the sentence when it is smaller than that. */
int sc_take_sized(void *own, size_t own_bytes, const void *given, size_t least_bytes, const char *name, sc_error *err);
/* The same with `type` and the last field of its first version. */
#define SC_TAKE(own, given, type, last, err) \
    sc_take_sized(own, sizeof(type), given, offsetof(type, last) + sizeof((type *)NULL)->last, #type, err)
/* Wraps *image (its contents move, on failure too). path: of its file, or NULL. */
int sc_context_image(sc_image *image, const char *path, scumble_image **out, sc_error *err);

#endif
