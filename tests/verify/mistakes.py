#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mistakes.py KERNEL_VERDICT [--list | --write PAGE | --check PAGE]

The typical mistakes of mistakes/: compiles each as it is and with its cure
(-DFIXED), and asks skep and the running kernel about both. Each must be
answered as the head of its file says, and the cured one be accepted by both.

--list prints every answer, --write puts them into the section "Typical
mistakes" of PAGE, --check tells whether what PAGE has is still the answer.
"""
import concurrent.futures
import difflib
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SKEP = os.environ.get("SKEP", "skep")
CLANG = "clang-19"
SECTION = "## Typical mistakes"
# What a loader without privileges lacks; it may load all the same.
UNPRIVILEGED = ["setpriv", "--bounding-set=-perfmon,-sys_admin"]


class Mistake:
    """One file: what its head says, and what became of it."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path).split(".")[0]
        self.text = open(path, encoding="utf-8").read()
        head = self.text.split("*/", 2)[1]
        lines = [line.strip(" *") for line in head.splitlines()]
        self.title = next(line for line in lines if line and "/" not in line)
        self.wants = {}
        for line in lines:
            key, colon, value = line.partition(":")
            if colon and key in ("rejected", "line", "says", "profile",
                                 "flags"):
                self.wants.setdefault(key, []).append(value.strip())
        self.failures = []

    def want(self, key):
        return self.wants.get(key, [""])[0]

    def compile(self, place, fixed):
        out = "%s/%s.%s.o" % (place, self.name, "fixed" if fixed else "bad")
        multiarch = subprocess.run(["gcc", "-print-multiarch"], text=True,
                                   capture_output=True, check=False).stdout
        made = subprocess.run(
            [CLANG, "-O2", "-g", "--target=bpf", "-mcpu=v3", "-Wall",
             "-Wno-uninitialized", "-Werror",
             *self.want("flags").split(), *(["-DFIXED"] if fixed else []),
             "-I/usr/include/" + multiarch.strip(), "-c",
             os.path.basename(self.path), "-o", out],
            cwd=os.path.dirname(self.path), capture_output=True, text=True,
            check=False)
        if made.returncode:
            raise RuntimeError(self.name + " does not compile:\n" +
                               made.stderr)
        return out

    def profile(self):
        profile = self.want("profile")
        return ["--profile", profile] if profile else []

    def ask_skep(self, obj):
        done = subprocess.run([SKEP, "verify", "-j", obj, *self.profile()],
                              capture_output=True, text=True, check=False)
        return json.loads(done.stdout)["programs"][0]

    def ask_kernel(self, kernel, obj):
        prefix = UNPRIVILEGED if self.profile() else []
        done = subprocess.run([*prefix, kernel, obj], capture_output=True,
                              text=True, check=False)
        return json.loads(done.stdout.splitlines()[0])

    def fail(self, text):
        self.failures.append("%s: %s" % (self.name, text))

    def run(self, place, kernel):
        bad, good = self.compile(place, False), self.compile(place, True)
        self.answer = self.ask_skep(bad)
        self.said = self.ask_kernel(kernel, bad)
        if self.said["verdict"] != "rejected":
            self.fail("the kernel: %s" % self.said["verdict"])
        self.check_answer()
        for who, answer in (("skep", self.ask_skep(good)),
                            ("the kernel", self.ask_kernel(kernel, good))):
            if answer["verdict"] != "accepted":
                self.fail("with its cure, %s: %s\n%s" % (
                    who, answer["verdict"],
                    answer.get("log") or answer.get("diag")))
        return self

    def check_answer(self):
        if self.answer["verdict"] != "rejected":
            return self.fail("skep accepts it")
        diag = self.answer["diag"]
        if diag["id"] != self.want("rejected"):
            self.fail("is %s, not %s" % (diag["id"], self.want("rejected")))
        line = self.source(diag)
        if self.want("line") not in line:
            self.fail("points at '%s'" % line.strip())
        if not diag.get("notes") or not diag.get("suggestion"):
            self.fail("no notes, or no suggestion")
        told = "\n".join([*diag.get("notes", []), diag.get("suggestion", "")])
        for word in self.wants.get("says", []):
            if word not in told:
                self.fail("does not say '%s'" % word)

    def source(self, diag):
        if not diag.get("line") or \
           os.path.basename(diag["file"]) != os.path.basename(self.path):
            return ""
        return self.text.splitlines()[diag["line"] - 1]

    def shown(self, fixed):
        """The lines of one version, from behind the head on."""
        keep, out = [True], []
        for line in self.text.splitlines():
            word = line.split(" ")[0]
            if word in ("#ifdef", "#ifndef"):
                keep.append((word == "#ifdef") == fixed)
            elif word == "#else":
                keep[-1] = not keep[-1]
            elif word == "#endif":
                keep.pop()
            elif all(keep):
                out.append(line)
        start = next(i for i, line in enumerate(out) if "mistake.h" in line)
        lines = [line for line in out[:start] if line.startswith("#define")]
        return lines + [line for line in out[start + 1:]
                        if "bpf_core_read.h" not in line]


