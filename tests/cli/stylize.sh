# SPDX-License-Identifier: MIT
# scumble stylize from end to end: outputs and their names, batches, reports, recipes.
. "$(dirname "$0")/tap.sh"
make_pictures
quick="--size 48 --iterations 4"

# stylize ARGUMENTS...: a quick run with the painting as style.
stylize() {
    # shellcheck disable=SC2086
    "$scumble" stylize --style painting.png $quick "$@"
}

# ---- one picture ----
plain() {
    stylize photo.png >out 2>err || return 1
    cat err
    [ ! -s out ] && [ "$(wc -l <err)" -eq 3 ] && grep -q 'wrote photo-painting.png (48x32, 4 iterations, ' err && [ -s photo-painting.png ]
}
check "the default name, three lines on stderr, none on stdout" plain
check "-q says nothing" sh -c '[ -z "$("$@" 2>&1)" ]' - "$scumble" stylize photo.png --style painting.png --size 48 --iterations 4 -q -o quiet.png
check "-q writes" [ -s quiet.png ]
check "one thread" stylize photo.png --threads 1 -q -o one.png
check "three threads" stylize photo.png --threads 3 -q -o three.png
check "give the same pixels" "$tool" pixels one.png three.png
check "an older output is replaced" stylize photo.png -o quiet.png
for ending in jpg webp tif; do
    check "-o out.$ending" stylize photo.png -o out.$ending
    check "out.$ending is there" [ -s out.$ending ]
done
check "--bits 16 --quality 80 --icc keep" stylize photo.png -o deep.png --bits 16 --quality 80 --icc keep
check "-v tells the layers" says relu4_1 stylize photo.png -v
check "--flag=value and flags before files" "$scumble" stylize --iterations=2 -q --size=48 --output=equals.png --style=painting.png photo.png
check "-oFILE" stylize photo.png -qoshort.png
check "short.png" [ -s short.png ]
check "two styles with weights" "$scumble" stylize photo.png --style painting.png:2 --style second.png:0.5 --size 48 --iterations 2
check "are joined in the name" [ -s photo-painting+second.png ]
check "the option reaches the library" says '40x27' stylize photo.png --size 40 -o small.png

# ---- difficult names ----
cp photo.png "./-a b'c\"\$é%s.png"
cp painting.png 'one:two.png'
check "a name with everything in it, after --" "$scumble" stylize --style one:two.png --size 48 --iterations 2 -- "-a b'c\"\$é%s.png"
check "its result" [ -s "./-a b'c\"\$é%s-one:two.png" ]
check "a style with a colon and a weight" "$scumble" stylize photo.png --style one:two.png:0.5 --size 48 --iterations 2 -o colon.png
odd_name=$(printf 'bell\007\033[31m.png')
cp photo.png "$odd_name"
no_controls() {
    stylize "$odd_name" -o plain.png 2>err && ! grep -q "$(printf '\033')" err
}
check "control characters in a name do not reach the terminal" no_controls
bytes=$(printf 'bad\377utf8.png')
cp photo.png "$bytes" 2>/dev/null && check "a name that is no UTF-8 in JSON" sh -c '"$1" stylize "$3" --style painting.png --size 48 --iterations 2 -o plain.png --progress json -q >bytes.json && "$2" json bytes.json' - "$scumble" "$tool" "$bytes"

# ---- many pictures ----
mkdir many
cp photo.png many/b.png
cp second.png many/a.png
cp photo.png many/.hidden.png
echo text >many/notes.txt
check "a folder, into a new folder" stylize many -o results/
check "a" [ -s results/a-painting.png ]
check "b" [ -s results/b-painting.png ]
check "nothing else" sh -c '[ "$(ls -A results | wc -l)" -eq 2 ]'
check "a quoted pattern and a template" stylize 'many/[ab].png' -o 'results/{n}-{name}-{style}.{ext}'
check "numbered in order" sh -c '[ -s results/1-a-painting.png ] && [ -s results/2-b-painting.png ]'
check "an existing folder without a slash" stylize photo.png -o results
check "photo in it" [ -s results/photo-painting.png ]
echo text >many/broken.png
failing() {
    exits 1 stylize many gone.png -o 'results/x-{name}.png' 2>err || return 1
    cat err
    grep -q '2 of 4 pictures made' err && grep -q '^scumble:   many/broken.png' err && grep -q '^scumble:   gone.png' err &&
        [ -s results/x-a.png ] && [ -s results/x-b.png ] && [ ! -e results/x-broken.png ]
}
check "a failing photo does not stop the others" failing
check "reports of a batch" stylize photo.png second.png -o '{name}-out.png' --csv '{name}.csv' --recipe '{n}.json' -q
check "are there" sh -c '[ -s photo.csv ] && [ -s second.csv ] && [ -s 1.json ] && [ -s 2.json ]'
one_by_one() {
    stylize photo.png -o single.png -q && "$tool" pixels single.png photo-out.png && stylize second.png -o single.png -q && "$tool" pixels single.png second-out.png
}
check "a batch gives what single runs give" one_by_one

