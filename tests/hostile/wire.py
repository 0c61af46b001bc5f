# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 and gRPC as bytes, right and wrong: libraries refuse to send what is wrong."""

import socket
import struct
import uuid

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE = range(6)
PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(6, 10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY_FLAG = 0x1, 0x1, 0x4, 0x8, 0x20

INITIAL_WINDOW_SIZE = 4  # of SETTINGS
CANCEL = 8  # an error code

AUTHORIZE = "/gonghui.v1.AuthorizationService/Authorize"
STREAM = "/gonghui.v1.AuthorizationService/AuthorizeStream"
HEALTH = "/grpc.health.v1.Health/Check"


def frame(kind, flags, stream, payload=b"", length=None):
    """`length` when it is to be another than the payload's."""
    length = len(payload) if length is None else length
    return struct.pack(">I", length)[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(*pairs):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *pair) for pair in pairs))


def rst_stream(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def window_update(stream, size):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", size))


def hello(window=None):
    """What a client says first.  `window`: of each of its streams."""
    return PREFACE + settings(*[] if window is None else [(INITIAL_WINDOW_SIZE, window)])


def integer(value, prefix_bits, first=0):
    """RFC 7541, 5.1."""
    most = (1 << prefix_bits) - 1
    if value < most:
        return bytes([first | value])
    out = bytearray([first | most])
    value -= most
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def text(value):
    """A string of HPACK, without Huffman."""
    value = value if isinstance(value, bytes) else value.encode()
    return integer(len(value), 7) + value


def header(name, value):
    """A literal that enters no table, so that a block means the same at any time."""
    return b"\x00" + text(name) + text(value)


def grpc_headers(path, *more, content_type="application/grpc", te="trailers", scheme="http"):
    """A block of headers.  `more`: pairs; None leaves a header out."""
    pairs = [(":method", "POST"), (":scheme", scheme), (":path", path), (":authority", "hostile"),
             ("content-type", content_type), ("te", te), *more]
    return b"".join(header(name, value) for name, value in pairs if value is not None)


def headers(stream, block, end_stream=False):
    return frame(HEADERS, END_HEADERS | (END_STREAM if end_stream else 0), stream, block)


def grpc_message(body, length=None, compressed=0):
    return struct.pack(">BI", compressed, len(body) if length is None else length) + body


def data(stream, payload, end_stream=True):
    """As many frames as it takes."""
    pieces = [payload[at:at + 16384] for at in range(0, len(payload), 16384)] or [b""]
    last = len(pieces) - 1
    return b"".join(frame(DATA, END_STREAM if end_stream and at == last else 0, stream, piece)
                    for at, piece in enumerate(pieces))


def varint(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, value):
    """Of Protocol Buffers: a whole number, text, or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def sale(terminal, merchant, card, fen=1000, request_id=None):
    """A gonghui.v1.AuthorizeRequest."""
    # What is required comes last, so that whatever is cut off is missed.
    return b"".join([field(7, 1), field(2, terminal), field(3, merchant), field(4, card),
                     field(5, fen), field(1, request_id or str(uuid.uuid4()))])


def stream_message(requests):
    """A gonghui.v1.AuthorizeStreamRequest."""
    return b"".join(field(1, request) for request in requests)


class Wire:
    """A connection that says what it is told to, and hears without understanding much."""

    def __init__(self, target, source=None, timeout_s=60, tls=None):
        """`target`: an address (host, port), or the path of a Unix socket.  `source`: the address
        of the loopback network to come from.  `tls`: an ssl.SSLContext that offers h2."""
        if isinstance(target, str):
            self.socket = socket.socket(socket.AF_UNIX)
        else:
            self.socket = socket.socket()
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if source:
                self.socket.bind((source, 0))
        self.socket.settimeout(timeout_s)
        self.socket.connect(target)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self._heard = b""
        self._room = 65535  # that the server's window of the connection has for DATA

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def say(self, *parts):
        self.socket.sendall(b"".join(parts))

    def say_what_it_takes(self, payload):
        """False when the server has hung up: many attacks end so, and should."""
        try:
            self.socket.sendall(payload)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def greet(self, window=None):
        """As a client does, up to the server's SETTINGS."""
        self.say(hello(window))
        if self.until(SETTINGS) is None:
            raise ConnectionError("the server hung up on a client's greeting")
        self.say(frame(SETTINGS, ACK, 0))
        return self

    def settle(self):
        """Waits until the server has read all that was said."""
        self.say(frame(PING, 0, 0, b"settled?"))
        while (answer := self.until(PING)) is not None and not answer[1] & ACK:
            pass

    def spend(self, size):
        """Waits until the window of the connection has room for so much DATA, and takes it; False
        when the server hung up."""
        while self._room < size:
            if self.until(WINDOW_UPDATE) is None:
                return False
        self._room -= size
        return True

    def frames(self):
        """(kind, flags, stream, payload) one by one until the server hangs up.  Answers nothing,
        not even SETTINGS."""
        while True:
            if len(self._heard) >= 9:
                size = int.from_bytes(self._heard[:3], "big")
                if len(self._heard) >= 9 + size:
                    kind, flags, stream = struct.unpack(">BBI", self._heard[3:9])
                    payload, self._heard = self._heard[9:9 + size], self._heard[9 + size:]
                    if kind == WINDOW_UPDATE and stream == 0:
                        self._room += int.from_bytes(payload, "big")
                    yield kind, flags, stream, payload
                    continue
            try:
                more = self.socket.recv(65536)
            except (ConnectionResetError, BrokenPipeError):
                return
            if not more:
                return
            self._heard += more

    def until(self, *kinds):
        """The first frame of such a kind; None when the server hung up before."""
        return next((each for each in self.frames() if each[0] in kinds), None)

    def hangs_up(self):
        """Whether the server hangs up, before the timeout.  Reads what comes before."""
        try:
            for _ in self.frames():
                pass
            return True
        except TimeoutError:
            return False
