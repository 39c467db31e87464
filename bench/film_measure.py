#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How steady films of bench/film_clips.py are, by their true motion: film_measure.py CLIP FOLDER [FIRST]

FOLDER/NNNN.png are painted frames of the clip; pairs of which one is missing are left out, and so are frames before FIRST
(3). Prints the root mean square (of values 0..1) of what differs between frames one apart and ten apart, where the same
thing is seen in both."""
import pathlib
import sys

import numpy as np
from PIL import Image


def load(path):
    return np.asarray(Image.open(path).convert('RGB'), np.float32) / 255


def sample(image, x, y):
    """Between pixels in straight lines; beyond the border its pixels."""
    h, w = image.shape[:2]
    x, y = np.clip(x, 0, w - 1), np.clip(y, 0, h - 1)
    left, top = x.astype(int), y.astype(int)
    right, below = np.minimum(left + 1, w - 1), np.minimum(top + 1, h - 1)
    fx, fy = (x - left)[..., None], (y - top)[..., None]
    upper = image[top, left] * (1 - fx) + image[top, right] * fx
    lower = image[below, left] * (1 - fx) + image[below, right] * fx
    return upper * (1 - fy) + lower * fy


def difference(clip, folder, apart, first):
    means = []
    for path in sorted(folder.glob('*.png')):
        t = int(path.stem)
        before = folder / f'{t - apart:04}.png'
        if t < max(first, apart) or not before.exists():
            continue
        flow, now, then = np.load(clip / f'flow{apart}-{t:04}.npy'), load(path), load(before)
        y, x = np.mgrid[0:now.shape[0], 0:now.shape[1]]
        squares = (sample(then, x + flow[..., 0], y + flow[..., 1]) - now) ** 2
        means.append(squares[flow[..., 2] > 0].mean())
    return float(np.sqrt(np.mean(means))) if means else float('nan')


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    clip, folder = map(pathlib.Path, sys.argv[1:3])
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    print(f'{difference(clip, folder, 1, first):.4f} {difference(clip, folder, 10, first):.4f}')


main()
