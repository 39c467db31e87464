/* SPDX-License-Identifier: MIT */
/* Losses by name. See losses.h. */
#include "loss/losses.h"

#include <assert.h>
#include <string.h>

static int losses_find(const sc_losses *losses, const char *name)
{
    int i = 0;
    while (i < losses->count && strcmp(losses->of[i].name, name))
        i++;
    return i;
}

void sc_losses_add(sc_losses *losses, const char *name, double value)
{
    int i = losses_find(losses, name);
    assert(i < SC_MOST_LOSSES);
    if (i == losses->count)
        losses->of[losses->count++] = (scumble_loss){ name, 0 };
    losses->of[i].value += value;
}

double sc_loss_named(const sc_losses *losses, const char *name)
{
    int i = losses_find(losses, name);
    return i < losses->count ? losses->of[i].value : 0;
}

double sc_losses_total(const sc_losses *losses)
{
    return sc_loss_named(losses, "total");
}
