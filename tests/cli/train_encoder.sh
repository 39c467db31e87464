# SPDX-License-Identifier: MIT
# Training an encoder: what it writes, that it serves, Ctrl-C and kill, going on with the same bytes, wrong command lines.
. "$(dirname "$0")/tap.sh"
make_pictures
mkdir photos empty
for i in 1 2 3 4 5 6; do
    "$tool" picture $((80 + i)) $((100 - i)) $i photos/$i.png
done
head -c 500 photos/1.png >photos/broken.png
options="lite --content photos --crop 32 --batch 2 --every 3 --steps 8"

# shellcheck disable=SC2086
check "a training" says "wrote whole.safetensors (8 steps" "$scumble" train encoder $options -o whole.safetensors
check "says what is left unexplained" grep -q "unexplained: 1_1 [0-9.]*  2_1 .*  5_1 [0-9.]*" "$scratch/last.out"
check "names the broken picture once" sh -c '[ "$(grep "left out: " "$1" | grep -o "photos/broken.png" | wc -l)" -eq 1 ]' - "$scratch/.said"
check "a row for every step" sh -c '[ "$(wc -l <whole.train/losses.csv)" -eq 9 ] && head -1 whole.train/losses.csv | grep -q "^iteration,relu1_1,.*,relu5_1,total,elapsed_s$"'
check "a plot" grep -q "</svg>" whole.train/losses.svg
check "no checkpoint is left" [ ! -e whole.train/checkpoint.safetensors ]
check "is an encoder" says "relu5_1" "$scumble" inspect --encoder ./whole.safetensors
check "that paints" "$scumble" stylize photo.png --style painting.png --size 48 --iterations 2 --encoder ./whole.safetensors -o out.png
check "the file says how it was made" grep -q 'distilled from lite (MIT.*\\"steps\\":\\"8\\"' whole.safetensors
mkdir one other
# shellcheck disable=SC2086
check "--encoder in place of the word" "$scumble" train --encoder $options -o one/whole.safetensors --threads 1 -q
check "one thread gives the same bytes" cmp one/whole.safetensors whole.safetensors

# interrupt ITERATION SIGNAL
interrupt() {
    # shellcheck disable=SC2086
    "$tool" interrupt "$1" "$2" "$scumble" train encoder $options -o other/whole.safetensors --progress json >lines.json
}
check "SIGINT ends with 130" exits 130 interrupt 5 2
check "the message says how to go on" grep -q "to go on: scumble train encoder --resume other/whole.train" "$scratch/last.err"
check "no encoder yet" [ ! -e other/whole.safetensors ]
check "JSON lines" grep -q '"losses":{"relu1_1":[0-9]' lines.json
# shellcheck disable=SC2086
check "what is not finished is not begun anew" sh -c '! "$@" 2>err && grep -q "not finished" err' - "$scumble" train encoder $options -o other/whole.safetensors
check "other options are refused" exits 2 "$scumble" train encoder --resume other/whole.train --batch 3
check "a painter's training it is not" says "this is an encoder in training, not a painter; --resume it with the command 'scumble train encoder'" sh -c '! "$@"' - "$scumble" train --resume other/whole.train
check "going on" "$scumble" train encoder --resume other/whole.train -q
check "ends with the same bytes" cmp other/whole.safetensors whole.safetensors
rm -r other/*
check "killed" exits 99 interrupt 5 9
check "going on" "$scumble" train encoder --resume other/whole.train/ -q
check "ends with the same bytes" cmp other/whole.safetensors whole.safetensors
check "the losses are whole" sh -c 'cut -d, -f1-3 other/whole.train/losses.csv >a && cut -d, -f1-3 whole.train/losses.csv | cmp - a'
check "what has ended cannot go on" exits 1 "$scumble" train encoder --resume other/whole.train
# shellcheck disable=SC2086
check "a time" sh -c '"$@" && [ -s timed.safetensors ]' - "$scumble" train encoder $options --steps 100000 --time 1 -o timed.safetensors -q

# wrong CODE TEXT ARGUMENTS...
wrong() {
    code=$1 text=$2
    shift 2
    "$scumble" train encoder "$@" >said.out 2>said.err </dev/null
    status=$?
    cat said.err
    [ $status -eq "$code" ] && [ ! -s said.out ] && [ "$(wc -l <said.err)" -eq 1 ] && grep -q "^scumble: " said.err && grep -q -e "$text" said.err && [ ! -e x.safetensors ]
}
check "no teacher" wrong 2 "no teacher"
check "no pictures" wrong 2 "no pictures to learn on" lite -o x.safetensors
check "no output" wrong 2 "no -o" lite --content photos
check "another ending" wrong 2 "ends in .safetensors" lite --content photos -o x.scumble
check "an empty folder" wrong 1 "no picture in 'empty'" lite --content empty -o x.safetensors
check "leaves no empty folder" [ ! -e x.train ]
check "no folder" wrong 1 "nowhere" lite --content nowhere -o x.safetensors
check "an unknown teacher" wrong 1 "nobody" nobody --content photos -o x.safetensors
check "a wrong crop" wrong 2 "multiple of 16" lite --content photos --crop 100 -o x.safetensors
check "a batch of one" wrong 2 "batch" lite --content photos --batch 1 -o x.safetensors
check "a resume of nothing" wrong 1 "no folder of a training" --resume nothing.train

check "no space for the encoder" sh -c 'ulimit -f 60; "$@" 2>err; [ $? -eq 1 ] && grep -q "no checkpoint: .*" err && [ ! -e full.safetensors ]' - "$scumble" train encoder lite --content photos --crop 32 --batch 2 --steps 1 -o full.safetensors
check "leaves no other file" sh -c '! ls -A . full.train | grep -q tmp'
finish
