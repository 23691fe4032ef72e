"""Processes that fork: a validator with a warm cache is made before, children judge with it while the parent goes on.

Every child must give right answers, begin with an empty cache and fill it, and none may hang: each has its time.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

import pki
import pyvalidator as pv
from pyvalidator.algorithms import SignatureAlgorithm
from pyvalidator.signatures import CryptographyChecker, SignatureJob, SignatureResult

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
SECONDS = 60.0
NUM_CHILDREN = 6
SUBJECT = pv.DNSName("gw.example")

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
    # What Python says of every fork beside threads: that is what is tried here.
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]


@dataclass(frozen=True, slots=True)
class Service:
    """What a server holds: a validator with a cache that knows every chain, and questions with their answers."""

    validator: pv.Validator
    cache: pv.Cache
    questions: list[tuple[pv.Request, pv.Outcome]]

    @classmethod
    def make(cls, engine: pv.Engine = pv.Engine.AUTO) -> Service:
        questions, roots = [], []
        for kind in ("p256", "rsa2048", "ed25519"):
            root = pki.root(f"Fork Root {kind}", kind=kind)
            ca = root.ca(f"Fork CA {kind}", kind=kind)
            leaf = ca.leaf(f"Fork leaf {kind}", dns=["gw.example"])
            forged = leaf.der[:-2] + bytes([leaf.der[-2] ^ 1, leaf.der[-1]])
            questions.append((pv.Request([leaf.der, ca.der], SUBJECT), pv.Outcome.TRUSTED))
            questions.append((pv.Request([forged, ca.der], SUBJECT), pv.Outcome.REFUSED))
            roots.append(root.der)
        cache = pv.Cache()
        made = cls(
            pv.Validator(pv.TrustStore.from_der(roots), pv.Policy.device(), engine=engine, cache=cache),
            cache,
            questions,
        )
        made.ask_all()
        return made

    def ask_all(self) -> None:
        for request, wanted in self.questions:
            assert self.validator.check(request.chain, request.subject, pki.NOW).outcome is wanted
        verdicts = self.validator.check_many([request for request, _ in self.questions] * 4, pki.NOW, workers=2)
        assert [verdict.outcome for verdict in verdicts] == [wanted for _, wanted in self.questions] * 4

    def live_in_a_child(self) -> None:
        """Nothing of the parent's is in the cache; it fills, and is of use."""
        assert self.cache.stats().edges == 0
        self.ask_all()
        before = self.cache.stats()
        assert before.edges == 6
        self.ask_all()
        assert self.cache.stats().edge_hits > before.edge_hits

    def make_anew(self) -> None:
        """A child may make stores, caches and validators of its own."""
        Service.make().ask_all()


@contextlib.contextmanager
def parent_goes_on(service: Service) -> Iterator[None]:
    """Threads of the parent that check all the while, so that a fork finds them in the middle of anything."""
    ended, failures, num_done = threading.Event(), [], [0, 0]

    def go_on(thread: int) -> None:
        try:
            while not ended.is_set():
                service.ask_all()
                num_done[thread] += 1
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=go_on, args=(thread,)) for thread in range(2)]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        ended.set()
        for each in threads:
            each.join(SECONDS)
    assert not failures
    assert all(num_done)
    assert not any(each.is_alive() for each in threads)


# --- Children


