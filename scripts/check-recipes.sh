#!/bin/sh
# SPDX-License-Identifier: MIT
# Are pictures of an older version still repeated? Paints twelve with the old program, repeats each with the new one by --from, from the recipe within, and compares
# all pixels. Other kernels round otherwise, and the descent makes more of that: up to 0.045 of white on average, where another seed gives 0.18 and beta 1.3 in place
# of 1 0.14. Prints a table. Usage: scripts/check-recipes.sh OLD_PROGRAM NEW_PROGRAM [FOLDER]
# The new program is one that lies in its build folder, beside its tests. FOLDER keeps the pictures; else they are thrown away. Exit status 1: one that should be
# the same is not, or was not made.
set -eu

[ $# -ge 2 ] || { echo "usage: scripts/check-recipes.sh OLD_PROGRAM NEW_PROGRAM [FOLDER]" >&2; exit 2; }
old=$(realpath "$1") new=$(realpath "$2") tool=$(dirname "$(realpath "$2")")/tests/cli/cli-tool
[ -x "$tool" ] || { echo "check-recipes: '$tool' is missing; build the new version's tests first (ninja -C build)" >&2; exit 2; }
folder=${3:-}
if [ -z "$folder" ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
fi
mkdir -p "$folder"
cd "$folder"

"$tool" picture 160 120 1 photo.png
"$tool" picture 144 144 5 painting.png
"$tool" picture 120 96 8 second.png
"$tool" picture 480 360 2 large.png
"$tool" sprite 200 cutout.tif
"$tool" sprite 90 100 veil.tif
{ printf 'P3\n64 48\n255\n' && yes '90 120 150' | head -3072; } >plain.ppm
# Masks: where the first and the second painting go, of the photo's size.
"$tool" picture 160 120 3 mask.png
"$tool" picture 160 120 4 other-mask.png

# The processor time, in ticks, of what this shell has run so far.
ticks() {
    read -r all </proc/self/stat
    # shellcheck disable=SC2086 # words: the 16th and 17th are of children
    set -- $all
    ticks=$((${16} + ${17}))
}

# seconds COMMAND...: runs it, and prints the processor time that it took.
seconds() {
    ticks
    start=$ticks
    "$@" >log 2>&1 || { cat log >&2; return 1; }
    ticks
    awk -v ticks=$((ticks - start)) -v each="$(getconf CLK_TCK)" 'BEGIN { printf "%.1f", ticks / each }'
}

failures=0 again=""
# repeats NAME COMMAND ARGUMENTS...: paints NAME with the old program, repeats it with the new one.
# differs NAME WHY COMMAND ARGUMENTS...: likewise, where the pictures are not the same any more, for a good reason.
repeats() {
    why="" name=$1
    shift
    try "$@"
}
differs() {
    name=$1 why=$2
    shift 2
    try "$@"
}
try() {
    command=$1
    shift
    then="-" now="-" result="not painted"
    # shellcheck disable=SC2086 # a list of arguments
    if then=$(seconds "$old" "$command" "$@" -q -o "old-$name.png") && now=$(seconds "$new" "$command" --from "old-$name.png" $again -q -o "new-$name.png"); then
        "$tool" near 0 "old-$name.png" "new-$name.png" 2>log && result=same || result=$(sed 's/.* differ/differs/' log)
        [ "$result" = same ] || ! "$tool" alike 0.07 "old-$name.png" "new-$name.png" 2>log || result=alike
    fi
    verdict=$result
    case $result in
    same | alike) [ -z "$why" ] || verdict="$result (expected: $why)" ;;
    *) [ -n "$why" ] && [ "$result" != "not painted" ] && verdict="$result, expected: $why" || failures=$((failures + 1)) ;;
    esac
    printf '%-18s %6s s %6s s  %s\n' "$name" "$then" "$now" "$verdict"
}

printf '%-18s %8s %8s  %s\n' picture old new pixels
usual="photo.png --style painting.png --size 128 --iterations 40"
# shellcheck disable=SC2086 # lists of arguments
{
    repeats default stylize $usual
    repeats classic stylize $usual --preset classic --iterations 40
    repeats neighbour stylize $usual --style-terms w2:4,neighbour --rotations
    repeats masks stylize $usual --style second.png --mask mask.png --mask other-mask.png --protect mask.png
    repeats tileable stylize $usual --tileable
    repeats texture texture painting.png --size 128x96 --iterations 40
    repeats texture-tileable texture painting.png --size 96x96 --iterations 40 --tileable
    repeats colour-match stylize $usual --colour match --optimizer adam
    # Depth and memory are no part of a recipe.
    again="--bits 16"
    repeats alpha-16-bits stylize veil.tif --style painting.png --size 96 --iterations 40 --bits 16
    differs cutout-16-bits "colours behind alpha 0 decided visible ones" stylize cutout.tif --style painting.png --size 96 --iterations 40 --bits 16
    again=""
    differs one-colour "a photo of one colour came out as it was" stylize plain.ppm --style painting.png --iterations 14
    again="--max-memory 150M"
    repeats in-tiles stylize large.png --style painting.png --size full --iterations 14 --max-memory 150M
}
[ $failures -eq 0 ] || { echo "check-recipes: $failures of 12 are not repeated as they should be" >&2; exit 1; }
