#!/bin/sh
# SPDX-License-Identifier: MIT
# Gets what the golden tests of InceptionV3 need into DIR (once): the model of the npm package nsfwjs 4.3.0 (MIT).
# usage: fetch-test-data.sh DIR        With SCUMBLE_NSFWJS_TGZ=FILE a package that is already here is used.
# Ends with 1, and a sentence, when it cannot be had; tests then skip.
set -eu
[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
model=package/dist/models/inception_v3
sum=4496790efc9bdc6f3e85a826a8e482c1fa1e9db4b3d18c095e98cc0c73cfb12f
[ -f "$1/nsfwjs/$model/model.min.js" ] && exit 0
mkdir -p "$1"
work=$(mktemp -d "$1/nsfwjs.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
archive=${SCUMBLE_NSFWJS_TGZ:-}
if [ -z "$archive" ]; then
    command -v npm >/dev/null || { echo "npm is not installed" >&2; exit 1; }
    timeout 180 npm pack nsfwjs@4.3.0 --pack-destination "$work" --fetch-retries=0 --fetch-timeout=60000 >"$work/log" 2>&1 ||
        { echo "npm pack failed:" >&2; tail -n 3 "$work/log" >&2; exit 1; }
    archive=$work/nsfwjs-4.3.0.tgz
fi
echo "$sum  $archive" | sha256sum -c --quiet - || exit 1
tar -xzf "$archive" -C "$work" "$model" package/LICENSE
mkdir -p "$1/nsfwjs"
mv "$work/package" "$1/nsfwjs/package"
