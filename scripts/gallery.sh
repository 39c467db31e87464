#!/bin/sh
# SPDX-License-Identifier: MIT
# A contact sheet of pairs x encoders: out/gallery.jpg, one row a pair: photo, painting, then a result with each encoder that is at hand.
# Pictures: the folders PHOTOS and PAINTINGS (environment), else ../shared/images, else Debian's package darknet (scripts/demo.sh).
# Usage: scripts/gallery.sh PROGRAM [SIZE]
set -eu

program=$1
size=${2:-320}
out=out/gallery
mkdir -p $out

photos=${PHOTOS:-../shared/images/content}
paintings=${PAINTINGS:-../shared/images/style}
if [ ! -d "$photos" ] || [ ! -d "$paintings" ]; then
    [ -d out/pictures ] || scripts/demo.sh "$program"
    photos=out/pictures/usr/share/darknet/data
    paintings=$out/paintings
    mkdir -p $paintings
    cp $photos/scream.jpg $paintings/
fi

# The encoders: ENCODERS (environment), else lite and what is installed. Where a folder `shared` lies beside the checkout (test data of
# the developers), its VGG-19 and InceptionV3 are put into a data folder of the gallery's own.
if [ -d ../shared/models ]; then
    export XDG_DATA_HOME=$PWD/$out/data
    "$program" models import ../shared/models/vgg19-tfjs-conv1-to-conv3 --arch vgg19 >/dev/null 2>&1
    [ -f "$XDG_DATA_HOME/scumble/models/inception_v3.safetensors" ] || "$program" models pull inception_v3 || true
fi
encoders=${ENCODERS:-$("$program" models list | awk '$2 == "built" || $2 == "yes" { printf "%s ", $1 }')}

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
    IFS=' '
    for encoder in $encoders; do
        result=$out/$name-$encoder.png
        echo "gallery: $name, $encoder"
        "$program" stylize -q "$photo" --style "$painting" -o "$result" --size "$size" --encoder "$encoder" ${GALLERY_OPTIONS:-}
        sheet="$sheet
$result"
    done
    IFS='
'
done
set -- $encoders
IFS=' '
columns=$(($(echo "$encoders" | wc -w) + 2))
IFS='
'
# shellcheck disable=SC2086 # one name a line
"$program" sheet $sheet -o out/gallery.jpg --height 200 --columns "$columns"
echo "the gallery: $PWD/out/gallery.jpg"
