# SPDX-License-Identifier: MIT
# Options that are set in the middle of a run (--at): the picture, its recipe, the repetition, checkpoints on the way.
. "$(dirname "$0")/tap.sh"
make_pictures
options="--style painting.png --size 48 --iterations 20 -q"

# shellcheck disable=SC2086
{
    check "painted" "$scumble" stylize photo.png $options -o plain.png
    check "steered" "$scumble" stylize photo.png $options --at 6:beta=1,tv=0.3 --at 15:iterations=24 -o steered.png --recipe steered.json
    check "to another picture" sh -c '! "$1" pixels plain.png steered.png' - "$tool"
    check "the recipe says when" sh -c 'grep -A 2 "\"iteration\": 15" steered.json | grep -q iterations'
    check "repeated" "$scumble" stylize --from steered.png -o again.png -q
    check "to the byte" "$tool" pixels again.png steered.png
    check "from a file of JSON, too" "$scumble" stylize --from steered.json -o again.png -q
    check "to the byte" "$tool" pixels again.png steered.png
    check "stopped after a change" "$scumble" stylize photo.png $options --at 6:beta=1,tv=0.3 --at 15:iterations=24 --stop-after 9 -o part.png --checkpoint part.checkpoint
    check "and gone on with" "$scumble" stylize --resume part.checkpoint --at 15:iterations=24 -o rest.png -q
    check "to the same" "$tool" pixels rest.png steered.png
    check "a texture" "$scumble" texture --style painting.png --size 48x48 --iterations 12 --at 5:beta=2 -q -o texture.png
    check "repeated" "$scumble" texture --from texture.png -o texture-again.png -q
    check "to the byte" "$tool" pixels texture.png texture-again.png
    for wrong in beta=3 3:beta 3:=1 3:gamma=1 0:beta=1 x:beta=1 "3:beta=1," 3:adversarial=1; do
        check "refused: $wrong" exits 2 "$scumble" stylize photo.png $options --at "$wrong" -o none.png
    done
    check "refused: a weight below 0" exits 2 "$scumble" stylize photo.png $options --at 2:beta=-1 -o none.png
}
finish
