# SPDX-License-Identifier: MIT
# scumble stylize from end to end: outputs and their names, batches, reports.
. "$(dirname "$0")/tap.sh"
make_pictures

# ---- one picture ----
plain() {
    "$scumble" stylize photo.png --style painting.png --size 48 --iterations 4 >out 2>err || return 1
    cat err
    [ ! -s out ] && [ "$(wc -l <err)" -eq 3 ] && grep -q 'wrote photo-painting.png (48x32, 4 iterations, ' err && [ -s photo-painting.png ]
}
check "the default name, three lines on stderr, none on stdout" plain
# shellcheck disable=SC2086
check "-q says nothing" sh -c '[ -z "$("$@" 2>&1)" ]' - "$scumble" stylize photo.png --style painting.png $quick -q -o quiet.png
check "-q writes" [ -s quiet.png ]
check "one thread" "$scumble" stylize photo.png --style painting.png --size 48 --iterations 4 --threads 1 -q -o one.png
check "three threads" "$scumble" stylize photo.png --style painting.png --size 48 --iterations 4 --threads 3 -q -o three.png
check "give the same pixels" "$tool" pixels one.png three.png
check "an older output is replaced" stylize photo.png -o quiet.png
for ending in jpg webp tif; do
    check "-o out.$ending" stylize photo.png -o out.$ending
    check "out.$ending is there" [ -s out.$ending ]
done
check "--bits 16 --quality 80 --icc keep" stylize photo.png -o deep.png --bits 16 --quality 80 --icc keep
check "-v tells the layers" says relu4_1 "$scumble" stylize photo.png --style painting.png --size 48 --iterations 1 -v
# shellcheck disable=SC2086
check "--flag=value and flags before files" "$scumble" stylize $shallow --iterations=2 -q --size=48 --output=equals.png --style=painting.png photo.png
check "-oFILE" stylize photo.png -qoshort.png
check "short.png" [ -s short.png ]
check "two styles with weights" "$scumble" stylize photo.png --style painting.png:2 --style second.png:0.5 --size 48 --iterations 2
check "are joined in the name" [ -s photo-painting+second.png ]
check "the option reaches the library" says '40x27' stylize photo.png --size 40 -o small.png

# ---- difficult names ----
cp photo.png "./-a b'c\"\$é%s.png"
cp painting.png 'one:two.png'
# shellcheck disable=SC2086
check "a name with everything in it, after --" "$scumble" stylize --style one:two.png $quick -- "-a b'c\"\$é%s.png"
check "its result" [ -s "./-a b'c\"\$é%s-one:two.png" ]
# shellcheck disable=SC2086
check "a style with a colon and a weight" "$scumble" stylize photo.png --style one:two.png:0.5 $quick -o colon.png
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
check "a line an iteration and a heading" sh -c '[ "$(wc -l <l.csv)" -eq 7 ] && head -1 l.csv | grep -q "^iteration,.*content,style,legible,tv,total"'
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
finish
