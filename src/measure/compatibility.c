/* SPDX-License-Identifier: MIT */
/* Compatibility of pictures. See compatibility.h. The numbers of the model come from bench/match.py, which makes them
 * anew. */
#include "measure/compatibility.h"

#include <math.h>

const sc_affinity_info sc_affinity_infos[SC_AFFINITIES] = {
    { "relu1_1", -0.3805, 0.7474, 0.3381, -0.2024, SC_REASON_FEATURES },
    { "relu2_1", -1.3643, 0.7920, 0.2590, -0.0380, SC_REASON_FEATURES },
    { "relu3_1", -1.1631, 0.8707, 0.0448, 0.0844, SC_REASON_FEATURES },
    { "relu4_1", -0.2213, 1.1770, 0.1190, -0.1064, SC_REASON_FEATURES },
    { "palette", -0.0312, 1.1343, 0.1911, -0.0494, SC_REASON_COLOURS },
    { "covered", 0.5740, 0.0553, 0.0490, -0.1757, SC_REASON_COUNTERPARTS },
    { "used", 0.2698, 0.0846, -0.3078, 0.4223, SC_REASON_COUNTERPARTS },
    { "usable", 0.5765, 0.0638, 0.1888, 0.0817, SC_REASON_COUNTERPARTS },
    { "scale", -0.0955, 0.3867, -0.1380, 0.1852, SC_REASON_TEXTURE },
    { "orientation", 0.2603, 0.1334, 0.2510, -0.2361, SC_REASON_TEXTURE },
    { "contrast", -0.0822, 0.4529, 0.0509, -0.2654, SC_REASON_TEXTURE },
    { "unevenness", -2.5213, 1.0276, 0.3276, -0.2648, SC_REASON_PAINTING },
    { "energy1", 0.0613, 0.2473, -0.0645, 0.1376, SC_REASON_FEATURES },
    { "energy2", 0.0247, 0.2583, 0.1078, -0.2893, SC_REASON_FEATURES },
    { "energy3", -0.0087, 0.2858, 0.1421, -0.2502, SC_REASON_FEATURES },
    { "energy4", -0.0016, 0.2012, 0.2575, -0.2601, SC_REASON_FEATURES },
    { "variety1", -0.6010, 0.2615, -0.0474, 0.0482, SC_REASON_PAINTING },
    { "variety2", -0.6949, 0.1458, -0.1376, -0.0251, SC_REASON_PAINTING },
    { "variety3", -0.4920, 0.1806, -0.1311, 0.0781, SC_REASON_PAINTING },
    { "variety4", -1.2153, 0.6110, -0.0507, 0.0493, SC_REASON_PAINTING },
    { "lightness", 0.1877, 0.0555, 0.0178, 0.3208, SC_REASON_COLOURS },
    { "chroma", 0.0380, 0.0227, 0.0113, -0.0466, SC_REASON_COLOURS },
    { "photo_detail", -0.5199, 0.3468, -0.1230, 0.1838, SC_REASON_TEXTURE },
    { "style_detail", -0.3224, 0.7621, 0.1159, -0.1331, SC_REASON_TEXTURE },
};
/* Of the pairs that the model was fitted on: the mean outcome and the deviation of those foretold; the mean logarithm
 * of beta. */
static const double mean_outcome = -2.621, outcome_deviation = 1.023, mean_log_beta = 1.977;

static double log_of(double x)
{
    return log(fmax(x, 1e-9));
}

/* Squared distance of two distributions over the second one's variance. */
static double compatibility_distance(const sc_quantiles *a, const sc_quantiles *b)
{
    double sum = 0;
    for (int d = 0; d < SC_DESCRIPTOR_DIRECTIONS; d++)
        for (int k = 0; k < SC_DESCRIPTOR_QUANTILES; k++) {
            double difference = (double)a->values[d][k] - b->values[d][k];
            sum += difference * difference;
        }
    return sum / (SC_DESCRIPTOR_DIRECTIONS * SC_DESCRIPTOR_QUANTILES) / fmax(b->variance, 1e-9);
}

/* For each hypercolumn of `from` the nearest of `to`: returns the mean cosine, and how many of `to` each is in uses. */
static double compatibility_nearest(const sc_descriptor *from, const sc_descriptor *to, int uses[SC_DESCRIPTOR_POINTS])
{
    double sum = 0;
    for (int j = 0; j < SC_DESCRIPTOR_POINTS; j++)
        uses[j] = 0;
    for (int i = 0; i < SC_DESCRIPTOR_POINTS; i++) {
        float best = -2;
        int at = 0;
        for (int j = 0; j < SC_DESCRIPTOR_POINTS; j++) {
            float cosine = 0;
            for (int k = 0; k < SC_DESCRIPTOR_COLUMN; k++)
                cosine += from->columns[i][k] * to->columns[j][k];
            if (cosine > best) {
                best = cosine;
                at = j;
            }
        }
        uses[at]++;
        sum += (double)best / SC_DESCRIPTOR_POINTS;
    }
    return sum;
}

