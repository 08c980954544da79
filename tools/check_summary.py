#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sums up a test run: check_summary.py BUILD STATUS.

Reads Meson's testlog.json; prints each failure's output, each skip's reason,
and the line "N passed, N failed, N skipped". Exits 1 when anything failed.
"""
import json
import os
import re
import sys


def reasons(record):
    text = record.get("stdout", "") + record.get("stderr", "")
    found = re.findall(r"skipped: (.*)", text)
    return sorted(set(found)) or ["no reason given"]


def main():
    build, status = sys.argv[1], int(sys.argv[2])
    path = os.path.join(build, "meson-logs", "testlog.json")
    counts = {"OK": 0, "FAIL": 0, "SKIP": 0}
    try:
        with open(path, encoding="utf-8") as log:
            records = [json.loads(line) for line in log]
    except OSError:
        sys.stdout.write(open(os.path.join(build, "check.log")).read())
        records = []
    for record in records:
        result = record["result"]
        kind = result if result in ("OK", "SKIP") else "FAIL"
        counts[kind] += 1
        print(f"{kind:4} {record['duration']:6.1f} s  {record['name']}")
        if kind == "FAIL":
            print(record.get("stdout", "")[-4000:])
            print(record.get("stderr", "")[-4000:])
        if kind == "SKIP":
            for reason in reasons(record):
                print(f"     skipped: {reason}")
    failed = counts["FAIL"] + (1 if status and not counts["FAIL"] else 0)
    print(f"{counts['OK']} passed, {failed} failed, "
          f"{counts['SKIP']} skipped")
    sys.exit(1 if failed or not counts["OK"] else 0)


main()
