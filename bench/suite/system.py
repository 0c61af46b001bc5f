# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""This machine and the processes that run on it."""

import ctypes
import os
import pathlib
import platform
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OUT = ROOT / "build" / "bench"
TICKS = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count()


class BenchError(Exception):
    """Something went wrong; the message is for the user."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def die_with_parent():
    """In a child: end when this script is killed so that it cannot clean up."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT, signal.SIGTERM])


class Children:
    """The processes that we started and that still run."""

    def __init__(self):
        self._running = []

    def start(self, command, **options):
        child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                 preexec_fn=die_with_parent, start_new_session=True, **options)
        self._running.append(child)
        return child

    def run(self, command, timeout_s=1800, **options):
        """Runs to its end; gives (exit code, output)."""
        child = self.start(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           **options)
        try:
            output, _ = child.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            raise BenchError(f"{command[0]} did not end within {timeout_s} s") from None
        finally:
            self.stop(child)
        return child.returncode, output

    def stop(self, child, timeout_s=60):
        """Asks it to end, then makes it; gives its exit code."""
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(timeout_s)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if child in self._running:
            self._running.remove(child)
        return child.returncode

    def stop_all(self):
        for child in list(self._running):
            self.stop(child, timeout_s=5)


CHILDREN = Children()


def must(command, what, **options):
    code, output = CHILDREN.run(command, **options)
    if code != 0:
        raise BenchError(f"{what} failed ({code}):\n{output.strip()[-4000:]}")
    return output


def cpu_seconds(pid):
    """User and system time of a process so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def thread_cpu_seconds(pid):
    """CPU time so far by the threads' names; of several with one name together."""
    seconds = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            name = (task / "comm").read_text(encoding="ascii", errors="replace").strip()
            taken = int((task / "schedstat").read_text(encoding="ascii").split()[0]) / 1e9
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended
        seconds[name] = seconds.get(name, 0) + taken
    return seconds


def machine_cpu_seconds():
    """What all processes together used so far, of all cores."""
    with open("/proc/stat", encoding="ascii") as file:
        fields = [int(word) for word in file.readline().split()[1:9]]
    user, nice, system, _, _, irq, softirq, steal = fields
    return (user + nice + system + irq + softirq + steal) / TICKS


def resident_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))


def written_bytes(pid):
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("write_bytes"))


def machine():
    """What the figures were taken on."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.partition(":")[2].strip() for line in file
                      if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    filesystem = subprocess.run(["stat", "-f", "-c", "%T", str(OUT)], capture_output=True,
                                text=True, check=False).stdout.strip()
    return {"cpu": model, "cores": CORES, "memory_gib": round(memory / 2**30, 1),
            "kernel": platform.release(), "data_filesystem": filesystem}


def commit():
    def git(*words):
        done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True,
                              check=False)
        return done.stdout.strip() if done.returncode == 0 else ""
    changed = [line for line in git("status", "--porcelain").splitlines()
               if not line.endswith("bench/history.ndjson")]
    return (git("rev-parse", "--short=12", "HEAD") or "none") + ("+changes" if changed else "")
