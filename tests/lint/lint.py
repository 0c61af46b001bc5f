#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""The house rules that a machine can check.

    tests/lint/lint.py [--root FOLDER] [CHECK ...]

Without names every check runs.  A finding is one line, `path:line: what is
wrong; what to do instead`, and makes the exit code 1.  Looks at the files that
git knows or could add, so a new file is checked before it is committed.

Why this exists: Debian puts every library's headers in /usr/include, so link
dependencies do not stop the ledger from including RocksDB; and a rule that is
not a test is forgotten.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
from typing import NamedTuple

# ---------------------------------------------------------------- the rules

# Which layer may include which other.  A file belongs to the longest prefix
# that matches its path.  "*" means every layer; proto is the generated code.
ENGINE = {"engine/base", "engine/domain", "engine/ledger", "engine/programmes",
          "engine/durability", "engine/pipeline", "engine/backtest", "engine/server"}
LAYERS = {
    "engine/base": set(),
    "engine/domain": {"engine/base"},
    "engine/ledger": {"engine/base", "engine/domain"},
    "engine/programmes": {"engine/base", "engine/domain"},
    "engine/durability": {"engine/base", "engine/domain"},
    "engine/pipeline": {"engine/base", "engine/domain", "engine/ledger", "engine/durability"},
    "engine/backtest": {"engine/base", "engine/domain", "engine/ledger", "engine/durability"},
    "storage": {"engine/base", "engine/domain", "engine/ledger", "engine/durability"},
    "engine/server": ENGINE | {"proto"},
    "engine/server/main.cc": ENGINE | {"proto", "storage"},
    "tools/gonghuictl": {"engine/base", "engine/domain", "engine/programmes", "proto"},
    "tools/load": {"engine/base", "proto"},
    "tools/datagen": {"engine/base"},
    "tools/inspect": {"engine/base", "engine/domain", "engine/ledger", "engine/durability",
                      "storage"},
    "tools/bulkload": {"engine/base", "engine/domain", "engine/ledger", "engine/pipeline",
                       "storage", "tools/gonghuictl", "tools/inspect"},
    "bench": {"*"},
    "tests": {"*"},
}


class Library(NamedTuple):
    name: str
    include: str  # regex on the path between < > or " "
    in_cc: tuple  # folders whose .cc files may include it
    in_h: tuple  # folders whose .h files may


# Dear headers, and what only an adapter may know.  The rest is free.
LIBRARIES = (
    Library("gRPC", r"(grpc|grpcpp)/|.*\.grpc\.pb\.h$",
            ("engine/server", "tools/gonghuictl", "tools/load", "bench", "tests"),
            ("engine/server", "tools/load", "tests")),
    Library("protobuf", r"google/protobuf/",
            ("engine/server", "tools/gonghuictl", "tools/load", "bench", "tests"),
            ("engine/server", "tools/gonghuictl", "tools/load", "bench", "tests")),
    Library("RocksDB", r"rocksdb/", ("storage", "bench", "tests"), ("tests",)),
    Library("Boost", r"boost/", ("engine/server", "tools/load", "bench", "tests"),
            ("engine/server", "tests")),
    Library("yaml-cpp", r"yaml-cpp/", ("engine/programmes", "tests"), ("tests",)),
)

PURE = ("engine/domain/", "engine/ledger/")


class Word(NamedTuple):
    pattern: str
    instead: str
    raw: bool = False  # look at comments and string literals too
    only_in: tuple = ()  # path prefixes
    not_in: tuple = ()
    suffixes: tuple = (".cc", ".h")


