#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what scumble is built and tested with, on Debian 12 (as root or with sudo). Does nothing when all is there.
# Usage: scripts/setup.sh [bench] [--faces]     bench adds what `make bench` compares with (PyTorch); --faces adds what finds faces in
# photos (dlib and a C++ compiler: about 130 MB to download, half of it data that scumble does not use).
set -eu

build="gcc libc6-dev make meson ninja-build pkg-config"
libraries="libdnnl-dev libvips-dev libglib2.0-dev libhdf5-dev libjansson-dev libzip-dev libcurl4-openssl-dev libprotobuf-c-dev protobuf-c-compiler libsqlite3-dev libexpat1-dev"
tests="libcmocka-dev python3 jq npm libimage-exiftool-perl"
bench="python3-torch python3-numpy libopenblas0"
faces="g++ libdlib-dev"

wanted="$build $libraries $tests"
for part in "$@"; do
    case "$part" in
    bench) wanted="$wanted $bench" ;;
    --faces) wanted="$wanted $faces" ;;
    *) echo "setup: '$part' is not one of bench and --faces" >&2; exit 2 ;;
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
