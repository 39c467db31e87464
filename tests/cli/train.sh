# SPDX-License-Identifier: MIT
# Training a painter: what it writes, Ctrl-C and kill, going on with the same bytes, wrong command lines, no space.
. "$(dirname "$0")/tap.sh"
make_pictures
mkdir photos empty
for i in 1 2 3 4 5 6; do
    "$tool" picture $((80 + i)) $((100 - i)) $i photos/$i.png
done
"$tool" picture 120 90 9 painting.png
"$tool" picture 1 1 9 dot.png
head -c 500 photos/1.png >photos/broken.png
options="painting.png --content photos --crop 64 --style-size 100 --batch 2 --every 3 --steps 8"

# shellcheck disable=SC2086
check "a training" says "wrote whole.scumble (8 steps" "$scumble" train $options -o whole.scumble
check "names the broken photo once" sh -c '[ "$(grep "left out: " "$1" | grep -o "photos/broken.png" | wc -l)" -eq 1 ]' - "$scratch/last.out"
check "samples, losses and plot" sh -c 'cd whole.train && [ -s photos.png ] && [ -s step-0000000.png ] && [ -s step-0000006.png ] && [ -s step-0000008.png ] && [ -s samples.png ] && grep -q "</svg>" losses.svg'
check "a row for every step" sh -c '[ "$(wc -l <whole.train/losses.csv)" -eq 9 ] && head -1 whole.train/losses.csv | grep -q "^iteration,discriminator,adversarial,auc,content,style,tv,total,elapsed_s$"'
check "no checkpoint is left" [ ! -e whole.train/checkpoint.safetensors ]
# shellcheck disable=SC2086
check "one against flicker" "$scumble" train $options --steps 2 --steady 20 --discriminator no -o steady.scumble -q
check "has a loss more" sh -c 'head -1 steady.train/losses.csv | grep -q "^iteration,content,style,tv,steady,total,elapsed_s$"'
check "and says so" grep -q "tv + 20 . steady" steady.train/losses.svg
check "the file says how it was made" sh -c 'grep -q "scumble.painter/1" whole.scumble && grep -q "\\\\\"steps\\\\\":\\\\\"8\\\\\"" whole.scumble'
# The name is in the file, so what is compared has one name.
mkdir one other
# shellcheck disable=SC2086
check "one thread" "$scumble" train $options -o one/whole.scumble --threads 1 -q
check "gives the same bytes" cmp one/whole.scumble whole.scumble

