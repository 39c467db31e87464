# SPDX-License-Identifier: MIT
# The network's grid moves over the picture, so that its poolings leave no weave in flat areas; recipes from before it moved are repeated still.
. "$(dirname "$0")/tap.sh"
make_pictures
options="--style painting.png --iterations 26 --scales 1 -q"

# shellcheck disable=SC2086
{
    check "a grid that moves" "$scumble" stylize photo.png $options -o moving.png
    check "one that does not" "$scumble" stylize photo.png $options --grid still -o still.png --recipe recipe.json
    check "are different pictures" sh -c '! "$1" pixels moving.png still.png' - "$tool"
    check "the same until it is moved" "$scumble" stylize photo.png $options --iterations 12 -o first.png
    check "painted still" "$scumble" stylize photo.png $options --iterations 12 --grid still -o first-still.png
    check "are the same" "$tool" pixels first.png first-still.png
    check "Gram matrices seek nothing" "$scumble" stylize photo.png $options --style-terms gram -o gram.png
    check "so the grid stays" "$scumble" stylize photo.png $options --style-terms gram --grid still -o gram-still.png
    check "where it is" "$tool" pixels gram.png gram-still.png
}

check "the recipe says so" grep -q '"grid": "still"' recipe.json
sed '/"grid":/d' recipe.json >old.json
check "one from before --grid" "$scumble" stylize --from old.json -o again.png -q
check "is repeated" "$tool" pixels again.png still.png
check "another grid is refused" exits 2 "$scumble" stylize photo.png --style painting.png --grid bent -o none.png
finish
