/* SPDX-License-Identifier: MIT */
/* A painter's discriminator on pictures, for the public API. */
#include <string.h>

#include "api/painter.h"
#include "measure/verdict.h"

/* The encoder whose features it sees: the same one, to the last bit. */
static int find_features(scumble_painter *p, sc_judge_config *config, sc_error *err)
{
    const sc_painter *inner = p->inner;
    if (!inner->discriminator)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "'%s' has no discriminator: it was trained without one, or elsewhere", inner->name);
    int code = sc_context_encoder(p->s, inner->encoder, &config->encoder, err);
    if (code)
        return code;
    if (strcmp(inner->encoder_sha256, sc_encoder_sha256(config->encoder)))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "'%s' was trained with another encoder than the '%s' that is here",
                       inner->name, inner->encoder);
    config->layer = sc_encoder_find_layer(config->encoder, inner->layer, err);
    if (config->layer < 0)
        return config->layer;
    if (sc_encoder_channels(config->encoder, config->layer) != inner->discriminator->channels)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the discriminator of '%s' does not fit the features of %s",
                       inner->name, inner->layer);
    return SCUMBLE_OK;
}

int scumble_painter_judge(scumble_painter *p, const scumble_image *image, int size, scumble_verdict *verdict,
                          scumble_image **map)
{
    if (map)
        *map = NULL;
    if (!p)
        return SCUMBLE_ERR_ARGUMENT;
    if (!image || !verdict)
        return sc_null(p->s, __func__);
    if (size < 0 || size > SC_MAX_EDGE)
        return sc_misuse(p->s, "the size at which a picture is judged is from 0 to 65535 pixels");
    sc_error err = { 0 };
    sc_verdict own;
    sc_judge_config config = {
        .encoder_options = { .override_padding = true, .padding = SC_PAD_REPLICATE },
        .discriminator = p->inner->discriminator,
        .device = p->s->device,
    };
    int code = find_features(p, &config, &err);
    if (!code)
        code = sc_verdict_on(&own, &config, &image->image, size ? size : p->inner->size, &err);
    if (code)
        return sc_report(p->s, &err);
    *verdict = (scumble_verdict){ own.score, own.share };
    if (map)
        sc_context_image(&own.map, NULL, map, &err);
    else
        sc_image_free(&own.map);
    return sc_report(p->s, &err);
}
