# SPDX-License-Identifier: MIT
# Tiles are chosen once: the recipe of a picture that was cut notes them, and repeats it to the byte where all fits whole; a checkpoint, too.
. "$(dirname "$0")/tap.sh"
"$tool" picture 320 240 1 photo.png && "$tool" picture 64 64 5 painting.png || exit 1
usual="--style painting.png --size full --scales 1 --iterations 3 --content-terms feature --style-terms gram"

# The bytes that the picture needs whole.
needed=$("$scumble" stylize photo.png $usual --dry-run --progress json -q | sed -n 's/.*"memory_bytes":\([0-9]*\).*/\1/p')

# shellcheck disable=SC2086
{
    check "painted in tiles" "$scumble" stylize photo.png $usual --max-memory $((needed - 4000000)) -q -o cut.png --recipe cut.json
    check "the recipe notes them" grep -q '"tiles": "320x240:[1-9]' cut.json
    check "repeated without a limit" "$scumble" stylize --from cut.json -q -o again.png --recipe again.json
    check "to the byte" "$tool" pixels cut.png again.png
    check "with the same tiles" cmp cut.json again.json
    check "whole where that is asked for" "$scumble" stylize --from cut.json --tiles auto -q -o whole.png --recipe whole.json
    check "which rounds otherwise" sh -c '! "$1" pixels cut.png whole.png' - "$tool"
    check "and notes no tiles" sh -c '! grep -q tiles whole.json'
    check "stopped" "$scumble" stylize photo.png $usual --max-memory $((needed - 4000000)) --stop-after 1 -q -o part.png --checkpoint part.checkpoint
    check "gone on with without a limit" "$scumble" stylize --resume part.checkpoint --stop-after 3 -q -o rest.png
    check "to the same" "$tool" pixels cut.png rest.png
    check "tiles that do not fit are told of" says 'do not fit' "$scumble" stylize --from cut.json --tiles 320x240:0 --max-memory $((needed - 9000000)) -o other.png
    check "refused: no list" exits 2 "$scumble" stylize photo.png $usual --tiles 5 -o none.png
    check "and why" grep -q -e '--tiles is .5.; it must be auto' "$scratch/last.err"
}
finish
