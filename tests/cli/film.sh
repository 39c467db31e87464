# SPDX-License-Identifier: MIT
# scumble film from end to end: shots and cuts, going on after kill -9 and Ctrl-C, chunks, sequences, pipes, masks, and what is wrong. ffmpeg makes the films
# and judges what comes of them.
. "$(dirname "$0")/tap.sh"
command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null || { echo "1..0 # SKIP there is no ffmpeg"; exit 0; }
"$tool" picture 64 64 5 painting.png

# Twelve frames at 30000/1001 with sound: a pan over a picture, and from frame 7 on over another one.
make_film() {
    "$tool" picture 96 64 1 a.png && "$tool" picture 96 64 4 b.png &&
        ffmpeg -v error -y -loop 1 -framerate 30000/1001 -i a.png -loop 1 -framerate 30000/1001 -i b.png -f lavfi -i sine=440:duration=0.4004 \
            -filter_complex '[0:v]crop=64:48:n:4,trim=end_frame=7[a];[1:v]crop=64:48:9+n:n,trim=end_frame=5[b];[a][b]concat=n=2:v=1[v]' \
            -map '[v]' -map 2:a -c:v libx264 -preset ultrafast -pix_fmt yuv420p -colorspace smpte170m -color_primaries smpte170m -color_trc smpte170m -color_range tv -c:a aac "$1"
}
make_film shot.mov || { echo "Bail out! cannot make the film"; exit 1; }

# How a film looks: a line for each frame.
frames() {
    ffmpeg -v error -i "$1" -map 0:v -f framemd5 - | grep -v '^#'
}
sound() {
    ffmpeg -v error -i "$1" -map 0:a -c copy -f framemd5 - | grep -v '^#' | cut -d, -f5-
}
count() {
    ffprobe -v error -count_frames -select_streams v -show_entries stream=nb_read_frames,r_frame_rate -of csv=p=0 "$1" |
        sed 's/,$//' # FFmpeg 7 ends with one where a stream has side data
}
# same A B: the same frames at the same times.
same() {
    for film in "$1" "$2"; do
        [ -e "$film.md5" ] || frames "$film" >"$film.md5" || return 1
    done
    [ "$(wc -l <"$1.md5")" -eq 12 ] && diff "$1.md5" "$2.md5"
}
differ() {
    ! same "$@" >/dev/null
}
quick="--style painting.png --iterations 3 --frame-iterations 2 $shallow --codec ffv1 --cuts cuts.txt" # lossless: of pictures as small as these x264 does not always make the same bytes
# film OUT ARGUMENTS...
film() {
    out=$1
    shift
    # shellcheck disable=SC2086
    "$scumble" film shot.mov $quick -o "$out" "$@"
}
# starry OUT ARGUMENTS...: by a painter, which is quicker
starry() {
    out=$1
    shift
    "$scumble" film shot.mov --painter starry --codec ffv1 -o "$out" "$@"
}

# ---- shots ----
check "the cut is found" sh -c '"$1" film shot.mov --list-shots >cuts.txt && cat cuts.txt && [ "$(cut -d" " -f1 cuts.txt | tr "\n" " ")" = "0 7 " ]' - "$scumble"
check "with times and lengths" grep -q '# shot 2 at 0.23[34] s, 5 frames' cuts.txt
check "as JSON" sh -c '"$1" film shot.mov --list-shots --json | jq -e ".frames == 12 and .rate == [30000, 1001] and .sound and (.shots | map(.first) == [0, 7])"' - "$scumble"
check "what it is" says 'shot.mov: h264, 64x48, 8 bits, 12 frames, 2 shots, 29.97 frames/s, sound' "$scumble" film shot.mov --dry-run

