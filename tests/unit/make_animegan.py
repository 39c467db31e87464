#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a narrow AnimeGANv2 generator with random weights, saved as its port to PyTorch publishes state dictionaries, and what PyTorch makes of a picture with it:
tests/fuzz/corpus/pytorch/animegan2.pt and tests/unit/animegan.safetensors. Not part of the build; needs python3-torch.
"""
import json, os, struct
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
HEIGHT, WIDTH = 24, 40


def layer(i, o, size=3, border=1, stride=1, groups=1, bias=False):
    return nn.Sequential(nn.ReflectionPad2d(border), nn.Conv2d(i, o, size, stride, groups=groups, bias=bias), nn.GroupNorm(1, o), nn.LeakyReLU(0.2))


class Inverted(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.same = i == o
        self.layers = nn.Sequential(layer(i, 2 * i, 1, 0), layer(2 * i, 2 * i, groups=2 * i, bias=True), nn.Conv2d(2 * i, o, 1, bias=False), nn.GroupNorm(1, o))

    def forward(self, x):
        return self.layers(x) + x if self.same else self.layers(x)


class Generator(nn.Module):
    """Published widths: 32, 64, 128, 256."""
    def __init__(self, a, b, c, d):
        super().__init__()
        below = (0, 1, 0, 1)
        self.block_a = nn.Sequential(layer(3, a, 7, 3), layer(a, b, 3, below, 2), layer(b, b))
        self.block_b = nn.Sequential(layer(b, c, 3, below, 2), layer(c, c))
        self.block_c = nn.Sequential(layer(c, c), Inverted(c, d), Inverted(d, d), Inverted(d, d), Inverted(d, d), layer(d, c))
        self.block_d = nn.Sequential(layer(c, c), layer(c, c))
        self.block_e = nn.Sequential(layer(c, b), layer(b, b), layer(b, a, 7, 3))
        self.out_layer = nn.Sequential(nn.Conv2d(a, 3, 1, bias=False), nn.Tanh())

    def forward(self, x):
        y = self.block_a(x)
        half = y.shape[-2:]
        y = F.interpolate(self.block_c(self.block_b(y)), half, mode="bilinear", align_corners=True)
        y = F.interpolate(self.block_d(y), x.shape[-2:], mode="bilinear", align_corners=True)
        return self.out_layer(self.block_e(y))


torch.manual_seed(6)
network = Generator(3, 3, 4, 5).eval()
for p in network.parameters():
    nn.init.normal_(p, 1.0 if p.dim() == 1 else 0.0, 0.3 if p.dim() == 1 else 1.3 / p[0].numel() ** 0.5)
with torch.no_grad():
    for p in network.parameters(): # what is even stays dark, else there would be nothing but that in the end
        p -= 0.9 * p.mean((1, 2, 3), keepdim=True) if p.dim() == 4 else 0
row, column = np.mgrid[0:HEIGHT, 0:WIDTH]
noise = np.random.RandomState(5)
rgb = np.stack([0.5 + 0.3 * np.sin(column / 7.0 + c) * np.cos(row / 5.0 - c) + 0.15 * noise.rand(HEIGHT, WIDTH) for c in range(3)]).astype(np.float32)[None]
with torch.no_grad():
    painted = network(torch.from_numpy(rgb) * 2 - 1).numpy()
torch.save(network.state_dict(), os.path.join(HERE, "..", "fuzz", "corpus", "pytorch", "animegan2.pt"))
header, data = {}, b""
for name, values in (("painted", painted), ("picture", rgb)):
    header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + values.nbytes]}
    data += np.ascontiguousarray(values).tobytes()
text = json.dumps(header).encode()
open(os.path.join(HERE, "animegan.safetensors"), "wb").write(struct.pack("<Q", len(text)) + text + data)
print(painted.min(), painted.max(), painted.std(), sum(p.numel() for p in network.parameters()))
