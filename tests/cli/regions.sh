# SPDX-License-Identifier: MIT
# Masks, label colours, protection and faces, in the program.
. "$(dirname "$0")/tap.sh"
make_pictures

# mask WIDTH HEIGHT EXPRESSION OF X AND Y: a grey mask; labels likewise, with three values a pixel.
mask() {
    awk "BEGIN { print \"P2 $1 $2 255\"; for (y = 0; y < $2; y++) for (x = 0; x < $1; x++) print int($3) }"
}
labels() {
    awk "BEGIN { print \"P3 $1 $2 255\"; for (y = 0; y < $2; y++) for (x = 0; x < $1; x++) print $3 }"
}
mask 48 32 0 >black.pgm
mask 48 32 '255 * (x < 24)' >left.pgm
mask 48 32 '255 * (x >= 24)' >right.pgm
mask 48 32 '255 * x / 47' >ramp.pgm
mask 44 36 '255 * (y < 18)' >upper.pgm
labels 48 32 'x < 24 ? "255 0 0" : "0 0 255"' >labels.ppm
labels 44 36 'y < 18 ? "250 4 9" : "0 0 0"' >red.ppm
labels 40 40 'y < 20 ? "255 0 0" : "0 0 255"' >both.ppm
two="--style painting.png --style second.png $quick"
check "black everywhere" stylize photo.png --mask black.pgm -q -o black.png
check "leaves the photo" "$tool" pixels black.png photo.png
check "one painting on one half" stylize photo.png --mask left.pgm -q -o left.png
# shellcheck disable=SC2086
check "and another nowhere" "$scumble" stylize photo.png $two --mask left.pgm --mask black.pgm -q -o left2.png
check "is the same picture" "$tool" pixels left.png left2.png
# shellcheck disable=SC2086
check "two halves" "$scumble" stylize photo.png $two --mask left.pgm --mask right.pgm -q -o halves.png
check "a soft mask, a style mask, protection" stylize photo.png --mask ramp.pgm --style-mask upper.pgm --protect left.pgm -q -o soft.png --recipe soft.json
check "the recipe has them" sh -c '[ "$(grep -c "ramp.pgm\|upper.pgm\|left.pgm" soft.json)" -eq 3 ]'
check "--from soft.png" "$scumble" stylize --from soft.png -q -o again.png
check "gives the same pixels" "$tool" pixels soft.png again.png
check "--from without the masks" "$scumble" stylize --from soft.png --mask none --protect none --style-mask none -q -o again.png
check "a plain run" stylize photo.png -q -o plain.png
check "is that" "$tool" pixels again.png plain.png
# The same masks at another size than the photo's, and with an edge that was rounded.
mask 96 64 '255 * (x < 48)' >left2.pgm
mask 96 64 '255 * (x >= 48)' >right2.pgm
mask 25 17 '255 * (x < 12)' >left-small.pgm
mask 88 72 '255 * (y < 36)' >upper2.pgm
# shellcheck disable=SC2086
check "masks of twice the size" "$scumble" stylize photo.png $two --mask left2.pgm --mask right2.pgm -q -o halves2.png
check "paint what masks of its size do" "$tool" pixels halves.png halves2.png
# shellcheck disable=SC2086
check "masks of different sizes, style masks, protection" "$scumble" stylize photo.png $two --mask left.pgm --mask right2.pgm --style-mask upper2.pgm --style-mask none --protect left-small.pgm -q -o fitted.png
# shellcheck disable=SC2086
check "labels" "$scumble" stylize photo.png $two --mask labels.ppm --style-mask red.ppm --style-mask both.ppm -q -o labels.png
check "--from labels.png" "$scumble" stylize --from labels.png -q -o again.png
check "gives the same pixels" "$tool" pixels labels.png again.png
# shellcheck disable=SC2086
check "none for a painting without a mask" "$scumble" stylize photo.png $two --mask left.pgm --mask right.pgm --style-mask none --style-mask both.ppm -q -o none.png
cp photo.png more.png
check "masks for many photos of one size" stylize photo.png more.png --mask left.pgm -q -o '{n}-masked.png'
check "two pictures" sh -c '[ -s 1-masked.png ] && "$1" pixels 1-masked.png 2-masked.png' - "$tool"
check "--dry-run with masks" stylize photo.png --mask left.pgm --dry-run -o dry.png
check "a texture of a part of a painting" "$scumble" texture painting.png --style-mask upper.pgm --size 48 --iterations 4 --style-layers relu1_1,relu2_1 -q -o texture.png
faces() {
    stylize photo.png --faces -o faces.png >out 2>err
    status=$?
    cat err
    if [ "$EXPECT_DETECTOR" = 1 ]; then
        [ $status -eq 0 ] && grep -q 'no face was found' err && "$tool" pixels faces.png photo-painting.png
    else
        [ $status -eq 1 ] && grep -q 'there is no face detector' err && [ ! -e faces.png ]
    fi
}
stylize photo.png -q
check "--faces finds none here, or, built without, says that it cannot" faces
interrupted() {
    # shellcheck disable=SC2086
    exits 130 "$tool" interrupt 1 2 "$scumble" stylize photo.png --style painting.png --mask left.pgm $quick -o part.png --progress json >lines.json &&
        cp part.png.checkpoint other.checkpoint && ! "$scumble" stylize --resume other.checkpoint --mask right.pgm -q -o other.png &&
        "$scumble" stylize --resume part.png.checkpoint -q -o part.png && "$tool" pixels part.png left.png
}
check "--resume keeps the masks and refuses others" interrupted
finish
