#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the small model files in tests/fuzz/corpus with the real writers (PyTorch, h5py as Keras uses it), and prints
what test_weights.c expects of them; what PyTorch makes of a picture with the ONNX networks goes to ../unit/onnx.safetensors.
Run from tests/fuzz; needs numpy, torch, h5py, Pillow. The files are kept in the repository; keras_endless and keras_records were
found and made otherwise, and exr was written by the OpenEXR library, film by make_films.sh."""
import json
import struct
from collections import OrderedDict

import h5py
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def ramp(*shape):
    return torch.arange(float(np.prod(shape))).reshape(shape) / 8 - 1


def pytorch():
    half = {"model": OrderedDict(a=ramp(2, 3).half(), b=ramp(3, 2).bfloat16(), c=ramp(4).double()), "epoch": 7}
    torch.save(half, "corpus/pytorch/wrapped.pth")
    base = ramp(4, 6)
    views = {
        "transposed": base.t(), "sliced": base[1:3, ::2], "expanded": ramp(3, 1).expand(3, 2), "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3), "longs": torch.tensor([-1, 2**40]), "bools": torch.tensor([True, False]),
        "bytes": torch.tensor([0, 255], dtype=torch.uint8), "parameter": torch.nn.Parameter(ramp(2)),
        "nested": {"list": [ramp(1), ramp(2)], 5: ramp(1)}, "shorts": torch.tensor([-300], dtype=torch.int16),
        "chars": torch.tensor([-3], dtype=torch.int8), "ints": torch.tensor([-70000], dtype=torch.int32), "size": base.shape,
    }
    torch.save(views, "corpus/pytorch/views.pth")
    torch.save(views, "corpus/pytorch/views-legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(views, "corpus/pytorch/views-protocol4.pth", _use_new_zipfile_serialization=False, pickle_protocol=4)
    torch.save(half, "corpus/pytorch/protocol1.pth", _use_new_zipfile_serialization=False, pickle_protocol=1)
    torch.save(torch.nn.Conv2d(1, 1, 1), "corpus/pytorch/whole-network.pth")
    print("transposed", base.t().flatten()[:7].tolist(), "sliced", base[1:3, ::2].flatten().tolist())


def rights():
    """Metadata as other programs write it: XMP (good, with a document type, cut), IPTC records bare and in Photoshop's resources, EXIF of both byte orders, a JPEG XL
    container; and a recipe."""
    namespaces = ("xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:r='http://ns.adobe.com/xap/1.0/rights/' "
                  "xmlns:cc='http://creativecommons.org/ns#' xmlns:scumble='urn:scumble:xmp:1.0#'")
    inside = ("<dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>\u00a9 2020 A &amp; B</rdf:li></rdf:Alt></dc:rights><dc:creator><rdf:Seq><rdf:li>A</rdf:li>"
              "<rdf:li>B</rdf:li></rdf:Seq></dc:creator><cc:license rdf:resource='http://creativecommons.org/licenses/by/4.0/'/><scumble:recipe>{&#10;}</scumble:recipe>")
    packet = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF {namespaces}><rdf:Description r:Marked='True'>{inside}</rdf:Description></rdf:RDF></x:xmpmeta>"
    records = b"".join(struct.pack(">BBBH", 0x1c, record, number, len(text)) + text
                       for record, number, text in [(1, 90, b"\x1b%G"), (2, 80, b"By"), (2, 110, b"Credit"), (2, 116, "\u00a9 N".encode())])
    resources = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(records)) + records
    recipe = {"recipe": 1, "scumble": "0.1.0", "encoder": {"name": "lite", "licence": "MIT"}, "content": {"path": "a/b.jpg", "sha256": "00", "rights": {"notice": "CC0"}},
              "styles": [{"path": "c.png", "sha256": "11", "weight": 1.0, "mask": {"sha256": "22"}}], "permission": "<yes>"}
    files = {"packet.xmp": packet.encode(), "wide.xmp": packet.encode("utf-16"), "latin.xmp": packet.encode("latin-1"), "iptc": records, "photoshop": resources,
             "entities.xmp": b"<!DOCTYPE r [<!ENTITY a 'x'><!ENTITY b '&a;&a;'>]>" + packet.replace("&amp;", "&b;").encode(), "recipe.json": json.dumps(recipe).encode()}
    for name, order in [("little.exif", "<"), ("big.exif", ">")]:
        head = b"Exif\0\0" + (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, 2)
        entries = struct.pack(order + "HHI", 0x13b, 2, 3) + b"Me\0\0" + struct.pack(order + "HHII", 0x8298, 2, 10, 38) + struct.pack(order + "I", 0)
        files[name] = head + entries + b"(c) A\0B C\0"
    box = lambda kind, content: struct.pack(">I", 8 + len(content)) + kind + content
    files["container.jxl"] = (b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"ftyp", b"jxl \0\0\0\0jxl ") + box(b"Exif", b"\0\0\0\0" + files["big.exif"][6:]) +
                              box(b"xml ", packet.encode()) + b"\0\0\0\0jxlc\xff\x0a")
    for name, content in files.items():
        with open("corpus/rights/" + name, "wb") as f:
            f.write(content)


def bitmap():
    """BMP and TGA: pixel (x, y) of a 7 x 5 picture is (36 x, 50 y, 20 (x + y)), in the indexed ones index (x + y) % 8; files by Pillow and, where it writes no such kind, by hand."""
    from PIL import Image
    width, height = 7, 5
    colours = Image.new("RGB", (width, height))
    colours.putdata([(36 * x, 50 * y, 20 * (x + y)) for y in range(height) for x in range(width)])
    alpha = Image.new("RGBA", (width, height))
    alpha.putdata([(36 * x, 50 * y, 20 * (x + y), 40 + 30 * x) for y in range(height) for x in range(width)])
    indexed = Image.new("P", (width, height))
    indexed.putpalette([v for i in range(8) for v in (10 + 30 * i, 200 - 20 * i, 5 * i)])
    indexed.putdata([(x + y) % 8 for y in range(height) for x in range(width)])
    files = {"24.bmp": colours, "32.bmp": alpha, "8.bmp": indexed, "grey.bmp": colours.convert("L"), "1.bmp": colours.convert("1"), "24.tga": colours, "32.tga": alpha,
             "8.tga": indexed, "grey.tga": colours.convert("L"), "alpha.tga": alpha.convert("LA")}
    for name, image in files.items():
        image.save("corpus/bitmap/" + name)
        if name.endswith("tga"):
            image.save("corpus/bitmap/runs-" + name, compression="tga_rle")
    bgr = [(20 * (x + y), 50 * y, 36 * x, 40 + 30 * x) for y in range(height) for x in range(width)] # rows from the top
    indices = [[(x + y) % 8 for x in range(width)] for y in range(height)]
    palette = b"".join(bytes((5 * i, 200 - 20 * i, 10 + 30 * i, 0)) for i in range(8))

    def bmp(name, header, bits, kind, body, extra=b"", palette=b"", top_down=False):
        rows = -height if top_down else height
        info = struct.pack("<IiiHHIIiiII", header, width, rows, 1, bits, kind, len(body), 0, 0, len(palette) // 4, 0) if header > 12 else struct.pack("<IHHHH", 12, width, height, 1, bits)
        info += extra + bytes(max(0, header - len(info) - len(extra)))
        at = 14 + len(info) + len(palette)
        with open("corpus/bitmap/" + name, "wb") as f:
            f.write(struct.pack("<2sIHHI", b"BM", at + len(body), 0, 0, at) + info + palette + body)

    masks = struct.pack("<IIII", 0xff0000, 0xff00, 0xff, 0xff000000)
    whole = b"".join(bytes(p) for p in bgr)
    bmp("v4.bmp", 108, 32, 3, whole, masks, top_down=True)
    bmp("v5.bmp", 124, 32, 3, whole, masks, top_down=True)
    bmp("fields.bmp", 40, 32, 3, whole, masks[:12], top_down=True)
    bmp("565.bmp", 40, 16, 3, b"".join(struct.pack("<8H", *[(r >> 3 << 11 | g >> 2 << 5 | b >> 3) for b, g, r, a in bgr[7 * y:7 * y + 7]], 0) for y in range(height)),
        struct.pack("<III", 0xf800, 0x7e0, 0x1f), top_down=True)
    bmp("555.bmp", 40, 16, 0, b"".join(struct.pack("<8H", *[(r >> 3 << 10 | g >> 3 << 5 | b >> 3) for b, g, r, a in bgr[7 * y:7 * y + 7]], 0) for y in range(height)), top_down=True)
    bmp("4.bmp", 40, 4, 0, b"".join(bytes(row[x] << 4 | (row[x + 1] if x + 1 < width else 0) for x in range(0, width, 2)) for row in indices[::-1]), palette=palette)
    bmp("core.bmp", 12, 24, 0, b"".join(b"".join(bytes(p[:3]) for p in bgr[7 * y:7 * y + 7]) + bytes(3) for y in range(height - 1, -1, -1)))
    runs = {8: b"", 4: b""}
    for y, row in enumerate(indices[::-1]): # values as they are, then a run, both kinds of end
        runs[8] += bytes([0, 5, *row[:5], 0]) + b"".join(bytes([1, v]) for v in row[5:]) + bytes([0, 0 if y + 1 < height else 1])
        runs[4] += bytes([0, 5, row[0] << 4 | row[1], row[2] << 4 | row[3], row[4] << 4, 0, 2, row[5] << 4 | row[6], 0, 0 if y + 1 < height else 1])
    bmp("rle8.bmp", 40, 8, 1, runs[8], palette=palette)
    bmp("rle4.bmp", 40, 4, 2, runs[4], palette=palette)
    bmp("skip.bmp", 40, 8, 1, bytes([3, 1, 0, 2, 2, 1, 2, 2, 0, 0, 0, 1]), palette=palette)

    def tga(name, kind, depth, descriptor, body, map_bits=0, colours=b"", footer=b""):
        entry = (map_bits + 7) // 8
        with open("corpus/bitmap/" + name, "wb") as f:
            f.write(struct.pack("<BBBHHBHHHHBB", 3, 1 if map_bits else 0, kind, 0, len(colours) // entry if entry else 0, map_bits, 0, 0, width, height, depth, descriptor) + b"id." + colours + body + footer)

    rows = [bgr[7 * y:7 * y + 7] for y in range(height)]
    tga("right.tga", 2, 24, 0x30, b"".join(bytes(p[:3]) for row in rows for p in row[::-1]))
    tga("low-right.tga", 2, 24, 0x10, b"".join(bytes(p[:3]) for row in rows[::-1] for p in row[::-1]))
    tga("16.tga", 2, 16, 0x21, b"".join(struct.pack("<H", x % 2 << 15 | r >> 3 << 10 | g >> 3 << 5 | b >> 3) for row in rows for x, (b, g, r, a) in enumerate(row)))
    tga("map16.tga", 1, 8, 0x20, bytes(v for row in indices for v in row), 15, b"".join(struct.pack("<H", 4 * i << 10 | i << 5 | 31 - i) for i in range(8)))
    extension = struct.pack("<H41s", 495, b"A. Painter").ljust(495, b"\0")
    plain = b"".join(bytes(p) for row in rows for p in row)
    tga("signed.tga", 2, 32, 0x28, plain, footer=extension + struct.pack("<II18s", 18 + 3 + len(plain), 0, b"TRUEVISION-XFILE."))


def weights_into(group, layers):
    """keras.engine.saving.save_weights_to_hdf5_group (2.x)"""
    group.attrs["layer_names"] = [name.encode() for name in layers]
    group.attrs["backend"] = b"tensorflow"
    group.attrs["keras_version"] = b"2.2.4"
    for name, weights in layers.items():
        g = group.create_group(name)
        g.attrs["weight_names"] = [n.encode() for n in weights]
        for n, values in weights.items():
            g.create_dataset(n, data=values)


def keras():
    r = lambda *shape: ramp(*shape).numpy()
    layers = {
        "input_1": {},
        "conv1": {"conv1/kernel:0": r(1, 1, 2, 3), "conv1/bias:0": r(3)},
        "bn": {"bn/gamma:0": r(3), "bn/beta:0": r(3), "bn/moving_mean:0": r(3), "bn/moving_variance:0": r(3)},
    }
    with h5py.File("corpus/keras/weights.h5", "w") as f:
        weights_into(f, layers)
    with h5py.File("corpus/keras/model.h5", "w") as f:
        f.attrs["keras_version"] = "2.13.1"
        f.attrs["backend"] = "tensorflow"
        f.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": {"name": "m", "layers": []}})
        weights_into(f.create_group("model_weights"), layers)
    with h5py.File("corpus/keras/keras1.h5", "w") as f:
        weights_into(f, {"block1_conv1": {"block1_conv1_W_1:0": r(1, 1, 2, 2), "block1_conv1_b_1:0": r(2)}})
    with h5py.File("corpus/keras/packed.h5", "w", libver="latest") as f:
        weights_into(f, {"dense": {}})
        g = f["dense"]
        g.attrs["weight_names"] = ["dense/dense/kernel:0", "dense/dense/bias:0", "dense/dense/steps:0"]
        g.create_dataset("dense/dense/kernel:0", data=r(4, 8).astype(np.float16), chunks=(2, 4), compression="gzip", shuffle=True)
        g.create_dataset("dense/dense/bias:0", data=r(8).astype(np.float64))
        g.create_dataset("dense/dense/steps:0", data=np.int64(-5))
    with h5py.File("corpus/keras/hostile-links.h5", "w") as f:
        weights_into(f, {"a": {}})
        f["a"].attrs["weight_names"] = [b"outside"]
        f["a"]["outside"] = h5py.ExternalLink("/etc/hostname", "/x")
    with h5py.File("corpus/keras/hostile-soft.h5", "w") as f:
        weights_into(f, {"a": {"k:0": r(2)}})
        f["a"]["s"] = h5py.SoftLink("/a/k:0")
        f["a"].attrs["weight_names"] = [b"s"]
    with h5py.File("corpus/keras/hostile-external.h5", "w") as f:
        weights_into(f, {"a": {}})
        f["a"].attrs["weight_names"] = [b"k"]
        f["a"].create_dataset("k", shape=(8,), dtype="u1", external=[("/etc/passwd", 0, 8)])
    with h5py.File("corpus/keras/hostile-loop.h5", "w") as f:
        weights_into(f, {"a": {}})
        f["a"]["a"] = f["a"]
        f["a"].attrs["weight_names"] = [b"/".join([b"a"] * 200)]
    with h5py.File("corpus/keras/hostile-huge.h5", "w") as f:
        weights_into(f, {"a": {}})
        f["a"].attrs["weight_names"] = [b"k"]
        f["a"].create_dataset("k", shape=(1 << 30, 1 << 10), dtype="f4", chunks=(1 << 8, 1 << 8), compression="gzip")
    with h5py.File("corpus/keras/hostile-compound.h5", "w") as f:
        weights_into(f, {"a": {}})
        f["a"].attrs["weight_names"] = [b"k"]
        f["a"].create_dataset("k", data=np.zeros(2, dtype=[("x", "f4"), ("y", "i4")]))
    with h5py.File("corpus/keras/hostile-missing.h5", "w") as f:
        weights_into(f, {"a": {}})
        f["a"].attrs["weight_names"] = [b"k"]
    with h5py.File("corpus/keras/hostile-plain.h5", "w") as f:
        f["x"] = r(3)
    with h5py.File("corpus/keras/hostile-names.h5", "w") as f:
        f.attrs["layer_names"] = np.arange(4)
    with h5py.File("corpus/keras/hostile-lzf.h5", "w") as f:
        weights_into(f, {"a": {}})
        f["a"].attrs["weight_names"] = [b"k"]
        f["a"].create_dataset("k", data=r(64), chunks=(8,), compression="lzf")
    with h5py.File("corpus/keras/hostile-keras3.h5", "w") as f:
        f.create_group("layers/conv/vars")["0"] = r(3)


def safetensors():
    header = {"__metadata__": {"format": "pt"}, "w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
              "h": {"dtype": "F16", "shape": [2], "data_offsets": [16, 20]}, "i": {"dtype": "I64", "shape": [], "data_offsets": [20, 28]},
              "b": {"dtype": "BF16", "shape": [1], "data_offsets": [28, 30]}, "z": {"dtype": "BOOL", "shape": [2], "data_offsets": [30, 32]},
              "d": {"dtype": "F64", "shape": [1], "data_offsets": [32, 40]}, "e": {"dtype": "U8", "shape": [0, 4], "data_offsets": [40, 40]}}
    text = json.dumps(header).encode()
    data = (struct.pack("<4f", 1, 2, 3, 4) + np.array([0.5, -2], "<f2").tobytes() + struct.pack("<q", -9) + b"\x40\x40" + b"\0\1" +
            struct.pack("<d", 0.1))
    open("corpus/safetensors/all-types.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + data)


def tfjs():
    """The fuzzer's own container: the model's text, a NUL, then what every shard holds."""
    model = {"modelTopology": {"model_config": {"class_name": "Model"}}, "weightsManifest": [
        {"paths": ["s1", "s2"], "weights": [
            {"name": "a/kernel", "shape": [2], "dtype": "float32"},
            {"name": "a/bias:0", "shape": [8], "dtype": "float32", "quantization": {"dtype": "uint8", "min": -1, "scale": 0.5}}]}]}
    open("corpus/tfjs/json", "wb").write(json.dumps(model).encode() + b"\0" + struct.pack("<2f", 1, 2))
    literal = ('!function(){n.exports={modelTopology:{model_config:{a:!0,b:!1,c:[.5,-.25,1e-3,null]}},weightsManifest:[{paths:["s"],'
               'weights:[{name:"a/kernel",shape:[3],dtype:"float32",quantization:{min:-.5,scale:.25,dtype:"uint8"}}]}]}}')
    open("corpus/tfjs/javascript", "wb").write(literal.encode() + b'\0' + b'!function(){h.exports="AAEC"}')


class Style(nn.Module):
    """As public style networks are: padded by reflection, instance norm, enlarged by neighbours."""

    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 6, 3, stride=2), nn.InstanceNorm2d(6, affine=True)
        self.block = nn.Conv2d(6, 6, 3, padding=1, padding_mode="replicate")
        self.last = nn.Conv2d(6, 3, 5)

    def enlarge(self, x):
        return F.interpolate(x, scale_factor=2, mode="nearest")

    def forward(self, x):
        x = torch.relu(self.norm(self.first(F.pad(x, (1, 1, 1, 1), mode="reflect"))))
        x = x + self.block(x)
        return self.last(F.pad(self.enlarge(x), (2, 2, 2, 2), mode="reflect"))


class Sizes(Style):
    """Enlarged to a size that is computed from another map's."""

    def forward(self, x):
        y = F.leaky_relu(self.first(F.pad(x, (1, 1, 1, 1))), 0.2)
        y = F.interpolate(self.norm(y), size=(x.shape[2], x.shape[3]), mode="bilinear", align_corners=False)
        return torch.sigmoid(self.last(F.pad(y, (2, 2, 2, 2), mode="replicate"))).clamp(0, 1)


