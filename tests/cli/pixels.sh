# SPDX-License-Identifier: MIT
# --range and --channels: what pictures a network of others takes, of apply and of models import, which keeps it.
. "$(dirname "$0")/tap.sh"
make_pictures
cp "$root/tests/fuzz/corpus/pytorch/animegan2.pt" net.pt
usual="photo.png --style-scale learnt -q"

# shellcheck disable=SC2086 # a list of arguments
{
    check "a network that says its range" "$scumble" apply ./net.pt $usual -o plain.png
    check "told the same" "$scumble" apply ./net.pt $usual --range -1..1 --channels rgb -o same.png
    check "paints the same" "$tool" pixels plain.png same.png
    check "told another range and order" "$scumble" apply ./net.pt $usual --range 0..255 --channels bgr -o told.png
    check "paints otherwise" sh -c '! "$1" near 0.1 plain.png told.png' - "$tool"
    check "kept as a painter" says "scumble apply odd" "$scumble" models import net.pt --arch painter --name odd --range 0..255 --channels bgr --licence "CC0, ours"
    check "by its name" "$scumble" apply odd $usual -o kept.png
    check "it paints as it was told" "$tool" near 0.02 told.png kept.png
    check "it is an ONNX network" "$scumble" models export odd --onnx odd.onnx -q
    check "of 0..1, as all that are written" says "RGB, 0..1" "$scumble" models info odd.onnx
    check "and is written as it was told" "$scumble" apply ./odd.onnx $usual -o written.png
    check "to the same picture" "$tool" near 0.004 kept.png written.png
}
"$tool" recipe told.png >recipe.json
check "the recipe says what was told" sh -c 'grep -q "\"range\": \"0..255\"" recipe.json && grep -q "\"channels\": \"bgr\"" recipe.json'
"$tool" recipe plain.png >recipe.json
check "or nothing" sh -c '! grep -q "\"range\"\|\"channels\"" recipe.json'
check "the licence is kept" says "CC0, ours" "$scumble" models info odd
check "another name is the file's" says "scumble apply net" "$scumble" models import net.pt --arch painter
check "which is unlicensed" says "licence: unknown" "$scumble" models info net
check "a painter of scumble says it itself" sh -c '! "$@" 2>err && grep -q "says itself" err' - "$scumble" apply odd photo.png --range 0..1 -o none.png -q
check "another range is refused" exits 2 "$scumble" apply ./net.pt photo.png --range 0..2 -o none.png
check "and one for an encoder" exits 2 "$scumble" models import net.pt --arch vgg19 --range 0..1
check "a name that is none" exits 2 "$scumble" models import net.pt --arch painter --name a/b
finish
