#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Films side by side: film-strips.py OUT.png FOLDER...    Each folder holds the frames NNNN.png of one film.

On top a strip of each film, every fifth frame; below, for each of them, its middle row of pixels over time, downwards."""
import pathlib
import sys

import numpy as np
from PIL import Image

EVERY, WIDTH, GAP = 5, 320, 4


def strip(frames):
    shown = [Image.open(path).convert('RGB') for path in frames[::EVERY]]
    height = round(WIDTH * shown[0].height / shown[0].width)
    picture = Image.new('RGB', (len(shown) * WIDTH, height))
    for k, frame in enumerate(shown):
        picture.paste(frame.resize((WIDTH, height), Image.LANCZOS), (k * WIDTH, 0))
    return picture


def over_time(frames):
    rows = [np.asarray(Image.open(path).convert('RGB'))[None, Image.open(path).height // 2] for path in frames]
    return Image.fromarray(np.concatenate(rows)).resize((Image.open(frames[0]).width, 6 * len(rows)), Image.NEAREST)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    films = [sorted(pathlib.Path(folder).glob('[0-9]*.png')) for folder in sys.argv[2:]]
    strips, slices = [strip(frames) for frames in films], [over_time(frames) for frames in films]
    across = max(1, strips[0].width // (slices[0].width + GAP))
    lines = [slices[k:k + across] for k in range(0, len(slices), across)]
    height = sum(s.height + GAP for s in strips) + sum(line[0].height + GAP for line in lines)
    width = max(max(s.width for s in strips), across * (slices[0].width + GAP))
    sheet, y = Image.new('RGB', (width, height), 'white'), 0
    for s in strips:
        sheet.paste(s, (0, y))
        y += s.height + GAP
    for line in lines:
        for k, s in enumerate(line):
            sheet.paste(s, (k * (s.width + GAP), y))
        y += line[0].height + GAP
    sheet.save(sys.argv[1])


main()
