#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of lint.py: each rule finds what it forbids and lets the rest pass."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import lint  # noqa: E402

HEAD = "\n".join(lint.HEAD) + "\n"


class LintTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def tree_of(self, files):
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            data = text if isinstance(text, bytes) else text.encode()
            (self.root / path).write_bytes(data)
        return lint.Tree(self.root, files)

    def assert_findings(self, check, files, *wanted):
        """Each finding holds the wanted text of its place, in order."""
        found = list(lint.CHECKS[check](self.tree_of(files)))
        self.assertEqual(len(found), len(wanted), found)
        for finding, text in zip(found, wanted):
            self.assertIn(text, finding)


class StripTest(unittest.TestCase):
    def test_comments_and_literals_go_lines_stay(self):
        text = 'int a; // now()\n/* now()\n */ f("now()", \'"\'); g();\n'
        stripped = lint.strip(text)
        self.assertNotIn("now", stripped)
        self.assertIn("g();", stripped)
        self.assertEqual(stripped.count("\n"), text.count("\n"))

    def test_digit_separators_are_not_characters(self):
        self.assertIn("now()", lint.strip("x = 1'000 + now() + 2'000;"))

    def test_raw_strings_and_escapes(self):
        self.assertNotIn("now", lint.strip('a = R"x(now() ")" now() )x";'))
        self.assertNotIn("now", lint.strip(r'a = "\"now()";'))
        self.assertIn("now", lint.strip(r'a = "\\"; now();'))

    def test_includes_survive_unless_commented_out(self):
        text = '#include "a/b.h"\n// #include "c.h"\n  #  include <d>\n/*\n#include <e>\n*/\n'
        self.assertEqual(list(lint.includes(text)), [(1, True, "a/b.h"), (3, False, "d")])


class LayersTest(LintTest):
    def files(self, path, *lines):
        known = ("engine/base/check.h", "engine/domain/ids.h", "engine/ledger/ledger.h",
                 "engine/durability/journal.h", "storage/recovery.h", "engine/server/config.h")
        files = {k: HEAD for k in known}
        files[path] = HEAD + "\n".join(f"#include {line}" for line in lines)
        return files

    def test_arrows_of_the_design_pass(self):
        for path, line in (("engine/ledger/x.cc", '"engine/domain/ids.h"'),
                           ("engine/ledger/x.cc", '"engine/ledger/ledger.h"'),
                           ("engine/domain/x.h", '"engine/base/check.h"'),
                           ("storage/x.cc", '"engine/durability/journal.h"'),
                           ("engine/server/main.cc", '"storage/recovery.h"'),
                           ("engine/server/main.cc", '"engine/server/config.h"'),
                           ("tools/inspect/x.cc", '"storage/recovery.h"'),
                           ("tools/gonghuictl/x.cc", '"gonghui/v1/reason.pb.h"'),
                           ("tests/unit/x.cc", '"storage/recovery.h"'),
                           ("bench/x.cc", '"storage/recovery.h"')):
            with self.subTest(path=path, line=line):
                self.assert_findings("layers", self.files(path, line))

    def test_every_other_arrow_is_a_finding(self):
        for path, line in (("engine/base/x.h", '"engine/domain/ids.h"'),
                           ("engine/domain/x.h", '"engine/ledger/ledger.h"'),
                           ("engine/ledger/x.cc", '"engine/durability/journal.h"'),
                           ("engine/pipeline/x.cc", '"storage/recovery.h"'),
                           ("engine/server/x.cc", '"storage/recovery.h"'),
                           ("engine/programmes/x.cc", '"engine/ledger/ledger.h"'),
                           ("engine/ledger/x.cc", '"gonghui/v1/reason.pb.h"'),
                           ("engine/ledger/x.cc", "<gonghui/v1/reason.pb.h>"),
                           ("storage/x.cc", '"engine/server/config.h"'),
                           ("tools/gonghuictl/x.cc", '"engine/ledger/ledger.h"'),
                           ("tools/inspect/x.cc", '"gonghui/v1/reason.pb.h"')):
            with self.subTest(path=path, line=line):
                self.assert_findings("layers", self.files(path, line), f"{path}:3: ")

    def test_dear_headers_stay_in_adapters(self):
        for path, line in (("storage/x.cc", "<rocksdb/db.h>"),
                           ("engine/server/x.h", "<grpcpp/grpcpp.h>"),
                           ("engine/server/x.cc", "<boost/asio.hpp>"),
                           ("tests/e2e/x.h", "<grpcpp/grpcpp.h>"),
                           ("engine/programmes/x.cc", "<yaml-cpp/yaml.h>"),
                           ("engine/server/x.cc", "<google/protobuf/arena.h>")):
            with self.subTest(path=path, line=line):
                self.assert_findings("layers", self.files(path, line))
        for path, line in (("storage/x.h", "<rocksdb/db.h>"),
                           ("engine/server/x.cc", "<rocksdb/db.h>"),
                           ("engine/ledger/x.cc", "<rocksdb/db.h>"),
                           ("engine/pipeline/x.cc", "<boost/asio.hpp>"),
                           ("engine/domain/x.h", "<grpcpp/grpcpp.h>"),
                           ("tools/gonghuictl/x.h", "<grpcpp/grpcpp.h>"),
                           ("tools/gonghuictl/x.h", '"gonghui/v1/a.grpc.pb.h"'),
                           ("engine/programmes/x.h", "<yaml-cpp/yaml.h>"),
                           ("storage/x.cc", "<google/protobuf/message.h>")):
            with self.subTest(path=path, line=line):
                self.assert_findings("layers", self.files(path, line), f"{path}:3: ")

    def test_quoted_includes_start_at_the_root(self):
        self.assert_findings("layers", self.files("engine/base/x.cc", '"check.h"'),
                             'no file "check.h"')

    def test_a_new_folder_needs_a_layer(self):
        self.assert_findings("layers", {"tools/novel/x.cc": HEAD}, "belongs to no layer")