# ---- painting, whole and interrupted ----
# shellcheck disable=SC2086
check "a style" "$scumble" film shot.mov ${quick%--cuts*} -o whole.mkv -q
check "the same number of frames and rate" [ "$(count whole.mkv)" = "$(count shot.mov)" ]
check "another picture" differ whole.mkv shot.mov
check "the work folder has gone" [ ! -e whole.mkv.work ]
check "the recipe is beside it" jq -e '.content.name == "shot.mov" and (.content.sha256 | length) == 64 and .styles[0].name == "painting.png"' whole.mkv.json
check "a painter" starry painter.mkv -q --preview newest.png
check "the newest frame" [ -s newest.png ]
check "the same number of frames" [ "$(count painter.mkv)" = "$(count shot.mov)" ]
check "as it plays everywhere" "$scumble" film shot.mov --painter starry -o painter.mp4 -q
check "with as many frames" [ "$(count painter.mp4)" = "$(count shot.mov)" ]
check "and the same sound" sh -c '[ "$1" = "$2" ]' - "$(sound painter.mp4)" "$(sound shot.mov)"
check "with one thread, and the cuts that were printed" starry again.mkv -q --threads 1 --cuts cuts.txt
check "the same frames" same again.mkv painter.mkv
printf '3 # too early\n' >early.txt
check "another cut" starry early.mkv -q --cuts early.txt
check "another film" differ early.mkv painter.mkv
printf '0:00.2335\n' >time.txt
check "a cut by its time" starry timed.mkv -q --cuts time.txt
check "is the same cut" same timed.mkv painter.mkv

