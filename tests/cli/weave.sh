# SPDX-License-Identifier: MIT
# The grid of the network's poolings leaves no weave in smooth areas (measured, as checkerboard, by compare); recipes from before are repeated with it.
. "$(dirname "$0")/tap.sh"
make_pictures
"$tool" picture 192 128 0 sky.png && "$tool" picture 96 96 9 rough.png || exit 1
options="--scales 1 -q --iterations"

# weave LEAST MOST PICTURE: its checkerboard is within these; 1 is what knows nothing of the grid
weave() {
    "$scumble" compare "$3" --content sky.png --style rough.png --encoder lite --json >measures.json || return 1
    sed -n 's/.*"checkerboard": \([0-9.]*\).*/\1/p' measures.json | tail -n 1 | awk -v least="$1" -v most="$2" '{ print } END { exit !(NR && $1 >= least && $1 <= most) }'
}

# shellcheck disable=SC2086
{
    check "painted" "$scumble" stylize sky.png --style rough.png $options 30 -o even.png
    check "without a weave" weave 0 1.5 even.png
    check "painted as 0.1.0 did" "$scumble" stylize sky.png --style rough.png $options 30 --grid still -o still.png
    check "with one" weave 2 1000 still.png
    check "painted by Adam" "$scumble" stylize sky.png --style rough.png $options 30 --optimizer adam -o adam.png
    check "without one" weave 0 1.5 adam.png

    check "a small picture" "$scumble" stylize photo.png --style painting.png $options 9 -o even.png
    check "and as 0.1.0 did" "$scumble" stylize photo.png --style painting.png $options 9 --grid still -o still.png --recipe recipe.json
    check "are different" sh -c '! "$1" pixels even.png still.png' - "$tool"
    check "one with no room for a weave" "$scumble" stylize photo.png --style painting.png --size 20 $options 9 -o even-tiny.png
    check "and as 0.1.0 did" "$scumble" stylize photo.png --style painting.png --size 20 $options 9 --grid still -o still-tiny.png
    check "are the same" "$tool" pixels even-tiny.png still-tiny.png
}

check "the recipe says so" grep -q '"grid": "still"' recipe.json
sed '/"grid":/d' recipe.json >old.json
check "one from before --grid" "$scumble" stylize --from old.json -o again.png -q
check "is repeated" "$tool" pixels again.png still.png
check "another grid is refused" exits 2 "$scumble" stylize photo.png --style painting.png --grid bent -o none.png
finish
