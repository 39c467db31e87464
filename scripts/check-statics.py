#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A static function's name stands in one file of src/ alone, so that a backtrace says where it was: gram_reduce and not
reduce, which many files had.

Usage: scripts/check-statics.py [ROOT]    Exit status 1: a name is shared."""
import collections
import pathlib
import re
import sys

# The same functions for one instruction set each.
BY_DESIGN = re.compile(r'device/host/isa_\w+\.[ch]$')
DEFINITION = re.compile(r'^(?:INLINE|static)\b[^\n;={}]*?\b(?!__)(\w+)\((?:[^;{}]|\n)*?\)\n\{', re.M)


def main():
    source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent) / 'src'
    places = collections.defaultdict(set)
    for path in sorted(source.rglob('*.[ch]')):
        name = path.relative_to(source).as_posix()
        if not BY_DESIGN.search(name):
            for function in DEFINITION.findall(path.read_text(encoding='utf-8')):
                places[function].add(name)
    wrong = 0
    for function, files in sorted(places.items()):
        if len(files) > 1 and function != 'main':
            print(f'{function} is static in {", ".join(sorted(files))}; a name with its subject in front says which')
            wrong += 1
    print(f'{len(places)} names of static functions, {wrong} shared')
    return wrong > 0


if __name__ == '__main__':
    sys.exit(main())
