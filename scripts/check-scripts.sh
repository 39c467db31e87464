#!/bin/sh
# SPDX-License-Identifier: MIT
# The shell scripts, as shellcheck sees them (package shellcheck): warnings and errors; not its advice on style. Exit status 1: it has a complaint; 77: it is not here.
set -eu
cd "$(dirname "$0")/.."

command -v shellcheck >/dev/null || { echo "check-scripts: skipped, there is no shellcheck (package shellcheck)"; exit 77; }
shellcheck --severity=warning .ci/run scripts/*.sh bench/*.sh
# Tests source tests/cli/tap.sh, where their variables come from and go to; names with {n} are patterns of scumble's.
shellcheck --severity=warning --shell=sh --exclude=SC2154,SC2034,SC1083 tests/cli/*.sh tests/tree/*.sh
set -- .ci/run scripts/*.sh bench/*.sh tests/cli/*.sh tests/tree/*.sh
echo "$# scripts, none wrong"
