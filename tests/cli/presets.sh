# SPDX-License-Identifier: MIT
# Presets, and several candidates in one run.
. "$(dirname "$0")/tap.sh"
make_pictures

# ---- presets ----
"$scumble" presets >list
# flags_of PRESET: as the list has them; value_of PRESET OPTION.
flags_of() {
    awk -v name="$1" '$1 == name { on = 1; next } /^[a-z]/ { on = 0 } on' list
}
value_of() {
    flags_of "$1" | tr ' ' '\n' | sed -n "/^--$2\$/{n;p;}"
}
# holds FILE OPTION VALUE: the recipe has it.
holds() {
    echo "wanted: '$3'"
    grep "\"$2\": \"" "$1"
    [ -n "$3" ] && grep -q "\"$2\": \"$3\"" "$1"
}
check "five presets, at most 100 columns" sh -c '[ "$(grep -c "^[a-z]" list)" -eq 5 ] && [ "$(wc -L <list)" -le 100 ]'
check "--preset" "$scumble" stylize photo.png --style painting.png --size 48 --iterations 4 --preset full --recipe p.json -o preset.png -q
check "its values are in the recipe" holds p.json style-terms "$(value_of full style-terms)"
check "all of them" holds p.json beta "$(value_of full beta)"
check "and not its name" sh -c '! grep -q "\"full\"" p.json'
# shellcheck disable=SC2046
check "is what its flags are" "$scumble" stylize photo.png --style painting.png $(flags_of full) --size 48 --iterations 4 -o flags.png -q
check "pixel by pixel" "$tool" pixels preset.png flags.png
check "--from repeats it" "$scumble" stylize --from preset.png -o again.png -q
check "pixel by pixel" "$tool" pixels preset.png again.png
check "flags go before it" stylize photo.png --beta 9.5 --preset full --recipe p.json -o preset.png -q
check "on either side" holds p.json beta 9.5
check "the rest stays" holds p.json style-terms "$(value_of full style-terms)"
check "the last preset counts" stylize photo.png --preset full --preset classic --recipe p.json -o preset.png -q
check "alone" holds p.json style-terms "$(value_of classic style-terms)"
check "a recipe with values of its own" stylize photo.png --beta 33 --style-scale 0.75 --recipe own.json -o own.png -q
check "--preset over --from" "$scumble" stylize --from own.json --preset full --iterations 4 --recipe over.json -o over.png -q
check "takes what it names" holds over.json beta "$(value_of full beta)"
check "leaves what it does not" holds over.json style-scale 0.75
check "a flag over both" "$scumble" stylize --from own.json --preset full --beta 2.5 --iterations 4 --recipe over.json -o over.png -q
check "counts" holds over.json beta 2.5
check "a smaller size stays" "$scumble" stylize --from own.json --preset draft --iterations 2 --recipe s.json -o s.png -q
check "the recipe's" holds s.json size 48

# ---- several candidates ----
candidates_of() {
    mkdir -p "$1" && stylize photo.png --variations 3 --sheet "$1/sheet.png" --recipe "$1/r.json" --csv "$1/l.csv" -o "$1/" >out 2>err || return 1
    cat err
    [ ! -s out ] && [ "$(grep -c "wrote $1/photo-painting-[123].png" err)" -eq 3 ] && [ "$(grep -c '^style' err)" -eq 1 ] && grep -q "wrote $1/sheet.png" err
}
check "--variations 3" candidates_of seeds
check "a file of each for each, and a sheet" sh -c 'set -- seeds/*; [ $# -eq 10 ] && [ -s seeds/r-2.json ] && [ -s seeds/l-3.csv ]'
check "a plain run" stylize photo.png -q -o plain.png
check "the first is the same" "$tool" pixels plain.png seeds/photo-painting-1.png
check "the others are not" sh -c '! "$1" pixels plain.png seeds/photo-painting-2.png && ! "$1" pixels seeds/photo-painting-2.png seeds/photo-painting-3.png' - "$tool"
check "the seeds" sh -c 'grep -q "\"seed\": \"0\"" seeds/r-1.json && grep -q "\"seed\": \"2\"" seeds/r-3.json'
check "a recipe repeats its candidate alone" "$scumble" stylize --from seeds/photo-painting-3.png -o again.png
check "pixel by pixel" "$tool" pixels again.png seeds/photo-painting-3.png
check "counted from --seed" stylize photo.png --variations 2 --seed 2 -o 'from-{variation}.png' -q
check "pixel by pixel" "$tool" pixels from-1.png seeds/photo-painting-3.png
check "--from with --variations" "$scumble" stylize --from seeds/photo-painting-2.png --variations 2 -o more.png -q
check "takes its seed" "$tool" pixels more-2.png seeds/photo-painting-3.png

