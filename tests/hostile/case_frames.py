# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 that is wrong, or right and far too much of it."""

import struct

import scene
import wire

# Headers without end take more memory than bytes, and two looks 0.3 s apart may pass before a
# connection that says 200 MiB a second is cut off; then it comes back, once.
FLOOD_MIB = 640


def flood(index, stop, ready, target, source, opening, blow):
    """Says `opening` and then `blow` again and again, and reads nothing; anew when it is hung up
    on.  Gives how often it was said."""
    count = 0
    while not stop:
        try:
            with wire.Wire(target, source=source, timeout_s=0.5) as connection:
                connection.greet()
                connection.say(opening)
                while not stop:
                    connection.say(blow)
                    if count == 0:
                        ready()
                    count += 1
        except OSError:  # hung up on, or not listened to any more, which is as good
            stop.wait(0.02)
    return count


def frames_of(kind, flags, stream, payload, count=200):
    return wire.frame(kind, flags, stream, payload) * count


def data_to_calls_that_are_over(count=200):
    return b"".join(wire.headers(2 * i + 1, wire.grpc_headers("/none"), end_stream=True)
                    + wire.data(2 * i + 1, b"x") for i in range(count))


# A header whose text is to be 2 GiB long, a part in each frame.
ENDLESS_TEXT = wire.frame(wire.HEADERS, 0, 1, b"\x00" + wire.text("x")
                          + wire.integer(1 << 31, 7))
MANY_HEADERS = wire.grpc_headers(wire.AUTHORIZE)

FLOODS = {
    "pings": (b"", frames_of(wire.PING, 0, 0, b"12345678")),
    "settings": (b"", frames_of(wire.SETTINGS, 0, 0, struct.pack(">HI", 4, 65_535))),
    "empty settings": (b"", frames_of(wire.SETTINGS, 0, 0, b"")),
    "window updates": (b"", frames_of(wire.WINDOW_UPDATE, 0, 0, struct.pack(">I", 1))),
    "priorities": (b"", frames_of(wire.PRIORITY, 0, 1, struct.pack(">IB", 0, 1))),
    "frames of no kind": (b"", frames_of(99, 0, 0, b"?" * 100)),
    "empty data": (wire.headers(1, MANY_HEADERS), frames_of(wire.DATA, 0, 1, b"")),
    "data to calls that are over": (b"", data_to_calls_that_are_over()),
    "empty continuations": (wire.frame(wire.HEADERS, 0, 1, MANY_HEADERS),
                            frames_of(wire.CONTINUATION, 0, 1, b"")),
    "headers without end": (wire.frame(wire.HEADERS, 0, 1, MANY_HEADERS),
                            frames_of(wire.CONTINUATION, 0, 1, wire.header("x", "y" * 100))),
    "a header without end": (ENDLESS_TEXT, frames_of(wire.CONTINUATION, 0, 1, b"y" * 16_000, 4)),
    "a header without end, by bytes": (ENDLESS_TEXT
                                       + frames_of(wire.CONTINUATION, 0, 1, b"y" * 16_000, 60),
                                       frames_of(wire.CONTINUATION, 0, 1, b"y")),
}

# gRPC copies all that it has of an unfinished header with each piece that comes, and looks at
# nothing else until it is through with what it has read: seconds, before and after the cut.
STARVING = {"a header without end, by bytes"}


class FloodTest(scene.HostileCase):
    """One test for each flood; they are made below."""


def add_floods():
    for number, (name, words) in enumerate(FLOODS.items(), start=1):
        # Each from an address of its own: one that was cut off is refused for a while.
        def test(self, name=name, words=words, source=f"127.0.2.{number}"):
            blows = self.besiege(name, flood, 1, self.target, source, *words, mib_max=FLOOD_MIB,
                                 starves=name in STARVING)
            self.assertGreater(blows, 0)
        setattr(FloodTest, "test_flood_of_" + "".join(
            each if each.isalnum() else "_" for each in name), test)


add_floods()

BLOCK = wire.grpc_headers(wire.AUTHORIZE)

