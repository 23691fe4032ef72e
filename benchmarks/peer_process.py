"""The peers of compare.py: which there are, how they are built, and how one is asked (peers/README.md)."""

from __future__ import annotations

import importlib.util
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent / "peers"
OUT: Final = FOLDER / "out"

ALL_GROUPS: Final = frozenset({"chain", "refused", "anchors", "pool", "mesh"})
CHAINS: Final = frozenset({"chain"})


@dataclass(frozen=True, slots=True)
class Peer:
    """A row of the tables. `module` must be importable, or `program` built; `groups` and `only`: what it is asked."""

    key: str
    title: str
    module: str = ""
    program: str = ""
    arguments: tuple[str, ...] = ()
    groups: frozenset[str] = ALL_GROUPS
    only: str = ""

    @property
    def is_ours(self) -> bool:
        return self.module == "pyvalidator"

    @property
    def is_floor(self) -> bool:
        return self.key.startswith("raw")

    def is_asked(self, group: str, case: str) -> bool:
        return group in self.groups and self.only in ("", case)

    def command(self, programs: dict[str, Path]) -> list[str] | None:
        """How it is started; None: it is not there."""
        if self.program:
            path = programs.get(self.program)
            return None if path is None else [str(path), *self.arguments]
        if importlib.util.find_spec(self.module) is None:
            return None
        return [sys.executable, str(FOLDER / "python_peer.py"), self.key]


PYVALIDATOR: Final = "pyvalidator"
NEW_LEAF: Final = "pyvalidator-new-leaf"
MANY_NEW: Final = "pyvalidator-many-new"
PACKED_NEW: Final = "pyvalidator-packed"

PEERS: Final = (
    Peer(PYVALIDATOR, "pyvalidator", "pyvalidator"),
    Peer(NEW_LEAF, "pyvalidator, cache, new leaf", "pyvalidator", groups=CHAINS),
    Peer("pyvalidator-repeat", "pyvalidator, cache, same bytes", "pyvalidator", groups=CHAINS),
    Peer("pyvalidator-many", "pyvalidator, check_many", "pyvalidator", groups=CHAINS, only="fleet"),
    Peer(MANY_NEW, "pyvalidator, check_many, cache, new leaves", "pyvalidator", groups=CHAINS, only="fleet"),
    Peer(
        PACKED_NEW, "pyvalidator, check_many of Packed, cache, new leaves", "pyvalidator", groups=CHAINS, only="fleet"
    ),
    Peer("pyca", "cryptography", "cryptography"),
    Peer("pyopenssl", "pyOpenSSL", "OpenSSL"),
    Peer("openssl", "OpenSSL, C", program="openssl"),
    Peer("gnutls", "GnuTLS, C", program="gnutls"),
    Peer("go", "Go crypto/x509", program="go-x509"),
    Peer("webpki-ring", "rustls-webpki, ring", program="webpki-peer", arguments=("ring",)),
    Peer("webpki-aws-lc", "rustls-webpki, aws-lc-rs", program="webpki-peer", arguments=("aws-lc-rs",)),
    Peer("raw", "raw libcrypto, both signatures", "cryptography", groups=CHAINS),
    Peer("raw-leaf", "raw libcrypto, the leaf's signature", "cryptography", groups=CHAINS),
)


# --- Building


def _c_command(name: str, library: str, folder: Path) -> list[str]:
    sources = [str(FOLDER / "c" / "peer.c"), str(FOLDER / "c" / f"{name}.c")]
    return [os.environ.get("CC", "cc"), "-std=c99", "-O2", "-o", str(folder / name), *sources, f"-l{library}"]


def build(folder: Path, *, only_c: bool = False) -> list[str]:
    """Build what there are toolchains and headers for, with one job; what was not built, and why."""
    folder.mkdir(parents=True, exist_ok=True)
    steps = {
        "openssl": (_c_command("openssl", "crypto", folder), FOLDER),
        "gnutls": (_c_command("gnutls", "gnutls", folder), FOLDER),
    }
    if not only_c:
        go = ["go", "build", "-p", "1", "-buildvcs=false", "-o", str(folder / "go-x509"), "."]
        cargo = ["cargo", "build", "--release", "--locked", "--jobs", "1", "--target-dir", str(folder / "rust")]
        steps |= {"go-x509": (go, FOLDER / "go"), "webpki-peer": (cargo, FOLDER / "rust")}
    failures = {name: _built(command, where) for name, (command, where) in steps.items()}
    return [f"{name}: {failure}" for name, failure in failures.items() if failure]


def _built(command: list[str], where: Path) -> str:
    if shutil.which(command[0]) is None:
        return f"{command[0]} is not there"
    ran = subprocess.run(command, cwd=where, capture_output=True, text=True, env=os.environ | {"NUM_JOBS": "1"})
    lines = [line for line in ran.stderr.splitlines() if "error" in line]
    return "" if ran.returncode == 0 else (lines or ["it was not built"])[0]


def programs_in(*folders: Path) -> dict[str, Path]:
    """The programs that are built; earlier folders come first."""
    found: dict[str, Path] = {}
    for folder in folders:
        for name in ("openssl", "gnutls", "go-x509", "webpki-peer"):
            path = folder / ("rust/release/webpki-peer" if name == "webpki-peer" else name)
            if path.exists():
                found.setdefault(name, path)
    return found


# --- Talking


class TimedOutError(Exception):
    """No answer within the limit; the process was ended."""


class EndedError(Exception):
    """The process ended by itself; its standard error says why."""


class PeerProcess:
    """One peer, started when it is first asked; it is told again what it was told if it had to be ended."""

    def __init__(self, peer: Peer, command: Sequence[str], setup: Sequence[str]) -> None:
        self.peer = peer
        self._command = list(command)
        self._setup = list(setup)
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""

    def ask(self, line: str, seconds: float = 600.0) -> str:
        """One line for one line."""
        if self._process is None:
            self._start()
        return self._exchange(line, seconds)

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _start(self) -> None:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self._rest = b""
        for line in self._setup:
            answer = self._exchange(line, 600.0)
            if not answer.startswith("ok"):
                raise SystemExit(f"{self.peer.title}: {line}: {answer}")

    def _exchange(self, line: str, seconds: float) -> str:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line.encode() + b"\n")
        deadline = time.monotonic() + seconds
        while b"\n" not in self._rest:
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                self.close()
                raise TimedOutError
            more = os.read(process.stdout.fileno(), 1 << 16)
            if not more:
                self.close()
                raise EndedError(f"{self.peer.title} ended at: {line}")
            self._rest += more
        answer, _, self._rest = self._rest.partition(b"\n")
        return answer.decode(errors="replace")