def forked(work: Callable[[], None]) -> int:
    """The process number of a child that does this and ends with status 0, or prints why not and ends with 1."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    except BaseException as error:
        os.write(2, f"child: {error!r}\n".encode())
    finally:
        os._exit(status)


def ended_well(children: Sequence[int]) -> bool:
    """Waits for them; whoever has not ended in time is killed, and counts as failed."""
    statuses, deadline = {}, time.monotonic() + SECONDS
    while len(statuses) < len(children):
        for child in children:
            if child not in statuses:
                pid, status = os.waitpid(child, os.WNOHANG)
                if pid:
                    statuses[child] = status
                elif time.monotonic() > deadline:
                    os.kill(child, signal.SIGKILL)
        time.sleep(0.01)
    return not any(statuses.values())


def test_children_of_fork() -> None:
    service = Service.make()
    known = service.cache.stats().edges
    assert known == 6
    children = [forked(service.live_in_a_child) for _ in range(NUM_CHILDREN)]
    assert ended_well(children)
    assert service.cache.stats().edges == known


def test_a_child_that_fails_is_seen() -> None:
    def fail() -> None:
        raise AssertionError("as it should")

    assert not ended_well([forked(fail)])


@pytest.mark.parametrize("engine", [pv.Engine.AUTO, pv.Engine.CRYPTOGRAPHY])
@pytest.mark.parametrize("work", [Service.live_in_a_child, Service.make_anew], ids=["inherited", "anew"])
def test_children_while_the_parent_checks(work: Callable[[Service], None], engine: pv.Engine) -> None:
    service = Service.make(engine)
    with parent_goes_on(service):
        children = []
        for _ in range(NUM_CHILDREN):
            children.append(forked(lambda: work(service)))
            time.sleep(0.02)
        assert ended_well(children)
    service.ask_all()


def test_a_lock_held_at_the_fork() -> None:
    """A thread that keeps keys in the parent is not there in the child; its lock is, and is not waited for."""
    checker = CryptographyChecker()
    spki = pki.spki(pki.key("Fork key"))
    signature = pki.key("Fork key").sign(b"message", ec.ECDSA(hashes.SHA256()))
    job = SignatureJob(
        algorithm=SignatureAlgorithm.ECDSA_SHA256.value, spki=spki, signature=signature, message=b"message"
    )
    assert checker.check(job) is SignatureResult.GOOD

    def work() -> None:
        assert checker.check(job) is SignatureResult.GOOD

    with checker._keys.lock:
        assert ended_well([forked(work)])


def test_grandchildren() -> None:
    service = Service.make()

    def work() -> None:
        service.live_in_a_child()
        assert ended_well([forked(service.live_in_a_child)])
        assert service.cache.stats().edges == 6

    with parent_goes_on(service):
        assert ended_well([forked(work)])


def test_verdicts_are_read_in_a_child() -> None:
    """What was judged before the fork can be explained after it."""
    service = Service.make()
    verdicts = service.validator.check_many([request for request, _ in service.questions], pki.NOW)

    def work() -> None:
        assert [verdict.outcome for verdict in verdicts] == [wanted for _, wanted in service.questions]
        assert all(verdict.explain() for verdict in verdicts)

    assert ended_well([forked(work)])


def _process(service: Service) -> None:
    service.live_in_a_child()
    service.make_anew()


def test_multiprocessing() -> None:
    service, context = Service.make(), multiprocessing.get_context("fork")
    with parent_goes_on(service):
        processes = [context.Process(target=_process, args=(service,)) for _ in range(NUM_CHILDREN)]
        for process in processes:
            process.start()
        for process in processes:
            process.join(SECONDS)
    assert [process.exitcode for process in processes] == [0] * NUM_CHILDREN


# --- Servers


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(str(self._path))


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def _post(path: Path, file: str, host: str) -> tuple[int, dict[str, Any]]:
    connection = UnixConnection(path)
    with contextlib.closing(connection):
        connection.request("POST", f"/?dns={host}", (EXAMPLES / "pki" / file).read_bytes())
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def _gunicorn(path: Path, *options: str) -> list[str]:
    if importlib.util.find_spec("gunicorn") is None:
        pytest.skip("gunicorn is not installed: pip install gunicorn")
    flags = ["--preload", "--workers", "3", "--bind", f"unix:{path}", *options]
    return [sys.executable, "-m", "gunicorn", *flags, "prefork_app:application"]


def _uwsgi(path: Path) -> list[str]:
    found = shutil.which("uwsgi", path=sysconfig.get_path("scripts"))
    if found is None:
        pytest.skip("uwsgi is not installed: pip install uwsgi")
    flags = ["--master", "--processes", "3", "--threads", "2", "--enable-threads", "--die-on-term", "--need-app"]
    return [found, "--venv", sys.prefix, *flags, "--http-socket", str(path), "--wsgi-file", "prefork_app.py"]


SERVERS = {
    "gunicorn-sync": lambda path: _gunicorn(path, "--worker-class", "sync"),
    "gunicorn-gthread": lambda path: _gunicorn(path, "--worker-class", "gthread", "--threads", "4"),
    "uwsgi": _uwsgi,
}


@contextlib.contextmanager
def serving(command: list[str], path: Path, log: Path) -> Iterator[None]:
    """The server, from its first connection to its end."""
    pki_files = EXAMPLES / "pki"
    own = {"ROOTS": str(pki_files / "roots.pem"), "OWN_CHAIN": str(pki_files / "server.pem")}
    with log.open("wb") as out:
        server = subprocess.Popen(command, cwd=EXAMPLES, env=os.environ | own, stdout=out, stderr=out)
        try:
            deadline = time.monotonic() + SECONDS
            while not _listens(path):
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            yield
        finally:
            server.terminate()
            try:
                server.wait(SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
                pytest.fail(f"the server did not end: {log.read_text()}")


@pytest.mark.parametrize("name", SERVERS)
def test_servers_that_fork(name: str, tmp_path: Path) -> None:
    path, log = tmp_path / "s", tmp_path / "log"
    command = SERVERS[name](path)
    answers: list[tuple[int, dict[str, Any]]] = []
    asked = [("server.pem", "gw.fleet.example"), ("server.pem", "other.example")] * 10
    wanted = [(200, "TRUSTED", "OK"), (403, "REFUSED", "SUBJECT_MISMATCH")]

    def processes() -> set[int]:
        return {told["process"] for _, told in answers}

    def client() -> None:
        deadline = time.monotonic() + SECONDS / 2
        while True:  # the first child is there before the others, and quick: it may answer all of a round
            answers.extend([_post(path, file, host) for file, host in asked])
            if len(processes()) > 1 or time.monotonic() > deadline:
                break

    with serving(command, path, log):
        clients = [threading.Thread(target=client) for _ in range(6)]
        for each in clients:
            each.start()
        for each in clients:
            each.join(SECONDS)
        status, told = _post(path, "device-forged.pem", "device-0042.fleet.example")
        assert (status, told["outcome"]) == (403, "REFUSED")
        assert _post(path, "server.pem", "not%20a%20name")[0] == 400
    told_of = [(status, told["outcome"], told["reason"]) for status, told in answers]
    assert sorted(told_of) == sorted(wanted * (len(answers) // 2)), log.read_text()
    assert len(answers) >= 6 * len(asked), log.read_text()
    assert len(processes()) > 1, "one process answered everything"
    for process in processes():  # the parent's cache knew its own chain; no child's did
        assert 0 in [told["known"] for _, told in answers if told["process"] == process]
    assert any(told["known"] for _, told in answers)
    assert "Traceback" not in log.read_text()
