#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What documents point to is there: every relative link, picture and anchor of the *.md files, and every path of this
tree, such as src/ops/ops.h, that a document, a script or a comment names. Addresses of the web are not tried. Links into
out/, where `make demo` and `make gallery` put pictures, point to what is not there yet.

Usage: scripts/check-links.py [ROOT]    Exit status 1: something is not there."""
import pathlib
import re
import sys

# A path that a text names. What has NAME in it, or a digit's place, stands for many.
NAMED = re.compile(r'(?<![\w./-])((?:src|include|tests|scripts|doc|bench|examples|models)/[\w./*-]*[\w*]\.'
                   r'(?:c|h|S|cpp|sh|py|md|build|proto|1))(?![\w*])')
TEXTS = {'.md', '.c', '.h', '.cpp', '.sh', '.py', '.build'}


def tree(root):
    """The files of the tree: not what is built, made or hidden."""
    for path in sorted(root.iterdir()):
        if path.name.startswith(('build', 'out', '.')):
            continue
        yield from (file for file in sorted(path.rglob('*')) if file.is_file()) if path.is_dir() else [path]


def without_code(text):
    """A document without programs and code, which may hold what looks like a link."""
    text = re.sub(r'^(```|~~~).*?^\1', '', text, flags=re.M | re.S)
    return re.sub(r'`[^`\n]+`', '', text)


def anchors(path):
    """The anchors of a document's headings, as GitHub forms them."""
    found, seen = set(), {}
    text = re.sub(r'^(```|~~~).*?^\1', '', path.read_text(), flags=re.M | re.S)
    for title in re.findall(r'^#+\s+(.*?)\s*#*$', text, flags=re.M):
        title = re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', title).lower()
        name = re.sub(r'[^\w\- ]', '', title).replace(' ', '-')
        seen[name] = seen.get(name, -1) + 1
        found.add(name if not seen[name] else f'{name}-{seen[name]}')
    return found | set(re.findall(r'<a (?:id|name)="([^"]+)"', text))


def wrong_links(root, path):
    text = without_code(path.read_text())
    links = re.findall(r'\]\(\s*<?([^)\s>]+)', text) + re.findall(r'^\[[^\]]+\]:\s*(\S+)', text, flags=re.M)
    links += re.findall(r'<(?:img|a)\b[^>]*\b(?:src|href)="([^"]+)"', text)
    for link in links:
        if re.match(r'[a-z][a-z+.-]*:', link):
            continue
        name, _, anchor = link.partition('#')
        target = (path.parent / name).resolve() if name else path
        if target.is_relative_to(root / 'out'):
            continue
        if not target.is_relative_to(root) or not target.exists():
            yield f'the link ({link}) leads nowhere'
        elif anchor and (target.suffix != '.md' or anchor not in anchors(target)):
            yield f'there is no heading #{anchor} for the link ({link})'


def wrong_names(root, path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for name in NAMED.findall(line):
            if 'NAME' not in name and not (any(root.glob(name)) if '*' in name else (root / name).exists()):
                yield f'line {number}: there is no {name}'


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    problems, documents, texts = [], 0, 0
    for path in tree(root):
        if path.suffix not in TEXTS and path.name != 'Makefile':
            continue
        texts += 1
        found = list(wrong_names(root, path)) if path.name not in ('CHANGELOG.md', 'faults.sh') else []  # of what was, and of what must not be
        if path.suffix == '.md':
            documents += 1
            found += wrong_links(root, path)
        problems += [f'{path.relative_to(root)}: {text}' for text in found]
    for problem in problems:
        print(problem)
    print(f'{documents} documents, paths in {texts} texts: {len(problems)} wrong')
    return 1 if problems or not documents else 0


if __name__ == '__main__':
    sys.exit(main())
