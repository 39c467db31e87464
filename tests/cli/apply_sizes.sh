# SPDX-License-Identifier: MIT
# scumble apply at other sizes than the picture's, strokes of other sizes, and results that repeat.
. "$(dirname "$0")/tap.sh"
"$tool" painter wave 1 wave.scumble && "$tool" picture 660 440 3 large.png && "$tool" picture 48 32 1 small.png || {
    echo "Bail out! cannot make the painter and its pictures"
    exit 1
}
said() {
    grep -q "painted at $1 pixels first (wave learnt at 512) and brought to $2" "$scratch/last.out" && grep -q -e '--style-scale learnt' "$scratch/last.out"
}
check "a large picture" says 'wrote default.png (660x440' "$scumble" apply wave.scumble large.png -o default.png
check "is painted where strokes have their share, and that is said" said 512 660
check "once for many pictures" sh -c '[ "$("$1" apply wave.scumble large.png large.png -o "{n}.png" 2>&1 | grep -c "painted at")" -eq 1 ]' - "$scumble"
check "but with -q" sh -c '[ -z "$("$1" apply wave.scumble large.png -q -o quiet.png 2>&1)" ]' - "$scumble"
check "the same pixels on one thread" sh -c '"$1" apply wave.scumble large.png -q --threads 1 -o one.png && "$2" pixels one.png default.png' - "$scumble" "$tool"
check "strokes of their learnt pixels" sh -c '"$1" apply wave.scumble large.png --style-scale learnt -o learnt.png 2>&1 | tee said && [ "$(wc -l <said)" -eq 1 ]' - "$scumble"
check "are others" sh -c '! "$1" pixels learnt.png default.png' - "$tool"
check "larger strokes" says 'painted at 256 pixels first' "$scumble" apply wave.scumble large.png --style-scale 2 -o two.png
check "finer strokes" says 'painted at 1024 pixels first' "$scumble" apply wave.scumble large.png --style-scale 0.5 -o half.png
check "a smaller result" says 'wrote s300.png (300x200' "$scumble" apply wave.scumble large.png --size 300 -o s300.png
check "a larger one" says 'wrote s990.png (990x660' "$scumble" apply wave.scumble large.png --size 990 -o s990.png
check "--size full is the default" sh -c '"$1" apply wave.scumble large.png --size full -q -o full.png && "$2" pixels full.png default.png' - "$scumble" "$tool"
check "a small picture is taken as it is" sh -c '"$1" apply wave.scumble small.png -q && "$1" apply wave.scumble small.png --style-scale learnt -q -o as.png &&
    "$2" pixels small-wave.png as.png' - "$scumble" "$tool"
check "the recipe has it" says '"style-scale": 2' "$tool" recipe two.png
check "within a limit" says 'wrote limit.png (660x440' "$scumble" apply wave.scumble large.png --max-memory 110M -o limit.png

seam() { # in pictures that are compared, below 1.3; without --tileable more
    "$scumble" compare "$1" --content large.png --style large.png --encoder lite --tile --json >measured.json || return 1
    grep -o '"seam-[xy]": *[0-9.]*' measured.json
}
check "a picture that repeats" "$scumble" apply wave.scumble large.png --tileable -q -o tile.png
check "is as large" says '"tileable": true' "$tool" recipe tile.png
tiles() {
    seam default.png >plain && seam tile.png >seamless || return 1
    cat plain seamless
    awk '{ if (FNR > 2) exit; most[FILENAME] = most[FILENAME] > $2 ? most[FILENAME] : $2 } END { exit !(most["seamless"] < 1.3 && most["plain"] > 1.5 * most["seamless"]) }' plain seamless
}
check "without a seam" tiles
check "also of odd sizes" says 'wrote odd.png (31x21' "$scumble" apply wave.scumble small.png --tileable --size 31 -o odd.png

while IFS='|' read -r text arguments; do
    # shellcheck disable=SC2086
    check "$arguments" exits 2 sh -c '"$@" 2>&1 | tee said; grep -q -e "$0" said && [ "$(wc -l <said)" -eq 1 ] && "$@" 2>/dev/null' "$text" "$scumble" apply wave.scumble small.png $arguments
done <<'END'
--size: '0'|--size 0
--size|--size 70000
--style-scale: 'x'|--style-scale x
--style-scale|--style-scale 9
END
finish
