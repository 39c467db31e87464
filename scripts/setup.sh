#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what scumble is built and tested with: on Debian 12 (bookworm) and 13 (trixie), as root or with sudo. Those are the distributions it
# knows, and on them everything is tried (scripts/check-distributions.sh). On others it checks that what the build needs is there, and stops where it is not.
# Usage: scripts/setup.sh [bench] [archive] [checks] [--faces]
#   bench     what `make bench` compares with (PyTorch)
#   archive   what `make dist-archive` uses
#   checks    what .ci/run asks beyond the tests: clang with its sanitizers and fuzzer, clang-format, groff, shellcheck, zsh and fish
#   --faces   what finds faces in photos (dlib and a C++ compiler: about 130 MB to download, half of it data that scumble does not use)
# The compiler is gcc, or that of the environment variable CC (gcc, clang, or with a version: clang-16), which is then installed too.
#
# What to install elsewhere; nothing of this was tried. Ubuntu 24.04 has Debian's packages under Debian's names.
#
#            Debian, Ubuntu                              Fedora                                    Arch
# compiler   gcc libc6-dev                               gcc glibc-devel                           gcc
# build      make meson ninja-build pkg-config           make meson ninja-build pkgconf            make meson ninja pkgconf
# networks   libdnnl-dev (oneDNN, built with OpenMP)     onednn-devel                              onednn
# pictures   libvips-dev liblcms2-dev                    vips-devel lcms2-devel                    libvips lcms2
#            libopenexr-dev                              openexr-devel                             openexr
#   AVIF     libheif-plugin-aomenc, -x265 (newer ones)   (in libheif)                              (in libheif)
# files      libhdf5-dev libjansson-dev libzip-dev       hdf5-devel jansson-devel libzip-devel     hdf5 jansson libzip
#            libprotobuf-c-dev protobuf-c-compiler       protobuf-c-devel protobuf-c-compiler      protobuf-c
#            libsqlite3-dev libexpat1-dev                sqlite-devel expat-devel                  sqlite expat
# films      libavformat-dev libavcodec-dev              ffmpeg-free-devel                         ffmpeg
#            libavfilter-dev libavutil-dev
# downloads  libcurl4-openssl-dev                        libcurl-devel                             curl
# others     libglib2.0-dev                              glib2-devel                               glib2
# tests      libcmocka-dev python3 jq npm                libcmocka-devel python3 jq npm            cmocka python jq npm
#            ffmpeg openexr                              ffmpeg-free openexr                       (as above)
#            python3-cffi python3-numpy python3-pil      python3-cffi python3-numpy python3-pillow python-cffi python-numpy python-pillow
#            python3-pytest python3-pip python3-wheel    python3-pytest python3-pip python3-wheel  python-pytest python-pip python-wheel
#            libimage-exiftool-perl                      perl-Image-ExifTool                       perl-image-exiftool
#            libio-compress-brotli-perl (newer ones)     perl-IO-Compress-Brotli                   (from CPAN)
# checks     clang libclang-rt-dev clang-format-14       clang compiler-rt clang-tools-extra       clang compiler-rt
#            g++ man-db groff-base shellcheck            gcc-c++ man-db groff ShellCheck           gcc man-db groff shellcheck
#            zsh fish                                    zsh fish                                  zsh fish
# bench      python3-torch python3-numpy libopenblas0    python3-torch python3-numpy openblas      python-pytorch python-numpy openblas
#            python3-pil jq                              python3-pillow jq                         python-pillow jq
# faces      g++ libdlib-dev libblas-dev liblapack-dev   gcc-c++ dlib-devel                        gcc dlib (from the AUR)
set -eu

build="gcc libc6-dev make meson ninja-build pkg-config"
libraries="libdnnl-dev libvips-dev liblcms2-dev libopenexr-dev libglib2.0-dev libhdf5-dev libjansson-dev libzip-dev libcurl4-openssl-dev libprotobuf-c-dev protobuf-c-compiler libsqlite3-dev libexpat1-dev libavformat-dev libavcodec-dev libavfilter-dev libavutil-dev"
tests="libcmocka-dev python3 jq npm ffmpeg openexr libimage-exiftool-perl python3-cffi python3-numpy python3-pil python3-pytest python3-pip python3-setuptools python3-wheel"
bench="python3-torch python3-numpy python3-pil jq libopenblas0"
faces="g++ libdlib-dev"
checks="clang libclang-rt-dev g++ man-db groff-base shellcheck zsh fish"
archive="patchelf xz-utils fonts-dejavu-core"

# What the system says it is: "debian 12".
# shellcheck source=/dev/null
system=$( (. "${OS_RELEASE:-/etc/os-release}" && echo "${ID:-} ${VERSION_ID:-}") 2>/dev/null || uname -s)
case "$system" in
"debian 12") checks="$checks clang-format-14" ;; # not in newer ones
"debian 13")
    libraries="$libraries libheif-plugin-aomenc libheif-plugin-x265" # apart from libheif since then
    faces="$faces libblas-dev liblapack-dev"                         # dlib's file for pkg-config names them
    tests="$tests libio-compress-brotli-perl"                        # the metadata of JPEG XL are compressed since then
    ;;
*)
    for module in vips lcms2 OpenEXR glib-2.0 jansson libzip libcurl libprotobuf-c sqlite3 expat libavformat; do
        pkg-config --exists "$module" 2>/dev/null && command -v meson >/dev/null && continue
        echo "setup: this is '$system', and only Debian 12 and 13 are known here: install what the table on top of scripts/setup.sh names ($module is missing)" >&2
        exit 1
    done
    exit 0
    ;;
esac

wanted="$build $libraries $tests"
for part in "$@"; do
    case "$part" in
    bench) wanted="$wanted $bench" ;;
    archive) wanted="$wanted $archive" ;;
    checks) wanted="$wanted $checks" ;;
    --faces) wanted="$wanted $faces" ;;
    *) echo "setup: '$part' is not one of bench, archive, checks and --faces" >&2; exit 2 ;;
    esac
done

# The compiler that the user wants may be called with options or by another name ("ccache clang").
for word in ${CC:-}; do
    case "$word" in
    clang | clang-[0-9]* | gcc-[0-9]*) command -v "$word" >/dev/null 2>&1 || wanted="$wanted $word" ;;
    esac
done

missing=""
for package in $wanted; do
    case "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)" in
    "install ok installed") ;;
    *)
        # Node.js and npm often come from elsewhere than Debian's packages.
        if [ "$package" = npm ] && command -v npm >/dev/null 2>&1; then
            continue
        fi
        missing="$missing $package"
        ;;
    esac
done
[ -n "$missing" ] || exit 0

root=""
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "setup: these packages are missing and only root can install them:$missing" >&2
        exit 1
    fi
    root=sudo
fi
echo "setup: installing$missing"
export DEBIAN_FRONTEND=noninteractive
$root apt-get update -qq
# shellcheck disable=SC2086 # a list of words
$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
