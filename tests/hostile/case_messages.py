# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 that is right, and gRPC in it that is not: each is refused, nothing is decided, and the
connection, or the next one, goes on."""

import contextlib
import random
import struct
import zlib

import caller
import scene
import wire

# Of gRPC's status codes.
OK, UNKNOWN, INVALID_ARGUMENT, RESOURCE_EXHAUSTED = 0, 2, 3, 8
UNIMPLEMENTED, INTERNAL = 12, 13

REPLAYED = wire.field(2, 1)  # of an AuthorizeResponse, where it ends

OPERATORS = "/gonghui.v1.OperationsService/GetStatus"
BOMB_MIB = 256  # of zeroes, in less than 1 MiB, which a message may have
BOMBS_MIB = 64  # what the server may take for all of them


def bomb(encoding):
    """A message that is BOMB_MIB long when it is inflated."""
    zeroes = bytes(scene.MIB)
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    # Up to a full flush it depends on nothing before, so it may come again and again.
    block = deflate.compress(zeroes) + deflate.flush(zlib.Z_FULL_FLUSH)
    body = block * BOMB_MIB + deflate.flush()
    if encoding == "deflate":
        check = 1
        for _ in range(BOMB_MIB):
            check = zlib.adler32(zeroes, check)
        return b"\x78\x9c" + body + struct.pack(">I", check)
    check = 0
    for _ in range(BOMB_MIB):
        check = zlib.crc32(zeroes, check)
    size = BOMB_MIB * scene.MIB
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + body + struct.pack("<II", check, size)


class MessagesTest(scene.HostileCase):
    def call(self, payload, path=wire.AUTHORIZE, **words):
        with caller.Caller(self.target) as connection:
            return connection.call(path, payload, **words)

    def decisions(self):
        return int(self.server.status()["decisionCount"])

    def assert_refused(self, reply, *codes):
        """With one of these codes; or, where `codes` is empty, somehow."""
        if codes:
            self.assertIn(reply.grpc_status, codes, reply)
        else:
            self.assertNotEqual(reply.grpc_status, OK, reply)
            self.assertEqual(reply.body, b"", reply)

    def setUp(self):
        self.before = self.decisions()
        self.addCleanup(self.assert_nothing_was_decided)

    def assert_nothing_was_decided(self):
        self.assert_serving()
        self.assertEqual(self.decisions(), self.before)

    def test_a_prefix_that_is_longer_than_the_body(self):
        sale = scene.City.sale()
        self.assert_refused(self.call(wire.grpc_message(sale, length=len(sale) + 1)))
        self.assert_refused(self.call(wire.grpc_message(sale, length=len(sale) - 1)))
        self.assert_refused(self.call(b"\x00\x00"))
        self.assert_refused(self.call(b""))

    def test_four_gib_are_announced(self):
        before = scene.resident_bytes(self.pid)
        for _ in range(20):
            # INTERNAL where the end of the call is seen first.
            self.assert_refused(self.call(wire.grpc_message(b"", length=0xffffffff)),
                                RESOURCE_EXHAUSTED, INTERNAL)
        self.assertLess(scene.resident_bytes(self.pid) - before, 16 * scene.MIB)

    def test_a_message_of_more_than_may_be(self):
        self.assert_refused(self.call(wire.grpc_message(bytes(2 * scene.MIB))),
                            RESOURCE_EXHAUSTED)

    def test_a_flag_that_is_none(self):
        self.assert_refused(self.call(wire.grpc_message(scene.City.sale(), compressed=77)))

    def test_what_says_gzip_and_is_not(self):
        self.assert_refused(self.call(wire.grpc_message(scene.City.sale(), compressed=1),
                                      more=[("grpc-encoding", "gzip")]))

    def test_a_bomb(self):
        # Messages are not to be compressed: what is measured is what came over the wire, and
        # inflated it may be a thousand times as long.
        bombs = {encoding: bomb(encoding) for encoding in ("gzip", "deflate")}
        with scene.Peak(self.pid) as peak:
            for encoding, body in bombs.items():
                self.assertLess(len(body), scene.MIB)
                for path in (wire.AUTHORIZE, wire.STREAM, wire.HEALTH):
                    with self.subTest(encoding=encoding, path=path):
                        self.assert_refused(self.call(wire.grpc_message(body, compressed=1), path,
                                                      more=[("grpc-encoding", encoding)]),
                                            UNIMPLEMENTED)
                with self.subTest(encoding=encoding, path=OPERATORS), \
                        caller.Caller(self.operators) as connection:
                    self.assert_refused(connection.call(
                        OPERATORS, wire.grpc_message(body, compressed=1),
                        more=[("grpc-encoding", encoding)]), UNIMPLEMENTED)
        self.assertLess(peak.growth / scene.MIB, BOMBS_MIB)

    def test_what_grpc_bears(self):
        # It takes a message as it is that says it is compressed and not how, and any type of
        # content.  So each is the same request, which has one answer.
        answers = set()
        sale = scene.City.sale(request_id="00000000-0000-4000-8000-000000000001")
        for more in ([], [("grpc-encoding", "lzma")], [("grpc-encoding", "identity")]):
            reply = self.call(wire.grpc_message(sale, compressed=1), more=more)
            self.assertIn(reply.grpc_status, (OK, INTERNAL, UNIMPLEMENTED), f"{more}: {reply}")
            answers.add(reply.body.removesuffix(REPLAYED)[5:])
        for kind in ("text/html", "application/json", "", "application/grpcx", "a" * 4_000):
            reply = self.call(wire.grpc_message(sale),
                              usual=[("content-type", kind), ("te", "trailers")])
            self.assertTrue(reply.grpc_status is not None or reply.headers or reply.gone, kind)
            answers.add(reply.body.removesuffix(REPLAYED)[5:])
        self.assertLessEqual(len(answers - {b""}), 1)
        self.before = self.decisions()

    def test_a_message_that_is_cut_off_anywhere(self):
        sale = scene.City.sale()
        with caller.Caller(self.target) as connection:
            for end in range(len(sale)):
                reply = connection.call(wire.AUTHORIZE, wire.grpc_message(sale[:end]))
                # At the border between two fields it is a message, with fields missing.
                self.assert_refused(reply, INVALID_ARGUMENT)

    def test_fields_that_lie_about_their_length(self):
        for bad in (b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
                    b"\x0a" + b"\xff" * 10, b"\xff" * 64, b"\x0b" * 1_000, b"\x00\x00",
                    b"\x8a\x01" + wire.varint(1 << 31)):
            self.assert_refused(self.call(wire.grpc_message(bad)), INVALID_ARGUMENT)
            self.assert_refused(self.call(wire.grpc_message(wire.field(1, bad)), wire.STREAM))

    def test_seeded_mutations_of_a_sale(self):
        # Where a flipped bit leaves a request that is right, it may be decided: so each has the
        # same request_id, and no card that anybody has.
        rng = random.Random(scene.Options.seed)
        sale = bytearray(wire.sale("T0", "M0", "0000000000000000"))
        with caller.Caller(self.target) as connection:
            for _ in range(300):
                bad = bytearray(sale)
                for _ in range(rng.randint(1, 8)):
                    bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
                reply = connection.call(wire.AUTHORIZE, wire.grpc_message(bytes(bad)))
                self.assertIsNotNone(reply.grpc_status, reply)
        self.before = self.decisions()

    def test_methods_that_are_not(self):
        for path in ("/gonghui.v1.AuthorizationService/Nothing", "/", "//", "/a/b/c",
                     "/gonghui.v1.MemberService/GetMember", "/" + "x" * 4_000):
            self.assert_refused(self.call(wire.grpc_message(b""), path), UNIMPLEMENTED)

    def test_huge_metadata(self):
        # More than terminals may say in headers (8 KiB).
        for more in ([("x", "y" * 20_000)], [(f"x-{i}", "y" * 50) for i in range(500)],
                     [("x", "y" * 60_000)] * 4):
            # gRPC's limit binds who has acknowledged it, which this does with its first call.
            with self.subTest(headers=len(more)), caller.Caller(self.target) as connection:
                connection.call(wire.HEALTH, wire.grpc_message(b""))
                self.assert_refused(connection.call(
                    wire.AUTHORIZE, wire.grpc_message(scene.City.sale()), more=more))

    def test_deadlines_that_are_none(self):
        for timeout in ("", "0n", "-1S", "99999999999999999999H", "1x", "S", "1" * 3_000):
            reply = self.call(wire.grpc_message(wire.sale("T0", "M0", "0")),
                              more=[("grpc-timeout", timeout)])
            self.assertNotEqual(reply.grpc_status, OK, f"{timeout!r}: {reply}")

    def test_the_longest_deadline(self):
        # In nanoseconds it is more than 64 bits hold.
        for timeout in ("99999999H", "99999999M", "99999999u"):
            reply = self.call(wire.grpc_message(scene.City.sale()),
                              more=[("grpc-timeout", timeout)])
            self.assertEqual(reply.grpc_status, OK, f"{timeout}: {reply}")
        self.before = self.decisions()

    def test_headers_of_the_abort(self):
        # CVE-2023-1428: one of these, and more than 8 KiB of headers after it, is said to have
        # ended the process.
        for name, value in (("te", "x"), (":scheme", "x"), ("grpclb_client_stats", "x"),
                            ("content-type", "x"), (":method", "x"), ("grpc-timeout", "x"),
                            ("grpc-encoding", "x"), ("grpc-status", "x"), ("user-agent", "x"),
                            ("grpc-trace-bin", "x"), ("grpc-tags-bin", "x"), ("host", "x"),
                            ("lb-cost-bin", "x"), ("lb-token", "x"), ("x-endpoint-load", "x"),
                            ("endpoint-load-metrics-bin", "x"), ("grpc-previous-rpc-attempts", "x"),
                            ("grpc-retry-pushback-ms", "x"), ("grpc-accept-encoding", "x"),
                            ("grpc-internal-encoding-request", "x"), (":status", "x")):
            for long in ([("x", "y" * 9_000)], [(f"x-{i}", "y" * 100) for i in range(200)]):
                plain = [(":method", "POST"), (":scheme", "http"), (":path", wire.AUTHORIZE),
                         (":authority", "hostile"), ("content-type", "application/grpc"),
                         ("te", "trailers")]
                pairs = [pair for pair in plain if pair[0] != name]
                block = b"".join(wire.header(*pair) for pair in [*pairs, (name, value), *long])
                with wire.Wire(self.target) as connection:
                    connection.greet()
                    connection.say(wire.frame(wire.HEADERS, 0, 1, block[:16_000]),
                                   wire.frame(wire.CONTINUATION, wire.END_HEADERS, 1,
                                              block[16_000:]))
                    connection.say_what_it_takes(wire.data(1, wire.grpc_message(b"")))
                    with contextlib.suppress(OSError):  # it may hang up on such a client
                        connection.settle()
                self.assertIsNone(self.server.child.poll(), f"{name}: it ended the server")

    def test_streams_with_nonsense_in_them(self):
        for body in (b"", wire.grpc_message(b""), wire.grpc_message(b"\xff" * 100),
                     wire.grpc_message(b"") * 50, struct.pack(">BI", 0, 1 << 30),
                     wire.grpc_message(wire.stream_message([b""] * 1_025)),
                     wire.grpc_message(wire.stream_message([b"\xff"]))):
            reply = self.call(body, wire.STREAM)
            self.assertTrue(reply.grpc_status is not None or reply.reset is not None, reply)
