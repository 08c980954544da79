# SPDX-License-Identifier: Apache-2.0
# A thin front for Meson. Every target installs what it needs and is missing
# (as root), or names it and stops with status 3.
BUILD	?= build
JOBS	?= $(shell nproc)
SETUP	:= $(BUILD)/build.ninja

.PHONY: all demo check check-all bench lint install clean

all: $(SETUP)
	@ninja -C $(BUILD) -j $(JOBS) --quiet

$(SETUP):
	@tools/setup run
	@meson setup $(BUILD) >/dev/null

demo: all
	@tools/demo $(BUILD)

check:
	@tools/setup check
	@$(MAKE) --no-print-directory all
	@tools/check $(BUILD)

check-all: check
	@tools/setup all
	@tools/check $(BUILD) --all

bench: all
	@tools/bench $(BUILD)

lint:
	@tools/lint
	@tools/analyse

install: all
	@meson install -C $(BUILD) --no-rebuild

clean:
	@rm -rf $(BUILD)
