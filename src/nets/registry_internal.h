/* SPDX-License-Identifier: MIT */
/* What registry.c and pull.c share. */
#ifndef SC_NETS_REGISTRY_INTERNAL_H
#define SC_NETS_REGISTRY_INTERNAL_H

#include "nets/registry.h"

const sc_catalogue_entry *sc_catalogue_find(const char *name); /* NULL when there is none */
/* sc_model_import with what the catalogue says of the model (known may be NULL). */
int sc_import(const char *path, const char *architecture, const char *name, const char *data_dir, const sc_catalogue_entry *known, char **report,
              sc_error *err);

#endif
