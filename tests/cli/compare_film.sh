# SPDX-License-Identifier: MIT
# scumble compare --film: how steady films are. Their source stands still, so that all of the figures are known: numbered pictures, for they need no FFmpeg.
. "$(dirname "$0")/tap.sh"
mkdir source still other alone && "$tool" picture 64 48 1 source/f01.png && "$tool" picture 64 48 3 still/f01.png && awk 'BEGIN { print "P3 64 48 255"; for (i = 0; i < 64 * 48; i++) print "40 40 40" }' >dark.ppm && "$scumble" sheet dark.ppm -o dark.png --height 48 -q && "$tool" picture 40 40 5 painting.png ||
    { echo "Bail out! cannot make the test pictures"; exit 1; }
# other: every second frame is dark; alone: another picture each time
for i in 01 02 03 04 05 06 07 08 09 10 11 12; do
    cp -n source/f01.png source/f$i.png
    cp -n still/f01.png still/f$i.png
    case $i in *[13579]) cp still/f01.png other/f$i.png ;; *) cp dark.png other/f$i.png ;; esac
    "$tool" picture 64 48 "1$i" alone/f$i.png
done

# column N LABEL: what stands in the N-th column of the row that ends in LABEL
column() {
    awk -v n="$1" -v label="$2" 'substr($0, length($0) - length(label) + 1) == label { print $n; exit }' table
}
# about VALUE LEAST MOST
about() {
    echo "$1 of $2 to $3"
    awk "BEGIN { exit !($1 >= $2 && $1 <= $3) }"
}

check "two films and one frame by frame" says 'source: 12 frames of 64 x 48 in 1 shot' "$scumble" compare --film still other --independent alone --content source --style painting.png --samples 1 --plot steady.svg
cp "$scratch/.said" table
check "pairs" grep -q 'compared are 11 pairs of frames 1 apart, and 2 pairs 10 apart' table
check "what stands still is steady" [ "$(column 1 '  the source itself') $(column 1 '  the source, blurred') $(column 1 '  still') $(column 2 '  still') $(column 3 '  still')" = "0.0000 0.0000 0.0000 0.0000 0.0000" ]
check "what changes every time is not" about "$(column 1 '  other')" 0.1 0.5
check "but 10 frames apart it is" [ "$(column 2 '  other')" = 0.0000 ]
check "it pumps" about "$(column 3 '  other')" 0.05 0.4
check "frame by frame" about "$(column 2 '  alone (frame by frame)')" 0.1 0.5
check "style is measured" grep -q '^mean of 1 frame, measured with lite' table
check "of all films" sh -c '[ "$(sed "1,/^mean of/d" table | grep -c -e "  the source unchanged$" -e "  the painting itself$" -e "  alone$" -e "  still$" -e "  other$")" = 5 ]' -
check "100 columns" [ "$(grep -v '^scumble: note' table | wc -L)" -le 100 ]
check "the plot names them" sh -c 'grep -q ">alone (frame by frame)</text>" steady.svg && grep -q ">the source, blurred</text>" steady.svg && [ "$(grep -c "class=.curve" steady.svg)" = 15 ]' -
check "without a style" sh -c '"$1" compare --film other --content source --from 1f --to 4f --json >three.json 2>err && grep -q "\"frames\": 3" three.json && grep -q "\"pictures\": null" three.json' - "$scumble"
check "the first frame has no pair" sh -c 'tr -d " \n" <three.json | grep -q "\"course\":{\"warped_1\":\[null,0.0,0.0\],\"warped_10\":\[null,null,null\]"' -
check "the end of one is said" grep -q "note: 'source' ends after 3 frames" err
check "as events" sh -c '"$1" compare --film other --content source --to 4f -q --progress json >events && tail -1 events | grep -q "\"event\":\"done\",\"job\":\"compare\".*\"unit\":\"frames\".*\"controls\":" && [ "$(grep -c "\"stage\":\"measure\"" events)" = 3 ]' - "$scumble"
check "the same with one thread" sh -c '"$1" compare --film other --content source --from 1f --to 4f --json --threads 1 2>err | cmp - three.json' - "$scumble"

refused() {
    words=$1
    shift
    exits 2 "$scumble" compare "$@" 2>err && [ "$(wc -l <err)" = 1 ] && grep -q -e "$words" err
}
check "no source" refused 'needs --content' --film other
check "no film" refused 'it needs --film' other --plot steady.svg
check "no sheet of films" refused 'not for --film' --film other --content source --sheet sheet.png
check "not over an input" refused '' --film other --content source --style painting.png --plot painting.png
sizes() {
    mkdir large && "$tool" picture 80 48 1 large/f01.png && ! "$scumble" compare --film other large --content source 2>err && [ "$(wc -l <err)" = 1 ] && grep -q '80 x 48 pixels, not 64 x 48' err
}
check "films of two sizes" sizes
check "no such film" sh -c '! "$1" compare --film nothing.mp4 --content source 2>err && [ "$(wc -l <err)" = 1 ] && grep -q nothing.mp4 err' - "$scumble"
finish
