# SPDX-License-Identifier: MIT
# scumble apply from end to end: painters by file and by name, outputs, batches that go on, recipes, memory limits, Ctrl-C, wrong command lines.
. "$(dirname "$0")/tap.sh"
make_pictures
mkdir -p "$scratch/data/scumble/painters"
"$tool" painter wave 1 wave.scumble && "$tool" painter scream 2 "$scratch/data/scumble/painters/scream.scumble" || {
    echo "Bail out! cannot make the painters"
    exit 1
}

# ---- one picture ----
plain() {
    "$scumble" apply wave.scumble photo.png >out 2>err || return 1
    cat err
    [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] && grep -q '^wrote photo-wave.png (48x32, [0-9.]* m\{0,1\}s)$' err && [ -s photo-wave.png ]
}
check "the default name, one line with size and time" plain
check "another picture than the photo" sh -c '! "$1" pixels photo.png photo-wave.png' - "$tool"
check "-q says nothing" sh -c '[ -z "$("$1" apply wave.scumble photo.png -q -o quiet.png 2>&1)" ] && [ -s quiet.png ]' - "$scumble"
check "three threads" "$scumble" apply wave.scumble photo.png -q -o three.png --threads 3
check "one thread" "$scumble" apply wave.scumble photo.png -q -o one.png --threads 1
check "give the same pixels" "$tool" pixels one.png three.png
check "a painter by name" "$scumble" apply scream photo.png -q
check "paints otherwise" sh -c '! "$1" pixels photo-scream.png photo-wave.png' - "$tool"
check "--list" says "^scream .*painters/scream.scumble  MIT" "$scumble" apply --list
check "-v names the painter" says "painter wave, MIT, wave.scumble" "$scumble" apply wave.scumble photo.png -v
check "no strength" "$scumble" apply wave.scumble photo.png --strength 0 -q -o none.png
check "is the photo" "$tool" pixels none.png photo.png
check "half of it" "$scumble" apply wave.scumble photo.png --strength 0.5 -q -o half.png
check "is neither" sh -c '! "$1" pixels half.png photo.png && ! "$1" pixels half.png photo-wave.png' - "$tool"
check "the photo's colours" "$scumble" apply wave.scumble photo.png --colour luminance -q -o coloured.png
check "are others" sh -c '! "$1" pixels coloured.png photo-wave.png' - "$tool"
check "as 0.1.0 called it" "$scumble" apply wave.scumble photo.png --colour photo -q -o old-name.png
check "is the same" "$tool" pixels old-name.png coloured.png
for size in "1 1" "1 9" "200 3" "31 17"; do
    # shellcheck disable=SC2086
    "$tool" picture $size 3 odd.png
    check "a picture of $size" says "($(echo "$size" | tr ' ' x)," "$scumble" apply wave.scumble odd.png -o odd-out.png
done
check "16 bits as TIFF" "$scumble" apply wave.scumble photo.png --bits 16 -o deep.tif -q
check "JPEG" "$scumble" apply wave.scumble photo.png --quality 70 --icc keep -o out.jpg -q

# ---- the recipe ----
check "the picture tells the painter" says '"name": "wave"' "$tool" recipe photo-wave.png
check "its hash" grep -q "\"sha256\": \"$(sha256sum wave.scumble | cut -d' ' -f1)\"" "$scratch/last.out"
check "the strength" says '"strength": 0.5' "$tool" recipe half.png
check "and the colours" says '"colour": "luminance"' "$tool" recipe coloured.png
refuses_recipe() {
    exits 1 "$scumble" stylize --from photo-wave.png -o again.png 2>err && cat err && grep -q 'scumble apply' err && [ ! -e again.png ]
}
check "stylize cannot repeat it, and says so" refuses_recipe

# ---- many ----
mkdir many
cp photo.png many/a.png
cp second.png many/b.png
echo text >many/notes.txt
check "a folder into a folder" "$scumble" apply wave.scumble many -o results/ -q
check "its pictures are there" sh -c '[ -s results/a-wave.png ] && [ -s results/b-wave.png ] && [ "$(ls -A results | wc -l)" -eq 2 ]'
check "a quoted pattern and a template" "$scumble" apply wave.scumble 'many/[ab].png' -o 'results/{n}-{name}-{style}.{ext}' -q
check "numbered in order" sh -c '[ -s results/1-a-wave.png ] && [ -s results/2-b-wave.png ]'
check "a batch gives what single runs give" "$tool" pixels results/1-a-wave.png photo-wave.png
echo text >many/broken.png
failing() {
    exits 1 "$scumble" apply wave.scumble many gone.png -o 'results/x-{name}.png' 2>err || return 1
    cat err
    grep -q '2 of 4 pictures made' err && grep -q '^scumble:   many/broken.png' err && grep -q '^scumble:   gone.png' err &&
        [ -s results/x-a.png ] && [ -s results/x-b.png ] && [ ! -e results/x-broken.png ]
}
check "a failing picture does not stop the others" failing

