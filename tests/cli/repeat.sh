# SPDX-License-Identifier: MIT
# Pictures and recipes repeated with --from: the same pixels, other inputs, and inputs that moved or changed.
. "$(dirname "$0")/tap.sh"
make_pictures

check "a picture to repeat" stylize photo.png -o first.png --beta 30 --seed 7 --init noise --recipe first.json -q
check "--from picture" "$scumble" stylize --from first.png -o again.png
check "gives the same pixels" "$tool" pixels first.png again.png
check "--from JSON" "$scumble" stylize --from first.json -o again.png
check "gives the same pixels, too" "$tool" pixels first.png again.png
check "--from with a flag over it" "$scumble" stylize --from first.json -o other.png --beta 3
check "gives another picture" sh -c '! "$1" pixels first.png other.png' - "$tool"
check "--from with another photo" "$scumble" stylize second.png --from first.json -o other.png
check "--from with a weighted style" "$scumble" stylize --from first.json --style second.png:3 -o other.png
stylize photo.png -q
check "--from does not overwrite what it repeats" sh -c 'cp photo-painting.png kept.png && "$1" stylize --from photo-painting.png -q && cmp kept.png photo-painting.png && "$2" pixels kept.png photo-painting-again.png' - "$scumble" "$tool"
beside() {
    mkdir -p moved && cp first.png photo.png painting.png moved && cd moved && mkdir -p down && cd down || return 1
    says 'wrote again.png' "$scumble" stylize --from ../first.png -o again.png && "$tool" pixels ../first.png again.png
}
in_subshell() {
    ("$@")
}
check "inputs are found beside the recipe" in_subshell beside
# The files that --colour and --init name are inputs like the others.
cp second.png palette.png
cp painting.png start.png
check "a palette and a start" stylize photo.png --colour palette.png --init start.png -q -o named.png
named_beside() {
    mkdir -p apart && mv named.png palette.png start.png apart && cp photo.png painting.png apart || return 1
    "$scumble" stylize --from apart/named.png -q -o again.png && "$tool" pixels apart/named.png again.png
}
check "are found beside the recipe" named_beside
check "and replaced by the command line" "$scumble" stylize --from apart/named.png --colour second.png --init painting.png -q -o again.png
check "which gives the same pixels" "$tool" pixels apart/named.png again.png
# shellcheck disable=SC2086
check "stopped with both" exits 130 "$tool" interrupt 3 2 "$scumble" stylize photo.png --style painting.png $quick --iterations 8 \
    --colour apart/palette.png --init apart/start.png -o part.png --progress json
cp photo.png apart/palette.png
check "a changed palette is told" says "note: 'apart/palette.png' has changed" "$scumble" stylize --from apart/named.png -o again.png
lone() {
    mkdir lone && cp part.png.checkpoint photo.png painting.png apart/start.png lone && cp photo.png lone/palette.png || return 1
    ! (cd lone && "$scumble" stylize --resume part.png.checkpoint -q -o part.png 2>said) && grep -q "belongs to another run: the palette is another one" lone/said
}
check "and does not fit the checkpoint" lone
check "a copy of the right one does, by its hash" "$scumble" stylize --resume part.png.checkpoint --look-in apart -o part.png --csv part.csv -q
cp second.png apart/palette.png
check "a palette that is gone is named" sh -c 'rm apart/palette.png && ! "$1" stylize --from apart/named.png -q -o gone.png 2>said && grep -q "from the palette .palette.png., which is not here" said' - "$scumble"
mkdir alone # a copy of the photo would be found by its hash
cp first.png painting.png alone && cp second.png alone/photo.png
check "a changed input is told" says "note: 'photo.png' has changed" sh -c 'cd alone && "$1" stylize --from first.png -o changed.png' - "$scumble"
finish
