# SPDX-License-Identifier: MIT
# doc/events.md: every line that a command prints with --progress json has just the fields that are told there, with their
# types, and its stages, units and losses; and so have the examples there.
. "$(dirname "$0")/tap.sh"
make_pictures
doc=$root/doc/events.md

# ---- what the document says ----
# rows COLUMNS: the tables with so many columns, a line a row, with the section before it.
rows() {
    awk -v wanted="$1" -F ' *[|] *' '/^## / { section = substr($0, 4) } /^\| `/ && NF == wanted + 2 { line = section; for (i = 2; i < NF; i++) line = line "\t" $i; gsub(/`/, "", line); print line }' "$doc"
}
rows 3 | jq -Rn '[inputs | split("\t") | { event: .[0], field: .[1], type: .[2] }]' >fields.json
rows 5 | jq -Rn '[inputs | split("\t") | { job: .[1], stage: .[2], unit: .[3], losses: ((.[5] // "") | [scan("[a-z_0-9]+_[0-9]+|content|style|legible|tv|adversarial|discriminator")]) }]' >stages.json
awk '/^```json/ { inside = 1; next } /^```/ { inside = 0 } inside' "$doc" >examples.json

# right FILE: each line is as the document says.
cat >right.jq <<'END'
def kind: { text: "string", number: "number", object: "object", "true or false": "boolean" };
def fits($told): type as $own | $told | split(", ")[0] | split(" or null") |
    $own == kind[.[0]] or ($own == "null" and length == 2);
. as $line | [$fields[0][] | select(.event == "Every event" or .event == $line.event)] as $told |
    [$told[] | select((.type | endswith("in a batch") | not) or ($line | has("pictures") and .event == "progress"))] as $here |
    if ($told | map(.event) | unique | length) != 2 then "there is no event \(.event)"
    elif (keys != ($here | map(.field) | sort)) then "its fields are \(keys)"
    elif any($here[]; . as $f | $line[$f.field] | fits($f.type) | not) then "a type is wrong"
    elif .event == "progress" then
        first(($stages[0][] | select([.job, .stage, .unit] == [$line.job, $line.stage, $line.unit])), null) as $stage |
        if $stage == null then "its stage or unit is another one"
        elif ($stage.losses | length) == 0 and .losses != {} then "it has losses"
        elif ($stage.losses | length) > 0 and (.losses | keys_unsorted[-1]) != "total" then "the total is not the last"
        elif (.losses | del(.total) | keys) - $stage.losses | map(select(startswith("relu") | not)) | length > 0 then "a loss is not told of"
        else empty end
    else empty end | "\(.): \($line)"
END
right() {
    [ -s "$1" ] && jq -r --slurpfile fields fields.json --slurpfile stages stages.json -f right.jq "$1" >wrong && [ ! -s wrong ] || {
        cat wrong
        return 1
    }
}
kinds() {
    jq -cs 'map(.event) | reduce .[] as $e ([]; if .[-1] == $e then . else . + [$e] end)' "$1"
}

# ---- the document itself ----
check "the document has six kinds of events" sh -c 'jq -e "map(.event) | unique == [\"Every event\", \"done\", \"error\", \"note\", \"progress\", \"start\", \"total\"]" fields.json'
check "its examples are right" right examples.json
check "there is one of each job" sh -c 'jq -es "(map(.job) | unique) == ([\$stages[0][].job] | unique)" --slurpfile stages stages.json examples.json'
sed 's/"unit":/"units":/' examples.json >renamed.json
check "a field by another name would be seen" exits 1 right renamed.json
sed 's/"of":[0-9]*/"of":"many"/' examples.json >typed.json
check "a type too" exits 1 right typed.json

# ---- what the commands print ----
short="--size 32 --iterations 3 -q"
# shellcheck disable=SC2086
{
    "$scumble" stylize photo.png second.png --style painting.png $short --scales 2 --scale-factor 2 -o out/ --progress json >stylize.json
    "$scumble" texture painting.png $short -o texture.png --progress json >texture.json
    "$scumble" apply wave photo.png second.png broken.png -o applied/ --progress json -q >apply.json 2>err
}
check "stylize" right stylize.json
check "in its order" [ "$(kinds stylize.json)" = '["start","progress","done","start","progress","done"]' ]
check "a batch is counted" jq -es '[.[] | select(.event == "progress") | .picture] == [1, 1, 1, 2, 2, 2]' stylize.json
check "stages" jq -es '[.[] | select(.picture == 1) | [.stage_number, .stages, .size_px, .done, .of]] == [[1, 2, 16, 1, 3], [1, 2, 16, 2, 3], [2, 2, 32, 3, 3]]' stylize.json
check "texture" right texture.json
check "without a photo" jq -es 'all(.job == "texture" and .photo == null) and all(.[] | select(.losses); .losses | has("content") | not)' texture.json
check "apply" right apply.json
check "says what failed" jq -es '[.[] | select(.event == "error") | .photo] == ["broken.png"] and ([.[] | select(.event == "done") | .output] == ["applied/photo-wave.png", "applied/second-wave.png"])' apply.json
check "not into the picture" says 'progress json writes to standard output' sh -c '! "$@"' - "$scumble" apply wave photo.png -o - --progress json

