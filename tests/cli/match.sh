# SPDX-License-Identifier: MIT
# scumble match, stylize --auto and guide: the order, reasons, the sheet, the cache (cold, warm, damaged, shared, unwritable, a changed file), and what is refused.
. "$(dirname "$0")/tap.sh"
make_pictures
mkdir paintings && for seed in 3 4 6 7; do "$tool" picture 60 50 $seed paintings/p$seed.png; done
cp photo.png paintings/same.png
base=$XDG_CACHE_HOME/scumble/descriptors.sqlite

scores() {
    "$scumble" match photo.png paintings -q 2>/dev/null | sed -n 's/^ *\([0-9][0-9]*\)  \(paintings[^ ]*\).*/\1 \2/p'
}
check "five pictures" [ "$(scores | wc -l)" -eq 5 ]
scores >warm
check "best first" sh -c 'cut -d" " -f1 warm | sort -c -n -r'
check "scores from 0 to 100" awk '$1 < 0 || $1 > 100 { exit 1 }' warm
check "they are kept" [ -s "$base" ]
check "the photo itself lies nearest in features" sh -c '"$1" match photo.png paintings --json | jq -e "[.pictures | sort_by(.measures.relu1_1)[]][0].picture == \"paintings/same.png\""' - "$scumble"
XDG_CACHE_HOME=$scratch/second scores >cold
check "warm as cold" cmp warm cold
check "one thread as two" sh -c '"$1" match photo.png paintings -q --threads 1 | cmp - "$2"' - "$scumble" /dev/stdin <<END
$(XDG_CACHE_HOME=$scratch/third "$scumble" match photo.png paintings -q --threads 2)
END
echo "this is no database, but long enough to be looked at as if it were one" >"$base"
scores >again
check "a damaged cache is made anew" cmp warm again
for part in 1 2 3 4; do
    XDG_CACHE_HOME=$scratch/shared scores >"shared$part" &
done
wait
check "several at a time" sh -c 'cmp warm shared1 && cmp warm shared2 && cmp warm shared3 && cmp warm shared4'
XDG_CACHE_HOME=$scratch/shared scores >after
check "and after them" cmp warm after
XDG_CACHE_HOME=/dev/null/nowhere scores >without
check "no folder for the cache" cmp warm without
touch -d '1 hour ago' paintings/p3.png && scores >/dev/null && "$tool" picture 60 50 9 paintings/p3.png
check "a changed file is seen" sh -c '! "$1" match photo.png paintings -q | cmp -s - warm' - "$scumble"

check "the best one" [ "$("$scumble" match photo.png paintings -q --top 1 | grep -c '^ *[0-9][0-9]*  paintings')" -eq 1 ]
check "and its settings" says 'scumble stylize photo.png --style paintings/.* --beta [0-9.e+]* --style-scale [0-9.]* --colour [a-z]* -o' "$scumble" match photo.png paintings
check "photos for a painting" says '^SCORE  PHOTO' "$scumble" match --style painting.png photo.png second.png
check "as JSON" sh -c '"$1" match photo.png paintings --json | jq -e ".photo == \"photo.png\" and (.pictures | length) == 5 and (.settings_of_best | .beta >= 1 and .beta <= 32) and
    (.pictures[0] | (.reasons | length) == 5 and (.measures | length) == 24 and .settings.beta >= 1)"' - "$scumble"
check "a sheet" says 'wrote sheet.png (' "$scumble" match photo.png paintings --sheet sheet.png
check "alpha, grey, tiny" sh -c '"$1" picture 1 1 1 dot.png && "$2" match photo.png dot.png paintings/p4.png' - "$tool" "$scumble"

hostile=$(printf 'evil\033[31m.png') && cp painting.png "$hostile"
check "a name cannot drive the terminal" sh -c '"$1" match photo.png "$2" -q >said && grep -q "evil?" said && ! grep -q "$(printf "\\033")" said' - "$scumble" "$hostile"

check "no paintings" exits 2 "$scumble" match photo.png
check "no photo" exits 2 "$scumble" match
check "a photo that is missing" exits 1 "$scumble" match none.png paintings
check "is named" grep -q "none.png" "$scratch/last.err"
head -c 200 paintings/p4.png >paintings/cut.png
check "one broken picture" exits 1 "$scumble" match photo.png paintings -q
check "is named, and the others are matched" sh -c 'grep -q "cut.png" "$1" && [ "$(grep -c "^ *[0-9][0-9]*  paintings" "$2")" -eq 5 ]' - "$scratch/last.err" "$scratch/last.out"
check "a sheet over an input" exits 2 "$scumble" match photo.png painting.png --sheet painting.png
check "a sheet without a format" exits 2 "$scumble" match photo.png painting.png --sheet sheet.xyz

check "--auto" says 'auto: beta [0-9.]*, style-scale [0-9.]*, colour [a-z]*' "$scumble" stylize photo.png --style painting.png --auto --size 32 --iterations 2 -o auto.png
beta=$(sed -n 's/.*auto: beta \([0-9.e+]*\),.*/\1/p' "$scratch/.said")
check "is in the recipe" sh -c '"$1" stylize photo.png --style painting.png --auto --size 32 --iterations 2 -o again.png -q --recipe recipe.json && jq -e ".options.beta | tonumber == $2" recipe.json' - \
    "$scumble" "$beta"
check "what is given stays" says 'auto: beta 3,' "$scumble" stylize photo.png --style painting.png --auto --beta 3 --size 32 --iterations 2 -o given.png
check "each photo its own" [ "$("$scumble" stylize photo.png second.png --style painting.png --auto --size 32 --iterations 2 -o both/ 2>&1 | grep -c 'auto: beta')" -eq 2 ]
check "not with a preset" exits 2 "$scumble" stylize photo.png --style painting.png --auto --preset classic -o none.png
check "not with a recipe" exits 2 "$scumble" stylize --from again.png --auto -o none.png

check "the guide" says '^The painting$' "$scumble" guide
check "is text: no marks of headlines, no pictures" sh -c '! grep -q "^[#!]" "$1"' - "$scratch/last.out"
check "and takes no words" exits 2 "$scumble" guide painting

finish
