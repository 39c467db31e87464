# SPDX-License-Identifier: MIT
# What Ctrl-C leaves does not pass for a finished picture: other names, recipes that say where it ended and repeat that; and finished runs gone on with.
. "$(dirname "$0")/tap.sh"
make_pictures
options="--style painting.png --size 96 --scales 2 --iterations 20 $shallow"

interrupt() { # interrupt ITERATION ARGUMENTS...
    after=$1
    shift
    # shellcheck disable=SC2086
    "$tool" interrupt "$after" 2 "$scumble" "$@" --progress json >lines.json
}

# shellcheck disable=SC2086
check "a finished picture" "$scumble" stylize photo.png $options -q -o out.png --recipe r.json --csv l.csv
cp out.png finished.png && cp r.json finished.json && cp l.csv finished.csv
# shellcheck disable=SC2086
check "another run to the same name, stopped" exits 130 interrupt 14 stylize photo.png $options --seed 2 -o out.png --recipe r.json --csv l.csv
check "leaves it as it was" cmp out.png finished.png
check "and what was written with it" sh -c 'cmp r.json finished.json && cmp l.csv finished.csv'
check "to people and programs" sh -c 'tail -1 lines.json | grep -q "out.unfinished.png"'
check "its recipe is beside it" [ -s r.unfinished.json ]
check "and says where it ended" jq -e '.stopped.planned == 20 and .stopped.scale == 2 and .stopped.iterations >= 14 and .stopped.iterations < 20 and .options["stop-after"] == (.stopped.iterations | tostring)' r.unfinished.json
check "that of a finished one does not" jq -e 'has("stopped") == false and .options["stop-after"] == null' r.json
check "--from repeats what was done" says "ends after" "$scumble" stylize --from out.unfinished.png -o again.png
check "the same file to the last byte" cmp again.png out.unfinished.png
# shellcheck disable=SC2086
check "all of it" "$scumble" stylize photo.png $options --seed 2 -q -o whole.png
check "--stop-after 0 does all" "$scumble" stylize --from out.unfinished.png --stop-after 0 -q -o all.png
check "the same pixels" "$tool" pixels all.png whole.png
cp out.unfinished.png of-it.png && cp out.png.checkpoint of-it.checkpoint
# shellcheck disable=SC2086
check "another run, to that name" "$scumble" stylize photo.png $options --seed 3 -q -o out.png
check "leaves what is unfinished" cmp out.unfinished.png of-it.png
check "going on, to the final name" "$scumble" stylize --resume out.png.checkpoint -q -o out.png --recipe r.json
check "ends with the whole picture, and file" cmp out.png whole.png
check "what was unfinished goes" sh -c '[ ! -e out.unfinished.png ] && [ ! -e r.unfinished.json ]'
cp of-it.png out.unfinished.png
# shellcheck disable=SC2086
check "the same run, done again" "$scumble" stylize photo.png $options --seed 2 -o out.png
check "says that it goes" grep -q "removed out.unfinished.png" "$scratch/last.err"
check "and it goes" [ ! -e out.unfinished.png ]
cp of-it.png out.unfinished.png
check "gone on with beyond its end, it goes" "$scumble" stylize --resume of-it.checkpoint --iterations 24 -q -o out.png --checkpoint none.checkpoint
check "too" [ ! -e out.unfinished.png ]
# shellcheck disable=SC2086
check "stopped at the first scale" "$scumble" stylize photo.png $options --stop-after 3 -q -o early.png
check "which is a smaller one" sh -c '"$1" recipe early.png | jq -e ".stopped.scale == 1 and .stopped.iterations == 3"' - "$tool"
check "repeated" "$scumble" stylize --from early.png -q -o early-again.png
check "to the last byte" cmp early.png early-again.png

check "a texture, stopped" exits 130 interrupt 4 texture painting.png --size 32 --iterations 9 -o t.png
check "repeated" "$scumble" texture --from t.unfinished.png -q -o t-again.png
check "to the last byte" cmp t-again.png t.unfinished.png
cp finished.png batch-photo.png
# shellcheck disable=SC2086
check "a batch, stopped" exits 130 interrupt 4 stylize photo.png second.png $options -o 'batch-{name}.png'
check "keeps what was there" cmp batch-photo.png finished.png
check "repeated" "$scumble" stylize --from batch-photo.unfinished.png -q -o batch-again.png
check "to the last byte" cmp batch-again.png batch-photo.unfinished.png
# shellcheck disable=SC2086
check "variations, stopped" exits 130 interrupt 4 stylize photo.png $options --seed 5 --variations 2 -o 'v.png'
check "repeated" "$scumble" stylize --from v-1.unfinished.png -q -o v-again.png
check "to the last byte" cmp v-again.png v-1.unfinished.png
cp photo.png in.unfinished.png
# shellcheck disable=SC2086
check "an input is not overwritten" exits 2 "$scumble" stylize in.unfinished.png $options -o in.png

# ---- going on with a finished run ----
for extra in "--scales 1" "--scales 1 --optimizer adam" "--scales 1 --iterations 12"; do
    # shellcheck disable=SC2086
    check "finished: $extra" "$scumble" stylize photo.png $options $extra -q -o short.png --checkpoint kept.checkpoint
    check "gone on with: $extra" "$scumble" stylize --resume kept.checkpoint --iterations 26 -q -o longer.png
    # shellcheck disable=SC2086
    check "in one go: $extra" "$scumble" stylize photo.png $options $extra --iterations 26 -q -o long.png
    check "the same pixels: $extra" "$tool" pixels longer.png long.png
done
# shellcheck disable=SC2086
check "of two scales" "$scumble" stylize photo.png $options -q -o short.png --checkpoint kept.checkpoint
check "the last goes on" "$scumble" stylize --resume kept.checkpoint --iterations 26 -q -o longer.png
check "not in vain" sh -c '! "$1" pixels short.png longer.png 2>/dev/null' - "$tool"
check "its recipe repeats it" "$scumble" stylize --from longer.png -q -o longer-again.png
check "the same pixels" "$tool" pixels longer.png longer-again.png
check "without more iterations it is what it was" "$scumble" stylize --resume kept.checkpoint -q -o same.png
check "the same pixels" "$tool" pixels short.png same.png
check "a checkpoint that nobody asked for goes" [ ! -e out.png.checkpoint ]
finish
