/* SPDX-License-Identifier: MIT */
/* --rights and --i-have-permission: what inputs say of their rights is shown before the start; a style that reserves
 * them may be refused. */
#ifndef CLI_RIGHTS_H
#define CLI_RIGHTS_H

#include <stdbool.h>

#include "scumble/provenance.h"

enum { RIGHTS_SHOW, RIGHTS_STRICT, RIGHTS_IGNORE };
#define RIGHTS_CHOICES "show|strict|ignore"

typedef struct rights_settings {
    int mode;               /* RIGHTS_... */
    const char *permission; /* NULL = not given */
} rights_settings;

#define RIGHTS_BINDINGS(settings) BIND("rights", &(settings).mode), BIND("i-have-permission", &(settings).permission)

/* The following return 0, or an exit code after a message. */
/* The permission can be recorded. */
int rights_check_settings(const rights_settings *set);
/* Shows what the picture says, if anything; refuses a style. A picture that cannot be read passes: whoever loads it
 * will say why. path NULL passes. */
int rights_check(scumble *s, const rights_settings *set, const char *path, bool is_style);
/* Likewise what a painter's file says of the paintings that it was trained on. */
int rights_check_training(scumble *s, const rights_settings *set, const char *training);

/* The recipe, with the permission if one was given; caller frees. */
char *rights_recipe(const rights_settings *set, const char *recipe);

#endif