static double perplexity(const int uses[SC_DESCRIPTOR_POINTS])
{
    double entropy = 0;
    for (int j = 0; j < SC_DESCRIPTOR_POINTS; j++) {
        double p = (double)uses[j] / SC_DESCRIPTOR_POINTS;
        entropy -= p > 0 ? p * log(p) : 0;
    }
    return exp(entropy) / SC_DESCRIPTOR_POINTS;
}

/* The level, weighted by gradients: larger = coarser forms. */
static double coarseness(const sc_descriptor *d)
{
    double sum = 0, weights = 0;
    for (int level = 0; level < SC_DESCRIPTOR_LEVELS; level++) {
        sum += level * (double)d->gradient[level];
        weights += d->gradient[level];
    }
    return sum / fmax(weights, 1e-9);
}

/* Mean over levels, which count as much as both pictures have edges there. */
static double orientation_distance(const sc_descriptor *a, const sc_descriptor *b)
{
    double sum = 0, weights = 0;
    for (int level = 0; level < SC_DESCRIPTOR_LEVELS; level++) {
        double weight = sqrt((double)a->gradient[level] * b->gradient[level]), difference = 0;
        for (int k = 0; k < SC_DESCRIPTOR_ORIENTATIONS; k++)
            difference += fabs((double)a->orientations[level][k] - b->orientations[level][k]) / 2;
        sum += weight * difference;
        weights += weight;
    }
    return sum / fmax(weights, 1e-9);
}

static double mean_log_gradient(const sc_descriptor *d)
{
    double sum = 0;
    for (int level = 0; level < SC_DESCRIPTOR_LEVELS; level++)
        sum += log_of(d->gradient[level] + 1e-4) / SC_DESCRIPTOR_LEVELS;
    return sum;
}

static double detail(const sc_descriptor *d)
{
    return log_of(d->gradient[0] + 1e-4) - log_of(d->gradient[SC_DESCRIPTOR_LEVELS - 1] + 1e-4);
}

void sc_affinities(const sc_descriptor *photo, const sc_descriptor *painting, double values[SC_AFFINITIES])
{
    int uses[SC_DESCRIPTOR_POINTS];
    for (int i = 0; i < SC_DESCRIPTOR_LAYERS; i++) {
        values[SC_AFFINITY_RELU1_1 + i] = log_of(compatibility_distance(&photo->layers[i], &painting->layers[i]));
        values[SC_AFFINITY_ENERGY1 + i] = log_of(painting->energy[i]) - log_of(photo->energy[i]);
        values[SC_AFFINITY_VARIETY1 + i] = log_of(painting->layers[i].variance) - 2 * log_of(painting->energy[i]);
    }
    values[SC_AFFINITY_PALETTE] = log_of(compatibility_distance(&photo->palette, &painting->palette));
    values[SC_AFFINITY_COVERED] = compatibility_nearest(photo, painting, uses);
    values[SC_AFFINITY_USED] = perplexity(uses);
    values[SC_AFFINITY_USABLE] = compatibility_nearest(painting, photo, uses);
    values[SC_AFFINITY_SCALE] = coarseness(painting) - coarseness(photo);
    values[SC_AFFINITY_ORIENTATION] = orientation_distance(photo, painting);
    values[SC_AFFINITY_CONTRAST] = mean_log_gradient(painting) - mean_log_gradient(photo);
    values[SC_AFFINITY_UNEVENNESS] = log_of(painting->unevenness);
    values[SC_AFFINITY_LIGHTNESS] = painting->lightness_spread;
    values[SC_AFFINITY_CHROMA] = painting->chroma;
    values[SC_AFFINITY_PHOTO_DETAIL] = detail(photo);
    values[SC_AFFINITY_STYLE_DETAIL] = detail(painting);
}

/* How far the measure lies from its mean, in deviations; no further than pairs were seen. */
static double standard(double value, const sc_affinity_info *info)
{
    return fmin(fmax((value - info->mean) / info->deviation, -4), 4);
}

void sc_compatibility_of(const sc_descriptor *photo, const sc_descriptor *painting, sc_compatibility *result)
{
    *result = (sc_compatibility){ 0 };
    sc_affinities(photo, painting, result->affinities);
    double better = 0, log_beta = mean_log_beta;
    for (int i = 0; i < SC_AFFINITIES; i++) {
        const sc_affinity_info *info = &sc_affinity_infos[i];
        double z = standard(result->affinities[i], info), gain = -info->outcome * z / outcome_deviation;
        better += gain;
        result->reasons[info->reason] += gain;
        log_beta += info->log_beta * z;
    }
    result->outcome = mean_outcome - better * outcome_deviation;
    result->score = 50 * erfc(-better / sqrt(2));
    result->beta = fmin(fmax(exp(log_beta), 1), 32);
}