SOURCES = (".cc", ".h", ".proto", ".py", ".js", ".sh", ".cmake", ".txt", "")
WORDS = (
    Word(r"\bnow\s*\(|\babsl::Now\s*\(|\bclock_gettime\s*\(|\bgettimeofday\s*\(",
         "take a const Clock& (engine/base/clock.h)",
         not_in=("engine/base/clock.h", "engine/base/clock.cc", "engine/base/thread_cpu.cc")),
    Word(r"\b(float|double)\b", "integers only: Fen, Bps, int64_t", only_in=PURE),
    Word(r"\bstd::string\b|#\s*include\s*<string>",
         "strong ids and fixed arrays (domain/ids.h, domain/code.h)", only_in=PURE),
    Word(r"\bstd::(mutex|shared_mutex|thread|jthread|atomic|condition_variable)\b"
         r"|#\s*include\s*<(mutex|shared_mutex|thread|atomic|condition_variable)>",
         "one writer owns the ledger; threads live in engine/pipeline", only_in=PURE),
    Word(r"#\s*include\s*<random>|\bstd::mt19937|\brand\s*\(",
         "the ledger knows no chance; tests use engine/base/prng.h", only_in=PURE),
    Word(r"\bstd::chrono\b|#\s*include\s*<chrono>",
         "TimestampNs; time comes with the command", only_in=PURE),
    Word(r"\bstd::unordered_\w+|#\s*include\s*<unordered_\w+>",
         "absl::flat_hash_map, or a sorted array where the order can be seen"),
    Word(r"#\s*include\s*<iostream>", "<iosfwd> or <ostream>", suffixes=(".h",)),
    Word(r"\bFIXME\b|\bNOCOMMIT\b", "finish it, or say under which condition it is due",
         raw=True, suffixes=SOURCES, not_in=("tests/lint/",)),
    Word(r"\bDISABLED_|\bGTEST_SKIP\b", "mend the test or delete it", raw=True,
         not_in=("tests/lint/",)),
    Word(r"#\s*if\s+0\b", "delete it: git remembers", raw=True),
)

HEAD = ("// Copyright The Gonghui Authors", "// SPDX-License-Identifier: Apache-2.0")
CODE_FOLDERS = ("engine/", "storage/", "tools/", "bench/", "tests/")
MACHINE_PATH = re.compile(r"(?<![\w.~$})-])/(?:work|root|home)/")
README_LINES_MAX = 150

# What somebody pastes has to be there: cards, members and terminals that
# gonghui-datagen always makes (tools/datagen/generate.h, ids.h).
EXAMPLES = ("README.md", "docs/OPERATIONS.md", "tools/quickstart")
EXAMPLE = re.compile(r"\b(?:62\d{10,17}|[MT]\d{7})\b")
CAST = 6  # members, and terminals of a city of so many merchants

# ------------------------------------------------------------------- the tree


class Tree:
    """The files under a root, as `path -> text`; binary files are left out."""

    def __init__(self, root, paths=None):
        self.root = pathlib.Path(root)
        self.paths = sorted(paths if paths is not None else self._list())
        self._texts = {}

    def _list(self):
        git = subprocess.run(
            ["git", "-C", str(self.root), "ls-files", "-z", "--cached", "--others",
             "--exclude-standard"], capture_output=True, check=False)
        if git.returncode == 0:
            found = {path for path in git.stdout.decode().split("\0") if path}
        else:  # an unpacked archive
            found = set()
            for folder, folders, files in os.walk(self.root):
                folders[:] = [f for f in folders if f not in ("build", "node_modules", ".git")]
                found |= {os.path.relpath(os.path.join(folder, f), self.root) for f in files}
        # Listed but deleted, or a link to somewhere else: not ours to read.
        return [p for p in found
                if (self.root / p).is_file() and not (self.root / p).is_symlink()]

    def text(self, path):
        """The file's text, or None when it is not text."""
        if path not in self._texts:
            try:
                text = (self.root / path).read_bytes().decode("utf-8")
                self._texts[path] = None if "\0" in text else text
            except (UnicodeDecodeError, FileNotFoundError):
                self._texts[path] = None
        return self._texts[path]

    def code(self, *suffixes):
        """Paths of our C++ files."""
        return [p for p in self.paths
                if p.startswith(CODE_FOLDERS) and p.endswith(suffixes or (".cc", ".h"))
                and self.text(p) is not None]


