# SPDX-License-Identifier: MIT
# What a command writes is none of the files that it reads; and with --no-clobber, none that is there, also of those that nobody named.
. "$(dirname "$0")/tap.sh"
unset VIPSHOME # libvips with all its modules, see tap.sh
make_pictures
network=$root/tests/fuzz/corpus/onnx/nearest.onnx
paint="--style painting.png --size 32 --iterations 2 $shallow"
mkdir other mine.train maps && cp second.png other/photo.png && cp photo.png second.png mine.train
cp "$root/models/painters/starry.scumble" judge.png
cp "$root/models/lite/lite-encoder.safetensors" teacher.safetensors
cp teacher.safetensors encoder.png
cp "$network" network.onnx
"$scumble" stylize photo.png $paint -q -o there.png --recipe r.unfinished.json

# ---- inputs ----
# Each line: the input that would be written, and the command.
while read -r file arguments; do
    cp "$file" kept
    check "an input: $arguments" exits 2 "$scumble" $arguments
    check "one sentence" sh -c '[ "$(grep -c "^scumble: .*would overwrite the input" "$1")" -eq 1 ]' - "$scratch/last.err"
    check "$file stays" cmp kept "$file"
done <<END
second.png judge starry second.png --map ./second.png
photo.png judge starry photo.png --map photo.png
judge.png judge judge.png photo.png --map judge.png
photo.png inspect photo.png --layer relu1_1 -o photo.png
encoder.png inspect photo.png --encoder encoder.png --layer relu1_1 -o encoder.png
photo.png sheet photo.png painting.png -o photo.png
photo.png match photo.png painting.png --sheet photo.png
painting.png match --style painting.png photo.png --sheet painting.png
photo.png compare there.png --content photo.png --style painting.png --sheet photo.png
network.onnx models export network.onnx --onnx network.onnx
teacher.safetensors train encoder teacher.safetensors --content mine.train -o teacher.safetensors
mine.train/photo.png train painting.png --content mine.train -o mine.scumble
mine.train/photo.png train mine.train/photo.png --content . -o mine.scumble
mine.train/photo.png train encoder lite --content mine.train -o mine.safetensors
r.unfinished.json stylize --from r.unfinished.json -o new.png --recipe r.json
photo.png apply network.onnx photo.png -o photo.png
END
check "nothing new" sh -c '[ ! -e new.png ] && [ "$(ls mine.train | wc -l)" -eq 2 ]'
check "two maps of one name" exits 2 "$scumble" judge starry photo.png other/photo.png --map maps/
check "are refused before any is written" sh -c '[ -z "$(ls maps)" ] && grep -q "judge them one after the other" "$1"' - "$scratch/last.err"
check "an input, and a file that stays" exits 2 "$scumble" judge starry photo.png --map photo.png --no-clobber
check "one sentence" sh -c '[ "$(grep -c "^scumble: .*\(overwrite\|stays\)" "$1")" -eq 1 ]' - "$scratch/last.err"
check "a map beside its picture" "$scumble" judge starry photo.png --map photo-map.png

# ---- --no-clobber ----
"$scumble" models import teacher.safetensors --arch lite --name mine -q
"$scumble" models import network.onnx --arch painter --name mine -q
mkdir left.train && echo 1 >left.train/losses.csv
for file in new.ppm.json new.unfinished.ppm.json r.unfinished.json l.unfinished.csv p.unfinished.svg s.unfinished.png; do echo '{}' >$file; done
while read -r file arguments; do
    cp "$file" kept
    check "--no-clobber: $arguments" exits 1 "$scumble" $arguments --no-clobber
    check "one sentence" sh -c '[ "$(grep -c "^scumble: .*stays" "$1")" -eq 1 ]' - "$scratch/last.err"
    check "$file stays" cmp kept "$file"
done <<END
new.ppm.json stylize photo.png $paint -o new.ppm
new.ppm.json apply $network photo.png -o new.ppm
new.unfinished.ppm.json texture painting.png --size 20 --iterations 1 -o new.ppm
r.unfinished.json stylize photo.png $paint -o new.png --recipe r.json
l.unfinished.csv stylize photo.png $paint -o new.png --csv l.csv
p.unfinished.svg stylize photo.png $paint -o new.png --plot p.svg
s.unfinished.png stylize photo.png $paint --variations 2 -o new.png --sheet s.png
left.train/losses.csv train painting.png --content other -o left.scumble
left.train/losses.csv train encoder lite --content other -o left.safetensors
$scratch/data/scumble/models/mine.safetensors models import teacher.safetensors --arch lite --name mine
$scratch/data/scumble/painters/mine.scumble models import network.onnx --arch painter --name mine
END
check "nothing new" sh -c '[ ! -e new.png ] && [ ! -e new.ppm ] && [ "$(ls left.train)" = losses.csv ]'
check "another name is free" "$scumble" models import teacher.safetensors --arch lite --name other --no-clobber
finish
