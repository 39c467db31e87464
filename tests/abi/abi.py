#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What programs are compiled against is what it was: the names that the shared library exports (symbols.txt), and sizes,
offsets and values of all public structs and enums (layout.txt, of 64-bit systems).

Usage: abi.py [--write] LIBRARY COMPILER INCLUDE...    --write makes the two files anew. Exit status 1: something differs
from them, or from the headers; 77: there is nothing here to look with."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / 'python'))
from make_interface import declarations  # noqa: E402

MEANT = """
Programs of this version would not work with the next one, unless it only adds names, or fields at the end of a struct
that begins with `size` or that the library alone makes. Such an addition is right in every version; any other change
asks for a new soname (before 1.0: another minor version, see src/meson.build), and for a line in CHANGELOG.md.
If it is meant: `make abi`."""


def headers():
    """The public headers' declarations by file."""
    return {path.name: declarations(path.read_text()) for path in sorted((ROOT / 'include/scumble').glob('*.h'))}


def promised(path):
    """The functions that a header marks as SCUMBLE_API."""
    text = re.sub(r'/\*.*?\*/|^#[^\n]*$', '', path.read_text(), flags=re.S | re.M)
    return set(re.findall(r'SCUMBLE_API[^;(]*?\b(\w+)\(', text))


def exported(library):
    lines = subprocess.run(['nm', '-D', '--defined-only', '--format=posix', library], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    return sorted({line.split()[0].partition('@')[0] for line in lines})


def layout_program(texts):
    """A C program that prints the layout of everything that the headers define."""
    out = ['#include <stddef.h>', '#include <stdio.h>'] + [f'#include <scumble/{name}>' for name in texts]
    out.append('int main(void)\n{')
    for name, text in texts.items():
        for struct, body in re.findall(r'typedef struct (\w+) \{(.*?)\} \1;', text, re.S):
            out.append(f'    printf("{struct}: %zu bytes\\n", sizeof({struct}));')
            for part in re.split('[;,]', body):
                field = re.search(r'(\w+)\s*(?:\[\w+\])*\s*$', part)
                if field:
                    out.append(f'    printf("{struct}.{field[1]}: at %zu, %zu bytes\\n", offsetof({struct}, {field[1]}), '
                               f'sizeof((({struct} *)0)->{field[1]}));')
        for enum, body in re.findall(r'enum (?:(\w+) )?\{(.*?)\}', text, re.S):
            if enum:
                out.append(f'    printf("{enum}: %zu bytes\\n", sizeof({enum}));')
            for value in re.findall(r'\b(SCUMBLE_\w+)\b(?=\s*[,=}]|\s*$)', body):
                out.append(f'    printf("{value}: %d\\n", (int){value});')
    return '\n'.join(out + ['    return 0;\n}\n'])


def layout(compiler, includes):
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder, 'layout.c'), pathlib.Path(folder, 'layout')
        source.write_text(layout_program(headers()))
        subprocess.run([*compiler.split(), *(f'-I{path}' for path in includes), str(source), '-o', str(program)],
                       check=True)
        return subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout.splitlines()


def compare(name, now, write):
    """Problems of one file."""
    path = HERE / name
    if write:
        path.write_text('\n'.join(now) + '\n')
        return []
    then = path.read_text().splitlines()
    gone, new = [line for line in then if line not in set(now)], [line for line in now if line not in set(then)]
    problems = [f'tests/abi/{name}: gone: {line.strip()}' for line in gone]
    problems += [f'tests/abi/{name}: new: {line.strip()}' for line in new]
    return problems or ([f'tests/abi/{name}: the same lines in another order'] if then != now else [])


def main():
    write = '--write' in sys.argv
    library, compiler, *includes = [word for word in sys.argv[1:] if word != '--write']
    if not shutil.which('nm'):
        print('abi: skipped, there is no nm here')
        return 77
    names = exported(library)
    said = set().union(*(promised(path) for path in (ROOT / 'include/scumble').glob('*.h')))
    problems = [f'{name}: in the library, but in no header' for name in names if name not in said]
    problems += [f'{name}: in a header, but not in the library' for name in sorted(said - set(names))]
    problems += compare('symbols.txt', names, write)
    if sys.maxsize > 2 ** 32:
        problems += compare('layout.txt', layout(compiler, includes), write)
    for problem in problems:
        print(problem)
    print(f'{len(names)} functions: ' + (f'{len(problems)} differences{MEANT}' if problems else 'as they were'))
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
