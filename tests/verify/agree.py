#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do skep's verifier and the running kernel's say the same of real programs?

usage: agree.py --skep SKEP --kernel KERNEL_VERDICT [--known FILE]
                [--verdicts FILE.jsonl] [--json FILE]
                [--profile unprivileged] OBJECT...

KERNEL_VERDICT is the program built from kernel_verdict.c; --verdicts keeps
its answers, to be used again. A program on which the two differ must be a
line of the known differences (`OBJECT PROGRAM reason ...`, shell patterns),
with the verdict of skep being the safe one or the reason saying why not.
A line `message: TEXT` is for all programs that the kernel rejects with it. A
reason that begins with `here:` is about this kernel's configuration.
Exit status 1 when one is not, or when a known one has gone, unless that was
for a reason of another kernel's; 77 when the kernel judged nothing.

A program whose source asks for strict alignment gets it from both.

With --profile unprivileged the kernel is asked by a loader that has no
capabilities (kernel_verdict.c).
"""
import argparse
import collections
import fnmatch
import json
import os
import re
import subprocess
import sys


def kernel_verdicts(args):
    """{(object, program): row}, from the file when it is there."""
    if args.verdicts and os.path.exists(args.verdicts):
        lines = open(args.verdicts).read().splitlines()
    else:
        env = dict(os.environ)
        if args.profile == "unprivileged":
            env["UNPRIVILEGED"] = "1"
        out = subprocess.run([args.kernel, *args.objects], text=True, env=env,
                             stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
        lines = out.stdout.splitlines()
        if args.verdicts:
            open(args.verdicts, "w").write(out.stdout)
    rows = [json.loads(line) for line in lines]
    return {(os.path.basename(row["object"]), row["program"]): row
            for row in rows}


def ask_skep(args, path, *options):
    """(its rows, what it says on stderr)"""
    out = subprocess.run([args.skep, "verify", "-j", "--no-second-look",
                          "--profile", args.profile, *options, path],
                         text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, timeout=300, check=False)
    answer = json.loads(out.stdout) if out.stdout else {"programs": []}
    return answer["programs"], out.stderr


def skep_verdicts(args, kernel):
    """The same of skep; an object it cannot read has no rows."""
    rows, trouble = {}, []
    strict = {key for key, row in kernel.items() if row["flags"] & 1}
    for path in args.objects:
        name = os.path.basename(path)
        try:
            progs, said = ask_skep(args, path)
            aligned, _ = ask_skep(args, path, "--aligned") \
                if any(key[0] == name for key in strict) else ([], "")
        except (ValueError, subprocess.TimeoutExpired) as err:
            trouble.append((name, str(err)[:200]))
            continue
        if not progs and "vm-no-program" not in said:
            trouble.append((name, said[-300:]))
        rows.update({(name, prog["name"]): prog for prog in progs})
        rows.update({(name, prog["name"]): prog for prog in aligned
                     if (name, prog["name"]) in strict})
    return rows, trouble


def known_differences(path):
    """[(object pattern, program pattern, kernel's text, reason)]."""
    found = []
    for line in open(path) if path else []:
        words = line.split(None, 2)
        if line.startswith("message:"):
            text = line.partition(":")[2].strip()
            found.append(("*", "*", text, text))
        elif words and not line.startswith("#"):
            found.append((words[0], words[1], "", words[2].strip()))
    return found


def explains(row, key, theirs):
    return fnmatch.fnmatch(key[0], row[0]) and \
        fnmatch.fnmatch(key[1], row[1]) and row[2] in phrase(theirs)


def phrase(row):
    """The kernel's last line before the statistics."""
    lines = [line for line in row["log"].splitlines() if line and
             not re.match(r"(verification time|stack depth|processed \d|"
                          r"mark_precise|\d+: \()", line)]
    return lines[-1] if lines else ""


def why(row):
    diag = row.get("diag") or {}
    return "%s %s" % (diag.get("id", ""), diag.get("message", ""))


def compare(kernel, skep, known):
    """Counts, unexplained differences, and the known ones that were seen."""
    count, unknown, seen = collections.Counter(), [], set()
    for key, theirs in sorted(kernel.items()):
        ours = skep.get(key)
        if theirs["verdict"] == "skipped":
            count["skipped"] += 1
        elif ours is None:
            count["missing"] += 1
            unknown.append((key, theirs, {"verdict": "missing"}))
        elif ours["verdict"] == theirs["verdict"]:
            count["equal"] += 1
        else:
            count["different"] += 1
            reason = [row for row in known if explains(row, key, theirs)]
            seen.update(reason)
            if not reason:
                unknown.append((key, theirs, ours))
    return count, unknown, seen


def stale_rows(known, seen, kernel):
    """Known differences of programs that were judged, and that are gone."""
    judged = [(key, row) for key, row in kernel.items()
              if row["verdict"] != "skipped"]
    return [row for row in known
            if row not in seen and not row[3].startswith("here:")
            and any(explains(row, *one) for one in judged)]


def not_as_written(kernel):
    """Where the running kernel is not of the opinion of the source."""
    verdicts = {"success": "accepted", "failure": "rejected"}
    for key, row in sorted(kernel.items()):
        if row["verdict"] != "skipped" and \
                verdicts.get(row["expect"], row["verdict"]) != row["verdict"]:
            print("  the source expects %s, the kernel %s: %s %s" % (
                row["expect"], row["verdict"], *key))


def speed(kernel, skep):
    """Both times over what both accept, and where skep is worst."""
    both = [(kernel[key]["usec"], skep[key].get("usec", 0), key)
            for key in kernel if key in skep
            and kernel[key]["verdict"] == skep[key]["verdict"] == "accepted"]
    theirs, ours = sum(row[0] for row in both), sum(row[1] for row in both)
    if ours:
        print("time to verdict of the %d accepted: kernel %.0f ms, "
              "skep %.0f ms (%.2f)" % (len(both), theirs / 1e3, ours / 1e3,
                                       ours / theirs))
    for _, usec, key in sorted(both, key=lambda row: -row[1])[:5]:
        print("  slowest: %s %s %.1f ms" % (*key, usec / 1e3))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--skep", required=True)
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--known")
    parser.add_argument("--verdicts")
    parser.add_argument("--json")
    parser.add_argument("--profile", default="strict")
    parser.add_argument("objects", nargs="+")
    args = parser.parse_args()
    kernel = kernel_verdicts(args)
    skep, trouble = skep_verdicts(args, kernel)
    known = known_differences(args.known)
    count, unknown, seen = compare(kernel, skep, known)
    for key, theirs, ours in unknown:
        print("%s %s: kernel %s (%s), skep %s (%s)%s" % (
            *key, theirs["verdict"], phrase(theirs)[:100], ours["verdict"],
            why(ours)[:140],
            " expect " + theirs["expect"] if theirs["expect"] else ""))
    for name, text in trouble:
        print("%s: %s" % (name, text))
    stale = stale_rows(known, seen, kernel)
    for row in stale:
        print("no longer different: %s %s %s" % row[:3])
    judged = count["equal"] + count["different"] + count["missing"]
    if not judged:
        print("skipped: the kernel judged none of the programs")
        return 77
    print("%d programs judged, %d equal (%.2f %%), %d different, %d missing, "
          "%d not judged by the kernel" % (
              judged, count["equal"], 100 * count["equal"] / max(judged, 1),
              count["different"], count["missing"], count["skipped"]))
    not_as_written(kernel)
    speed(kernel, skep)
    if args.json:
        json.dump([(key, theirs, ours) for key, theirs, ours in unknown],
                  open(args.json, "w"))
    return 1 if unknown or stale else 0


if __name__ == "__main__":
    sys.exit(main())
