# SPDX-License-Identifier: MIT
# Pictures through pipes: "-", named pipes, /dev/stdin, /dev/stdout, /dev/fd/N; what they are called, and what is refused.
. "$(dirname "$0")/tap.sh"
make_pictures
network=$root/tests/fuzz/corpus/onnx/nearest.onnx
paint="--style painting.png --size 32 --iterations 2 -q"
hash=$(sha256sum photo.png | cut -d ' ' -f 1)
# is FORMAT FILE: by its first bytes.
is() {
    case $1 in png) start=89504e47 ;; jpeg) start=ffd8ff ;; tiff) start=49492a00 ;; esac
    od -An -tx1 -N4 "$2" | tr -d ' \n' | grep -q "^$start"
}
# refused TEXT COMMAND...: exit code 1 or 2 and one sentence with TEXT on stderr.
refused() {
    text=$1
    shift
    "$@" 2>refused.err
    status=$?
    cat refused.err
    { [ $status -eq 1 ] || [ $status -eq 2 ]; } && [ "$(wc -l <refused.err)" -eq 1 ] && grep -q -e "$text" refused.err
}
in_out() { "$scumble" "$@" <photo.png >out.png; }
through() { cat photo.png | "$scumble" "$@" | cat >out.png; }

# stylize: the pixels of the run with files, in every way in and out.
"$scumble" stylize photo.png $paint -o file.png --recipe file.json
check "files redirected" in_out stylize - $paint -o -
check "the same pixels" "$tool" pixels out.png file.png
check "is PNG" is png out.png
check "pipes" through stylize - $paint -o -
check "the same pixels" "$tool" pixels out.png file.png
check "/dev/stdin and /dev/stdout" through stylize /dev/stdin $paint -o /dev/stdout
check "the same pixels" "$tool" pixels out.png file.png
check "JPEG" through stylize - $paint -o - --format jpeg
check "is JPEG" is jpeg out.png
check "TIFF, which is written back and forth" through stylize - $paint -o - --format tiff
check "is TIFF, with the same pixels" sh -c 'cp out.png out.tif && "$1" pixels out.tif file.png' - "$tool"
check "appended to a file, not written over it" sh -c 'echo before >both && "$1" stylize photo.png $2 -o - >>both && head -1 both | grep -qx before && tail -c +8 both >after.png && "$3" pixels after.png file.png' - \
    "$scumble" "$paint" "$tool"
check "/dev/stdout stays what it is" sh -c '[ "$(readlink /dev/stdout)" = /proc/self/fd/1 ]'
check "messages" sh -c '"$1" stylize - --style painting.png --size 32 --iterations 2 -o - <photo.png >out.png 2>err && grep -q "^wrote standard output (32" err && grep -q "^standard input (48x32) -> standard output" err' - "$scumble"
check "and nothing but the picture" "$tool" pixels out.png file.png

# The recipe, and --from.
check "the photo's name and hash" sh -c '"$1" stylize - $2 -o o.png --recipe r.json <photo.png && jq -e ".content.name == \"standard input\" and .content.sha256 == \"$3\"" r.json' - "$scumble" "$paint" "$hash"
mkdir far && cp photo.png far/other-name.png
check "--from finds it by its hash" "$scumble" stylize --from r.json --look-in far -q -o again.png
check "the same pixels" "$tool" pixels again.png file.png
mkdir away && mv photo.png away && mv far away
check "else one sentence" refused "standard input.*not here; name it on the command line, or its folder with --look-in" "$scumble" stylize --from r.json -q -o again.png
mv away/photo.png .
check "from a recipe in standard input" sh -c '"$1" stylize photo.png --from - -q -o again.png <r.json' - "$scumble"