TOKEN = re.compile(
    r"""//[^\n]* | /\*.*?\*/                                    # comments
      | R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)"  # raw strings
      | (?<=include)\s*"[^"\n]*"                                # kept
      | "(?:\\.|[^"\\\n])*"                                     # strings
      | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'                     # characters, not 1'000
    """, re.DOTALL | re.VERBOSE)


def strip(text):
    """C++ without comments and the insides of literals; line numbers stay."""
    def blank(match):
        token = match.group()
        if token.lstrip().startswith('"') and match.string[:match.start()].endswith("include"):
            return token
        return re.sub(r"[^\n]", " ", token)
    return TOKEN.sub(blank, text)


INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def includes(text):
    """(line number, quoted?, path) of every #include that counts."""
    stripped = strip(text)
    for match in INCLUDE.finditer(stripped):
        yield stripped.count("\n", 0, match.start()) + 1, match.group(1) == '"', match.group(2)


def layer_of(path):
    matching = [l for l in LAYERS if path == l or path.startswith(l + "/")]
    return max(matching, key=len) if matching else None


# ----------------------------------------------------------------- the checks


def check_layers(tree):
    """#include lines follow the arrows of the design; dear headers stay in adapters."""
    for path in tree.code():
        layer = layer_of(path)
        if layer is None:
            yield f"{path}:1: belongs to no layer; add its folder to LAYERS in tests/lint/lint.py"
            continue
        for line, quoted, target in includes(tree.text(path)):
            where = f"{path}:{line}"
            yield from _dear_header(where, path, target)
            if target.endswith(".pb.h"):
                other = None if target.startswith("google/protobuf/") else "proto"
            elif quoted:
                other = layer_of(target)
                if target not in tree.paths:
                    yield f'{where}: no file "{target}"; #include from the repository root'
                    continue
                if other == "engine/server/main.cc":
                    other = "engine/server"
            else:
                other = None
            allowed = LAYERS[layer]
            if other in (None, layer) or other in allowed or "*" in allowed:
                continue
            yield (f"{where}: {layer} must not know {other} ({target}); "
                   f"it may include {', '.join(sorted(allowed)) or 'nothing of ours'}")


def _dear_header(where, path, target):
    for library in LIBRARIES:
        if not re.match(library.include, target):
            continue
        folders = library.in_h if path.endswith(".h") else library.in_cc
        if not path.startswith(tuple(f + "/" for f in folders)):
            kind = "a header" if path.endswith(".h") else "this folder"
            yield (f"{where}: {library.name} in {kind} ({target}); allowed in "
                   f"{', '.join(library.in_cc)} (.cc), {', '.join(library.in_h)} (.h)")


def check_words(tree):
    """Words that are not for this house, each with what to write instead."""
    for path in tree.paths:
        suffix = os.path.splitext(path)[1]
        rules = [w for w in WORDS
                 if suffix in w.suffixes and not path.startswith(w.not_in or ("\0",))
                 and (not w.only_in or path.startswith(w.only_in))]
        text = tree.text(path) if rules else None
        if not text or path == "LICENSE":
            continue
        is_code = suffix in (".cc", ".h")
        stripped = strip(text) if is_code else text
        for word in rules:
            haystack = text if word.raw else stripped
            for match in re.finditer(word.pattern, haystack):
                line = haystack.count("\n", 0, match.start()) + 1
                yield f"{path}:{line}: `{match.group().strip()}`; instead: {word.instead}"


def check_targets(tree):
    """Every .cc file is named by some CMakeLists.txt (or .cmake)."""
    named = set()
    for path in tree.paths:
        if os.path.basename(path) != "CMakeLists.txt" and not path.endswith(".cmake"):
            continue
        text = re.sub(r"#[^\n]*", "", tree.text(path) or "")
        for token in re.findall(r"[^\s()\"';]+\.cc\b", text):
            absolute = re.sub(r"^\$\{(PROJECT|CMAKE)_SOURCE_DIR\}/", "", token)
            folder = "" if absolute != token else os.path.dirname(path)
            absolute = re.sub(r"^\$\{CMAKE_CURRENT_SOURCE_DIR\}/", "", absolute)
            named.add(os.path.normpath(os.path.join(folder, absolute)))
    for path in tree.code(".cc"):
        if path not in named:
            yield f"{path}:1: no CMakeLists.txt names it; add it to a target or delete it"


