/* SPDX-License-Identifier: MIT */
/* libvips keeps one error text for the whole process, and adds to it from its worker threads: what two threads do at a
 * time cannot be told apart in it. So whoever calls libvips takes a turn, beside others; and if it fails in a way that
 * libvips' words belong to while somebody else was there, it is done once more, alone, and those words are its own.
 * What works is never done twice, but for the little that is told by that text alone (vips_text_is_ours). */
#ifndef SC_MEDIA_VIPS_TURN_H
#define SC_MEDIA_VIPS_TURN_H

#include "core/threads.h"

/* Must be able to begin anew: it frees what it has made when it fails. */
typedef int (*sc_vips_work)(void *context, sc_error *err);
/* threads: that it is not waited to be alone once they are cancelled; may be NULL. Within a turn: just the work. */
int sc_vips_turn(const sc_threads *threads, sc_vips_work work, void *context, sc_error *err);
/* Within a turn: whether libvips' text is of this turn alone. If not, and the work fails, it is done again. */
bool sc_vips_text_is_ours(void);

#endif
