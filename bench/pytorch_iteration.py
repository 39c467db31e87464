# SPDX-License-Identifier: MIT
"""The peer of iteration.c: one loss and gradient of VGG-19 style transfer in PyTorch, random weights.
Usage: pytorch_iteration.py EDGE THREADS RUNS. Prints the same JSON."""
import json
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional

edge, threads, runs = (int(a) for a in sys.argv[1:4])
torch.set_num_threads(threads)
torch.manual_seed(0)

blocks = [(64, 2), (128, 2), (256, 4), (512, 4), (512, 1)]
layers, names, channels = [], [], 3
for b, (width, convs) in enumerate(blocks, 1):
    if b > 1:
        layers.append(nn.MaxPool2d(2))
        names.append("")
    for k in range(1, convs + 1):
        conv = nn.Conv2d(channels, width, 3, padding=1)
        nn.init.kaiming_normal_(conv.weight)
        nn.init.zeros_(conv.bias)
        layers += [conv, nn.ReLU(inplace=False)]
        names += ["", f"relu{b}_{k}"]
        channels = width
for layer in layers:
    layer.requires_grad_(False)
style_names = {"relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"}


def features(x):
    found = {}
    for layer, name in zip(layers, names):
        x = layer(x)
        if name in style_names or name == "relu4_2":
            found[name] = x
    return found


def gram(f):
    f = f.flatten(2)[0]
    return f @ f.t() / f.shape[1]


start = torch.rand(1, 3, edge, edge)
with torch.no_grad():
    found = features(start)
    content = found["relu4_2"].clone()
    grams = {n: gram(found[n]) for n in style_names}
    del found
x = torch.rand(1, 3, edge, edge, requires_grad=True)
times = []
for i in range(runs + 1):
    begin = time.monotonic()
    found = features(x)
    loss = functional.mse_loss(found["relu4_2"], content)
    for n in sorted(style_names):
        loss = loss + functional.mse_loss(gram(found[n]), grams[n])
    x.grad = None
    loss.backward()
    if i:
        times.append(time.monotonic() - begin)
times.sort()
print(json.dumps({"median_s": round(times[len(times) // 2], 4), "min_s": round(times[0], 4), "max_s": round(times[-1], 4),
                  "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}))
