# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""What is written down of a run."""

import json
import os

from suite import pace
from suite.bars import figures_of, judge_all, verdicts_of
from suite.core import FIGURES, LOAD
from suite.system import CORES, OUT, ROOT, commit, machine

HISTORY = ROOT / "bench" / "history.ndjson"


def write_results(bench, parts, started_at, load_average):
    options = bench.options
    others = [value for name, values in bench.spread.items() if name.endswith("_others_cores")
              for value in values]
    conditions = {
        "parts": list(parts), "quick": options.quick, "preset": options.preset,
        "rounds": options.rounds, "seconds": options.seconds, "members": options.members,
        "merchants": options.merchants,
        "programmes": [os.path.relpath(path, ROOT) for path in options.programmes],
        "pipeline": options.pipeline or "default", "old_ids": options.old_ids,
        "client": {mode: " ".join(words) for mode, words in LOAD.items()},
        "client_and_server": "on this machine, TCP on loopback, no TLS",
        "load_average_before": load_average,
        "others_cores_max": max(others, default=0.0),
    }
    if bench.peers is not None:
        conditions["peers"] = bench.peers
    summary = dict(bench.figures)
    summary.update({
        "at": started_at, "commit": commit(), "machine": machine(), "conditions": conditions,
        "more": bench.more, "spread": bench.spread, "failed_checks": bench.failures})
    summary["bars"] = verdicts_of(summary)
    (OUT / "summary.json").write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    if options.record:
        line = {key: summary[key] for key in ("at", "commit", *FIGURES)}
        line.update({"machine": f"{summary['machine']['cpu']}, {CORES} cores",
                     "members": options.members, "rounds": options.rounds,
                     "seconds": options.seconds, "others_cores_max":
                     conditions["others_cores_max"], "more": bench.more})
        with open(HISTORY, "a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return summary


def print_table(summary):
    print(f"\ncommit {summary['commit']}, {summary['machine']['cpu']}, "
          f"{summary['machine']['cores']} cores, client and server together")
    for name in FIGURES:
        value = summary[name]
        rounds = summary["spread"].get(name, [])
        if value is None:
            text = "not measured"
        else:
            text = f"{value:>14,}"
            if len(rounds) > 1:
                text += f"   {min(rounds):,} to {max(rounds):,}"
        print(f"  {name:<38}{text}")
    for name, value in summary["more"].items():
        if name == "pipeline":
            for pipeline, figures in value.items():
                text = ", ".join(f"{key} {figure:,}" for key, figure in figures.items())
                print(f"  {'pipeline ' + pipeline:<38}{text}")
        elif not isinstance(value, str):  # notes stand beside the bars
            print(f"  {name:<38}{value:>14,}")
    told = set()
    for judged in judge_all(figures_of(summary)):
        told.add(str(judged))
        print(f"  {judged.verdict + ':':<13} {judged}")
        if judged.note:
            print(f"  {'':<13} {judged.note}")
    others = summary["conditions"]["others_cores_max"]
    if others > 0.1:
        print(f"  Others used up to {others} cores meanwhile: only the ratios mean something.")
    if "slow_cores_percent" in summary["more"]:
        words = pace.words(summary["more"]["slow_cores_percent"],
                           summary["more"]["slow_cores_max_ms"])
        print(f"  {words}.")
    for failure in (one for one in summary["failed_checks"] if one not in told):
        print(f"  CHECK FAILED: {failure}")
