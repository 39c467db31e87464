#!/bin/sh
# SPDX-License-Identifier: MIT
# The test suite in sanitizer builds: all of it with address + undefined, what uses our threads with thread. Stops at the first that fails.
# With "slice": units, operators and some of the program with clang's address and undefined-behaviour sanitizers, in the build folder of scripts/fuzz.sh: a few minutes. The
# last line counts; exit status 77: there is no clang here. With "threads": what uses several threads or contexts at once, with the thread sanitizer.
set -eu

# dlopen is the sanitizer's here, which does not follow our run path to the module that finds faces.
sanitized() {
    folder=$1
    shift
    ASAN_OPTIONS=detect_leaks=${leaks:-1}:allocator_may_return_null=1:quarantine_size_mb=8 LSAN_OPTIONS=suppressions="$PWD/tests/lsan.supp" \
        LD_LIBRARY_PATH="$PWD/$folder/src/media" UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 TSAN_OPTIONS=halt_on_error=1:suppressions="$PWD/tests/tsan.supp" "$@"
}

# prepare KIND: `folder`, the build folder of that sanitizer.
prepare() {
    folder=build-$(echo "$1" | tr , -)
    [ -f "$folder/build.ninja" ] || meson setup "$folder" -Db_sanitize="$1" -Db_lundef=false --buildtype=debugoptimized >/dev/null
}

# libvips and its codecs hand pictures between threads of their own with locks that the thread sanitizer cannot see (GLib's futexes): tests/tsan.supp leaves out what happens in them.
if [ "${1:-}" = threads ]; then
    prepare thread
    # shellcheck disable=SC2046 # a list of targets
    ninja -C "$folder" $(printf 'tests/unit/test_%s ' core graph owner_api variable) >"$folder/ninja.log" || { tail -n 30 "$folder/ninja.log" >&2; exit 1; }
    sanitized "$folder" scripts/test.sh "$folder" --no-rebuild core graph owner_api variable
    exit
fi

if [ "${1:-}" = slice ]; then
    scripts/fuzz.sh 0
    folder=build-fuzz
    ninja -C $folder >$folder/ninja.log || { tail -n 30 $folder/ninja.log >&2; exit 1; }
    # Leaks are looked for by the whole run below: clang's leak sanitizer itself fails in some programs.
    leaks=0
    sanitized $folder scripts/test.sh $folder --no-rebuild \
        animegan bitmap core cpu_conv cpu_kernels distil distiller_api encoder exr foreign graph guides image image_save loader match_api memory mend onnx onnx_external painter painter_api past pixels provenance_api registry rights \
        trainer_api usage variable weights weights_hostile wide \
        'ops backends' 'ops formulas' 'ops golden' 'ops gradients' 'ops infer' 'ops matching' 'ops parts' 'ops resize' 'ops statistics' \
        cli-help cli-json cli-pipes
    exit
fi

for kind in address,undefined thread; do
    prepare "$kind"
    ninja -C "$folder"
    tests=""
    [ "$kind" = thread ] && tests="core graph style allocation cancel cancel_api cpu_conv cpu_kernels encoder golden weights api owner_api run_api cli-resume"
    echo "sanitize: $kind"
    # shellcheck disable=SC2086 # a list of names
    sanitized "$folder" meson test -C "$folder" --print-errorlogs --timeout-multiplier 10 $tests
done
