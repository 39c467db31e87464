#!/bin/sh
# SPDX-License-Identifier: MIT
# The bench table: scumble and PyTorch side by side in one run. Usage: bench/run.sh BUILD [EDGE...]
# Needs scripts/setup.sh bench. Writes out/bench.md as well.
set -eu

build=$1
shift
edges=${*:-"256 512 1024"}
largest=2048 # without PyTorch
threads=$(nproc)
torch=/usr/bin/python3
mkdir -p out
table=out/bench.md

field() { # field NAME JSON
    printf '%s' "$2" | jq -r ".$1"
}

ratio() { # ratio A B
    awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a / b }'
}

# The machine's neighbours come and go within minutes: all take turns, so that each meets the same of them.
rounds=3
runs=3

# merged FILE: a round's result in each line as one: the median of the medians, the least and the most of all.
merged() {
    jq -cs '{ median_s: (map(.median_s) | sort | .[(length - 1) / 2 | floor]), min_s: (map(.min_s) | min), max_s: (map(.max_s) | max), peak_mib: (map(.peak_mib) | max) }' "$1"
}

# start_ms ARGUMENTS...: from start to end of the program, median of 20 runs, after one that brings it into memory.
start_ms() {
    $torch - "$build/scumble" "$@" <<'END'
import statistics, subprocess, sys, time

def run():
    start = time.perf_counter()
    subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return 1000 * (time.perf_counter() - start)

run()
print("%.1f" % statistics.median(run() for _ in range(20)))
END
}

{
    echo "Machine: $(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo), $threads threads, $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)."
    echo "PyTorch $($torch -c 'import torch; print(torch.__version__)' 2>/dev/null || echo 'not installed')."
    echo
    echo "One iteration: losses and the gradient of the picture; style relu1_1 .. relu5_1, content relu4_2 (\`lite\`: relu4_1). Median of $rounds rounds by turns (fastest .. slowest) in seconds, peak memory of the process in MiB."
    echo
    echo "| picture | encoder | scumble s | scumble MiB | PyTorch s (VGG-19) | PyTorch MiB | times as fast | memory |"
    echo "|---|---|---|---|---|---|---|---|"
} >"$table"
cat "$table"

row() {
    echo "$1" | tee -a "$table"
}

none='{"median_s": 0, "min_s": 0, "max_s": 0, "peak_mib": 0}'
results=$(mktemp -d)
points=$results/points
trap 'rm -rf "$results"' EXIT
for edge in $edges $largest; do
    for _ in $(seq "$rounds"); do
        peer=$none
        [ "$edge" = "$largest" ] || peer=$($torch bench/pytorch_iteration.py "$edge" "$threads" "$runs" 2>/dev/null || echo "$none")
        echo "$peer" >>"$results/peer-$edge"
        for encoder in vgg19 lite; do
            "$build/bench/iteration" $encoder "$edge" "$threads" "$runs" >>"$results/$encoder-$edge"
        done
    done
    peer=$(merged "$results/peer-$edge")
    peer_s=$(field median_s "$peer")
    for encoder in vgg19 lite; do
        ours=$(merged "$results/$encoder-$edge")
        ours_s=$(field median_s "$ours")
        echo "$encoder $edge $ours_s" >>"$points"
        theirs="not run | | |"
        [ "$peer_s" = 0 ] || theirs="$peer_s ($(field min_s "$peer") .. $(field max_s "$peer")) | $(field peak_mib "$peer") | $(ratio "$peer_s" "$ours_s") | 1 / $(ratio "$(field peak_mib "$peer")" "$(field peak_mib "$ours")")"
        row "| ${edge} x ${edge} | $encoder | $ours_s ($(field min_s "$ours") .. $(field max_s "$ours")) | $(field peak_mib "$ours") | $theirs |"
    done
done

# slope ENCODER: of log seconds against log pixels, by least squares.
slope() {
    awk -v encoder="$1" '$1 == encoder { x = 2 * log($2); y = log($3); n++; sx += x; sy += y; sxx += x * x; sxy += x * y }
        END { printf "%.2f", (n * sxy - sx * sy) / (n * sxx - sx * sx) }' "$points"
}

row ""
row "Time grows with the pixels to the power of $(slope vgg19) (VGG-19) and $(slope lite) (\`lite\`)."
for encoder in vgg19 lite; do
    row "$encoder at 512 x 512 by threads: $(for n in $(seq 1 "$threads"); do printf '%s: %s s  ' "$n" "$(field median_s "$("$build/bench/iteration" $encoder 512 "$n" 5)")"; done)"
done

# kernels [--lite]: the sums of each kind as rows.
kernels() {
    "$build/bench/bench-kernels" 512 "$@" | sed -nE '/^(VGG-19|lite) / { s/ +([0-9.]+ ms)/ | \1/g; s/ +/ /g; s/.*/| & |/p }'
}

{
    echo
    echo "Kernels at 512 x 512, with shares of the multiply-add peak and of the speed of copying memory."
    echo
    echo "| all of a kind | forward | gradient |"
    echo "|---|---|---|"
    kernels
    kernels --lite
    echo
} | tee -a "$table"

row ""
row "| generator at 512 x 512 | ours: s a picture (lowest .. highest) | pictures a second | PyTorch: s | PyTorch / ours |"
row "|---|---|---|---|---|"
for generator in "small 16 4 5" "medium 24 5 5" "large 32 5 9"; do # large is the public "candy"
    set -- $generator
    ours=$("$build/bench/generator" "$2" "$3" "$4" 512 "$threads" 9)
    peer=$($torch bench/pytorch_generator.py "$2" "$3" "$4" 512 "$threads" 9 2>/dev/null || echo "$none")
    ours_s=$(field median_s "$ours") peer_s=$(field median_s "$peer")
    row "| $1 | $ours_s ($(field min_s "$ours") .. $(field max_s "$ours")) | $(ratio 1 "$ours_s") | $peer_s | $(ratio "$peer_s" "$ours_s") |"
done

if [ -f out/pictures/usr/share/darknet/data/dog.jpg ]; then
    start=$(date +%s.%N)
    "$build/scumble" stylize -q out/pictures/usr/share/darknet/data/dog.jpg --style out/pictures/usr/share/darknet/data/scream.jpg -o out/bench.png
    row "The demo's picture (512 pixels, \`lite\`, defaults), start to file: $(echo "$(date +%s.%N) $start" | awk '{ printf "%.1f", $1 - $2 }') s"
fi
row "Start-up: \`--version\` $(start_ms --version) ms, \`stylize --help\` $(start_ms stylize --help) ms, a photo that is missing $(start_ms stylize none.png --style none.png) ms."
echo "written to $table"
