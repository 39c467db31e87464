# SPDX-License-Identifier: MIT
# scumble film on unusual films, and on those that are none: variable rates, odd sizes, OpenEXR, protection and faces, damaged work folders, and what is
# empty, cut off, absurd, or in the way.
. "$(dirname "$0")/tap.sh"
command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null || { echo "1..0 # SKIP there is no ffmpeg"; exit 0; }
"$tool" picture 48 32 1 a.png && "$tool" picture 48 32 4 b.png && "$tool" picture 33 47 1 odd.png && "$tool" picture 40 32 1 narrow.png || { echo "Bail out! cannot make pictures"; exit 1; }
echo 0 >none.txt
# film LENGTH ARGUMENTS...: that many frames of a.png.
film() {
    length=$1
    shift
    ffmpeg -v error -y -loop 1 -framerate 25 -i a.png -frames:v "$length" "$@"
}
film 6 -c:v ffv1 -pix_fmt yuv444p shot.mkv || { echo "Bail out! cannot make films"; exit 1; }
starry() {
    "$scumble" film "$@" --painter starry -q
}
# refused WORDS COMMAND...: one sentence with the words in it.
refused() {
    words=$1
    shift
    timeout 60 "$@" >"$scratch/it" 2>"$scratch/why" </dev/null
    status=$?
    cat "$scratch/why"
    [ $status -ne 0 ] && [ $status -lt 100 ] && [ "$(wc -l <"$scratch/why")" -eq 1 ] && grep -q -e "$words" "$scratch/why"
}
probe() {
    ffprobe -v error -select_streams v -show_entries "$1" -of csv=p=0 "$2" | sed '/^$/d; s/,$//'
}
nothing_left() { # of OUT
    [ -z "$(find . -name "*$1*")" ]
}

# ---- variable rates, odd sizes ----
ffmpeg -v error -loop 1 -framerate 25 -i a.png -frames:v 5 -vf "setpts='N*N/25/TB'" -fps_mode vfr -c:v ffv1 -pix_fmt yuv444p variable.mkv # frames at 0, 0.04, 0.16, 0.36 and 0.64 s
printf '0.1\n0:00.36\n' >times.txt
check "cuts of a film whose rate varies" sh -c '[ "$("$1" film variable.mkv --cuts times.txt --list-shots | cut -d" " -f1 | tr "\n" " ")" = "0 2 3 " ]' - "$scumble"
check "painted" starry variable.mkv --cuts times.txt -o variable-out.mkv
check "its times are kept" [ "$(probe frame=pts_time variable-out.mkv)" = "$(probe frame=pts_time variable.mkv)" ]
ffmpeg -v error -loop 1 -framerate 25 -i odd.png -frames:v 2 -c:v ffv1 -pix_fmt yuv420p odd.mkv
for name in mp4 webm gif; do
    check "an odd size as $name" starry odd.mkv --cuts none.txt -o "odd.$name.$name"
    check "is kept" [ "$(probe stream=width,height "odd.$name.$name")" = 33,47 ]
done
ffmpeg -v error -i odd.mkv -frames:v 1 -vf scale=1:1 -c:v ffv1 tiny.mkv
check "one frame of one pixel" starry tiny.mkv -o tiny-out.mkv
check "is one again" [ "$(probe stream=width,height tiny-out.mkv)" = 1,1 ]

# ---- protection ----
ffmpeg -v error -f lavfi -i color=white:s=48x32,format=gray -frames:v 1 white.png
style="--style b.png --iterations 2 --frame-iterations 1 --to 2f --cuts none.txt $shallow"
# shellcheck disable=SC2086
{
    check "a style" "$scumble" film shot.mkv $style -o 'free.%d.png' -q
    check "with everything protected" "$scumble" film shot.mkv $style --protect white.png -o 'kept.%d.png' -q
    check "is another film" sh -c 'for n in 1 2; do ! "$1" pixels free.$n.png kept.$n.png || exit 1; done' - "$tool"
    if [ "$EXPECT_DETECTOR" = 1 ]; then
        check "faces, of which there are none" "$scumble" film shot.mkv $style --faces -o 'faces.%d.png' -q
        check "change nothing" sh -c 'for n in 1 2; do "$1" pixels free.$n.png faces.$n.png || exit 1; done' - "$tool"
    else
        echo "# --faces: skipped, there is no face detector"
        check "faces that cannot be found" refused 'there is no face detector' "$scumble" film shot.mkv $style --faces -o 'faces.%d.png' -q
    fi
}

