/* SPDX-License-Identifier: MIT */
/* What a transfer is made of; shared by transfer.c, remarks.c, scale.c, estimate.c, forecast.c, speed.c and
 * checkpoint.c only. */
#ifndef SC_STYLE_TRANSFER_INTERNAL_H
#define SC_STYLE_TRANSFER_INTERNAL_H

#include "style/colour.h"
#include "style/forecast.h"
#include "style/optimizer.h"
#include "style/targets.h"
#include "style/transfer.h"
#include "style/variable.h"

struct sc_transfer {
    const sc_backend *backend;
    sc_threads *threads;
    scumble_options options;
    sc_objective_config config; /* with the layers as the options name them */
    sc_paintings paintings;
    sc_target_cache cache;
    uint64_t *keys;
    const sc_image **styles; /* the palette's arrays */
    const sc_tensor **style_masks;
    double *style_weights;           /* sum 1 */
    int expected_regions;            /* of the runs to be estimated; 0: no masks and nothing protected */
    sc_image init, colours;          /* empty unless the options name a file */
    sc_colour_moments style_moments; /* of all paintings by weight, for SC_COLOUR_MATCH */
    char *description;
    int64_t base_bytes;              /* what the process held when the transfer was made */
    sc_forecast forecast;            /* of the run that was estimated last, or is running; no scales = there is none */
    sc_speed speed;                  /* of this machine, */
    bool speed_known, speed_texture; /* once it was measured, for textures or for photos; */
    double pace;                     /* and how many times as long as that the last run took */
    /* the run */
    const sc_subject *subject; /* during the run */
    sc_scales scales;
    sc_position position;
    sc_image x;     /* the optimised picture at the current scale */
    sc_image photo; /* the content at the final size, for colour, alpha and what the output inherits; made periodic for
                       a tile; of a texture: blank */
    bool plain;     /* the photo is of one colour: there is no content, and it is painted as a texture is */
    char remark[160];   /* on what is painted, for the first report; "" = nothing */
    sc_tensor coverage; /* at the final size: how much of the picture is painted; empty = all of it */
    sc_optimizer *optimizer;
    sc_variable *variable;
    float *values;      /* what the optimiser works on: x.rgb itself for pixels, else memory of its own */
    float *gradient;    /* with respect to the picture; NULL for pixels */
    float *query;       /* the picture that targets were last refreshed for, at this scale; NULL when none are */
    sc_targets targets; /* of this scale */
    sc_objective *objective;
    sc_losses losses, evaluated;
    sc_work done; /* by this run, as far as it is counted */
    char *identity;
};

/* estimate.c: the scales for a result of this size. */
void sc_transfer_scales(sc_transfer *transfer, bool texture, int width, int height, sc_scales *scales);
/* estimate.c: what one of the scales needs, with the tiles that fit. */
int sc_transfer_need(sc_transfer *transfer, const sc_scales *scales, int scale, sc_need *need, sc_error *err);
/* estimate.c: the objective as a run has it. */
sc_objective_config sc_transfer_config(const sc_transfer *transfer);
/* forecast.c: the times of an estimate, for what is left at `from`. */
int sc_transfer_estimate_time(sc_transfer *transfer, const sc_scales *scales, int width, int height,
                              const sc_need *last, const sc_position *from, scumble_estimate *estimate, sc_error *err);
/* forecast.c: the forecast of the run that begins, with a content of this size, unless it was estimated. */
int sc_transfer_forecast(sc_transfer *transfer, int width, int height, sc_error *err);
/* forecast.c: what a run has left to do, in seconds at the measured speed and pace 1; its scale has been set up or is
 * yet to be. */
double sc_transfer_left_s(const sc_transfer *transfer, bool set_up);
/* estimate.c: the most pixels of a tile with which a scale fits the memory limit, or else what is free; 0 = it is not
 * cut. SCUMBLE_ERR_LIMIT when no tile is small enough. When it is cut, the resident part of big buffers is limited,
 * too. */
int sc_transfer_choose_tiles(sc_transfer *transfer, const sc_scale *scale, double *tile_pixels, sc_error *err);

/* checkpoint.c: where a checkpoint stands in a plan; at its start when it does not fit, which the run will say. */
sc_position sc_checkpoint_position(const sc_weights *state, const sc_scales *plan);
/* checkpoint.c: puts the plan and the position back, and then, into an optimiser that the caller made, x and the state.
 */
int sc_transfer_restore_position(sc_transfer *transfer, const sc_weights *state, const char *identity, sc_error *err);
int sc_transfer_restore_picture(sc_transfer *transfer, const sc_weights *state, sc_error *err);

/* transfer.c: the picture as the optimiser has it now, within 0..1; `to` holds as many values as x, and may be x.rgb
 * itself. */
void sc_transfer_take(sc_transfer *transfer, float *to);

/* remarks.c: puts what is to be said of masks that mark nothing, and of a photo of one colour, into `remark`; finds out
 * whether it is one. */
void sc_transfer_remark_masks(sc_transfer *transfer, const sc_guides *guides);
void sc_transfer_find_content(sc_transfer *transfer, const sc_image *content);
/* remarks.c: whether there is a photo with something in it. */
bool sc_transfer_has_content(const sc_transfer *transfer);

/* scale.c: sc_image_resize, or for a tile sc_image_resize_tile. */
int sc_transfer_resize(const sc_transfer *transfer, const sc_image *image, int width, int height, sc_image *out,
                       sc_error *err);
/* scale.c: one scale, from its start picture to its last iteration. `run` is handed to `report` after every iteration:
 * non-zero stops. */
int sc_transfer_run_scale(sc_transfer *transfer, const sc_weights *resume,
                          int (*report)(sc_transfer *transfer, void *run, const char *note), void *run, sc_error *err);
/* New matches, if they are due after this iteration. */
int sc_transfer_refresh_now_and_then(sc_transfer *transfer, sc_error *err);
/* That the run ends with, counted over all scales. */
int sc_transfer_iterations(const sc_transfer *transfer);
/* The iteration before which targets are refreshed the last time, of so many at a scale: never after the last. */
int sc_last_refresh(int iterations);
/* How often they are refreshed after the first one, in the first `done` of so many iterations at a scale. */
int sc_refreshes(int done, int iterations);
/* Number of the refresh of targets that was the last before this position. */
uint64_t sc_transfer_round(const sc_transfer *transfer);
/* Frees what belongs to one scale; x stays. */
void sc_transfer_end_scale(sc_transfer *transfer);

#endif
