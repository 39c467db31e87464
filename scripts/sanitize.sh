#!/bin/sh
# SPDX-License-Identifier: MIT
# The test suite in sanitizer builds: all of it with address + undefined, what uses our threads with thread. Stops at the first that fails.
set -eu

for kind in address,undefined thread; do
    folder=build-$(echo "$kind" | tr , -)
    [ -f "$folder/build.ninja" ] || meson setup "$folder" -Db_sanitize="$kind" -Db_lundef=false --buildtype=debugoptimized >/dev/null
    ninja -C "$folder"
    # libvips and its codecs hand pictures between threads of their own with locks that the thread sanitizer cannot see (GLib's
    # futexes), so there it watches the tests of our own threads.
    tests=""
    [ "$kind" = thread ] && tests="core graph style allocation cpu_conv cpu_kernels encoder golden weights api cli-resume"
    echo "sanitize: $kind"
    # dlopen is the sanitizer's then, which does not follow our run path to the module that finds faces.
    # shellcheck disable=SC2086 # a list of names
    ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1:quarantine_size_mb=8 LSAN_OPTIONS=suppressions="$PWD/tests/lsan.supp" \
        LD_LIBRARY_PATH="$PWD/$folder/src/media" UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 TSAN_OPTIONS=halt_on_error=1:suppressions="$PWD/tests/tsan.supp" \
        meson test -C "$folder" --print-errorlogs --timeout-multiplier 10 $tests
done
