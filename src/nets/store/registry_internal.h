/* SPDX-License-Identifier: MIT */
/* What registry.c, pull.c and painters.c share. */
#ifndef SC_NETS_STORE_REGISTRY_INTERNAL_H
#define SC_NETS_STORE_REGISTRY_INTERNAL_H

#include <jansson.h>

#include "nets/store/registry.h"

/* The "__metadata__" of a safetensors file, read without its tensors; NULL when there is none. Caller decrefs *root. */
json_t *sc_read_metadata(const char *path, json_t **root);
/* Whether a model or a painter may be called so: it becomes a file's name. */
int sc_model_check_name(const char *name, sc_error *err);
/* sc_model_import of a model of the catalogue, or of another one (known NULL). */
int sc_import(const sc_threads *threads, const char *path, const char *architecture, const char *name,
              const char *data_dir, const sc_catalogue_entry *known, const char *licence, char **report, sc_error *err);

#endif
