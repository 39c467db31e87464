# SPDX-License-Identifier: MIT
"""The library, as cffi sees it."""
from __future__ import annotations

import ctypes.util
import os
import pathlib

import cffi

ffi = cffi.FFI()
ffi.cdef((pathlib.Path(__file__).parent / 'interface.h').read_text())


def _load():
    names = [os.environ.get('SCUMBLE_LIBRARY'), 'libscumble.so.0.2', ctypes.util.find_library('scumble')]
    tried = []
    for name in filter(None, names):
        try:
            return ffi.dlopen(name)
        except OSError as error:
            tried.append(str(error))
    raise ImportError('the library of scumble is not here: install it (make install), or name it in SCUMBLE_LIBRARY; '
                      + '; '.join(tried))


lib = _load()


def text(pointer) -> str:
    """A C string, or '' for NULL."""
    return ffi.string(pointer).decode() if pointer else ''


def sized(kind: str, fields: dict):
    """A struct that says its own size first."""
    return ffi.new(kind + ' *', {'size': ffi.sizeof(kind), **fields})


def encode(name) -> bytes:
    """A name of a file or an option for the library."""
    return os.fsencode(name)
