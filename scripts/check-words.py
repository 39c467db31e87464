#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Documents read well, as far as a program can tell: lines of at most 120 columns (but for tables, code and formulas),
and nowhere in documents, public headers, help and manual a phrase that readers once stumbled over. A phrase is matched
with any white space between its words, and across the lines of comments and of strings in C.

Usage: scripts/check-words.py [--wrap] [ROOT]    --wrap wraps the paragraphs of documents anew. Exit status 1: a line is
too long, or a phrase is back."""
import pathlib
import re
import sys

COLUMNS = 120
# What stood there, and why nobody understood it.
PHRASES = {
    'as many as there are not': 'a negation in the wrong place',
    'for want of': 'say what is missing',
    'of it of': 'an eighth of what, and of which pictures?',
    'for more, tiles': 'more than what?',
    'neighbours of the photo (1)': 'neighbours are looked for, not had',
    'neighbours also from': 'no verb',
    'the same, falling otherwise': 'no verb, and what falls?',
    'is told by': 'who tells, and whom?',
    'of one colour since': 'in which time?',
    'are had with': 'a thing is got, downloaded or made',
    'can be gone on with': 'a run goes on',
    'are gone on with': 'a run goes on',
    'is no style': 'it does not count as style',
}
PLACES = (('.', '*.md'), ('doc', '*.md'), ('doc', '*.in'), ('models', '*/*.md'), ('python', '*.md'),
          ('include', '*/*.h'), ('src/cli', 'option*'), ('src/cli', 'help.c'), ('src/api', '*option*.c'))
FENCE = re.compile(r'\s*(```|~~~)')
ITEM = re.compile(r'(\s*)([-*]|\d+\.)\s+')
# Lines that are no prose and stay as they are: headings, tables, HTML, formulas, indented code, pictures, links' ends.
FIXED = re.compile(r'\s*$|#|\||<|\$\$|    |!|\[[^\]]+\]:')


def blocks(lines):
    """The lines of a document in groups: (True, lines of a paragraph or list item) or (False, [a line that stays])."""
    paragraph, code = [], False
    for line in lines:
        fence = FENCE.match(line)
        item = not code and not fence and ITEM.match(line)
        goes_on = paragraph and line.startswith(' ') and ITEM.match(paragraph[0]) and line.strip()
        fixed = code or fence or (FIXED.match(line) and not item and not goes_on)
        if paragraph and (fixed or item or (ITEM.match(paragraph[0]) and not line.startswith(' '))):
            yield True, paragraph
            paragraph = []
        if fixed:
            yield False, [line]
        else:
            paragraph.append(line)
        code = code != bool(fence)
    if paragraph:
        yield True, paragraph


def wrapped(lines):
    """The lines of a paragraph, anew. A word that would be markup at a line's beginning stays with the one before."""
    item = ITEM.match(lines[0])
    first = item[0] if item else re.match(r'\s*', lines[0])[0]
    words = []
    for word in (lines[0][len(first):] + ' ' + ' '.join(lines[1:])).split():
        if words and re.match(r'([-+*>]|\d+[.)]|#+|=+|\|.*)$', word):
            words[-1] += ' ' + word
        else:
            words.append(word)
    line, begun = first, False
    for word in words:
        if begun and len(line) + 1 + len(word) > COLUMNS:
            yield line
            line, begun = ' ' * len(first), False
        line, begun = line + ' ' * begun + word, True
    yield line


def wrap(text):
    return '\n'.join(line for prose, lines in blocks(text.split('\n')) for line in (wrapped(lines) if prose else lines))


def long_lines(text):
    """Numbers and lengths of prose lines that are too long."""
    number = 0
    for prose, lines in blocks(text.split('\n')):
        for line in lines:
            number += 1
            if prose and len(line) > COLUMNS:
                yield number, len(line)


def phrases(text):
    """The phrases of the list that stand in a text, read without line ends, stars of comments and quotes of C."""
    words = ' '.join(re.sub(r'"\s*\\?\n\s*"|\n\s*(\*|\.\\")?', ' ', text).split())
    return [phrase for phrase in PHRASES if phrase in words]


def main():
    names = [name for name in sys.argv[1:] if name != '--wrap']
    root = pathlib.Path(names[0] if names else pathlib.Path(__file__).parent.parent).resolve()
    problems, files = [], sorted({path for folder, name in PLACES for path in (root / folder).glob(name)})
    for path in files:
        text, name = path.read_text(), path.relative_to(root)
        if '--wrap' in sys.argv and path.suffix == '.md' and list(long_lines(text)):
            text = wrap(text)
            path.write_text(text)
        if path.suffix == '.md':
            problems += [f'{name}: line {number} has {length} columns' for number, length in long_lines(text)]
        problems += [f"{name}: '{phrase}': {PHRASES[phrase]}" for phrase in phrases(text)]
    for problem in problems:
        print(problem)
    if any('columns' in problem for problem in problems):
        print('scripts/check-words.py --wrap wraps them')
    print(f'{len(files)} files read: {len(problems)} wrong')
    return 1 if problems or not files else 0


if __name__ == '__main__':
    sys.exit(main())