# interrupt ITERATION SIGNAL
interrupt() {
    # shellcheck disable=SC2086
    "$tool" interrupt "$1" "$2" "$scumble" train $options -o other/whole.scumble --progress json >lines.json
}
check "SIGINT ends with 130" exits 130 interrupt 5 2
check "the message says how to go on" grep -q "to go on: scumble train --resume other/whole.train" "$scratch/last.err"
check "no painter yet" [ ! -e other/whole.scumble ]
# shellcheck disable=SC2086
check "what is not finished is not begun anew" sh -c '! "$@" 2>err && grep -q "not finished" err' - "$scumble" train $options -o other/whole.scumble
check "other options are refused" exits 2 "$scumble" train --resume other/whole.train --beta 3
check "an encoder's training it is not" says "this is a painter in training, not an encoder; --resume it with the command 'scumble train'" sh -c '! "$@"' - "$scumble" train encoder --resume other/whole.train
check "going on" "$scumble" train --resume other/whole.train -q
check "ends with the same bytes" cmp other/whole.scumble whole.scumble
rm -r other/*
check "killed" exits 99 interrupt 5 9
check "going on" "$scumble" train --resume other/whole.train/ -q
check "ends with the same bytes" cmp other/whole.scumble whole.scumble
check "the losses are whole" sh -c 'cut -d, -f1-3 other/whole.train/losses.csv >a && cut -d, -f1-3 whole.train/losses.csv | cmp - a'
check "what has ended cannot go on" exits 1 "$scumble" train --resume other/whole.train
# shellcheck disable=SC2086
check "a time" sh -c '"$@" && [ -s timed.scumble ]' - "$scumble" train $options --steps 100000 --time 1 -o timed.scumble -q

# Nothing but the total variation counts: the pictures become of one colour, and stay so, within some 55 steps.
collapse="painting.png --content photos --crop 64 --style-size 100 --batch 1 --learning-rate 0.1 --tv 1000000 --every 5"
# shellcheck disable=SC2086
check "a collapse stops it" exits 1 "$scumble" train $collapse --steps 300 -o collapsed.scumble
check "with a sentence that names flags there are" grep -q "of one colour; begin anew with a smaller --learning-rate, --gamma or --tv, or a larger --alpha" "$scratch/last.err"
check "no painter, and a checkpoint from before" sh -c '[ ! -e collapsed.scumble ] && [ -s collapsed.train/checkpoint.safetensors ] && [ -s collapsed.train/losses.csv ]'
check "it stopped early" sh -c '[ "$(wc -l <collapsed.train/losses.csv)" -lt 200 ]'
rm -r collapsed.train
# Where it collapses depends on the last bits, and so on compiler and processor; one of these ends before the 20th step of one colour.
ends_blank() {
    for steps in 84 88 80 92; do
        rm -rf collapsed.*
        # shellcheck disable=SC2086
        "$scumble" train $collapse --steps $steps -o collapsed.scumble -q 2>err
        status=$?
        [ $status -ne 1 ] || ! grep -q "in the last [0-9] steps\|in the last 1[0-9] steps" err || return 0
    done
    return 1
}
check "so it does when it ends before" ends_blank
check "no painter either" [ ! -e collapsed.scumble ]

# The discriminator's verdict.
check "a verdict" says "[+-][0-9.]* .* %  painting.png" "$scumble" judge whole.scumble painting.png photos/1.png --map maps/
check "lists the best first" sh -c 'sed 1d "$1" | sort -c -r -n -k1,1' - "$scratch/last.out"
check "maps" sh -c '[ -s maps/painting-map.png ] && [ -s maps/1-map.png ]'
check "as JSON" says '"score": ' "$scumble" judge whole.scumble photos/2.png --json
check "others are judged although one is broken" sh -c '"$1" judge whole.scumble photos >out 2>err; [ $? -eq 1 ] && [ "$(wc -l <out)" -eq 7 ] && [ "$(wc -l <err)" -eq 1 ]' - "$scumble"
# shellcheck disable=SC2086
check "without a discriminator" "$scumble" train $options --discriminator no -o none.scumble -q --steps 1
check "there is no verdict" sh -c '! "$1" judge none.scumble painting.png 2>err && grep -q "no discriminator" err' - "$scumble"
check "too small to judge" sh -c '! "$1" judge whole.scumble dot.png 2>err && grep -q "too small to be judged" err' - "$scumble"

# Those that are part of the library.
for name in starry wave; do
    check "$name is built in" says "built in  MIT" sh -c '"$1" apply --list | grep "^$2 "' - "$scumble" $name
    check "$name paints" sh -c '"$1" apply "$2" photo.png -o "$2.png" -q && ! "$3" pixels photo.png "$2.png" 2>err' - "$scumble" $name "$tool"
    check "$name judges" says "photos/1.png" "$scumble" judge $name photos/1.png
done

# wrong CODE TEXT ARGUMENTS...
wrong() {
    code=$1 text=$2
    shift 2
    "$scumble" train "$@" >said.out 2>said.err </dev/null
    status=$?
    cat said.err
    [ $status -eq "$code" ] && [ ! -s said.out ] && [ "$(wc -l <said.err)" -eq 1 ] && grep -q "^scumble: " said.err && grep -q -e "$text" said.err && [ ! -e x.scumble ]
}
check "no painting" wrong 2 "no painting"
check "no photos" wrong 2 "no photos to learn on" painting.png
check "another ending" wrong 2 "ends in .scumble" painting.png --content photos -o x.png
check "an empty folder" wrong 1 "no picture in 'empty'" painting.png --content empty -o x.scumble
check "leaves no empty folder" [ ! -e x.train ]
check "no folder" wrong 1 "nowhere" painting.png --content nowhere -o x.scumble
check "a painting of one pixel" wrong 1 "too small to learn from" dot.png --content photos -o x.scumble
check "also without a discriminator" wrong 1 "too small to learn from" dot.png --content photos -o x.scumble --discriminator no
check "a painting that is none" wrong 1 "photos/broken.png" photos/broken.png --content photos -o x.scumble
check "an unknown size" wrong 2 "small|medium|large" painting.png --content photos --size huge -o x.scumble
check "a wrong crop" wrong 2 "multiple of 16" painting.png --content photos --crop 100 -o x.scumble
check "a term that cannot be trained with" wrong 2 "nnfm" painting.png --content photos --style-terms nnfm -o x.scumble
check "a layer that is not there" wrong 1 "relu9_1" painting.png --content photos --critic-layer relu9_1 -o x.scumble
check "an unknown option" wrong 2 "did you mean --gamma" painting.png --content photos --gama 3
check "a resume of nothing" wrong 1 "no folder of a training" --resume nothing.train
mkdir blank.train
check "a resume of an empty folder" wrong 1 "holds no checkpoint" --resume blank.train
check "which stays" [ -d blank.train ]

# No space: training goes on without checkpoints, and the end says what is missing.
# shellcheck disable=SC2086
check "no space for the painter" sh -c 'ulimit -f 60; "$@" 2>err; [ $? -eq 1 ] && grep -q "no checkpoint: .*" err && [ ! -e full.scumble ]' - "$scumble" train $options -o full.scumble
check "leaves no other file" sh -c '! ls -A . full.train | grep -q tmp'
finish
