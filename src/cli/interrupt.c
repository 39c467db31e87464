/* SPDX-License-Identifier: MIT */
/* Signal handlers that only set a flag or end the program. See interrupt.h. */
#define _GNU_SOURCE
#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static volatile sig_atomic_t received, held;
static scumble *_Atomic working;

static void handle(int number)
{
    int saved = errno;
    if (!held || received)
        _exit(128 + number);
    received = number;
    scumble_cancel(atomic_load(&working));
    if (number == SIGINT && isatty(STDERR_FILENO)) {
        static const char text[] = "\nfinishing what is in hand; press Ctrl-C again to stop at once\n";
        ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
        (void)written;
    }
    errno = saved;
}

void interrupt_watch(void)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART }, old;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!sigaction(numbers[i], NULL, &old) && old.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

void interrupt_cancels(scumble *s)
{
    atomic_store(&working, s);
    if (s && received) /* it came before */
        scumble_cancel(s);
}

void interrupt_hold(bool hold)
{
    held = hold;
}

int interrupt_signal(void)
{
    return received;
}