class WordsTest(LintTest):
    def test_each_forbidden_word_is_found_with_its_replacement(self):
        for path, text, instead in (
                ("engine/server/x.cc", "t = std::chrono::steady_clock::now();", "clock.h"),
                ("engine/server/x.cc", "t = absl::Now();", "clock.h"),
                ("storage/x.cc", "clock_gettime(CLOCK_REALTIME, &t);", "clock.h"),
                ("engine/domain/x.h", "double rate;", "Bps"),
                ("engine/ledger/x.cc", "float rate;", "Bps"),
                ("engine/ledger/x.h", "std::string name;", "strong ids"),
                ("engine/ledger/x.h", "#include <string>", "strong ids"),
                ("engine/ledger/x.cc", "std::mutex mutex_;", "one writer"),
                ("engine/ledger/x.cc", "std::atomic<int> n;", "one writer"),
                ("engine/domain/x.h", "#include <thread>", "one writer"),
                ("engine/domain/x.h", "#include <random>", "prng.h"),
                ("engine/domain/x.h", "#include <chrono>", "TimestampNs"),
                ("tests/model/x.cc", "std::unordered_map<int, int> m;", "flat_hash_map"),
                ("tools/load/x.h", "#include <iostream>", "<iosfwd>"),
                ("tools/load/x.cc", "// FIXME later", "finish it"),
                ("tools/check", "# NOCOMMIT", "finish it"),
                ("tests/x.cc", "TEST(A, DISABLED_B) {}", "mend the test"),
                ("tests/x.cc", "GTEST_SKIP();", "mend the test"),
                ("engine/base/x.cc", "#if 0\n#endif", "git remembers")):
            with self.subTest(text=text):
                self.assert_findings("words", {path: "\n" + text}, f"{path}:2: ")
                self.assertIn(instead, next(lint.check_words(self.tree_of({path: text}))))

    def test_what_only_looks_alike_passes(self):
        for path, text in (
                ("engine/base/clock.cc", "clock_gettime(CLOCK_REALTIME, &t);"),
                ("engine/server/x.cc", "// unlike now(), this is monotonic"),
                ("engine/server/x.cc", 'log("now() is late"); clock.NowNs(); Renow(); now = 1;'),
                ("engine/ledger/x.h", "std::string_view name;  // a float in words"),
                ("engine/server/x.cc", "double share; std::string name; std::mutex m;"),
                ("tools/load/x.cc", "#include <iostream>"),
                ("engine/base/x.cc", "#if 01\n#endif\n#if 0x1\n#endif"),
                ("docs/CONTRIBUTING.md", "no FIXME in the tree")):
            with self.subTest(text=text):
                self.assert_findings("words", {path: text})