# ---- reports ----
check "csv, plot, recipe, preview" stylize photo.png -o full.png --csv l.csv --plot l.svg --recipe r.json --preview p.png --every 2 --iterations 6
check "a line an iteration and a heading" sh -c '[ "$(wc -l <l.csv)" -eq 7 ] && head -1 l.csv | grep -q "^iteration,.*content,style,tv,total"'
check "the plot is an SVG with curves" sh -c 'head -1 l.svg | grep -q "^<svg " && grep -q "class=\"curve total other[0-3]\" d=\"M" l.svg && tail -1 l.svg | grep -q "</svg>"'
if command -v xmllint >/dev/null; then
    check "the plot is valid XML" xmllint --noout l.svg
fi
check "the recipe names the photo" grep -q photo.png r.json
check "the preview" [ -s p.png ]
check "a plot of one iteration" stylize photo.png -o full.png --plot one.svg --iterations 1 -q
check "csv into a device" stylize photo.png -o full.png --csv /dev/null -q

dry() {
    stylize photo.png -o dry.png --dry-run >out 2>/dev/null || return 1
    cat out
    [ "$(wc -l <out)" -eq 1 ] && grep -q 'dry.png (48x32): about' out && [ ! -e dry.png ]
}
check "--dry-run only tells" dry

json() {
    stylize photo.png -o j.png --progress json --iterations 5 >lines.json 2>/dev/null || return 1
    "$tool" json lines.json && [ "$(grep -c '"event":"progress"' lines.json)" -eq 5 ] && head -1 lines.json | grep -q '"event":"start"' &&
        tail -1 lines.json | grep -q '"event":"done".*"interrupted":false'
}
check "--progress json" json
json_error() {
    exits 1 stylize many/notes.txt -o j.png --progress json >lines.json 2>/dev/null && "$tool" json lines.json && grep -q '"event":"error"' lines.json
}
check "an error in JSON" json_error
json_early_error() {
    exits 1 stylize photo.png -o missing/j.png --progress json >lines.json 2>/dev/null && "$tool" json lines.json && grep -q "no folder" lines.json
}
check "an error before the start in JSON" json_early_error
reader_leaves() {
    rm -f left.png
    stylize photo.png -o left.png --progress json -q | head -1 >/dev/null
    [ -s left.png ]
}
check "a reader that goes away does not lose the picture" reader_leaves

bar() {
    COLUMNS=$1 stylize photo.png -o bar.png --progress bar 2>err || return 1
    tr '\r' '\n' <err | grep ' px' >lines
    cat lines
    [ -s lines ] && [ "$(wc -L <lines)" -lt "$1" ] && ! grep -q "$(printf '\033')" err
}
for columns in 24 40 60 80 120 200; do
    check "the line fits $columns columns" bar $columns
done

