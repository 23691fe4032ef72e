"""What large CRLs cost: reading and indexing, memory of the index, looking up, and a whole check that uses one.

    python benchmarks/crl.py [--smoke] [--rounds N]

CRLs of 10, 10,000 and 1,000,000 entries with serial numbers of 16 octets, written as DER and signed once with P-256.
Beside ours: `cryptography` (load_der_x509_crl, get_revoked_certificate_by_serial_number) and libcrypto (d2i_X509_CRL,
X509_CRL_get0_by_serial: peers/crl_libcrypto.c, if there are a compiler and OpenSSL's headers; and the time of the
process `openssl crl`). They do not do the same: cryptography indexes nothing, libcrypto sorts at the first
look-up, and ours also hashes the list for its signature. Each round takes the measures in another order, each after one
call that is not timed: what comes first in a fixed order pays for cold caches, which is more than a look-up costs.
Minima and medians in microseconds; on a busy machine (the load is printed) only the minima mean anything. Every answer
is asserted.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cryptography
from cryptography import x509
from setups import HOST

import pki
import pyvalidator as pv
import revocation_pki as rp

PEER = Path(__file__).parent / "peers" / "crl_libcrypto.c"
SUBJECT = pv.DNSName(HOST)
ROOT = pki.root("CRL Bench Root")
CA = ROOT.ca("CRL Bench CA")
NOBODY = 3 << 122  # a serial number that no list here has

Samples = dict[str, list[float]]


class Subject:
    """One CRL, the certificates that are asked about, and a validator that has used the CRL already."""

    def __init__(self, num_entries: int, folder: Path) -> None:
        self.num_entries = num_entries
        self.der = rp.crl(CA, raw_entries=rp.many_entries(num_entries))
        self.file = folder / f"{num_entries}.crl"
        self.file.write_bytes(self.der)
        self.listed_serial = rp.many_serial(num_entries // 2)
        self._listed = CA.leaf("listed", dns=[HOST], serial=self.listed_serial)
        self._clean = CA.leaf("clean", dns=[HOST], serial=NOBODY)
        self.listed, self.clean = (pv.Certificate(each.der) for each in (self._listed, self._clean))
        self.crl = pv.RevocationList.from_der(self.der)
        policy = pv.Policy.device(revocation=pv.Revocation(scope=pv.RevocationScope.LEAF))
        self._validator = pv.Validator(pv.TrustStore.from_der([ROOT.der]), policy)
        self._evidence = pv.Evidence(crls=[self.crl])
        self.peer = x509.load_der_x509_crl(self.der)
        assert len(self.crl) == num_entries
        self.check_clean()
        self.check_listed()

    def parse(self) -> None:
        assert len(pv.RevocationList.from_der(self.der)) == self.num_entries

    def find_hit(self) -> None:
        found = self.crl.find(self.listed)
        assert found is not None
        assert found.serial == self.listed_serial

    def find_miss(self) -> None:
        assert self.crl.find(self.clean) is None

    def _check(self, leaf: pki.Issued) -> pv.Verdict:
        return self._validator.check([leaf.der, CA.der], SUBJECT, pki.NOW, self._evidence)

    def check_clean(self) -> None:
        assert self._check(self._clean).outcome is pv.Outcome.TRUSTED

    def check_listed(self) -> None:
        assert self._check(self._listed).reason is pv.Reason.REVOKED

    def peer_parse(self) -> None:
        assert x509.load_der_x509_crl(self.der) is not None

    def peer_hit(self) -> None:
        assert self.peer.get_revoked_certificate_by_serial_number(self.listed_serial) is not None

    def peer_miss(self) -> None:
        assert self.peer.get_revoked_certificate_by_serial_number(NOBODY) is None


def plain_check() -> Callable[[], None]:
    """The same check, with no revocation asked for."""
    validator = pv.Validator(pv.TrustStore.from_der([ROOT.der]), pv.Policy.device())
    chain = [CA.leaf("clean", dns=[HOST], serial=NOBODY).der, CA.der]

    def check() -> None:
        assert validator.check(chain, SUBJECT, pki.NOW).outcome is pv.Outcome.TRUSTED

    return check


def microseconds(call: Callable[[], None], repeats: int = 1) -> float:
    """The mean of `repeats` calls, after one that is not timed."""
    call()
    begin = time.perf_counter_ns()
    for _ in range(repeats):
        call()
    return (time.perf_counter_ns() - begin) / 1000 / repeats


def build_peer(folder: Path) -> Path | None:
    """The C program against libcrypto; None, and a line that says what is missing, if it cannot be had."""
    compiler = shutil.which("cc")
    program = folder / "crl_libcrypto"
    if compiler is None:
        print("libcrypto: missing (no C compiler)")
        return None
    built = subprocess.run(
        [compiler, "-O2", "-o", program, PEER, "-lcrypto"], capture_output=True, text=True, check=False
    )
    if built.returncode != 0:
        print("libcrypto: missing (no headers of OpenSSL: libssl-dev)")
        return None
    return program


def libcrypto_samples(program: Path, subject: Subject) -> Iterator[tuple[str, float]]:
    """One run of the C program, which measures itself."""
    serials = [f"{each:x}" for each in (subject.listed_serial, NOBODY)]
    said = subprocess.run([program, subject.file, *serials], capture_output=True, text=True, check=True).stdout
    parse, first, hit, miss = (int(word) / 1000 for word in said.split())
    yield "libcrypto: parse", parse
    yield "libcrypto: first look-up (sorts)", first
    yield "libcrypto: look-up, hit", hit
    yield "libcrypto: look-up, miss", miss


def measure(subject: Subject, rounds: int, program: Path | None) -> Samples:
    """Every measure once a round, in turn."""
    openssl = shutil.which("openssl")
    ours: list[tuple[str, Callable[[], None], int]] = [
        ("parse and index", subject.parse, 1),
        ("RevocationList.find, hit", subject.find_hit, 20),
        ("RevocationList.find, miss", subject.find_miss, 20),
        ("check without revocation", plain_check(), 20),
        ("check with it, good", subject.check_clean, 20),
        ("check with it, revoked", subject.check_listed, 20),
        ("cryptography: parse", subject.peer_parse, 1),
        ("cryptography: look-up, hit", subject.peer_hit, 1),
        ("cryptography: look-up, miss", subject.peer_miss, 1),
    ]
    if openssl is not None:
        command = [openssl, "crl", "-inform", "DER", "-in", str(subject.file), "-noout"]
        ours.append(("process: openssl crl -noout", lambda: subprocess.run(command, check=True) and None, 1))
    samples: Samples = {name: [] for name, _, _ in ours}
    order = random.Random(subject.num_entries)
    for _ in range(rounds):
        for name, call, repeats in order.sample(ours, len(ours)):
            samples[name].append(microseconds(call, repeats))
        for name, value in libcrypto_samples(program, subject) if program is not None else ():
            samples.setdefault(name, []).append(value)
    return samples


def describe_machine() -> str:
    """CPU, how busy it is, operating system, and versions."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        cpu = next((line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line), cpu)
    python = ".".join(map(str, sys.version_info[:3]))
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    return (
        f"{cpu}, {os.cpu_count()} CPUs, {load}, {platform.system()} {platform.release()}, Python {python}, "
        f"pyvalidator {pv.__version__}, cryptography {cryptography.__version__}"
    )


def report(subject: Subject, samples: Samples) -> None:
    size, index = len(subject.der), subject.crl.index_bytes
    print(
        f"\n{subject.num_entries:,} entries, {size:,} bytes of DER; index {index:,} bytes, "
        f"{index / subject.num_entries:.1f} an entry"
    )
    for name, values in samples.items():
        print(f"  {name:36} min {min(values):14,.2f} us   median {statistics.median(values):14,.2f} us")
    added = min(samples["check with it, good"]) - min(samples["check without revocation"])
    print(f"  {'what revocation adds to a check':36} min {added:14,.2f} us")


def main() -> None:
    """Print a table for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="small CRLs, two rounds: only the answers count")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    sizes, rounds = ((10, 1000), 2) if options.smoke else ((10, 10_000, 1_000_000), options.rounds)
    print(describe_machine())
    with tempfile.TemporaryDirectory() as folder:
        program = build_peer(Path(folder))
        for num_entries in sizes:
            subject = Subject(num_entries, Path(folder))
            report(subject, measure(subject, rounds, program))


if __name__ == "__main__":
    main()
