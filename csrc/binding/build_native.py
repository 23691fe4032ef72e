"""Build pyvalidator._native: the C core and its hosted parts behind one cffi module (API mode, limited API).

setup.py names this file's `ffi`. It needs a C compiler and Python's headers, nothing else: libcrypto is
found at run time.

A Python without the GIL has no limited API before 3.15, and needs cffi 2, whose modules say that they can do without
the GIL (Py_MOD_GIL_NOT_USED); cffi 1 would build one that turns it on again.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Final

import cffi

HERE = Path(__file__).resolve().parent
CSRC = HERE.parent
ROOT = CSRC.parent

# Every constant of these headers that Python asks for by name is listed in cdef.h; the reasons and fields come
# from their .def files, so that a new one needs no second entry.
# alloca.h: what cffi generates calls alloca, which -std=c11 does not declare by itself.
SOURCE = """
#include <alloca.h>
#include "binding/held.h"
#include "host/host.h"
#include "host/libcrypto.h"
#include "host/texts.h"
#include "constraints.h"
#include "crl.h"
#include "ocsp.h"
#include "policy_graph.h"
#include "profile.h"
"""

#: How the C of the package is compiled; what measures a part of it by itself (benchmarks/parsing.py) takes them too.
#: gcc's vectors cost a cached check a sixth of its time (short spans). clang takes both names.
FLAGS: Final = ["-std=c11", "-O3", "-fno-tree-vectorize", "-fvisibility=hidden"]

FREE_THREADED: Final = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
LIMITED_API: Final = not FREE_THREADED or sys.version_info >= (3, 15)
if FREE_THREADED and cffi.__version_info__ < (2, 0):
    raise SystemExit(f"a Python without the GIL needs cffi 2 or later; this is cffi {cffi.__version__}")


def numbered(file: str, macro: str, prefix: str) -> str:
    """One constant for each line of a .def file."""
    pattern = re.compile(rf"^{macro}\(\d+, (\w+),", re.MULTILINE)
    names = pattern.findall((CSRC / file).read_text(encoding="utf-8"))
    return "".join(f"#define {prefix}{name} ...\n" for name in names)


def sources() -> list[str]:
    """Every C file of the core and of the host, relative to the project (setuptools asks for that)."""
    files = sorted(CSRC.glob("*.c")) + sorted((CSRC / "host").glob("*.c"))
    return [file.relative_to(ROOT).as_posix() for file in files]


def headers() -> list[str]:
    """What the module must be built again for when it changes."""
    files = [*CSRC.glob("*.h"), *CSRC.glob("*.def"), *(CSRC / "host").glob("*.h"), *HERE.glob("cdef.h")]
    return [file.relative_to(ROOT).as_posix() for file in sorted(files)]


def link_time() -> list[str]:
    """What makes the compiler look at all files at once, which takes a twentieth off a known chain; nothing where it,
    or the linker that it calls, does not know how. PYVALIDATOR_NO_LTO=1 does without."""
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    if os.environ.get("PYVALIDATOR_NO_LTO") == "1":
        return []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "probe.c")
        source.write_text("int probe(void);\nint probe(void) { return 0; }\n", encoding="ascii")
        for flags in (["-flto=auto"], ["-flto"]):
            options = [*FLAGS, *flags, "-fPIC", "-shared", "-Werror"]
            try:
                command = [*compiler, *options, str(source), "-o", f"{folder}/probe.so"]
                done = subprocess.run(command, capture_output=True, timeout=60).returncode == 0
            except (OSError, subprocess.TimeoutExpired):
                return []
            if done:
                return flags
    return []


ffi = cffi.FFI()
ffi.cdef((HERE / "cdef.h").read_text(encoding="utf-8"))
ffi.cdef(numbered("reasons.def", "PV_REASON", "PV_R_"))
ffi.cdef(numbered("fields.def", "PV_FIELD", "PV_FIELD_"))
LINK_TIME: Final = link_time()
ffi.set_source(
    "pyvalidator._native",
    SOURCE,
    sources=sources(),
    depends=headers(),
    py_limited_api=LIMITED_API,
    extra_compile_args=[*FLAGS, *LINK_TIME, "-iquote", "csrc"],
    extra_link_args=[*LINK_TIME, "-O3"] if LINK_TIME else [],
    libraries=["dl", "pthread"],
)

if __name__ == "__main__":
    ffi.compile(verbose=True)
