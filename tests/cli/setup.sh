# SPDX-License-Identifier: MIT
# scripts/setup.sh on systems that it knows and on others; nothing is installed.
. "$(dirname "$0")/tap.sh"
mkdir nothing
ln -s "$(command -v sh)" "$(command -v uname)" nothing/
printf '#!/bin/sh\necho 1000\n' >nothing/id
chmod +x nothing/id

# setup_on ID VERSION: what it says there, where none of the packages is to be found and nobody is root.
setup_on() {
    printf 'ID=%s\nVERSION_ID=%s\n' "$1" "$2" >os-release
    OS_RELEASE=$PWD/os-release PATH=$PWD/nothing "$root/scripts/setup.sh" >out 2>err
    status=$?
    cat err
    [ $status -eq 1 ] && [ "$(wc -l <err)" -eq 1 ]
}
for version in 12 13; do
    check "Debian $version: all packages, by root" says 'only root can install them: gcc libc6-dev' setup_on debian $version
done
check "Debian 13 has AVIF apart" grep -q libheif-plugin-aomenc "$scratch/last.out"
check "another compiler, too" says ' clang-99' env CC=clang-99 sh -c "
    OS_RELEASE='$PWD/os-release' PATH='$PWD/nothing' '$root/scripts/setup.sh' 2>&1 | cat"
check "an unknown system: one sentence" says "this is 'fedora 41', and only Debian 12 and 13 are known here" setup_on fedora 41
check "no word that is not known" sh -c 'printf "ID=debian\nVERSION_ID=12\n" >os-release; OS_RELEASE=$PWD/os-release "$1/scripts/setup.sh" benhc 2>err; [ $? -eq 2 ] && grep -q "not one of" err' - "$root"
finish
