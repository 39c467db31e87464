#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the beginning of a torchvision VGG, with made-up values, as PyTorch would save it: a stored zip with a pickle. No PyTorch needed.

usage: make_pth.py FILE
"""
import struct
import sys
import zipfile

TENSORS = {
    "features.0.weight": (64, 3, 3, 3), "features.0.bias": (64,), "features.2.weight": (64, 64, 3, 3), "features.2.bias": (64,),
    "classifier.0.weight": (10, 49), "classifier.0.bias": (10,),
}


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def integer(value):
    return b"J" + struct.pack("<i", value)


def integers(values):
    return b"(" + b"".join(map(integer, values)) + b"t"


def count(shape):
    return shape[0] * count(shape[1:]) if shape else 1


def strides(shape):
    return [count(shape[i + 1:]) for i in range(len(shape))]


def tensor(key, shape):
    """torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks), the storage by persistent id."""
    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu") + integer(count(shape)) + b"tQ"
    hooks = b"ccollections\nOrderedDict\n)R"
    return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + integer(0) + integers(shape) + integers(strides(shape)) + b"\x89" + hooks +
            b"tR")


def main(path):
    items = b"".join(text(name) + tensor(str(i), shape) for i, (name, shape) in enumerate(TENSORS.items()))
    pickle = b"\x80\x02ccollections\nOrderedDict\n)R(" + items + b"u."
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", pickle)
        archive.writestr("archive/version", "3\n")
        for i, shape in enumerate(TENSORS.values()):
            values = [((7 * k + i) % 23 - 11) / 100 for k in range(count(shape))]
            archive.writestr("archive/data/%d" % i, struct.pack("<%df" % len(values), *values))


main(sys.argv[1])
