# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Random bytes on both listeners."""

import random
import time

import scene
import wire
from case_connections import addresses


NOISES_MIN = 100  # of each attacker, though that may take a minute


def noise(index, stop, ready, targets, seed):
    """Random bytes, random frames, and a good call with random damage, in turn.  Gives how many
    connections."""
    rng = random.Random(f"{seed}/{index}")
    tries = count = 0
    ready()
    patience = time.monotonic() + 60
    while not stop or count < NOISES_MIN and time.monotonic() < patience:
        target = targets[tries % len(targets)]
        tries += 1
        try:
            with wire.Wire(target, timeout_s=0.2,
                           source=None if isinstance(target, str) else addresses(index)) as one:
                one.say(WAYS[rng.randrange(len(WAYS))](rng))
                if rng.random() < 0.1:
                    one.hangs_up()
            count += 1
        except OSError:
            pass
    return count


def bare(rng):
    return rng.randbytes(rng.randrange(2_000))


def after_the_greeting(rng):
    return wire.hello() + rng.randbytes(rng.randrange(2_000))


def frames(rng):
    out = [wire.hello()]
    for _ in range(rng.randrange(1, 30)):
        kind = rng.choice((*range(10), rng.randrange(256)))
        payload = rng.randbytes(rng.choice((0, 1, 4, 5, 6, 8, rng.randrange(300))))
        stream = rng.choice((0, 1, 1, 1, 2, 3, 5, rng.getrandbits(32)))
        out.append(wire.frame(kind, rng.getrandbits(8), stream, payload))
    return b"".join(out)


def damaged(rng):
    """A call of the city's, some of its bytes changed, left out or doubled."""
    said = bytearray(wire.hello() + wire.headers(1, wire.grpc_headers(wire.AUTHORIZE))
                     + wire.data(1, wire.grpc_message(wire.sale("T0", "M0", "0000"))))
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(wire.PREFACE), len(said))
        what = rng.randrange(3)
        if what == 0:
            said[at] = rng.getrandbits(8)
        elif what == 1:
            del said[at]
        else:
            said[at:at] = said[at:at + rng.randrange(1, 40)]
    return bytes(said)


WAYS = (bare, after_the_greeting, frames, damaged, damaged)


class NoiseTest(scene.HostileCase):
    def test_random_bytes(self):
        seed = scene.Options.seed
        print(f"seed {seed}: replay with --seed {seed} case_noise", flush=True)
        count = self.besiege(f"random bytes, seed {seed}", noise, 2,
                             (self.target, self.operators), seed, mib_max=64)
        self.assertGreaterEqual(count, 2 * NOISES_MIN)
