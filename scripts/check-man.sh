#!/bin/sh
# SPDX-License-Identifier: MIT
# groff formats every man page, of the tree and of a build folder, without a warning, for a terminal of 80 columns and a wide one.
# Usage: check-man.sh [BUILD]. Exit status 1: not; 77: there is no man here (packages man-db, groff-base).
set -eu
cd "$(dirname "$0")/.."

command -v man >/dev/null && command -v groff >/dev/null || { echo "check-man: skipped, there is no man (packages man-db, groff-base)"; exit 77; }
count=0 failures=0
for page in "$PWD"/doc/*.1 "${1:-build}"/doc/*.1; do
    [ -e "$page" ] || continue
    for width in 80 140; do
        # Without a terminal's escapes, which would hide what is too long.
        said=$(LC_ALL=C.UTF-8 MANWIDTH=$width MANROFFSEQ='' man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null) || said="$said (man failed)"
        [ -z "$said" ] || { echo "$page: $said" >&2; failures=$((failures + 1)); }
    done
    count=$((count + 1))
done
echo "$count man pages, $failures wrong"
[ $count -gt 0 ] && [ $failures -eq 0 ]
