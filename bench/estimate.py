#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What scumble says that a picture will take, beside what it takes, from the start of the program to its end.

usage: bench/estimate.py BUILD [--images DIR] [--encoder NAME] [--rounds N] [--cases WORDS] [--list]

  --images DIR     content, photos and style lie in it (../shared/images)
  --encoder NAME   adds a few cases with this network, a file or the name of one that is installed
  --rounds N       how often each case is painted; the table has the median of the ratios (3)
  --cases WORDS    only the cases in whose name one of these words occurs, with commas between them
  --list           names the cases

All cases take turns, so that whatever else the machine does in some minute falls on all of them. A run is good when what it took lies within 30 % of what was said."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

PHOTO, SECOND, LARGE = "content/kodak-23.png", "content/kodak-07.png", "content/taj-mahal-2468x1714.jpg"
STARRY, WAVE = "style/van-gogh-starry-night.jpg", "style/hokusai-great-wave.jpg"


def painted(name, flags, photo=PHOTO, styles=(STARRY,), command="stylize"):
    return {"name": name, "flags": flags.split(), "photo": photo, "styles": styles, "command": command}


def cases(encoder):
    for edge, iterations in ((128, 4), (128, 60), (128, 1000), (256, 4), (256, 12), (256, 200), (512, 4), (512, 12), (512, 60), (512, 200), (1024, 4), (1024, 12)):
        yield painted(f"default {edge} x{iterations}", f"--size {edge} --iterations {iterations}")
    yield painted("draft", "--preset draft")
    for edge, iterations in ((128, 200), (512, 4), (512, 60)):
        yield painted(f"classic {edge} x{iterations}", f"--preset classic --size {edge} --iterations {iterations}")
    for edge, iterations in ((256, 60), (512, 4), (512, 12)):
        yield painted(f"full {edge} x{iterations}", f"--preset full --size {edge} --iterations {iterations}")
    yield painted("faithful 384 x12", "--preset faithful --size 384 --iterations 12")
    for edge, iterations in ((256, 4), (384, 60)):
        yield painted(f"adam {edge} x{iterations}", f"--optimizer adam --size {edge} --iterations {iterations}")
        yield painted(f"pyramid {edge} x{iterations}", f"--optimizer adam --variable pyramid --size {edge} --iterations {iterations}")
    yield painted("sliced, histogram 256 x20", "--style-terms sliced,histogram --size 256 --iterations 20")
    yield painted("rotations 384 x12", "--rotations --size 384 --iterations 12")
    for iterations in (4, 100):
        yield painted(f"one colour 256 x{iterations}", f"--size 256 --iterations {iterations}", photo="flat")
    yield painted("texture 256 x12", "--size 256x256 --iterations 12", photo=None, command="texture")
    yield painted("two styles 384 x12", "--size 384 --iterations 12", styles=(STARRY, WAVE))
    yield painted("masks 384 x12", "--mask west --mask east --size 384 --iterations 12", styles=(STARRY, WAVE))
    yield painted("tiles 768 x2", "--size 768 --iterations 2 --max-memory 220M")
    yield painted("tiles 1024 x4", "--size 1024 --iterations 4 --max-memory 260M")
    yield painted("colour photo 256 x12", "--colour photo --size 256 --iterations 12")
    yield painted("colour match 512 x4", "--colour match --size 512 --iterations 4")
    yield painted("large photo 128 x4", "--size 128 --iterations 4", photo=LARGE)
    yield painted("large photo 256 x12", "--size 256 --iterations 12", photo=LARGE)
    if encoder:
        for edge, iterations in ((128, 4), (256, 4), (256, 20), (512, 4)):
            yield painted(f"{os.path.basename(encoder.rstrip('/'))} {edge} x{iterations}", f"--encoder {encoder} --size {edge} --iterations {iterations}")


def write_pictures(folder):
    """A photo of one colour, and masks of two halves in the photo's shape."""
    width, height = 768, 512
    for name, levels in (("flat", None), ("west", (255, 0)), ("east", (0, 255))):
        half = width // 2
        row = bytes((120, 140, 160)) * width if levels is None else bytes((levels[0],)) * half + bytes((levels[1],)) * half
        with open(f"{folder}/{name}.ppm", "wb") as file:
            file.write(b"P%d %d %d 255\n" % (6 if levels is None else 5, width, height) + row * height)


def paint(scumble, images, folder, case):
    """Said and taken, in seconds: from the start of the program, and its processor time."""
    own = ("flat", "west", "east")
    path = lambda name: f"{folder}/{name}.ppm" if name in own else f"{images}/{name}"
    styles = [path(s) for s in case["styles"]]
    command = [scumble, case["command"]]
    command += styles if case["command"] == "texture" else [path(case["photo"])] + [word for s in styles for word in ("--style", s)]
    command += [path(word) if word in own else word for word in case["flags"]] + ["--progress", "json", "-q", "-o", f"{folder}/out.png"]
    begin, before = time.monotonic(), os.times()
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    taken, after = time.monotonic() - begin, os.times()
    if result.returncode:
        sys.exit(f"estimate: failed: {' '.join(command)}")
    events = [json.loads(line) for line in result.stdout.splitlines()]
    said = next(e["time_s"] for e in events if e["event"] == "start")
    return said, taken, after.children_user + after.children_system - before.children_user - before.children_system


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("build")
    parser.add_argument("--images", default="../shared/images")
    parser.add_argument("--encoder")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cases")
    parser.add_argument("--list", action="store_true")
    if len(sys.argv) < 2 or {"-h", "--help"} & set(sys.argv):
        sys.exit(__doc__)
    flags = parser.parse_args()
    chosen = [c for c in cases(flags.encoder) if not flags.cases or any(word in c["name"] for word in flags.cases.split(","))]
    if flags.list:
        sys.exit("\n".join(c["name"] for c in chosen))
    took = {c["name"]: [] for c in chosen}
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(folder)
        for _ in range(flags.rounds):
            for case in chosen:
                took[case["name"]].append(paint(f"{flags.build}/scumble", flags.images, folder, case))
    print("| case | said s | taken s | processor s | said / taken (lowest .. highest) | within 30 % |\n|---|---|---|---|---|---|")
    bad = 0
    for name, runs in took.items():
        ratios = sorted(said / taken for said, taken, _ in runs)
        ratio = statistics.median(ratios)
        good = 0.7 <= ratio <= 1.3
        bad += not good
        said, taken, processor = (statistics.median(column) for column in zip(*runs))
        print(f"| {name} | {said:.2f} | {taken:.2f} | {processor:.2f} | {ratio:.2f} ({ratios[0]:.2f} .. {ratios[-1]:.2f}) | {'yes' if good else 'no'} |", flush=True)
    print(f"\n{len(took) - bad} of {len(took)} within 30 %")


main()
