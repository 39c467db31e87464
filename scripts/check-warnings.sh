#!/bin/sh
# SPDX-License-Identifier: MIT
# The whole tree, tests and examples with it, compiles without a warning, as it is released. Usage: scripts/check-warnings.sh [gcc|clang]...    both unless said otherwise.
# Builds in build-warnings-COMPILER. Exit status 1: there are warnings; 77: there is no such compiler here.
set -eu
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || set -- gcc clang
missing=""
for compiler; do
    command -v "$compiler" >/dev/null || { echo "check-warnings: skipped, there is no $compiler"; missing=yes; continue; }
    folder=build-warnings-$compiler
    case $compiler in clang*) other=$(echo "$compiler" | sed 's/clang/clang++/') ;; *) other=$(echo "$compiler" | sed 's/gcc/g++/') ;; esac
    [ -f "$folder/build.ninja" ] || CC=$compiler CXX=$other meson setup "$folder" --werror >/dev/null
    # All of them at once, but not what ninja says of each file.
    ninja -C "$folder" -k 0 >"$folder/warnings.log" || { grep -E -A 6 '(warning|error):' "$folder/warnings.log" >&2; exit 1; }
    echo "no warning with $compiler"
done
[ -z "$missing" ] || exit 77
