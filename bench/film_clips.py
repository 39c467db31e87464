#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Six clips with known motion, made from photographs: film_clips.py PHOTO PHOTO FOLDER [FRAMES] [WIDTH HEIGHT]

Each becomes FOLDER/NAME/NNNN.png, and the true flow of each frame to the one before and ten before, where there is one,
FOLDER/NAME/flow1-NNNN.npy and flow10-NNNN.npy: (height, width, 3) as u, v in pixels, and 1 where the same thing is seen
in both. The second photograph passes in front of the first, cut out, in some.

pan      a slow pan, 2.3 pixels a frame
turn     zooming in by 1 % a frame, turning by half a degree
front    the ground moves to the left, a cut-out in front of it to the right
fast     a pan of 17 pixels a frame
grain    a slow pan with new grain in every frame (standard deviation 0.02)
walk     the camera stands, a cut-out walks through the picture"""
import math
import pathlib
import sys

import numpy as np
from PIL import Image


def load(path, width, height):
    """A third larger than the frame; it is mirrored beyond its borders."""
    image = Image.open(path).convert('RGB')
    scale = max(width / image.width, height / image.height) * 1.3
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.LANCZOS)
    return np.asarray(image, np.float32) / 255


def sample(image, x, y):
    """Cubic (Keys), mirrored."""
    h, w = image.shape[:2]

    def mirrored(i, n):
        i = np.mod(i, 2 * n)
        return np.where(i < n, i, 2 * n - 1 - i)

    def weights(t):
        return (-0.5 * t * (1 - t) ** 2, 1 + t * t * (1.5 * t - 2.5), 0.5 * t * (1 + t * (4 - 3 * t)), -0.5 * t * t * (1 - t))
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    wx, wy = weights((x - x0)[..., None]), weights((y - y0)[..., None])
    out = 0
    for j in range(4):
        for i in range(4):
            out = out + wy[j] * wx[i] * image[mirrored(y0 - 1 + j, h), mirrored(x0 - 1 + i, w)]
    return np.clip(out, 0, 1)


def path(name, t, width, height):
    """The ground's map from frame positions to the photograph at time t: a 2 x 3 matrix; and the cut-out's place."""
    zoom, angle, dx, dy, front = 1.0, 0.0, 0.0, 0.0, None
    if name in ('pan', 'grain'):
        dx, dy = 2.2 * t, 0.7 * t
    elif name == 'turn':
        zoom, angle = 1.01 ** -t, math.radians(0.5 * t)
    elif name == 'front':
        dx, front = 1.6 * t, (0.15 * width + 3.1 * t, 0.5 * height)
    elif name == 'fast':
        dx = 17 * t
    elif name == 'walk':
        front = (0.1 * width + 4.3 * t, 0.55 * height + 4 * math.sin(t / 2))
    c, s = math.cos(angle) * zoom, math.sin(angle) * zoom
    mx, my = width / 2, height / 2
    matrix = np.array([[c, -s, mx - c * mx + s * my + dx + 0.1 * width], [s, c, my - s * mx - c * my + dy + 0.1 * height]])
    return matrix, front


def inverse(m):
    a = np.linalg.inv(m[:, :2])
    return np.hstack([a, -a @ m[:, 2:]])


def inside(front, x, y, height):
    """The cut-out: an ellipse."""
    return ((x - front[0]) / (0.16 * height)) ** 2 + ((y - front[1]) / (0.32 * height)) ** 2 <= 1


def frame(name, t, ground, figure, x, y, width, height):
    m, front = path(name, t, width, height)
    out = sample(ground, m[0, 0] * x + m[0, 1] * y + m[0, 2], m[1, 0] * x + m[1, 1] * y + m[1, 2])
    if front:
        on = inside(front, x, y, height)
        out[on] = sample(figure, x - front[0] + 0.5 * width, y - front[1] + 0.5 * height)[on]
    if name == 'grain':
        out = np.clip(out + np.random.default_rng(t).normal(0, 0.02, out.shape).astype(np.float32), 0, 1)
    return out


def flow(name, t, back, x, y, width, height):
    """Of frame t to frame t - back."""
    m, front = path(name, t, width, height)
    then, front_then = path(name, t - back, width, height)
    px, py = m[0, 0] * x + m[0, 1] * y + m[0, 2], m[1, 0] * x + m[1, 1] * y + m[1, 2]
    i = inverse(then)
    u, v = i[0, 0] * px + i[0, 1] * py + i[0, 2], i[1, 0] * px + i[1, 1] * py + i[1, 2]
    seen = (u >= 0) & (v >= 0) & (u <= width - 1) & (v <= height - 1)
    if front:
        seen &= ~inside(front_then, u, v, height)
        on = inside(front, x, y, height)
        u = np.where(on, x + front_then[0] - front[0], u)
        v = np.where(on, y + front_then[1] - front[1], v)
        seen = np.where(on, (u >= 0) & (v >= 0) & (u <= width - 1) & (v <= height - 1), seen)
    return np.dstack([u - x, v - y, seen]).astype(np.float32)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[3])
    frames = int(sys.argv[4]) if len(sys.argv) > 4 else 24
    width, height = (int(sys.argv[5]), int(sys.argv[6])) if len(sys.argv) > 6 else (512, 288)
    ground, figure = (load(p, width, height) for p in sys.argv[1:3])
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    for name in ('pan', 'turn', 'front', 'fast', 'grain', 'walk'):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for t in range(frames):
            picture = frame(name, t, ground, figure, x, y, width, height)
            Image.fromarray((picture * 255 + 0.5).astype(np.uint8)).save(folder / name / f'{t:04}.png')
            for back in (1, 10):
                if t >= back:
                    np.save(folder / name / f'flow{back}-{t:04}.npy', flow(name, t, back, x, y, width, height))


main()
