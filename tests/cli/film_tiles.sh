# SPDX-License-Identifier: MIT
# The frames of a film are cut into tiles once: what goes on with other memory gives the same frames, and chunks that were cut otherwise are told of.
. "$(dirname "$0")/tap.sh"
"$tool" picture 64 64 5 painting.png && "$tool" picture 224 168 1 a.png || { echo "Bail out! cannot make pictures"; exit 1; }
mkdir in whole quick
cp a.png in/f.1.png && cp a.png in/f.2.png
echo 1 >cuts.txt
style="--style painting.png --scales 1 --iterations 2 --content-terms feature --style-terms gram"
# shellcheck disable=SC2086
needed=$("$scumble" stylize a.png --size full $style --dry-run --progress json -q | sed -n 's/.*"memory_bytes":\([0-9]*\).*/\1/p')
style="$style --frame-iterations 1"

# film FOLDER ARGUMENTS...
film() {
    folder=$1
    shift
    mkdir -p "$folder"
    "$scumble" film 'in/f.%d.png' --cuts cuts.txt -o "$folder/f.%d.png" "$@"
}
# begun FOLDER LIMIT ARGUMENTS...: with this limit, killed after the first of two frames, each of which is a shot; FOLDER.more is a copy.
begun() {
    mkdir "$1"
    folder=$1 limit=$2
    shift 2
    exits 99 "$tool" interrupt 1 9 "$scumble" film 'in/f.%d.png' --cuts cuts.txt -o "$folder/f.%d.png" "$@" --max-memory "$limit" -q --progress json && cp -r "$folder" "$folder.more"
}
tiles() {
    jq -r .tiles "$1"/*.work/plan.json
}
same() {
    for n in 1 2; do cmp "$1/f.$n.png" "$2/f.$n.png" || return 1; done
}

# shellcheck disable=SC2086
{
    check "begun in tiles" begun tight $((needed - 2500000)) $style
    check "which are noted" sh -c 'echo "$1" | grep "^224x168:[1-9]"' - "$(tiles tight)"
    check "goes on with little memory" film tight $style --max-memory $((needed - 2500000)) -q
    check "or with much" film tight.more $style -q
    check "with the same frames" same tight tight.more
    check "those are others than whole ones" sh -c 'tool=$1; shift; "$@" -q && ! "$tool" pixels whole/f.2.png tight/f.2.png' - "$tool" "$scumble" film in/f.%d.png --from 2f $style -o 'whole/f.%d.png'
    check "begun whole" begun wide 900M $style
    check "that, too, is noted" [ "$(tiles wide)" = 224x168:0 ]
    check "and stays, where other tiles would be chosen" film wide $style --max-memory $((needed - 2500000)) -q
    check "as whole frames are" "$tool" pixels wide/f.2.png whole/f.2.png
}
check "a chunk in tiles" film parts --painter starry --chunk 1/2 --max-memory 60M -q
check "another one whole" film parts --painter starry --chunk 2/2 -q
check "are told of" says 'chunk 2 was painted in other tiles than chunk 1' "$scumble" film 'in/f.%d.png' -o 'parts/f.%d.png' --join
check "a painter, in tiles" begun painter 60M --painter starry
check "which are noted, too" sh -c 'echo "$1" | grep "^graphs:[1-9]"' - "$(tiles painter)"
check "goes on" film painter --painter starry --max-memory 60M -q
check "or with more" film painter.more --painter starry --max-memory 900M -q
check "with the same frames" same painter painter.more
check "those are others than whole ones" sh -c 'tool=$1; shift; "$@" -q && ! "$tool" pixels quick/f.2.png painter/f.2.png' - "$tool" "$scumble" film in/f.%d.png --from 2f --painter starry -o 'quick/f.%d.png'
finish
