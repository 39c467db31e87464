#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzzes every model reader, those of metadata and of BMP and TGA, painters at work (our own and those of others), checkpoints and recipes, with libFuzzer, the address and the
# undefined-behaviour sanitizer. Usage: scripts/fuzz.sh [SECONDS each [TARGETS]]. Ends with 1 where something was found.
set -eu

seconds=${1:-600}
[ $# -eq 0 ] || shift
folder=build-fuzz
command -v clang >/dev/null || { echo "fuzz: clang and its runtime are needed (packages clang, libclang-rt-dev)" >&2; exit 1; }
[ -f "$folder/build.ninja" ] || CC=clang meson setup "$folder" -Dfuzz=true -Dfaces=disabled --buildtype=debugoptimized -Db_sanitize=address,undefined \
    -Db_lundef=false -Dc_args="-fsanitize=fuzzer-no-link -fno-sanitize-recover=undefined -fsanitize-coverage-ignorelist=$PWD/tests/fuzz/uncounted.txt" >/dev/null
found=0
[ $# -gt 0 ] || set -- safetensors pytorch tfjs keras keras_records onnx rights bitmap painter foreign checkpoint recipe
for name; do
    target=$folder/tests/fuzz/fuzz_$name
    ninja -C "$folder" "tests/fuzz/fuzz_$name" >/dev/null
    corpus=$folder/corpus-$name
    mkdir -p "$corpus"
    seeds=tests/fuzz/corpus/$name
    case $name in painter|foreign|checkpoint) limits="-max_len=160 -len_control=0" ;; *) limits=-max_len=65536 ;; esac # orders are short, and none is refused
    [ "$name" != checkpoint ] || limits="$limits -detect_leaks=0" # at the end only: fuzz_checkpoint.c says why
    echo "fuzz: $name, $seconds s"
    # New inputs go to the first folder. What crashes lies in the current folder as crash-*.
    if ! "$target" -max_total_time="$seconds" -rss_limit_mb=2048 $limits -timeout=20 -print_final_stats=1 "$corpus" "$seeds" >"$folder/$name.log" 2>&1; then
        echo "fuzz: $name FOUND something; $folder/$name.log says what" >&2
        found=1
    fi
    tail -12 "$folder/$name.log"
done
exit $found
