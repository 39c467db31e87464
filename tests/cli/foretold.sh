# SPDX-License-Identifier: MIT
# The memory that is foretold before a run is what it takes, within a tenth. What the libraries hold is foretold as a number (core/process.h), that of Debian 12,
# where the program holds 16 MiB to say its version; what it holds more elsewhere is added (on Debian 13 6 MiB).
. "$(dirname "$0")/tap.sh"
unset VIPSHOME # libvips with all its modules, see tap.sh
make_pictures

more=$("$tool" memory 100 0 "$scumble" --version | sed -n 's/.* said, \(.*\) were taken/\1/p' | awk '{ print ($1 > 16 ? $1 - 16 : 0) }')
# Meson lets malloc write to what nobody uses: then all of it counts.
foretold() {
    MALLOC_PERTURB_=0 "$tool" memory 10 "$more" "$@"
}
"$tool" picture 300 220 3 large.png
"$tool" picture 400 300 4 canvas.png
awk 'BEGIN { print "P2 300 220 255"; for (i = 0; i < 300 * 220; i++) print 255 * (i % 300 < 150) }' >west.pgm
awk 'BEGIN { print "P2 300 220 255"; for (i = 0; i < 300 * 220; i++) print 255 * (i % 300 >= 150) }' >east.pgm
for extra in "" "--rotations" "--preset full --rotations" "--mask west.pgm --style painting.png --mask east.pgm" "--style-terms sliced,histogram --variable pyramid" \
    "--colour photo --tileable"; do
    # shellcheck disable=SC2086
    check "the memory that was foretold: $extra" foretold "$scumble" stylize large.png --style canvas.png $extra --size 300 --iterations 4 --threads 2 \
        --progress json -q -o large-out.png
done
# More than eight iterations fill the optimiser's history, and the thirteenth searches for neighbours again.
"$tool" picture 448 336 3 wide.png
for extra in "--iterations 3" "--iterations 10 --scales 1" "--iterations 3 --style-terms neighbour" "--iterations 14 --scales 1 --style-terms neighbour" "--iterations 3 --optimizer adam"; do
    # shellcheck disable=SC2086
    check "the memory that was foretold: $extra" foretold "$scumble" stylize wide.png --style canvas.png $extra --size 448 --threads 2 \
        --progress json -q -o large-out.png
done
check "the memory that was foretold: a texture" foretold "$scumble" texture canvas.png --size 300x220 --iterations 4 --threads 2 --progress json -q -o t.png
finish