check "--variations presets" stylize photo.png --variations presets --size 40 --iterations 2 -o tried.jpg --recipe tried.json -q
check "one for each" sh -c 'set -- tried-*.jpg; [ $# -eq 5 ] && [ -s tried-painterly.jpg ] && [ -s tried-draft.jpg ]'
check "with its values" holds tried-faithful.json content-terms "$(value_of faithful content-terms)"
check "and the flags'" holds tried-draft.json iterations 2
check "by default named after it" stylize photo.png --variations presets --iterations 1 -q
check "there, too" sh -c 'set -- photo-painting-[a-z]*.png; [ $# -eq 5 ] && [ -s photo-painting-classic.png ]'

mkdir same
cp second.png same/painting.png
# shellcheck disable=SC2086
check "--variations styles" "$scumble" stylize photo.png --style painting.png:3 --style second.png --style same/painting.png --variations styles $quick -o each/ --sheet each.png
check "one for each, and no blend" sh -c 'set -- each/*; [ $# -eq 3 ] && [ -s each/photo-painting.png ] && [ -s each/photo-second.png ] && [ -s each/photo-painting-3.png ]'
check "each alone" "$tool" pixels each/photo-painting.png plain.png
check "two of one name" "$tool" pixels each/photo-second.png each/photo-painting-3.png
check "repeated alone" says 'style painting.png' "$scumble" stylize --from each/photo-painting.png -o again.png
check "pixel by pixel" "$tool" pixels again.png plain.png
echo text >words.png
one_style_fails() {
    # shellcheck disable=SC2086
    exits 1 "$scumble" stylize photo.png --style painting.png --style words.png --style second.png --variations styles $quick -o fails/ 2>err || return 1
    cat err
    grep -q '2 of 3 pictures made' err && grep -q '^scumble:   photo.png (words)' err && [ -s fails/photo-painting.png ] && [ -s fails/photo-second.png ]
}
check "a painting that fails does not stop the others" one_style_fails

check "candidates of a batch" stylize photo.png second.png --variations 2 -o 'batch-{n}-{variation}-{name}.png' --sheet 'sheet-{name}.png' -q --iterations 2
check "are there" sh -c 'set -- batch-?-?-*.png; [ $# -eq 4 ] && [ -s batch-2-1-second.png ] && [ -s sheet-photo.png ] && [ -s sheet-second.png ]'
mkdir many && echo text >many/broken.png
photo_fails() {
    exits 1 stylize gone.png many/broken.png photo.png --variations 2 -o 'f-{name}.png' --sheet 'f-sheet-{name}.png' 2>err || return 1
    cat err
    [ "$(grep -c 'cannot read the photo' err)" -eq 1 ] && [ "$(grep -c "'many/broken.png' is not a picture" err)" -eq 1 ] && grep -q '2 of 6 pictures made' err && [ -s f-photo-2.png ] &&
        [ -s f-sheet-photo.png ] && [ ! -e f-sheet-broken.png ]
}
check "a photo that cannot be read is told once" photo_fails
dry_variations() {
    stylize photo.png --variations 3 --sheet dry-sheet.png -o dry.png --dry-run >out 2>/dev/null || return 1
    cat out
    [ "$(wc -l <out)" -eq 4 ] && grep -q '^3 pictures: about ' out && [ ! -e dry-1.png ] && [ ! -e dry-sheet.png ]
}
check "--dry-run tells the time of all" dry_variations
json_variations() {
    stylize photo.png --variations 2 -o jv.png --progress json -q >lines.json && "$tool" json lines.json &&
        [ "$(grep -c '"event":"start"' lines.json)" -eq 2 ] && [ "$(grep -c '"event":"done".*jv-[12].png' lines.json)" -eq 2 ]
}
check "--progress json" json_variations
check "a sheet of one picture" stylize photo.png -o single.png --sheet single-sheet.jpg -q
check "csv of all into a device" stylize photo.png --variations 2 -o full.png --csv /dev/null -q
sheet_size() {
    "$scumble" stylize "$1" --style painting.png --size 8 --iterations 1 -o x.png --dry-run -q | grep -o "([0-9]*x[0-9]*)" | head -1
}
check "photo and three candidates side by side, captions below" sh -c 'test "$1" = "(2328x408)" || test "$1" = "(2328x384)" || { echo "$1"; false; }' - "$(sheet_size seeds/sheet.png)"
check "textures by seed" "$scumble" texture painting.png --size 32 --iterations 2 --variations 2 -q
check "two" sh -c '! "$1" pixels painting-texture-1.png painting-texture-2.png' - "$tool"
finish
