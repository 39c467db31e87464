#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `scumble match` foretells, measured anew, and its model fitted (doc/match.md).

usage: bench/match.py BUILD [--images DIR]     DIR holds content, photos and style (../shared/images); needs scripts/setup.sh bench, VGG-19 and apt-get

1. Collects about 56 paintings and other pictures to take a style from: those of DIR and what some Debian packages hold (out/match/paintings), and 12 photos.
2. Paints each with two photos and three weights of the style, 256 pixels, 60 iterations (out/match/results; what is there already is kept).
3. Measures them by VGG-19 (bench-quality). The outcome of a pair is the logarithm of the sliced Wasserstein distance, read off at the structure distance that the
   default weight reaches in the middle of all pairs. Likewise the weight that reaches it.
4. Fits both by ridge regression on the measures of `scumble match --json`, with every other painting, and prints the rank correlations on the rest, beside
   baselines, and the rows of src/measure/compatibility.c."""
import csv
import glob
import json
import os
import subprocess
import sys

import numpy as np

WEIGHTS = ["1.5", "6", "24"]  # the middle one is the default
RIDGE = 0.3
PHOTOS = ["content/kodak-07.png", "content/kodak-15.png", "content/kodak-19.png", "content/kodak-23.png", "photos/189003.jpg", "photos/24063.jpg", "photos/253036.jpg",
          "photos/260081.jpg", "photos/314016.jpg", "photos/35010.jpg", "photos/42044.jpg", "photos/67079.jpg"]
PACKAGES = ["wesnoth-1.16-" + x for x in ("httt", "utbs", "ei", "did", "sof", "low", "trow", "dw")]
PACKAGES += ["krita-data", "lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04", "gnome-backgrounds"]


def run(*command, **more):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **more).stdout


def shrink(source, target, edge):
    if not os.path.exists(target):
        run("vips", "thumbnail", source, target, str(edge), "--height", str(edge), "--size", "down")


def unpack(folder):
    os.makedirs(folder, exist_ok=True)
    for package in PACKAGES:
        if not os.path.isdir(f"{folder}/{package}"):
            run("apt-get", "download", package, cwd=folder)
            run("dpkg-deb", "-x", glob.glob(f"{folder}/{package}_*.deb")[0], f"{folder}/{package}")


def pictures(pattern, least_bytes=60000):
    return sorted(f for f in glob.glob(pattern, recursive=True) if os.path.isfile(f) and os.path.getsize(f) > least_bytes)


def collect(images, out):
    """Paintings (a), illustrations (w), figures on plain ground (p), patterns (k), backgrounds (b), photos (f)."""
    unpack(f"{out}/packages")
    os.makedirs(f"{out}/paintings", exist_ok=True)
    os.makedirs(f"{out}/photos", exist_ok=True)
    stories = pictures(f"{out}/packages/wesnoth*/**/story/*") + pictures(f"{out}/packages/wesnoth*/**/maps/*")
    figures = pictures(f"{out}/packages/wesnoth*/**/portraits/**/*")
    patterns = pictures(f"{out}/packages/krita-data/usr/share/krita/patterns/*")
    backgrounds = pictures(f"{out}/packages/lomiri*/usr/share/backgrounds/*.[jp][pn]g") + pictures(f"{out}/packages/gnome-backgrounds/**/*.[jp][pn]g")
    chosen = [("a", pictures(f"{images}/style/*.jpg", 0)), ("w", stories[:: max(1, len(stories) // 21)][:21]), ("p", figures[:: max(1, len(figures) // 5)][:5]),
              ("k", patterns[::3][:9]), ("b", backgrounds[::3][:7]), ("f", pictures(f"{images}/photos/*.jpg", 0)[5::25][:8])]
    for kind, files in chosen:
        for i, source in enumerate(files):
            shrink(source, f"{out}/paintings/{kind}-{i:02d}.png", 768)
    for name in PHOTOS:
        shrink(f"{images}/{name}", f"{out}/photos/{os.path.splitext(os.path.basename(name))[0]}.png", 256)


def pair_up(out):
    paintings, photos = sorted(os.listdir(f"{out}/paintings")), sorted(os.listdir(f"{out}/photos"))
    return [(photos[(5 * i + shift) % len(photos)], painting) for i, painting in enumerate(paintings) for shift in (0, 7)]


def result(out, photo, painting, weight):
    return f"{out}/results/{photo[:-4]}+{painting[:-4]}+{weight}.png"


def paint(scumble, out, pairs):
    os.makedirs(f"{out}/results", exist_ok=True)
    for photo, painting in pairs:
        for weight in WEIGHTS:
            if not os.path.exists(result(out, photo, painting, weight)):
                run(scumble, "stylize", "-q", f"{out}/photos/{photo}", "--style", f"{out}/paintings/{painting}", "--size", "256", "--iterations", "60", "--beta", weight,
                    "-o", result(out, photo, painting, weight))


def measure(build, out, pairs):
    """{(photo, painting, label): {metric: value}}; the labels are the weights and the control '(photo)'."""
    if not os.path.exists(f"{out}/measures.tsv"):
        with open(f"{out}/list.tsv", "w") as listing:
            for photo, painting in pairs:
                for weight in WEIGHTS:
                    print(f"{out}/photos/{photo}", f"{out}/paintings/{painting}", weight, 1, result(out, photo, painting, weight), sep="\t", file=listing)
        text = run(f"{build}/bench/bench-quality", "--list", f"{out}/list.tsv")
        with open(f"{out}/measures.tsv", "w") as file:
            file.write(text)
    with open(f"{out}/measures.tsv") as file:
        rows = csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t")
        return {(r["photo"], r["painting"], r["label"]): {k: float(r[k]) for k in ("gram", "swd", "struct")} for r in rows}


def descriptors(scumble, out, pairs):
    found = {}
    for photo in sorted(set(p for p, _ in pairs)):
        paintings = [f"{out}/paintings/{q}" for p, q in pairs if p == photo]
        for picture in json.loads(run(scumble, "match", f"{out}/photos/{photo}", *paintings, "--json", "-q"))["pictures"]:
            found[photo, os.path.basename(picture["picture"])] = picture["measures"]
    return found


def slope_to(xs, ys, x):
    """Read off at x between, or by the line of the two points next to it beyond."""
    i = 0 if x < xs[1] else len(xs) - 2
    slope = (ys[i + 1] - ys[i]) / max(xs[i + 1] - xs[i], 1e-3)
    return slope, ys[i] + slope * (x - xs[i])


def outcome(points, structure):
    order = np.argsort([p["struct"] for p in points])
    xs, ys = np.array([points[i]["struct"] for i in order]), np.log([points[i]["swd"] for i in order])
    if xs[0] <= structure <= xs[-1]:
        return np.interp(structure, xs, ys)
    end = 0 if structure < xs[0] else len(xs) - 1
    slope, _ = slope_to(xs, ys, structure)
    return ys[end] + min(slope, 0) * (structure - xs[end])


def weight_for(points, structure):
    xs, ys = np.maximum.accumulate([p["struct"] for p in points]), np.log([float(w) for w in WEIGHTS])
    if xs[-1] - xs[0] < 1e-4:
        return ys[1]
    value = np.interp(structure, xs, ys) if xs[0] <= structure <= xs[-1] else slope_to(xs, ys, structure)[1]
    return np.clip(value, np.log(0.5), np.log(64))


def ranks(values):
    order = np.argsort(values)
    found = np.empty(len(order))
    found[order] = np.arange(len(order))
    return found


def spearman(a, b):
    return np.corrcoef(ranks(a), ranks(b))[0, 1]


def ridge(x, y, mean, deviation):
    z = (x - mean) / deviation
    return np.linalg.solve(z.T @ z + RIDGE * len(z) * np.eye(z.shape[1]), z.T @ (y - y.mean()))


def report(pairs, measures, values):
    names = list(next(iter(values.values())))
    x = np.array([[values[p][n] for n in names] for p in pairs])
    structure = np.median([measures[p, q, WEIGHTS[1]]["struct"] for p, q in pairs])
    points = [[measures[p, q, w] for w in WEIGHTS] for p, q in pairs]
    y, weights = np.array([outcome(p, structure) for p in points]), np.array([weight_for(p, structure) for p in points])
    fitted_on = set(sorted(set(q for _, q in pairs))[::2])
    fit = np.array([q in fitted_on for _, q in pairs])
    mean, deviation = x[fit].mean(0), x[fit].std(0) + 1e-9
    models = [ridge(x[fit], target[fit], mean, deviation) for target in (y, weights)]
    foretold, beta = [(x - mean) / deviation @ m + t[fit].mean() for m, t in zip(models, (y, weights))]
    of_photo = {m: np.array([measures[p, q, "(photo)"][m] for p, q in pairs]) for m in ("gram", "swd")}
    print(f"{len(pairs)} pairs of {len(set(q for _, q in pairs))} paintings, structure {structure:.4f}; fitted on {fit.sum()}, rank correlation with the other {(~fit).sum()}:")
    rows = [("match", foretold), ("palette distance alone", x[:, names.index("palette")]), ("Gram distance alone (VGG-19)", of_photo["gram"]),
            ("sliced Wasserstein distance alone (VGG-19)", of_photo["swd"]), ("nearest counterparts alone", -x[:, names.index("covered")])]
    for name, values_of in rows:
        print(f"  {name:44} {spearman(values_of[~fit], y[~fit]):6.3f}")
    draws = np.random.RandomState(0).choice(np.where(~fit)[0], (1000, (~fit).sum()))
    print("  90 of 100 resamplings of match               {:.2f} .. {:.2f}".format(*np.percentile([spearman(foretold[d], y[d]) for d in draws], [5, 95])))
    print(f"  beta                                         {spearman(beta[~fit], weights[~fit]):6.3f}")
    for i, name in enumerate(names):
        print(f'    {{ "{name}", {mean[i]:.4f}, {deviation[i]:.4f}, {models[0][i]:.4f}, {models[1][i]:.4f}, ... }},')
    print(f"mean outcome {y[fit].mean():.3f}, deviation of those foretold {foretold[fit].std():.3f}, mean log beta {weights[fit].mean():.3f}")


def main():
    if len(sys.argv) not in (2, 4) or (len(sys.argv) == 4 and sys.argv[2] != "--images"):
        sys.exit(__doc__)
    build, images, out = sys.argv[1], sys.argv[3] if len(sys.argv) == 4 else "../shared/images", "out/match"
    collect(images, out)
    pairs = pair_up(out)
    paint(f"{build}/scumble", out, pairs)
    report(pairs, measure(build, out, pairs), descriptors(f"{build}/scumble", out, pairs))


if __name__ == "__main__":
    main()
