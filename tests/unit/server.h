/* SPDX-License-Identifier: MIT */
/* Starts tests/unit/hostile_server.py for a test and stops it again. It ends by itself when the test's process does. */
#ifndef SC_TESTS_SERVER_H
#define SC_TESTS_SERVER_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct server {
    pid_t process;
    int input, port;
} server;

/* folder: served under /models/, or NULL. False when python3 cannot be started. */
static inline int server_start(server *s, const char *folder)
{
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
        return 0;
    s->process = fork();
    if (s->process == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        execlp("python3", "python3", HOSTILE_SERVER, folder, (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    s->input = to[1];
    FILE *out = fdopen(from[0], "r");
    int started = out && fscanf(out, "%d", &s->port) == 1;
    if (out)
        fclose(out);
    return started;
}

static inline void server_stop(server *s)
{
    close(s->input);
    waitpid(s->process, NULL, 0);
}

#endif
