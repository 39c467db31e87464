#!/bin/sh
# SPDX-License-Identifier: MIT
# Styles a photograph with a painting; both come from Debian's package darknet, which is downloaded and unpacked, not installed.
set -eu

program=$1
out=out
pictures=$out/pictures
data=$pictures/usr/share/darknet/data

if [ ! -f "$data/dog.jpg" ] || [ ! -f "$data/scream.jpg" ]; then
    echo "demo: fetching the pictures (Debian's package darknet)"
    rm -rf "$pictures"
    mkdir -p "$pictures"
    # apt's downloads run as another user where they can: give them a folder of their own.
    folder=$(mktemp -d)
    chmod 755 "$folder"
    trap 'rm -rf "$folder"' EXIT
    (cd "$folder" && apt-get download -qq darknet 2>/dev/null || (apt-get update -qq && apt-get download -qq darknet))
    dpkg-deb -x "$folder"/darknet_*.deb "$pictures"
fi

photo=$data/dog.jpg
painting=$data/scream.jpg
"$program" stylize "$photo" --style "$painting" -o $out/demo.png
"$program" sheet "$photo" "$painting" $out/demo.png -o $out/demo-sheet.png
echo "the picture:           $PWD/$out/demo.png"
echo "photo/painting/result: $PWD/$out/demo-sheet.png"