class TargetsTest(LintTest):
    def test_files_are_named_from_their_folder_or_the_root(self):
        self.assert_findings("targets", {
            "engine/base/CMakeLists.txt": "gh_library(NAME b SRCS a.cc sub/b.cc)",
            "tests/CMakeLists.txt": 'x("${PROJECT_SOURCE_DIR}/tools/c.cc" ../bench/d.cc)',
            "engine/base/a.cc": HEAD, "engine/base/sub/b.cc": HEAD, "tools/c.cc": HEAD,
            "bench/d.cc": HEAD})

    def test_a_file_that_nobody_names_is_a_finding(self):
        self.assert_findings("targets", {
            "engine/base/CMakeLists.txt": "gh_library(NAME b SRCS a.cc) # b.cc",
            "engine/base/a.cc": HEAD, "engine/base/b.cc": HEAD, "engine/ledger/a.cc": HEAD},
            "engine/base/b.cc:1: ", "engine/ledger/a.cc:1: ")


class OtherChecksTest(LintTest):
    def test_headers(self):
        self.assert_findings("headers", {
            "engine/a.cc": HEAD, "engine/b.h": "// Copyright The Gonghui Authors\n",
            "storage/c.cc": "", "docs/d.cc": ""}, "engine/b.h:1: ", "storage/c.cc:1: ")

    def test_paths(self):
        self.assert_findings("paths", {
            "a.md": "see /" + "work/main/x\n\n`/" + "home/me`",
            "b.md": "https://example.org/" + "home/x ./" + "root/y ~/" + "work/z /" + "workspace",
            "c.png": b"\0/" + b"root/x"}, "a.md:1: ", "a.md:3: ")

    def test_readme(self):
        self.assert_findings("readme", {"README.md": "x\n" * 150})
        self.assert_findings("readme", {"README.md": "x\n" * 151}, "README.md:151: ")
        self.assert_findings("readme", {})

    def test_examples_are_of_the_generated_city(self):
        # The same numbers as in tests/unit/datagen.
        self.assert_findings("readme", {
            "README.md": "--card 6253011000000016 or 6253012000000014, M0000006, T0000001\n",
            "docs/OPERATIONS.md": "T0000002\n", "tests/other.md": "6221530100000001\n"})
        self.assert_findings("readme", {
            "README.md": "x\n--card 6221530100000001\n--card 6253011000000017\nT0000007\n",
            "tools/quickstart": "card=6253012000000022\n"},
            "README.md:2: `6221530100000001`", "README.md:3: ", "README.md:4: ",
            "tools/quickstart:1: ")

    @unittest.skipUnless(lint.shutil.which("clang-format"), "clang-format is not installed")
    def test_format(self):
        self.assert_findings("format", {
            ".clang-format": "BasedOnStyle: Google\n", "engine/good.cc": "int a;\n",
            "engine/bad.cc": "int   a ;\n"}, "engine/bad.cc:1: ")


class CommandTest(LintTest):
    def run_lint(self, *arguments):
        return subprocess.run(
            [sys.executable, "-B", lint.__file__, "--root", str(self.root), *arguments],
            capture_output=True, text=True, check=False)

    def test_exit_code_and_listing_of_untracked_files(self):
        subprocess.run(["git", "init", "-q", str(self.root)], check=True)
        self.tree_of({"engine/base/x.cc": "int a;\n", ".gitignore": "build/\n",
                      "build/engine/y.cc": "int b;\n"})
        run = self.run_lint("headers")
        self.assertEqual(run.returncode, 1)
        self.assertIn("engine/base/x.cc:1: ", run.stdout)
        self.assertNotIn("build/", run.stdout)
        self.assertIn("findings: 1; files: 2", run.stdout)
        self.tree_of({"engine/base/x.cc": HEAD})
        run = self.run_lint("headers", "readme")
        self.assertEqual((run.returncode, run.stdout), (0, ""))

    def test_works_without_git(self):
        self.tree_of({"engine/base/x.cc": "int a;\n", "build/engine/y.cc": "int b;\n"})
        run = self.run_lint("headers")
        self.assertEqual(run.returncode, 1)
        self.assertIn("findings: 1; files: 1", run.stdout)

    def test_an_unknown_check_is_a_usage_error(self):
        self.assertEqual(self.run_lint("nonsense").returncode, 2)


if __name__ == "__main__":
    unittest.main()
