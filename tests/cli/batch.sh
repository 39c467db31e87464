# SPDX-License-Identifier: MIT
# Batches: --skip-existing, --no-clobber, results that are not taken as photos, and what is left of all.
. "$(dirname "$0")/tap.sh"
make_pictures
network=$root/tests/fuzz/corpus/onnx/nearest.onnx
paint="--style painting.png --size 32 --iterations 2 $shallow"
mkdir in && cp photo.png in/a.png && cp second.png in/b.png

check "a batch in its own folder" "$scumble" stylize in $paint -o in/
check "counts and tells the time left for all" grep -q '^1 of 2, about .* for all: in/a.png' "$scratch/last.err"
check "makes two" [ "$(ls in | wc -l)" -eq 4 ]
check "a second run" "$scumble" stylize in $paint -o in/
check "leaves its own results out" [ "$(ls in | wc -l)" -eq 4 ]
check "and says so" says "2 of the 4 pictures of 'in' were made by scumble" "$scumble" stylize in $paint -o in/
check "of a pattern too" says "2 of the 4 pictures of 'in/\*' were made" "$scumble" stylize 'in/*' $paint -o in/
check "a result that is named is painted" says 'wrote named.png' "$scumble" stylize in/a-painting.png $paint -o named.png
check "apply" says '2 of the 4 pictures' "$scumble" apply "$network" in -o out/
check "matched: a folder" says '2 of the 4 pictures' "$scumble" match photo.png in
cp second.png r-a.png
check "compared with: a folder" says '2 of the 4 pictures' "$scumble" compare r-a.png --content photo.png --style in/
mkdir only marked jpeg formats && cp in/a-painting.png only
check "a folder of results alone" exits 1 "$scumble" stylize only $paint -o none/
check "is refused in one sentence" sh -c '[ "$(wc -l <"$1")" -eq 1 ] && grep -q "name them one by one" "$1"' - "$scratch/last.err"
"$scumble" stylize photo.png $paint --no-recipe -q -o marked/x.png && cp photo.png marked
check "the mark without a recipe is enough" says "1 of the 2 pictures of 'marked'" "$scumble" stylize marked $paint -o m/
for ending in jpg webp tif ppm; do "$scumble" stylize photo.png $paint -q -o formats/x.$ending; done
cp photo.png formats/photo.png
echo '{"title": "of another program"}' >formats/photo.png.json
check "in any format, but not by another program's JSON" says "4 of the 5 pictures of 'formats'" "$scumble" stylize formats $paint -o f/ --dry-run

cp in/a-painting.png before.png
rm in/b-painting.png
check "--skip-existing" says '1 of 2 pictures are there already' "$scumble" stylize in $paint --seed 3 -o in/ --skip-existing
check "keeps the one" cmp before.png in/a-painting.png
check "makes the other" [ -s in/b-painting.png ]
check "all there: nothing to do" "$scumble" stylize in $paint -o in/ --skip-existing
check "apply --skip-existing" says '2 of 2 pictures are there already' "$scumble" apply "$network" in -o out/ --skip-existing

# Each line: a command that would replace there.png (or the file that it names).
cp photo.png there.png
while read -r file arguments; do
    touch "$file" && cp "$file" kept
    check "--no-clobber: $arguments" exits 1 "$scumble" $arguments --no-clobber
    check "one sentence" sh -c '[ "$(grep -c "^scumble: .*stays" "$1")" -eq 1 ]' - "$scratch/last.err"
    check "$file stays" cmp kept "$file"
done <<END
there.png stylize photo.png $paint -o there.png
there.json stylize photo.png $paint -o new.png --recipe there.json
there.csv stylize photo.png $paint -o new.png --csv there.csv
there.png stylize photo.png $paint -o new.png --preview there.png
there.png texture painting.png --size 20 --iterations 1 -o there.png
there.png apply $network photo.png -o there.png
there.png sheet photo.png painting.png -o there.png
there.png match photo.png painting.png --sheet there.png
there.png compare second.png --content photo.png --style painting.png --sheet there.png
there.png inspect photo.png --layer relu1_1 -o there.png
there.onnx models export $network --onnx there.onnx
there.scumble train painting.png --content in -o there.scumble
there.safetensors train encoder lite --content in -o there.safetensors
END
check "nothing new" sh -c '[ ! -e new.png ]'
check "a new file is written" "$scumble" stylize photo.png $paint --no-clobber -q -o fresh.png
"$scumble" stylize photo.png second.png $paint --progress json -q -o json/ >lines.json
check "JSON lines count too" jq -es '[.[] | select(.event == "progress")] | length == 4 and all(.pictures == 2) and (map(.picture) == [1, 1, 2, 2]) and .[-1].all_eta_s == 0 and .[0].all_eta_s > 0' lines.json
finish
