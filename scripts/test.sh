#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the tests of a build folder, all of them unless other words for `meson test` follow, then names what was skipped; the last line counts test cases: N passed, N failed, N skipped.
set -u

build=$1
shift
status=0
# Limits end what hangs: on a busy machine everything takes several times as long. One test more than there are processors, for some wait more than they compute.
meson test -C "$build" --print-errorlogs --timeout-multiplier 4 --num-processes $(($(nproc) + 1)) "$@" || status=$?
jq -rs '
    # The cases of one test program: cmocka, TAP, or the program as one case.
    def lines: ((.stdout // "") + "\n" + (.stderr // "")) | split("\n");
    def count(re): [lines[] | select(test(re))] | length;
    def names(re): [lines[] | select(test(re))] | unique | length; # cmocka names them twice
    def cases:
        if count("^\\[ RUN ") > 0 then
            { passed: count("^\\[       OK \\] "), skipped: names("^\\[  SKIPPED \\] [A-Za-z0-9_]+$"), failed: names("^\\[  FAILED  \\] [A-Za-z0-9_]+$") }
        elif count("^1\\.\\.[0-9]") > 0 then
            { passed: count("^ok (?!.*# ?(?i:skip))"), skipped: count("^ok .*# ?(?i:skip)"), failed: count("^not ok ") }
        else
            { passed: 0, skipped: (if .result == "SKIP" then 1 else 0 end), failed: 0 }
        end;
    # A program without cases passed as a whole; one that crashed or ran out of time has failed once at least.
    map(. as $t | cases | if $t.result == "OK" and .passed + .skipped == 0 then .passed = 1
                          elif ($t.result | IN("OK", "SKIP") | not) and .failed == 0 then .failed = 1 else . end)
    | "\(map(.passed) | add) passed, \(map(.failed) | add) failed, \(map(.skipped) | add) skipped"
' "$build/meson-logs/testlog.json" >"$build/meson-logs/summary.txt" || status=1
grep -hE '^\[  SKIPPED \] [A-Za-z0-9_]+$|^ok .*# *(SKIP|skip)' "$build/meson-logs/testlog.txt" | sort -u | sed 's/^/skipped: /'
cat "$build/meson-logs/summary.txt"
exit $status
