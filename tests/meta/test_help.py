#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every command has a manual page with exactly the options that it takes."""
import os
import re
import shutil
import subprocess
import sys

SKEP = os.environ["SKEP"]
MAN = os.path.join(os.environ["SKEP_SRC"], "man")
failures = []


def expect(what, holds):
    if not holds:
        failures.append(what)


def skep(*args):
    done = subprocess.run([SKEP, *args], capture_output=True, text=True)
    return done.returncode, done.stdout


def helped(command):
    """-x and --long of each option line of `skep help COMMAND`."""
    status, text = skep("help", command)
    expect(f"help {command}", status == 0)
    expect(f"{command} --help", skep(command, "--help") == (status, text))
    expect(f"help {command} shows usage", text.startswith("usage: skep "))
    options = set()
    for line in text.splitlines():
        if re.match(r" {2,6}-", line):
            options |= set(re.findall(r"(?:^|[ ,])(--?[\w-]+)", line[:22]))
    return options - {"-h", "--help"}


def documented(command):
    """The options that the page's lists name."""
    options = set()
    with open(f"{MAN}/skep-{command}.1") as page:
        for line in page:
            if line.startswith(".It Fl"):
                line = line.replace("\\-", "-")
                options |= {"-" + o for o in re.findall(r"Fl ([\w-]+)", line)}
    # -dd and -ddd are -d, given more than once
    return options - {"-dd", "-ddd"}


def main():
    status, text = skep("help")
    commands = re.findall(r"^  (\w+) ", text, re.M)
    expect("help lists commands", status == 0 and "run" in commands)
    for command in commands:
        expect(f"skep-{command}.1 is there",
               os.path.exists(f"{MAN}/skep-{command}.1"))
        ours, page = helped(command), documented(command)
        expect(f"{command}: help {sorted(ours)}, page {sorted(page)}",
               ours == page)
    if shutil.which("mandoc"):
        for name in sorted(os.listdir(MAN)):
            lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning",
                                   f"{MAN}/{name}"], capture_output=True,
                                  text=True)
            expect(lint.stdout, lint.returncode == 0)
    print("\n".join(failures))
    sys.exit(1 if failures else 0)


main()
