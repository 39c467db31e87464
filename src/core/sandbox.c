/* SPDX-License-Identifier: MIT */
/* The child: signal handlers back to default, limits on memory, processor time and core files, and a seccomp filter
 * that lets through memory management, clocks and write() to the one pipe; everything else fails with EPERM. The filter
 * is a second line of defence: where the kernel does not offer it, the child runs without. See sandbox.h. */
#define _GNU_SOURCE
#include "core/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SILENCE_S = 60, ASK_MS = 20 };

#if defined __x86_64__
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define NATIVE_ARCHITECTURE 0 /* no filter */
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define ALLOW_CALL(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), ALLOW

static void forbid_system_calls(int output)
{
    struct sock_filter filter[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0),
        REFUSE,
        LOAD(nr),
        /* write(output, ...), low word of the descriptor */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 0, 4),
        LOAD(args[0]),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)output, 0, 1),
        ALLOW,
        REFUSE,
        ALLOW_CALL(SYS_brk),
        ALLOW_CALL(SYS_mmap),
        ALLOW_CALL(SYS_munmap),
        ALLOW_CALL(SYS_mremap),
        ALLOW_CALL(SYS_mprotect),
        ALLOW_CALL(SYS_madvise),
        ALLOW_CALL(SYS_futex),
        ALLOW_CALL(SYS_clock_gettime),
        ALLOW_CALL(SYS_gettimeofday),
        ALLOW_CALL(SYS_getrusage),
        ALLOW_CALL(SYS_getpid),
        ALLOW_CALL(SYS_gettid),
        ALLOW_CALL(SYS_sched_yield),
        ALLOW_CALL(SYS_rt_sigprocmask),
        ALLOW_CALL(SYS_rt_sigaction),
        ALLOW_CALL(SYS_rt_sigreturn),
        ALLOW_CALL(SYS_sigaltstack),
        ALLOW_CALL(SYS_exit),
        ALLOW_CALL(SYS_exit_group),
        REFUSE,
    };
    struct sock_fprog program = { .len = sizeof filter / sizeof *filter, .filter = filter };
    if (NATIVE_ARCHITECTURE && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void limit(int what, rlim_t most)
{
    struct rlimit now;
    if (getrlimit(what, &now))
        return;
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most)
        most = now.rlim_max;
    now.rlim_cur = now.rlim_max = most;
    setrlimit(what, &now);
}

/* Bytes of private data that the process has already, from /proc/self/statm (6th number, in pages); 0 when unknown. */
static rlim_t data_in_use(void)
{
    char text[256];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return 0;
    text[n] = 0;
    unsigned long long pages = 0;
    if (sscanf(text, "%*u %*u %*u %*u %*u %llu", &pages) != 1)
        return 0;
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static _Noreturn void run_child(void (*work)(void *, int), void *context, int output, const sc_sandbox_limits *limits)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    rlim_t used = data_in_use();
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, limits->processor_s);
    if (used)
        limit(RLIMIT_DATA, used + limits->memory_bytes);
    if (!limits->files)
        forbid_system_calls(output);
    work(context, output);
    _exit(0);
}

int sc_sandbox_start(sc_sandbox *sandbox, void (*work)(void *context, int output), void *context,
                     const sc_sandbox_limits *limits, sc_error *err)
{
    int ends[2];
    *sandbox = (sc_sandbox){ .child = -1, .input = -1 };
    if (pipe2(ends, O_CLOEXEC))
        return sc_fail(err, SCUMBLE_ERR_IO, "cannot make a pipe: %s", strerror(errno));
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pid_t child = fork();
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        close(ends[0]);
        for (int number = 1; number < NSIG; number++)
            signal(number, SIG_DFL); /* before the signals come through */
        pthread_sigmask(SIG_SETMASK, &none, NULL);
        run_child(work, context, ends[1], limits);
    }
    int failed = errno;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return sc_fail(err, SCUMBLE_ERR_MEMORY, "cannot start a process to read the file in: %s", strerror(failed));
    }
    *sandbox = (sc_sandbox){ .child = child,
                             .input = ends[0],
                             .silence_s = limits->silence_s ? limits->silence_s : SILENCE_S,
                             .threads = limits->threads };
    return SCUMBLE_OK;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int fail_late(sc_error *err)
{
    return sc_fail(err, SCUMBLE_ERR_LIMIT, "the file takes too long to read; it is probably damaged");
}

static int ended_early(sc_sandbox *sandbox, sc_error *err)
{
    int status = 0;
    pid_t reaped;
    do
        reaped = waitpid(sandbox->child, &status, 0);
    while (reaped < 0 && errno == EINTR);
    sandbox->child = -1;
    if (reaped > 0 && WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
        return fail_late(err);
    if (reaped > 0 && WIFSIGNALED(status))
        return sc_fail(
            err, SCUMBLE_ERR_FORMAT,
            "the file is damaged: the library that reads it crashed (signal %d); it ran apart, so no harm is done",
            WTERMSIG(status));
    return sc_fail(err, SCUMBLE_ERR_FORMAT, "the file is damaged: reading it ended too early");
}

int sc_sandbox_read(sc_sandbox *sandbox, void *bytes, size_t size, sc_error *err)
{
    uint8_t *at = bytes;
    const int64_t silence_ms = (int64_t)sandbox->silence_s * 1000;
    int64_t deadline = now_ms() + silence_ms;
    while (size) {
        int64_t left = deadline - now_ms();
        struct pollfd wait = { .fd = sandbox->input, .events = POLLIN };
        int ready = left > 0 ? poll(&wait, 1, left < ASK_MS ? (int)left : ASK_MS) : 0;
        int code = sc_threads_check(sandbox->threads, err);
        if (code)
            return code;
        if ((ready < 0 && errno == EINTR) || (ready == 0 && left > 0))
            continue;
        if (ready <= 0)
            return fail_late(err);
        size_t chunk = size < 1u << 30 ? size : 1u << 30;
        ssize_t n = read(sandbox->input, at, chunk);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            return ended_early(sandbox, err);
        at += n;
        size -= (size_t)n;
        deadline = now_ms() + silence_ms;
    }
    return SCUMBLE_OK;
}

void sc_sandbox_end(sc_sandbox *sandbox)
{
    if (sandbox->input >= 0)
        close(sandbox->input);
    if (sandbox->child > 0) {
        kill(sandbox->child, SIGKILL);
        while (waitpid(sandbox->child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    *sandbox = (sc_sandbox){ .child = -1, .input = -1 };
}
