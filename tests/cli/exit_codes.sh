# SPDX-License-Identifier: MIT
# What holds for every command: -q says nothing when all goes well, and the exit code means the same: 0 done, 1 something failed, 2 the command line is wrong.
. "$(dirname "$0")/tap.sh"
make_pictures
mkdir photos
cp photo.png second.png photos
"$tool" picture 90 80 3 photos/third.png
head -c 300 photo.png >broken.png
small="--size 48 --iterations 2 $shallow"
"$scumble" train painting.png --content photos --crop 64 --style-size 64 --batch 1 --steps 1 -o p.scumble -q || exit 1
"$scumble" models export p.scumble --onnx p.onnx -q || exit 1

# Nothing on stderr, and on stdout no more than without -q.
silent() {
    "$scumble" "$@" -q >out 2>err </dev/null
    status=$?
    cat err
    [ $status -eq 0 ] && [ ! -s err ]
}
# Nothing on stdout either.
mute() {
    silent "$@" && [ ! -s out ]
}
# shellcheck disable=SC2086
check "stylize" mute stylize photo.png --style painting.png $small -o a.png
# shellcheck disable=SC2086
check "stylize many" mute stylize photos --style painting.png $small -o many/
# shellcheck disable=SC2086
check "texture" mute texture painting.png --size 48 --iterations 2 -o texture.png
check "apply" mute apply p.scumble photos -o applied/
mkdir sequence && cp photo.png sequence/1.png && cp photo.png sequence/2.png
check "film" mute film 'sequence/%d.png' --painter p.scumble -o 'painted.%d.png'
check "train" mute train painting.png --content photos --crop 64 --style-size 64 --batch 1 --steps 1 -o q.scumble
check "train encoder" mute train encoder lite --content photos --batch 2 --steps 1 --crop 64 -o lite.safetensors
check "judge" silent judge p.scumble photos
check "match" silent match photo.png painting.png second.png
check "match --sheet" silent match photo.png painting.png second.png --sheet best.png
check "compare" silent compare a.png --content photo.png --style painting.png
check "compare --sheet" silent compare a.png --content photo.png --style painting.png --sheet compared.png
check "guide" silent guide
check "presets" silent presets
check "sheet" mute sheet photo.png a.png -o sheet.png
check "inspect" mute inspect photo.png --layer relu2_1 -o maps.png
check "inspect lists" silent inspect
check "provenance" silent provenance a.png
check "models list" silent models list
check "models info" silent models info lite
check "models import" mute models import "$root/models/lite/lite-encoder.safetensors" --arch lite --name mine
check "models export" mute models export p.scumble --onnx again.onnx

# code CODE COMMAND...: that exit code, and one sentence that is the program's.
code() {
    expected=$1
    shift
    "$scumble" "$@" >out 2>err </dev/null
    status=$?
    cat err
    echo "exit status $status"
    [ $status -eq "$expected" ] && grep -q '^scumble: ' err && [ "$(grep -c '^scumble: ' err)" -le 2 ]
}
for command in stylize texture apply film train "train encoder" judge match compare guide presets sheet inspect provenance "models list" "models info"; do
    # shellcheck disable=SC2086
    check "$command: an unknown option" code 2 $command --no-such-flag
done
check "apply: no such painter" code 1 apply gone.scumble photo.png
check "judge: no such painter" code 1 judge gone.scumble photo.png
check "models: no such action" code 2 models paint
for command in "stylize --style painting.png" "stylize photo.png --style" "texture" "apply p.scumble" "film --painter p.scumble" "train --content photos" "train painting.png --content" \
    "train encoder lite -o l.safetensors --content" "judge p.scumble" "match photo.png" "match --style painting.png" "compare" "compare a.png --content" \
    "sheet -o s.png" "inspect --layer relu2_1" "provenance" "models info" "models import --arch lite" "models export --onnx o.onnx"; do
    # shellcheck disable=SC2086
    check "$command: a file that is not there" code 1 $command gone.png
done
for command in "stylize --style painting.png" "stylize photo.png --style" "texture" "apply p.scumble" "train --content photos" "judge p.scumble" "match photo.png" "compare" "sheet -o s.png" "inspect --layer relu2_1"; do
    # shellcheck disable=SC2086
    check "$command: a broken picture" code 1 $command broken.png
done
finish
