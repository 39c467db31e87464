#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes golden.h: what PyTorch (1.13) computes for small inputs, forward and backward. Run: make_golden.py > golden.h

Input i of a case holds ((k k 7 + k 37 + (i + 1) 53) mod 101 - 50) / 25 at index k of its NCHW order; the loss is
sum(out * r) with r that of i = 9. Expected values are printed in NCHW order, the output first, then each gradient."""
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def values(shape, i):
    count = 1
    for extent in shape:
        count *= extent
    k = torch.arange(count)
    return (((k * k * 7 + k * 37 + (i + 1) * 53) % 101 - 50).double() / 25).reshape(shape)


MODES = {'zero': 'constant', 'replicate': 'replicate', 'reflect': 'reflect', 'circular': 'circular'}
cases = []


def case(name, op, attrs, shapes, function, fix=None):
    inputs = [values(s, i) for i, s in enumerate(shapes)]
    if fix:
        fix(inputs)
    for t in inputs:
        t.requires_grad_(True)
    out = function(*inputs)
    while out.dim() < 4:
        out = out.unsqueeze(-1)
    (out * values(out.shape, 9)).sum().backward()
    cases.append((name, op, attrs, shapes, [out.detach()] + [t.grad for t in inputs]))


def pad_attrs(top, bottom, left, right, mode):
    return '{ %d, %d, %d, %d, SC_PAD_%s }' % (top, bottom, left, right, mode.upper())


def padded(x, p):
    top, bottom, left, right, mode = p
    if mode == 'zero':
        return F.pad(x, (left, right, top, bottom))
    return F.pad(x, (left, right, top, bottom), mode=MODES[mode])


def conv(name, x, w, bias, stride=(1, 1), dilation=(1, 1), groups=1, p=(0, 0, 0, 0, 'zero'), relu=False):
    def run(x, w, b=None):
        y = F.conv2d(padded(x, p), w, None if b is None else b.reshape(-1), stride, 0, dilation, groups)
        return F.relu(y) if relu else y
    attrs = '.conv2d = { %d, %d, %d, %d, %d, %s, %s }' % (*stride, *dilation, groups, pad_attrs(*p), str(relu).lower())
    case('conv2d ' + name, 'conv2d', attrs, [x, w] + ([(1, w[0], 1, 1)] if bias else []), run)


conv('3x3', (1, 2, 4, 5), (3, 2, 3, 3), True, p=(1, 1, 1, 1, 'zero'))
conv('1x1', (2, 3, 2, 3), (2, 3, 1, 1), True)
conv('relu', (1, 2, 4, 4), (3, 2, 3, 3), True, p=(1, 1, 1, 1, 'zero'), relu=True)
conv('stride', (1, 1, 6, 7), (2, 1, 3, 2), False, stride=(2, 3))
conv('dilation', (1, 1, 7, 6), (1, 1, 3, 2), False, dilation=(2, 3), p=(1, 0, 2, 1, 'zero'))
conv('groups', (1, 4, 3, 3), (4, 2, 2, 2), True, groups=2)
conv('depthwise', (1, 3, 3, 4), (3, 1, 3, 3), False, groups=3, p=(1, 1, 1, 1, 'zero'))
conv('reflect', (1, 1, 4, 4), (1, 1, 3, 3), True, p=(2, 1, 3, 0, 'reflect'))
conv('replicate', (1, 1, 3, 4), (1, 1, 3, 3), False, p=(1, 2, 2, 1, 'replicate'), stride=(2, 1))
conv('circular', (1, 2, 3, 4), (1, 2, 3, 3), False, p=(1, 1, 1, 1, 'circular'))


def pool(name, op, x, size, stride, padding=0, ceil=False, include=True, scale=1):
    def run(x):
        if op == 'max':
            return F.max_pool2d(x, size, stride, padding, 1, ceil) * scale
        return F.avg_pool2d(x, size, stride, padding, ceil, include) * scale
    attrs = '.pool2d = { %d, %d, %d, %d, %d, %d, %d, %d, %s, %s, %d }' % (
        *size, *stride, padding, padding, padding, padding, str(include).lower(), str(ceil).lower(), scale)
    case(op + '_pool2d ' + name, op + '_pool2d', attrs, [x], run)


for kind in ('max', 'average'):
    pool('2x2', kind, (1, 2, 4, 5), (2, 2), (2, 2))
    pool('2x2 ceil', kind, (1, 1, 5, 5), (2, 2), (2, 2), ceil=True)
    pool('3x3 padded', kind, (1, 1, 5, 6), (3, 3), (2, 2), padding=1)
    pool('3x3 ceil padded', kind, (1, 1, 6, 6), (3, 3), (2, 2), padding=1, ceil=True, include=True)
    pool('3x3 ceil padded, inside only', kind, (1, 1, 6, 4), (3, 3), (2, 2), padding=1, ceil=True, include=False)
    pool('overlapping', kind, (1, 1, 4, 5), (3, 2), (1, 1))
    pool('ceil, last window dropped', kind, (1, 1, 4, 4), (2, 2), (3, 3), padding=1, ceil=True)
    pool('scaled', kind, (1, 1, 4, 4), (2, 2), (2, 2), scale=2)



def v(t):
    return t.reshape(-1)


case('batch_norm', 'batch_norm', '.norm = { 1e-3f }', [(2, 3, 2, 2)] + [(1, 3, 1, 1)] * 4,
     lambda x, m, var, g, b: (x - m) / torch.sqrt(var.abs() + 0.5 + 1e-3) * g + b)
case('instance_norm', 'instance_norm', '.norm = { 1e-5f }', [(2, 3, 3, 4), (1, 3, 1, 1), (1, 3, 1, 1)],
     lambda x, g, b: F.instance_norm(x, weight=v(g), bias=v(b), eps=1e-5))


def resize(name, op, x, size, align=False, antialias=False):
    def run(x):
        if op == 'nearest':
            return F.interpolate(x, size=size, mode='nearest')
        return F.interpolate(x, size=size, mode='bilinear', align_corners=align, antialias=antialias)
    attrs = '.resize = { %d, %d, %s, %s }' % (*size, str(align).lower(), str(antialias).lower())
    case('resize_%s %s' % (op, name), 'resize_' + op, attrs, [x], run)


for name, x, size in (('up', (1, 2, 3, 2), (5, 4)), ('double', (1, 1, 3, 2), (6, 4)), ('down', (1, 1, 7, 8), (3, 5)),
                      ('same', (1, 1, 3, 2), (3, 2)), ('to one', (1, 1, 5, 4), (1, 1)), ('mixed', (1, 1, 9, 3), (4, 7))):
    resize(name, 'nearest', x, size)
    resize(name, 'bilinear', x, size)
    resize(name + ', corners', 'bilinear', x, size, align=True)
    resize(name + ', antialias', 'bilinear', x, size, antialias=True)

for p in ((1, 2, 0, 3, 'zero'), (1, 2, 3, 1, 'replicate'), (2, 1, 1, 3, 'reflect'), (3, 1, 4, 2, 'circular')):
    case('pad ' + p[4], 'pad', '.pad = ' + pad_attrs(*p), [(1, 1, 3, 4)], lambda x: padded(x, p))

case('add', 'add', '.add = { 0.5f, -2 }', [(1, 2, 2, 3), (1, 2, 2, 3)], lambda a, b: 0.5 * a - 2 * b)
case('add channels', 'add', '.add = { 1, 1 }', [(2, 3, 2, 2), (1, 3, 1, 1)], lambda a, b: a + b)
case('multiply', 'multiply', '.tv = { false }', [(1, 2, 2, 3), (1, 2, 2, 3)], lambda a, b: a * b)
case('multiply picture', 'multiply', '.tv = { false }', [(2, 2, 2, 3), (1, 1, 2, 3)], lambda a, b: a * b)
case('multiply gate', 'multiply', '.tv = { false }', [(2, 3, 2, 2), (2, 3, 1, 1)], lambda a, b: a * b)
case('bias', 'bias', '.tv = { false }', [(2, 3, 1, 2), (1, 3, 1, 1)], lambda x, b: x + b)
case('concat', 'concat', '.tv = { false }', [(2, 1, 1, 2), (2, 2, 1, 2), (2, 1, 1, 2)], lambda *x: torch.cat(x, 1))
case('slice', 'slice', '.slice = { 1, 2, 1, 2, 0, 3 }', [(1, 4, 3, 4)], lambda x: x[:, 1:3, 1:3, 0:3])


def depth_column_row(x, b):
    n, c, h, w = x.shape
    return x.reshape(n, b, b, c // (b * b), h, w).permute(0, 3, 4, 1, 5, 2).reshape(n, c // (b * b), b * h, b * w)


for x, b in (((2, 8, 2, 3), 2), ((1, 9, 2, 1), 3), ((1, 2, 2, 2), 1)):
    case('depth_to_space by %d' % b, 'depth_to_space', '.depth_to_space = { %d, false }' % b, [x], lambda x: depth_column_row(x, b))
    case('depth_to_space by %d, by channel' % b, 'depth_to_space', '.depth_to_space = { %d, true }' % b, [x], lambda x: F.pixel_shuffle(x, b))
for name, f in (('relu', F.relu), ('sigmoid', torch.sigmoid), ('tanh', torch.tanh)):
    case(name, name, '.tv = { false }', [(1, 3, 2, 3)], f)
case('leaky_relu', 'leaky_relu', '.leaky_relu = { 0.2f }', [(1, 3, 2, 3)], lambda x: F.leaky_relu(x, 0.2))
case('softmax', 'softmax', '.tv = { false }', [(2, 5, 1, 2)], lambda x: F.softmax(x, 1))


def linear(x, w, b=None):
    return F.linear(x.permute(0, 2, 3, 1).reshape(x.shape[0], -1), w.reshape(w.shape[0], -1), None if b is None else b.reshape(-1))


case('linear', 'linear', '.tv = { false }', [(2, 2, 2, 3), (4, 12, 1, 1), (1, 4, 1, 1)], linear)
case('linear without bias', 'linear', '.tv = { false }', [(1, 5, 1, 1), (3, 5, 1, 1)], linear)


def gram(x, shift):
    f = (x + shift).reshape(x.shape[1], -1)
    return f @ f.t() / f.shape[1]


case('gram', 'gram', '.gram = { 0 }', [(1, 3, 2, 4)], lambda x: gram(x, 0))
case('gram shifted', 'gram', '.gram = { -1 }', [(1, 4, 3, 3)], lambda x: gram(x, -1))
case('mean', 'mean', '.tv = { false }', [(2, 2, 2, 3)], lambda x: x.mean())
case('mean_square', 'mean_square', '.tv = { false }', [(2, 2, 2, 3)], lambda x: (x * x).mean())
case('mean_square difference', 'mean_square', '.tv = { false }', [(1, 2, 2, 3), (1, 2, 2, 3)], F.mse_loss)


def tv(x, circular):
    if circular:
        return (x - x.roll(1, 3)).pow(2).mean() + (x - x.roll(1, 2)).pow(2).mean()
    horizontal, vertical = x[..., 1:] - x[..., :-1], x[:, :, 1:] - x[:, :, :-1]
    return sum((d.pow(2).mean() for d in (horizontal, vertical) if d.numel()), 0 * x.sum())


for shape in ((1, 2, 3, 4), (2, 1, 1, 5), (1, 2, 4, 1), (1, 3, 1, 1)):
    name = 'total_variation %dx%d' % shape[2:]
    case(name, 'total_variation', '.tv = { false }', [shape], lambda x: tv(x, False))
    case(name + ' circular', 'total_variation', '.tv = { true }', [shape], lambda x: tv(x, True))

print('/* SPDX-License-Identifier: MIT */\n/* Written by make_golden.py with PyTorch %s; do not edit. */' % torch.__version__)
expected = []
print('static const golden_case golden_cases[] = {')
for name, op, attrs, shapes, results in cases:
    print('    { "%s", &sc_op_%s, { %s }, %d, { %s }, %d },' % (
        name, op, attrs, len(shapes), ', '.join('{ %d, %d, %d, %d }' % tuple(s) for s in shapes), len(expected)))
    for t in results:
        expected += t.reshape(-1).tolist()
print('};\n\nstatic const float golden_values[] = {')
for i in range(0, len(expected), 14):
    print('    ' + ' '.join('%.6g,' % x for x in expected[i:i + 14]))
print('};')
