# SPDX-License-Identifier: MIT
# The programs of doc/api.md are those of examples/, and do what the page says.
. "$(dirname "$0")/tap.sh"
programs=$(dirname "$example")
"$tool" picture 48 36 1 photo.png
"$tool" picture 48 48 5 painting.png
"$tool" picture 40 30 3 small.png

# shown NAME: the block behind the link to examples/NAME.c is that file, without its first line.
shown() {
    sed -n "/(..\/examples\/$1.c)/,\$p" "$root/doc/api.md" | sed -n '/^```c$/,/^```$/p' | sed -n '2,/^```$/p' | sed '$d' >shown.c
    sed 1d "$root/examples/$1.c" | diff shown.c -
}
for name in threads many branch pixels apply; do
    check "doc/api.md shows examples/$name.c" shown "$name"
done

check "threads: two contexts, one of them cancelled" "$programs/example-threads" photo.png painting.png first.png second.png
check "the first picture is whole" "$scumble" stylize photo.png --style painting.png -q -o whole.png
check "as the program makes it" "$tool" pixels first.png whole.png
check "threads: each context has its own sentence" sh -c '! "$1" gone.png painting.png a.png b.png' - "$programs/example-threads"
check "twice" sh -c '[ "$(grep -c "gone.png" "$1")" = 2 ]' - "$scratch/last.err"

cp small.png other.png
check "many: photos in one style" "$programs/example-many" painting.png small.png other.png
check "with losses by name" grep -q 'other.png: 12 of 12 iterations.*, style .*, total ' "$scratch/last.err"
check "the same photo, the same picture" "$tool" pixels small.png.painted.png other.png.painted.png
check "and a recipe in it" "$scumble" stylize --from small.png.painted.png --dry-run

check "branch: one run, two ends" "$programs/example-branch" photo.png painting.png more.png less.png
check "which differ" sh -c '! "$1" pixels more.png less.png' - "$tool"
check "the program repeats the steered one" "$scumble" stylize photo.png --style painting.png --size 160 --iterations 20 --at 10:beta=20 -q -o steered.png
check "to the byte" "$tool" pixels more.png steered.png

check "pixels: from memory to memory" "$programs/example-pixels" painting.png hill.png
check "a PNG file" sh -c '[ "$(head -c 4 hill.png | tail -c 3)" = PNG ]'

check "apply: a painter" "$programs/example-apply" starry small.png
check "paints" test -s small.png.painted.png
finish
