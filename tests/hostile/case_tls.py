# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""What somebody without a certificate can do: as far as TLS, and no further."""

import random
import socket
import ssl
import subprocess

import caller
import scene
import wire
from case_connections import addresses, hung_up

STREAMS = 256  # of a lane
IDLE_MIB = 64

HALF_OPEN = 400
HANDSHAKE_MIB = 64
# The beginning of a ClientHello that announces more.
CLIENT_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=30)


def issue(folder, name, names):
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    if not (folder / "ca.pem").exists():
        openssl(folder, "req", "-x509", *key, "-days", "2", "-subj", "/CN=CA", "-keyout", "ca.key",
                "-out", "ca.pem")
    openssl(folder, "req", *key, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out",
            f"{name}.csr")
    (folder / f"{name}.ext").write_text(f"subjectAltName={names}\n", encoding="utf-8")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")


def client_context(folder, name):
    context = ssl.create_default_context(cafile=folder / "ca.pem")
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    context.set_alpn_protocols(["h2"])
    return context


def idle_streams(index, stop, ready, target, context, connections):
    """Streams on which nothing is said, as many as there may be, and again when one ends.  Gives
    how many were opened."""
    block = wire.grpc_headers(wire.STREAM, scheme="https")
    kept, count = [], 0
    for _ in range(connections):
        connection = wire.Wire(target, source=addresses(index), tls=context)
        connection.greet()
        connection.say(*(wire.headers(stream, block) for stream in range(1, 2 * STREAMS, 2)))
        connection.settle()
        kept.append(connection)
        count += STREAMS
    ready()
    stream = 2 * STREAMS + 1
    while not stop.wait(0.02):
        for connection in kept:
            connection.say(wire.headers(stream, block))
            count += 1
        stream += 2
    return count


def half_shaken(index, stop, ready, target, count):
    """Handshakes that stop half-way.  Gives how many the server has hung up on."""
    kept = []
    for i in range(count):
        connection = wire.Wire(target, source=addresses(index))
        connection.say(CLIENT_HELLO[:i % (len(CLIENT_HELLO) + 1)])
        kept.append(connection.socket)
    ready()
    stop.wait(600)
    return hung_up(kept)


def strangers(index, stop, ready, target, seed):
    """Random bytes, plain HTTP/2, and whole handshakes without a certificate, in turn.  Gives how
    many were let in, which is none."""
    rng = random.Random(f"{seed}/{index}")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    let_in = 0
    ready()
    while not stop:
        try:
            with wire.Wire(target, source=addresses(index), timeout_s=1) as connection:
                way = rng.randrange(3)
                if way == 0:
                    connection.say(CLIENT_HELLO + rng.randbytes(rng.randrange(1_000)))
                elif way == 1:
                    connection.say(wire.hello())
                    let_in += connection.until(wire.SETTINGS) is not None
                else:
                    with context.wrap_socket(connection.socket) as shaken:
                        shaken.sendall(wire.hello())
                        # TLS 1.3 tells the client that it is refused only afterwards.
                        let_in += b"" != shaken.recv(100)
        except OSError:
            pass
    return let_in


class TlsTest(scene.HostileCase):
    @classmethod
    def prepare(cls):
        folder = scene.City.folder / "certificates"
        folder.mkdir()
        terminal = scene.City.first("terminals")[0]
        issue(folder, "server", "DNS:localhost,IP:127.0.0.1")
        issue(folder, "terminal", f"URI:urn:gonghui:terminal:{terminal}")
        issue(folder, "hoarder", "URI:urn:gonghui:terminal:HOARDER")
        # A good handshake needs some of it on a machine that does other things as well.
        cls.TERMINALS = {"handshake_ms_max": 2000, "streams_max": STREAMS, "lanes": 1,
                         "tls.ca_file": f'"{folder}/ca.pem"',
                         "tls.cert_file": f'"{folder}/server.pem"',
                         "tls.key_file": f'"{folder}/server.key"'}
        cls.HEALTHY = ("--tls-ca", folder / "ca.pem", "--tls-cert", folder / "terminal.pem",
                       "--tls-key", folder / "terminal.key", "--terminal", terminal)
        cls.tls, cls.hoarder = (client_context(folder, name) for name in ("terminal", "hoarder"))

    def test_handshakes_that_stop_half_way(self):
        held = scene.file_count(self.pid)
        closed = self.besiege("TLS handshakes that stop half-way", half_shaken, 2, self.target,
                              HALF_OPEN // 2, mib_max=HANDSHAKE_MIB,
                              meanwhile=lambda: self.wait_until_closed(held))
        self.assertEqual(closed, HALF_OPEN)

    def test_idle_streams_leave_a_place_for_others(self):
        sale = wire.grpc_message(wire.stream_message([scene.City.sale()]))

        def meanwhile():
            for _ in range(10):
                with caller.Caller(self.target, tls=self.tls) as connection:
                    reply = connection.call(wire.STREAM, sale)
                self.assertEqual(reply.grpc_status, 0, reply)
                self.assertGreater(len(reply.body), 5, reply)
            self.assertRegex(self.log(), "one of the terminal that has the most gave way .*"
                             "terminal=HOARDER ")

        opened = self.besiege("idle streams", idle_streams, 1, self.target, self.hoarder, 2,
                              mib_max=IDLE_MIB, meanwhile=meanwhile)
        self.assertGreater(opened, 2 * STREAMS)

    def test_nobody_gets_in_without_a_certificate(self):
        let_in = self.besiege("TLS strangers", strangers, 1, self.target, scene.Options.seed,
                              mib_max=HANDSHAKE_MIB)
        self.assertEqual(let_in, 0)
        # The same way is open to who has one, so it was the certificate that was missing.
        with self.tls.wrap_socket(socket.create_connection(self.target, timeout=60),
                                  server_hostname="localhost") as shaken:
            shaken.settimeout(60)
            shaken.sendall(wire.hello())
            self.assertNotEqual(shaken.recv(100), b"")
