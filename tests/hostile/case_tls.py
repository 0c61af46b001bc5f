# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""What somebody without a certificate can do: as far as TLS, and no further."""

import random
import socket
import ssl
import subprocess

import scene
import wire
from case_connections import addresses, hung_up

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
        # A good handshake needs some of it on a machine that does other things as well.
        cls.TERMINALS = {"handshake_ms_max": 2000, "tls.ca_file": f'"{folder}/ca.pem"',
                         "tls.cert_file": f'"{folder}/server.pem"',
                         "tls.key_file": f'"{folder}/server.key"'}
        cls.HEALTHY = ("--tls-ca", folder / "ca.pem", "--tls-cert", folder / "terminal.pem",
                       "--tls-key", folder / "terminal.key", "--terminal", terminal)
        cls.tls = ssl.create_default_context(cafile=folder / "ca.pem")
        cls.tls.load_cert_chain(folder / "terminal.pem", folder / "terminal.key")
        cls.tls.set_alpn_protocols(["h2"])

    def test_handshakes_that_stop_half_way(self):
        held = scene.file_count(self.pid)
        closed = self.besiege("TLS handshakes that stop half-way", half_shaken, 2, self.target,
                              HALF_OPEN // 2, mib_max=HANDSHAKE_MIB,
                              meanwhile=lambda: self.wait_until_closed(held))
        self.assertEqual(closed, HALF_OPEN)

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
