#!/bin/sh
# SPDX-License-Identifier: MIT
# Films to be judged by eye: out/gallery-film/NAME.png for a walk, a pan across a face, a turn and a cut. On top every fifth frame of the film, of the painter's frames
# each by itself, of the painter's film and of the film in a style; below, for each of them, one row of pixels over time (downwards): what flickers shows as stripes.
# Two photographs and a painting: PHOTOS and PAINTING (environment), else those of ../shared/images.
# Usage: scripts/gallery-film.sh PROGRAM [FRAMES]
set -eu

program=$1 frames=${2:-24}
painting=${PAINTING:-../shared/images/style/van-gogh-starry-night.jpg}
photos=${PHOTOS:-../shared/images/content/kodak-15.png ../shared/images/content/kodak-23.png}
out=out/gallery-film
here=$(dirname "$0")
for file in $photos "$painting"; do
    [ -f "$file" ] || { echo "gallery-film: '$file' is not there: name two photographs in PHOTOS and a painting in PAINTING" >&2; exit 1; }
done
# shellcheck disable=SC2086 # two names
[ -d "$out/clips/walk" ] || python3 "$here/../bench/film_clips.py" $photos "$out/clips" "$frames"

# The walk, and then the turn.
if [ ! -d "$out/clips/cut" ]; then
    mkdir -p "$out/clips/cut"
    half=$((frames / 2))
    for index in $(seq 0 $((frames - 1))); do
        from=walk
        [ "$index" -lt $half ] || from=turn
        number=$(printf %04d "$index")
        cp "$out/clips/$from/$number.png" "$out/clips/cut/$number.png"
    done
fi

# painted FOLDER CLIP OPTION...: paints it, unless it is there.
painted() {
    [ ! -f "$1/whole" ] || return 0
    folder=$1 source=$2
    shift 2
    mkdir -p "$folder"
    "$program" film "$source/%04d.png" "$@" -o "$folder/%04d.png"
    : >"$folder/whole"
}

for name in walk pan turn cut; do
    clip=$out/clips/$name
    made=$out/$name
    painted "$made/alone" "$clip" --painter starry --steady 0
    painted "$made/painter" "$clip" --painter starry
    painted "$made/style" "$clip" --style "$painting"
    python3 "$here/film-strips.py" "$out/$name.png" "$clip" "$made/alone" "$made/painter" "$made/style"
    echo "$out/$name.png"
done
