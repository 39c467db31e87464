/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4) of a file: to tell whether a recipe's pictures are still the same. */
#ifndef CLI_HASH_H
#define CLI_HASH_H

#include <stdbool.h>

/* 64 lower-case hex digits and a NUL; false when the file cannot be read. */
bool hash_file(const char *path, char hex[65]);

#endif
