/* SPDX-License-Identifier: MIT */
/* What a run will take: memory from the planner, time from a short measurement; and the largest size that fits a limit. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/clock.h"
#include "core/memory.h"
#include "style/transfer_internal.h"

/* What stands beside the evaluations: rejected steps, the optimiser's arithmetic, targets, resizing. Runs took 1.1 to 1.4 times the evaluations. */
static const double overhead = 1.25;

static int64_t read_number(const char *path, const char *format)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return -1;
    char line[256];
    long long value = -1;
    while (value < 0 && fgets(line, sizeof line, file))
        if (sscanf(line, format, &value) != 1)
            value = -1;
    fclose(file);
    return value;
}

int64_t sc_process_bytes(void)
{
    int64_t kib = read_number("/proc/self/status", "VmRSS: %lld kB");
    return kib < 0 ? 0 : kib * 1024;
}

static int64_t at_least_zero(int64_t value)
{
    return value < 0 ? 0 : value;
}

int64_t sc_free_memory_bytes(void)
{
    int64_t free_kib = read_number("/proc/meminfo", "MemAvailable: %lld kB");
    int64_t free_bytes = free_kib < 0 ? INT64_MAX : free_kib * 1024;
    int64_t group_limit = read_number("/sys/fs/cgroup/memory.max", "%lld"), group_used = read_number("/sys/fs/cgroup/memory.current", "%lld");
    /* Files that were read count as used, but give way. */
    int64_t group_files = at_least_zero(read_number("/sys/fs/cgroup/memory.stat", "inactive_file %lld"));
    if (group_limit > 0 && group_used >= 0 && group_limit - group_used + group_files < free_bytes)
        free_bytes = group_limit - group_used + group_files;
    struct rlimit limit;
    int64_t mapped_bytes = 1024 * at_least_zero(read_number("/proc/self/status", "VmSize: %lld kB"));
    if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur < INT64_MAX && (int64_t)limit.rlim_cur - mapped_bytes < free_bytes)
        free_bytes = (int64_t)limit.rlim_cur - mapped_bytes;
    return at_least_zero(free_bytes);
}

static int64_t image_bytes(int width, int height)
{
    return (int64_t)width * height * 3 * (int64_t)sizeof(float);
}

/* As a run has it. */
static sc_objective_config config_of(const sc_transfer *t)
{
    sc_objective_config config = t->config;
    if (t->palette.texture_edge)
        config.content.count = 0;
    return config;
}

void sc_transfer_expect(sc_transfer *t, const sc_guides *guides)
{
    t->expected_regions = guides && guides->masks ? t->palette.count : guides && guides->protect ? 1 : 0;
}

/* Targets without statistics, for an objective that is only to be estimated: `regions` of them with `weights`, or one everywhere. */
static int forecast_targets(int regions, const sc_tensor *weights, sc_objective_targets *targets, sc_error *err)
{
    int count = regions ? regions : 1;
    *targets = (sc_objective_targets){ .forecast = true, .region_count = count, .regions = calloc((size_t)count, sizeof *targets->regions) };
    if (!targets->regions)
        return sc_fail_memory(err, (size_t)count * sizeof *targets->regions);
    for (int r = 0; r < count; r++)
        targets->regions[r] = (struct sc_region_targets){ .weights = regions ? weights : NULL, .share = 1.0 / count };
    return SCUMBLE_OK;
}

/* What a scale takes. */
typedef struct need {
    int64_t network_bytes;  /* graphs */
    int64_t pictures_bytes; /* what is as large as the picture: big buffers (core/memory.h); */
    int64_t map_bytes;      /* features among them */
    int64_t bytes;          /* the process's peak */
    double flops;           /* of one evaluation */
    int tile_edge;          /* 0 = it is not cut */
} need;

