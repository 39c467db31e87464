# SPDX-License-Identifier: MIT
"""Neural style transfer: photos in the style of paintings.

    import scumble
    style = scumble.Style('painting.jpg', size=512, beta=8)
    scumble.save('painted.png', style.paint('photo.jpg'))

A picture is a file's name, or an array of height x width or height x width x channels (1: grey, 2: grey and alpha,
3: RGB, 4: RGBA) of uint8, uint16, float16 or float32 (0 to 1), in sRGB."""
from ._context import Context, default_context, read, save
from ._errors import Cancelled, Error
from ._library import lib as _lib, text as _text
from ._run import Progress, Run, Style, option_help, option_names

#: The version of the library.
__version__ = _text(_lib.scumble_version())

Style.__init__.__doc__ = 'Options, with their defaults:\n\n' + option_help()

__all__ = ['Cancelled', 'Context', 'Error', 'Progress', 'Run', 'Style', 'default_context', 'option_help',
           'option_names', 'read', 'save']
