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
check "--progress json" sh -c '"$1" texture painting.png --size 20 --iterations 2 --progress json -q -o json.png >lines.json && jq -es "all(.job == \"texture\" and .photo == null)" lines.json' - "$scumble"
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
check "models info knows ONNX files" says '^nearest: a painter, ONNX file' "$scumble" models info again.onnx
check "and guesses aloud" says '^picture: RGB, 0..1 (a guess' "$scumble" models info "$network"
check "apply too" says 'nearest.onnx does not say which values it takes: 0..1, found by trying' "$scumble" apply "$network" photo.png -o guessed.png
check "not where it is quiet" sh -c '"$1" apply "$2" photo.png -o guessed.png -q >out 2>&1 && [ ! -s out ]' - "$scumble" "$network"
check "nor where the file says it" sh -c '"$1" apply "$2" photo.png -o known.png >out 2>&1 && ! grep -q "found by trying" out' - "$scumble" "$root/tests/fuzz/corpus/onnx/transposed.onnx"
check "models info knows painters" says '^starry: a painter, part of scumble' "$scumble" models info starry
check "their discriminators" says 'it sees relu2_1 of lite' "$scumble" models info starry
check "their paintings" says '^paintings: van-gogh-starry-night.jpg$' "$scumble" models info starry
check "their tensors" says '^  generator.conv1.conv2d.weight .* x 3 x ' "$scumble" models info starry --tensors
check "a name like a painter's" sh -c '! "$1" models info stary 2>err && grep -q "did you mean .starry" err' - "$scumble"
printf '\174\0\0\0\0\0\0\0%-124s1234' '{"__metadata__":{"note":"\u001b[2Jhere"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}' >escape.safetensors
check "nothing of a file moves the cursor" sh -c '"$1" models info escape.safetensors >out && grep -q "note: ?\[2Jhere" out && ! grep -q "$(printf "\033")" out' - "$scumble"
finish