/* The objective, and one evaluation of it. */
static int objective_need(const sc_transfer *t, const sc_objective_config *config, const sc_scale *scale, need *n, sc_error *err)
{
    int regions = t->palette.texture_edge ? 0 : t->expected_regions;
    sc_objective_targets targets = { 0 };
    sc_objective *objective = NULL;
    sc_objective_cost cost = { 0 };
    sc_tensor weights = { { 1, 1, 1, 1 }, &(float){ 1 } }; /* one pixel stands for them all, however large the picture */
    int code = forecast_targets(regions, &weights, &targets, err);
    if (!code)
        code = sc_objective_create(&objective, config, scale->height, scale->width, &targets, err);
    if (!code)
        code = sc_objective_estimate(objective, &cost, err);
    n->network_bytes = (int64_t)cost.network_bytes;
    n->map_bytes = (int64_t)cost.map_bytes;
    n->flops = cost.flops;
    n->tile_edge = cost.tile_edge;
    if (regions) /* the regions at this size, the coverage, what is protected */
        n->pictures_bytes = (regions + 2) * image_bytes(scale->width, scale->height) / 3;
    sc_objective_free(objective);
    free(targets.regions);
    return code;
}

/* What the paintings take. */
typedef struct styles_cost {
    int64_t measuring_bytes; /* one after the other: the resized picture, its graph (a painting may have more pixels than the result), and what
                                there is of the targets by then */
    int64_t map_bytes;       /* of one after the other: features that are big buffers */
    int64_t targets_bytes;   /* of all of them */
    int64_t search_bytes;    /* for nearest neighbours, beside the features that are searched: the same as unit vectors */
} styles_cost;

static int styles_cost_at(const sc_transfer *t, const sc_scale *scale, double tile_pixels, styles_cost *cost, sc_error *err)
{
    const sc_palette *p = &t->palette;
    sc_objective_config config = config_of(t);
    config.tile_pixels = tile_pixels;
    sc_fit_layers(&config, p, scale);
    bool by_style = !p->texture_edge && t->expected_regions == p->count;
    double heaviest = 0, searched = 0, targets = 0;
    for (int i = 0; i < p->count; i++)
        heaviest = fmax(heaviest, p->weights[i]);
    *cost = (styles_cost){ 0 };
    int code = SCUMBLE_OK;
    for (int i = 0; i < p->count && !code; i++) {
        int width, height;
        sc_statistics_cost own;
        sc_style_size(p, i, scale->width > scale->height ? scale->width : scale->height, &width, &height);
        code = sc_statistics_estimate(&config, &config.style, height, width, &own, err);
        double share = p->rotations * (by_style ? 1 : p->weights[i] / heaviest);
        double before = targets + (share - share / p->rotations) * (double)own.joined_bytes;
        int64_t needed = code ? 0 : image_bytes(width, height) + (int64_t)own.measuring_bytes + (int64_t)before;
        cost->measuring_bytes = needed > cost->measuring_bytes ? needed : cost->measuring_bytes;
        cost->map_bytes = !code && (int64_t)own.map_bytes > cost->map_bytes ? (int64_t)own.map_bytes : cost->map_bytes;
        targets += share * (double)own.joined_bytes + (by_style || i == 0 ? (double)own.averaged_bytes : 0);
        searched = by_style ? fmax(searched, share * (double)own.largest_bytes) : searched + share * (double)own.largest_bytes;
    }
    sc_statistics_cost picture;
    if (!code)
        code = sc_statistics_estimate(&config, &config.style, scale->height, scale->width, &picture, err);
    cost->targets_bytes = (int64_t)targets;
    cost->search_bytes = code ? 0 : (int64_t)searched + (int64_t)picture.largest_bytes;
    return code;
}

/* The targets of all scales before this one: they stay, for further photos, unless they are made for one photo's colours. */
static int kept_targets_bytes(const sc_transfer *t, const sc_scale *first, const sc_scale *scale, int64_t *bytes, sc_error *err)
{
    bool kept = t->palette.colour != SC_COLOUR_PHOTO && t->palette.colour != SC_COLOUR_LUMINANCE;
    int code = SCUMBLE_OK;
    *bytes = 0;
    for (; first < scale && kept && !code; first++) {
        styles_cost cost;
        code = styles_cost_at(t, first, 0, &cost, err);
        *bytes += cost.targets_bytes;
    }
    return code;
}

