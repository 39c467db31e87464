# SPDX-License-Identifier: MIT
# Colours hidden behind alpha 0: two sprites that look alike do the same in every command and every place.
. "$(dirname "$0")/tap.sh"
"$tool" picture 96 80 1 photo.png && "$tool" picture 96 96 5 painting.png && "$tool" painter wave 1 wave.scumble &&
    "$tool" sprite 0 a.tif && "$tool" sprite 200 b.tif || { echo "Bail out! cannot make the test pictures"; exit 1; }
check "the files differ" sh -c '! cmp -s a.tif b.tif'

# both NAME COMMAND...: the command gives the same pixels with either sprite in the place of SPRITE, and of OUT its result
both() {
    name=$1
    shift
    for sprite in a b; do
        run=$(printf '%s\n' "$@" | sed "s/SPRITE/$sprite.tif/;s/OUT/$name-$sprite.png/")
        old=$IFS
        IFS='
'
        # shellcheck disable=SC2086
        "$scumble" $run -q || return 1
        IFS=$old
    done
    "$tool" pixels "$name-a.png" "$name-b.png"
}
quick="--size 96 --iterations 2 $shallow"
# shellcheck disable=SC2086
{
    check "photo" both photo stylize SPRITE --style painting.png $quick -o OUT
    check "painting" both style stylize photo.png --style SPRITE $quick -o OUT
    check "paintings' masks" both stylemask stylize photo.png --style painting.png --style-mask SPRITE $quick -o OUT
    check "masks" both mask stylize painting.png --style painting.png --mask SPRITE $quick -o OUT
    check "what is protected" both protect stylize painting.png --style painting.png --protect SPRITE $quick -o OUT
    check "palette" both palette stylize photo.png --style painting.png --colour SPRITE $quick -o OUT
    check "start" both start stylize photo.png --style painting.png --init SPRITE $quick -o OUT
    check "colours of the photo" both colour stylize SPRITE --style painting.png --colour photo $quick -o OUT
    check "the match of hues" both hues stylize SPRITE --style painting.png --colour match $quick -o OUT
    check "tileable" both tile stylize SPRITE --style painting.png --tileable $quick -o OUT
    check "texture" both texture texture SPRITE --size 96 --iterations 2 --style-layers relu1_1,relu2_1 -o OUT
    check "apply" both apply apply wave.scumble SPRITE -o OUT
}
for sprite in a b; do
    "$scumble" inspect $sprite.tif --layer relu3_1 -o features-$sprite.png 2>/dev/null
done
check "features" "$tool" pixels features-a.png features-b.png
# said NAME COMMAND...: likewise, of what is printed, the names aside
said() {
    for sprite in a b; do
        run=$(printf '%s\n' "$@" | sed "s/SPRITE/$sprite.tif/")
        old=$IFS
        IFS='
'
        # shellcheck disable=SC2086
        "$scumble" $run >"said-$sprite" 2>&1 || { cat "said-$sprite"; return 1; }
        IFS=$old
    done
    sed -i 's/[ab]\.tif/SPRITE/' said-a said-b && diff said-a said-b
}
check "compare: the painting" said compare photo.png --content photo.png --style SPRITE --size 64
check "compare: the photo" said compare painting.png --content SPRITE --style painting.png --size 64
check "compare: the result" said compare SPRITE --content painting.png --style painting.png --size 64
check "match: the photo" said match SPRITE painting.png
check "match: the painting" said match photo.png SPRITE
mkdir a b
cp a.tif a/photo.tif && cp b.tif b/photo.tif
train() {
    # shellcheck disable=SC2086
    (cd "$1" && "$scumble" train ../painting.png --content photo.tif --crop 64 --style-size 90 --steps 2 --batch 1 -o out.scumble -q &&
        "$scumble" train photo.tif --content ../photo.png --crop 64 --style-size 90 --steps 2 --batch 1 -o own.scumble -q &&
        "$scumble" judge own.scumble photo.tif --map map.png >verdict && "$scumble" apply out.scumble ../photo.png -o out.png -q &&
        "$scumble" apply own.scumble ../photo.png -o own.png -q)
}
check "training" train a
check "with the other" train b
check "photos to train on" "$tool" pixels a/out.png b/out.png
check "a painting to train on" "$tool" pixels a/own.png b/own.png
check "judge" cmp a/verdict b/verdict
check "its map" "$tool" pixels a/map.png b/map.png
encode() {
    (cd "$1" && "$scumble" train encoder lite --content photo.tif --crop 32 --batch 2 --steps 2 -o own.safetensors -q &&
        "$scumble" inspect ../photo.png --encoder own.safetensors --layer relu2_1 -o layer.png 2>/dev/null)
}
check "training an encoder" encode a
check "with the other" encode b
check "the same one" "$tool" pixels a/layer.png b/layer.png
finish
