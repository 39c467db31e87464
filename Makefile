# SPDX-License-Identifier: MIT
# The front door. `make demo` and `make test` do everything on a fresh Debian 12 or 13; plain `make` only builds.

BUILD := build
# Checks of the source tree itself: scripts/check-NAME.
TREE_PY := check-includes check-links check-statics check-words
TREE := check-format check-headers check-man check-scripts

.PHONY: all setup faces reference abi demo test bench bench-kernels bench-quality bench-match bench-estimate bench-film gallery gallery-film sanitize fuzz check-deep check-pictures check-warnings check-tree $(TREE) $(TREE_PY) check-neon dist-archive check-distributions install clean

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@meson setup $(BUILD)

setup:
	@scripts/setup.sh

# With the module that finds faces. Asking for it by the option also makes Meson look for dlib again.
faces:
	@scripts/setup.sh --faces
	@[ -d $(BUILD) ] || meson setup $(BUILD)
	@meson configure $(BUILD) -Dfaces=enabled
	@ninja -C $(BUILD)

# Writes what lies in the source and is made from the table of options.
reference: all
	@$(BUILD)/src/cli/reference/scumble-reference markdown >doc/options.md
	@python/make_interface.py

# Writes what programs are compiled against, as it is now (tests/abi): for changes of the public interface that are meant.
abi: all
	@tests/abi/abi.py --write $(BUILD)/src/libscumble.so "$${CC:-cc}" include $(BUILD)/include

demo: setup all
	@scripts/demo.sh $(BUILD)/scumble

test: setup all
	@scripts/test.sh $(BUILD) --no-suite long

# With all cases of what otherwise tries a part of many.
check-deep: setup all
	@SCUMBLE_TESTS_DEEP=1 scripts/test.sh $(BUILD) --no-suite long

# Six finished pictures, as near to style and photo as they were: a minute of a processor.
check-pictures: all
	@scripts/test.sh $(BUILD) --suite long

# The whole tree with gcc and with clang, warnings as errors.
check-warnings: setup
	@scripts/check-warnings.sh

bench: all
	@scripts/setup.sh bench
	@bench/run.sh $(BUILD)

bench-kernels: all
	@$(BUILD)/bench/bench-kernels

# Paints 24 pairs with several methods, measures style, structure and artefacts, and prints a summary: half an hour or more.
bench-quality: all
	@bench/quality.sh $(BUILD)

# Paints 112 pairs, measures them and fits the model of `scumble match` anew: an hour on two cores.
bench-match: all
	@scripts/setup.sh bench
	@/usr/bin/python3 bench/match.py $(BUILD)

# What is said to take so long, and what it takes.
bench-estimate: all
	@bench/estimate.py $(BUILD)

# How steady films are, how near their style is, how long they take: an hour on two cores.
bench-film: setup all
	@bench/film.sh $(BUILD) ../shared/images/content/kodak-15.png ../shared/images/content/kodak-23.png ../shared/images/style/van-gogh-starry-night.jpg

gallery: setup all
	@scripts/gallery.sh $(BUILD)/scumble
gallery-film: setup all
	@scripts/gallery-film.sh $(BUILD)/scumble

# The tests with the address, undefined-behaviour and thread sanitizers.
sanitize: setup
	@scripts/sanitize.sh

# Each model reader against random bytes; SECONDS of work for each of them.
SECONDS := 600
fuzz: setup
	@scripts/fuzz.sh $(SECONDS)

# All checks of the tree, or one (make check-format): seconds. What has no tool here says so, and is skipped; `make test` runs them too.
check-tree: $(TREE_PY) $(TREE)

$(TREE_PY):
	@scripts/$@.py

$(TREE): $(BUILD)/build.ninja
	@scripts/$@.sh $(BUILD) || [ $$? -eq 77 ]

# The CPU kernels' tests compiled for 64-bit ARM, under emulation.
check-neon: setup
	@scripts/check-neon.sh

# out/scumble-VERSION-linux-x86_64.tar.xz: the program with all that it needs but glibc, to be unpacked anywhere.
dist-archive:
	@scripts/setup.sh archive
	@scripts/dist-archive.sh

# `make demo` and `make test` in fresh Debian 12 and 13, with gcc and clang, and the archive in a bare Debian 13. As root; an hour or more.
check-distributions:
	@scripts/check-distributions.sh

install: all
	@meson install -C $(BUILD)
	@ldconfig 2>/dev/null || true

clean:
	@rm -rf $(BUILD) build-*