/* After so many iterations: x, the photo at this size, the targets' copy of it, and what the optimiser keeps. */
static int64_t vectors_bytes(const sc_transfer *t, const sc_scale *scale, int iterations)
{
    bool pyramid = t->options.variable == SCUMBLE_VARIABLE_PYRAMID;
    sc_variable_kind kind = pyramid ? SC_VARIABLE_PYRAMID : SC_VARIABLE_PIXELS;
    size_t count = sc_variable_count_of(kind, scale->width, scale->height, 0);
    size_t bytes = t->options.optimizer == SCUMBLE_ADAM ? sc_adam_bytes(count) : sc_lbfgs_bytes(count, iterations);
    bytes += sc_variable_bytes(kind, scale->width, scale->height, 0, sc_threads_count(t->threads));
    bytes += pyramid ? count * sizeof(float) + (size_t)image_bytes(scale->width, scale->height) : 0;
    return (int64_t)bytes + 3 * image_bytes(scale->width, scale->height);
}

/* At `scale`, of the scales from `first` on, when it is cut into tiles of so many pixels (0 = not cut): what the process holds anyway, pictures, targets, and
 * either a painting's graph or objective and search. The photo's maps stay when the objective works by tiles. */
static int scale_need(const sc_transfer *t, const sc_scale *first, const sc_scale *scale, double tile_pixels, int64_t limit_bytes, need *n, sc_error *err)
{
    *n = (need){ 0 };
    sc_objective_config config = config_of(t);
    config.tile_pixels = tile_pixels;
    sc_fit_layers(&config, &t->palette, scale);
    styles_cost styles;
    sc_statistics_cost photo = { 0 };
    int64_t kept_bytes = 0;
    int code = objective_need(t, &config, scale, n, err);
    if (!code)
        code = styles_cost_at(t, scale, tile_pixels, &styles, err);
    if (!code)
        code = kept_targets_bytes(t, first, scale, &kept_bytes, err);
    if (!code && tile_pixels)
        code = sc_statistics_estimate(&config, &config.content, scale->height, scale->width, &photo, err);
    if (code)
        return code;
    int64_t vectors = vectors_bytes(t, scale, scale->iterations), at_search = vectors_bytes(t, scale, sc_last_refresh(scale->iterations));
    if (!tile_pixels && styles.search_bytes > vectors - at_search) /* the last search is the peak, or the end is */
        vectors = at_search;
    else if (!tile_pixels)
        styles.search_bytes = 0;
    int64_t work_bytes = n->network_bytes + styles.targets_bytes + styles.search_bytes;
    n->network_bytes = kept_bytes + (work_bytes > styles.measuring_bytes ? work_bytes : styles.measuring_bytes);
    n->map_bytes = styles.map_bytes > n->map_bytes ? styles.map_bytes : n->map_bytes; /* a painting's is gone by then */
    n->pictures_bytes += n->map_bytes + vectors + (int64_t)photo.averaged_bytes;
    bool bounded = (tile_pixels || t->options.max_memory_bytes) && n->pictures_bytes > limit_bytes / SC_PICTURES_SHARE;
    n->bytes = t->base_bytes + n->network_bytes + (bounded ? limit_bytes / SC_PICTURES_SHARE : n->pictures_bytes);
    return SCUMBLE_OK;
}

