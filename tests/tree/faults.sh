# SPDX-License-Identifier: MIT
# The checks of the tree find what they are there for: a small tree, right as it is, gets one fault after the other.
. "$(dirname "$0")/../cli/tap.sh"

mkdir -p scripts doc src/core src/ops src/style include/scumble build/include/scumble tests/ops bench examples
touch tests/ops/golden.h
for name in includes.py links.py statics.py words.py format.sh headers.sh man.sh; do
    cp "$root/scripts/check-$name" scripts/
done
cp "$root/.clang-format" .
cat >doc/architecture.md <<'END'
# The tree
| folder | may include |
|---|---|
| core | `scumble.h` |
| ops | core |
| style | ops; `train.h`, for its numbers |
## Two words
END
printf '[tree](doc/architecture.md#two-words) and `src/core/a.h`\n' >README.md
printf '#include "core/b.h"\n#include <scumble/scumble.h>\n' >src/core/a.h
printf '#define B 1\n' >src/core/b.h
printf '#include "core/a.h"\n#include "ops.h"\n' >src/ops/ops.c
printf '#include "core/b.h"\n' >src/ops/ops.h
printf '#include "ops/ops.h"\n#include "core/a.h"\n#include "scumble/train.h"\n' >src/style/a.c
printf 'int a(void);\n' >include/scumble/scumble.h
printf '#define VERSION 1\n' >build/include/scumble/version.h
printf '.TH A 1\n.SH NAME\na \\- b\n' >doc/a.1

# wrong NAME WORDS FILE TEXT CHECK: with TEXT at the end of FILE, the check fails, and says WORDS.
wrong() {
    cp "$3" kept
    printf "$4\n" >>"$3"
    check "$1" fails_with "$2" scripts/"$5"
    cp kept "$3"
}
fails_with() {
    words=$1
    shift
    "$@" >said 2>&1
    status=$?
    cat said
    [ $status -eq 1 ] && grep -q -e "$words" said
}
# passes CHECK: exit status 77 is a tool that is not here, of which the check itself tells.
passes() {
    scripts/"$1" || [ $? -eq 77 ]
}

check "includes: a tree that is right" passes check-includes.py
wrong "includes: upwards" 'core may not include ops/ops.h' src/core/b.h '#include "ops/ops.h"' check-includes.py
wrong "includes: upwards, indented" 'core may not include ops/ops.h' src/core/b.h '#  include "ops/ops.h"' check-includes.py
wrong "includes: a public header that is not named" 'ops may not include scumble/train.h' src/ops/ops.c '#include <scumble/train.h>' check-includes.py
wrong "includes: what is nowhere" 'neither beside this file' src/ops/ops.c '#include "../core/c.h"' check-includes.py
wrong "includes: a circle of headers" 'need each other.*core/a, core/b' src/core/b.h '#include "a.h"' check-includes.py
cp src/core/b.h kept
echo '#include "a.h" /* circle: a reason */' >>src/core/b.h
check "includes: a circle with its reason" passes check-includes.py
cp kept src/core/b.h
mkdir src/extra && cp src/core/b.h src/extra/b.h
check "includes: a folder without a row" fails_with 'src/extra/b.h: its folder has no row' scripts/check-includes.py
rm -r src/extra
cp doc/architecture.md kept
sed -i 's/^| core | /| core | ops; /' doc/architecture.md
check "includes: a row that points upwards" fails_with 'row of core names ops' scripts/check-includes.py
sed 's/^| ops | core/| ops | core; `style\/a.h`/' kept >doc/architecture.md
touch src/style/a.h
cp src/ops/ops.c ops.kept
echo '#include "style/a.h"' >>src/ops/ops.c
check "includes: a circle of folders" fails_with 'folders that include each other: ops, style' scripts/check-includes.py
cp ops.kept src/ops/ops.c
sed '/^|/d' kept >doc/architecture.md
check "includes: no table" fails_with 'has no table' scripts/check-includes.py
cp kept doc/architecture.md

check "links: a tree that is right" passes check-links.py
wrong "links: a file" 'link (doc/b.md) leads nowhere' README.md '[b](doc/b.md)' check-links.py
wrong "links: an anchor" 'no heading #three' README.md '[b](doc/architecture.md#three)' check-links.py
wrong "links: an anchor of its own" 'no heading #one' README.md '[b](#one)' check-links.py
wrong "links: a picture" 'leads nowhere' README.md '<img src="b.png">' check-links.py
wrong "links: a path in a document" 'no src/core/c.h' README.md 'see `src/core/c.h`' check-links.py
wrong "links: a path in a comment" 'no src/core/\*.S' src/ops/ops.h '/* see src/core/*.S */' check-links.py

check "statics: a tree that is right" passes check-statics.py
printf 'static int sum(int a)\n{\n    return a;\n}\n' >src/ops/sum.c
check "statics: one of a name" passes check-statics.py
printf 'static inline float sum(int a,\n                        int b)\n{\n    return a + b;\n}\n' >src/style/sum.c
check "statics: two of a name" fails_with 'sum is static in ops/sum.c, style/sum.c' scripts/check-statics.py
rm src/ops/sum.c src/style/sum.c

check "words: a tree that is right" passes check-words.py
wrong "words: a long line" "line 2 has 130 columns" README.md "$(printf '%0130d' 0)" check-words.py
wrong "words: a phrase" "README.md: 'is told by'" README.md 'It is\ntold by its name.' check-words.py
wrong "words: a phrase in a header" "scumble.h: 'are had with'" include/scumble/scumble.h '/* others are\n * had with it */' check-words.py
check "format: a tree that is right" passes check-format.sh
if command -v clang-format-14 >/dev/null; then
    wrong "format: a file" 'clang-formatted' src/core/b.h 'int  a( void );' check-format.sh
fi
check "headers: a tree that is right" passes check-headers.sh
wrong "headers: no C99" 'scumble.h does not compile alone as c99' include/scumble/scumble.h '_Static_assert(1, "");' check-headers.sh
if command -v g++ >/dev/null || command -v clang++ >/dev/null; then
    wrong "headers: no C++" 'scumble.h does not compile alone as c++17' include/scumble/scumble.h 'int b(int class);' check-headers.sh
fi
wrong "headers: what it needs is not there" 'does not compile alone' include/scumble/scumble.h 'size_t b(void);' check-headers.sh
check "man: a page that is right" passes check-man.sh
if command -v man >/dev/null && command -v groff >/dev/null; then
    wrong "man: a macro" "macro 'QQ' not defined" doc/a.1 '.QQ' check-man.sh
fi
finish
