# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""The servers that are measured; each has a process of its own."""

import json
import shutil
import socket
import subprocess
import tempfile
import time

from suite.system import CHILDREN, BenchError


class Echo:
    """gonghui-echo on a port of its own."""

    name = "echo"

    def __init__(self, bin_dir):
        self.child = CHILDREN.start([bin_dir / "gonghui-echo"], stdout=subprocess.PIPE, text=True)
        line = self.child.stdout.readline()
        if not line.startswith("listening "):
            raise BenchError("gonghui-echo does not start")
        self.address = line.split()[1]

    def stop(self):
        CHILDREN.stop(self.child)
        self.child.stdout.close()


def settings(values):
    return "".join(f"{key} = {value}\n" for key, value in (values or {}).items())


class Gonghuid:
    """gonghuid on a data folder of its own.

    Assumes: `gonghuid --config FILE --insecure-dev`; it answers
    `gonghuictl status -o json` once it is ready; SIGTERM ends it with exit code 0.
    """

    name = "gonghuid"

    def __init__(self, bin_dir, folder, pipeline=None, terminals=None, checkpoint=None,
                 memory=None, archive=None, wrap=(), program=None):
        """`terminals`, `checkpoint`, `memory`, `archive`: more settings of that section.  `wrap`:
        words before the program's, of one that becomes it (prlimit).  `program`: another build's
        gonghuid, with the tools of this one."""
        self._bin = bin_dir
        self.folder = folder
        self.log = folder / "gonghuid.log"
        # A socket's path has 107 bytes at most: not below the build folder.
        self._sockets = tempfile.mkdtemp(prefix="gonghui-bench.")
        self.operators = f"unix:{self._sockets}/operator.sock"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        config = folder / "gonghuid.toml"
        config.write_text(
            f'[data]\ndir = "{folder}/data"\n'
            f'[vault]\nkey_file = "{folder}/vault.key"\n'
            f'[terminals]\nlisten = "{self.address}"\n'
            + settings(terminals) +
            f'[operators]\nlisten = "{self.operators}"\n'
            '[checkpoint]\n' + settings(checkpoint) + '[memory]\n' + settings(memory)
            + '[archive]\n' + settings(archive)
            + (f'[commit]\npipeline = "{pipeline}"\n' if pipeline else ""), encoding="utf-8")
        started = time.monotonic()
        with open(self.log, "ab") as log:
            self.child = CHILDREN.start([*wrap, program or bin_dir / "gonghuid", "--config",
                                         config, "--insecure-dev"], stdout=log, stderr=log)
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop(check=False)
            raise
        self.start_s = time.monotonic() - started

    def _wait_until_ready(self):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if self.child.poll() is not None:
                raise BenchError(f"gonghuid ended with {self.child.returncode}:\n{self._tail()}")
            if self._ctl(["status", "-o", "json"])[0] == 0:
                return
            time.sleep(0.05)
        raise BenchError(f"gonghuid is not ready after 120 s:\n{self._tail()}")

    def _tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def _ctl(self, words):
        return CHILDREN.run([self._bin / "gonghuictl", "--server", self.operators, *words])

    def ctl(self, *words):
        code, output = self._ctl([str(word) for word in words])
        if code != 0:
            raise BenchError(f"gonghuictl {' '.join(map(str, words))} failed ({code}):\n"
                             f"{output[-2000:]}")
        return output

    def status(self):
        return json.loads(self.ctl("status", "-o", "json"))

    def load_data(self, data, programmes):
        for kind in ("unions", "segments", "members", "cards", "merchants", "terminals"):
            self.ctl("import", kind, "--quiet", data / f"{kind}.csv")
        for programme in programmes:
            self.ctl("programme", "apply", programme)

    def stop(self, check=True):
        code = CHILDREN.stop(self.child)
        shutil.rmtree(self._sockets, ignore_errors=True)
        if check and code != 0:
            raise BenchError(f"gonghuid ended with {code}:\n{self._tail()}")