bar() {
    COLUMNS=$1 "$scumble" apply wave.scumble photo.png second.png -o 'bar-{n}.png' --progress bar 2>err || return 1
    tr '\r' '\n' <err | grep '%' >lines
    cat lines
    [ -s lines ] && [ "$(wc -L <lines)" -lt "$1" ] && ! grep -q "$(printf '\033')" err
}
for columns in 24 40 80 200; do
    check "the line fits $columns columns" bar $columns
done

interrupted() {
    set --
    while [ $# -lt 400 ]; do set -- "$@" photo.png; done
    mkdir -p stopped
    timeout --foreground --preserve-status -s INT 0.7 "$scumble" apply wave.scumble "$@" -o 'stopped/{n}.png' -q
    status=$?
    left=$(find stopped -name '.*' -type f | wc -l)
    echo "status $status, $(find stopped -name '*.png' | wc -l) pictures, $left other files"
    [ $status -eq 130 ] && [ "$left" -eq 0 ]
}
check "Ctrl-C ends with 130 and leaves nothing half written" interrupted

# ---- memory ----
"$tool" picture 2000 1700 3 large.png
check "a large picture" "$scumble" apply wave.scumble large.png -q -o whole.png
limited() {
    env -u VIPSHOME "$tool" peak 140e6 "$scumble" apply wave.scumble large.png --max-memory 140M -o tiled.tif --bits 16 2>err
    status=$?
    cat err
    [ $status -eq 0 ] && grep -q 'in tiles of [0-9]* pixels' err
}
check "within 140 MB, in tiles" limited
check "the whole in 16 bits" "$scumble" apply wave.scumble large.png -q -o whole.tif --bits 16
check "is the same to a part in 10,000" "$tool" near 1e-4 whole.tif tiled.tif

# ---- wrong command lines ----
# wrong CODE TEXT ARGUMENTS...
wrong() {
    code=$1 text=$2
    shift 2
    ls -AR >"$scratch/before"
    "$scumble" "$@" >said.out 2>"$scratch/said.err" </dev/null
    status=$?
    cat "$scratch/said.err"
    [ -s said.out ] && return 1
    rm said.out
    [ $status -eq "$code" ] && [ "$(wc -l <"$scratch/said.err")" -eq 1 ] && grep -q '^scumble: ' "$scratch/said.err" && grep -q -e "$text" "$scratch/said.err" &&
        ls -AR | diff "$scratch/before" -
}
cp photo.png keep.scumble
mkdir empty
while IFS='|' read -r code text arguments; do
    eval "set -- $arguments"
    check "scumble $arguments" wrong "$code" "$text" "$@"
done <<'END'
2|there is no painter; give one|apply
2|there is no picture; give one|apply wave.scumble
2|--list takes no name|apply --list wave.scumble
1|called 'screm' (did you mean 'scream'|apply screm photo.png
1|called 'wav.scumble' (did you mean 'wave.scumble'|apply wav.scumble photo.png
1|'./gone.pth'|apply ./gone.pth photo.png
1|keep.scumble|apply keep.scumble photo.png
1|not a model in a format|apply many/notes.txt photo.png
2|--strength: '1.5' is not a number from 0 to 1|apply wave.scumble photo.png --strength 1.5
2|--strength: 'x'|apply wave.scumble photo.png --strength x
2|--strength: 'nan'|apply wave.scumble photo.png --strength nan
2|--colour: 'match' is not one of style.luminance|apply wave.scumble photo.png --colour match
2|--max-memory: '2X'|apply wave.scumble photo.png --max-memory 2X
2|unknown option --stength (did you mean --strength|apply wave.scumble photo.png --stength 1
2|-q and -v|apply wave.scumble photo.png -qv
2|-q and --progress bar|apply wave.scumble photo.png -q --progress bar
2|-o is 'one.png', one file for 2 photos|apply wave.scumble photo.png second.png -o one.png
2|overwrite the input 'photo.png'|apply wave.scumble photo.png -o photo.png
2|overwrite the input '[a-z]*.png'|apply wave.scumble photo.png second.png -o '{name}.png'
2|two pictures the name|apply wave.scumble photo.png many/a.png -o 'x-{style}.png'
2|cannot write .xyz|apply wave.scumble photo.png -o out.xyz
2|no variations|apply wave.scumble photo.png -o '{variation}.png'
2|it may hold {name}|apply wave.scumble photo.png -o '{nme}.png'
1|no folder 'missing'|apply wave.scumble photo.png -o missing/out.png
1|cannot read the photo 'gone.png'|apply wave.scumble gone.png
1|the folder 'empty'|apply wave.scumble empty
1|need at least|apply wave.scumble large.png --max-memory 1M
END

# ---- the published network ----
shared=${SCUMBLE_SHARED:-$root/../shared}
if [ -r "$shared/models/candy.pth" ]; then
    check "PyTorch's candy" says "wrote photo-candy.png (48x32" "$scumble" apply "$shared/models/candy.pth" photo.png
else
    count=$((count + 1))
    echo "ok $count - PyTorch's candy # SKIP $shared/models/candy.pth is not here (set SCUMBLE_SHARED)"
fi
finish
