# SPDX-License-Identifier: MIT
# Sourced by the tests of the program. Gives TAP output, a scratch folder (its "work" is the working folder), $scumble, $tool, $root.
# usage of a test: sh NAME.sh SCUMBLE TOOL SOURCE_ROOT [EXAMPLE]
set -u
absolute() {
    case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac
}
scumble=$(absolute "$1") tool=$(absolute "$2") root=$(absolute "$3") example=$(absolute "${4:-none}")
EXPECT_DETECTOR=${EXPECT_DETECTOR:-1} # whether faces can be found
count=0 failures=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/scumble-test.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/work" && cd "$scratch/work" || exit 1
XDG_DATA_HOME=$scratch/data XDG_CACHE_HOME=$scratch/cache LC_ALL=C.UTF-8 COLUMNS=80
export XDG_DATA_HOME XDG_CACHE_HOME LC_ALL COLUMNS
# Up to a third of a small run is spent on memory that is filled before it is used and after (Meson asks for that; the tests of the library go on so) and on
# libvips's modules, for formats that few scripts need: those unset VIPSHOME. `make check-deep` has both everywhere.
if [ -z "${SCUMBLE_TESTS_DEEP:-}" ]; then
    MALLOC_PERTURB_=0 VIPSHOME=$scratch/no-modules
    export MALLOC_PERTURB_ VIPSHOME
fi

# check NAME COMMAND...: passes when the command succeeds. What the check before it printed is in last.out and last.err.
: >"$scratch/.out"
: >"$scratch/.err"
check() {
    mv "$scratch/.out" "$scratch/last.out"
    mv "$scratch/.err" "$scratch/last.err"
    check_name=$1
    shift
    count=$((count + 1))
    if "$@" >"$scratch/.out" 2>"$scratch/.err"; then
        echo "ok $count - $check_name"
    else
        failures=$((failures + 1))
        echo "not ok $count - $check_name"
        sed 's/^/# /' "$scratch/.out" "$scratch/.err" | head -20
    fi
}

# says TEXT COMMAND...: the command succeeds and prints TEXT (on either stream).
says() {
    text=$1
    shift
    "$@" >"$scratch/.said" 2>&1
    status=$?
    cat "$scratch/.said"
    [ $status -eq 0 ] && grep -q -e "$text" "$scratch/.said"
}

# exits CODE COMMAND...
exits() {
    code=$1
    shift
    "$@"
    status=$?
    [ $status -eq "$code" ] || { echo "exit status $status in place of $code"; return 1; }
}

# The pictures that the tests use: two photos and a painting, small.
make_pictures() {
    "$tool" picture 48 32 1 photo.png && "$tool" picture 40 40 2 second.png && "$tool" picture 44 36 5 painting.png || {
        echo "Bail out! cannot make the test pictures"
        exit 1
    }
}

# Where it does not matter what is painted: a small picture, few iterations, and the network's first layers alone.
shallow="--content-layers relu2_1 --style-layers relu1_1,relu2_1"
quick="--size 48 --iterations 4 $shallow"

# stylize ARGUMENTS...: a quick run with the painting as style.
stylize() {
    # shellcheck disable=SC2086
    "$scumble" stylize --style painting.png $quick "$@"
}

finish() {
    echo "1..$count"
    [ $failures -eq 0 ]
}
