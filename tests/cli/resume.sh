# SPDX-License-Identifier: MIT
# Ctrl-C and its relatives: the best picture so far and a checkpoint are written, and going on ends with the same picture as a run that was
# never stopped.
. "$(dirname "$0")/tap.sh"
make_pictures
options="--style painting.png --size 48 --iterations 12"

# interrupt ITERATION SIGNAL ARGUMENTS...: a run that gets the signal.
interrupt() {
    after=$1 number=$2
    shift 2
    # shellcheck disable=SC2086
    "$tool" interrupt $after $number "$scumble" stylize photo.png $options --progress json "$@" >lines.json
}

# shellcheck disable=SC2086
check "a run that is not stopped" "$scumble" stylize photo.png $options -q -o whole.png

check "SIGINT ends with 130" exits 130 interrupt 5 2 -o part.png
check "the message says how to go on" sh -c 'sed -n "s/^to go on: scumble //p" "$1" >go-on && [ -s go-on ]' - "$scratch/last.err"
check "the picture so far" [ -s part.unfinished.png ]
check "the checkpoint" [ -s part.png.checkpoint ]
check "it was stopped early" sh -c '[ "$(grep -c progress lines.json)" -lt 12 ] && tail -1 lines.json | grep -q "\"interrupted\":true.*\|checkpoint"'
check "the lines are valid to the end" "$tool" json lines.json
check "the picture so far is not the final one" sh -c '! "$1" pixels part.unfinished.png whole.png' - "$tool"
check "going on as the message says" sh -c 'eval "set -- \"$1\" $(cat go-on)" && "$@"' - "$scumble"
check "ends with the same picture" "$tool" pixels part.png whole.png

check "SIGTERM ends with 143" exits 143 interrupt 3 15 -o part.png
check "--resume with the files named" "$scumble" stylize photo.png --style painting.png --resume part.png.checkpoint -o resumed.png --threads 1 -q
check "ends with the same picture" "$tool" pixels resumed.png whole.png
check "SIGHUP ends with 129" exits 129 interrupt 11 1 -o part.png --checkpoint kept.checkpoint
check "--checkpoint FILE" "$scumble" stylize --resume kept.checkpoint -o resumed.png -q
check "ends with the same picture" "$tool" pixels resumed.png whole.png

# Stopped twice.
check "stopped" exits 130 interrupt 3 2 -o part.png
check "stopped again" exits 130 "$tool" interrupt 7 2 "$scumble" stylize --resume part.png.checkpoint -o part.png --progress json
check "finished" "$scumble" stylize --resume part.png.checkpoint -o part.png -q
check "the same picture" "$tool" pixels part.png whole.png

# The other optimiser; several scales; a start from noise.
for extra in "--optimizer adam" "--size 96 --scales 2" "--init noise --seed 3 --colour luminance"; do
    # shellcheck disable=SC2086
    check "whole: $extra" "$scumble" stylize photo.png $options $extra -q -o whole2.png
    # shellcheck disable=SC2086
    check "stopped: $extra" exits 130 interrupt 8 2 $extra -o part2.png
    check "resumed: $extra" "$scumble" stylize --resume part2.png.checkpoint -o part2.png -q
    check "same picture: $extra" "$tool" pixels part2.png whole2.png
done

# Checkpoints while it runs.
check "killed" exits 99 interrupt 6 9 -o killed.png --checkpoint-every 2
check "left a checkpoint" [ -s killed.png.checkpoint ]
check "and no picture" [ ! -e killed.png ]
check "goes on" "$scumble" stylize --resume killed.png.checkpoint -o killed.png -q
check "ends with the same picture" "$tool" pixels killed.png whole.png
# shellcheck disable=SC2086
check "a finished run" "$scumble" stylize photo.png $options --checkpoint-every 2 -q -o done.png
check "leaves no checkpoint" [ ! -e done.png.checkpoint ]
# shellcheck disable=SC2086
check "but the one that was asked for" sh -c '"$@" && [ -s asked.checkpoint ]' - "$scumble" stylize photo.png $options --checkpoint-every 5 --checkpoint asked.checkpoint -q -o done.png

check "stopped, to be gone on with wrongly" exits 130 interrupt 3 2 -o other.png
# refused WORDS ARGUMENTS...: one sentence with the words in it, and no picture.
refused() {
    words=$1
    shift
    "$scumble" stylize --resume other.png.checkpoint -q -o refused.png "$@" 2>err
    status=$?
    cat err
    [ $status -ne 0 ] && [ $status -lt 100 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q -e "$words" err && [ ! -e refused.png ]
}
check "other weights are refused" refused "another run: --beta was 6 and is 3; go on" --beta 3
check "another size is refused" refused "another run: --size was 48 and is 40;" --size 40
check "many others" refused "another run: --alpha was 1 and is 2, --beta was 6 and is 3, --seed was 0 and is 5 and 1 more;" --beta 3 --size 40 --seed 5 --alpha 2
check "another photo is refused" refused "another run: the photo is another one;" second.png
check "another style is refused" refused "another run: painting 1 is another one;" --style second.png
check "other paintings are refused" refused "another run: the number of paintings was 1 and is 2;" --style painting.png --style second.png
check "a dry run says it too" refused "another run: --beta was 6 and is 3;" --beta 3 --dry-run
cp other.png.checkpoint other.checkpoint
check "the losses do not go over a checkpoint" sh -c '! "$1" stylize --resume other.checkpoint --csv other.checkpoint -q -o refused.png 2>err && grep -q "overwrite the input" err && cmp other.checkpoint other.png.checkpoint' - "$scumble"
head -c 3000 other.png.checkpoint >short && mv short other.png.checkpoint
check "half a checkpoint is refused" refused checkpoint

batch() {
    exits 130 interrupt 4 2 second.png -o 'batch-{name}.png' && [ -s batch-photo.unfinished.png ] && [ ! -e batch-photo.png ] && [ ! -e batch-second.png ]
}
check "a batch stops" batch

# Several candidates: the one in hand is kept, with a sheet of what there is; the others are not begun.
candidates() {
    exits 130 interrupt 6 2 --seed 5 --variations 3 --sheet choice.png -o try.png && [ -s try-1.unfinished.png ] && [ -s try-1.png.checkpoint ] && [ -s choice.unfinished.png ] && [ ! -e try-2.png ]
}
# shellcheck disable=SC2086
check "one of several candidates" "$scumble" stylize photo.png $options --seed 5 -q -o whole-5.png
check "candidates stop" candidates
check "and the message says how to go on" sh -c 'sed -n "s/^to go on: scumble //p" "$1" >go-on && [ -s go-on ]' - "$scratch/last.err"
check "with the one in hand" sh -c 'eval "set -- \"$1\" $(cat go-on)" && "$@"' - "$scumble"
check "which ends with the same picture" "$tool" pixels try-1.png whole-5.png
finish
