/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target in an ordinary build: replay <folder> [changes]: every file in the folder as it is, cut short at
 * many lengths, and `changes` times with a few bytes changed. Deterministic. */
#include <dirent.h>
#include <string.h>

#include "core/file.h"
#include "core/rng.h"
#include "fuzz.h"

enum { CUTS = 64 }; /* at every length, where there are no more */

/* A copy of exactly the size, so that an address sanitizer sees the first byte beyond. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_changed(uint8_t *data, size_t size, uint64_t seed)
{
    uint8_t old[8];
    size_t place[8], count = 1 + sc_random_bits(seed, 0) % 8;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = sc_random_bits(seed, i + 1);
        place[i] = (size_t)(bits >> 16) % size;
        old[i] = data[place[i]];
        data[place[i]] = bits & 1 ? (uint8_t)(old[i] ^ 1u << (bits >> 1 & 7)) :
                         bits & 2 ? (uint8_t)(bits >> 8) :
                         bits & 4 ? 0xff :
                                    0;
    }
    run(data, size);
    for (size_t i = count; i-- > 0;)
        data[place[i]] = old[i];
}

static int replay(const char *path, unsigned long changes)
{
    sc_error err = { 0 };
    sc_mapped_file file;
    if (sc_file_map(&file, path, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    size_t size = file.size_bytes;
    uint8_t *data = malloc(size + 1);
    if (!data)
        abort();
    if (size)
        memcpy(data, file.data, size);
    sc_file_unmap(&file);
    run(data, size);
    for (size_t i = 0; i < CUTS && size; i++)
        if (!i || size * i / CUTS != size * (i - 1) / CUTS)
            run(data, size * i / CUTS);
    for (size_t i = 1; i < 16 && i < size && size > CUTS; i++)
        run(data, size - i);
    for (unsigned long i = 0; i < changes && size; i++)
        run_changed(data, size, i);
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    unsigned long changes = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    DIR *folder = argc > 1 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: replay <folder> [changes]\n");
        return 2;
    }
    if (LLVMFuzzerInitialize && LLVMFuzzerInitialize(&argc, &argv))
        return 1;
    int failed = 0, count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = sc_format("%s/%s", argv[1], entry->d_name);
        if (!path)
            abort();
        failed |= replay(path, changes);
        count++;
        free(path);
    }
    closedir(folder);
    printf("%d files\n", count);
    return failed || !count;
}
