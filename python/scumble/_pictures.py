# SPDX-License-Identifier: MIT
"""Pictures: arrays and files to the library's own, and back."""
from __future__ import annotations

import os
from typing import Any, Union

import numpy as np

from ._errors import Error, check
from ._library import encode, ffi, lib, sized

#: What is taken for a picture: a file's name, or what numpy makes an array of.
Picture = Union[str, 'os.PathLike[str]', np.ndarray, Any]

_SAMPLES = {
    np.dtype(np.uint8): lib.SCUMBLE_SAMPLE_U8,
    np.dtype(np.uint16): lib.SCUMBLE_SAMPLE_U16,
    np.dtype(np.float16): lib.SCUMBLE_SAMPLE_HALF,
    np.dtype(np.float32): lib.SCUMBLE_SAMPLE_FLOAT,
}
_CHANNELS = {
    1: lib.SCUMBLE_CHANNELS_GREY,
    2: lib.SCUMBLE_CHANNELS_GREY_ALPHA,
    3: lib.SCUMBLE_CHANNELS_RGB,
    4: lib.SCUMBLE_CHANNELS_RGBA,
}


def is_file(picture: Picture) -> bool:
    return isinstance(picture, (str, os.PathLike))


def _array_of(picture: Any) -> np.ndarray:
    """The array, three-dimensional, each pixel's values side by side and rows at any distance."""
    array = np.asarray(picture)
    if array.dtype == np.bool_:
        array = array.astype(np.uint8) * 255
    elif array.dtype == np.float64:
        array = array.astype(np.float32)
    if array.dtype not in _SAMPLES:
        raise Error(f'a picture is an array of uint8, uint16, float16 or float32, not of {array.dtype}')
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in _CHANNELS or not array.size:
        raise Error('a picture is an array of height x width, or of height x width x channels with 1 to 4 channels, '
                    f'not of {" x ".join(map(str, np.shape(picture)))}')
    size = array.itemsize
    if array.strides[2] != size or array.strides[1] != size * array.shape[2]:
        array = np.ascontiguousarray(array)
    return array


def _pixels_of(array: np.ndarray, writable: bool):
    """What the library reads or writes of an array; the array must outlive it."""
    address = array.ctypes.data if writable or array.flags.writeable else array.__array_interface__['data'][0]
    return sized('scumble_pixels', {
        'data': ffi.cast('void *', address),
        'width': array.shape[1],
        'height': array.shape[0],
        'row_bytes': array.strides[0],
        'sample': _SAMPLES[array.dtype],
        'channels': _CHANNELS[array.shape[2]],
    })


def owned(pointer):
    """An image of the library that Python frees."""
    def free(image):
        lib.scumble_image_free(ffi.new('scumble_image **', image))
    return ffi.gc(pointer, free)


def load(context, picture: Picture):
    """An image of the library for a file or an array, and the dtype in which its results are given."""
    out = ffi.new('scumble_image **')
    if is_file(picture):
        check(context, lib.scumble_image_load(context, encode(picture), out))
        return owned(out[0]), np.dtype(np.uint8)
    array = _array_of(picture)
    check(context, lib.scumble_image_from_pixels(context, _pixels_of(array, False), out))
    return owned(out[0]), array.dtype


def to_array(context, image, dtype=np.uint8) -> np.ndarray:
    """The picture as an array: height x width x 3, or x 4 where it has alpha."""
    dtype = np.dtype(dtype)
    if dtype not in _SAMPLES:
        raise Error(f'a picture is an array of uint8, uint16, float16 or float32, not of {dtype}')
    channels = 4 if lib.scumble_image_alpha(image) else 3
    array = np.empty((lib.scumble_image_height(image), lib.scumble_image_width(image), channels), dtype)
    check(context, lib.scumble_image_to_pixels(context, image, _pixels_of(array, True)))
    return array
