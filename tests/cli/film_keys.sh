# SPDX-License-Identifier: MIT
# scumble film --keyframe: frames that an artist painted stand, their shot follows them in both directions, and what is painted backward can be gone on with.
. "$(dirname "$0")/tap.sh"
command -v ffmpeg >/dev/null || { echo "1..0 # SKIP there is no ffmpeg"; exit 0; }
"$tool" picture 64 64 5 painting.png && "$tool" picture 96 64 1 a.png && "$tool" picture 96 64 4 b.png || { echo "Bail out! cannot make pictures"; exit 1; }
# Ten frames: a pan over a picture, and from frame 7 on over another one.
mkdir in plain keyed again
ffmpeg -v error -loop 1 -i a.png -loop 1 -i b.png -filter_complex '[0:v]crop=64:48:n:4,trim=end_frame=7[a];[1:v]crop=64:48:9+n:n,trim=end_frame=3[b];[a][b]concat=n=2:v=1[v]' \
    -map '[v]' -start_number 0 in/f.%02d.png || { echo "Bail out! cannot make the film"; exit 1; }
# What was painted: with 16 bits, and in twice the size.
ffmpeg -v error -i in/f.02.png -vf negate,format=rgb48be k2.png
ffmpeg -v error -i in/f.05.png -vf negate,scale=128:96,format=rgb24 k5.png
for frame in 0 5 6; do
    ffmpeg -v error -i in/f.0$frame.png -vf negate k${frame}s.png
done
echo 7 >cuts.txt
echo 0 >none.txt
keys="--keyframe 5f=k5s.png --keyframe 2=k2.png"
starry() {
    out=$1
    shift
    "$scumble" film 'in/f.%02d.png' --painter starry --cuts cuts.txt -o "$out/f.%02d.png" -q "$@"
}
optimised="--style painting.png --iterations 3 --frame-iterations 2 $shallow --to 7f --cuts none.txt --bits 16"
style() {
    out=$1
    shift
    # shellcheck disable=SC2086
    "$scumble" film 'in/f.%02d.png' $optimised -o "$out" -q "$@"
}
# says_of CODE WORDS ARGUMENTS...: that exit status, and words.
says_of() {
    code=$1 words=$2
    shift 2
    "$@" >said 2>&1
    status=$?
    cat said
    [ $status -eq "$code" ] && grep -q -e "$words" said
}
# How far the results in a folder are from what they would be if all frames had been painted as the keyframes were: mean square errors, a line for each frame.
off() {
    [ -e "$1.off" ] || ffmpeg -v error -start_number 0 -i "$1/f.%02d.png" -start_number 0 -i in/f.%02d.png \
        -lavfi '[1:v]negate,format=rgb48be[n];[0:v]format=rgb48be[r];[r][n]psnr=stats_file=-:shortest=1' -f null - | sed 's/.*mse_avg:\([0-9.]*\).*/\1/' >"$1.off"
    cat "$1.off"
}
# closer FRAME FOLDER OTHER FACTOR: closer to the keyframes in FOLDER than in OTHER, by this factor.
closer() {
    one=$(off "$2" | sed -n "$((${1#0} + 1))p") other=$(off "$3" | sed -n "$((${1#0} + 1))p")
    echo "frame $1: $one, $other"
    awk "BEGIN { exit !($one < $other * $4) }"
}

# ---- a painter ----
check "without keyframes" starry plain --bits 16
# shellcheck disable=SC2086
check "with two" starry keyed --bits 16 $keys
check "all frames are there" [ "$(find keyed -name '*.png' | wc -l)" -eq 10 ]
check "one stands, to its 16 bits" "$tool" pixels k2.png keyed/f.02.png
check "and the other one" "$tool" pixels k5s.png keyed/f.05.png
for frame in 00 01 03 06; do
    check "frame $frame follows" closer $frame keyed plain 0.5
done
for frame in 07 09; do
    check "frame $frame is of another shot" "$tool" pixels keyed/f.$frame.png plain/f.$frame.png
