#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The core and its tests for arm64, built by the cross compiler into
# $SKEP_BUILD/arm64 and run by qemu's user mode.
set -eu

compiler=aarch64-linux-gnu-gcc
emulator=qemu-aarch64
build=$SKEP_BUILD/arm64

skip() {
	echo "skipped: $1"
	exit 77
}

case "$(uname -m)" in
aarch64) skip "this machine is arm64 itself" ;;
esac
for tool in "$compiler" "$emulator" meson ninja; do
	command -v "$tool" >/dev/null || skip "no $tool"
done
if ! [ -e "$build/build.ninja" ]; then
	log=$(meson setup "$build" "$SKEP_SRC" -Dcore=true -Doptimization=1 \
		--cross-file "$SKEP_SRC/tools/cross/arm64.ini" 2>&1) || {
		echo "$log"
		exit 1
	}
fi
if ! log=$(ninja -C "$build" -j2 2>&1); then
	echo "$log" | grep -v '^\[' | tail -n 100
	exit 1
fi
status=0
meson test -C "$build" --no-rebuild --print-errorlogs --num-processes 2 ||
	status=$?
[ -e "$build/tests/core/test_jit" ] ||
	echo "no cmocka for arm64 (libcmocka-dev:arm64): no unit tests"
exit $status
