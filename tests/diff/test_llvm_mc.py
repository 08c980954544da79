#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""skep asm against llvm-mc: every row of ops.def with operands at their edges.

Each row's text is assembled by both; where LLVM 19 knows the text the bytes
must be equal. What it does not know must be listed in UNKNOWN.
"""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

SKEP = os.environ['SKEP']
OPS = os.path.join(os.environ['SKEP_SRC'], 'src/spec/ops.def')
EDGES = [0, 1, -1, 7, -8, 32767, -32768, 2147483647, -2147483648]
ROW = re.compile(r'^(?:OP|ALSO)\((\w+), *(0x\w+), *(\w+), *(\w+), *(\w+), *'
                 r'(\w+),', re.M)
# newer than LLVM 19, or without a syntax of its own there
UNKNOWN = re.compile(r'LOAD_ACQ|STORE_REL|CALL_LOCAL|CALL_KFUNC|LD_IND|'
                     r'LD_MAP_VALUE|LD_MAP_IDX_VALUE|LD_BTF_ID')


def value(column, turn):
    if column == 'ZERO':
        return 0
    if column == 'REG':
        return turn % 11
    if column[0].isdigit():
        return int(column, 0)
    return EDGES[turn % len(EDGES)]


def short(number):
    return max(-32768, min(32767, number))


def instances():
    """(row, bytes)"""
    for name, code, dst, src, off, imm in ROW.findall(open(OPS).read()):
        for turn in range(len(EDGES)):
            regs = value(dst, turn) | value(src, turn + 3) << 4
            wide = imm in ('WIDE', 'PAIR', 'HEAD', 'FUNC')
            data = struct.pack('<BBhi', int(code, 0), regs,
                               short(value(off, turn)), value(imm, turn))
            if wide:
                high = value(imm, turn + 2) if imm in ('WIDE', 'PAIR') else 0
                data += struct.pack('<ii', 0, high)
            yield name, data


def skep(command, source, suffix, folder):
    paths = [os.path.join(folder, 'in'), os.path.join(folder, 'out.bin')]
    open(paths[0], 'wb').write(source)
    args = ['-o', paths[1]] if command == 'asm' else ['--exact']
    done = subprocess.run([SKEP, command, *args, paths[0]],
                          capture_output=True, check=True)
    return open(paths[1], 'rb').read() if command == 'asm' else done.stdout


def llvm(texts):
    """line number -> bytes, for the lines that it takes"""
    done = subprocess.run(['llvm-mc-19', '-triple=bpfel', '-mcpu=v4',
                           '-show-encoding'], input='\n'.join(texts) + '\n',
                          capture_output=True, text=True, check=False)
    bad = {int(n) for n in re.findall(r'^<stdin>:(\d+):', done.stderr, re.M)}
    codes = re.findall(r'encoding: \[([^]]*)\]', done.stdout)
    good = [n for n in range(1, len(texts) + 1) if n not in bad]
    if len(good) != len(codes):
        sys.exit(f'{len(codes)} encodings for {len(good)} lines')
    return {n: bytes(int(b, 16) for b in code.split(','))
            for n, code in zip(good, codes)}


def main():
    if not shutil.which('llvm-mc-19'):
        print('skipped: no llvm-mc-19')
        return 77
    rows = list(instances())
    with tempfile.TemporaryDirectory() as folder:
        listing = skep('disasm', b''.join(d for _, d in rows), '', folder)
        texts = [line.split('\t', 1)[1]
                 for line in listing.decode().splitlines()]
        ours = skep('asm', ('\n'.join(texts) + '\n').encode(), '', folder)
    asked = [(row, text) for row, text in zip(rows, texts)
             if not UNKNOWN.match(row[0])]
    theirs = llvm([text for _, text in asked])
    if ours != b''.join(d for _, d in rows) or len(texts) != len(rows):
        print('skep asm makes other bytes of the text of skep disasm')
        return 1
    wrong = []
    for n, ((name, data), text) in enumerate(asked, 1):
        if n in theirs and theirs[n] != data:
            wrong.append(f'{name}: {text}: {data.hex()}, LLVM '
                         f'{theirs[n].hex()}')
        # LLVM 19 takes distances of 32 bits from labels only
        if n not in theirs and name != 'JA32':
            wrong.append(f'{name}: LLVM does not take: {text}')
    print(f'{len(rows)} instructions, {len(theirs)} of them by LLVM too')
    print('\n'.join(wrong[:30]))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