def wrapped(text):
    """A line of an answer, as far as a page has room."""
    return text if len(text) <= 120 else text[:117] + "..."


def kernel_lines(said):
    lines = [line for line in said["log"].splitlines() if line and not
             line.startswith(("processed ", "verification time", "stack "))]
    return [wrapped(line) for line in lines[-3:]]


def steady(text):
    """Without what differs from run to run, or from build to build."""
    return re.sub(r"\bin \d+(\.\d+)? ms\b", "in N ms", text)


def section_of(mistake):
    bad = "\n".join(mistake.shown(False)).strip().splitlines()
    good = "\n".join(mistake.shown(True)).strip().splitlines()
    diff = list(difflib.unified_diff(bad, good, lineterm="", n=max(
        len(bad), len(good))))[3:]
    diag = mistake.answer["diag"]
    notes = [wrapped(steady("note: " + line)) for line in diag["notes"]
             if not line.startswith("the kernel says:")]
    line = mistake.source(diag).strip()
    shown = ["%s [%s]" % (diag["message"], diag["id"])]
    shown += ["    " + line] if line else []
    shown += notes + ["try: " + diag["suggestion"]]
    profile = " (`--profile %s`)" % mistake.want("profile") \
        if mistake.profile() else ""
    return "\n".join(
        ["### " + mistake.title, "", "```diff", *diff, "```", "",
         "skep%s:" % profile, "", "```text", *shown, "```", "",
         "The kernel:", "", "```text", *kernel_lines(mistake.said), "```",
         ""])


def page_of(mistakes):
    head = """%s

What people get wrong, with the cure as a patch, skep's answer, and the end of
the running kernel's log. `tests/verify/mistakes` has the programs;
`tests/verify/mistakes.py --write` wrote this section, and a test compares.
""" % SECTION
    return head + "\n" + "\n".join(section_of(m) for m in mistakes)


def split_page(path):
    """What comes before the section, the section, and what comes after."""
    text = open(path, encoding="utf-8").read()
    start = text.find(SECTION)
    if start < 0:
        return text.rstrip() + "\n\n", "", ""
    end = text.find("\n## ", start + 1)
    end = len(text) if end < 0 else end + 1
    return text[:start], text[start:end], text[end:]


def skep_parts(section):
    """The kernel's words change with its release; they are not compared."""
    return re.sub(r"The kernel:\n\n```text\n.*?```\n", "", section,
                  flags=re.S).strip()


def run_all(kernel, names):
    mistakes = [Mistake(path) for path in
                sorted(glob.glob(HERE + "/mistakes/*.bpf.c"))
                if not names or os.path.basename(path).split(".")[0] in names]
    with tempfile.TemporaryDirectory() as place, \
         concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda m: m.run(place, kernel), mistakes))


def print_all(mistakes):
    for mistake in mistakes:
        print("=" * 8, mistake.name)
        diag = mistake.answer.get("diag")
        if diag:
            print("%s [%s]\n    %s" % (diag["message"], diag["id"],
                                       mistake.source(diag).strip()))
            print("\n".join("  note: " + note for note in diag["notes"]))
            print("  try:", diag.get("suggestion"))
        print("  kernel:", " | ".join(kernel_lines(mistake.said)))


def main():
    args = sys.argv[1:]
    kernel, how = args[0], args[1] if len(args) > 1 else ""
    mistakes = run_all(kernel, args[2:] if how == "--list" else [])
    failures = [text for m in mistakes for text in m.failures]
    if how == "--list":
        print_all(mistakes)
    if how == "--write":
        before, _, after = split_page(args[2])
        with open(args[2], "w", encoding="utf-8") as page:
            page.write(before + page_of(mistakes) + after)
    if how == "--check" and \
       skep_parts(split_page(args[2])[1]) != skep_parts(page_of(mistakes)):
        failures.append("%s is not up to date: mistakes.py --write" % args[2])
        print("\n".join(difflib.unified_diff(
            skep_parts(split_page(args[2])[1]).splitlines(),
            skep_parts(page_of(mistakes)).splitlines(), lineterm="")))
    print("%d mistakes, %d complaints" % (len(mistakes), len(failures)))
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
