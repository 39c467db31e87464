#!/bin/sh
# SPDX-License-Identifier: MIT
# The Python package: its copy of the headers is up to date, pip installs it, and its own tests pass with the library that was built.
# usage: sh python.sh LIBRARY SOURCE_ROOT    Exit status 77: there is no Python with what it needs.
set -eu
library=$1 root=$2
scratch=$(mktemp -d "${TMPDIR:-/tmp}/scumble-python.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
python=
for candidate in python3 /usr/bin/python3; do
    if [ -z "$python" ] && "$candidate" -c 'import cffi, numpy, PIL, pytest' 2>/dev/null; then
        python=$candidate
    fi
done
if [ -z "$python" ]; then
    echo "skipped: there is no Python with cffi, numpy, Pillow and pytest (scripts/setup.sh installs them)"
    exit 77
fi
"$python" "$root/python/make_interface.py" --check
cp -R "$root/python" "$scratch/package"
if "$python" -c 'import pip, setuptools, wheel' 2>/dev/null; then
    "$python" -m pip install --quiet --no-index --no-build-isolation --no-deps --target "$scratch/site" "$scratch/package" 2>"$scratch/pip.err" || {
        cat "$scratch/pip.err"
        exit 1
    }
else
    echo "pip, setuptools or wheel is missing: tried from the tree"
    mkdir "$scratch/site" && cp -R "$root/python/scumble" "$scratch/site"
fi
cd "$scratch"
SCUMBLE_LIBRARY=$library PYTHONPATH=$scratch/site PYTHONDONTWRITEBYTECODE=1 XDG_DATA_HOME=$scratch/data \
    "$python" -m pytest -q -p no:cacheprovider --basetemp "$scratch/tmp" "$root/python/tests"
