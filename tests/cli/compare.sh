# SPDX-License-Identifier: MIT
# scumble compare: which photo and painting a result goes with, the table with its controls, JSON, the sheet, and what is refused.
. "$(dirname "$0")/tap.sh"
"$tool" picture 120 100 1 photo.png && "$tool" picture 100 104 2 second.png && "$tool" picture 128 112 5 painting.png && "$tool" picture 20 20 5 dot.png ||
    { echo "Bail out! cannot make the test pictures"; exit 1; }
"$scumble" stylize photo.png second.png --style painting.png --size 112 --iterations 4 -q && "$scumble" sheet photo-painting.png -o plain.ppm --height 93 2>/dev/null ||
    { echo "Bail out! cannot paint"; exit 1; }

# column N FILE LABEL: what stands in the N-th column of the row that ends in LABEL
column() {
    awk -v n="$1" -v label="$3" 'substr($0, length($0) - length(label) + 1) == label { print $n }' "$2"
}
less() {
    awk "BEGIN { exit !($1 < $2) }"
}

check "by the recipe" says ' photo-painting.png$' "$scumble" compare photo-painting.png
check "says what measured" grep -q '^measured with lite (.*relu3_4$' "$scratch/.said"
check "and what with" grep -q '^photo.png, painting.png$' "$scratch/.said"
cp "$scratch/.said" table
in_order() {
    grep -e 'is better$' -e 'the photo unchanged$' -e 'the painting itself$' -e ' photo-painting.png$' table | sed 's/.*  //' | tr '\n' ';' >order
    cat order && [ "$(cat order)" = "is better;the photo unchanged;the painting itself;photo-painting.png;" ]
}
check "the controls stand above the result" in_order
check "the photo has its own content" [ "$(column 1 table 'the photo unchanged') $(column 2 table 'the photo unchanged') $(column 3 table 'the photo unchanged')" = "0.000 1.000 0.000" ]
for metric in 1:structure 3:content; do
    check "${metric#*:} of the painting" less 0.05 "$(column "${metric%:*}" table 'the painting itself')"
done
for metric in 5:gram 6:swd; do
    check "${metric#*:} of the controls" less "$(column "${metric%:*}" table 'the painting itself')" "$(column "${metric%:*}" table 'the photo unchanged')"
done
check "E of the controls" less "$(column 4 table 'the photo unchanged')" "$(column 4 table 'the painting itself')"
check "E has a star, and why" grep -q '^E\*: .*VGG-19' table
check "sifid is missing, and why" grep -q 'sifid is not measured: inception_v3 is not installed' table
check "100 columns" [ "$(grep -v '^scumble: note' table | wc -L)" -le 100 ]
check "no seams unless they are asked for" sh -c '! grep seam table' -
check "--tile" says seam-x "$scumble" compare photo-painting.png --tile --size 64

check "smaller" sh -c '"$1" compare photo-painting.png --size 64 --json 2>/dev/null | grep -c "\"width\": 64" | grep -qx 3' - "$scumble"

check "as JSON" sh -c '"$1" compare photo-painting.png second-painting.png --size 64 --json >all.json 2>err' - "$scumble"
check "both controls of both pairs" [ "$(grep -c '"control": "photo"' all.json) $(grep -c '"control": "painting"' all.json) $(grep -c '"picture": ' all.json)" = "2 2 2" ]
check "what is not measured is null" grep -q '"sifid": null' all.json
check "the metrics with their direction" grep -q '"better": "near 1"' all.json

check "without a recipe" exits 1 "$scumble" compare plain.ppm
check "says what to name" grep -q "plain.ppm' has no recipe .*name them with --content and --style" "$scratch/last.err"
check "with half of it named" sh -c '! "$1" compare plain.ppm --content photo.png 2>err && grep -q "name the painting with --style" err' - "$scumble"
check "with both" says ' plain.ppm$' "$scumble" compare plain.ppm --content photo.png --style painting.png --size 64
mkdir photos results && cp photo.png second.png photos && cp plain.ppm results/photo-x.ppm && "$scumble" sheet second-painting.png -o results/a-second.ppm --height 100 2>/dev/null
check "photos by name" "$scumble" compare results --content photos --style painting.png --size 64
check "the one" grep -q '^photos/photo.png, painting.png$' "$scratch/last.out"
check "and the other" sh -c '"$1" compare results --content photos --style painting.png --size 64 2>/dev/null | grep -q "^photos/second.png, painting.png$"' - "$scumble"
cp plain.ppm results/other.ppm
check "no name that fits" exits 1 "$scumble" compare results --content photos --style painting.png --size 64
check "the others are measured all the same" sh -c '[ "$(grep -c " results/" "$1")" -eq 2 ]' - "$scratch/last.out"
cp photo.png photos/photo.v2.png && cp photo.png photos/photo.jpg
check "two that fit" sh -c '! "$1" compare results/photo-x.ppm --content photos --style painting.png 2>err && grep -q "may go with .* and with " err' - "$scumble"

check "a sheet" says 'wrote sheet.png (' "$scumble" compare photo-painting.png --sheet sheet.png
check "of several pairs" says 'wrote sheet.jpg (' "$scumble" compare photo-painting.png second-painting.png --size 64 --sheet sheet.jpg
check "not over an input" exits 2 "$scumble" compare photo-painting.png --sheet painting.png
check "in a format that can be written" exits 2 "$scumble" compare photo-painting.png --sheet sheet.txt
check "nothing to measure" exits 2 "$scumble" compare --content photo.png
check "too small" sh -c '! "$1" compare dot.png --content photo.png --style painting.png 2>err && grep -q "dot.png.* 20 x 20 is too small" err && [ "$(wc -l <err)" -eq 1 ]' - "$scumble"
check "not a picture" sh -c 'echo no >no.png; ! "$1" compare no.png --content photo.png --style painting.png 2>err && [ "$(wc -l <err)" -eq 1 ] && grep -q no.png err' - "$scumble"
check "an encoder that is not there" exits 1 "$scumble" compare photo-painting.png --encoder nothing
"$scumble" stylize second.png --style painting.png:1 --style dot.png:3 --size 48 --iterations 2 -o mixed.png -q
check "of a mix, the painting of the most weight" sh -c '"$1" compare mixed.png --size 64 2>err | cat - err; grep -q "mixes 2 paintings" err' - "$scumble"
check "is compared with" says '^second.png, dot.png$' "$scumble" compare mixed.png --size 64
"$scumble" stylize photo.png --style painting.png --size 48 --iterations 2 --bits 16 -o deep.png -q
check "16 bits" says ' deep.png$' "$scumble" compare deep.png --size 64
"$scumble" texture painting.png --size 40 --iterations 2 -q
check "a texture has no photo" sh -c '! "$1" compare painting-texture.png 2>err && grep -q "has no photo" err' - "$scumble"
mv photo.png moved.png
check "a photo of another name" says '^moved.png, painting.png$' "$scumble" compare photo-painting.png --size 64
mkdir -p away && mv moved.png away
check "a photo that is gone" sh -c '! "$1" compare photo-painting.png 2>err && grep -q "photo.png.*not here; name it with --content" err' - "$scumble"
cp second.png photo.png
check "a photo that is another" says 'has changed since' "$scumble" compare photo-painting.png --size 64
finish
