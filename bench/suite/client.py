# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""A client beside a server on this machine, and who used how much CPU meanwhile."""

import json
import os
import time

from suite.system import CHILDREN, OUT, BenchError, machine_cpu_seconds, say


def measure(label, command, server_seconds, exit_codes=(0,), timeout_s=1800):
    """Runs a client that takes --json, --quiet and --label; gives its figures and the CPU time.

    `server_seconds` tells what the server used so far.
    """
    result_file = OUT / "client.json"
    result_file.unlink(missing_ok=True)
    program = os.path.basename(command[0])
    own = time.process_time()
    children = os.times()
    whole = machine_cpu_seconds()
    before = server_seconds()
    started = time.monotonic()
    code, output = CHILDREN.run([*command, "--json", result_file, "--quiet", "--label", label],
                                timeout_s=timeout_s)
    wall_s = time.monotonic() - started
    server_s = server_seconds() - before
    after = os.times()
    client_s = (after.children_user + after.children_system
                - children.children_user - children.children_system)
    others_s = machine_cpu_seconds() - whole - server_s - client_s - (time.process_time() - own)
    if code not in exit_codes or not result_file.exists():
        raise BenchError(f"{label}: {program} failed ({code}):\n{output.strip()[-3000:]}")
    result = json.loads(result_file.read_text())
    checked = max(1, result["checked"])
    result["server_cpu_us"] = round(server_s / checked * 1e6, 3)
    result["client_cpu_us"] = round(client_s / checked * 1e6, 3)
    for name, used_s in (("server", server_s), ("client", client_s), ("others", others_s)):
        result[f"{name}_cores"] = round(max(0.0, used_s / wall_s), 2)
    say(f"  {label:<28} {result['rate_per_s']:>12,.0f}/s   p50 {result['p50_us']:>8,.0f} us   "
        f"p99 {result['p99_us']:>8,.0f} us   CPU a decision: server "
        f"{result['server_cpu_us']:.2f} us, client {result['client_cpu_us']:.2f} us; "
        f"others {result['others_cores']:.2f} cores")
    return result
