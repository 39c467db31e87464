# SPDX-License-Identifier: MIT
# scumble film and its files: what a dry run of a sequence says, pipes to sequences, pictures that are read, moments, masks with --from, and a work folder
# that was cut off by power, Ctrl-C or hand.
. "$(dirname "$0")/tap.sh"
command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null || { echo "1..0 # SKIP there is no ffmpeg"; exit 0; }

# Six small frames, 7 to 12, and a film of them.
"$tool" picture 48 32 1 a.png
"$tool" picture 48 32 4 b.png
mkdir frames
for n in 07 08 09 10 11 12; do cp a.png "frames/f.00$n.png"; done
ffmpeg -v error -framerate 25 -start_number 7 -i frames/f.%04d.png -c:v ffv1 -pix_fmt yuv444p -timecode 01:00:00:00 shot.mkv || { echo "Bail out! cannot make the film"; exit 1; }
printf '3\n' >cuts.txt
echo 0 >none.txt
# starry FILM OUT ARGUMENTS...
starry() {
    film=$1 out=$2
    shift 2
    "$scumble" film "$film" --painter starry --cuts cuts.txt -o "$out" "$@"
}
# refused WORDS COMMAND...: one sentence with the words in it.
refused() {
    words=$1
    shift
    "$@" >out 2>err
    status=$?
    cat err
    [ $status -ne 0 ] && [ $status -lt 100 ] && [ "$(grep -c '^scumble: ' err)" -eq 1 ] && grep -q -e "$words" err
}

# ---- --dry-run of a sequence ----
mkdir temporary
disk() {
    env TMPDIR=temporary "$scumble" film 'frames/f.%04d.png' --painter starry --cuts cuts.txt -o "$1" --dry-run -q --progress json >lines.json && cat lines.json &&
        jq -es '[.[] | select(.event == "start")][0].disk_bytes > 0' lines.json
}
check "--dry-run of PNG" disk 'x.%04d.png'
png=$(jq -s '[.[] | select(.event == "start")][0].disk_bytes' lines.json)
check "of PPM" disk 'x.%04d.ppm'
check "pictures are measured" [ "$(jq -s '[.[] | select(.event == "start")][0].disk_bytes' lines.json)" -ne "$png" ]
check "of OpenEXR" disk 'x.%04d.exr'
ffmpeg -v error -i shot.mkv -f yuv4mpegpipe pipe.y4m
check "of standard input, whose length nobody knows" sh -c '"$1" film - --painter starry --cuts cuts.txt -o x.%04d.png --dry-run <pipe.y4m >said && cat said && grep -q "about [0-9.]* [MG]iB of memory" said' - "$scumble"
check "nothing is left" sh -c '[ -z "$(ls temporary)" ] && ! ls x.* 2>/dev/null'

# ---- a pipe to a sequence ----
mkdir piped
check "a pipe becomes pictures" sh -c 'cat pipe.y4m | "$1" film - --painter starry --cuts cuts.txt -o piped/f.%04d.png -q' - "$scumble"
check "all of them, by their own names" sh -c '[ "$(ls piped | grep -v json | tr "\n" " ")" = "f.0001.png f.0002.png f.0003.png f.0004.png f.0005.png f.0006.png " ]'
check "which --no-clobber leaves" refused 'no-clobber is given' sh -c '"$1" film - --painter starry --cuts cuts.txt -o piped/f.%04d.png --no-clobber -q <pipe.y4m' - "$scumble"
check "--skip-existing cannot know" refused 'cannot know which pictures' starry - 'piped/f.%04d.png' --skip-existing
check "Ctrl-C says where they are" sh -c '"$1" interrupt 3 2 "$2" film - --painter starry --cuts cuts.txt -o piped/s.%04d.png --progress json <pipe.y4m >said 2>&1; cat said; grep -q "stopped after [345] frames; they are in piped/s.%04d.png" said' - "$tool" "$scumble"
# ---- pictures that are read are not written over ----
mkdir numbered
for n in 0998 0999 1000 1001; do cp a.png "numbered/f.$n.png"; done
cp -r numbered kept
for pattern in 'numbered/f.#.png' 'numbered/f.%03d.png' "$PWD/numbered/f.%d.png" 'numbered/f.1%03d.png' 'frames/../numbered/f.####.png'; do
    check "refused: ${pattern#"$PWD/"}" refused 'names the pictures that are read' starry 'numbered/f.%04d.png' "$pattern"
