#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzzes every model reader, those of metadata, of BMP and TGA, of OpenEXR and of films, painters at work (our own and those of others), checkpoints, states of films and recipes, with libFuzzer, the address and the
# undefined-behaviour sanitizer, as many at once as there are processors. Usage: scripts/fuzz.sh [SECONDS each [TARGETS]]    0 seconds: only sets up the build folder, build-fuzz.
# Ends with 1 where something was found, with 77 without clang.
set -eu

seconds=${1:-600}
[ $# -eq 0 ] || shift
folder=build-fuzz
command -v clang >/dev/null || { echo "fuzz: skipped, clang and its runtime are needed (packages clang, libclang-rt-dev)" >&2; exit 77; }
[ -f "$folder/build.ninja" ] || CC=clang meson setup "$folder" -Dfuzz=true -Dfaces=disabled --buildtype=debugoptimized -Db_sanitize=address,undefined \
    -Db_lundef=false -Dc_args="-fsanitize=fuzzer-no-link -fno-sanitize-recover=undefined -fsanitize-coverage-ignorelist=$PWD/tests/fuzz/uncounted.txt" >/dev/null
[ "$seconds" -gt 0 ] || exit 0
[ $# -gt 0 ] || set -- safetensors pytorch tfjs keras keras_records onnx rights bitmap exr painter foreign checkpoint film shot recipe
# shellcheck disable=SC2046 # a list of files
ninja -C "$folder" $(printf 'tests/fuzz/fuzz_%s ' "$@") >"$folder/ninja.log" || { tail -n 30 "$folder/ninja.log" >&2; exit 1; }

# New inputs go to the first folder. What crashes lies in the current folder as crash-*, what is lost as leak-*.
fuzz() {
    mkdir -p "$folder/corpus-$1"
    case $1 in painter|foreign|checkpoint|shot) limits="-max_len=160 -len_control=0" ;; *) limits=-max_len=65536 ;; esac # orders are short, and none is refused
    [ "$1" != checkpoint ] || limits="$limits -detect_leaks=0" # at the end only: fuzz_checkpoint.c says why
    # shellcheck disable=SC2086 # options
    "$folder/tests/fuzz/fuzz_$1" -max_total_time="$seconds" -rss_limit_mb=2048 $limits -timeout=20 -print_final_stats=1 "$folder/corpus-$1" "tests/fuzz/corpus/$1" \
        >"$folder/$1.log" 2>&1 && : >"$folder/$1.sound"
}

export LSAN_OPTIONS=print_suppressions=0:suppressions="$PWD/tests/lsan.supp"
processors=$(nproc) started=0
for name; do
    rm -f "$folder/$name.sound"
    echo "fuzz: $name, $seconds s"
    fuzz "$name" &
    started=$((started + 1))
    [ $((started % processors)) -ne 0 ] || wait # all take as long
done
wait

found=0
for name; do
    if [ -e "$folder/$name.sound" ]; then
        echo "fuzz: $name: nothing found in $(sed -n 's/^stat::number_of_executed_units: *//p' "$folder/$name.log") runs"
    else
        tail -n 30 "$folder/$name.log"
        echo "fuzz: $name FOUND something; $folder/$name.log says what" >&2
        found=$((found + 1))
    fi
done
echo "$(($# - found)) passed, $found failed, 0 skipped"
[ $found -eq 0 ]
