# SPDX-License-Identifier: MIT
# Where there is nothing to go by: photos of one colour, or nearly so, become textures of the style; masks that mark nothing are remarked on.
. "$(dirname "$0")/tap.sh"
make_pictures

# plain R G B NOISE FILE: 64 x 48 pixels, each value up to NOISE above.
plain() {
    awk -v r="$1" -v g="$2" -v b="$3" -v noise="$4" 'BEGIN { srand(1); print "P3 64 48 255"; for (i = 0; i < 64 * 48; i++)
        print int(r + rand() * (noise + 1)), int(g + rand() * (noise + 1)), int(b + rand() * (noise + 1)) }' >"$5"
}
plain 120 130 160 0 grey.ppm && plain 0 0 0 0 black.ppm && plain 255 255 255 0 white.ppm && plain 120 130 160 3 wall.ppm
paint() { "$scumble" stylize "$@" --style painting.png --iterations 16; }
# varied FILE.ppm: its values deviate by more than 20 of 255.
varied() {
    tail -c "$((64 * 48 * 3))" "$1" | od -An -v -tu1 | awk '{ for (i = 1; i <= NF; i++) { n++; s += $i; q += $i * $i } } END { exit !(n && q / n - s / n * s / n > 400) }'
}

check "a photo of one colour" paint grey.ppm -o grey-out.ppm --bits 8
check "is said to be one" grep -q "note: the photo is of one colour: it becomes a texture of the style" "$scratch/last.err"
check "and becomes a texture" varied grey-out.ppm
for name in black white wall; do
    check "$name" paint $name.ppm -o $name-out.ppm --bits 8
    check "becomes one, too" varied $name-out.ppm
done
check "whatever its colour" "$tool" pixels black-out.ppm white-out.ppm
check "with Gram matrices" paint grey.ppm --preset classic -o classic.ppm --bits 8
check "becomes one, too" varied classic.ppm
check "as JSON" sh -c '"$@" | jq -e -s "[.[] | select(.event == \"note\") | .message] == [\"the photo is of one colour: it becomes a texture of the style\"]"' - \
    "$scumble" stylize grey.ppm --style painting.png --iterations 4 --progress json -o json.png
check "in its own colours" says "in its colours there is nothing to paint" paint grey.ppm --colour photo -o own.ppm --bits 8
check "it stays of one colour" exits 1 varied own.ppm
check "other photos" sh -c '"$@" 2>err && ! grep "of one colour" err' - "$scumble" stylize photo.png --style painting.png --iterations 1 -o other.png
check "a stopped one goes on" sh -c '"$1" stylize grey.ppm --style painting.png --iterations 16 --bits 8 --stop-after 7 --checkpoint half -q -o half.ppm &&
    "$1" stylize --resume half --iterations 16 -q --bits 8 -o resumed.ppm' - "$scumble"
check "to the same picture" "$tool" pixels grey-out.ppm resumed.ppm

plain 0 0 0 0 no-mask.ppm
"$tool" picture 64 48 4 view.png
check "a black mask" says "note: the mask is black everywhere: nothing is painted, the photo stays as it is" paint view.png --mask no-mask.ppm -o unpainted.png
check "leaves the photo" "$tool" pixels view.png unpainted.png
check "as JSON" sh -c '"$@" | jq -e -s "[.[] | select(.event == \"note\") | .message] == [\"the mask is black everywhere: nothing is painted, the photo stays as it is\"]"' - \
    "$scumble" stylize view.png --style painting.png --mask no-mask.ppm --iterations 2 --progress json -o unpainted.png
check "one of two" says "note: the mask of style 2 is black everywhere: that style is painted nowhere" "$scumble" stylize view.png --style painting.png --style second.png \
    --mask white.ppm --mask no-mask.ppm --iterations 1 -o first.png
check "both" says "note: the masks are black everywhere" "$scumble" stylize view.png --style painting.png --style second.png --mask no-mask.ppm --mask no-mask.ppm --iterations 1 -o first.png
check "nothing to protect" says "note: what is to be protected is black everywhere" paint view.png --protect no-mask.ppm -o protected.png
check "a mask that marks something" sh -c '"$@" 2>err && ! grep "black everywhere" err' - "$scumble" stylize view.png --style painting.png --mask white.ppm --protect white.ppm --iterations 1 -o all.png
finish