# ---- regions ----
# mask WIDTH HEIGHT EXPRESSION OF X AND Y: a grey mask; labels likewise, with three values a pixel.
mask() {
    awk "BEGIN { print \"P2 $1 $2 255\"; for (y = 0; y < $2; y++) for (x = 0; x < $1; x++) print int($3) }"
}
labels() {
    awk "BEGIN { print \"P3 $1 $2 255\"; for (y = 0; y < $2; y++) for (x = 0; x < $1; x++) print $3 }"
}
mask 48 32 0 >black.pgm
mask 48 32 '255 * (x < 24)' >left.pgm
mask 48 32 '255 * (x >= 24)' >right.pgm
mask 48 32 '255 * x / 47' >ramp.pgm
mask 44 36 '255 * (y < 18)' >upper.pgm
labels 48 32 'x < 24 ? "255 0 0" : "0 0 255"' >labels.ppm
labels 44 36 'y < 18 ? "250 4 9" : "0 0 0"' >red.ppm
labels 40 40 'y < 20 ? "255 0 0" : "0 0 255"' >both.ppm
two="--style painting.png --style second.png --size 48 --iterations 4"
check "black everywhere" stylize photo.png --mask black.pgm -q -o black.png
check "leaves the photo" "$tool" pixels black.png photo.png
check "one painting on one half" stylize photo.png --mask left.pgm -q -o left.png
# shellcheck disable=SC2086
check "and another nowhere" "$scumble" stylize photo.png $two --mask left.pgm --mask black.pgm -q -o left2.png
check "is the same picture" "$tool" pixels left.png left2.png
# shellcheck disable=SC2086
check "two halves" "$scumble" stylize photo.png $two --mask left.pgm --mask right.pgm -q -o halves.png
check "a soft mask, a style mask, protection" stylize photo.png --mask ramp.pgm --style-mask upper.pgm --protect left.pgm -q -o soft.png --recipe soft.json
check "the recipe has them" sh -c '[ "$(grep -c "ramp.pgm\|upper.pgm\|left.pgm" soft.json)" -eq 3 ]'
check "--from soft.png" "$scumble" stylize --from soft.png -q -o again.png
check "gives the same pixels" "$tool" pixels soft.png again.png
check "--from without the masks" "$scumble" stylize --from soft.png --mask none --protect none --style-mask none -q -o again.png
check "is a plain run" sh -c '"$1" stylize photo.png --style painting.png --size 48 --iterations 4 -q -o plain.png && "$2" pixels again.png plain.png' - "$scumble" "$tool"
# The same masks at another size than the photo's, and with an edge that was rounded.
mask 96 64 '255 * (x < 48)' >left2.pgm
mask 96 64 '255 * (x >= 48)' >right2.pgm
mask 25 17 '255 * (x < 12)' >left-small.pgm
mask 88 72 '255 * (y < 36)' >upper2.pgm
# shellcheck disable=SC2086
check "masks of twice the size" "$scumble" stylize photo.png $two --mask left2.pgm --mask right2.pgm -q -o halves2.png
check "paint what masks of its size do" "$tool" pixels halves.png halves2.png
# shellcheck disable=SC2086
check "masks of different sizes, style masks, protection" "$scumble" stylize photo.png $two --mask left.pgm --mask right2.pgm --style-mask upper2.pgm --style-mask none --protect left-small.pgm -q -o fitted.png
# shellcheck disable=SC2086
check "labels" "$scumble" stylize photo.png $two --mask labels.ppm --style-mask red.ppm --style-mask both.ppm -q -o labels.png
check "--from labels.png" "$scumble" stylize --from labels.png -q -o again.png
check "gives the same pixels" "$tool" pixels labels.png again.png
# shellcheck disable=SC2086
check "none for a painting without a mask" "$scumble" stylize photo.png $two --mask left.pgm --mask right.pgm --style-mask none --style-mask both.ppm -q -o none.png
check "masks for many photos of one size" stylize photo.png many/b.png --mask left.pgm -q -o '{n}-masked.png'
check "two pictures" sh -c '[ -s 1-masked.png ] && "$1" pixels 1-masked.png 2-masked.png' - "$tool"
check "--dry-run with masks" stylize photo.png --mask left.pgm --dry-run -o dry.png
check "a texture of a part of a painting" "$scumble" texture painting.png --style-mask upper.pgm --size 48 --iterations 4 -q -o texture.png
faces() {
    stylize photo.png --faces -o faces.png >out 2>err
    status=$?
    cat err
    if [ "$EXPECT_DETECTOR" = 1 ]; then
        [ $status -eq 0 ] && grep -q 'no face was found' err && "$tool" pixels faces.png photo-painting.png
    else
        [ $status -eq 1 ] && grep -q 'there is no face detector' err && [ ! -e faces.png ]
    fi
}
stylize photo.png -q
check "--faces finds none here, or, built without, says that it cannot" faces
interrupted() {
    exits 130 "$tool" interrupt 1 2 "$scumble" stylize photo.png --style painting.png --mask left.pgm --size 48 --iterations 4 -o part.png --progress json >lines.json &&
        cp part.png.checkpoint other.checkpoint && ! "$scumble" stylize --resume other.checkpoint --mask right.pgm -q -o other.png &&
        "$scumble" stylize --resume part.png.checkpoint -q -o part.png && "$tool" pixels part.png left.png
}
check "--resume keeps the masks and refuses others" interrupted

