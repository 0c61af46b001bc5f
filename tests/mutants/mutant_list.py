# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""The single-line bugs that tools/mutants plants, and how one is planted.

Every other *.toml of this folder is a list of them:

    tiers = ["ledger", "rules"]       # of tests.toml; those of every entry that names none

    [[mutant]]
    name = "one-use-too-many"
    bug = "A limit of so many uses allows one more."      # one sentence
    file = "engine/ledger/limit_standing.cc"
    line = 'exceeded = has < 1;'      # exactly once in the file, indentation aside
    after = 'bool exceeded = false;'  # only where the line is there more than once: the one before
    mutated = 'exceeded = has < 0;'   # what stands there instead; empty = nothing
    hangs = true                      # only where nothing comes of it but an endless wait
    tiers = ["ledger"]                # only where others than the list's, or fewer, are to catch it

A line that was changed has to be changed here as well, or the mutant to be thought over: a ctest
test sees that each is there once.
"""

import dataclasses
import pathlib
import re
import tomllib

FOLDER = pathlib.Path("tests") / "mutants"
TESTS = "tests.toml"
# What a mutant may be of.
CODE = ("engine/domain/", "engine/ledger/", "engine/programmes/", "engine/durability/",
        "engine/pipeline/", "engine/server/", "storage/")
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
TEXT_KEYS = {"name", "bug", "file", "line", "mutated", "after"}


class ListError(Exception):
    """What is wrong with the lists, a line for each; each names file and mutant."""


@dataclasses.dataclass(frozen=True)
class Test:
    name: str
    program: str  # below the build folder
    arguments: tuple = ()
    environment: dict = dataclasses.field(default_factory=dict)

    @property
    def target(self):
        return self.program.rpartition("/")[2]


@dataclasses.dataclass(frozen=True)
class Mutant:
    name: str
    bug: str
    file: str
    line: str
    mutated: str
    tiers: tuple
    after: str = ""
    hangs: bool = False


@dataclasses.dataclass(frozen=True)
class Catalogue:
    tiers: dict  # name -> tuple of Test
    mutants: tuple


def place_of(text, mutant):
    """The number, from 0, of the line that the mutant changes."""
    lines = [line.strip() for line in text.split("\n")]
    found = [i for i, line in enumerate(lines)
             if line == mutant.line and (not mutant.after or (i > 0 and
                                                              lines[i - 1] == mutant.after))]
    if len(found) == 1:
        return found[0]
    behind = f" behind `{mutant.after}`" if mutant.after else ""
    if not found:
        raise ListError(f"{mutant.file}: mutant {mutant.name}: no line `{mutant.line}`{behind}")
    places = ", ".join(str(i + 1) for i in found)
    raise ListError(f"{mutant.file}: mutant {mutant.name}: `{mutant.line}`{behind} is there "
                    f"{len(found)} times (lines {places}), not once; name the line before it")


def planted(text, mutant):
    """The file's text with the bug in it."""
    place = place_of(text, mutant)
    lines = text.split("\n")
    original = lines[place]
    indent = original[:len(original) - len(original.lstrip())]
    lines[place:place + 1] = [indent + line if line else line
                              for line in mutant.mutated.split("\n")]
    return "\n".join(lines)


def load(root):
    """The Catalogue below `root`; every line that is to be mutated is there once."""
    root = pathlib.Path(root)
    problems = []
    tiers = _tiers(root, problems)
    mutants = []
    for path in sorted((root / FOLDER).glob("*.toml")):
        if path.name != TESTS:
            _add_list(root, path, tiers, mutants, problems)
    names = [mutant.name for mutant in mutants]
    problems += [f"{FOLDER}: mutant {name} is listed {names.count(name)} times"
                 for name in sorted(set(names)) if names.count(name) > 1]
    if problems:
        raise ListError("\n".join(problems))
    # A header makes much to compile, and once more when it is as it was: these come last.
    return Catalogue(tiers, tuple(sorted(mutants, key=lambda one: one.file.endswith(".h"))))


def _read(path, problems):
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        problems.append(f"{FOLDER / path.name}: {error}")
        return {}


def _tiers(root, problems):
    content = _read(root / FOLDER / TESTS, problems)
    tests = {}
    for name, entry in content.get("tests", {}).items():
        known = {field.name for field in dataclasses.fields(Test)} - {"name"}
        if "program" not in entry or set(entry) - known:
            problems.append(f"{FOLDER / TESTS}: test {name}: wants a program, and knows of "
                            f"{', '.join(sorted(known))} only")
            continue
        tests[name] = Test(name, entry["program"], tuple(entry.get("arguments", ())),
                           entry.get("environment", {}))
    tiers = {}
    for tier, names in content.get("tiers", {}).items():
        problems += [f"{FOLDER / TESTS}: tier {tier}: there is no test {name}"
                     for name in names if name not in tests]
        tiers[tier] = tuple(tests[name] for name in names if name in tests)
    return tiers


def _add_list(root, path, tiers, mutants, problems):
    content = _read(path, problems)
    for number, entry in enumerate(content.get("mutant", ()), 1):
        where = f"{FOLDER / path.name}: mutant {entry.get('name', number)}"
        wrong = _what_is_wrong(entry)
        if wrong:
            problems.append(f"{where}: {wrong}")
            continue
        mutant = Mutant(tiers=tuple(entry.get("tiers", content.get("tiers", ()))),
                        hangs=entry.get("hangs", False),
                        **{key: entry[key] for key in TEXT_KEYS if key in entry})
        problems += [f"{where}: there is no tier {tier}"
                     for tier in mutant.tiers if tier not in tiers]
        if not mutant.tiers:
            problems.append(f"{where}: neither it nor its list names tiers")
        try:
            place_of((root / mutant.file).read_text(encoding="utf-8"), mutant)
        except OSError:
            problems.append(f"{where}: there is no file {mutant.file}")
        except ListError as error:
            problems.append(f"{FOLDER / path.name}: {error}")
        mutants.append(mutant)


def _what_is_wrong(entry):
    """With the entry by itself; empty = nothing."""
    missing = TEXT_KEYS - {"after"} - set(entry)
    if missing:
        return f"lacks {', '.join(sorted(missing))}"
    unknown = set(entry) - TEXT_KEYS - {"hangs", "tiers"}
    if unknown:
        return f"has {', '.join(sorted(unknown))}, which nobody reads"
    if not all(isinstance(entry[key], str) for key in TEXT_KEYS & set(entry)):
        return f"{', '.join(sorted(TEXT_KEYS))} are texts"
    if not NAME.fullmatch(entry["name"]):
        return "a name is words in small letters, with hyphens between them"
    if not entry["bug"].endswith(".") or "\n" in entry["bug"]:
        return "its bug is told in one sentence"
    if not entry["file"].startswith(CODE):
        return f"{entry['file']} is below none of {', '.join(CODE)}"
    line = entry["line"]
    if not line or line != line.strip() or "\n" in line:
        return "its line is one, without what it is indented by"
    if line == entry["mutated"]:
        return "what stands there instead is the same"
    return ""