def check_headers(tree):
    """Every .cc and .h starts with the copyright and licence lines."""
    for path in tree.code():
        lines = tree.text(path).split("\n", 2)[:2]
        if tuple(lines) != HEAD:
            yield f"{path}:1: does not start with the two lines `{HEAD[0]}`, `{HEAD[1]}`"


def check_paths(tree):
    """No absolute path of somebody's machine."""
    for path in tree.paths:
        if path.startswith("tests/lint/"):
            continue
        for number, line in enumerate((tree.text(path) or "").split("\n"), 1):
            match = MACHINE_PATH.search(line)
            if match:
                yield (f"{path}:{number}: `{match.group()}` is a path of one machine; "
                       "make it relative to the repository or the build folder")


def check_readme(tree):
    """The README is one read, and examples are of the city that datagen makes."""
    lines = (tree.text("README.md") or "").count("\n") if "README.md" in tree.paths else 0
    if lines > README_LINES_MAX:
        yield (f"README.md:{lines}: longer than {README_LINES_MAX} lines; "
               "move what is not for a first reader into docs/")
    made = {f"{letter}{n:07}" for letter in "MT" for n in range(1, CAST + 1)}
    made |= {_card("6253011", n) for n in range(1, CAST + 1)} | {_card("6253012", 1)}
    for path in EXAMPLES:
        text = (tree.text(path) or "") if path in tree.paths else ""
        for match in EXAMPLE.finditer(text):
            if match.group() not in made:
                yield (f"{path}:{text.count(chr(10), 0, match.start()) + 1}: `{match.group()}` is "
                       f"not in every generated city; take {_card('6253011', 1)}, M0000001, "
                       "T0000001 ... (gonghui-datagen --help)")


def _card(prefix, member):
    """As tools/datagen/ids.cc makes it: with its Luhn digit."""
    digits = f"{prefix}{member:08}"
    total = 0
    for i, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 - i % 2)
        total += value - 9 if value > 9 else value
    return f"{digits}{-total % 10}"


def check_format(tree):
    """clang-format has nothing to change."""
    program = shutil.which("clang-format")
    files = tree.code()
    if program is None:
        yield "clang-format:1: not installed; run tools/install-packages"
        return
    for start in range(0, len(files), 100):
        run = subprocess.run([program, "--dry-run", "-Werror", *files[start:start + 100]],
                             cwd=tree.root, capture_output=True, text=True, check=False)
        wrong = sorted({line.split(":", 1)[0] for line in run.stderr.split("\n")
                        if "-Wclang-format-violations" in line})
        for path in wrong:
            yield f"{path}:1: clang-format would change it; run clang-format -i {path}"
        if run.returncode != 0 and not wrong:
            yield f"clang-format:1: {run.stderr.strip()}"


CHECKS = {name[len("check_"):]: function for name, function in list(globals().items())
          if name.startswith("check_")}


def main(arguments):
    listing = "\n".join(f"  {name:9} {function.__doc__}" for name, function in CHECKS.items())
    parser = argparse.ArgumentParser(
        description="Checks the house rules.", epilog="checks:\n" + listing,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("checks", nargs="*", metavar="CHECK", help="default: all")
    options = parser.parse_args(arguments)
    unknown = set(options.checks) - set(CHECKS)
    if unknown:
        parser.error(f"no such check: {', '.join(sorted(unknown))}\n{listing}")

    tree = Tree(options.root)
    findings = 0
    for name in options.checks or CHECKS:
        for finding in CHECKS[name](tree):
            print(f"{finding} [{name}]")
            findings += 1
    if findings:
        print(f"findings: {findings}; files: {len(tree.paths)}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
