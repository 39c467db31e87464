# SPDX-License-Identifier: MIT
"""Errors with the library's sentence."""
from __future__ import annotations

from ._library import ffi, lib, text


class Error(Exception):
    """What the library refused or could not do.

    Attributes: ``code`` (one of the library's SCUMBLE_ERR_... numbers, negative), ``option`` (the name of the option
    that is wrong, or ''). ``str(error)`` is a sentence that says what is wrong and what would be right.
    """

    def __init__(self, sentence: str, code: int = lib.SCUMBLE_ERR_ARGUMENT, option: str = ''):
        super().__init__(sentence)
        self.code = code
        self.option = option


class Cancelled(Error):
    """The work was stopped by the caller."""


def check(context, code: int) -> None:
    """Raises what a function's code says; 0 raises nothing."""
    if not code:
        return
    sentence = text(lib.scumble_error_text(context)) or text(lib.scumble_error_name(code))
    option = text(lib.scumble_error_option(context))
    if code == lib.SCUMBLE_ERR_MEMORY:
        raise MemoryError(sentence)
    raise (Cancelled if code == lib.SCUMBLE_ERR_CANCELLED else Error)(sentence, code, option)


__all__ = ['Error', 'Cancelled', 'check', 'ffi']
