#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header compiles alone, as the first thing that a program includes: as C99, C11, C17 and C++17, with gcc and clang, without a warning.
# Usage: scripts/check-headers.sh [BUILD]    BUILD: where version.h is made (build). Exit status 1: one does not; 77: there is no compiler here that could be asked.
set -eu
cd "$(dirname "$0")/.."

build=${1:-build}
count=0 failures=0 missing=""

# alone COMPILER LANGUAGE STANDARD HEADER
alone() {
    count=$((count + 1))
    printf '#include <scumble/%s>\n#include <scumble/%s>\nint alone(void);\n' "$4" "$4" |
        "$1" -x "$2" -std="$3" -Wall -Wextra -Wpedantic -Wshadow -Werror -fsyntax-only -I include -I "$build/include" - || {
        echo "check-headers: $4 does not compile alone as $3 with $1" >&2
        failures=$((failures + 1))
    }
}

for compiler in gcc clang g++ clang++; do
    command -v $compiler >/dev/null || { missing="$missing $compiler"; continue; }
    case $compiler in *++) language=c++ standards=c++17 ;; *) language=c standards="c99 c11 c17" ;; esac
    for standard in $standards; do
        for header in include/scumble/*.h "$build"/include/scumble/*.h; do
            alone $compiler $language $standard "${header##*/}"
        done
    done
done
[ $count -gt 0 ] || { echo "check-headers: skipped, there is neither gcc nor clang"; exit 77; }
echo "$count times compiled alone, $failures wrong${missing:+; without$missing, which are not here}"
[ $failures -eq 0 ]
