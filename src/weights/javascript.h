/* SPDX-License-Identifier: MIT */
/* Strict extraction of one literal from a JavaScript file of the form "... exports = <literal> ..." or
 * "export default <literal>": the code around it is skipped unread, nothing is executed. */
#ifndef SC_WEIGHTS_JAVASCRIPT_H
#define SC_WEIGHTS_JAVASCRIPT_H

#include "core/error.h"

/* The exported object literal as JSON text (keys quoted, !0 -> true, .5 -> 0.5, void 0 and NaN -> null). Caller frees
 * *json. */
int sc_javascript_object(char **json, size_t *length, const char *text, size_t text_length, sc_error *err);
/* The bytes of the exported string literal, which is base64. Caller frees *bytes. */
int sc_javascript_base64(uint8_t **bytes, size_t *size, const char *text, size_t text_length, sc_error *err);

#endif