# Named pipes.
mkfifo in.fifo out.fifo out.jpg
check "a named pipe in" sh -c 'cat photo.png >in.fifo & "$1" stylize in.fifo $2 -o named.png --recipe r.json && "$3" pixels named.png file.png && jq -e ".content.name == \"in.fifo\"" r.json' - "$scumble" "$paint" "$tool"
check "and out" sh -c 'cat out.fifo >got.png & "$1" stylize photo.png $2 -o out.fifo && wait && "$3" pixels got.png file.png && [ -p out.fifo ]' - "$scumble" "$paint" "$tool"
check "its ending names the format" sh -c 'cat out.jpg >got.jpg & "$1" stylize photo.png $2 -o out.jpg && wait && [ -p out.jpg ]' - "$scumble" "$paint"
check "is JPEG" is jpeg got.jpg
check "a painting, a mask and a start through pipes" sh -c 'cat painting.png | { cat photo.png | "$1" stylize photo.png --style /dev/fd/5 --size 32 --iterations 2 -q --protect /dev/stdin -o p1.png; } 5<&0 &&
    "$1" stylize photo.png $2 --protect photo.png -o p2.png && "$3" pixels p1.png p2.png && "$1" stylize photo.png $2 --init - -o p3.png <second.png && "$1" stylize photo.png $2 --init second.png -o p4.png && "$3" pixels p3.png p4.png' - \
    "$scumble" "$paint" "$tool"
check "/dev/null is written to and stays" sh -c '"$1" stylize photo.png $2 -o /dev/null && [ -c /dev/null ]' - "$scumble" "$paint"

# The other commands.
"$scumble" apply "$network" photo.png -q -o file.png
check "apply" through apply "$network" - -q -o -
check "the same pixels" "$tool" pixels out.png file.png
"$scumble" texture painting.png --size 24 --iterations 2 -q -o file.png
check "texture" sh -c 'cat painting.png | "$1" texture - --size 24 --iterations 2 -q -o - >out.png && "$2" pixels out.png file.png' - "$scumble" "$tool"
"$scumble" sheet photo.png painting.png --height 30 -q -o file.png
check "sheet" through sheet - painting.png --height 30 -q -o -
check "the same pixels" "$tool" pixels out.png file.png
"$scumble" inspect photo.png --layer relu1_1 -q -o file.png
check "inspect" through inspect - --layer relu1_1 -q -o -
check "the same pixels" "$tool" pixels out.png file.png
check "compare" says '^ .*standard input' sh -c 'cat second.png | "$1" compare - --content photo.png --style painting.png' - "$scumble"
check "match" says '^ .*standard input' sh -c 'cat painting.png | "$1" match photo.png - second.png' - "$scumble"
check "match: the photo" says ' painting.png' sh -c 'cat photo.png | "$1" match - painting.png' - "$scumble"
check "provenance" says '^standard input' sh -c 'cat again.png | "$1" provenance -' - "$scumble"

# What is refused, each in one sentence.
check "twice" refused 'given twice' "$scumble" stylize - --style - -o x.png <photo.png
check "no name for the result" refused 'standard input.* no name; give one with -o' "$scumble" stylize - --style painting.png <photo.png
check "nothing comes" refused "'standard input' is empty" "$scumble" stylize - $paint -o x.png </dev/null
check "no picture comes" refused "'standard input' is not a picture" "$scumble" stylize - $paint -o x.png <"$root/README.md"
check "closed" refused "cannot read 'standard input'" sh -c '"$1" stylize - --style painting.png -q -o x.png <&-' - "$scumble"
check "closed, for the result" refused "cannot write 'standard output'" sh -c '"$1" stylize photo.png $2 -o - >&-' - "$scumble" "$paint"
check "JSON on the same stream" refused 'progress json' "$scumble" stylize photo.png $paint -o - --progress json
check "a format for a file" refused 'goes with -o -' "$scumble" stylize photo.png $paint -o x.png --format jpeg
check "no such format" refused "'docx', which scumble cannot write" "$scumble" stylize photo.png $paint -o - --format docx
check "several photos" refused 'one file for 2 photos' "$scumble" stylize photo.png second.png $paint -o -
check "several candidates" refused 'takes one picture' "$scumble" stylize photo.png $paint -o - --variations 2
check "a full device" refused 'No space left' "$scumble" stylize photo.png $paint -o /dev/full
check "broken pipe: one sentence" sh -c '{ "$1" stylize photo.png $2 -o - 2>err; echo $? >code; } | exec <&- sleep 0; [ "$(cat code)" = 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q "standard output.*Broken pipe" err' - "$scumble" "$paint"
check "terminals" sh -c 'script -qec "\"$1\" stylize - --style painting.png -q -o x.png" /dev/null </dev/null | grep -q "standard input. is a terminal" && script -qec "\"$1\" stylize photo.png --style painting.png -q -o -" /dev/null </dev/null | grep -q "standard output is a terminal"' - "$scumble"
finish
