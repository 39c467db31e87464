# SPDX-License-Identifier: MIT
# What the plot and the messages say of the weights: those that were used, and no content where there is none.
. "$(dirname "$0")/tap.sh"
make_pictures
painted="--size 32 --iterations 3 -q $shallow"

check "a plot" "$scumble" stylize photo.png --style painting.png $painted -o auto.png --plot auto.svg
check "has the weight that the encoder gives" grep -q "total = 1 × content + 6 × style + 3 × tv (" auto.svg
check "with weights of one's own" "$scumble" stylize photo.png --style painting.png $painted -o own.png --plot own.svg --alpha 2 --beta 0.5 --tv 0
check "has these" grep -q "total = 2 × content + 0.5 × style + 0 × tv (" own.svg
check "it names the content's curve" grep -q ">content</text>" own.svg
check "a texture's plot" "$scumble" texture painting.png --size 32 --iterations 3 -q -o texture.png --plot texture.svg
check "has a weight, too" grep -q "total = 6 × style + 3 × tv (" texture.svg
check "but nothing of a content" sh -c 'grep -q ">style</text>" texture.svg && ! grep -q -e "content</text>" -e "× content" texture.svg'
check "nor has what -v tells of it" sh -c '"$@" 2>err && grep -q "^  style .*beta 6\$" err && ! grep -q "^  content" err' - "$scumble" texture painting.png --size 24 --iterations 1 -v -o texture.png
check "what -v tells of a picture has" sh -c '"$@" 2>err && grep -q "^  content .*alpha 1\$" err && grep -q "^  tv  *3\$" err' - "$scumble" stylize photo.png --style painting.png --size 24 --iterations 1 -v -o auto.png
finish
