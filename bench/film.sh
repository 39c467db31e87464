#!/bin/sh
# SPDX-License-Identifier: MIT
# How steady films are, how near their style is, and how long they take, beside the same frames painted each by itself.
# Usage: bench/film.sh BUILD PHOTO PHOTO PAINTING [FRAMES]    Of two photographs six clips of 512 x 288 are made (bench/film_clips.py). Writes out/film.md as well.
# In a style only four frames of each clip are painted by themselves, 0, 1, 10 and 11: they make one pair one frame apart and two ten apart.
set -eu

build=$1 ground=$2 figure=$3 painting=$4 frames=${5:-12}
here=$(dirname "$0")
scumble=$build/scumble
out=out/film
table=out/film.md
mkdir -p "$out"
[ -d "$out/clips/walk" ] || python3 "$here/film_clips.py" "$ground" "$figure" "$out/clips" "$frames"

# swd FOLDER CLIP FRAME...: the mean style distance of these frames.
swd() {
    folder=$1 clip=$2
    shift 2
    for frame; do
        "$scumble" compare "$folder/$frame.png" --content "$clip/$frame.png" --style "$painting" --json -q | jq '.pairs[0].results[0].values.swd'
    done | awk '{ sum += $1 } END { printf "%.4f", sum / NR }'
}

# timed FOLDER COMMAND...: the seconds that it takes, unless the folder is there; they are kept in it.
timed() {
    folder=$1
    shift
    if [ ! -f "$folder/seconds" ]; then
        mkdir -p "$folder"
        begin=$(date +%s.%N)
        "$@" >/dev/null
        echo "$(date +%s.%N) $begin" | awk '{ printf "%.1f", $1 - $2 }' >"$folder/seconds"
    fi
}

{
    echo "512 x 288, $frames frames a clip, $(nproc) processors. Differences by the true motion, one frame apart and ten."
    echo
    echo "| clip | how | 1 apart | 10 apart | swd | seconds |"
    echo "|---|---|---|---|---|---|"
} >"$table"
row() { # row CLIP HOW FOLDER FRAME...
    name=$1 how=$2 folder=$3
    shift 3
    # shellcheck disable=SC2046 # two numbers
    set -- $(python3 "$here/film_measure.py" "$out/clips/$name" "$folder") "$(swd "$folder" "$out/clips/$name" "$@")"
    echo "| $name | $how | $1 | $2 | $3 | $(cat "$folder/seconds") |" >>"$table"
}

last=$(printf %04d $((frames - 1)))
for name in pan turn front fast grain walk; do
    clip=$out/clips/$name
    timed "$out/$name-painter-alone" "$scumble" film "$clip/%04d.png" --painter starry --steady 0 -o "$out/$name-painter-alone/%04d.png" -q
    timed "$out/$name-painter" "$scumble" film "$clip/%04d.png" --painter starry -o "$out/$name-painter/%04d.png" -q
    timed "$out/$name-style-alone" sh -c 'for frame in 0000 0001 0010 0011; do "$1" stylize "$2/$frame.png" --style "$3" -o "$4/$frame.png" -q || exit 1; done' - \
        "$scumble" "$clip" "$painting" "$out/$name-style-alone"
    timed "$out/$name-style" "$scumble" film "$clip/%04d.png" --style "$painting" -o "$out/$name-style/%04d.png" -q
    row "$name" "starry, frame by frame" "$out/$name-painter-alone" 0005 "$last"
    row "$name" "starry, film" "$out/$name-painter" 0005 "$last"
    row "$name" "style, each by itself" "$out/$name-style-alone" 0010 0011
    row "$name" "style, film" "$out/$name-style" 0010 0011
done
cat "$table"