done
check "the recipe has them" jq -e '[.keyframes[] | [.frame, .name]] == [[2, "k2.png"], [5, "k5s.png"]]' 'keyed/f.%02d.png.json'
check "nothing else stays" sh -c '! ls -d keyed/*.work 2>/dev/null'
check "the last one of a film, and neighbours, with the film's own bits" starry again --keyframe 1=k2.png --keyframe 4=k2.png --keyframe 5=k5.png --keyframe 9=k5s.png
check "the last one stands" "$tool" pixels k5s.png again/f.09.png
check "all have those bits" sh -c 'for n in 0 1 2; do ffprobe -v error -show_entries stream=pix_fmt -of csv=p=0 again/f.0$n.png; done | uniq -c | grep " 3 rgb24"'
check "one of another size stands" closer 05 again plain 0.05

# ---- a style, killed while it goes backward ----
mkdir styled
ends="--keyframe 0=k0s.png --keyframe 6=k6s.png"
# shellcheck disable=SC2086
{
    check "a style" style 'styled/f.%02d.png' $ends
    check "a keyframe stands" "$tool" pixels k0s.png styled/f.00.png
    check "another one" "$tool" pixels k6s.png styled/f.06.png
    check "frame 01 follows" closer 01 styled plain 0.5
    check "frame 05 follows" closer 05 styled plain 0.5
    mkdir killed
    check "killed" exits 99 "$tool" interrupt 2 9 "$scumble" film 'in/f.%02d.png' $optimised -o 'killed/f.%02d.png' -q --progress json $ends
    check "only the first frame is there" sh -c '[ "$(ls killed/*.png)" = killed/f.00.png ]'
    check "and frames that were painted backward" sh -c 'ls killed/*.work/back-*5 killed/*.work/backstate-*'
    check "other keyframes are refused" says_of 1 'the keyframes are others' style 'killed/f.%02d.png' --keyframe 3=k2.png
    check "goes on" style 'killed/f.%02d.png' $ends
}
check "with the same frames" sh -c 'for f in styled/*.png; do cmp "$f" "killed/${f#styled/}" || exit 1; done'
check "--dry-run" says 'about .* of memory and .* of disk' "$scumble" film 'in/f.%02d.png' --painter starry --cuts cuts.txt --dry-run --keyframe 5=k5.png
check "leaves nothing" sh -c '! ls f-starry* 2>/dev/null'

# ---- what is wrong ----
"$tool" picture 64 64 1 square.png
echo nothing >broken.png
while IFS='|' read -r code words arguments; do
    wrong() {
        # shellcheck disable=SC2086
        "$scumble" film 'in/f.%02d.png' --cuts cuts.txt $arguments >out 2>err </dev/null
        status=$?
        cat err
        [ $status -eq "$code" ] && grep -q -e "$words" err && [ "$(grep -c '^scumble: ' err)" -eq 1 ]
    }
    check "film $arguments" wrong
done <<'END'
2|such as 37=painted.png|--painter starry --keyframe k2.png
2|such as 37=painted.png|--painter starry --keyframe 3=
2|what stands before the = is .later.; it must be the number of a frame|--painter starry --keyframe later=k2.png
2|has the frames 0 to 9|--painter starry --keyframe 10=k2.png -o x.mkv
2|gives frame 2 two pictures|--painter starry --keyframe 2=k2.png --keyframe 2f=k5.png
1|must have the film's shape|--painter starry --keyframe 2=square.png
1|--keyframe: .*gone.png|--painter starry --keyframe 2=gone.png
1|broken.png|--painter starry --keyframe 2=broken.png
2|--keyframe and --chunk do not go together|--painter starry --keyframe 2=k2.png --chunk 1/2 -o x.mkv
2|--keyframe needs a file at both ends|--painter starry --keyframe 2=k2.png -o -
2|--only-steady paints nothing|--only-steady --like in --keyframe 2=k2.png
2|overwrite the input 'k2.png'|--painter starry --keyframe 2=k2.png -o k2.png
END
finish
