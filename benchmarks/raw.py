"""The floor under every check: libcrypto's own signature checks, keys set up before, timed in C (raw_verify.c)."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import util
from pathlib import Path
from typing import Any, Final

from cffi import FFI
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SOURCE: Final = Path(__file__).with_name("raw_verify.c")
LIBRARIES: Final = (b"libcrypto.so.3", b"libcrypto.so.4", b"libcrypto.so.1.1", b"libcrypto.so", b"libcrypto.dylib")
DECLARATIONS: Final = """
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


def load(name: str, file: str) -> Any:
    """An extension module that was compiled a moment ago."""
    spec = util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{name} was compiled and cannot be loaded")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def _module() -> Any:
    """raw_verify.c as an extension module, compiled once a process."""
    ffi = FFI()
    ffi.cdef(DECLARATIONS)
    ffi.set_source("_raw_verify", SOURCE.read_text(), extra_compile_args=["-O2"], libraries=["dl"])
    with tempfile.TemporaryDirectory() as folder:
        return load("_raw_verify", ffi.compile(tmpdir=folder))


@cache
def _library() -> Any:
    module = _module()
    for name in LIBRARIES:
        library = module.lib.raw_open(name)
        if library != module.ffi.NULL:
            return library
    raise SystemExit("no libcrypto was found")


def version() -> str:
    """What the libcrypto calls itself."""
    text: bytes = _module().ffi.string(_module().lib.raw_version(_library()))
    return text.decode()


class RawChecks:
    """Signature checks, each of a certificate under its issuer (both DER). For one thread at a time."""

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        self._ffi, self._lib, self._library = _module().ffi, _module().lib, _library()
        listed = [tuple(map(x509.load_der_x509_certificate, pair)) for pair in pairs]
        self._edges = self._ffi.new("raw_edge[]", len(listed))
        self._kept: list[Any] = []
        for edge, (child, issuer) in zip(self._edges, listed, strict=True):
            self._fill(edge, child, issuer)

    @classmethod
    def of_chain(cls, chain: Sequence[bytes]) -> RawChecks:
        """The checks of a chain whose every certificate signed the one before it: one less than it has certificates."""
        return cls(itertools.pairwise(chain))

    def _fill(self, edge: Any, child: x509.Certificate, issuer: x509.Certificate) -> None:
        signed, signature = child.tbs_certificate_bytes, child.signature
        edge.signed_bytes, edge.signed_len = self._keep(signed), len(signed)
        edge.signature, edge.signature_len = self._keep(signature), len(signature)
        digest = child.signature_hash_algorithm
        edge.digest = self._ffi.NULL if digest is None else self._keep_text(digest.name.upper())
        spki = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if not self._lib.raw_set_up(self._library, self._ffi.addressof(edge), spki, len(spki)):
            raise SystemExit("a key could not be set up")

    def _keep(self, data: bytes) -> Any:
        held = self._ffi.new("unsigned char[]", data)
        self._kept.append(held)
        return held

    def _keep_text(self, text: str) -> Any:
        held = self._ffi.new("char[]", text.encode())
        self._kept.append(held)
        return held

    def measure(self, num: int | None = None) -> int:
        """Nanoseconds of all of them, or the first `num`, as C measured them; other threads of Python run meanwhile."""
        num = len(self._edges) if num is None else min(num, len(self._edges))
        elapsed = int(self._lib.raw_measure(self._library, self._edges, num))
        if elapsed < 0:
            raise SystemExit("a signature did not verify")
        return elapsed
