/* SPDX-License-Identifier: MIT */
/* For fuzz targets whose input is no file but orders, byte by byte: what is changed in a valid one. So nearly every
 * input is a file that can be read, and what is done with it is what is tested. */
#ifndef SC_TESTS_ORDERS_H
#define SC_TESTS_ORDERS_H

#include <stddef.h>
#include <stdint.h>

typedef struct orders {
    const uint8_t *data;
    size_t size;
} orders;

/* 0 .. most - 1; 0 when all is read. */
static inline int orders_next(orders *o, int most)
{
    int byte = o->size ? *o->data : 0;
    o->data += o->size > 0;
    o->size -= o->size > 0;
    return most > 0 ? byte % most : 0;
}

#endif
