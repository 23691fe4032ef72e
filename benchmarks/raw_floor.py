"""A cold check against its floor: two raw libcrypto P-256 verifications, keys set up, interleaved in one run.

    python benchmarks/raw_floor.py [rounds]

The raw side is raw_verify.c, timed inside C; our side is `Validator.check` from Python: a leaf and one intermediate,
the anchor's key set up, no cache. Both use the same libcrypto. Prints minima and medians in microseconds, the
difference, and the ratio.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import util
from pathlib import Path
from typing import Any

from cffi import FFI
from cryptography import x509
from setups import HOST, make_chain, make_validator

import pki
import pyvalidator as pv

SOURCE = Path(__file__).with_name("raw_verify.c")
LIBRARIES = (b"libcrypto.so.3", b"libcrypto.so.4", b"libcrypto.so.1.1", b"libcrypto.so", b"libcrypto.dylib")
DECLARATIONS = """
    typedef struct { ...; } raw_library;
    typedef struct {
        void *key, *context;
        const char *digest;
        const unsigned char *signed_bytes; size_t signed_len;
        const unsigned char *signature; size_t signature_len;
        ...;
    } raw_edge;
    raw_library *raw_open(const char *path);
    const char *raw_version(const raw_library *lib);
    int raw_set_up(const raw_library *lib, raw_edge *edge, const unsigned char *spki, size_t spki_len);
    void raw_tear_down(const raw_library *lib, raw_edge *edge);
    int64_t raw_measure(const raw_library *lib, const raw_edge *edges, size_t num_edges);
"""


def build(folder: str) -> Any:
    """Compiles raw_verify.c into an extension module and loads it."""
    ffi = FFI()
    ffi.cdef(DECLARATIONS)
    ffi.set_source("_raw_verify", SOURCE.read_text(), extra_compile_args=["-O2"], libraries=["dl"])
    spec = util.spec_from_file_location("_raw_verify", ffi.compile(tmpdir=folder))
    if spec is None or spec.loader is None:
        raise SystemExit("raw_verify.c was compiled and cannot be loaded")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def open_library(module: Any) -> Any:
    for name in LIBRARIES:
        library = module.lib.raw_open(name)
        if library != module.ffi.NULL:
            return library
    raise SystemExit("no libcrypto was found")


class RawPair:
    """The two signature checks of a chain: leaf under intermediate, intermediate under root."""

    def __init__(self, module: Any, chain: tuple[bytes, ...]) -> None:
        self._module = module
        self._library = open_library(module)
        certs = [x509.load_der_x509_certificate(der) for der in chain]
        self._edges = module.ffi.new("raw_edge[]", len(certs) - 1)
        self._kept: list[Any] = []
        for edge, child, issuer in zip(self._edges, certs, certs[1:], strict=False):
            self._fill(edge, child, issuer)

    @property
    def version(self) -> str:
        text: bytes = self._module.ffi.string(self._module.lib.raw_version(self._library))
        return text.decode()

    def _fill(self, edge: Any, child: x509.Certificate, issuer: x509.Certificate) -> None:
        signed, signature = child.tbs_certificate_bytes, child.signature
        edge.signed_bytes, edge.signed_len = self._keep(signed), len(signed)
        edge.signature, edge.signature_len = self._keep(signature), len(signature)
        digest = child.signature_hash_algorithm
        edge.digest = self._module.ffi.NULL if digest is None else self._keep_text(digest.name.upper())
        spki = issuer.public_key().public_bytes(pki.Encoding.DER, pki.PublicFormat.SubjectPublicKeyInfo)
        if not self._module.lib.raw_set_up(self._library, self._module.ffi.addressof(edge), spki, len(spki)):
            raise SystemExit("a key could not be set up")

    def _keep(self, data: bytes) -> Any:
        held = self._module.ffi.new("unsigned char[]", data)
        self._kept.append(held)
        return held

    def _keep_text(self, text: str) -> Any:
        held = self._module.ffi.new("char[]", text.encode())
        self._kept.append(held)
        return held

    def measure(self) -> int:
        """Nanoseconds of both checks, as C measured them."""
        elapsed = int(self._module.lib.raw_measure(self._library, self._edges, len(self._edges)))
        if elapsed < 0:
            raise SystemExit("a signature did not verify")
        return elapsed


def timed(question: Callable[[], pv.Verdict]) -> int:
    begin = time.perf_counter_ns()
    verdict = question()
    elapsed = time.perf_counter_ns() - begin
    if verdict.outcome is not pv.Outcome.TRUSTED:
        raise SystemExit(verdict.explain())
    return elapsed


def report(name: str, samples: list[int]) -> tuple[float, float]:
    least, middle = min(samples) / 1000, statistics.median(samples) / 1000
    print(f"{name:<32} min {least:9.2f} us   median {middle:9.2f} us")
    return least, middle


def main(rounds: int) -> None:
    chain = make_chain("p256")
    subject = pv.DNSName(HOST)
    cold = make_validator(chain)
    warm = make_validator(chain, cache=pv.Cache(max_bytes=1 << 20))
    with tempfile.TemporaryDirectory() as folder:
        raw = RawPair(build(folder), (*chain.sent, chain.root))
        raw_ns, cold_ns, warm_ns = [], [], []
        for _ in range(rounds):
            raw_ns.append(raw.measure())
            cold_ns.append(timed(lambda: cold.check(chain.sent, subject, at=pki.NOW)))
            warm_ns.append(timed(lambda: warm.check(chain.sent, subject, at=pki.NOW)))
        print(f"{raw.version}; {rounds} interleaved rounds")
    raw_least, raw_middle = report("two raw P-256 checks (C)", raw_ns)
    least, middle = report("cold check (Python)", cold_ns)
    print(f"{'  over the raw checks':<32} min {least - raw_least:9.2f} us   median {middle - raw_middle:9.2f} us")
    print(f"{'  ratio':<32} min {least / raw_least:9.3f}      median {middle / raw_middle:9.3f}")
    warm_least, warm_middle = report("repeated check, cache (Python)", warm_ns)
    of_one, of_one_middle = 200 * warm_least / raw_least, 200 * warm_middle / raw_middle
    print(f"{'  of one raw check':<32} min {of_one:9.2f} %    median {of_one_middle:9.2f} %")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000)
