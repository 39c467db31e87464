# SPDX-License-Identifier: MIT
"""What is open in the library, and closed with what it was made from."""
from __future__ import annotations

import weakref
from typing import Optional, TypeVar

from ._errors import Error
from ._library import ffi, lib


_Self = TypeVar('_Self', bound='Handle')


class Handle:
    """Something of the library that is open until ``close``, the end of ``with``, or until nothing uses it."""

    _type = ''            # its C type, whose closing function is _close
    _close = ''
    _closed_words = ''    # what is said when it is used after that

    def __init__(self):
        self._handle = ffi.NULL
        self._parts: weakref.WeakSet = weakref.WeakSet()  # what was made from it, and is closed before it

    @property
    def handle(self):
        if not self._handle:
            raise Error(self._closed_words)
        return self._handle

    def _opened(self, pointer, owner: Optional['Handle'] = None) -> None:
        self._handle = pointer
        if owner is not None:
            owner._parts.add(self)

    def close(self) -> None:
        """Closes it, and what was made from it."""
        if self._handle:
            for part in list(self._parts):
                part.close()
            getattr(lib, self._close)(ffi.new(self._type + ' **', self._handle))
            self._handle = ffi.NULL

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, '_handle', None):
            self.close()
