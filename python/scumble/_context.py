# SPDX-License-Identifier: MIT
"""Contexts: threads, limits, where models are kept."""
from __future__ import annotations

import threading
from typing import Optional

import numpy as np

from ._errors import check
from ._handle import Handle
from ._library import encode, ffi, lib, sized, text
from ._pictures import Picture, load, to_array


class Context(Handle):
    """What styles and runs share: threads, limits, networks once they are loaded. One thread at a time may use a
    context; different contexts are independent. It is closed by ``close``, by ``with``, or when nothing uses it.

    Args:
        threads: 1 to 256; 0 = all processors. Results have the same bytes with any number.
        max_pixels: larger files are refused; 0 = 400 million.
        data_dir: where models are kept; None = the usual folder.
    """

    _type, _close, _closed_words = 'scumble', 'scumble_close', 'this context is closed'

    def __init__(self, threads: int = 0, max_pixels: int = 0, data_dir: Optional[str] = None):
        super().__init__()
        folder = ffi.new('char[]', encode(data_dir)) if data_dir is not None else ffi.NULL
        config = sized('scumble_config', {'threads': threads, 'max_pixels': max_pixels, 'data_dir': folder})
        out = ffi.new('scumble **')
        code = lib.scumble_open(out, config)
        self._opened(out[0])
        try:
            check(self._handle, code)
        except Exception:
            self.close()
            raise

    def cancel(self) -> None:
        """Stops what this context is doing, from any thread: the call under way raises ``Cancelled`` within some tenths
        of a second; when none is, the next one does. Runs stand at their last whole iteration and can go on."""
        lib.scumble_cancel(self.handle)

    def __repr__(self) -> str:
        return f'<scumble.Context: {text(lib.scumble_describe(self._handle))}>' if self._handle else '<closed>'


_local = threading.local()


def default_context() -> Context:
    """This thread's own context, made when it is first needed."""
    if not getattr(_local, 'context', None):
        _local.context = Context()
    return _local.context


def read(path: str, dtype=np.uint8, context: Optional[Context] = None) -> np.ndarray:
    """A picture from a file, upright and in sRGB: height x width x 3 values, or x 4 with alpha. dtype: uint8 or uint16
    (the whole range), float16 or float32 (0 to 1)."""
    s = context or default_context()
    image, _ = load(s.handle, path)
    return to_array(s.handle, image, dtype)


def save(path: str, picture: Picture, *, bits: int = 0, quality: int = 0, recipe: Optional[str] = None,
         context: Optional[Context] = None) -> None:
    """Writes a picture; the ending of the name says the format. The file appears whole or not at all.

    Args:
        bits: 8 or 16 of a channel; 0 = as the array has.
        quality: 1 to 100 of lossy formats; 0 = 92.
        recipe: what is kept in the metadata (``Run.recipe``).
    """
    s = context or default_context()
    image, _ = load(s.handle, picture)
    words = ffi.new('char[]', recipe.encode()) if recipe else ffi.NULL
    options = sized('scumble_save_options', {'bits': bits, 'quality': quality, 'recipe': words})
    check(s.handle, lib.scumble_image_save(s.handle, image, encode(path), options))