# killed AFTER OUT: with signal 9, after so many frames.
killed() {
    # shellcheck disable=SC2086
    exits 99 "$tool" interrupt "$1" 9 "$scumble" film shot.mov $quick -o "$2" --progress json -q
}
check "killed in the first shot" killed 3 killed.mkv
check "once more, in the second" killed 8 killed.mkv
check "there is no film yet" [ ! -e killed.mkv ]
check "it goes on" film killed.mkv
check "and says from where" grep -q 'going on after \([89]\|1[012]\) of 12 frames' "$scratch/last.err"
check "with the same frames" same killed.mkv whole.mkv
check "the same recipe" cmp killed.mkv.json whole.mkv.json
# A style that becomes another one.
fade="--style painting.png@2 --style a.png@0:0.3"
# shellcheck disable=SC2086
{
    check "two paintings, one after the other" "$scumble" film shot.mov ${quick#*painting.png} $fade -o fade.mkv -q
    check "noted by frames" jq -e '.styles_at == [2, 9]' fade.mkv.json
    check "killed" exits 99 "$tool" interrupt 3 9 "$scumble" film shot.mov ${quick#*painting.png} $fade -o faded.mkv --progress json -q
    check "goes on" says 'going on' "$scumble" film shot.mov ${quick#*painting.png} $fade -o faded.mkv
}
check "with the same frames" same faded.mkv fade.mkv
if [ -n "${SCUMBLE_TESTS_DEEP:-}" ]; then
    tries=0
    while [ $tries -lt 20 ]; do
        tries=$((tries + 1))
        # shellcheck disable=SC2086
        timeout -s KILL "0.$((3 + tries * 7 % 6))$tries" "$scumble" film shot.mov $quick -o random.mkv -q
    done 2>/dev/null
    check "killed at 20 moments" film random.mkv -q
    check "the same frames" same random.mkv whole.mkv
fi
# shellcheck disable=SC2086
check "Ctrl-C" sh -c '"$@" >lines.json; status=$?; cat lines.json; [ $status -eq 130 ]' - "$tool" interrupt 4 2 "$scumble" film shot.mov $quick -o stopped.mkv --progress json
check "says how to go on" grep -q 'to go on: scumble film shot.mov .*-o stopped.mkv' "$scratch/last.err"
check "to programs, too" jq -es '.[-1] | .event == "done" and .interrupted and .checkpoint == "stopped.mkv.work"' lines.json
# refused WORDS ARGUMENTS...: one sentence with the words in it; all stays as it is.
refused() {
    words=$1
    shift
    "$@" >out 2>err
    status=$?
    cat err
    [ $status -ne 0 ] && [ $status -lt 100 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q -e "$words" err
}
check "other options are refused" refused '--beta was 6 and is 3; --restart' film stopped.mkv --beta 3
check "another film" refused 'the film, or what of it is painted, is another one' film stopped.mkv --to 8f
check "another quality" refused '--crf was not given and is 30' film stopped.mkv --crf 30
cp a.png other.png
check "another painting" refused 'the paintings are others' "$scumble" film shot.mov --style other.png --iterations 3 --frame-iterations 2 -o stopped.mkv
check "two at once" refused 'another process works on this film' flock stopped.mkv.work/lock "$scumble" film shot.mov --style painting.png --iterations 3 --frame-iterations 2 -o stopped.mkv
check "--restart begins anew" sh -c '"$@" 2>&1 | tee said && ! grep -q "going on" said' - "$scumble" film shot.mov --painter starry -o stopped.mkv --restart
check "and ends" [ ! -e stopped.mkv.work ]
mkdir mine.mkv.work && touch mine.mkv.work/thesis.txt
check "a folder with other files stays" refused "holds 'thesis.txt'" starry mine.mkv
check "--skip-existing" says 'whole.mkv is there already' starry whole.mkv --skip-existing
check "--no-clobber" refused 'no-clobber is given' starry whole.mkv --no-clobber

# ---- steadying what is painted ----
check "what flickers" starry flick.mkv -q --steady 0
steady="flick.mkv --only-steady --like shot.mov --codec ffv1 --cuts cuts.txt"
# shellcheck disable=SC2086
{
    check "is steadied" "$scumble" film $steady -o calm.mkv -q
    check "killed" exits 99 "$tool" interrupt 5 9 "$scumble" film $steady -o calmed.mkv --progress json -q
    check "goes on" says 'going on after' "$scumble" film $steady -o calmed.mkv
}
check "with the same frames" same calmed.mkv calm.mkv
check "other ones than before" differ calm.mkv flick.mkv

# ---- chunks ----
check "the first chunk" starry parts.mkv -q --chunk 1/2
check "not all are there" refused 'chunk 2 of 2 of .parts.mkv. is missing' "$scumble" film shot.mov -o parts.mkv --join
check "the second one" starry parts.mkv -q --chunk 2/2
check "again there is nothing to do" says 'chunk-02-of-02 is there already' starry parts.mkv --chunk 2/2
check "joined" "$scumble" film shot.mov -o parts.mkv --join -q
check "they are the whole, for they meet at the cut" same parts.mkv painter.mkv
check "with the sound" sh -c '[ -n "$1" ] && [ "$1" = "$2" ]' - "$(sound parts.mkv)" "$(sound painter.mkv)"
check "inside a shot" starry hand.mkv --chunk 2/4 --handles 2 --cuts cuts.txt --progress json
check "two frames more are painted" jq -es '[.[] | select(.event == "progress")] | length == 5' "$scratch/last.out"
check "of other handles" refused 'another chunk, or has other handles' starry hand.mkv --chunk 2/4 --handles 3 --cuts cuts.txt

# ---- sequences, pipes, masks ----
mkdir frames painted
ffmpeg -v error -i shot.mov -start_number 7 frames/f.%04d.png
check "a sequence to a sequence" "$scumble" film 'frames/f.%04d.png' --painter starry -o 'painted/f.%04d.png' -q
check "with the numbers that it had" sh -c '[ "$(ls painted | grep -v json)" = "$(ls frames)" ]'
check "a folder to a film, at its rate" "$scumble" film frames --rate 30000/1001 --painter starry -o folder.mkv -q
check "the rate" [ "$(count folder.mkv)" = 30000/1001,12 ]
check "a sequence, killed" exits 99 "$tool" interrupt 5 9 "$scumble" film 'frames/f.%04d.png' --cuts cuts.txt --painter starry -o 'painted/k.%04d.png' --progress json -q
check "goes on" says 'going on after' "$scumble" film 'frames/f.%04d.png' --cuts cuts.txt --painter starry -o 'painted/k.%04d.png'
check "the same pictures" sh -c 'for f in painted/f.*.png; do cmp "$f" "painted/k.${f#painted/f.}" || exit 1; done'
check "through pipes" sh -c 'ffmpeg -v error -i shot.mov -map 0:v -f yuv4mpegpipe - | "$1" film - --cuts cuts.txt --painter starry -o - -q | ffmpeg -v error -y -f yuv4mpegpipe -i - -c:v ffv1 piped.mkv' - "$scumble"
check "as many frames" [ "$(count piped.mkv)" = "$(count shot.mov)" ]
check "the same as a file" "$scumble" film shot.mov --painter starry -o file.y4m -q --cuts cuts.txt
check "its parts are one" [ "$(count file.y4m)" = "$(count shot.mov)" ]
ffmpeg -v error -f lavfi -i nullsrc=s=64x48,format=gray,geq=lum=0 -frames:v 1 black.png
mkdir masks
ffmpeg -v error -f lavfi -i color=black:s=64x48:r=25,format=gray -frames:v 12 masks/m.%03d.png
# shellcheck disable=SC2086
check "a mask of nothing leaves the film" "$scumble" film frames/f.%04d.png ${quick%--codec*} --to 11f --cuts early.txt --mask black.png -o 'painted/m.%04d.png' -q
check "as it is" "$tool" near 0.004 frames/f.0009.png painted/m.0009.png
check "masks for each frame" film masked.mkv -q --mask 'masks/m.%03d.png' --to 4f --cuts early.txt
rm masks/m.012.png
check "too few of them" refused 'has 11 frames, but the film has 12' film short.mkv --mask 'masks/m.%03d.png'
check "--dry-run measures" says 'about .* of memory and .* of disk' "$scumble" film shot.mov --painter starry --dry-run
check "and leaves nothing" sh -c '! ls -d shot-starry* 2>/dev/null'
check "of a sequence as well" says 'about .* of memory and .* of disk' "$scumble" film 'frames/f.%04d.png' --painter starry --dry-run

# ---- what is wrong ----
printf '3\nnever\n' >wrong.txt
printf '40\n' >far.txt
head -c 2000 shot.mov >broken.mov
touch empty.mov
while IFS='|' read -r code words arguments; do
    wrong() {
        # shellcheck disable=SC2086
        "$scumble" film $arguments >out 2>err </dev/null
        status=$?
        cat err
        [ $status -eq "$code" ] && grep -q -e "$words" err && [ "$(grep -c '^scumble: ' err)" -eq 1 ]
    }
    check "film $arguments" wrong
done <<'END'
2|there is no film; give one|--style painting.png
2|neither a style nor a painter|shot.mov
2|--style and --painter do not go together|shot.mov --style painting.png --painter starry
2|there are 2 films|shot.mov shot.mov --painter starry
2|--mask is for --style|shot.mov --painter starry --mask black.png
2|--beta is an option of a style|shot.mov --painter starry --beta 3
2|--strength is an option of a painter|shot.mov --style painting.png --strength 1
2|moment (PAINTING@120) for 1 of 2 paintings|shot.mov --style painting.png@3 --style a.png
2|in the order of time|shot.mov --style painting.png@3 --style a.png@3
2|--only-steady goes with --like|shot.mov --only-steady
2|--only-steady takes --steady alone|shot.mov --only-steady --like shot.mov --beta 2
2|--steady: '2'|shot.mov --painter starry --steady 2
2|--rate is 'fast'|frames --rate fast --painter starry -o x.mkv
2|--chunk is '3/2'|shot.mov --painter starry --chunk 3/2
2|the film has 12 frames; no more chunks|shot.mov --painter starry --chunk 3/20
2|--join needs the name|shot.mov --join
2|--join takes the film and -o alone|shot.mov --join -o x.mkv --painter starry
1|there are no chunks of 'x.mkv'|shot.mov --join -o x.mkv
2|--crf and --bitrate|shot.mov --painter starry --crf 3 --bitrate 1M
2|line 2 of 'wrong.txt' is 'never'|shot.mov --painter starry --cuts wrong.txt
2|has the frames 0 to 11|shot.mov --painter starry --cuts far.txt
1|cannot read the cuts in 'gone.txt'|shot.mov --painter starry --cuts gone.txt
1|gone.mov|gone.mov --painter starry
1|broken.mov|broken.mov --painter starry
1|empty.mov|empty.mov --painter starry
1|called 'stary' (did you mean 'starry'|shot.mov --painter stary
1|cannot read the style 'gone.png'|shot.mov --style gone.png
2|overwrite the input 'shot.mov'|shot.mov --painter starry -o shot.mov
1|there is no folder 'missing'|shot.mov --painter starry -o missing/x.mkv
2|give one with -o|- --painter starry
2|which is no file|shot.mov --painter starry -o /dev/null
1|x.xyz|shot.mov --painter starry -o x.xyz
2|the folder whose pictures are the film|frames --painter starry -o frames/x.%04d.png
END
finish
