#!/usr/bin/env python3
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Holds programme files against engine/programmes/programme.schema.json.

Every programme file of tests/programmes is right by it, and of the broken files beside
this one those, and only those, are wrong by it that are marked (shape).  That the schema
knows the keys and words of the compiler is shown by language_test.cc.
"""

import json
import pathlib
import re
import sys
import unittest

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"{missing}: tools/install-packages installs it")
    sys.exit(77)

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMMES = HERE.parent
SCHEMA_FILE = PROGRAMMES.parent.parent / "engine/programmes/programme.schema.json"
CHINESE = re.compile("[\u4e00-\u9fff]")


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2 core schema, by which editors read: no dates, no sexagesimal numbers."""


CoreLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", list("-+.0123456789")),
):
    CoreLoader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), first)


def decimal_int(loader, node):
    """0763 is no octal number."""
    return int(loader.construct_scalar(node), 10)


CoreLoader.add_constructor("tag:yaml.org,2002:int", decimal_int)


def load(text):
    return yaml.load(text, Loader=CoreLoader)


def validator():
    with open(SCHEMA_FILE, encoding="utf-8") as file:
        return jsonschema.Draft7Validator(json.load(file))


class BrokenFile:
    def __init__(self, where, title, base):
        self.name, _, mark = title.partition(" ")
        self.where = f"{where} {self.name}"
        self.shape = mark == "(shape)"
        self.base = base
        self.hunks = []

    def add(self, line):
        if line[0] not in "-+":
            return
        if not self.hunks or (line[0] == "-" and self.hunks[-1][1]):
            self.hunks.append(([], []))
        self.hunks[-1][line[0] == "+"].append(line[1:])

    def text(self):
        lines = list(self.base)
        for gone, come in self.hunks:
            if not gone:
                return "\n".join(come) + "\n"
            at = next(i for i in range(len(lines)) if lines[i : i + len(gone)] == gone)
            lines[at : at + len(gone)] = come
        return "\n".join(lines) + "\n"


def broken_files():
    cases = []
    for theme in sorted(HERE.glob("[0-9]*.txt")):
        base = []
        for number, line in enumerate(theme.read_text(encoding="utf-8").splitlines(), start=1):
            if line.startswith("base: "):
                base = (HERE / line[len("base: ") :]).read_text(encoding="utf-8").splitlines()
            elif line.startswith("== "):
                cases.append(BrokenFile(f"{theme.name}:{number}", line[3:], base))
            elif line and cases:
                cases[-1].add(line)
    return cases


class SchemaTest(unittest.TestCase):
    def test_the_schema_is_one(self):
        jsonschema.Draft7Validator.check_schema(validator().schema)

    def test_every_key_is_described_in_english_and_chinese(self):
        schema = validator().schema
        maps = [schema, *schema["definitions"].values()]
        for keys in (m["properties"] for m in maps if "properties" in m):
            for key, value in keys.items():
                with self.subTest(key=key):
                    self.assertRegex(value["description"], r"^[A-Za-z]")
                    self.assertRegex(value["description"], CHINESE)

    def test_programme_files_are_right(self):
        files = sorted([*PROGRAMMES.glob("*.yaml"), *HERE.glob("*.yaml")])
        self.assertGreater(len(files), 2)
        for path in files:
            with self.subTest(file=path.name):
                errors = validator().iter_errors(load(path.read_text(encoding="utf-8")))
                self.assertEqual([e.json_path + ": " + e.message for e in errors], [])

    def test_programme_files_name_the_schema(self):
        for path in sorted(PROGRAMMES.glob("*.yaml")):
            with self.subTest(file=path.name):
                first = path.read_text(encoding="utf-8").splitlines()[0]
                prefix = "# yaml-language-server: $schema="
                self.assertTrue(first.startswith(prefix), first)
                named = (path.parent / first[len(prefix) :]).resolve()
                self.assertEqual(named, SCHEMA_FILE.resolve())

    def test_broken_files_are_wrong_where_it_is_about_shape(self):
        schema = validator()
        cases = broken_files()
        self.assertGreater(len(cases), 300)
        for case in cases:
            with self.subTest(case=case.where):
                try:
                    value = load(case.text())
                except (yaml.YAMLError, TypeError):
                    # No YAML at all, or a key that is no word; anchors are YAML.
                    self.assertFalse(case.shape)
                    continue
                self.assertEqual(not schema.is_valid(value), case.shape)


if __name__ == "__main__":
    if "--shapes" in sys.argv:
        known = validator()
        for found in broken_files():
            try:
                if not known.is_valid(load(found.text())):
                    print(found.name)
            except (yaml.YAMLError, TypeError):
                pass
        sys.exit(0)
    unittest.main()
