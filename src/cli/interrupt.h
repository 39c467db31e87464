/* SPDX-License-Identifier: MIT */
/* Ctrl-C, and its relatives SIGTERM and SIGHUP. While held, the first signal only sets a flag, so that the work in hand
 * can be brought to a good end; a second one, and any signal while not held, ends the program at once. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

#include "scumble/scumble.h"

/* Installs the handlers (not for signals that the parent process had ignored, as nohup does) and ignores SIGPIPE. */
void interrupt_watch(void);
void interrupt_hold(bool hold);
/* While held, the first signal also cancels what this context is doing; NULL: none. To be taken back before what shall
 * be brought to its end, and before the context is closed. */
void interrupt_cancels(scumble *s);
/* The signal that came while held, or 0. */
int interrupt_signal(void);

#endif
