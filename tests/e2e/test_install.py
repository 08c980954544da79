#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `make install` leaves: a program is built against it by pkg-config, in
C and with its header in C++, and runs."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = os.environ["SKEP_BUILD"]
# A program takes the sanitizers of the library that it links with.
SANITIZED = os.environ.get("SKEP_SANITIZED") == "1"
SANITIZERS = ["-fsanitize=address,undefined"] if SANITIZED else []
PROGRAM = r"""
#include <stdio.h>
#include <skep/skep.h>

int main(void)
{
	struct skep_options opts = { sizeof(opts) };
	struct skep *skep = 0;

	if (skep_new(&skep, &opts))
		return 1;
	puts(skep_version());
	skep_free(skep);
	return 0;
}
"""


def run(*argv, **env):
    return subprocess.run(argv, check=True, text=True, timeout=120,
                          env={**os.environ, **env},
                          stdout=subprocess.PIPE).stdout


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        cls.root = cls.place.name
        run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir",
            cls.root)
        cls.files = [os.path.join(where, name) for where, _, names in
                     os.walk(cls.root) for name in names]

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def find(self, name):
        found = [path for path in self.files if path.endswith(name)]
        self.assertEqual(len(found), 1, name)
        return found[0]

    def test_what_is_there(self):
        for name in ("bin/skep", "/libskep.so", "/libskep.a", "/skep.pc",
                     "include/skep/skep.h", "include/skep/diag.h",
                     "include/skep/insn.h", "man1/skep-run.1"):
            self.find(name)
        self.assertTrue(run(self.find("bin/skep"), "version"))

    def test_suite_is_found(self):
        if not any(path.endswith("/siphash.bpf.o") for path in self.files):
            self.skipTest("the suite is not built, for want of clang")
        run(self.find("bin/skep"), "bench", "siphash", "--rounds", "1",
            "--slice", "1", "--vs", "native")

    def build(self, compiler, suffix):
        pc = os.path.dirname(self.find("/skep.pc"))
        env = {"PKG_CONFIG_PATH": pc, "PKG_CONFIG_SYSROOT_DIR": self.root}
        flags = run("pkg-config", "--cflags", "--libs", "skep", **env).split()
        source = os.path.join(self.root, "tiny" + suffix)
        with open(source, "w") as file:
            file.write(PROGRAM)
        tiny = os.path.join(self.root, "tiny")
        run(compiler, "-Wall", "-Wextra", "-Werror", "-pedantic",
            "-Wno-missing-field-initializers", *SANITIZERS, source,
            "-o", tiny, *flags)
        there = os.path.dirname(self.find("/libskep.so"))
        return run(tiny, LD_LIBRARY_PATH=there).strip()

    def test_c_program(self):
        self.assertRegex(self.build("cc", ".c"), r"^\d+\.\d+\.\d+$")

    def test_cxx_program(self):
        if not shutil.which("c++"):
            self.skipTest("no C++ compiler")
        self.assertRegex(self.build("c++", ".cc"), r"^\d+\.\d+\.\d+$")


if __name__ == "__main__":
    for tool in ("pkg-config", "meson", "cc"):
        if not shutil.which(tool):
            print("skipped: no " + tool)
            sys.exit(77)
    unittest.main(verbosity=2)
