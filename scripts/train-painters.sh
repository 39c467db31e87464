#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the painters that are part of the library (models/painters): sh scripts/train-painters.sh PAINTINGS PHOTOS OUTPUT [SCUMBLE [STEADY]]
# PAINTINGS holds the paintings under the names below, PHOTOS any photographs; OUTPUT is a folder; STEADY is their weight of steadiness. Takes some 20 minutes a painter on two cores.
set -eu
[ $# -ge 3 ] || { sed -n '3,4s/^# //p' "$0"; exit 2; }
paintings=$1 photos=$2 output=$3 scumble=${4:-scumble} steady=${5:-0}

# paint NAME PAINTING LEARNT-FROM
paint() {
    "$scumble" train "$paintings/$2" --content "$photos" -o "$output/$1.scumble" --name "$1" --steady "$steady" --licence "MIT; learnt from $3, in the public domain"
}
paint starry van-gogh-starry-night.jpg "The Starry Night (1889) by Vincent van Gogh"
paint wave hokusai-great-wave.jpg "The Great Wave off Kanagawa (1831) by Katsushika Hokusai"
