# SPDX-License-Identifier: MIT
# What is made from the table of commands: help, manual pages, doc/options.md and completions all have every option, and the completions work in their
# shells. Further argument: the program that makes them.
. "$(dirname "$0")/tap.sh"
reference=$example # the further argument

# Of each command what its help names: "stylize --size".
"$scumble" --help | sed -n '/^  stylize/,/^$/s/^  \([a-z][a-z]*\( encoder\)\?\) .*/\1/p' >"$scratch/commands"
while read -r command; do
    # shellcheck disable=SC2086 # "train encoder" is two words
    "$scumble" $command --help | sed '/^Example/,$d' | grep -oE '^.{11}(-[a-z], )?--[a-z-]+' | grep -oE -e '--[a-z-]+' | sed "s/^/$command /"
done <"$scratch/commands" >"$scratch/options"
check "fifteen commands" [ "$(wc -l <"$scratch/commands")" -eq 15 ]
check "some 250 options" [ "$(wc -l <"$scratch/options")" -gt 250 ]

document() {
    "$reference" markdown >options.md && cmp options.md "$root/doc/options.md" || { echo "run: make reference"; return 1; }
}
check "doc/options.md is that of the table" document
check "in lines of at most 120 columns" sh -c '[ "$(wc -L <options.md)" -le 120 ]'

pages() {
    while read -r command; do
        name=scumble-$(echo "$command" | tr ' ' -)
        "$reference" man "$command" >"$name.1" || return 1
        [ "$(wc -l <"$name.1")" -lt 200 ] || { echo "$name.1 is too long"; return 1; }
        grep "^$command --" "$scratch/options" | sed "s/^$command //" | sort >wanted
        [ "$command" != train ] || grep -v '^encoder' wanted >own
        [ "$command" != train ] || mv own wanted
        sed 's/\\-/-/g' "$name.1" | sed -n 's/^\.IP "\(\\fB-[a-z]\\fR, \)\?\\fB\(--[a-z-]*\)\\fR.*/\2/p' >said
        printf '%s\n' --allow-vector --decode-timeout --help --no-clobber --quiet | sort - said | diff - wanted || { echo "$name.1"; return 1; }
    done <"$scratch/commands"
}
check "each command has a page of less than 200 lines with its options" pages

overview() {
    "$reference" overview "$root/doc/scumble.1.in" >scumble.1 && [ "$(wc -l <scumble.1)" -lt 200 ] || return 1
    while read -r command; do
        grep -qF "\\fBscumble\\-$(echo "$command" | sed 's/ /\\-/')\\fR(1)" scumble.1 || { echo "no $command"; return 1; }
    done <"$scratch/commands"
    for option in allow-vector decode-timeout no-clobber quiet help; do
        grep -qF "$(echo "--$option" | sed 's/-/\\-/g')" scumble.1 || { echo "no --$option"; return 1; }
    done
}
check "the overview has the commands and the options of all" overview

# ---- completions ----
for shell in bash zsh fish; do check "the completion for $shell" sh -c '"$1" "$2" >completion."$2" && [ "$(wc -l <completion."$2")" -gt 200 ]' - "$reference" $shell; done
cp completion.zsh _scumble
PATH=$(dirname "$scumble"):$PATH
export PATH

# in_bash EXPECTED WORD...: what bash offers for the last word, all of them, in order.
in_bash() {
    expected=$1
    shift
    bash -c '. ./completion.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _scumble; printf "%s\n" "${COMPREPLY[@]}"' - "$@" >offered 2>err
    cat err offered
    [ ! -s err ] && [ "$(sort offered | tr '\n' ' ')" = "$expected " ]
}
check "bash: commands" in_bash "sheet stylize" scumble s
check "bash: choices" in_bash "auto full" scumble stylize --size ''
check "bash: terms" in_bash "detail feature structure" scumble stylize --content-terms ''
check "bash: the second term, after a weight" in_bash "0.5,structure" scumble stylize --content-terms feature : 0.5,s
check "bash: after =" in_bash "luminance" scumble stylize photo.jpg --colour = lum
check "bash: presets" in_bash "classic draft faithful full painterly" scumble stylize --preset ''
check "bash: options" in_bash "--preserve --preset --preview" scumble stylize photo.jpg --pre
check "bash: of train encoder" in_bash "--steps" scumble train encoder vgg19 --st
check "bash: what models does" in_bash "import info" scumble models i
check "bash: painters" in_bash "starry" scumble apply starr
check "bash: networks" in_bash "vgg16 vgg19" scumble stylize --encoder vgg1

in_fish() {
    fish --no-config -c "source completion.fish; complete -C '$2'" >offered 2>err
    cat err
    cut -f 1 offered | sort | tr '\n' ' ' >names
    cat names
    [ ! -s err ] && [ "$(cat names)" = "$1 " ]
}
if command -v fish >/dev/null; then
    check "fish: commands" in_fish "sheet stylize" "scumble s"
    check "fish: terms" in_fish "detail feature structure" "scumble stylize --content-terms "
    check "fish: the second term, after a weight" in_fish "feature:0.5,structure" "scumble stylize --content-terms feature:0.5,s"
    check "fish: choices" in_fish "auto full" "scumble stylize --size "
    check "fish: options" in_fish "--preserve --preset --preview" "scumble stylize --pre"
    check "fish: of train encoder" in_fish "--steps" "scumble train encoder --st"
    check "fish: what models does" in_fish "import info" "scumble models i"
else
    skip "fish" "there is no fish"
fi

# A shell of its own on a pseudo terminal; what it prints for two tabs.
in_zsh() {
    zsh -f -c '
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "PS1=; fpath=($PWD \$fpath); autoload -Uz compinit; compinit -u -D; bindkey \"^I\" complete-word; zstyle \":completion:*\" list-prompt \"\"; LISTMAX=1000; print rea\"\"dy"
        wait_for() { local text all; repeat 100; do zpty -r -t shell text && all+=$text; [[ $all == *$~1* ]] && { print -r -- $all; return 0; }; sleep 0.1; done; print -r -- $all; return 1; }
        wait_for ready >/dev/null || exit 1
        zpty -w -n shell "$1"$'"'\t\t'"'
        wait_for "$2"' - "$2" "$1"
}
if command -v zsh >/dev/null; then
    check "zsh: it is read" zsh -n completion.zsh
    check "zsh: terms" in_zsh '*detail*feature*structure*' "scumble stylize --content-terms "
    check "zsh: choices" in_zsh '*auto*full*' "scumble stylize --size "
    check "zsh: one option" in_zsh '*--preview*' "scumble stylize --previ"
    check "zsh: what models does" in_zsh '*export*import*info*list*pull*' "scumble models "
else
    skip "zsh" "there is no zsh"
fi
finish
