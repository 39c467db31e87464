# SPDX-License-Identifier: MIT
# British and American spelling of flags, choices, terms and commands; names on sheets.
. "$(dirname "$0")/tap.sh"
make_pictures
paint="stylize photo.png --style painting.png --size 48 --iterations 2 -q"

check "--colour" "$scumble" $paint --colour photo -o colour.png
check "--color" "$scumble" $paint --color photo -o color.png
check "is the same" "$tool" pixels colour.png color.png
check "--color=" "$scumble" $paint --color=photo -o color2.png
check "is recorded as --colour" sh -c '"$1" provenance color.png --json | jq -e ".recipe.options.colour == \"photo\" and (.recipe.options | has(\"color\") | not)"' - "$scumble"
check "--optimiser and --optimizer" sh -c '"$1" $2 --optimiser adam -o a.png && "$1" $2 --optimizer adam -o b.png && "$3" pixels a.png b.png && ! "$3" pixels a.png colour.png' - "$scumble" "$paint" "$tool"
check "the term neighbor" "$scumble" $paint --style-terms neighbor -o neighbour.png
check "the command stylise" "$scumble" stylise photo.png --style painting.png --size 32 --iterations 2 -q -o stylise.png
check "apply --color" "$scumble" apply "$root/tests/fuzz/corpus/onnx/nearest.onnx" photo.png --color photo -o applied.png -q
check "texture --color refuses what has no meaning there" exits 2 "$scumble" texture painting.png --color photo -o none.png
check "and says so" grep -q 'a texture has no photo' "$scratch/last.err"
check "no other word" exits 2 "$scumble" $paint --colur photo -o none.png
check "but the nearest" grep -q 'did you mean --colour' "$scratch/last.err"

mkdir one two && cp second.png one/river.png && cp second.png two/hill.png
for name in one/river two/hill; do "$scumble" match photo.png $name.png painting.png -q --sheet "${name#*/}.png" >"$scratch/match.out"; done
check "the sheet of match has names" sh -c '[ -s river.png ] && [ -s hill.png ] && ! "$1" pixels river.png hill.png' - "$tool"
for name in river hill; do cp colour.png out-$name.png; "$scumble" compare out-$name.png a.png --content photo.png --style painting.png --sheet c-$name.png >"$scratch/compare.out" 2>&1; done
check "that of compare, where there are several results" sh -c '[ -s c-river.png ] && [ -s c-hill.png ] && ! "$1" pixels c-river.png c-hill.png' - "$tool"
finish
