#!/bin/sh
# SPDX-License-Identifier: MIT
# Paints pairs of photos and paintings with several methods, one process at a time, measures the results (bench/quality.c) and prints a summary.
# Results that are there already are kept, with the seconds that they took; after a change of the program remove those that it concerns.
set -eu

usage() {
    cat <<'END'
usage: bench/quality.sh [flags] BUILD

  --size PX        long edge of the results (512)
  --pairs N        only the first N of the 24 pairs: 6 have each painting once, 12 twice (24)
  --methods FILE   lines of `label: flags of scumble stylize`; the first is what wins are counted against (those in this script)
  --encoder NAME   what measures (VGG-19)

Writes out/quality/PX/PHOTO-PAINTING-LABEL.png, list.tsv, measures.tsv and summary.txt beside them. The pictures come from the folder IMAGES
(environment), else ../shared/images, with the folders content, photos and style in it.
END
}

fail() {
    echo "quality: $*" >&2
    exit 1
}

# The methods; the first is the reference, with as many iterations as take the time of the default.
default_methods() {
    cat <<'END'
classic: --preset classic --iterations 300
classic-500: --preset classic --iterations 500 --scales 1
default:
END
}

# 6 photos of Kodak (flat walls, fine leaves, a face, fences, a sky, feathers) and 8 of the Berkeley set (a white church, fur on black, two faces, an
# old man's face, small animals under a large sky, water, a butterfly on blossoms, a temple). Every painting stands in 4 pairs, 10 photos in two.
default_pairs() {
    cat <<'END'
content/kodak-23.png style/van-gogh-starry-night.jpg
photos/189003.jpg style/matisse-woman-with-hat.jpg
photos/24063.jpg style/hokusai-great-wave.jpg
content/kodak-20.png style/munch-the-scream.jpg
photos/314016.jpg style/kandinsky-composition-vii.jpg
content/kodak-19.png style/turner-shipwreck.jpg
photos/260081.jpg style/van-gogh-starry-night.jpg
content/kodak-07.png style/matisse-woman-with-hat.jpg
content/kodak-15.png style/hokusai-great-wave.jpg
photos/67079.jpg style/munch-the-scream.jpg
content/kodak-03.png style/kandinsky-composition-vii.jpg
photos/253036.jpg style/turner-shipwreck.jpg
photos/67079.jpg style/van-gogh-starry-night.jpg
content/kodak-23.png style/matisse-woman-with-hat.jpg
photos/35010.jpg style/hokusai-great-wave.jpg
content/kodak-15.png style/munch-the-scream.jpg
content/kodak-19.png style/kandinsky-composition-vii.jpg
photos/314016.jpg style/turner-shipwreck.jpg
content/kodak-03.png style/van-gogh-starry-night.jpg
photos/42044.jpg style/matisse-woman-with-hat.jpg
content/kodak-20.png style/hokusai-great-wave.jpg
photos/189003.jpg style/munch-the-scream.jpg
photos/24063.jpg style/kandinsky-composition-vii.jpg
content/kodak-07.png style/turner-shipwreck.jpg
END
}

size=512
count=24
methods=""
encoder=""
build=""
while [ $# -gt 0 ]; do
    case $1 in
    --size | --pairs | --methods | --encoder) [ $# -gt 1 ] || fail "$1 needs a value; see --help" ;;
    esac
    case $1 in
    --size) size=$2 && shift 2 ;;
    --pairs) count=$2 && shift 2 ;;
    --methods) methods=$2 && shift 2 ;;
    --encoder) encoder=$2 && shift 2 ;;
    -h | --help) usage && exit 0 ;;
    -*) fail "$1 is not a flag; see --help" ;;
    *) build=$1 && shift ;;
    esac
done
[ -n "$build" ] || fail "name the build folder; see --help"
for number in "$size" "$count"; do
    case $number in
    '' | 0* | *[!0-9]*) fail "'$number' is not a positive whole number" ;;
    esac
done
program=$build/scumble
measure=$build/bench/bench-quality
for file in "$program" "$measure"; do
    [ -x "$file" ] || fail "there is no $file; run ninja -C $build"
done
images=${IMAGES:-../shared/images}
[ -d "$images/style" ] || fail "there are no pictures in '$images'; set IMAGES to a folder with content, photos and style in it"

out=out/quality/$size
mkdir -p "$out"
if [ -n "$methods" ]; then
    cp "$methods" "$out/methods.txt"
else
    default_methods >"$out/methods.txt"
fi
default_pairs | head -n "$count" >"$out/pairs.txt"

# paint PHOTO PAINTING RESULT FLAGS...: paints unless RESULT is there, made with the same flags. RESULT.run keeps the seconds and the flags.
paint() {
    from=$1 style=$2 result=$3
    shift 3
    if [ -f "$result" ] && [ -f "$result.run" ] && [ "$(sed -n 2p "$result.run")" = "$*" ]; then
        kept=$((kept + 1))
        return
    fi
    echo "quality: painting $result" >&2
    rm -f "$result.run"
    start=$(date +%s.%N)
    "$program" stylize -q "$from" --style "$style" -o "$result" --size "$size" "$@" </dev/null
    end=$(date +%s.%N)
    printf '%s\n%s\n' "$(echo "$end $start" | awk '{ printf "%.2f", $1 - $2 }')" "$*" >"$result.run"
    painted=$((painted + 1))
}

painted=0
kept=0
list=$out/list.tsv
: >"$list.new"
while read -r photo painting; do
    name=$(basename "${photo%.*}")-$(basename "${painting%.*}")
    while IFS=: read -r label flags; do
        case $label in
        '' | \#*) continue ;;
        *[!A-Za-z0-9_.-]*) fail "'$label' cannot be a label: letters, digits, '_', '-' and '.' only" ;;
        esac
        set -f
        # shellcheck disable=SC2086 # the flags are words
        paint "$images/$photo" "$images/$painting" "$out/$name-$label.png" $flags
        set +f
        printf '%s\t%s\t%s\t%s\t%s\n' "$images/$photo" "$images/$painting" "$label" "$(head -n 1 "$out/$name-$label.png.run")" \
            "$out/$name-$label.png" >>"$list.new"
    done <"$out/methods.txt"
done <"$out/pairs.txt"
mv "$list.new" "$list"
echo "quality: $painted painted, $kept were there already" >&2

# The blank line parts measures and summary.
"$measure" --list "$list" --summary ${encoder:+--encoder "$encoder"} >"$out/measured.new"
sed '/^$/,$d' "$out/measured.new" >"$out/measures.tsv"
{
    echo "$(grep -c . "$out/pairs.txt") pairs at $size pixels; $(sed -n 's/^# //p' "$out/measures.tsv")"
    sed '1,/^$/d' "$out/measured.new"
} >"$out/summary.txt"
rm "$out/measured.new"
cat "$out/summary.txt"
