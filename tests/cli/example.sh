# SPDX-License-Identifier: MIT
# The program at the top of scumble.h is examples/stylize.c, compiles, and paints.
. "$(dirname "$0")/tap.sh"
make_pictures

same_text() {
    # The indented lines of the header's first long comment, and the example without its own two comment lines; lines may end elsewhere, for the comment is indented.
    sed -n -e '/^#ifndef/q' -e 's/^ \*     //p' "$root/include/scumble/scumble.h" >header.c
    tr -s '[:space:]' ' ' <header.c >header.txt
    sed -n '3,$p' "$root/examples/stylize.c" | tr -s '[:space:]' ' ' | diff header.txt - && [ "$(wc -l <header.c)" -ge 10 ]
}
check "the header's program is examples/stylize.c" same_text
check "it paints" "$example" photo.png painting.png out.png
check "the default job" "$scumble" stylize photo.png --style painting.png -q -o same.png
check "which is what the program does by default" "$tool" pixels out.png same.png
check "it says what is wrong" sh -c '! "$1" gone.png painting.png out.png' - "$example"
check "in a sentence" grep -q "gone.png" "$scratch/last.err"
finish
