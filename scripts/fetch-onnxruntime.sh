#!/bin/sh
# SPDX-License-Identifier: MIT
# Gets the runtime that the tests of written ONNX networks ask for a second opinion into DIR/onnxruntime (once): the npm packages onnxruntime-node 1.16.3
# and onnxruntime-common 1.16.3 (MIT, 33 MB; the binary is in the package, and no script of it is run).
# usage: fetch-onnxruntime.sh DIR        With SCUMBLE_ONNXRUNTIME=FOLDER the two .tgz files are taken from there.
# Ends with 1, and a sentence, when it cannot be had; tests then skip.
set -eu
[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
version=1.16.3
modules=onnxruntime/node_modules
[ -f "$1/$modules/onnxruntime-node/package.json" ] && exit 0
command -v node >/dev/null || { echo "node is not installed" >&2; exit 1; }
mkdir -p "$1"
work=$(mktemp -d "$1/onnxruntime.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
packages=${SCUMBLE_ONNXRUNTIME:-}
if [ -z "$packages" ]; then
    command -v npm >/dev/null || { echo "npm is not installed" >&2; exit 1; }
    packages=$work
    timeout 180 npm pack onnxruntime-node@$version onnxruntime-common@$version --pack-destination "$work" --fetch-retries=0 --fetch-timeout=60000 \
        >"$work/log" 2>&1 || { echo "npm pack failed:" >&2; tail -n 3 "$work/log" >&2; exit 1; }
fi
sha256sum -c --quiet - <<END || exit 1
5896383cd3449c5838a46fcf1490865ab90487773a3bb018ea6a5f12b17e2667  $packages/onnxruntime-node-$version.tgz
354d57b6dbe383df37ddb18faa3fbb4f1d4a8dd9915e42086adf34c2efa701fc  $packages/onnxruntime-common-$version.tgz
END
platform=$(node -p 'process.platform + "/" + process.arch')
for name in onnxruntime-common onnxruntime-node; do
    mkdir -p "$work/$modules/$name"
    tar -xzf "$packages/$name-$version.tgz" -C "$work/$modules/$name" --strip-components=1 package/package.json package/dist
done
tar -xzf "$packages/onnxruntime-node-$version.tgz" -C "$work/$modules/onnxruntime-node" --strip-components=1 "package/bin/napi-v3/$platform" ||
    { echo "onnxruntime-node has no binary for $platform" >&2; exit 1; }
rm -rf "$1/onnxruntime"
mv "$work/onnxruntime" "$1/onnxruntime"
