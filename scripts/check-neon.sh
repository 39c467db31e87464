#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles the CPU kernels and the tests that compare every instruction set with the reference for 64-bit ARM, and runs them under emulation.
# It shows that the NEON variant is right; emulation says nothing about speed. Leaves the programs in build-neon/.
set -eu

compiler=aarch64-linux-gnu-gcc
libraries=/usr/lib/aarch64-linux-gnu
missing=""
command -v $compiler >/dev/null || missing="$missing gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
command -v qemu-aarch64 >/dev/null || missing="$missing qemu-user"
[ -e $libraries/libcmocka.so.0 ] || missing="$missing libcmocka0:arm64"
[ -e $libraries/libdnnl.so.2 ] || missing="$missing libdnnl2:arm64"
if [ -n "$missing" ]; then
    echo "check-neon: these packages are missing (Debian has those with :arm64 after 'dpkg --add-architecture arm64'):$missing" >&2
    exit 1
fi

folder=build-neon
rm -rf $folder
mkdir $folder

# FOLDER/NAME.c: $folder/FOLDER-NAME.o
object() {
    echo "$folder/$(basename "$(dirname "$1")")-$(basename "$1" .c).o"
}

# With the flags of meson.build and src/device/host/meson.build.
compile() {
    case $1 in
    */isa_neon.c) own="-O3 -ffp-contract=fast -fno-schedule-insns" ;;
    */isa_portable.c) own="-O3 -ffp-contract=fast" ;;
    *) own="-O2 -ffp-contract=off" ;;
    esac
    # shellcheck disable=SC2086 # flags
    $compiler -std=gnu11 -Wall -Wextra -Wpedantic -Werror -fno-math-errno $own -I include -I src -c "$1" -o "$(object "$1")"
}

echo "check-neon: compiling"
for source in src/core/*.c src/tensor/*.c src/ops/*.c src/device/*.c src/device/host/*.c tests/ops/op_driver.c tests/ops/op_cases.c; do
    case $source in
    src/core/file.c | */isa_avx*.c) ;; # the one needs GLib, and no kernel needs it; the others are x86-64's
    *) compile "$source" ;;
    esac
done
aarch64-linux-gnu-ar rcs $folder/kernels.a $folder/*.o

for source in tests/unit/test_cpu_conv.c tests/unit/test_cpu_kernels.c tests/ops/test_matching.c; do
    name=$(basename $source .c)
    compile $source
    # The libraries' headers are those of this machine: Debian's libdnnl-dev cannot be there twice.
    $compiler "$(object $source)" $folder/kernels.a -l:libdnnl.so.2 -l:libcmocka.so.0 -lgomp -lm -o "$folder/$name"
    echo "check-neon: $name"
    # The oldest kind of processor with NEON: what is newer would be an illegal instruction.
    qemu-aarch64 -cpu cortex-a53 "$folder/$name"
done
