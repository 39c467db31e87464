#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Includes point downwards. Walks every #include of src/ and compares it with the table "may include" of
doc/architecture.md, which is the only place where that is written: a folder includes its own headers, what its row
names, and what that may include. Then looks for circles: between folders, and among the files of one (a .c with its
.h and its _internal.h).

How a row is read: folders are words of its second cell; `style/oklab.h` is that one header, `scumble.h` that public
one, `include/scumble` all public ones; "everything above" is every row above. Other words are for people. A row may only
name folders of rows above it. A circle within a folder is allowed where one of its includes has a comment that begins
with "circle:" and says why: mostly a header that is the inside of a module, and includes the module's own.

Usage: scripts/check-includes.py [ROOT]    Exit status 1: something points upwards or in a circle."""
import pathlib
import re
import sys

SUFFIXES = ('.c', '.h', '.cpp', '.S')


def read_table(root, problems):
    """The rows of the table: {folder: words of its second cell, and its exact headers}, in the table's order."""
    text = (root / 'doc/architecture.md').read_text()
    lines = text.partition('| folder | may include |\n')[2].splitlines()[1:]
    rows = {}
    for line in lines:
        if not line.startswith('|'):
            break
        names, cell = [part.strip() for part in line.strip('|').split('|')]
        headers = set(re.findall(r'`([^`]+)`', cell))
        for name in names.split(','):
            rows[name.strip()] = (re.sub(r'`[^`]*`', '', cell), headers)
    if not rows:
        problems.append('doc/architecture.md has no table "| folder | may include |"')
    return rows


def allowed(rows, problems):
    """{folder: (folders that it may include, exact headers that it may)}, with what those may include."""
    result = {}
    for row, (cell, headers) in rows.items():
        above, headers = list(result), set(headers)
        words = re.findall(r'[\w/]+', cell)
        folders = set(above) if 'everything above' in cell else {word for word in words if word in rows}
        for folder in folders - set(above):
            problems.append(f'doc/architecture.md: the row of {row} names {folder}, which does not stand above it')
        for folder in folders & set(above):
            folders = folders | result[folder][0]
            headers |= result[folder][1]
        result[row] = (folders | {row}, headers)
    return result


def includes(root, path):
    """(line number, what is included as a path from src/ or below scumble/, the line) of a file."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s+(?:"([^"]+)"|<(scumble/[^>]+)>)', line)
        if found:
            name = found[1] or found[2]
            beside = path.parent / name
            if '/' not in name and beside.exists():
                name = beside.relative_to(root / 'src').as_posix()
            yield number, name, line


def circles(edges):
    """The circles of a graph {node: set of nodes}: its strongly connected parts of more than one node (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(edges.get(node, ())):
            if other not in index:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == index[node]:
            part = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(part) > 1:
                found.append(sorted(part))

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return found


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    problems, folders, files = [], {}, {}
    rows = read_table(root, problems)
    may = allowed(rows, problems)

    def row_of(name):
        parts = name.split('/')[:-1]
        return next((row for row in ('/'.join(parts[:k]) for k in range(len(parts), 0, -1)) if row in rows), None)

    paths = sorted(path for path in (root / 'src').rglob('*') if path.suffix in SUFFIXES)
    count = 0
    for path in paths:
        own = path.relative_to(root / 'src').as_posix()
        row = row_of(own)
        if row is None and '/' in own:
            problems.append(f'src/{own}: its folder has no row in the table of doc/architecture.md')
        for number, name, line in includes(root, path) if row else ():
            count += 1
            where = f'src/{own}:{number}'
            if name.startswith('scumble/'):
                if not {'include/scumble', name.partition('/')[2]} & may[row][1]:
                    problems.append(f'{where}: {row} may not include {name}, by the table of doc/architecture.md')
                continue
            other = row_of(name)
            if other is None or '..' in name:
                problems.append(f'{where}: "{name}" is neither beside this file nor a path from src/')
            elif other not in may[row][0] and name not in may[row][1]:
                problems.append(f'{where}: {row} may not include {name}, by the table of doc/architecture.md')
            if other not in (row, None):
                folders.setdefault(row, set()).add(other)
            elif not re.search(r'/\* circle: \w', line):
                pair = [re.sub(r'(_internal)?\.\w+$', '', file) for file in (own, name)]
                files.setdefault(pair[0], set()).update({pair[1]} - {pair[0]})
    for row in rows:
        if not (root / 'src' / row).is_dir():
            problems.append(f'doc/architecture.md: there is no folder src/{row}')
    problems += [f'folders that include each other: {", ".join(found)}' for found in circles(folders)]
    problems += [f'files that need each other, and no comment "circle:" says why: {", ".join(found)}'
                 for found in circles(files)]
    for problem in problems:
        print(problem)
    print(f'{count} includes of {len(paths)} files in {len(rows)} folders: {len(problems)} wrong')
    return 1 if problems or not count else 0


if __name__ == '__main__':
    sys.exit(main())
