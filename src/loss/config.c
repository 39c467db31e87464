/* SPDX-License-Identifier: MIT */
/* See config.h. */
#include "loss/config.h"

#include <stddef.h>

const sc_loss_group *sc_group_of(const sc_objective_config *config, sc_role role)
{
    for (int g = 0; g < config->group_count; g++)
        if (config->groups[g].role == role)
            return &config->groups[g];
    return NULL;
}

const sc_terms *sc_terms_of(const sc_objective_config *config, sc_role role)
{
    static const sc_terms none;
    const sc_loss_group *group = sc_group_of(config, role);
    return group ? &group->terms : &none;
}

void sc_groups_drop(sc_objective_config *config, sc_role role)
{
    for (int g = 0; g < config->group_count; g++)
        if (config->groups[g].role == role)
            config->groups[g].terms.count = 0;
}
