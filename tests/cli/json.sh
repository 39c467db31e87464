# SPDX-License-Identifier: MIT
# --json of presets, models list and --dry-run: valid JSON with the fields that the manual names.
. "$(dirname "$0")/tap.sh"
make_pictures
"$scumble" presets --json >presets.json
check "presets" jq -e 'length > 3 and all(.[]; (.name | length > 0) and (.help | length > 0) and (.options | type == "object"))' presets.json
check "as many as in the list" [ "$(jq length presets.json)" -eq "$("$scumble" presets | grep -c '^[a-z]')" ]
check "their options are options" sh -c 'jq -r ".[] | .options | to_entries[] | \"--\(.key)=\(.value)\"" presets.json | while read -r flag; do "$1" stylize photo.png --style painting.png --dry-run "$flag" >out || exit 1; done' - "$scumble"
"$scumble" models list --json >models.json
check "models list" jq -e '[.[] | select(.name == "lite")][0] | .built_in and .here and .architecture == "lite" and .path == null and has("size_bytes") and has("licence") and has("source") and has("note")' models.json
check "what is not here" jq -e '[.[] | select(.name == "vgg19")][0].here == false' models.json
"$scumble" models info starry --json >painter.json
check "models info: a painter" jq -e '.kind == "painter" and .name == "starry" and .form == "scumble" and .built_in and .path == null and .size_bytes > 1e5 and (.sha256 | length) == 64 and (.licence | test("MIT")) and .range == "0..1" and (.range_is_guess | not) and .channels == "RGB" and .values > 1e5 and .step == 4 and .learnt_size == 512 and .operations.conv2d > 9 and .discriminator.encoder == "lite" and .discriminator.values > 1e5 and .encoder == "lite" and .paintings[0].name == "van-gogh-starry-night.jpg" and .unused == null' painter.json
"$scumble" models export starry --onnx starry.onnx -q
"$scumble" models info starry.onnx --json >onnx.json
check "the same in ONNX" jq -e '.form == "ONNX" and .path == "starry.onnx" and (.built_in | not) and .discriminator == null and .encoder == "lite" and .paintings[0].sha256 and .operations.conv2d > 9 and .unused == null' onnx.json
check "its size and hash" sh -c '[ "$(jq .size_bytes onnx.json)" = "$(stat -c %s starry.onnx)" ] && [ "$(jq -r .sha256 onnx.json)" = "$(sha256sum <starry.onnx | cut -d" " -f1)" ]'
"$scumble" models info "$root/tests/fuzz/corpus/onnx/foreign_animegan2.onnx" --json --tensors >signed.json
check "a network of -1..1" jq -e '.range == "-1..1" and (.range_is_guess | not) and .licence == null and (.tensors | length) > 9 and (.tensors[0].shape | length) > 0' signed.json
"$scumble" models info lite --json >encoder.json
check "an encoder" jq -e '.kind == "encoder" and .architecture == "lite" and .values > 3e6 and (.layers | index("relu3_1")) and .style_layers and .content_layers and (has("tensors") | not)' encoder.json
check "other weights" sh -c '"$1" models info "$2" --json | jq -e ".kind == \"weights\" and .values > 0 and (.no_encoder | length > 0) and (.no_painter | length > 0)"' - "$scumble" "$root/tests/unit/foreign.safetensors"
check "import has none" exits 2 "$scumble" models import lite --arch lite --json
"$scumble" stylize photo.png second.png --style painting.png --size 32 --iterations 2 --dry-run --json >dry.json
check "--dry-run" jq -es 'map(.event) == ["start", "start", "total"] and .[2].pictures == 2 and .[0].time_s > 0 and .[0].memory_bytes > 0 and .[0].photo == "photo.png"' dry.json
check "of a texture" sh -c '"$1" texture painting.png --dry-run --json | jq -es "map(.event) == [\"start\", \"total\"]"' - "$scumble"
check "--json while it paints" sh -c '"$1" stylize photo.png --style painting.png --size 32 --iterations 2 --json -q -o o.png | jq -es "map(.event) == [\"start\", \"progress\", \"progress\", \"done\"]"' - "$scumble"
finish
