#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""skep feature: its JSON against its tables, and its answers to odd words."""
import json
import os
import subprocess
import sys

SKEP = os.environ["SKEP"]


def feature(*args):
    done = subprocess.run([SKEP, "feature", *args], capture_output=True,
                          text=True)
    return done.returncode, done.stdout


def check(what, holds):
    if not holds:
        sys.exit(f"failed: {what}")


def main():
    status, text = feature("--json")
    check("json is printed", status == 0)
    tables = json.loads(text)
    for kind, counts in tables["summary"].items():
        rows = tables[kind]
        check(f"{kind} counts its rows", counts["of"] == len(rows))
        check(f"{kind} counts what skep has",
              counts["skep"] == sum(row["skep"] for row in rows))
        status, text = feature(kind)
        check(f"{kind} has a table", status == 0)
        check(f"{kind} has all rows", len(text.splitlines()) ==
              len(rows) + 2)
        for row in rows:
            check(f"{kind} {row['name']} is complete",
                  row["doc"] and row["kernel"] != "0.0")
    xdp = json.loads(feature("-j", "prog", "xdp")[1])["prog"]
    check("one row by name", [row["id"] for row in xdp] == [6])
    status, text = feature("bpf_map_lookup_elem")
    check("a helper by bpftool's name", status == 0 and "3.19" in text)
    check("an unknown name", feature("no_such_thing")[0] == 2)
    check("an unknown option", feature("--nope")[0] == 2)


main()
