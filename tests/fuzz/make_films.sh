#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes the small films in tests/fuzz/corpus/film with ffmpeg. Run from tests/fuzz. The files are kept in the repository.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf '1\n00:00:00,000 --> 00:00:00,100\na\n' >"$scratch/a.srt"
printf ';FFMETADATA1\ntitle=t\ntimecode=01:00:00:00\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=100\ntitle=c\n' >"$scratch/chapters"
# film NAME ARGUMENTS...: six frames of 16 x 12.
film() {
    name=$1
    shift
    ffmpeg -v error -y -flags +bitexact -fflags +bitexact -f lavfi -i testsrc2=s=16x12:r=25:d=0.24 "$@" "corpus/film/$name"
}
sound="-f lavfi -i sine=440:r=8000:d=0.3"
film plain.y4m -pix_fmt yuv420p
film deep.y4m -frames:v 3 -pix_fmt yuv420p10le -strict -1
# shellcheck disable=SC2086 # options
{
    film lossless.mkv $sound -i "$scratch/a.srt" -i "$scratch/chapters" -map 0 -map 1 -map 2 -map_metadata 3 -c:v ffv1 -level 3 -slices 4 -c:a flac -c:s srt
    film h264.mp4 $sound -c:v libx264 -x264opts no-scenecut -bf 2 -g 3 -pix_fmt yuv420p -colorspace smpte170m -c:a aac -b:a 16k
}
film prores.mov -frames:v 2 -c:v prores_ks -profile:v 4444 -pix_fmt yuva444p10le -timecode 00:00:00:00
film anim.gif -frames:v 3
film fields.mpg -frames:v 4 -c:v mpeg2video -flags +ilme+ildct
film alpha.webm -frames:v 3 -c:v libvpx-vp9 -pix_fmt yuva420p -metadata:s:v alpha_mode=1
film m.nut -frames:v 3 -c:v mjpeg
film vfr.mkv -vf "setpts='N*N/25/TB'" -fps_mode vfr -c:v ffv1
ffmpeg -v error -y -i corpus/film/h264.mp4 -c copy -metadata:s:v rotate=90 corpus/film/turned.mov # FFmpeg 5; later ones: -display_rotation 90 before -i
