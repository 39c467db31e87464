# SPDX-License-Identifier: MIT
# What results remember: names and hashes, never folders; files found again by hash; no recipe where none is wanted.
. "$(dirname "$0")/tap.sh"
make_pictures
mkdir -p home/ann/photos home/ann/art home/ann/nets
cp photo.png home/ann/photos && cp painting.png second.png home/ann/art
at=$PWD/home/ann

# private FILE...: none of the files holds a folder of the author's machine, plain or compressed.
private() {
    for file in "$@"; do
        [ -s "$file" ] || { echo "there is no $file"; return 1; }
        ! grep -a -q -e "home/ann" -e "$scratch" "$file" || { echo "$file holds a path"; return 1; }
    done
}
paint() {
    output=$1
    shift
    "$scumble" stylize "$at/photos/photo.png" --style "$at/art/painting.png" --iterations 3 --size 48 -q -o "$output" "$@"
}

# ---- names and hashes only ----
check "everything that stylize writes" paint shown.png --colour "$at/art/second.png" --init "$at/art/second.png" --recipe shown.json --plot "$PWD/shown.svg"
check "holds no path" private shown.png shown.json shown.svg
check "the recipe in the picture, too" sh -c '"$1" recipe shown.png >in-it.json' - "$tool"
check "holds no path" private in-it.json
check "it has names" sh -c 'jq -e ".content.name == \"photo.png\" and .styles[0].name == \"painting.png\" and .palette.name == \"second.png\" and .options.init == \"second.png\"" shown.json'
check "a picture without metadata" paint beside.ppm
check "has a file beside it" private beside.ppm.json
check "a texture" "$scumble" texture "$at/art/painting.png" --size 24 --iterations 2 -q -o texture.png --recipe texture.json
check "holds no path" private texture.json
check "a checkpoint" exits 130 "$tool" interrupt 2 2 "$scumble" stylize "$at/photos/photo.png" --style "$at/art/painting.png" --iterations 40 --size 40 --progress json -o stopped.png
go_on=$(sed -n 's/^to go on: scumble //p' "$scratch/.err")
check "holds no path" private stopped.png.checkpoint
mkdir empty && mv photo.png painting.png empty
check "the message says where its inputs are" sh -c 'eval "set -- \"$1\" $2" && "$@"' - "$scumble" "$go_on"
mv empty/* .
"$tool" painter wave 1 home/ann/nets/wave.scumble
check "a painter's picture" "$scumble" apply "$at/nets/wave.scumble" "$at/photos/photo.png" -q -o applied.ppm
check "holds no path" private applied.ppm.json
mkdir home/ann/many && "$tool" picture 90 80 1 home/ann/many/1.png && "$tool" picture 120 90 9 home/ann/art/large.png
check "a trained painter" "$scumble" train "$at/art/large.png" --content "$at/many/" --crop 64 --style-size 100 --batch 1 --steps 1 -q -o mine.scumble
check "holds no path" private mine.scumble mine.train/losses.svg
check "but knows its photos" sh -c '"$1" provenance mine.scumble --json | jq -e ".recipe.photos == [\"many/\"] and .recipe.styles[0].name == \"large.png\""' - "$scumble"
check "nor does it as ONNX" sh -c '"$1" models export mine.scumble --onnx mine.onnx -q && ! grep -a -q home/ann mine.onnx' - "$scumble"

# ---- found again ----
rm photo.png second.png painting.png
check "files that are elsewhere" exits 1 "$scumble" stylize --from beside.ppm -q -o again.png
check "are asked for" grep -q "the photo 'photo.png', which is not here; name it on the command line, or its folder with --look-in" "$scratch/last.err"
check "by their names, in folders" "$scumble" stylize --from beside.ppm --look-in "$at/photos" --look-in "$at/art" -q -o again.png
check "the same pixels" "$tool" pixels beside.ppm again.png
mkdir moved && mv home/ann/photos/photo.png moved/renamed.png && "$tool" picture 48 32 7 home/ann/photos/photo.png && cp home/ann/art/painting.png moved/other.png
check "by their hashes" sh -c '"$@" 2>err && ! grep -q changed err' - "$scumble" stylize --from beside.ppm --look-in moved -o hashed.png
check "the same pixels" "$tool" pixels beside.ppm hashed.png
cp beside.ppm beside.ppm.json moved
check "beside the recipe" "$scumble" stylize --from moved/beside.ppm -q -o hashed.png
check "all files of a recipe" "$scumble" stylize --from shown.json --look-in moved --look-in "$at/art" -q -o all.png
check "the same pixels" "$tool" pixels shown.png all.png
check "another file of that name" says "has changed since" "$scumble" stylize --from beside.ppm --look-in "$at/photos" --look-in "$at/art" --dry-run
check "compare looks there, too" "$scumble" compare beside.ppm --look-in moved --encoder lite
check "a recipe of before has paths" sh -c 'jq ".content = {path: \"$1/moved/renamed.png\", sha256: .content.sha256} | .styles[0] = (.styles[0] | {path: \"$1/moved/other.png\", sha256, weight})" beside.ppm.json >old.json' - "$PWD"
check "which are followed" "$scumble" stylize --from old.json -q -o old.png
check "the same pixels" "$tool" pixels beside.ppm old.png
check "--look-in without a recipe" exits 2 "$scumble" stylize moved/renamed.png --style moved/other.png --look-in moved
check "--look-in of a file" exits 2 "$scumble" stylize --from beside.ppm --look-in moved/other.png

# ---- an encoder from a file ----
lite=$root/models/lite/lite-encoder.safetensors
if [ -s "$lite" ]; then
    cp "$lite" home/ann/nets/mine.safetensors
    check "an encoder's file" "$scumble" stylize moved/renamed.png --style moved/other.png --iterations 2 --size 32 --encoder "$at/nets/mine.safetensors" -q -o own.ppm
    check "holds no path" private own.ppm.json
    check "is asked for" exits 1 "$scumble" stylize --from own.ppm --look-in moved -q -o own-again.png
    check "is found" "$scumble" stylize --from own.ppm --look-in moved --look-in "$at/nets" -q -o own-again.png
    check "the same pixels" "$tool" pixels own.ppm own-again.png
fi

# ---- no recipe ----
for command in 'stylize moved/renamed.png --style' 'texture --size 24'; do
    # shellcheck disable=SC2086
    check "${command%% *} without a recipe" "$scumble" $command moved/other.png --iterations 2 -q -o bare.png --no-recipe
    check "has none" exits 1 "$tool" recipe bare.png
    check "but its origin" sh -c '"$1" provenance bare.png | grep -q compositeWithTrainedAlgorithmicMedia' - "$scumble"
done
check "apply without a recipe" "$scumble" apply home/ann/nets/wave.scumble moved/renamed.png -q -o bare.jpg --no-recipe
check "has none" exits 1 "$tool" recipe bare.jpg
check "but its origin" sh -c '"$1" provenance bare.jpg | grep -q compositeWithTrainedAlgorithmicMedia' - "$scumble"
check "nor one beside it" sh -c '"$1" apply home/ann/nets/wave.scumble moved/renamed.png -q -o bare.ppm --no-recipe && [ ! -e bare.ppm.json ]' - "$scumble"
# Nobody is named as the owner of weights that do not say whose they are.
python3 - "$root/models/lite/lite-encoder.safetensors" silent.safetensors <<'EOF'
import json, struct, sys
data = open(sys.argv[1], "rb").read()
size = struct.unpack("<Q", data[:8])[0]
header = json.loads(data[8:8 + size])
del header["__metadata__"]["licence"]
text = json.dumps(header).encode()
open(sys.argv[2], "wb").write(struct.pack("<Q", len(text)) + text + data[8 + size:])
EOF
check "weights without a licence" "$scumble" models import silent.safetensors --arch lite --name silent -q
check "have an unknown one" sh -c '"$1" models list --json | jq -e ".[] | select(.name == \"silent\") | .licence == \"unknown\""' - "$scumble"
check "in recipes too" sh -c '"$1" stylize "$2" --style "$2" --size 48 --iterations 2 --encoder silent -q -o silent.png --recipe silent.json && jq -e ".encoder.licence == \"unknown\"" silent.json' - "$scumble" "$scratch/work/home/ann/photos/photo.png"
check "unless it is told" sh -c '"$1" models import silent.safetensors --arch lite --name told --licence "CC0 1.0" -q && "$1" models list --json | jq -e ".[] | select(.name == \"told\") | .licence == \"CC0 1.0\""' - "$scumble"
finish
