#!/bin/sh
# SPDX-License-Identifier: MIT
# A contact sheet of pairs x methods: out/gallery.jpg, one row a pair: photo, painting, then a result of each method.
# Pictures: the folders PHOTOS and PAINTINGS (environment), else ../shared/images, else Debian's package darknet (scripts/demo.sh).
# Methods: lines of "name: flags of scumble stylize" in the file METHODS (environment), else those below; GALLERY_OPTIONS goes to all of them
# (--encoder vgg19). A result that is there already is kept.
# And out/choosing.jpg (doc/choosing.md): one photo, the paintings in the order in which they suit it, and for each a result by default and with --auto.
# Usage: scripts/gallery.sh PROGRAM [SIZE]
set -eu

program=$1
size=${2:-320}
out=out/gallery/$size
mkdir -p "$out"

photos=${PHOTOS:-../shared/images/content}
paintings=${PAINTINGS:-../shared/images/style}
if [ ! -d "$photos" ] || [ ! -d "$paintings" ]; then
    [ -d out/pictures ] || scripts/demo.sh "$program"
    photos=out/pictures/usr/share/darknet/data
    paintings=$out/paintings
    mkdir -p "$paintings"
    cp "$photos/scream.jpg" "$paintings/"
fi

if [ -n "${METHODS:-}" ]; then
    methods=$(grep -v '^ *$' "$METHODS")
else
    methods='classic: --style-terms gram --content-terms feature --beta 20 --iterations 250
w2: --style-terms w2 --content-terms feature --beta 6
sliced: --style-terms sliced --content-terms feature --beta 15
neighbour: --style-terms neighbour,w2:0.3 --content-terms feature --beta 10
default:'
fi

# Each photo with two paintings, walking through both lists, until there are 12 pairs.
pairs=$(
    set -- "$paintings"/*
    count=$#
    n=0
    for round in 0 3; do
        for photo in "$photos"/*; do
            case $photo in *scream.jpg) continue ;; *.jpg | *.jpeg | *.png | *.webp | *.tif) ;; *) continue ;; esac
            index=$(((n + round) % count + 1))
            eval "painting=\${$index}"
            echo "$photo|$painting"
            n=$((n + 1))
        done
    done | head -12
)

sheet=""
IFS='
'
for pair in $pairs; do
    photo=${pair%|*}
    painting=${pair#*|}
    name=$(basename "${photo%.*}")-$(basename "${painting%.*}")
    sheet="$sheet
$photo
$painting"
    for method in $methods; do
        label=${method%%:*}
        result=$out/$name-$label.png
        sheet="$sheet
$result"
        [ -f "$result" ] && continue
        echo "gallery: $name, $label"
        IFS=' '
        # shellcheck disable=SC2086 # flags
        "$program" stylize -q "$photo" --style "$painting" -o "$result" --size "$size" ${method#*:} ${GALLERY_OPTIONS:-}
        IFS='
'
    done
done
columns=$(($(echo "$methods" | wc -l) + 2))
# shellcheck disable=SC2086 # one name a line
"$program" sheet $sheet -o out/gallery.jpg --height 200 --columns "$columns"
echo "the gallery: $PWD/out/gallery.jpg"

# What match says, and what --auto makes of it: a row for each painting.
photo=$(echo "$pairs" | sed -n '1s/|.*//p')
sheet=""
ranked=$("$program" match -q "$photo" "$paintings" --json | jq -r '.pictures[:6][].picture')
for painting in $ranked; do
    name=$(basename "${photo%.*}")-$(basename "${painting%.*}")
    for label in default auto; do
        result=$out/$name-$label.png flag=""
        [ "$label" = default ] || flag=--auto
        [ -f "$result" ] || "$program" stylize -q "$photo" --style "$painting" -o "$result" --size "$size" $flag
    done
    sheet="$sheet
$photo
$painting
$out/$name-default.png
$out/$name-auto.png"
done
# shellcheck disable=SC2086 # one name a line
"$program" sheet $sheet -o out/choosing.jpg --height 200 --columns 4
echo "how a photo goes with the paintings: $PWD/out/choosing.jpg (photo, painting, by default, with --auto)"
