# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Connections that do nothing, or not enough, and more of them than there are descriptors."""

import resource
import select
import unittest

import crowd
import scene
import wire

IDLE = 10_000
# From two addresses each, so that from none come more than may
# (terminals.connections_per_address_max).
IDLE_EACH = 1_000
# What a connection costs that has said its greeting: two buffers of a socket that gRPC makes
# ready (8 KiB each), the transport with its tables (about 10 KiB), what malloc adds.
IDLE_KIB = 32


def addresses(index):
    """An address of the loopback network for each attacker; the healthy client has 127.0.0.1."""
    return f"127.0.1.{index + 1}"


def hung_up(sockets):
    """How many of them the server has closed."""
    poll = select.poll()
    by_fd = {each.fileno(): each for each in sockets}
    for fd in by_fd:
        poll.register(fd, select.POLLIN)
    count = 0
    for fd, _ in poll.poll(0):
        by_fd[fd].setblocking(False)
        try:
            while True:
                if not by_fd[fd].recv(65536):
                    count += 1
                    break
        except BlockingIOError:
            pass
        except ConnectionResetError:
            count += 1
    return count


def idle(index, stop, ready, target, count):
    """Connections that are well and ask nothing; every third has begun a frame.  Gives how many
    the server has kept."""
    kept = []
    for i in range(count):
        connection = wire.Wire(target, source=addresses(2 * index + i % 2))
        connection.greet()
        if i % 3 == 0:
            connection.say(wire.frame(wire.HEADERS, 0, 1, b"\x00" * 5, length=8_000))
        kept.append(connection.socket)
    ready()
    stop.wait(600)
    return count - hung_up(kept)


def half_open(index, stop, ready, target, count):
    """Connections that never finish their greeting.  Gives how many the server has hung up on."""
    greetings = [b"", wire.PREFACE[:10], wire.PREFACE, wire.PREFACE + wire.settings()[:5]]
    kept = []
    for i in range(count):
        connection = wire.Wire(target, source=addresses(index))
        connection.say(greetings[i % len(greetings)])
        kept.append(connection.socket)
    ready()
    stop.wait(600)
    return hung_up(kept)


def slow_loris(index, stop, ready, target, count):
    """The greeting a byte at a time, for ever.  Gives how many the server has hung up on."""
    kept = [wire.Wire(target, source=addresses(index)) for _ in range(count)]
    ready()
    greeting = wire.PREFACE + wire.settings(*[(99, 0)] * 1_000)
    for byte in greeting:
        if stop.wait(0.1):
            break
        for connection in kept:
            connection.say_what_it_takes(bytes([byte]))
    return hung_up([connection.socket for connection in kept])


class IdleTest(scene.HostileCase):
    def test_ten_thousand_idle_connections(self):
        hard = crowd.raise_file_limit()
        # The server keeps 512 for itself; the healthy client and the test have some, too.
        if hard < IDLE + 1_024:
            self.skipTest(f"the limit of open files is {hard}; {IDLE:,} connections want "
                          f"{IDLE + 1_024:,} (ulimit -Hn)")
        kept = self.besiege("10,000 idle connections", idle, IDLE // IDLE_EACH, self.target,
                            IDLE_EACH, mib_max=IDLE * IDLE_KIB / 1024)
        self.assertEqual(kept, IDLE, "idle clients are good clients: they were hung up on")
        # And all of them at once are gone.
        self.eventually("descriptors are given back",
                        lambda: scene.file_count(self.pid) < 200)


class HalfOpenTest(scene.HostileCase):
    # So many that the attack has them all were it not for the time limit, which a good greeting
    # needs some of on a machine that does other things as well.
    TERMINALS = {"handshake_ms_max": 2000, "connections_max": 1000}
    COUNT = 980

    def setUp(self):
        self.held = scene.file_count(self.pid)

    def test_half_open_connections_give_their_places_back(self):
        closed = self.besiege("half-open connections", half_open, 2, self.target, self.COUNT // 2,
                              mib_max=self.COUNT * IDLE_KIB / 1024,
                              meanwhile=lambda: self.wait_until_closed(self.held))
        self.assertEqual(closed, self.COUNT)

    def test_a_greeting_byte_by_byte_is_half_open_too(self):
        closed = self.besiege(
            "slow-loris", slow_loris, 2, self.target, 100, mib_max=200 * IDLE_KIB / 1024,
            meanwhile=lambda: self.wait_until_closed(self.held))
        self.assertEqual(closed, 200)


class FewFilesTest(scene.HostileCase):
    """A server that has few descriptors from its start keeps some for its database."""

    WRAP = ("prlimit", "--nofile=640:640")

    def test_connections_end_before_descriptors_do(self):
        self.besiege("640 files, 1,000 connections", half_open, 1, self.target, 900, mib_max=64)
        self.assertIn("fewer connections than configured", self.log())
        self.assertIn("too many connections", self.log())
        self.assertNotIn("out of file descriptors", self.log())


class NoFilesTest(scene.HostileCase):
    """Descriptors really run out, as when something else in the process has taken them."""

    def test_the_server_says_so_and_comes_back(self):
        before = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
        held = scene.file_count(self.pid)
        healthy = wire.Wire(self.target)  # from before, and lives on
        healthy.greet()
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (held + 40, before[1]))
        try:
            many = [wire.Wire(self.target, source=addresses(0)) for _ in range(400)]
            self.eventually("it says so", lambda: "out of file descriptors" in self.log())
            self.eventually("who can not be served is told at once: hung up on",
                            lambda: hung_up([each.socket for each in many]) > 0)
            healthy.say(wire.headers(1, wire.grpc_headers(wire.AUTHORIZE)),
                        wire.data(1, wire.grpc_message(scene.City.sale())))
            answer = healthy.until(wire.DATA)
            self.assertIsNotNone(answer, "who was connected before is served")
            for connection in many:
                connection.close()
            healthy.close()
            # With as few as before: they came back, and new ones are accepted.
            self.assert_serving()
            self.ask(0.5)
        finally:
            resource.prlimit(self.pid, resource.RLIMIT_NOFILE, before)


if __name__ == "__main__":
    unittest.main()
