/* SPDX-License-Identifier: MIT */
/* Compatibility of pictures. See compatibility.h. */
#include "measure/compatibility.h"

#include <math.h>

const char *const sc_affinity_names[SC_AFFINITIES] = {
    "relu1_1", "relu2_1", "relu3_1", "relu4_1", "palette", "covered", "used", "usable", "scale", "orientation", "contrast", "unevenness",
    "energy1", "energy2", "energy3", "energy4", "variety1", "variety2", "variety3", "variety4", "lightness", "chroma", "photo_detail", "style_detail",
};

static double log_of(double x)
{
    return log(fmax(x, 1e-9));
}

/* Squared distance of two distributions over the second one's variance. */
static double distance(const sc_quantiles *a, const sc_quantiles *b)
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
static double nearest(const sc_descriptor *from, const sc_descriptor *to, int uses[SC_DESCRIPTOR_POINTS])
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

static double orientation_distance(const sc_descriptor *a, const sc_descriptor *b)
{
    double sum = 0;
    for (int level = 0; level < SC_DESCRIPTOR_LEVELS; level++)
        for (int k = 0; k < SC_DESCRIPTOR_ORIENTATIONS; k++)
            sum += fabs((double)a->orientations[level][k] - b->orientations[level][k]);
    return sum / (2 * SC_DESCRIPTOR_LEVELS);
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
        values[SC_AFFINITY_RELU1_1 + i] = log_of(distance(&photo->layers[i], &painting->layers[i]));
        values[SC_AFFINITY_ENERGY1 + i] = log_of(painting->energy[i]) - log_of(photo->energy[i]);
        values[SC_AFFINITY_VARIETY1 + i] = log_of(painting->layers[i].variance) - 2 * log_of(painting->energy[i]);
    }
    values[SC_AFFINITY_PALETTE] = log_of(distance(&photo->palette, &painting->palette));
    values[SC_AFFINITY_COVERED] = nearest(photo, painting, uses);
    values[SC_AFFINITY_USED] = perplexity(uses);
    values[SC_AFFINITY_USABLE] = nearest(painting, photo, uses);
    values[SC_AFFINITY_SCALE] = coarseness(painting) - coarseness(photo);
    values[SC_AFFINITY_ORIENTATION] = orientation_distance(photo, painting);
    values[SC_AFFINITY_CONTRAST] = mean_log_gradient(painting) - mean_log_gradient(photo);
    values[SC_AFFINITY_UNEVENNESS] = log_of(painting->unevenness);
    values[SC_AFFINITY_LIGHTNESS] = painting->lightness_spread;
    values[SC_AFFINITY_CHROMA] = painting->chroma;
    values[SC_AFFINITY_PHOTO_DETAIL] = detail(photo);
    values[SC_AFFINITY_STYLE_DETAIL] = detail(painting);
}
