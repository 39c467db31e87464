# SPDX-License-Identifier: MIT
"""The peer of generator.c in PyTorch: the same network with random weights.
Usage: pytorch_generator.py CHANNELS BLOCKS END EDGE THREADS RUNS [--train]. Prints the same JSON."""
import json
import resource
import sys
import time

import torch
from torch import nn

c, blocks, end, edge, threads, runs = (int(a) for a in sys.argv[1:7])
train = sys.argv[7:] == ["--train"]
torch.set_num_threads(threads)
torch.manual_seed(0)


def conv(channels_in, channels_out, size, stride=1):
    return nn.Sequential(nn.ReflectionPad2d(size // 2), nn.Conv2d(channels_in, channels_out, size, stride))


def norm(channels):
    return nn.InstanceNorm2d(channels, affine=True)


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(conv(channels, channels, 3), norm(channels), nn.ReLU(), conv(channels, channels, 3), norm(channels))

    def forward(self, x):
        return self.body(x) + x


def enlarging(channels_in, channels_out):
    return [nn.Upsample(scale_factor=2, mode="nearest"), conv(channels_in, channels_out, 3), norm(channels_out), nn.ReLU()]


layers = [conv(3, c, end), norm(c), nn.ReLU(), conv(c, 2 * c, 3, 2), norm(2 * c), nn.ReLU(), conv(2 * c, 4 * c, 3, 2), norm(4 * c), nn.ReLU()]
layers += [Block(4 * c) for _ in range(blocks)]
layers += enlarging(4 * c, 2 * c) + enlarging(2 * c, c) + [conv(c, 3, end)]
network = nn.Sequential(*layers)
x = torch.rand(1, 3, edge, edge)
times = []
for i in range(runs + 1):
    begin = time.monotonic()
    if train:
        network.zero_grad()
        network(x).square().mean().backward()
    else:
        with torch.no_grad():
            network(x)
    if i:
        times.append(time.monotonic() - begin)
times.sort()
print(json.dumps({"median_s": round(times[len(times) // 2], 4), "min_s": round(times[0], 4), "max_s": round(times[-1], 4),
                  "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}))
