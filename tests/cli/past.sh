# SPDX-License-Identifier: MIT
# What version 0.1.0 wrote goes on working: past/flame.checkpoint is one of it, stopped after 14 of 26 iterations, when options that it does not name did not exist,
# and licences and paths of encoders were said otherwise. scripts/check-recipes.sh does the same at length, with an old program.
. "$(dirname "$0")/tap.sh"
old=$root/tests/cli/past/flame.checkpoint

# The same bytes everywhere: ppm WIDTH HEIGHT SEED.
ppm() {
    awk -v w="$1" -v h="$2" -v s="$3" 'BEGIN {
        printf "P3\n%d %d\n255\n", w, h
        for (y = 0; y < h; y++) for (x = 0; x < w; x++) for (c = 1; c <= 3; c++) print (x * x * c * s + y * (37 * c + s) + x * y * 5) % 256
    }'
}
ppm 24 16 3 >photo.ppm
ppm 20 20 7 >painting.ppm
LC_ALL=C sed 's/"licence":/"licencX":/' "$root/models/lite/lite-encoder.safetensors" >net.safetensors
# What later options would change stays as it was, but for the grid.
options="--style painting.ppm --iterations 26 --scales 1 --optimizer adam --encoder ./net.safetensors --variable pixels --legible 0 --recolour 0 --style-objects keep"

# shellcheck disable=SC2086 # a list of arguments
{
    check "what was painted then" "$scumble" stylize photo.ppm $options --grid still -q -o then.png --recipe now.json
    check "what is painted now" "$scumble" stylize photo.ppm $options -q -o now.png
}
check "is another picture" sh -c '! "$1" near 0.04 then.png now.png' - "$tool"
"$tool" recipe "$old" >recipe.json
check "the recipe knows nothing of a grid" sh -c '! grep -q grid recipe.json && grep -q "\"scumble\": \"0.1.0\"" recipe.json'
check "it is repeated" "$scumble" stylize --from recipe.json -q -o again.png --stop-after 0
check "as then" "$tool" pixels then.png again.png
check "in other ways if one likes" "$scumble" stylize --from recipe.json --grid even -q -o again.png
check "as now" "$tool" pixels now.png again.png

# Another processor than the one of then may round otherwise: the rest of the way is the same nevertheless.
check "the checkpoint is gone on with" "$scumble" stylize --resume "$old" --look-in . -q -o resumed.png --checkpoint-every 3 --checkpoint new.checkpoint
check "to the picture of then" "$tool" near 0.03 then.png resumed.png
check "its own checkpoint too" "$scumble" stylize --resume new.checkpoint -q -o twice.png
check "to the same" "$tool" pixels resumed.png twice.png
mkdir elsewhere && mv net.safetensors elsewhere
check "from where the encoder has moved" "$scumble" stylize --resume "$old" --look-in . --look-in elsewhere -q -o moved.png
check "to the same" "$tool" pixels resumed.png moved.png
check "another grid is refused by name" sh -c '! "$@" 2>err && grep -q -e "--grid was still and is even" err' - \
    "$scumble" stylize --resume "$old" --look-in . --look-in elsewhere --grid even -q -o none.png
finish
