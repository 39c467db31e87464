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
check "models info has none" exits 2 "$scumble" models info lite --json
"$scumble" stylize photo.png second.png --style painting.png --size 32 --iterations 2 --dry-run --json >dry.json
check "--dry-run" jq -es 'map(.event) == ["start", "start", "total"] and .[2].pictures == 2 and .[0].time_s > 0 and .[0].memory_bytes > 0 and .[0].photo == "photo.png"' dry.json
check "of a texture" sh -c '"$1" texture painting.png --dry-run --json | jq -es "map(.event) == [\"start\", \"total\"]"' - "$scumble"
check "--json alone" exits 2 "$scumble" stylize photo.png --style painting.png --json
finish
