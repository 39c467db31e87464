#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes out/scumble-VERSION-linux-x86_64.tar.xz: program, library, headers, documents, and every library that they need but glibc's, for any system with
# the glibc of this one or a newer one. It may be unpacked anywhere and moved. To be run on Debian 12, whose packages the libraries come from.
# Left out: the module for faces (dlib brings a linear algebra library of its own), and of libvips' modules those for PDF, slides of
# microscopes and ImageMagick: large, and made for files that compute. AVIF, HEIC and JPEG XL are in it.
# Usage: scripts/dist-archive.sh [BUILD]     BUILD: the build folder, build-archive unless given
set -eu

build=${1:-build-archive}
here=$PWD
[ -d "$build" ] || meson setup "$build" --prefix=/usr/local --libdir=lib -Dtests=disabled -Dfaces=disabled >/dev/null
ninja -C "$build" >/dev/null

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
meson install -C "$build" --no-rebuild --strip --destdir "$scratch" >/dev/null
version=$("$build/scumble" --version | awk '{ print $NF; exit }')
name=scumble-$version-linux-x86_64
tree=$scratch/$name
mv "$scratch/usr/local" "$tree"
libraries=$tree/lib/scumble
mkdir -p "$libraries/vips-modules" "$libraries/fonts"
echo "dist-archive: $name"

# ---- libraries ----

# The real files behind the libraries that a file needs, glibc's left out: "NAME FILE" a line.
needs() {
    ldd "$1" | awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }' |
        grep -vE '^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|nsl|anl))\.so\.[0-9]+ '
}
system=$(dirname "$(ldd "$tree/lib/libscumble.so.0.2" | awk '$1 ~ /^libglib-2/ { print $3 }')")
vips=$system/libvips.so.42
modules=$(echo "$system"/vips-modules-*)
cp "$modules/vips-heif.so" "$modules/vips-jxl.so" "$libraries/vips-modules/"
{
    echo "libvips.so.42 $vips"
    for file in "$tree/lib/libscumble.so.0.2" "$tree/bin/scumble" "$vips" "$libraries"/vips-modules/*.so; do
        needs "$file"
    done
} | grep -v '^libscumble' | sort -u >"$scratch/needed"
while read -r soname file; do
    cp -L "$file" "$libraries/$soname"
done <"$scratch/needed"
cp /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf "$libraries/fonts/"
cat >"$libraries/fonts/fonts.conf" <<'END'
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir prefix="relative">.</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>
END
chmod 644 "$libraries"/*.so* "$libraries"/vips-modules/*

# Each file finds its own where it lies.
for file in "$libraries"/*.so*; do
    patchelf --set-rpath '$ORIGIN' "$file"
done
patchelf --set-rpath '$ORIGIN/..' "$libraries"/vips-modules/*.so
patchelf --set-rpath '$ORIGIN/../lib:$ORIGIN/../lib/scumble' "$tree/bin/scumble"

# ---- licences ----

# The package that a file is of; dpkg knows it by its name before or after /usr was merged.
package_of() {
    for path in "$1" "/usr$1" "$(readlink -f "$1")" "${1#/usr}"; do
        dpkg-query -S "$path" 2>/dev/null | sed 's/[:,].*//' | head -n 1 | grep . && return 0
    done
    echo "dist-archive: $1 is of no package, so its licence is not known" >&2
    return 1
}
licences=$tree/share/doc/scumble/licences
mkdir -p "$licences"
cut -d' ' -f2 "$scratch/needed" >"$scratch/files"
printf '%s\n' "$modules/vips-heif.so" /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf >>"$scratch/files"
while read -r file; do
    package_of "$file"
done <"$scratch/files" >"$scratch/packages"
sort -u "$scratch/packages" | while read -r package; do
    cp -L "/usr/share/doc/$package/copyright" "$licences/$package.txt"
    dpkg-query -W -f '${Package} ${Version} (source: ${source:Package} ${source:Version})\n' "$package"
done >"$scratch/list"
{
    cat <<'END'
scumble itself is under the MIT licence (../LICENSE). The libraries in lib/scumble come unchanged, but for their run path, from the packages of
Debian listed here; the file of a package's name beside this one has its licence. A few are under the GPL (among them FFTW, libimagequant and x265,
which libvips and libheif use): who passes the archive on passes these on under their terms. Their sources are Debian's source packages of the versions
named here.

END
    cat "$scratch/list"
} >"$licences/README"

# ---- the archive ----

mkdir -p out
tar -C "$scratch" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}" -cf - "$name" |
    xz -T1 -6 >"$scratch/archive"
mv "$scratch/archive" "out/$name.tar.xz"
echo "dist-archive: $here/out/$name.tar.xz, $(du -h "out/$name.tar.xz" | cut -f1), unpacked $(du -sh "$tree" | cut -f1), $(wc -l <"$scratch/needed") libraries"
