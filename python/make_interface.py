#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the public headers as cffi reads them, without comments and preprocessor: python/scumble/interface.h.
A test compares the two.

Usage: python/make_interface.py [--check]"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
HEADERS = ('event.h', 'scumble.h', 'pixels.h', 'run.h', 'painter.h')


def declarations(text):
    """A header's declarations, each on its own lines."""
    text = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
    text = re.sub(r'#ifdef __cplusplus.*?#endif', '', text, flags=re.S)
    text = re.sub(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*\n', '', text, flags=re.M)
    text = text.replace('SCUMBLE_API ', '')
    return re.sub(r'\n\s*\n+', '\n', re.sub(r'[ \t]+\n', '\n', text)).strip() + '\n'


def interface():
    parts = ['/* Made from the public headers by make_interface.py. */\n']
    for name in HEADERS:
        parts.append(declarations((HERE.parent / 'include/scumble' / name).read_text()))
    return ''.join(parts)


def main():
    path = HERE / 'scumble/interface.h'
    if '--check' not in sys.argv:
        path.write_text(interface())
    elif path.read_text() != interface():
        sys.exit('python/scumble/interface.h is not made from the headers as they are: run python/make_interface.py')


if __name__ == '__main__':
    main()