# After the greeting.  What the server must hang up on, by RFC 9113 and RFC 7541 ...
FATAL = {
    "a frame of 16 MiB": wire.frame(wire.DATA, 0, 1, b"", length=0xffffff) + b"x" * 65_536,
    "settings of 5 bytes": wire.frame(wire.SETTINGS, 0, 0, b"12345"),
    "a ping of 7 bytes": wire.frame(wire.PING, 0, 0, b"1234567"),
    "a continuation of nothing": wire.frame(wire.CONTINUATION, wire.END_HEADERS, 1, BLOCK),
    "another frame among headers": wire.frame(wire.HEADERS, 0, 1, BLOCK)
                                   + wire.frame(wire.PING, 0, 0, bytes(8)),
    "another stream among headers": wire.frame(wire.HEADERS, 0, 1, BLOCK)
                                    + wire.frame(wire.CONTINUATION, wire.END_HEADERS, 3, BLOCK),
    "an index that is not": wire.headers(1, b"\xff\xff\x01"),
    "a whole number without end": wire.headers(1, b"\xff" + b"\xff" * 20),
    "a setting out of range": wire.settings((5, 1)),
}
# ... and what it may bear.
ODD = {
    "a window that overflows": wire.window_update(0, 0x7fffffff) * 2,
    "data of no call": wire.data(0, b"x"),
    "headers of no call": wire.headers(0, BLOCK),
    "an even call": wire.headers(2, BLOCK),
    "a call that goes back": wire.headers(9, BLOCK) + wire.headers(3, BLOCK),
    "headers twice": wire.headers(1, BLOCK) * 3,
    "a window of nothing": wire.window_update(1, 0),
    "a reset of nothing": wire.rst_stream(7),
    "a promise": wire.frame(wire.PUSH_PROMISE, wire.END_HEADERS, 1, struct.pack(">I", 2) + BLOCK),
    "more padding than frame": wire.frame(wire.DATA, wire.PADDED, 1, b"\xff1"),
    "a call that waits for itself": wire.frame(wire.HEADERS, wire.END_HEADERS | wire.PRIORITY_FLAG,
                                               1, struct.pack(">IB", 1, 1) + BLOCK),
    "Huffman that is none": wire.headers(1, b"\x00\x81\xff\x81\xff"),
    "a table of 4 GiB": wire.headers(1, wire.integer((1 << 32) - 1, 5, 0x20) + BLOCK),
    "index zero": wire.headers(1, b"\x80"),
    "half a header": wire.headers(1, BLOCK[:-3]),
    "a goaway": wire.frame(wire.GOAWAY, 0, 0, struct.pack(">II", 0, 0)),
    "no path": wire.headers(1, wire.header(":method", "POST")),
    "nothing in headers": wire.headers(1, b""),
    "a name in capitals": wire.headers(1, BLOCK + wire.header("X-Y", "z")),
    "text that is none": wire.headers(1, BLOCK + wire.header("x", b"\x00\r\n\xff")),
    "bytes that are no base64": wire.headers(1, BLOCK + wire.header("x-bin", "***")),
}
GREETINGS = {
    "HTTP/1.1": b"POST /gonghui.v1.AuthorizationService/Authorize HTTP/1.1\r\nhost: x\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    "another preface": wire.PREFACE.replace(b"SM", b"MS") + wire.settings(),
    "no settings": wire.PREFACE + wire.headers(1, BLOCK),
    "zeros": bytes(4_096),
}


class FramesTest(scene.HostileCase):
    def each(self, sayings, greet):
        """Each on a connection of its own, on both listeners; gives the names of those after which
        the server did not hang up."""
        borne = []
        for target in (self.target, self.operators):
            for name, said in sayings.items():
                with wire.Wire(target) as connection:
                    if greet:
                        connection.greet()
                    connection.say_what_it_takes(said)
                    # What it did not hang up on it has read, if it answers this.
                    if connection.say_what_it_takes(wire.frame(wire.PING, 0, 0, bytes(8))):
                        answer = connection.until(wire.PING)
                        if answer is not None:
                            borne.append(name)
            self.assert_serving()
        return borne

    def test_what_must_be_hung_up_on(self):
        self.assertEqual(self.each(FATAL, greet=True), [])
        self.ask(0.3)

    def test_what_may_be_borne(self):
        self.each(ODD, greet=True)
        self.ask(0.3)

    def test_other_greetings(self):
        self.assertEqual(self.each(GREETINGS, greet=False), [])
        self.ask(0.3)
