#!/bin/sh
# SPDX-License-Identifier: MIT
# Is the tree written as .clang-format says? All C and C++ files but generated ones, by clang-format 14 exactly, for versions differ in small things; the package is
# clang-format-14. Exit status 1: a file is not (clang-format -i FILE mends it); 77: there is no version 14 here.
set -eu
cd "$(dirname "$0")/.."

generated="tests/ops/golden.h"
for program in clang-format-14 clang-format none; do
    case $("$program" --version 2>/dev/null) in *"version 14."*) break ;; esac
done
[ "$program" != none ] || { echo "check-format: skipped, there is no clang-format 14 (package clang-format-14)"; exit 77; }

files=$(find src include tests bench examples \( -name '*.c' -o -name '*.h' -o -name '*.cpp' \) | grep -vxF "$generated" | sort)
# shellcheck disable=SC2086 # a list of files
"$program" --dry-run -Werror $files || { echo "check-format: mend it with $program -i FILE" >&2; exit 1; }
echo "$(echo "$files" | wc -l) files are written as .clang-format says"
