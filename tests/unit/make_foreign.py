#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes small networks in the forms in which others publish theirs, with random weights, and what PyTorch or ONNX Runtime make of a picture with them: the corpus
files tests/fuzz/corpus/onnx/foreign_*.onnx and tests/unit/foreign.safetensors. Not part of the build.

Forms: AnimeGANv2 (the port to PyTorch: group norms of one group, aligned corners), AnimeGANv3 (TensorFlow's, channels last, norms written out, attention over
positions), PyTorch's fast-neural-style, and parts that occur here and there.

usage: make_foreign.py ONNXRUNTIME-FOLDER        needs python3-torch, python3-onnx, node; the folder is what scripts/fetch-onnxruntime.sh makes
"""
import io, json, os, struct, subprocess, sys, tempfile
import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(HERE, "..", "fuzz", "corpus", "onnx")
HEIGHT, WIDTH = 24, 40
results = {}


# ---- PyTorch -------------------------------------------------------------------------------------------------------

class ConvNorm(nn.Sequential):
    def __init__(self, i, o, size=3, stride=1, padding=1, groups=1, bias=False):
        super().__init__(nn.ReflectionPad2d(padding), nn.Conv2d(i, o, size, stride, groups=groups, bias=bias), nn.GroupNorm(1, o), nn.LeakyReLU(0.2))


class Inverted(nn.Module):
    def __init__(self, i, o, ratio=2):
        super().__init__()
        self.skips, wide = i == o, i * ratio
        self.layers = nn.Sequential(ConvNorm(i, wide, 1, padding=0), ConvNorm(wide, wide, groups=wide, bias=True), nn.Conv2d(wide, o, 1, bias=False), nn.GroupNorm(1, o))

    def forward(self, x):
        return x + self.layers(x) if self.skips else self.layers(x)


class AnimeGANv2(nn.Module):
    def __init__(self, c=2):
        super().__init__()
        self.a = nn.Sequential(ConvNorm(3, c, 7, padding=3), ConvNorm(c, 2 * c, stride=2, padding=(0, 1, 0, 1)), ConvNorm(2 * c, 2 * c))
        self.b = nn.Sequential(ConvNorm(2 * c, 3 * c, stride=2, padding=(0, 1, 0, 1)), ConvNorm(3 * c, 3 * c))
        self.c = nn.Sequential(Inverted(3 * c, 4 * c), Inverted(4 * c, 4 * c), ConvNorm(4 * c, 3 * c))
        self.d = nn.Sequential(ConvNorm(3 * c, 3 * c))
        self.e = nn.Sequential(ConvNorm(3 * c, 2 * c), ConvNorm(2 * c, c, 7, padding=3))
        self.out = nn.Sequential(nn.Conv2d(c, 3, 1, bias=False), nn.Tanh())

    def forward(self, x):
        y = self.a(x)
        half = y.size()[-2:]
        y = self.c(self.b(y))
        y = self.d(F.interpolate(y, half, mode="bilinear", align_corners=True))
        y = F.interpolate(y, x.size()[-2:], mode="bilinear", align_corners=True)
        return self.out(self.e(y))


class Groups(nn.Module):
    """Group norms of several groups, PReLU, ELU, HardSigmoid and HardSwish, the larger and the smaller of two, a transposed end, cubic enlarging."""
    def __init__(self):
        super().__init__()
        self.first, self.down, self.last = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 4, 2), nn.Conv2d(8, 3, 3, padding=1)
        self.norm, self.prelu = nn.GroupNorm(4, 8), nn.PReLU(8)

    def forward(self, x):
        y = self.prelu(self.norm(self.first(x)))
        y = F.elu(self.down(F.pad(y, (2, 2, 2, 2), mode="reflect")))[:, :, :-1, 1:] # an odd border, and cut again
        y = torch.max(F.hardsigmoid(y), F.hardswish(y)) + torch.min(F.selu(y), y.abs())
        y = F.interpolate(y, scale_factor=2, mode="bicubic", align_corners=False)
        return torch.sigmoid(self.last(y))


class Bytes(nn.Module):
    """BGR, channels last, 0..255, rounded."""
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 6, 3, 2, 1), nn.Conv2d(6, 3, 3, padding=1)

    def forward(self, x):
        y = x.permute(0, 3, 1, 2).flip(1) / 127.5 - 1
        y = F.leaky_relu(F.instance_norm(self.a(y)), 0.1)
        y = y.unsqueeze(3).unsqueeze(5).expand(-1, -1, -1, 2, -1, 2).reshape(1, 6, 2 * y.shape[2], 2 * y.shape[3])
        y = (torch.tanh(self.b(y)) * 127.5 + 127.5)[:, [2, 1, 0]].permute(0, 2, 3, 1)
        return torch.clamp(y, 0, 255).round().to(torch.uint8)


class Shuffled(nn.Module):
    """Channels laid out as positions by hand, and a gate of means over the picture (Hu et al. 2018)."""
    def __init__(self):
        super().__init__()
        self.a, self.b, self.g = nn.Conv2d(3, 8, 5, 2, 2), nn.Conv2d(8, 12, 3, padding=1), nn.Conv2d(8, 8, 1)

    def forward(self, x):
        y = F.relu(self.a(x))
        y = y * torch.sigmoid(self.g(y.mean((2, 3), keepdim=True)))
        n, c, h, w = 1, 3, y.shape[2], y.shape[3]
        return torch.sigmoid(self.b(y).reshape(n, c, 2, 2, h, w).permute(0, 1, 4, 2, 5, 3).reshape(n, c, 2 * h, 2 * w))


class Residual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.one, self.two, self.n1, self.n2 = nn.Conv2d(c, c, 3), nn.Conv2d(c, c, 3), nn.InstanceNorm2d(c, affine=True), nn.InstanceNorm2d(c, affine=True)

    def forward(self, x):
        pad = nn.ReflectionPad2d(1)
        return self.n2(self.two(pad(F.relu(self.n1(self.one(pad(x))))))) + x


class FastNeuralStyle(nn.Module):
    def __init__(self, c=2):
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(3, c, 9), nn.Conv2d(c, 2 * c, 3, 2), nn.Conv2d(2 * c, 2 * c, 3, 2), nn.Conv2d(2 * c, 2 * c, 3), nn.Conv2d(2 * c, c, 3), nn.Conv2d(c, 3, 9)])
        self.norms = nn.ModuleList([nn.InstanceNorm2d(n, affine=True) for n in (c, 2 * c, 2 * c, 2 * c, c)])
        self.blocks = nn.Sequential(Residual(2 * c), Residual(2 * c))

    def forward(self, x):
        for i in range(6):
            if i == 3:
                x = self.blocks(x)
            if i in (3, 4):
                x = F.interpolate(x, mode="nearest", scale_factor=2)
            x = self.convs[i](nn.ReflectionPad2d(self.convs[i].kernel_size[0] // 2)(x))
            if i < 5:
                x = F.relu(self.norms[i](x))
        return 50 * x + 128


def picture(last, factor=1.0, offset=0.0):
    generator = np.random.RandomState(5)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    rgb = np.stack([0.5 + 0.3 * np.sin(x / 7.0 + c) * np.cos(y / 5.0 - c) + 0.15 * generator.rand(HEIGHT, WIDTH) for c in range(3)])
    rgb = np.clip(rgb, 0, 1).astype(np.float32)
    results["picture"] = rgb[None]
    rgb = rgb * np.float32(factor) + np.float32(offset)
    return np.ascontiguousarray((rgb.transpose(1, 2, 0) if last else rgb)[None], np.float32)


def export(name, network, last=False, factor=1.0, offset=0.0, opset=13, batch=1):
    torch.manual_seed(3)
    for p in network.parameters():
        nn.init.normal_(p, 1.0 if p.dim() == 1 else 0.0, 0.3 if p.dim() == 1 else 1.3 / p[0].numel() ** 0.5)
    network.eval()
    x = torch.from_numpy(picture(last, factor, offset))
    rows = 1 if last else 2
    axes = {"x": {rows: "h", rows + 1: "w"}, "y": {rows: "h", rows + 1: "w"}}
    path = os.path.join(CORPUS, "foreign_%s.onnx" % name)
    torch.onnx.export(network, x.repeat(batch, 1, 1, 1), path, opset_version=opset, input_names=["x"], output_names=["y"], dynamic_axes=axes)
    strip(path)
    with torch.no_grad():
        y = network(x).float().numpy()
    results[name] = y.transpose(0, 3, 1, 2) if last else y


def strip(path):
    model = onnx.load(path)
    for node in model.graph.node:
        node.ClearField("doc_string")
        node.ClearField("name")
    onnx.save(model, path)


# ---- AnimeGANv3, as TensorFlow's exporter writes it ------------------------------------------------------------------

class Writer:
    def __init__(self):
        self.nodes, self.tensors, self.random = [], [], np.random.RandomState(9)

    def constant(self, array, name=None):
        name = name or "c%d" % len(self.tensors)
        self.tensors.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, op, *inputs, **attributes):
        result = "t%d" % len(self.nodes)
        self.nodes.append(helper.make_node(op, list(inputs), [result], **attributes))
        return result

    def floats(self, *shape, scale=1.0):
        return self.constant((self.random.randn(*shape) * scale).astype(np.float32))

    def number(self, value):
        return self.constant(np.float32(value))

    def integers(self, *values):
        return self.constant(np.array(values, np.int64))

    def conv(self, x, i, o, size, stride=1):
        """In channels-last order: padded by reflection there, the convolution between two transpositions."""
        p = size // 2
        if p:
            before, after = (p, p) if stride == 1 else (p - 1 if size > 3 else 0, p)
            x = self.node("Pad", x, self.integers(0, before, before, 0, 0, after, after, 0), mode="reflect")
        x = self.node("Transpose", x, perm=[0, 3, 1, 2])
        x = self.node("Conv", x, self.floats(o, i, size, size, scale=1.3 / (i * size * size) ** 0.5), strides=[stride, stride])
        return self.node("Transpose", x, perm=[0, 2, 3, 1])

    def moments(self, x):
        mean = self.node("ReduceMean", x, axes=[1, 2], keepdims=1)
        d = self.node("Sub", x, mean)
        return mean, self.node("ReduceMean", self.node("Mul", d, d), axes=[1, 2], keepdims=1)

    def deviation(self, variance):
        return self.node("Sqrt", self.node("Add", variance, self.number(1e-5)))

    def lade(self, x, c):
        mean, variance = self.moments(self.conv(x, c, c, 1))
        own, spread = self.moments(x)
        y = self.node("Div", self.node("Sub", x, own), self.deviation(spread))
        y = self.node("Add", self.node("Mul", y, self.deviation(variance)), mean)
        return self.node("LeakyRelu", y, alpha=0.2)

    def layer_norm(self, x, c):
        mean = self.node("ReduceMean", x, axes=[1, 2, 3], keepdims=1)
        d = self.node("Sub", x, mean)
        variance = self.node("ReduceMean", self.node("Mul", d, d), axes=[1, 2, 3], keepdims=1)
        factor = self.node("Mul", self.node("Reciprocal", self.deviation(variance)), self.floats(c))
        shift = self.node("Sub", self.floats(c), self.node("Mul", mean, factor))
        return self.node("Add", self.node("Mul", x, factor), shift)

    def attention(self, x, c, k):
        size = self.node("Shape", x)
        y = self.node("Reshape", self.conv(x, c, c, 1), self.integers(1, -1, c))
        w = self.random.randn(c, k).astype(np.float32)
        y = self.node("Softmax", self.node("MatMul", y, self.constant(w)), axis=1)
        y = self.node("Div", y, self.node("Add", self.node("ReduceSum", y, self.integers(2), keepdims=1), self.number(1e-9)))
        y = self.node("MatMul", y, self.constant(np.ascontiguousarray(w.T)))
        y = self.conv(self.node("Reshape", y, size), c, c, 1)
        return self.node("LeakyRelu", self.node("Add", y, x), alpha=0.2)

    def double(self, x):
        x = self.node("Transpose", x, perm=[0, 3, 1, 2])
        x = self.node("Resize", x, "", self.constant(np.array([1, 1, 2, 2], np.float32)), mode="linear", coordinate_transformation_mode="asymmetric")
        return self.node("Transpose", x, perm=[0, 2, 3, 1])


def animegan3():
    w = Writer()
    x0 = w.lade(w.conv("x", 3, 6, 7), 6)
    x1 = w.lade(w.conv(x0, 6, 6, 3, 2), 6)
    x2 = w.layer_norm(w.conv(x1, 6, 10, 3, 2), 10)
    y = w.attention(x2, 10, 12)
    y = w.lade(w.conv(w.double(y), 10, 6, 3), 6)
    y = w.lade(w.conv(w.node("Add", y, x1), 6, 6, 3), 6)
    y = w.lade(w.conv(w.double(y), 6, 6, 3), 6)
    y = w.conv(w.node("Add", y, x0), 6, 3, 7)
    w.nodes.append(helper.make_node("Tanh", [y], ["y"]))
    shape = [None, "h", "w", 3]
    graph = helper.make_graph(w.nodes, "animegan3", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)], w.tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7
    path = os.path.join(CORPUS, "foreign_animegan3.onnx")
    onnx.save(model, path)
    results["animegan3"] = run_runtime(path, picture(True, 2.0, -1.0)).transpose(0, 3, 1, 2)


def run_runtime(path, x):
    script = """const [f, m, i, o] = process.argv.slice(1); const fs = require('fs');
    const ort = require(require.resolve('onnxruntime-node', { paths: [f] }));
    (async () => { const s = await ort.InferenceSession.create(m); const b = fs.readFileSync(i);
    const r = await s.run({ x: new ort.Tensor('float32', new Float32Array(b.buffer, b.byteOffset, b.length / 4), JSON.parse(process.env.DIMS)) });
    fs.writeFileSync(o, Buffer.from(r.y.data.buffer, r.y.data.byteOffset, r.y.data.byteLength)); })().catch((e) => { console.error(e.message); process.exit(1); });"""
    with tempfile.TemporaryDirectory() as folder:
        i, o = os.path.join(folder, "in"), os.path.join(folder, "out")
        x.tofile(i)
        subprocess.run(["node", "-e", script, os.path.abspath(sys.argv[1]), path, i, o], check=True, env={**os.environ, "DIMS": json.dumps(x.shape)})
        return np.fromfile(o, np.float32).reshape(x.shape)


# ---- all of them ----------------------------------------------------------------------------------------------------

def main():
    export("animegan2", AnimeGANv2(), factor=2.0, offset=-1.0)
    export("faststyle", FastNeuralStyle(), factor=255.0)
    export("groups", Groups())
    export("bytes", Bytes(), last=True, factor=255.0)
    export("shuffled", Shuffled())
    animegan3()
    header, data = {}, b""
    for name in sorted(results):
        values = np.ascontiguousarray(results[name], np.float32)
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + values.nbytes]}
        data += values.tobytes()
        print(name, values.shape, values.min(), values.max(), values.std())
    text = json.dumps(header).encode()
    open(os.path.join(HERE, "foreign.safetensors"), "wb").write(struct.pack("<Q", len(text)) + text + data)


main()