/* The largest tiles that fit the limit: between the least, which must fit, and the whole picture, which does not, by halving the ratio. */
static int find_tiles(const sc_transfer *t, const sc_scale *first, const sc_scale *scale, int64_t limit_bytes, double *tile_pixels, need *n, sc_error *err)
{
    const double precision = 1.02;
    *tile_pixels = 0;
    int code = scale_need(t, first, scale, 0, limit_bytes, n, err);
    if (code || n->bytes <= limit_bytes)
        return code;
    double fits = SC_LEAST_TILE, too_large = (double)scale->width * scale->height;
    code = scale_need(t, first, scale, fits, limit_bytes, n, err);
    if (!code && n->bytes > limit_bytes)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "%d x %d pixels need at least %.0f MiB of memory, even in tiles, but only %.0f MiB may be used", scale->width,
                       scale->height, (double)n->bytes / 1048576, (double)limit_bytes / 1048576);
    while (!code && too_large > precision * fits) {
        need own;
        double middle = sqrt(fits * too_large);
        code = scale_need(t, first, scale, middle, limit_bytes, &own, err);
        if (!code && own.bytes <= limit_bytes) {
            fits = middle;
            *n = own;
        } else
            too_large = middle;
    }
    *tile_pixels = fits;
    return code;
}

/* What may be used: as the option says, or what is free. */
static int64_t limit_of(const sc_transfer *t)
{
    return t->options.max_memory_bytes ? t->options.max_memory_bytes : sc_process_bytes() + sc_free_memory_bytes();
}

int sc_transfer_choose_tiles(sc_transfer *t, const sc_scale *scale, double *tile_pixels, sc_error *err)
{
    need n;
    int64_t limit_bytes = limit_of(t);
    int code = find_tiles(t, t->scales.scale, scale, limit_bytes, tile_pixels, &n, err);
    if (!code && *tile_pixels)
        sc_big_limit((size_t)limit_bytes / SC_PICTURES_SHARE);
    return code;
}

void sc_transfer_scales(sc_transfer *t, bool texture, int width, int height, sc_scales *scales)
{
    t->palette.texture_edge = !texture ? 0 : width > height ? width : height;
    sc_scales_plan(scales, width, height, &(sc_scale_rule){ .count = t->options.scales, .iterations = t->options.iterations, .factor = t->options.scale_factor,
                   .coarsest = texture ? SC_TEXTURE_COARSEST : SC_COARSEST, .step = t->config.wrap ? SC_TILE_STEP : 1 });
    if (t->options.stop_after > t->options.iterations)
        scales->scale[scales->count - 1].iterations += t->options.stop_after - t->options.iterations;
}

void sc_transfer_plan(sc_transfer *t, bool texture, int width, int height, sc_scales *scales)
{
    if (!texture)
        sc_result_size(width, height, t->options.size, &width, &height);
    sc_transfer_scales(t, texture, width, height, scales);
}

/* The shortest of three evaluations (the first warms up) of the objective at a small size, with a picture that is its own model. */
static int time_evaluation(sc_transfer *t, const sc_image *picture, double *time_s, double *flops, sc_error *err)
{
    const sc_image *styles[1] = { picture };
    sc_palette palette = { .styles = styles, .weights = (double[]){ 1 }, .count = 1, .style_scale = 1, .rotations = 1, .colour = SC_COLOUR_STYLE };
    sc_scale scale = { picture->width, picture->height, 1 };
    sc_objective_config config = config_of(t);
    const sc_image *content = t->palette.texture_edge ? NULL : picture;
    sc_targets targets;
    sc_objective *objective = NULL;
    sc_objective_cost cost = { 0 };
    int code = sc_targets_create(&targets, &config, &palette, content, &(sc_guides){ 0 }, &scale, err);
    if (!code)
        code = sc_objective_create(&objective, &config, scale.height, scale.width, &targets.all, err);
    if (!code)
        code = sc_objective_estimate(objective, &cost, err);
    *flops = cost.flops;
    float *gradient = sc_aligned_alloc((size_t)image_bytes(scale.width, scale.height));
    if (!gradient && !code)
        code = sc_fail_memory(err, (size_t)image_bytes(scale.width, scale.height));
    *time_s = INFINITY;
    for (int i = 0; i < 3 && !code; i++) {
        sc_losses losses;
        double start_s = sc_now_s();
        code = sc_objective_evaluate(objective, picture->rgb, gradient, &losses, err);
        *time_s = fmin(*time_s, sc_now_s() - start_s);
    }
    free(gradient);
    sc_objective_free(objective);
    sc_targets_free(&targets);
    sc_palette_free(&palette);
    return code;
}

