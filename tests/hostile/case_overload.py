# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""More calls than the server decides.  That one call too many is refused, and that a stream lives
through it, tests/e2e/server has; here the refusals, the answers and what comes after."""

import json
import subprocess

import scene

# Whatever peak this machine has, so few in flight are far below what a flood keeps in flight.
IN_FLIGHT = 64
FLOOD = 1_024


class OverloadTest(scene.HostileCase):
    TERMINALS = {"calls_in_flight_max": IN_FLIGHT}

    def flood(self, *words):
        result = scene.City.folder / "flood.json"
        run = subprocess.run(
            [scene.Options.bin / "gonghui-load", "--server", self.server.address, "--insecure",
             "--data", scene.City.folder / "city", "--warmup", "0", "--json", result, "--quiet",
             "--duration", str(scene.Options.seconds), *map(str, words)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False, timeout=120)
        self.assertIn(run.returncode, (0, 3), run.stdout[-3000:])  # 3: some failed
        return json.loads(result.read_text())

    def test_twice_the_peak(self):
        peak = self.flood("--inflight", IN_FLIGHT // 2)
        self.assertEqual((peak["wrong"], peak["failed"]), (0, 0))
        calm = self.ask()
        # A neighbour that left meanwhile may have made the peak look low, so that twice as much is
        # none too much: then more.
        for times in (2, 4, 8, 16):
            before = int(self.server.status()["decisionCount"])
            with scene.Peak(self.pid) as memory:
                over = self.flood("--rate", round(times * peak["rate_per_s"]), "--inflight", FLOOD,
                                  "--connections", 4)
            # What was accepted was answered rightly, what was not was refused and not decided.
            self.assertEqual(over["wrong"], 0)
            self.assertGreater(over["answered"], 0)
            self.assertEqual(set(over["errors"]) - {"RESOURCE_EXHAUSTED"}, set())
            self.assertEqual(int(self.server.status()["decisionCount"]) - before, over["checked"])
            self.assertLess(memory.growth / scene.MIB, 64 + scene.OWN_GROWTH_MIB)
            if over["refused_count"] > 0:
                break
        self.assertGreater(over["refused_count"], 0, "it was no overload")
        # And it comes back.
        self.assert_serving()
        after = self.ask()
        scene.Report.add("after twice the peak", over["refused_count"], calm, after, memory.growth)
        print(f"peak {peak['rate_per_s']:,.0f}/s; at {times} times as many "
              f"{over['rate_per_s']:,.0f}/s answered, p99 {over['p99_us'] / 1000:.1f} ms, "
              f"{over['refused_count']:,} refused, p99 "
              f"{over['refused'].get('p99_us', 0) / 1000:.2f} ms", flush=True)