mkdir frames && cp photo.png frames/1.png && cp photo.png frames/2.png
"$scumble" film 'frames/%d.png' --painter wave -o 'painted.%d.png' --progress json -q >film.json
check "film" right film.json
check "shots, then frames" jq -es '[.[] | select(.event == "progress") | .stage] | unique == ["frames", "shots"] or unique == ["frames"]' film.json
check "in their order" jq -es '[.[] | select(.stage == "frames") | [.done, .of]] == [[1, 2], [2, 2]]' film.json
mkdir photos
"$tool" picture 80 72 3 photos/a.png
"$tool" picture 76 90 4 photos/b.png
"$tool" picture 80 80 6 photos/c.png
"$scumble" train painting.png --content photos -o p.scumble --steps 3 --batch 1 --crop 64 --style-size 64 --size small --progress json -q >train.json
check "train" right train.json
check "with a discriminator's loss" jq -es '[.[] | select(.losses)] | length == 3 and all(.losses | keys_unsorted == ["discriminator", "adversarial", "content", "style", "tv", "total"])' train.json
check "and its end" jq -es '.[-1] | .event == "done" and .output == "p.scumble" and .done == 3 and .of == 3 and .interrupted == false' train.json
"$scumble" train painting.png --content photos -o q.scumble --steps 2 --batch 1 --crop 64 --style-size 64 --size small --discriminator=no --progress json -q >alone.json
check "train without one" right alone.json
check "has no such loss, nor a column" sh -c 'jq -es "[.[] | select(.losses)] | all(.losses | keys_unsorted == [\"content\", \"style\", \"tv\", \"total\"])" alone.json && [ "$(head -1 q.train/losses.csv)" = iteration,content,style,tv,total,elapsed_s ]'
"$scumble" train encoder lite --content photos -o e.safetensors --steps 2 --batch 2 --crop 32 --progress json -q >distil.json
check "train encoder" right distil.json
check "a loss for each layer" jq -es '[.[] | select(.losses)] | all(.losses | keys_unsorted | .[0] == "relu1_1" and length == 9)' distil.json

"$scumble" match photo.png painting.png gone.png second.png --progress json -q >match.json 2>err
check "match" right match.json
check "goes on after a picture that fails" jq -es 'map(.event) == ["start", "error", "progress", "progress", "progress", "done"] or map(.event) == ["start", "progress", "error", "progress", "progress", "done"]' match.json
"$scumble" match photo.png painting.png second.png --json -q >whole.json
check "its result is that of --json" sh -c 'jq -s ".[-1].result.pictures | map(.picture)" match.json >a && jq ".pictures | map(.picture)" whole.json | cmp - a'
"$tool" picture 60 50 1 large.png && "$tool" picture 60 50 7 result.png
"$scumble" compare result.png large.png --content large.png --style painting.png --encoder lite --progress json -q >compare.json 2>err
check "compare" right compare.json
check "a note is told when nobody hears it" jq -es '[.[] | select(.event == "note" and (.message | startswith("sifid")))] | length == 1' compare.json
check "its result has all" jq -es '.[-1].result.pairs[0].results | length == 2' compare.json

# ---- a download, from here ----
mkdir mirror && python3 "$root/tests/unit/make_pth.py" mirror/vgg19-dcbb9e9d.pth
mkfifo life
python3 "$root/tests/unit/hostile_server.py" mirror <life >port &
exec 9>life
while [ ! -s port ]; do sleep 0.05; done
SCUMBLE_MODELS_URL=http://127.0.0.1:$(cat port)/models "$scumble" models pull vgg19 --progress json -q >pull.json
exec 9>&-
wait
check "models pull" right pull.json
check "bytes, and what came" jq -es '.[-1] | .event == "done" and .output == "vgg19" and .done > 100000 and .done == .of' pull.json
check "for pull alone" says 'progress belongs to' sh -c '! "$@"' - "$scumble" models list --progress json

# ---- the end, and errors ----
"$scumble" stylize photo.png second.png --style painting.png --size 32 --dry-run --json >dry.json
check "--dry-run" right dry.json
check "has a total" [ "$(kinds dry.json)" = '["start","total"]' ]
"$tool" interrupt 2 2 "$scumble" stylize photo.png --style painting.png --size 32 --iterations 40 -o part.png --progress json -q >part.json
check "stopped" right part.json
check "says so, and where to go on" jq -es '.[-1] | .interrupted and .checkpoint == "part.png.checkpoint" and .done < .of' part.json
for command in 'stylize gone.png --style painting.png' 'texture gone.png' 'apply gone photo.png' 'train gone.png --content photos' 'train encoder gone --content photos -o g.safetensors' 'match gone.png painting.png' 'compare gone.png --content photo.png --style painting.png --encoder lite' 'models pull nothing'; do
    # shellcheck disable=SC2086
    "$scumble" $command --progress json >failed.json 2>err
    check "an error of $command" right failed.json
    check "once, and no end" jq -es 'map(.event) | (map(select(. == "error")) | length) == 1 and (index("done") | not)' failed.json
done
finish
