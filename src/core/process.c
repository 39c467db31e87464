/* SPDX-License-Identifier: MIT */
/* What the process holds, and what it could still take. See process.h. */
#include "core/process.h"

#include <stdio.h>
#include <sys/resource.h>

static int64_t process_read_number(const char *path, const char *format)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return -1;
    char line[256];
    long long value = -1;
    while (value < 0 && fgets(line, sizeof line, file))
        if (sscanf(line, format, &value) != 1)
            value = -1;
    fclose(file);
    return value;
}

int64_t sc_process_bytes(void)
{
    int64_t kib = process_read_number("/proc/self/status", "VmRSS: %lld kB");
    return kib < 0 ? 0 : kib * 1024;
}

static int64_t at_least_zero(int64_t value)
{
    return value < 0 ? 0 : value;
}

int64_t sc_free_memory_bytes(void)
{
    int64_t free_kib = process_read_number("/proc/meminfo", "MemAvailable: %lld kB");
    int64_t free_bytes = free_kib < 0 ? INT64_MAX : free_kib * 1024;
    int64_t group_limit = process_read_number("/sys/fs/cgroup/memory.max", "%lld"),
            group_used = process_read_number("/sys/fs/cgroup/memory.current", "%lld");
    /* Files that were read count as used, but give way. */
    int64_t group_files = at_least_zero(process_read_number("/sys/fs/cgroup/memory.stat", "inactive_file %lld"));
    if (group_limit > 0 && group_used >= 0 && group_limit - group_used + group_files < free_bytes)
        free_bytes = group_limit - group_used + group_files;
    struct rlimit limit;
    int64_t mapped_bytes = 1024 * at_least_zero(process_read_number("/proc/self/status", "VmSize: %lld kB"));
    if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur < INT64_MAX &&
        (int64_t)limit.rlim_cur - mapped_bytes < free_bytes)
        free_bytes = (int64_t)limit.rlim_cur - mapped_bytes;
    return at_least_zero(free_bytes);
}
