# SPDX-License-Identifier: MIT
# scumble texture, sheet, inspect and models.
. "$(dirname "$0")/tap.sh"
make_pictures

check "a texture" says 'wrote painting-texture.png (40x24' "$scumble" texture painting.png --size 40x24 --iterations 4 --seed 5 --tileable
check "its recipe tells the size" "$scumble" texture --from painting-texture.png
check "and repeats it under another name" "$tool" pixels painting-texture.png painting-texture-again.png
check "its recipe has --tileable" sh -c '"$1" texture --from painting-texture.png --tileable=no -o plain.png -q && ! "$2" pixels plain.png painting-texture.png' - "$scumble" "$tool"
check "a blend of two, a square" says '(24x24' "$scumble" texture painting.png:2 --style second.png --size 24 --iterations 2 -o blend.png
check "stylize says what the recipe is of" exits 1 "$scumble" stylize --from painting-texture.png
check "and how to repeat it" grep -q 'scumble texture --from painting-texture.png' "$scratch/last.err"
check "--dry-run" says 'painting.png -> painting-texture.png (512x512)' "$scumble" texture painting.png --dry-run
check "--progress json" sh -c '"$1" texture painting.png --size 20 --iterations 2 --progress json -q -o json.png >lines.json && ! grep photo lines.json' - "$scumble"
check "valid lines" "$tool" json lines.json
check "stopped" exits 130 "$tool" interrupt 3 2 "$scumble" texture painting.png --size 32 --iterations 8 -o part.png --progress json
check "goes on" "$scumble" texture --resume part.png.checkpoint -o part.png -q
check "run at once" "$scumble" texture painting.png --size 32 --iterations 8 -o whole.png -q
check "the same picture" "$tool" pixels part.png whole.png
check "a photo that tiles" "$scumble" stylize photo.png --style painting.png --tileable --iterations 3 -o tile.png -q

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

network=$root/tests/fuzz/corpus/onnx/nearest.onnx
check "models export" "$scumble" models export "$network" --onnx again.onnx
check "writes what can be read" "$scumble" models export again.onnx --onnx thrice.onnx
check "and says who it is" sh -c 'grep -q scumble again.onnx && grep -q nearest thrice.onnx' -
check "quietly" sh -c '"$1" models export "$2" --onnx quiet.onnx -q 2>err && [ ! -s err ] && cmp again.onnx quiet.onnx' - "$scumble" "$network"
check "models info knows ONNX files" sh -c '! "$1" models info again.onnx 2>err && grep -q ONNX err' - "$scumble"
finish
