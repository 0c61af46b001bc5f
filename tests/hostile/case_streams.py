# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Calls that are asked and not taken: resets, and clients that never read."""

import re

import scene
import wire

CALLS_EACH = 1_024  # terminals.streams_per_connection_max
ITEMS = 1_024  # in a message of a stream, at most
# A call that waits, in gRPC and here: its arena, its context, its command and result.
CALL_KIB = 24
# terminals.calls_in_flight_max: so many wait for their decision or for their client.
CALLS_MIB = 16_384 * CALL_KIB / 1024
# What a connection leaves behind that is cut off after 0.2 s of resets: at a million a second,
# which is more than a core can say, each a call that is not torn down yet.
RESETS_MIB = 256
# terminals.stream_bytes_max, and as much again for what gRPC keeps beside it and malloc can not give
# back at once.
STREAMS_MIB = 256 * 2

CUT_OFF = re.compile("connection cut: it kept the server from all others .*address=127.0.3.1 ")


class Tally:
    """What an attacker counts, whatever becomes of its connection."""

    def __init__(self):
        self.count = 0


def rapid_reset(index, stop, ready, target, source, body):
    """CVE-2023-44487: asks and takes it back in one breath, as fast as it goes.  Gives how many."""
    blows = reset_blows(body)
    tally = Tally()
    ready()
    while not stop:
        try:
            reset_until_cut(target, source, stop, body, blows, tally)
        except OSError:  # cut off, and refused for a while
            stop.wait(0.02)
    return tally.count


RESETS = 100  # in a blow
RESETS_MAX = 100_000  # of a connection


def reset_blows(body):
    """Made before the attack: who makes them meanwhile is slower than the server where they share
    a core, and then keeps it from nobody."""
    block = wire.grpc_headers(wire.AUTHORIZE)
    return [b"".join(wire.headers(stream, block) + (wire.data(stream, body) if body else b"")
                     + wire.rst_stream(stream) for stream in range(first, first + 2 * RESETS, 2))
            for first in range(1, 2 * RESETS_MAX, 2 * RESETS)]


def reset_until_cut(target, source, stop, body, blows, tally):
    with wire.Wire(target, source=source, timeout_s=10) as connection:
        connection.greet()
        for blow in blows:
            if stop or (body and not connection.spend(RESETS * len(body))):
                return
            connection.say(blow)
            tally.count += RESETS


def unread_calls(index, stop, ready, target, connections, path, bodies):
    """Calls whose client has no window for the answer.  Gives how many were asked."""
    block = wire.grpc_headers(path)
    kept, count = [], 0
    for _ in range(connections):
        connection = wire.Wire(target, source=f"127.0.3.{10 + index}")
        connection.greet(window=0)
        kept.append(connection)
        for i in range(CALLS_EACH):
            stream = 2 * i + 1
            said = connection.say_what_it_takes(wire.headers(stream, block))
            for body in bodies:
                said = said and connection.spend(len(body)) and \
                    connection.say_what_it_takes(wire.data(stream, body, end_stream=False))
            if not said:
                break
            count += 1
        connection.settle()
    ready()
    stop.wait(600)
    return count


class ResetTest(scene.HostileCase):
    def test_rapid_resets_of_headers(self):
        # The attack goes on until it is seen for what it is: on a machine that gives the attacker
        # little to do it with, that takes longer.
        blows = self.besiege("rapid resets", rapid_reset, 1, self.target, "127.0.3.1", b"",
                             mib_max=RESETS_MIB, meanwhile=lambda: self.eventually(
                                 "who keeps the server from all others is cut off",
                                 lambda: CUT_OFF.search(self.log())))
        self.assertGreater(blows, 1_000)

    def test_rapid_resets_of_whole_requests(self):
        blows = self.besiege("rapid resets, whole requests", rapid_reset, 1, self.target,
                             "127.0.3.2", wire.grpc_message(scene.City.sale()), mib_max=RESETS_MIB)
        self.assertGreater(blows, 1_000)


class UnreadTest(scene.HostileCase):
    def test_answers_that_nobody_reads(self):
        asked = self.besiege("unary answers that nobody reads", unread_calls, 2, self.target, 10,
                             wire.AUTHORIZE, [wire.grpc_message(scene.City.sale())],
                             mib_max=CALLS_MIB)
        self.assertGreater(asked, 16_384, "more than may wait")

    def test_streams_that_nobody_reads(self):
        # An empty request is answered by an error that is hundreds of times as long.
        message = wire.grpc_message(wire.stream_message([b""] * ITEMS))
        asked = self.besiege("streams that nobody reads", unread_calls, 2, self.target, 1,
                             wire.STREAM, [message] * 8, mib_max=STREAMS_MIB)
        self.assertGreater(asked, 512)

    def test_health_that_nobody_reads(self):
        self.besiege("health that nobody reads", unread_calls, 1, self.target, 1, wire.HEALTH,
                     [wire.grpc_message(b"")], mib_max=1_024 * CALL_KIB / 1024)
