# SPDX-License-Identifier: MIT
# Kinds of picture files: BMP and TGA paint as PNG does; drawings that compute are refused unless they are allowed, in every command, and never run for ever.
. "$(dirname "$0")/tap.sh"
unset VIPSHOME # libvips with all its modules, see tap.sh
"$tool" picture 96 80 1 photo.png && "$tool" picture 96 96 5 painting.png && "$tool" painter wave 1 wave.scumble || { echo "Bail out! cannot make the test pictures"; exit 1; }
# BMP and TGA, as the photo and as the painting; 97 pixels, so that rows of BMP are padded.
"$tool" picture 97 80 3 odd.png
mkdir bitmaps
for kind in bmp tga; do
    check "$kind: made" "$tool" bitmap odd.png bitmaps/odd.$kind && "$tool" bitmap painting.png painting.$kind
    check "$kind: stylize" "$scumble" stylize bitmaps/odd.$kind --style painting.$kind --size 64 --iterations 2 -q -o styled-$kind.png
    check "$kind: apply" "$scumble" apply wave.scumble bitmaps/odd.$kind -q -o applied-$kind.png
done
"$scumble" stylize odd.png --style painting.png --size 64 --iterations 2 -q -o styled.png
"$scumble" apply wave.scumble odd.png -q -o applied.png
for kind in bmp tga; do
    check "$kind: stylize paints what it paints of PNG" "$tool" pixels styled.png styled-$kind.png
    check "$kind: apply too" "$tool" pixels applied.png applied-$kind.png
done
mkdir painted
check "of a folder they are taken" "$scumble" apply wave.scumble bitmaps -q -o painted/{name}-{n}.png
check "both" sh -c '[ "$(ls painted | wc -l)" -eq 2 ]'
head -c 4000 bitmaps/odd.bmp >cut.bmp
check "what is cut short is refused" exits 1 "$scumble" apply wave.scumble cut.bmp -q -o out.png
check "with a sentence" grep -q "cut.bmp' is a BMP file that is cut short" "$scratch/last.err"
check "BMP is not written" exits 2 "$scumble" apply wave.scumble odd.png -q -o out.bmp
head='<svg xmlns="http://www.w3.org/2000/svg" width="96" height="80">'
echo "$head<rect width='96' height='80' fill='#204080'/><circle cx='40' cy='40' r='25' fill='#f0c020'/></svg>" >good.svg
# Octaves without end; one filter after the other, for librsvg limits them since 2.55.
{
    echo "<svg xmlns='http://www.w3.org/2000/svg' width='2000' height='2000'><filter id='f'>"
    for _ in $(seq 50); do echo "<feTurbulence baseFrequency='0.05' numOctaves='1000000'/>"; done
    echo "</filter><rect width='2000' height='2000' filter='url(#f)'/></svg>"
} >endless.svg
mkdir drawings && cp good.svg drawings

# refused COMMAND...: with a sentence that names the flag
refused() {
    "$scumble" "$@" >out 2>&1
    status=$?
    cat out
    [ $status -ne 0 ] && grep -q 'good.svg.* is SVG, a drawing that can compute without end; .*--allow-vector' out
}
quick="--size 64 --iterations 2 -q"
commands() {
    # shellcheck disable=SC2086
    while read -r line; do
        check "$1: $line" "$2" $line ${3:-}
    done <<END
stylize good.svg --style painting.png $quick -o out.png
stylize photo.png --style good.svg $quick -o out.png
stylize good.svg --style painting.png --mask good.svg $quick -o out.png
stylize photo.png --style painting.png --colour good.svg $quick -o out.png
texture good.svg $quick -o out.png
apply wave.scumble good.svg -q -o out.png
inspect good.svg --layer relu1_1 -o out.png
sheet good.svg -o out.png
match good.svg painting.png
compare photo.png --content good.svg --style painting.png
train good.svg --content photo.png --crop 64 --steps 2 --batch 1 -q -o out.scumble
train painting.png --content drawings --crop 64 --steps 2 --batch 1 -q -o own.scumble
END
}
commands refused refused
# The rest needs a libvips that can draw.
if "$scumble" apply wave.scumble good.svg --allow-vector -q -o drawn.png 2>/dev/null; then
    commands allowed "$scumble" --allow-vector
    check "what never ends is stopped" exits 1 "$scumble" apply wave.scumble endless.svg --allow-vector --decode-timeout 1 -o out.png
    check "with a sentence" grep -q "endless.svg' takes more than 1 second to draw; allow more with --decode-timeout" "$scratch/last.err"
    check "Ctrl-C" exits 124 timeout -s INT 2 "$scumble" apply wave.scumble endless.svg --allow-vector -o out.png
fi
finish