done
check "they are as they were" diff -r numbered kept
check "another name goes" starry 'numbered/f.%04d.png' 'numbered/g.%d.png' -q --to 1002f
# ---- moments: one notation ----
# begins AT MOMENT ARGUMENTS...: a shot begins there.
begins() {
    at=$1
    echo "$2" >moment.txt
    shift 2
    "$scumble" film "$@" --cuts moment.txt --list-shots >said || return 1
    cat said
    [ "$(cut -d' ' -f1 said | tr '\n' ' ')" = "0 $at " ]
}
check "a cut by timecode, as the film counts" begins 3 01:00:00:03 shot.mkv
check "drop-frame, too" begins 4 '00:00:00;04' pipe.y4m
check "a time" begins 2 0.08 shot.mkv
check "of the whole film" begins 1 0:00.12 shot.mkv --from 2f
check "a number from --from on" begins 3 3 shot.mkv --from 2f
check "of the film itself" begins 1 3f shot.mkv --from 2f
check "a picture's number" begins 3 10f 'frames/f.%04d.png'
check "rounded as it is listed" sh -c 'printf "0.033\n" >moment.txt && "$1" film "frames/f.%04d.png" --rate 30 --cuts moment.txt --list-shots | tail -1 | grep "^1  *# shot 2 at 0.033"' - "$scumble"
check "before the film's own clock" refused "line 1 of 'moment.txt' is '00:00:00:03'" begins 3 00:00:00:03 shot.mkv
check "before --from" refused "is '1f'; it must be" begins 1 1f shot.mkv --from 2f
check "a painting's moment is one of them" sh -c '"$1" film shot.mkv --style a.png@01:00:00:01 --style frames/f.0007.png@01:00:00:04 --cuts none.txt --iterations 1 --frame-iterations 1 --to 2f $2 -o fade.mkv -q && jq -e ".styles_at == [1, 4]" fade.mkv.json' - "$scumble" "$shallow"
check "which leaves no weight" refused 'has a weight and a moment' "$scumble" film shot.mkv --style a.png:2@0 --style b.png@3 -o weight.mkv

# ---- masks beside --from ----
# The mask of each frame is black but for one of them, where paint is.
mkdir masks
for n in 07 08 09 10 11 12; do
    awk -v level="$([ $n = 10 ] && echo 255 || echo 0)" 'BEGIN { print "P2 48 32 255"; for (i = 0; i < 48 * 32; i++) print level }' >"masks/m.00$n.pgm"
done
check "masks of the whole, with --rate and --from" sh -c '"$1" film "frames/f.%04d.png" --rate 50 --from 0.04 --style b.png --mask "masks/m.%04d.pgm" --cuts none.txt --iterations 3 --frame-iterations 5 -o "masked.%04d.png" -q' - "$scumble"
check "the frame before is its own" "$tool" near 0.012 frames/f.0009.png masked.0009.png
check "the one with the mask is painted" sh -c '! "$1" near 0.012 frames/f.0010.png masked.0010.png' - "$tool"
# ---- the work folder ----
killed() {
    exits 99 "$tool" interrupt "$1" 9 "$scumble" film shot.mkv --painter starry --codec ffv1 --cuts cuts.txt -o "$2" --progress json -q
}
goes_on() {
    starry shot.mkv "$1" --codec ffv1
}
same() {
    for film in "$1" "$2"; do ffmpeg -v error -i "$film" -f framemd5 - | grep -v '^#' >"$film.md5"; done
    [ "$(wc -l <"$1.md5")" -eq 6 ] && diff "$1.md5" "$2.md5"
}
alone() { # OUT: nothing is beside it but its recipe
    [ "$(find . -maxdepth 1 -name "*$1*" | sort | tr '\n' ' ')" = "./$1 ./$1.json " ]
}
check "a film" goes_on whole.mkv
check "and nothing beside it" alone whole.mkv
check "killed" killed 5 power.mkv
for frame in power.mkv.work/frame-*; do newest=$frame; done
: >"$newest"
check "a frame that a power cut took is painted once more" goes_on power.mkv
check "with the same frames" same power.mkv whole.mkv
check "killed, to be cut off" killed 5 cut.mkv
for state in cut.mkv.work/state-*; do newest=$state; done
truncate -s -100 "$newest"
check "so is one whose state was cut off" goes_on cut.mkv
check "with the same frames, too" same cut.mkv whole.mkv
# Before a state goes, a later one is on the disk, with all frames up to it, the journal and the names in the folder; before frames go, their part, and a state
# after it.
if strace -o /dev/null true 2>/dev/null; then
    check "traced" env ASAN_OPTIONS=detect_leaks=0 strace -f -y -o trace -e trace=fsync,fdatasync,unlink,rename "$scumble" film shot.mkv --painter starry --cuts cuts.txt --codec ffv1 -o traced.mkv -q
    cat >order.awk <<'AWK'
