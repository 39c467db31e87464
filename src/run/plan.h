/* SPDX-License-Identifier: MIT */
/* What a style is made of, and the plan of a run: what is known of it before it begins, which is all that an estimate
 * needs. Shared by style.c, plan.c, estimate.c, forecast.c, speed.c and the files of the run (run_internal.h) only. */
#ifndef SC_RUN_PLAN_H
#define SC_RUN_PLAN_H

#include "colour/colour.h"
#include "run/forecast.h" /* circle: forecast.c foretells plans, and a style keeps what it said */
#include "loss/groups.h"
#include "optimise/variable.h"
#include "run/style.h" /* circle: style.c, of which this is the inside */
#include "run/tiling.h"

struct sc_style {
    sc_device *device;
    sc_threads *threads;
    sc_style_options options;
    sc_objective_config config; /* with the layers as the options name them */
    const sc_image **paintings;
    sc_piece *pieces;           /* one for each painting, as it was given */
    double *weights;            /* of each painting, as given */
    sc_colour_moments *moments; /* of each painting; NULL for SC_COLOUR_PALETTE */
    bool grey;                  /* all of them are */
    int painting_count;
    sc_colour_mode colour;
    sc_image colours; /* the palette; empty unless the options name a file */
    sc_tiling tiling; /* as the options have it */
    char *description;
    /* What runs and estimates leave to those that come after. */
    sc_target_cache cache;
    sc_forecast forecast;            /* of the plan that was looked at last; no scales = there is none */
    sc_speed speed;                  /* of this machine, */
    bool speed_known, speed_texture; /* once it was measured, for textures or for photos; */
    double pace;                     /* and how many times as long as that the last run took */
};

/* A run before it begins. */
typedef struct sc_plan {
    sc_style *style;                   /* borrowed */
    const double *weights;             /* of its paintings; borrowed */
    sc_objective_config config;        /* of this run: rows that compare with what is not there are empty */
    sc_paintings paintings;            /* the pieces as paintings; owns its arrays */
    sc_colour_moments moments;         /* of all pieces by weight, but for SC_COLOUR_PALETTE */
    int content_width, content_height; /* 0 = a texture */
    int sequel, sequel_scales;         /* of a frame that goes on from one that is painted, as in its subject; else 0 */
    bool plain; /* the photo is of one colour: there is no content, and it is painted as a texture is */
    sc_guided guided;
    int regions; /* of the style's losses: 0 = one, everywhere alike */
    sc_scales scales;
    sc_need photo, guides;             /* what there is of them, or will be */
    bool loaded;                       /* the photo is in memory */
    sc_tiling tiling;                  /* the tiles that are asked for; of other sizes they are chosen */
    bool tiles_stay;                   /* whatever memory is free, so that frames of a film are cut alike */
    double tile_pixels[SC_MAX_SCALES]; /* of each scale, once sc_plan_cut has chosen them; 0 = it is not cut */
    int64_t limit_bytes;               /* that they were chosen for, */
    bool unfit;                        /* and asked for were others, which do not fit */
} sc_plan;

/* The subject's pieces, rows and size; the scales are those of a result that options.size asks for. */
int sc_plan_create(sc_plan *plan, sc_style *style, const sc_subject *subject, sc_error *err);
void sc_plan_free(sc_plan *plan);
/* Other guides. On failure the plan stays as it was. */
int sc_plan_guide(sc_plan *plan, const sc_guides *guides, sc_error *err);
/* The photo turned out to have nothing in it. */
void sc_plan_forget_content(sc_plan *plan);
bool sc_plan_has_content(const sc_plan *plan);
bool sc_plan_is_texture(const sc_plan *plan);
/* The scales for a result of exactly this size, and of so many iterations in all: more than options.iterations go to
 * the last. */
void sc_plan_scales(sc_plan *plan, int width, int height, int iterations);
/* Whether the photo takes the paintings' colours before it is painted. */
bool sc_plan_recolours(const sc_plan *plan);
/* What the optimiser works on: grey pictures are painted in grey. */
sc_variable_kind sc_plan_variable(const sc_plan *plan);
/* The iterations that there are in all. */
int sc_plan_iterations(const sc_style *style);

/* estimate.c: chooses the tiles of all scales, and tells what each needs with them: those of plan->tiling where they
 * fit, else the largest that do; none where the whole fits. With max_memory that is a function of the run alone (sizes,
 * paintings, options, number of threads); without it what is free decides. SCUMBLE_ERR_LIMIT when no tile is small
 * enough. */
int sc_plan_cut(sc_plan *plan, sc_scale_need needs[SC_MAX_SCALES], sc_error *err);
/* estimate.c: the tiles that were chosen; "auto" when there are none. whole: also of scales that are not cut. */
void sc_plan_tiling(const sc_plan *plan, bool whole, sc_tiling *tiling);

/* forecast.c: the times of an estimate, for what is left at `from`. */
int sc_plan_estimate_time(const sc_plan *plan, const sc_position *from, sc_estimate *estimate, sc_error *err);
/* forecast.c: what is left at a position of so many iterations in all, in seconds at the measured speed and pace 1; its
 * scale has been set up or is yet to be. */
double sc_plan_left_s(const sc_plan *plan, const sc_position *position, int iterations, bool set_up);

/* What the parts of a run need. */
/* style.c: as long as it lives, the program and its libraries included. */
sc_need sc_style_need(const sc_style *style);
/* run.c: as long as it lives; its work is that before the first scale. And the work after the last one. */
sc_need sc_run_need(const sc_plan *plan);
sc_work sc_run_end_work(const sc_plan *plan);
/* start.c: of the picture that a scale starts from. */
sc_work sc_run_start_work(const sc_plan *plan, const sc_scale *scale);
/* scale.c: a scale at work after so many iterations, without targets and objective; its work is that of an iteration
 * beside the objective's evaluation. */
sc_need sc_scale_work_need(const sc_plan *plan, const sc_scale *scale, int iterations);
/* scale.c: a scale's work from what its parts need. */
void sc_scale_work_foretell(const sc_plan *plan, const sc_scale *scale, const sc_scale_need *need,
                            sc_scale_forecast *forecast);

/* state.c: where a state stands in a plan; at its start when it does not fit, which the run will say. */
sc_position sc_state_position(const sc_weights *state, const sc_scales *scales);

/* The iteration before which targets are refreshed the last time, of so many at a scale: never after the last. */
int sc_last_refresh(int iterations);
/* How often they are refreshed after the first one, in the first `done` of so many iterations at a scale. */
int sc_refreshes(int done, int iterations);

#endif
