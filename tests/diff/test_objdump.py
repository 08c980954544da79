#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""skep disasm against llvm-objdump -d, on real objects.

Objects: those of xdp-tools, those embedded in libbpf-tools' binaries, and
tests/diff/c compiled by each clang and gcc there is. With LLVM 19 the whole
output must be equal: -d, -d --mcpu=v3, and -S with lines from BTF. LLVM 14 and 16 print
decimal numbers and know fewer instructions: there the texts of the
instructions that they know must be equal.

Lines that LLVM cannot decode (<unknown>) are not compared, nor, by default,
32-bit atomics, which it decodes at v3 only. At least 30 objects or skipped.
"""
import glob
import os
import shutil
import struct
import subprocess
import sys
import tempfile

SKEP = os.environ['SKEP']
SOURCES = os.path.join(os.environ['SKEP_SRC'], 'tests/diff/c')
CLANGS = [('clang-14', 'v1'), ('clang-14', 'v3'), ('clang-16', 'v2'),
          ('clang-19', 'v1'), ('clang-19', 'v3'), ('clang-19', 'v4')]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True,
                          errors='replace', check=False)


def compile_all(folder):
    jobs = [([clang, '-target', 'bpf', '-O2', '-mcpu=' + cpu, '-g',
              '-Wno-everything'], clang + '-' + cpu)
            for clang, cpu in CLANGS]
    jobs.append((['bpf-gcc', '-O2', '-w'], 'gcc'))
    for command, name in jobs:
        if not shutil.which(command[0]):
            continue
        for source in sorted(glob.glob(SOURCES + '/*.c')):
            stem = os.path.basename(source)[:-2]
            out = os.path.join(folder, f'{stem}-{name}.o')
            run(*command, '-c', source, '-o', out)


def elf_size(data, at):
    """Bytes of the 64-bit ELF object at `at`, 0 when it is no BPF one."""
    if len(data) < at + 64 or data[at + 4:at + 6] != b'\2\1':
        return 0
    machine, = struct.unpack_from('<H', data, at + 18)
    shoff, = struct.unpack_from('<Q', data, at + 40)
    entsize, cnt = struct.unpack_from('<HH', data, at + 58)
    size = shoff + entsize * cnt
    return size if machine == 247 and at + size <= len(data) else 0


def extract(folder):
    """The objects that BPF skeletons embed in programs."""
    listing = run('dpkg', '-L', 'libbpf-tools').stdout.split()
    for path in listing:
        if '/sbin/' not in path or not os.path.isfile(path):
            continue
        data = open(path, 'rb').read()
        at = data.find(b'\x7fELF', 1)
        while at > 0:
            size = elf_size(data, at)
            if size:
                name = os.path.basename(path) + f'-{at:x}.o'
                with open(os.path.join(folder, name), 'wb') as out:
                    out.write(data[at:at + size])
            at = data.find(b'\x7fELF', at + 4)


def same_line(ours, theirs, v1):
    if ours == theirs or theirs.endswith('\t<unknown>'):
        return True
    atomic32 = '\tc3 ' in theirs
    return v1 and atomic32 and 'lock *(u32 *)' in theirs


def difference(ours, theirs, v1):
    ours, theirs = ours.split('\n'), theirs.split('\n')
    for a, b in zip(ours, theirs):
        if not same_line(a, b, v1):
            return f'  skep: {a}\n  llvm: {b}'
    if len(ours) != len(theirs):
        return f'  {len(ours)} lines, LLVM has {len(theirs)}'
    return None


def texts(listing):
    """slot and text of each instruction, without the jump's symbol"""
    for line in listing.split('\n'):
        parts = line.split('\t')
        if len(parts) >= 3 and parts[0].strip().rstrip(':').isdigit():
            text = '\t'.join(parts[2:])
            yield parts[1], text.split(' <')[0] if '<unk' not in text \
                else text


# What LLVM 14 and 16 decode wrongly: fields they do not look at yet.
def is_newer(code):
    data = bytes.fromhex(code.replace(' ', '')[:16])
    op, off = data[0], data[2] | data[3] << 8
    alu = op & 7 in (4, 7)
    return (alu and off != 0) or op in (0xc3, 0x8d)


def older_difference(ours, theirs):
    for (code, a), (_, b) in zip(texts(ours), texts(theirs)):
        if a != b and b != '<unknown>' and not is_newer(code):
            return f'  skep: {code} {a}\n  llvm: {b}'
    return None


def has_lines(path):
    """Source lines from .BTF.ext alone, so that LLVM reads them there too."""
    return b'.BTF.ext' in open(path, 'rb').read() and not run(
        'llvm-strip-19', '-g', path).returncode


def compare(path, counts):
    """Compares with each llvm-objdump; the differences as text."""
    found = []
    for style in [[], ['--mcpu=v3'], ['-S']]:
        if style == ['-S'] and not has_lines(path):
            continue
        ours = run(SKEP, 'disasm', *style, path)
        theirs = run('llvm-objdump-19', '-d', *style, path)
        if ours.returncode:
            return [f'{path}: {ours.stderr.strip()}']
        diff = difference(ours.stdout, theirs.stdout,
                          style != ['--mcpu=v3'])
        if diff:
            found.append(f'{path} {style}:\n{diff}')
        if not style:
            equal = ours.stdout == theirs.stdout
            counts['equal' if equal else 'but'] += 1
    ours = run(SKEP, 'disasm', '--decimal', path).stdout
    for version in ['14', '16']:
        if not shutil.which('llvm-objdump-' + version):
            continue
        theirs = run('llvm-objdump-' + version, '-d', path).stdout
        if '\t7 = ' in theirs:
            continue
        # 16 prints hexadecimal already
        diff = older_difference(
            ours if version == '14' else
            run(SKEP, 'disasm', path).stdout, theirs)
        if diff:
            found.append(f'{path} (llvm {version}):\n{diff}')
    return found


def main():
    if not shutil.which('llvm-objdump-19'):
        print('skipped: no llvm-objdump-19')
        return 77
    with tempfile.TemporaryDirectory() as folder:
        compile_all(folder)
        extract(folder)
        for path in glob.glob('/usr/lib/*/bpf/*.o'):
            shutil.copy(path, folder)
        paths = sorted(glob.glob(folder + '/*.o'))
        if len(paths) < 30:
            print(f'skipped: {len(paths)} objects on this machine, 30 wanted')
            return 77
        counts = {'equal': 0, 'but': 0}
        found = []
        for path in paths:
            found += compare(path, counts)
    print(f'{len(paths)} objects: {counts["equal"]} equal byte for byte, '
          f'{counts["but"]} but for what LLVM 19 does not decode by default')
    print('\n'.join(found[:20]))
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
