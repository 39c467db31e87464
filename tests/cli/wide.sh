# SPDX-License-Identifier: MIT
# --icc keep: where the photo is left as it is, its colours come back, also those that sRGB does not have.
. "$(dirname "$0")/tap.sh"
"$tool" picture 96 96 5 painting.png && "$tool" painter wave 1 wave.scumble && "$tool" wide - bare.tif || { echo "Bail out! cannot make the test pictures"; exit 1; }
{ echo "P2 96 96 255"; yes 0 | head -9216; } >black.pgm
{ echo "P2 96 96 255"; yes '0 255' | head -4608; } >striped.pgm
quick="--style painting.png --size 96 --iterations 2 -q"

# back NAME: the codes of NAME.png are those of the photo, within 1/255
back() {
    "$tool" bare "$1.png" "$1-bare.png" && "$tool" near 0.00393 "$1-bare.png" bare.tif
}
for space in 0 1 2; do
    "$tool" wide $space wide.tif
    check "space $space: apply, no strength" "$scumble" apply wave.scumble wide.tif --strength 0 --icc keep -q -o none.png
    check "gives the photo" back none
    check "with 16 bits" "$scumble" apply wave.scumble wide.tif --strength 0 --icc keep --bits 16 -q -o deep.png
    check "too" back deep
    # shellcheck disable=SC2086
    check "nothing masked" "$scumble" stylize wide.tif $quick --mask black.pgm --icc keep -o masked.png
    check "gives the photo" back masked
done
check "half the strength" "$scumble" apply wave.scumble wide.tif --strength 0.5 --icc keep -q -o half.png
check "does not" sh -c '! "$1" bare half.png half-bare.png || ! "$1" near 0.1 half-bare.png bare.tif' - "$tool"
# shellcheck disable=SC2086
check "one half of the columns is painted" "$scumble" stylize wide.tif $quick --mask striped.pgm --icc keep -o striped.png
check "and not the photo" sh -c '! "$1" bare striped.png striped-bare.png || ! "$1" near 0.1 striped-bare.png bare.tif' - "$tool"
check "in sRGB" "$scumble" apply wave.scumble wide.tif --strength 0 -q -o srgb.png
check "the colours are clipped" "$tool" near 0.00393 srgb.png wide.tif
finish
