#!/bin/sh
# SPDX-License-Identifier: MIT
# The whole test suite in sanitizer builds: address + undefined, then thread. Stops at the first that fails.
set -eu

for kind in address,undefined thread; do
    folder=build-$(echo "$kind" | tr , -)
    [ -f "$folder/build.ninja" ] || meson setup "$folder" -Db_sanitize="$kind" -Db_lundef=false --buildtype=debugoptimized >/dev/null
    ninja -C "$folder"
    echo "sanitize: $kind"
    # libgomp and glib are not built for the thread sanitizer: races are looked for in our own code only.
    ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 LSAN_OPTIONS=suppressions="$PWD/tests/lsan.supp" \
        UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 TSAN_OPTIONS=halt_on_error=1:suppressions="$PWD/tests/tsan.supp" \
        meson test -C "$folder" --print-errorlogs --timeout-multiplier 10
done
