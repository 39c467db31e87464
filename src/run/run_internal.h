/* SPDX-License-Identifier: MIT */
/* What a run is made of; shared by run.c, scale.c, start.c, remarks.c and state.c only. */
#ifndef SC_RUN_RUN_INTERNAL_H
#define SC_RUN_RUN_INTERNAL_H

#include "optimise/optimizer.h"
#include "run/plan.h"
#include "run/run.h"

/* One scale at work. */
typedef struct sc_scale_work {
    sc_run *run;
    sc_image x; /* the optimised picture */
    sc_optimizer *optimizer;
    sc_variable *variable;
    float *values;   /* what the optimiser works on: x.rgb itself for pixels, else memory of its own */
    float *gradient; /* with respect to the picture; NULL for pixels */
    float *query;    /* the picture that targets were last refreshed for; NULL when none are */
    sc_targets targets;
    sc_objective *objective; /* NULL: to be made anew, with the guides that there are now */
    float *divisors;         /* what its balance found */
    int divisor_count;
    bool guides_changed; /* since the objective was made */
    bool refresh_due;    /* a refresh was broken off */
    sc_losses evaluated;
} sc_scale_work;

struct sc_run {
    sc_plan plan;
    sc_subject subject;
    char *identity;
    int iterations; /* in all */
    sc_position position;
    sc_image photo; /* the content at the final size, for colour, alpha and what the output inherits; made periodic
                       for a tile; of a texture: blank */
    sc_colour_map *recolour;  /* of the photo, as sc_paintings has them; or NULL */
    sc_tensor saliency;       /* of the photo, where it is to stay legible; else empty */
    sc_tensor coverage;       /* at the final size: how much of the picture is painted; empty = all of it */
    sc_scale_work *now;       /* NULL: nothing is set up */
    sc_image result;          /* of a run that rests: the optimised picture */
    const sc_weights *resume; /* until the first scale is set up */
    json_t *events;
    struct sc_kept_guides *kept_guides; /* of a state whose guides had been set */
    sc_losses losses;
    sc_work done;          /* as far as it is counted */
    double all_s, spent_s; /* of the forecast: what it would take at pace 1, and the steps so far */
    const char *note;
    char remark[160]; /* on what is painted; "" = nothing */
    bool told;        /* it was a step's note */
};

static inline const sc_style_options *sc_run_options_of(const sc_run *r)
{
    return &r->plan.style->options;
}
static inline sc_threads *sc_run_threads_of(const sc_run *r)
{
    return r->plan.style->threads;
}
/* Of its rgb. */
static inline size_t sc_run_values_of(const sc_image *image)
{
    return (size_t)image->width * (size_t)image->height * 3;
}

/* remarks.c: puts what is to be said of masks that mark nothing, and of a photo of one colour, into `remark`; finds out
 * whether it is one. */
void sc_run_remark_masks(sc_run *run);
void sc_run_find_content(sc_run *run);
/* recolour.c: how the photo's colours are moved to the paintings', as far as the options say and the guides are now. */
int sc_run_find_recolouring(sc_run *run, sc_error *err);
/* remarks.c: whether there is a photo with something in it. */
bool sc_run_has_content(const sc_run *run);

/* start.c: the picture x of the first scale, as subject and options say; and of a later one, the last one's result. */
int sc_run_start_picture(const sc_run *run, sc_scale_work *work, const sc_scale *scale, sc_error *err);
int sc_run_next_picture(const sc_run *run, sc_scale_work *work, const sc_scale_work *last, const sc_scale *scale,
                        sc_error *err);
/* start.c: noise around the paintings' colour, that textures grow out of. */
int sc_run_make_noise(const sc_run *run, int width, int height, sc_image *noise, sc_error *err);

/* scale.c: sc_image_resize, or for a tile sc_image_resize_tile. */
int sc_run_resize(const sc_run *run, const sc_image *image, int width, int height, sc_image *out, sc_error *err);
/* scale.c: makes what is needed to iterate: the first scale, the next one, or what guides have changed. */
int sc_run_make_ready(sc_run *run, sc_error *err);
/* scale.c: one iteration, and new matches where they are due after it. */
int sc_run_iterate(sc_run *run, sc_error *err);
/* scale.c: new matches, if they are due at this position. */
int sc_run_refresh_now_and_then(sc_run *run, sc_error *err);
/* scale.c: the picture as the optimiser has it, within 0..1; `to` holds as many values as x, and may be x.rgb. */
void sc_run_take(const sc_scale_work *work, float *to);
void sc_scale_work_free(sc_scale_work *work);
/* Objective and targets are to be made anew. */
void sc_run_forget_objective(sc_scale_work *work);
/* Number of the refresh of targets that was the last before this position. */
uint64_t sc_run_round(const sc_run *run);

/* state.c: plan, position and what was set, before anything is made. */
int sc_run_restore(sc_run *run, const sc_weights *state, sc_error *err);
/* state.c: x, query, divisors and the optimiser's state, into a scale at work. */
int sc_run_restore_work(sc_run *run, sc_scale_work *work, const sc_weights *state, sc_error *err);
/* run.c: the weight of a group, without noting it; and the number of an event. */
int sc_run_apply_weight(sc_run *run, const char *name, double weight, sc_error *err);
double sc_run_event_number(const json_t *value);
void sc_kept_guides_free(struct sc_kept_guides *kept);

#endif