# ---- OpenEXR ----
mkdir exr painted
ffmpeg -v error -loop 1 -i a.png -frames:v 3 -start_number 7 -pix_fmt gbrpf32le -format half exr/f.%04d.exr
check "OpenEXR to OpenEXR" starry 'exr/f.####.exr' --cuts none.txt -o 'painted/f.####.exr'
if command -v exrinfo >/dev/null; then
    check "as exrinfo reads it" sh -c 'for n in 7 8 9; do exrinfo -v -s painted/f.000$n.exr || exit 1; done'
    check "half floats of the same size" sh -c '[ "$(grep -c ": half samp" "$1")" -ge 3 ] && grep dataWindow.*48.x.32 "$1"' - "$scratch/last.out"
else
    echo "# exrinfo: skipped, it is not there (package openexr)"
fi
check "other pictures than before" sh -c 'ffmpeg -v error -i painted/f.0008.exr -f md5 - >one; ffmpeg -v error -i exr/f.0008.exr -f md5 - >two; [ -s one ] && [ -s two ] && ! cmp one two'
check "their own numbers" sh -c '[ "$(ls painted | grep -v json | tr "\n" " ")" = "f.0007.exr f.0008.exr f.0009.exr " ]'

# ---- damaged work ----
for chunk in 1 2; do starry shot.mkv --cuts none.txt --codec ffv1 -o parts.mkv --chunk $chunk/2 || exit 1; done
cp -r parts.mkv.chunk-02-of-02 safe
join="$scumble film shot.mkv -o parts.mkv --join -q"
damaged() { # WORDS: then all is as it was
    # shellcheck disable=SC2086
    refused "$1" $join && [ ! -e parts.mkv ]
    result=$?
    rm -r parts.mkv.chunk-02-of-02 && cp -r safe parts.mkv.chunk-02-of-02
    return $result
}
sed -i '$d' parts.mkv.chunk-02-of-02/frames
check "a journal without its last line" damaged 'chunk 2 of 2 is damaged'
rm parts.mkv.chunk-02-of-02/part-*
check "a part that is gone" damaged 'chunk 2 of 2 is damaged'
for part in parts.mkv.chunk-02-of-02/part-*; do head -c 300 safe/"${part##*/}" >"$part"; done
check "one that is cut off" damaged 'there are times for 6'
for part in parts.mkv.chunk-02-of-02/part-*; do echo nothing >"$part"; done
check "one that is none" damaged 'part-'
echo '{' >parts.mkv.chunk-02-of-02/plan.json
check "a plan that cannot be read" damaged 'chunk 2 of 2 is not finished'
# shellcheck disable=SC2086
check "all in order" $join
check "all frames" [ "$(probe frame=pts_time parts.mkv | wc -l)" -eq 6 ]

# ---- no films ----
: >empty.mp4
echo 'this is a text' >text.mp4
ffmpeg -v error -i shot.mkv -c:v libx264 -pix_fmt yuv420p whole.mp4
index=$(grep -abo moov whole.mp4 | cut -d: -f1)
head -c "$index" whole.mp4 >cut.mp4
head -c $((index + 60)) whole.mp4 >half.mp4
ffmpeg -v error -f lavfi -i sine=440:d=0.2 sound.mkv
for size in 'W999999999 H999999999' 'W60000 H60000' 'W-5 H32' 'W0 H0'; do printf 'YUV4MPEG2 %s F25:1 C420\nFRAME\n' "$size" >"$(echo "$size" | tr -d ' ').y4m"; done
printf 'YUV4MPEG2 W48 H32 F25:1 C420\n' >none.y4m
while IFS='|' read -r words name; do
    check "refused: $name" refused "$words" "$scumble" film "$name" --painter starry -o wrong.mkv -q
