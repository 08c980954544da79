#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds each source of c-object with every compiler and instruction set that
# this machine has, and holds our loading of each object against libbpf's; so
# too for objects that come with the system.
#   object_matrix.sh OBJECT_LIBBPF SOURCE_DIR [DIR_WITH_MORE ...]
compare=$1
sources=$2
shift 2
[ "$(id -u)" = 0 ] || { echo "skipped: libbpf links while loading, as root"; exit 77; }
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
include=/usr/include/$(gcc -print-multiarch)
built=0
for source in "$sources"/*.c; do
	name=$(basename "$source" .c)
	for clang in clang-14 clang-16 clang-19; do
		command -v $clang >/dev/null || continue
		for cpu in v1 v2 v3 v4; do
			out=$dir/$name-$clang-$cpu.o
			$clang -target bpf -mcpu=$cpu -O2 -g -I"$include" \
				-c "$source" -o "$out" 2>"$dir/errors" ||
				{ rm -f "$out"; continue; }
			built=$((built + 1))
		done
	done
	out=$dir/$name-gcc.o
	if command -v bpf-gcc >/dev/null && bpf-gcc -O2 -gbtf -isystem /usr/include \
		-I"$include" -c "$source" -o "$out" 2>"$dir/errors"; then
		built=$((built + 1))
	else
		rm -f "$out"
	fi
done
[ $built -gt 0 ] || { echo "skipped: no compiler for BPF"; exit 77; }
echo "$built objects built"
for more in "$@"; do
	for object in "$more"/*.o; do
		[ -r "$object" ] && cp "$object" "$dir/more-$(basename "$object")"
	done
done
# The tools of libbpf-tools carry their objects inside.
tools=$(dpkg -L libbpf-tools 2>/dev/null | grep -E '/s?bin/' || true)
if [ -n "$tools" ] && command -v python3 >/dev/null; then
	"$(dirname "$0")"/../verify/extract_objects.py "$dir" $tools >/dev/null
fi
"$compare" "$dir"/*.o
