/* SPDX-License-Identifier: MIT */
/* Inside the PyTorch reader: what its parts hand each other. Both containers end in the same two tables: storages,
 * which are arrays of numbers, and found tensors, which are views of them. */
#ifndef SC_WEIGHTS_PYTORCH_H
#define SC_WEIGHTS_PYTORCH_H

#include "weights/numbers.h"
#include "weights/pickle.h"
#include "weights/weights.h"

enum { SC_PYTORCH_MAX_NAME = 1024 };

typedef struct sc_pytorch_storage {
    sc_pickle_text key;
    sc_number number;
    int64_t count;        /* numbers, as the pickle says */
    const uint8_t *bytes; /* legacy: in the file; zip: NULL until loaded */
} sc_pytorch_storage;

typedef struct sc_pytorch_found {
    char *name;
    sc_pickle_ref ref;
    uint32_t storage; /* index */
} sc_pytorch_found;

typedef struct sc_pytorch_reader {
    sc_pickle pickle;
    bool big_endian;
    sc_pytorch_storage *storages; /* sorted by key */
    uint32_t storage_count;
    sc_pytorch_found *tensors;
    int tensor_count;
    size_t steps_left;                    /* of the walk through the containers, which may form cycles */
    size_t values_left;                   /* float32 values that a file of this size may plausibly yield */
    char name[SC_PYTORCH_MAX_NAME + 1];   /* of the place where the walk is */
    struct zip *archive;                  /* NULL: legacy */
    char prefix[SC_PYTORCH_MAX_NAME + 1]; /* zip: the folder that holds data.pkl, with its slash */
    const sc_threads *threads;            /* cancelled: the reading ends */
    sc_error *err;
} sc_pytorch_reader;

/* The two containers, from the bytes of the file to the finished set. */
int sc_pytorch_read_zip(sc_pytorch_reader *r, sc_weights *weights, const void *data, size_t size_bytes);
int sc_pytorch_read_legacy(sc_pytorch_reader *r, sc_weights *weights, const uint8_t *data, size_t size);

/* Fills both tables from the pickle; `unpacked` bytes bound how many values are plausible. */
int sc_pytorch_find_tensors(sc_pytorch_reader *r, size_t unpacked);
sc_pytorch_storage *sc_pytorch_find_storage(const sc_pytorch_reader *r,
                                            sc_pickle_text key); /* NULL when there is none */

/* Adds the found tensors to the set; in the zip form one storage is in memory at a time. */
int sc_pytorch_add_tensors(sc_pytorch_reader *r, sc_weights *weights);
int sc_pytorch_load_storage(sc_pytorch_reader *r, sc_pytorch_storage *s,
                            uint8_t **owned); /* zip; *owned is the caller's to free */

static inline const sc_pickle_value *sc_pytorch_at(const sc_pytorch_reader *r, sc_pickle_ref ref)
{
    return sc_pickle_at(&r->pickle, ref);
}

/* How much of a text from the file goes into a sentence. */
static inline int sc_pytorch_shown(sc_pickle_text text)
{
    return text.length < 100 ? (int)text.length : 100;
}

#endif