done <<'END'
'empty.mp4' is empty|empty.mp4
cannot open 'text.mp4': it is no film that FFmpeg reads, or is damaged (|text.mp4
cannot open 'cut.mp4': it is no film that FFmpeg reads, or is damaged (|cut.mp4
'half.mp4' has no streams (.*), as a recording that broke off|half.mp4
'sound.mkv' has no moving pictures|sound.mkv
it is no film that FFmpeg reads, or is damaged$|W999999999H999999999.y4m
it is no film that FFmpeg reads, or is damaged$|W60000H60000.y4m
it is no film that FFmpeg reads, or is damaged|W-5H32.y4m
it is no film that FFmpeg reads, or is damaged|W0H0.y4m
no frame of 'none.y4m' can be decoded|none.y4m
/dev/null|/dev/null
END
mkfifo pipe
head -c 500 whole.mp4 >pipe &
check "a pipe that ends early" refused "cannot open 'pipe'" "$scumble" film pipe --painter starry -o wrong.mkv
check "one that never begins" sh -c 'timeout -s INT 1 "$1" film pipe --painter starry -o wrong.mkv -q; [ $? -eq 124 ]' - "$scumble"
check "nothing is left of all that" nothing_left wrong

# ---- sequences ----
# of FILE WORDS: the sequence is refused with this third picture, and nothing is written.
mkdir seq out
for n in 1 2 3 4; do cp a.png seq/f.$n.png; done
while IFS='|' read -r words make; do
    rm -rf seq/f.3.png
    eval "$make"
    check "the third picture: $make" refused "$words" "$scumble" film 'seq/f.%d.png' --painter starry --cuts none.txt -o 'out/f.%d.png' -q
done <<'END'
'seq/f.3.png' is empty|: >seq/f.3.png
'seq/f.3.png' is not a picture|echo text >seq/f.3.png
'seq/f.3.png' is a folder|mkdir seq/f.3.png
'seq/f.%d.png' has no picture 3|:
'f.3.png' has 40 x 32 pixels, and the first|cp narrow.png seq/f.3.png
END
ffmpeg -v error -y -i a.png -pix_fmt rgba64be seq/f.3.png
ffmpeg -v error -y -i a.png -pix_fmt gray seq/f.4.png
check "with alpha, and grey: it goes on" "$scumble" film 'seq/f.%d.png' --painter starry --cuts none.txt -o 'out/f.%d.png'
check "each as it was, in colours" sh -c '[ "$(for n in 1 3 4; do ffprobe -v error -show_entries stream=pix_fmt -of csv=p=0 out/f.$n.png; done | tr "\n" " ")" = "rgb24 rgba64be rgb24 " ]'

# A TIFF of four inks: the channels of a.png, and a quarter of black.
cmyk() {
    printf 'II*\0\10\0\0\0\11\0\0\1\3\0\1\0\0\0\60\0\0\0\1\1\3\0\1\0\0\0\40\0\0\0\2\1\3\0\4\0\0\0\172\0\0\0\3\1\3\0\1\0\0\0\1\0\0\0' # width 48, height 32, 8 bits each, not compressed
    printf '\6\1\3\0\1\0\0\0\5\0\0\0\21\1\4\0\1\0\0\0\202\0\0\0\25\1\3\0\1\0\0\0\4\0\0\0\26\1\3\0\1\0\0\0\40\0\0\0\27\1\4\0\1\0\0\0\0\30\0\0\0\0\0\0\10\0\10\0\10\0\10\0' # inks, one strip
    ffmpeg -v error -i a.png -vf format=rgba,colorchannelmixer=aa=0.25 -f rawvideo -pix_fmt rgba -
}
mkdir inks
cmyk >inks/f.1.tif
ffmpeg -v error -i a.png inks/f.2.tif
check "CMYK, and RGB after it" starry 'inks/f.%d.tif' --cuts none.txt -o 'inks/o.%d.tif'
check "is painted in colours" sh -c '[ "$(for n in 1 2; do ffprobe -v error -show_entries stream=pix_fmt -of csv=p=0 inks/o.$n.tif; done | tr "\n" " ")" = "rgb24 rgb24 " ]'
check "the first one alone" starry 'inks/f.%d.tif' --to 2f --cuts none.txt -o 'inks/one.%d.tif'
check "and by apply" "$scumble" apply starry inks/f.1.tif -o inks/alone.tif -q
check "is nearly the same" "$tool" near 0.01 inks/alone.tif inks/one.1.tif

# ---- where nothing can be written ----
if mkdir locked && chmod 555 locked && ! touch locked/x 2>/dev/null; then
    check "a folder that is read-only" refused "folder 'locked' cannot be written" "$scumble" film shot.mkv --painter starry -o locked/x.mkv
fi
rm -f locked/x
check "no folder" refused "there is no folder 'nowhere'" "$scumble" film shot.mkv --painter starry -o nowhere/x.mkv
check "the film itself" refused "would overwrite the input" "$scumble" film shot.mkv --painter starry -o shot.mkv
check "another ending" refused "does not say what film to write" "$scumble" film shot.mkv --painter starry -o x.avi
finish
