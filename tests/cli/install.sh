# SPDX-License-Identifier: MIT
# What is installed works where it lies, wherever that is, the module that finds faces with it, and so does a program that is built against it; and
# what is said when the module, or libvips, is damaged or missing.
# Further arguments: the build folder, and the prefix and the folders of programs and libraries as they will be on the machine. Needs $MESON and $CC.
build=$4 prefix=$5 bin=$6 lib=$7
. "$(dirname "$0")/tap.sh"
unset VIPSHOME # libvips with all its modules, see tap.sh
make_pictures
unset LD_LIBRARY_PATH # the run paths must do

check "meson install" "$MESON" install -C "$build" --no-rebuild --destdir "$scratch/root"
# Moved: nothing may know where it was put.
check "moved" mv "$scratch/root" "$scratch/another place"
destination="$scratch/another place"
installed=$destination$bin/scumble
module=$destination$lib/scumble/libscumble-faces.so
check "the documents" sh -c 'cd "$1" && [ -s share/man/man1/scumble.1 ] && [ -s share/doc/scumble/README.md ] && [ -s share/doc/scumble/doc/tutorial.md ] && [ -s share/doc/scumble/LICENSE ]' - "$destination$prefix"
check "the manual pages" sh -c 'cd "$1/share/man/man1" && [ "$(ls scumble*.1 | wc -l)" -eq 16 ] && [ -s scumble-train-encoder.1 ]' - "$destination$prefix"
check "the completions" sh -c 'cd "$1/share" && bash -n bash-completion/completions/scumble && [ -s zsh/site-functions/_scumble ] && [ -s fish/vendor_completions.d/scumble.fish ]' - "$destination$prefix"
check "the installed program uses the installed library" sh -c 'ldd "$1" | grep libscumble | grep -qF "=> $2"' - "$installed" "$destination"
check "the name of the library says which programs it serves" sh -c 'readelf -d "$1" | grep -qF "[libscumble.so.$(echo "$2" | cut -d. -f1,2)]"' - \
    "$destination$lib/libscumble.so" "$("$scumble" --version | grep -o "[0-9.]*" | head -n 1)"
check "its version" says "$("$scumble" --version)" "$installed" --version
check "a picture" "$installed" stylize photo.png --style painting.png --size 48 --iterations 2 -q -o plain.png
check "the pixels of the build folder's" sh -c '"$1" stylize photo.png --style painting.png --size 48 --iterations 2 -q -o own.png && "$2" pixels plain.png own.png' - \
    "$scumble" "$tool"

# ---- the README's program, built against the tree where it lies now ----
awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' "$root/README.md" >paint.c
build_program() {
    # A path with a space would be two words: pkg-config's own answer is quoted for a shell.
    PKG_CONFIG_PATH="$destination$lib/pkgconfig" pkg-config --cflags --libs scumble >flags && cat flags && eval "$CC paint.c -o paint $(cat flags)"
}
check "the README's program is built" build_program
check "and paints" sh -c './paint photo.png painting.png painted.png && [ -s painted.png ]'

# no_detector WHY: --faces ends with the sentence, which tells why, and paints nothing.
no_detector() {
    "$installed" stylize photo.png --style painting.png --size 48 --iterations 2 --faces -o faces.png 2>err
    [ $? -eq 1 ] && cat err && [ "$(wc -l <err)" -eq 1 ] && grep -q "there is no face detector (.*$1.*): 'make faces'" err && [ ! -e faces.png ]
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

# ---- libheif's encoders, which are files of their own in newer systems ----
no_encoder() {
    if LIBHEIF_PLUGIN_PATH=$scratch "$installed" stylize photo.png --style painting.png --size 48 --iterations 2 -q -o none.avif 2>err; then
        [ -s none.avif ] # built into libheif
    else
        cat err && [ "$(wc -l <err)" -eq 1 ] && grep -q "cannot write .avif pictures" err
    fi
}
check "AVIF, or that it cannot be written" no_encoder

# ---- libvips, which is loaded for the first picture ----
echo "no library" >"$destination$lib/scumble/libvips.so.42"
no_libvips() {
    "$installed" stylize photo.png --style painting.png --size 48 -o none.png 2>err
    [ $? -ne 0 ] && cat err && [ "$(wc -l <err)" -eq 1 ] && grep -q 'libvips, which reads and writes pictures, cannot be loaded: .*libvips.so.42' err
}
check "a damaged libvips" no_libvips
check "help without libvips" says "usage: scumble stylize" "$installed" stylize --help
check "a missing picture without libvips" sh -c '! "$1" stylize none.png --style painting.png 2>err && grep -q "No such file" err' - "$installed"
finish
