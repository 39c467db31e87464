# SPDX-License-Identifier: MIT
# What is installed works where it lies, the module that finds faces with it; and what is said when that, or libvips, is damaged or missing.
# Further arguments: the build folder, and the folders of programs and libraries as they will be on the machine. Needs $MESON.
build=$4 bin=$5 lib=$6
. "$(dirname "$0")/tap.sh"
make_pictures
destination=$scratch/root
LD_LIBRARY_PATH=$destination$lib # in place of ldconfig
installed=$destination$bin/scumble
module=$destination$lib/scumble/libscumble-faces.so

check "meson install" "$MESON" install -C "$build" --no-rebuild --destdir "$destination"
export LD_LIBRARY_PATH
check "the installed program uses the installed library" sh -c 'ldd "$1" | grep libscumble | grep -q "$2"' - "$installed" "$destination$lib"
check "its version" says "$("$scumble" --version)" "$installed" --version
check "a picture" "$installed" stylize photo.png --style painting.png --size 48 --iterations 2 -q -o plain.png
check "the pixels of the build folder's" sh -c '"$1" stylize photo.png --style painting.png --size 48 --iterations 2 -q -o own.png && "$2" pixels plain.png own.png' - \
    "$scumble" "$tool"

# no_detector WHY: --faces ends with the sentence, which tells why, and paints nothing.
no_detector() {
    "$installed" stylize photo.png --style painting.png --size 48 --iterations 2 --faces -o faces.png 2>err
    [ $? -eq 1 ] && cat err && [ "$(wc -l <err)" -eq 1 ] && grep -q "there is no face detector (.*$1.*): install dlib" err && [ ! -e faces.png ]
}
if [ "$EXPECT_DETECTOR" = 1 ]; then
    check "the module is installed" [ -s "$module" ]
    check "faces are looked for" says 'no face was found' "$installed" stylize photo.png --style painting.png --size 48 --iterations 2 --faces -o found.png
fi
mkdir -p "$(dirname "$module")"
rm -f "$module"
echo "no module" >"$module"
check "a damaged module" no_detector 'libscumble-faces.so: file too short'
rm "$module"
check "no module" no_detector 'libscumble-faces.so: cannot open shared object file'

# ---- libvips, which is loaded for the first picture ----
echo "no library" >"$destination$lib/libvips.so.42"
no_libvips() {
    "$installed" stylize photo.png --style painting.png --size 48 -o none.png 2>err
    [ $? -ne 0 ] && cat err && [ "$(wc -l <err)" -eq 1 ] && grep -q 'libvips, which reads and writes pictures, cannot be loaded: .*libvips.so.42' err
}
check "a damaged libvips" no_libvips
check "help without libvips" says "usage: scumble stylize" "$installed" stylize --help
check "a missing picture without libvips" sh -c '! "$1" stylize none.png --style painting.png 2>err && grep -q "No such file" err' - "$installed"
finish
