"""Reading certificates in C, without Python: parse_certs.c and the core, compiled by the package's own flags."""

from __future__ import annotations

import sys
import tempfile
from array import array
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import raw
from cffi import FFI

CSRC: Final = Path(__file__).resolve().parent.parent / "csrc"
SOURCE: Final = Path(__file__).with_name("parse_certs.c")
DECLARATIONS: Final = """
    int64_t parse_measure(const uint8_t *der, const uint32_t *lens, uint32_t num, uint32_t times);
"""


@cache
def _module() -> Any:
    sys.path.insert(0, str(CSRC / "binding"))
    from build_native import FLAGS

    ffi = FFI()
    ffi.cdef(DECLARATIONS)
    sources = sorted(map(str, CSRC.glob("*.c")))
    # alloca.h: what cffi generates calls alloca, which -std=c11 does not declare by itself.
    text = f"#include <alloca.h>\n{SOURCE.read_text()}"
    flags = [*FLAGS, "-iquote", str(CSRC)]
    ffi.set_source("_parse_certs", text, sources=sources, extra_compile_args=flags)
    with tempfile.TemporaryDirectory() as folder:
        return raw.load("_parse_certs", ffi.compile(tmpdir=folder))


class ParseLoop:
    """Several certificates, read one after another, `times` times a turn."""

    def __init__(self, certs: Sequence[bytes], times: int) -> None:
        self._ffi, self._lib = _module().ffi, _module().lib
        self._der, self._lens = b"".join(certs), array("I", map(len, certs))
        self._num, self._times = len(certs), times

    def measure(self) -> float:
        """Nanoseconds a certificate."""
        lens = self._ffi.from_buffer("uint32_t[]", self._lens)
        elapsed = int(self._lib.parse_measure(self._der, lens, self._num, self._times))
        if elapsed < 0:
            raise SystemExit("a certificate could not be read")
        return elapsed / (self._num * self._times)