/* Seconds per unit of work. */
static int measure_speed(sc_transfer *t, const sc_scale *largest, double *seconds_per_flop, sc_error *err)
{
    sc_scale scale = *largest;
    while (scale.width > 256 || scale.height > 256)
        scale = (sc_scale){ (scale.width + 1) / 2, (scale.height + 1) / 2, 1 };
    sc_image blank;
    int code = sc_image_create(&blank, scale.width, scale.height, false, err);
    if (code)
        return code;
    for (size_t i = 0; i < (size_t)scale.width * (size_t)scale.height * 3; i++)
        blank.rgb[i] = (float)(i * 2654435761u % 1024u) / 1024;
    double time_s, flops = 0;
    code = time_evaluation(t, &blank, &time_s, &flops, err);
    sc_image_free(&blank);
    *seconds_per_flop = time_s / fmax(1, flops);
    return code;
}

/* Big buffers that are not resident are files. */
static int check_disk(const sc_scales *scales, bool texture, int64_t file_bytes, sc_error *err)
{
    const double gib = 1073741824;
    int64_t free_bytes = sc_big_room();
    if (file_bytes <= free_bytes)
        return SCUMBLE_OK;
    double factor = sqrt(0.8 * (double)free_bytes / (double)file_bytes);
    int width = (int)(scales->width * factor), height = (int)(scales->height * factor);
    char advice[80] = "";
    if (texture && width > 0 && height > 0)
        snprintf(advice, sizeof advice, "; try --size %dx%d", width, height);
    else if (!texture && (width >= 16 || height >= 16))
        snprintf(advice, sizeof advice, "; try --size %d", width > height ? width : height);
    return sc_fail(err, SCUMBLE_ERR_LIMIT, "%d x %d pixels do not fit into memory and need about %.1f GiB of temporary files, but only %.1f GiB are free in %s%s",
                   scales->width, scales->height, (double)file_bytes / gib, (double)free_bytes / gib, sc_big_folder(), advice);
}

int sc_transfer_estimate(sc_transfer *t, bool texture, int width, int height, scumble_estimate *estimate, sc_error *err)
{
    *estimate = (scumble_estimate){ 0 };
    sc_scales scales;
    sc_transfer_plan(t, texture, width, height, &scales);
    const sc_scale *last = &scales.scale[scales.count - 1];
    need n = { 0 };
    double tile_pixels;
    int code = find_tiles(t, scales.scale, last, limit_of(t), &tile_pixels, &n, err);
    estimate->tile_edge = n.tile_edge;
    estimate->width = scales.width;
    estimate->height = scales.height;
    estimate->memory_bytes = n.bytes;
    estimate->free_bytes = sc_free_memory_bytes();
    if (code)
        return code;
    double pixels = (double)last->width * last->height, work = 0, seconds_per_flop;
    int left = sc_transfer_iterations(t);
    for (int k = 0; k < scales.count && left > 0; left -= scales.scale[k++].iterations) { /* one more evaluation for the targets of a scale */
        int iterations = left < scales.scale[k].iterations ? left : scales.scale[k].iterations;
        work += (iterations + 1) * n.flops * ((double)scales.scale[k].width * scales.scale[k].height / pixels);
    }
    code = measure_speed(t, last, &seconds_per_flop, err);
    if (code)
        return code;
    estimate->time_s = overhead * work * seconds_per_flop;
    return estimate->tile_edge ? check_disk(&scales, texture, n.pictures_bytes, err) : SCUMBLE_OK;
}
