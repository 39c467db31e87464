#!/bin/sh
# SPDX-License-Identifier: MIT
# `make demo` and `make test` of the last commit in fresh minimal Debian 12 and 13, each with gcc and with clang, and the archive of scripts/dist-archive.sh, made in
# Debian 12, at work in a Debian 13 with nothing installed. Prints the counts; all that was said is in out/distributions/. Needs root,
# debootstrap, git and 4 GB; takes an hour on two cores. ../shared, where it is, is seen inside.
# Usage: scripts/check-distributions.sh [12-gcc] [12-clang] [13-gcc] [13-clang] [archive]     all of them unless named
# Environment: MIRROR, the Debian mirror (that of this machine's apt unless given); KEEP, a folder where the fresh systems are kept for the next time.
set -eu

parts=${*:-12-gcc 12-clang 13-gcc 13-clang archive}
for part in $parts; do
    case $part in
    12-gcc | 12-clang | 13-gcc | 13-clang | archive) ;;
    *) echo "check-distributions: '$part' is not one of 12-gcc, 12-clang, 13-gcc, 13-clang and archive" >&2; exit 2 ;;
    esac
done
if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null; then
    echo "check-distributions: must be run by root, with debootstrap installed" >&2
    exit 1
fi
mirror=${MIRROR:-$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -nE 's/^(URIs: *|deb +(\[[^]]*\] +)?)([a-z]+:[^ ]*\/debian\/?)( .*)?$/\3/p' | head -n 1)}
if [ -z "$mirror" ]; then
    echo "check-distributions: no Debian mirror in /etc/apt/sources.list*: name one in MIRROR" >&2
    exit 1
fi
logs=$PWD/out/distributions
mkdir -p "$logs"
scratch=$(mktemp -d)
trap 'rm -rf --one-file-system "$scratch"' EXIT
fresh=${KEEP:-$scratch}
mkdir -p "$fresh"
codename() { [ "$1" = 12 ] && echo bookworm || echo trixie; }

# inside ROOT COMMAND: in the system below ROOT; what is mounted there ends with the command.
inside() {
    unshare --mount --propagation private sh -c '
        mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev"
        [ ! -d "$3" ] || { mkdir -p "$1/source/shared" && mount --bind "$3" "$1/source/shared"; }
        exec chroot "$1" env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 sh -c "$2"' - "$1" "$2" "$PWD/../shared" </dev/null
}

# system VERSION ROOT: a fresh Debian below ROOT. An older debootstrap does not know the newest release, but all are made alike; apt gets what it has
# from this machine, apart from its lists (a proxy, a mirror that stands still).
system() {
    name=$(codename "$1")
    script=""
    [ -e "/usr/share/debootstrap/scripts/$name" ] || script=/usr/share/debootstrap/scripts/sid
    if [ ! -e "$fresh/$name.tar" ]; then
        echo "check-distributions: fetching Debian $1"
        # shellcheck disable=SC2086 # none or one word
        if ! debootstrap --variant=minbase "$name" "$scratch/$name" "$mirror" $script >"$logs/debootstrap-$name.log" 2>&1; then
            tail -n 3 "$logs/debootstrap-$name.log" >&2
            echo "check-distributions: no Debian $1 (where its key is not known, install a newer debian-archive-keyring)" >&2
            return 1
        fi
        apt-config dump Acquire | grep -E '^Acquire::(Check|http|https|Retries|IndexTargets::deb::DEP)' >"$scratch/$name/etc/apt/apt.conf.d/00host" || true
        mkdir -p "$scratch/$name/etc/dpkg/dpkg.cfg.d" && echo force-unsafe-io >"$scratch/$name/etc/dpkg/dpkg.cfg.d/fast" # nobody needs it after a power cut
        cp -L /etc/resolv.conf /etc/hosts "$scratch/$name/etc/"
        tar -C "$scratch/$name" -cf "$fresh/$name.part" . && mv "$fresh/$name.part" "$fresh/$name.tar"
        rm -rf --one-file-system "${scratch:?}/$name"
    fi
    mkdir "$2" && tar -C "$2" -xf "$fresh/$name.tar"
}

# The clone, and make, which nothing else brings; the README says so.
source_in() {
    git clone -q --no-hardlinks "$PWD" "$1/source/scumble"
    inside "$1" 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends make' >"$2" 2>&1
}

# demo_and_tests VERSION COMPILER
demo_and_tests() {
    root=$scratch/$1-$2
    log=$logs/$1-$2.log
    result=0
    system "$1" "$root" && source_in "$root" "$log" || return 1
    for goal in demo test; do
        inside "$root" "cd /source/scumble && CC=$2 make $goal" >>"$log" 2>&1 || result=1
    done
    [ -s "$root/source/scumble/out/demo.png" ] || { echo "Debian $1, $2: no out/demo.png"; result=1; }
    echo "Debian $1, $2: $(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" || echo 'no tests')"
    # What README and message say of faces: later, and it is found.
    if [ "$2" = gcc ]; then
        inside "$root" 'cd /source/scumble && make faces && meson test -C build faces cli-install && grep -q "faces are looked for" build/meson-logs/testlog.txt' >>"$log" 2>&1 &&
            echo "Debian $1, $2: faces are found after make faces" || { echo "Debian $1, $2: make faces failed"; result=1; }
    fi
    rm -rf --one-file-system "$root"
    return $result
}

# The archive, made in Debian 12, unpacked in Debian 13 under a path with a space.
archive() {
    log=$logs/archive.log
    system 12 "$scratch/maker" && source_in "$scratch/maker" "$log" || return 1
    inside "$scratch/maker" 'cd /source/scumble && make setup && scripts/setup.sh archive && scripts/dist-archive.sh && scripts/demo.sh build-archive/scumble' >>"$log" 2>&1 || {
        echo "archive: not made, see $log"
        return 1
    }
    grep '^dist-archive: /' "$log" | sed 's/.*\//archive: /'
    system 13 "$scratch/bare" && mkdir "$scratch/bare/root/a place" || return 1
    tar -C "$scratch/bare/root/a place" -xf "$scratch"/maker/source/scumble/out/scumble-*.tar.xz
    cp "$scratch"/maker/source/scumble/out/pictures/usr/share/darknet/data/dog.jpg "$scratch"/maker/source/scumble/out/pictures/usr/share/darknet/data/scream.jpg "$scratch/bare/root/"
    inside "$scratch/bare" 'cd /root && for format in png jpg tif webp avif heic jxl jp2; do
        "a place"/*/bin/scumble stylize dog.jpg --style scream.jpg --size 128 --iterations 10 -q -o painted.$format && [ -s painted.$format ] &&
            "a place"/*/bin/scumble stylize painted.$format --style scream.jpg --size 64 --iterations 1 -q -o again.png && echo "painted $format" || exit 1; done
        "a place"/*/bin/scumble stylize dog.jpg --style scream.jpg --size 64 --iterations 1 -q --variations 2 --sheet sheet.png -o v-{n}.png 2>said &&
        [ -s sheet.png ] && [ ! -s said ] && "a place"/*/bin/scumble --version' >>"$log" 2>&1 || {
        echo "archive: does not work in Debian 13, see $log"
        return 1
    }
    echo "archive: paints in a bare Debian 13: $(grep -c '^painted ' "$log") formats written and read"
    rm -rf --one-file-system "$scratch/maker" "$scratch/bare"
}

failed=0
for part in $parts; do
    case $part in
    archive) archive || failed=1 ;;
    *) demo_and_tests "${part%-*}" "${part#*-}" || failed=1 ;;
    esac
done
exit $failed