# ---- no room ----
# limited ARGUMENTS...: no file may have more than 512 bytes; the run fails as on a full disk, and leaves nothing.
limited() {
    mkdir -p tight && ls -A >before
    (ulimit -f 1 && TMPDIR=tight stylize "$@" -q) 2>err
    status=$?
    cat err
    ls -A | diff before - && [ $status -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q "cannot write .*File too large" err && [ -z "$(ls -A tight)" ]
}
touch err before
check "a picture larger than files may be" limited photo.png -o limited.tif

# ---- narrow ones ----
"$tool" picture 2000 1 3 line.png && "$tool" picture 1 2000 3 column.png
check "a line of pixels" stylize line.png --size full -o line-out.png -q
check "a column of pixels" stylize column.png --size full -o column-out.png -q

# ---- the estimate ----
# Meson lets malloc write to what nobody uses: then all of it counts.
foretold() {
    MALLOC_PERTURB_=0 "$tool" memory 10 "$@"
}
"$tool" picture 300 220 3 large.png
"$tool" picture 400 300 4 canvas.png
awk 'BEGIN { print "P2 300 220 255"; for (i = 0; i < 300 * 220; i++) print 255 * (i % 300 < 150) }' >west.pgm
awk 'BEGIN { print "P2 300 220 255"; for (i = 0; i < 300 * 220; i++) print 255 * (i % 300 >= 150) }' >east.pgm
for extra in "" "--rotations" "--preset full --rotations" "--mask west.pgm --style painting.png --mask east.pgm" "--style-terms sliced,histogram --variable pyramid" \
    "--colour photo --tileable"; do
    # shellcheck disable=SC2086
    check "the memory that was foretold: $extra" foretold "$scumble" stylize large.png --style canvas.png $extra --size 300 --iterations 6 --threads 2 \
        --progress json -q -o large-out.png
done
# More iterations than one fill the optimiser's history, and search for neighbours again.
"$tool" picture 640 480 3 wide.png
for extra in "--iterations 3" "--iterations 50" "--iterations 3 --style-terms neighbour" "--iterations 50 --style-terms neighbour" "--iterations 3 --optimizer adam"; do
    # shellcheck disable=SC2086
    check "the memory that was foretold: $extra" foretold "$scumble" stylize wide.png --style canvas.png $extra --size 640 --threads 2 \
        --progress json -q -o large-out.png
done
check "the memory that was foretold: a texture" foretold "$scumble" texture canvas.png --size 300x220 --iterations 6 --threads 2 --progress json -q -o t.png

# ---- recipes ----
check "a picture to repeat" stylize photo.png -o first.png --beta 30 --seed 7 --init noise --recipe first.json -q
check "--from picture" "$scumble" stylize --from first.png -o again.png
check "gives the same pixels" "$tool" pixels first.png again.png
check "--from JSON" "$scumble" stylize --from first.json -o again.png
check "gives the same pixels, too" "$tool" pixels first.png again.png
check "--from with a flag over it" "$scumble" stylize --from first.json -o other.png --beta 3
check "gives another picture" sh -c '! "$1" pixels first.png other.png' - "$tool"
check "--from with another photo" "$scumble" stylize second.png --from first.json -o other.png
check "--from with a weighted style" "$scumble" stylize --from first.json --style second.png:3 -o other.png
stylize photo.png -q
check "--from does not overwrite what it repeats" sh -c 'cp photo-painting.png kept.png && "$1" stylize --from photo-painting.png -q && cmp kept.png photo-painting.png && "$2" pixels kept.png photo-painting-again.png' - "$scumble" "$tool"
beside() {
    mkdir -p moved && cp first.png photo.png painting.png moved && cd moved && mkdir -p down && cd down || return 1
    says 'wrote again.png' "$scumble" stylize --from ../first.png -o again.png && "$tool" pixels ../first.png again.png
}
in_subshell() {
    ("$@")
}
check "inputs are found beside the recipe" in_subshell beside
# The files that --colour and --init name are inputs like the others.
cp second.png palette.png
cp painting.png start.png
check "a palette and a start" stylize photo.png --colour palette.png --init start.png -q -o named.png
named_beside() {
    mkdir -p apart && mv named.png palette.png start.png apart && cp photo.png painting.png apart || return 1
    "$scumble" stylize --from apart/named.png -q -o again.png && "$tool" pixels apart/named.png again.png
}
check "are found beside the recipe" named_beside
check "and replaced by the command line" "$scumble" stylize --from apart/named.png --colour second.png --init painting.png -q -o again.png
check "which gives the same pixels" "$tool" pixels apart/named.png again.png
check "stopped with both" exits 130 "$tool" interrupt 3 2 "$scumble" stylize photo.png --style painting.png --size 48 --iterations 8 \
    --colour apart/palette.png --init apart/start.png -o part.png --progress json
cp photo.png apart/palette.png
check "a changed palette is told" says "note: 'apart/palette.png' has changed" "$scumble" stylize --from apart/named.png -o again.png
lone() {
    mkdir lone && cp part.png.checkpoint photo.png painting.png apart/start.png lone && cp photo.png lone/palette.png || return 1
    ! (cd lone && "$scumble" stylize --resume part.png.checkpoint -q -o part.png 2>said) && grep -q "belongs to another run: the palette is another one" lone/said
}
check "and does not fit the checkpoint" lone
check "a copy of the right one does, by its hash" "$scumble" stylize --resume part.png.checkpoint --look-in apart -o part.png --csv part.csv -q
cp second.png apart/palette.png
check "a palette that is gone is named" sh -c 'rm apart/palette.png && ! "$1" stylize --from apart/named.png -q -o gone.png 2>said && grep -q "from the palette .palette.png., which is not here" said' - "$scumble"
mkdir alone # a copy of the photo would be found by its hash
cp first.png painting.png alone && cp second.png alone/photo.png
check "a changed input is told" says "note: 'photo.png' has changed" sh -c 'cd alone && "$1" stylize --from first.png -o changed.png' - "$scumble"

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
check "--preset" stylize photo.png --preset full --recipe p.json -o preset.png -q
check "its values are in the recipe" holds p.json style-terms "$(value_of full style-terms)"
check "all of them" holds p.json beta "$(value_of full beta)"
check "and not its name" sh -c '! grep -q "\"full\"" p.json'
# shellcheck disable=SC2046,SC2086
check "is what its flags are" "$scumble" stylize photo.png --style painting.png $(flags_of full) $quick -o flags.png -q
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
check "the first is the plain run" sh -c '"$1" stylize photo.png --style painting.png --size 48 --iterations 4 -q -o plain.png && "$2" pixels plain.png seeds/photo-painting-1.png' - "$scumble" "$tool"
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
check "by default named after it" sh -c '"$@" && [ -s photo-painting-classic.png ]' - "$scumble" stylize photo.png --style painting.png --variations presets --size 40 --iterations 1 -q

mkdir same
cp second.png same/painting.png
check "--variations styles" "$scumble" stylize photo.png --style painting.png:3 --style second.png --style same/painting.png --variations styles --size 48 --iterations 4 -o each/ --sheet each.png
check "one for each, and no blend" sh -c 'set -- each/*; [ $# -eq 3 ] && [ -s each/photo-painting.png ] && [ -s each/photo-second.png ] && [ -s each/photo-painting-3.png ]'
check "each alone" "$tool" pixels each/photo-painting.png plain.png
check "two of one name" "$tool" pixels each/photo-second.png each/photo-painting-3.png
check "repeated alone" says 'style painting.png' "$scumble" stylize --from each/photo-painting.png -o again.png
check "pixel by pixel" "$tool" pixels again.png plain.png
echo text >words.png
one_style_fails() {
    exits 1 "$scumble" stylize photo.png --style painting.png --style words.png --style second.png --variations styles --size 48 --iterations 2 -o fails/ 2>err || return 1
    cat err
    grep -q '2 of 3 pictures made' err && grep -q '^scumble:   photo.png (words)' err && [ -s fails/photo-painting.png ] && [ -s fails/photo-second.png ]
}
check "a painting that fails does not stop the others" one_style_fails

check "candidates of a batch" stylize photo.png second.png --variations 2 -o 'batch-{n}-{variation}-{name}.png' --sheet 'sheet-{name}.png' -q --iterations 2
check "are there" sh -c 'set -- batch-?-?-*.png; [ $# -eq 4 ] && [ -s batch-2-1-second.png ] && [ -s sheet-photo.png ] && [ -s sheet-second.png ]'
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
