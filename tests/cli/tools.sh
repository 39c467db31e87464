# SPDX-License-Identifier: MIT
# scumble sheet, inspect and models.
. "$(dirname "$0")/tap.sh"
make_pictures

check "a sheet" says 'wrote sheet.png (' "$scumble" sheet photo.png painting.png second.png -o sheet.png --height 32
# 48 + 39 + 32 wide and two gaps of 8
check "its size" grep -q '(135x32)' "$scratch/last.out"
check "in columns" says '(95x72)' "$scumble" sheet photo.png painting.png second.png -o sheet.png --height 32 --columns 2
check "without a gap" says '(119x32)' "$scumble" sheet photo.png painting.png second.png -o sheet.png --height 32 --gap 0
check "as JPEG" "$scumble" sheet photo.png painting.png -o sheet.jpg --quality 80
check "one picture" "$scumble" sheet photo.png -o same.png --height 32
check "is that picture" "$tool" pixels same.png photo.png
check "a folder" sh -c 'mkdir many && cp photo.png second.png many && "$1" sheet many -o many.png --height 16' - "$scumble"

check "layers" says relu3_1 "$scumble" inspect
check "one a line" sh -c '[ "$(wc -l <"$1")" -gt 5 ]' - "$scratch/last.out"
check "layers of an encoder by name" says relu3_1 "$scumble" inspect --encoder lite
check "feature maps" "$scumble" inspect photo.png --layer relu2_1 -o features.png --maps 9
check "are a picture" [ -s features.png ]
check "Gram matrix" "$scumble" inspect photo.png --layer relu2_1 --gram -o gram.png
check "differs" sh -c '! cmp -s features.png gram.png' -
check "the default names" "$scumble" inspect photo.png --layer relu2_1 --size 32
check "photo-relu2_1.png" [ -s photo-relu2_1.png ]
check "photo-relu2_1-gram.png" sh -c '"$1" inspect photo.png --layer relu2_1 --gram && [ -s photo-relu2_1-gram.png ]' - "$scumble"

check "models list" says '^lite  .*built in' "$scumble" models list
check "what can be had" says '^vgg19 ' "$scumble" models list
check "models info" says relu3_1 "$scumble" models info lite
check "models info --tensors" "$scumble" models info lite --tensors
if [ -f "$root/models/lite-encoder.safetensors" ]; then
    check "models import" "$scumble" models import "$root/models/lite-encoder.safetensors" --arch lite --name mine
    check "is listed" says '^mine ' "$scumble" models list
    check "and paints" "$scumble" stylize photo.png --style painting.png --size 48 --iterations 2 --encoder mine -o mine.png
fi
finish