class Mixed(nn.Module):
    """Scaled at both ends; batch norm, groups, dilation, pooling, joined maps, limits in the middle, a weight used twice."""

    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 4, 3, padding=2, dilation=2), nn.BatchNorm2d(4)
        self.norm.running_mean.uniform_(-1, 1)
        self.norm.running_var.uniform_(0.5, 2)
        self.each, self.last = nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False), nn.Conv2d(12, 3, 1)
        self.register_buffer("mean", torch.tensor([0.4, 0.5, 0.6]).view(1, 3, 1, 1))

    def forward(self, x):
        x = self.norm(F.relu6(3 * self.first((x / 255 - self.mean) / 0.25)))
        y = self.each(torch.tanh(self.each(x)))
        small = torch.cat([F.max_pool2d(x, 2), F.avg_pool2d(y, 2), F.avg_pool2d(x, 3, 2, 1)], 1)
        y = F.interpolate(small, scale_factor=2, mode="bilinear", align_corners=True)
        return ((1 - torch.tanh(self.last(y))) * 127.5).clamp(0, 255)


class Transposed(nn.Module):
    """As CycleGAN's generators: enlarged by transposed convolutions (of all kinds) and by channels laid out as positions; sees and gives -1..1."""

    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList([nn.Conv2d(3, 6, 3, 2, 1), nn.Conv2d(6, 8, 3, 2, 1)])
        self.up = nn.ModuleList([
            nn.ConvTranspose2d(8, 6, 3, 2, 1, 1), nn.ConvTranspose2d(6, 4, 4, 2, 1, groups=2), nn.Conv2d(4, 4, 4, 4),
            nn.ConvTranspose2d(4, 3, (5, 4), 4, padding=(1, 0), output_padding=(1, 0), bias=False),
            nn.ConvTranspose2d(3, 12, 3, 1, 2, dilation=2), nn.Conv2d(12, 12, 3, 2, 1)])
        self.last = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        for conv in self.down:
            x = torch.relu(F.instance_norm(conv(x)))
        for conv in self.up:
            x = F.leaky_relu(F.instance_norm(conv(x)), 0.2)
        return torch.tanh(self.last(F.pixel_shuffle(x, 2)))


def onnx():
    torch.manual_seed(1)
    picture, results = torch.rand(1, 3, 16, 24), {}
    networks = {"nearest": (Style(), 11, 0, 1), "sizes": (Sizes(), 13, 0, 1), "upsample": (Style(), 9, 0, 1), "mixed": (Mixed(), 12, 0, 255),
                "transposed": (Transposed(), 13, -1, 1)}
    for name, (network, opset, low, high) in networks.items():
        network.eval()
        results[name] = network(low + (high - low) * picture).detach()
        if low < 0: # ours is scaled to 0..1
            results[name] = (results[name] - low) / (high - low)
        free = {2: "height", 3: "width"}
        torch.onnx.export(network, picture, f"corpus/onnx/{name}.onnx", opset_version=opset, input_names=["x"], output_names=["y"],
                          dynamic_axes={"x": free, "y": free})
    header, data = {}, b""
    for name, tensor in {"picture": picture, **results}.items():
        values = tensor.numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    open("../unit/onnx.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + data)


pytorch()
keras()
safetensors()
tfjs()
onnx()
rights()
bitmap()
