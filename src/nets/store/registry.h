/* SPDX-License-Identifier: MIT */
/* The catalogue of models: what is embedded, what lies in the data directory, what can be downloaded and from where;
 * import and pull. */
#ifndef SC_NETS_STORE_REGISTRY_H
#define SC_NETS_STORE_REGISTRY_H

#include "nets/encoder/encoder.h"

typedef struct sc_catalogue_entry {
    const char *name, *architecture, *licence, *source, *note;
    const char *url;         /* what curl fetches; NULL = embedded or npm */
    const char *npm_package; /* "nsfwjs@4.3.0", or NULL */
    const char *npm_path;    /* path of the model inside the package */
    const char
        *sha256_prefix; /* hex digits that the SHA-256 of the file starts with (64 where all are known), or NULL */
    int64_t size_bytes; /* of the download, about */
} sc_catalogue_entry;
extern const sc_catalogue_entry sc_catalogue[];
extern const int sc_catalogue_count;
const sc_catalogue_entry *sc_catalogue_find(const char *name); /* NULL when there is none */

/* One model that is here or could be. Strings owned by the list. */
typedef struct sc_model_entry {
    char *name, *architecture, *licence, *source, *note, *path;
    int64_t size_bytes;
} sc_model_entry;
typedef struct sc_model_list {
    sc_model_entry *entries;
    int count;
} sc_model_list;

/* $XDG_DATA_HOME/scumble or ~/.local/share/scumble. Caller frees. NULL when neither variable is set or memory is short.
 */
char *sc_default_data_dir(void);

int sc_models_list(const char *data_dir, sc_model_list *list, sc_error *err);
void sc_model_list_free(sc_model_list *list);

/* An encoder by name (lite, or one in data_dir/models) or by path of a native or foreign model file. A name that is not
 * here but in the catalogue gives
 * "... is not installed; get it with: scumble models pull NAME". */
int sc_encoder_open(const sc_threads *threads, sc_encoder **encoder, const char *name_or_path, const char *data_dir,
                    sc_error *err);
/* Converts a model file into data_dir/models/NAME.safetensors (float32; atomically). name NULL = architecture; licence
 * NULL = what the file says of itself, or else that it is unknown. */
int sc_model_import(const sc_threads *threads, const char *path, const char *architecture, const char *name,
                    const char *licence, const char *data_dir, char **report, sc_error *err);

typedef int (*sc_fetch_progress)(int64_t done_bytes, int64_t total_bytes, void *user);
/* Downloads (or packs through npm) and imports. Environment SCUMBLE_MODELS_URL replaces the scheme, host and folder of
 * the catalogue's addresses (a mirror; also for tests); SCUMBLE_NPM names the npm program. threads are only looked at
 * whether they are cancelled; may be NULL. */
int sc_model_pull(const sc_threads *threads, const char *name, const char *data_dir, sc_fetch_progress progress,
                  void *user, sc_error *err);

#endif
