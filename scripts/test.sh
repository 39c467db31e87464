#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs every test of a build folder; the last line counts them: N passed, N failed, N skipped.
set -u

build=$1
status=0
meson test -C "$build" --print-errorlogs || status=$?
jq -rs '
    def count(f): map(select(f)) | length;
    "\(count(.result == "OK" or .result == "EXPECTEDFAIL")) passed, " +
    "\(count(.result != "OK" and .result != "EXPECTEDFAIL" and .result != "SKIP")) failed, " +
    "\(count(.result == "SKIP")) skipped"' "$build/meson-logs/testlog.json"
exit $status