function number(kind) { match($0, kind "-[0-9]+"); return substr($0, RSTART + length(kind) + 1, RLENGTH - length(kind) - 1) + 0 }
/rename.*"[^"]*\/frame-/ { waits[number("\/frame")] = 1 }
/rename.*"[^"]*\/part-[0-9]+-[0-9]+"/ { parts++; named = 0 }
/fdatasync.*\/frame-/ { delete waits[number("\/frame")] }
/fdatasync.*\/state-/ { state = number("\/state"); synced = 1; lines = 0 }
/fdatasync.*\/frames>/ { lines = 1 }
/fsync.*\.work>/ {
    named = 1
    if (synced && lines) {
        for (n in waits) if (n + 0 <= state) wrong = wrong " frame " n
        kept[state] = 1
        newest = state
        rounds++
    }
}
/unlink.*\/state-/ {
    n = number("\/state"); gone++
    if ((n in kept) && n >= newest && !finished) wrong = wrong " state " n
    delete kept[n]
}
/unlink.*\/frame-/ { n = number("\/frame"); if (!named || n > newest) wrong = wrong " early " n; delete waits[n] }
/unlink.*plan\.json/ { finished = rounds }
END { if (wrong != "" || parts != 2 || !rounds || gone < 5) { print wrong, parts, rounds, gone; exit 1 } }
AWK
    check "all is on the disk before what it replaces goes" awk -f order.awk trace
fi
check "killed again" killed 5 plan.mkv
cp -r plan.mkv.work before
echo '{' >plan.mkv.work/plan.json
cp plan.mkv.work/plan.json before
check "a damaged plan is refused" refused "plan.mkv.work/plan.json' cannot be read" goes_on plan.mkv
check "and what was painted stays" diff -r plan.mkv.work before
echo '{"identity": {}}' >plan.mkv.work/plan.json
check "another one, too" refused 'is another one\|cannot be read\|differ' goes_on plan.mkv
check "--restart begins anew" starry shot.mkv plan.mkv --codec ffv1 --restart
for name in frames.zip lockers plan.json.bak state-1.txt part-a .thesis .plans; do
    rm -rf mine.mkv.work && mkdir mine.mkv.work && touch "mine.mkv.work/$name"
    check "$name is none of its files" refused "holds '$name'" goes_on mine.mkv
done
check "killed once more" killed 5 join.mkv
touch join.mkv.work/..film.mkv.1f-0.tmp.mkv join.mkv.work/.film.mkv # of a process that died while it joined
check "what was half joined goes" goes_on join.mkv
check "so that nothing is left" alone join.mkv
check "Ctrl-C at the end" sh -c '"$1" interrupt 6 2 "$2" film shot.mkv --painter starry --codec ffv1 --cuts cuts.txt -o late.mkv --progress json; [ $? -eq 130 ] || [ -e late.mkv ]' - "$tool" "$scumble"
[ -e late.mkv ] || check "goes on" goes_on late.mkv
check "leaves nothing" alone late.mkv

# ---- chunks ----
check "a chunk" starry shot.mkv parts.mkv --codec ffv1 --chunk 1/2
check "and another" starry shot.mkv parts.mkv --codec ffv1 --chunk 2/2
mkdir parts.mkv.chunk-01-of-02.old parts.mkv.chunk-03-of-04-copy
check "other folders are no chunks" "$scumble" film shot.mkv -o parts.mkv --join
rm -r parts.mkv.chunk-*
check "all is in the film" alone parts.mkv
mkdir halves
check "half a sequence" starry 'frames/f.%04d.png' 'halves/f.%04d.png' -q --chunk 1/2
check "the other half" starry 'frames/f.%04d.png' 'halves/f.%04d.png' -q --chunk 2/2
check "are all of it" "$scumble" film 'frames/f.%04d.png' -o 'halves/f.%04d.png' --join
rm halves/f.0010.png
check "but for what is missing" refused "'halves/f.0010.png' is missing" "$scumble" film 'frames/f.%04d.png' -o 'halves/f.%04d.png' --join
finish
