# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the programs that are made with Google Benchmark (gh_bench in bench/CMakeLists.txt)."""

import json
import os
import re

from suite.system import OUT, BenchError, must

# What Google Benchmark adds to a name for how it was run.
HOW = re.compile(r"/(iterations|repeats|min_time):[^/]*|/(process_time|real_time|manual_time)")


def run(bench, part, program, names, repetitions, seconds, *, interleaved=True, folder=None):
    """The counters of each repetition, by the benchmark's name.

    Repetitions of all of them are interleaved, because the machine's speed changes, unless each
    would have to make its city again for that.  `folder`: where they write, if they do.
    """
    result_file = OUT / f"{part}.json"
    result_file.unlink(missing_ok=True)
    quick = bench.options.quick
    must([bench.bin / program,
          f"--benchmark_filter=^({'|'.join(map(re.escape, names))})(/[a-z]|$)",
          f"--benchmark_repetitions={1 if quick else repetitions}",
          f"--benchmark_min_time={min(0.05, seconds) if quick else seconds}",
          f"--benchmark_enable_random_interleaving={str(interleaved).lower()}",
          f"--benchmark_out={result_file}", "--benchmark_out_format=json"],
         program, env={**os.environ, **({"TMPDIR": str(folder)} if folder else {})})
    found = {name: [] for name in names}
    for row in json.loads(result_file.read_text())["benchmarks"]:
        if row.get("run_type") == "iteration" and not row.get("error_occurred"):
            found[HOW.sub("", row["run_name"])].append(row)
    for name, rows in found.items():
        if not rows:
            raise BenchError(f"{program} has no benchmark {name}")
    return found
