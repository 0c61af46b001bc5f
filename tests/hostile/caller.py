# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""A client that keeps to HTTP/2 (python3-h2), whatever it sends in it."""

import select
import socket

import h2.config
import h2.connection
import h2.events
import h2.exceptions

GRPC = [("content-type", "application/grpc"), ("te", "trailers")]


class Reply:
    """How one call ended."""

    def __init__(self):
        self.headers = {}
        self.body = b""
        self.reset = None  # the code of RST_STREAM
        self.gone = False  # the connection ended

    @property
    def grpc_status(self):
        """None when there is none: then the answer is one of HTTP/2."""
        status = self.headers.get("grpc-status")
        return None if status is None else int(status)

    def __repr__(self):
        return (f"http {self.headers.get(':status')} grpc-status {self.grpc_status} "
                f"{self.headers.get('grpc-message', '')!r} reset {self.reset} gone {self.gone}")


class Caller:
    """One connection, one call at a time."""

    def __init__(self, target, timeout_s=60, tls=None):
        """`tls`: an ssl.SSLContext that offers h2."""
        if isinstance(target, str):
            self._socket = socket.socket(socket.AF_UNIX)
        else:
            self._socket = socket.socket()
        self._socket.settimeout(timeout_s)
        self._socket.connect(target)
        if tls:
            self._socket = tls.wrap_socket(self._socket, server_hostname="localhost")
        self._h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self._h2.initiate_connection()
        self._flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def call(self, path, payload, more=(), usual=GRPC, end_stream=True):
        """`payload`: as it goes into DATA, the gRPC prefix and all."""
        stream = self._h2.get_next_available_stream_id()
        self._h2.send_headers(stream, [(":method", "POST"), (":scheme", "http"), (":path", path),
                                       (":authority", "hostile"), *usual, *more])
        reply = Reply()
        left = payload
        over = False
        while True:
            room = min(self._h2.local_flow_control_window(stream),
                       self._h2.max_outbound_frame_size, len(left))
            piece, left = left[:room], left[room:]
            self._h2.send_data(stream, piece, end_stream=end_stream and not left)
            self._flush()
            if not left:
                break
            # What is too long is refused before all of it is sent; a server that only reads says
            # nothing, so it is waited for only when there is no room for more.
            full = self._h2.local_flow_control_window(stream) == 0
            if (full or self._has_said()) and self._hear(stream, reply):
                over = True
                break
        while not over:
            over = self._hear(stream, reply)
        return reply

    def _has_said(self):
        """Of TLS also what is read, but not yet taken."""
        pending = getattr(self._socket, "pending", int)()
        return pending > 0 or bool(select.select([self._socket], [], [], 0)[0])

    def _flush(self):
        self._socket.sendall(self._h2.data_to_send())

    def _hear(self, stream, reply):
        """Takes in what comes next; whether the call is over."""
        try:
            heard = self._socket.recv(65536)
        except ConnectionResetError:
            heard = b""
        if not heard:
            reply.gone = True
            return True
        over = False
        try:
            events = self._h2.receive_data(heard)
        except h2.exceptions.ProtocolError:  # an answer that is none, to nonsense
            reply.gone = True
            return True
        for event in events:
            if isinstance(event, h2.events.ConnectionTerminated):
                reply.gone = over = True
            if getattr(event, "stream_id", None) != stream:
                continue
            if isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived)):
                reply.headers.update(event.headers)
            elif isinstance(event, h2.events.DataReceived):
                reply.body += event.data
                self._h2.acknowledge_received_data(event.flow_controlled_length, stream)
            elif isinstance(event, h2.events.StreamReset):
                reply.reset = int(event.error_code)
                over = True
            elif isinstance(event, h2.events.StreamEnded):
                over = True
        if not reply.gone:
            self._flush()
        return over
