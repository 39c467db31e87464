# SPDX-License-Identifier: MIT
# Help: every screen fits, goes to stdout, and every option that is named anywhere exists. (reference.sh has the manual pages.)
. "$(dirname "$0")/tap.sh"

fits() {
    "$scumble" "$@" >screen 2>errors || return 1
    lines=$(wc -l <screen) columns=$(wc -L <screen)
    echo "$lines lines, $columns columns"
    [ ! -s errors ] && [ "$lines" -ge 5 ] && [ "$lines" -le 100 ] && [ "$columns" -le 100 ]
}

check "scumble --help fits" fits --help
check "scumble help fits" fits help
for command in stylize apply film provenance presets texture train judge guide match compare sheet inspect models; do
    check "$command --help fits" fits $command --help
    check "$command -h is the same" sh -c '"$1" "$2" -h | cmp - screen' - "$scumble" $command
    check "help $command is the same" sh -c '"$1" help "$2" | cmp - screen' - "$scumble" $command
    check "help wins over what stands before it" says usage: "$scumble" $command a b --help
    check "scumble --help names $command" says "  $command " "$scumble" --help
done
check "train encoder --help fits" fits train encoder --help
check "help train encoder is the same" sh -c '"$1" help train encoder | cmp - screen' - "$scumble"

for command in stylize apply film provenance presets texture train judge guide match compare sheet inspect models "train encoder"; do
    # shellcheck disable=SC2086 # two words
    "$scumble" $command --help
done | grep -o -e '--[a-z][a-z-]*' | sort -u >flags

# What messages, headers and documents name is there: every --flag in a text that is neither a command's nor another program's (pkg-config, meson, tar, npm, ours
# alone: --help, --version).
named_flags_exist() {
    # Of C the lines with a string or a comment: --count is an expression.
    { grep -rhE '"|/\*|^ *\*' "$root/src" "$root/include" --include='*.[ch]'; cat "$root/README.md" "$root"/doc/*.md "$root/doc/scumble.1.in"; } |
        grep -oE -e '--[a-z][a-z0-9-]+' | grep -vxE -e '--(m-|flag|option|help|version|cflags|libs|prefix|no-same-owner|pack-destination)' | sort -u >named
    # shellcheck disable=SC2046 # on one line
    echo "no command knows:" $(comm -23 named flags)
    [ "$(wc -l <named)" -gt 60 ] && [ -z "$(comm -23 named flags)" ]
}
check "every flag that is named anywhere exists" named_flags_exist

# The library names options as in `max_memory`; only the program writes flags.
no_flags_in_library() {
    grep -rnE '^[^/]*"[^"]*--[a-z]' "$root/src" --include='*.[ch]' | grep -vE "^$root/src/cli/|no-same-owner|pack-destination|apply --list" >named
    cat named
    [ ! -s named ]
}
check "sentences of the library name options without dashes" no_flags_in_library

alone() {
    exits 2 "$scumble" >out 2>err && [ ! -s out ] && grep -q '^usage: scumble' err
}
check "scumble alone shows its usage on stderr" alone
check "scumble --version" says '^scumble [0-9]*\.[0-9]*\.[0-9]*$' "$scumble" --version
check "scumble version" says '^scumble [0-9]' "$scumble" version

full() {
    [ -e /dev/full ] || return 0
    exits 1 "$scumble" models list >/dev/full 2>err && [ "$(wc -l <err)" -eq 1 ] && grep -q 'standard output' err
}
check "a full disk behind stdout is reported" full
finish
