"""The core as two files (tools/amalgamate.py): strict C99, only public functions visible, and the same core."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pyvalidator as pv

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests" / "c"
CC = shutil.which("gcc") or shutil.which("cc") or ""

STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-pedantic", "-ffreestanding"]
DEVICE = [
    "-DPV_SMALL",
    "-DPV_PROFILES=PV_WITH_DEVICE",
    "-DPV_ALGORITHMS=PV_WITH_ECDSA",
    "-DPV_NAMES=PV_WITH_DNS",
    "-DPV_NO_CRL",
    "-DPV_NO_OCSP",
    "-DPV_NO_POLICIES",
    "-DPV_NO_POOL",
    "-DPV_NO_LOG",
    "-DPV_NO_NOTES",
    "-DPV_NO_NAME_CONSTRAINTS",
    "-DPV_MAX_PATH=4",
    "-DPV_MAX_REQUESTS=1u",
    "-DPV_MAX_DUE=1",
    "-DPV_MAX_SIGNATURES=16u",
]

pytestmark = pytest.mark.skipif(not CC, reason="no C compiler: neither gcc nor cc is there")


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("amalgamation")
    run(sys.executable, str(ROOT / "tools" / "amalgamate.py"), str(made), cwd=ROOT)
    return made


def test_it_is_two_files_that_include_nothing_else_of_ours(directory: Path) -> None:
    assert sorted(path.name for path in directory.iterdir() if path.suffix in (".c", ".h")) == [
        "pyvalidator.c",
        "pyvalidator.h",
    ]
    source, header = ((directory / name).read_text(encoding="utf-8") for name in ("pyvalidator.c", "pyvalidator.h"))
    assert re.findall(r"^\s*#\s*include\s+(\S+)", source, re.MULTILINE) == ['"pyvalidator.h"', "<string.h>"]
    assert set(re.findall(r"^\s*#\s*include\s+(\S+)", header, re.MULTILINE)) == {"<stddef.h>", "<stdint.h>"}


def test_no_text_of_a_reason_is_in_it(directory: Path) -> None:
    run(CC, *STRICT, "-O0", "-c", "pyvalidator.c", "-o", "texts.o", cwd=directory)
    made = (directory / "texts.o").read_bytes()
    assert not [reason.name for reason in pv.Reason if reason.text and reason.text.encode() in made]


@pytest.mark.parametrize("options", [[], ["-DPV_SMALL"], DEVICE], ids=["whole", "small", "device"])
def test_it_is_strict_c99(directory: Path, options: list[str]) -> None:
    run(CC, *STRICT, *options, "-Os", "-c", "pyvalidator.c", "-o", "strict.o", cwd=directory)


@pytest.mark.skipif(not shutil.which("nm"), reason="no nm to list symbols with")
def test_only_public_functions_are_visible(directory: Path) -> None:
    run(CC, *STRICT, "-O0", "-c", "pyvalidator.c", "-o", "visible.o", cwd=directory)
    defined = set(re.findall(r"^[0-9a-f]+ [A-TV-Z] (\w+)$", run("nm", "visible.o", cwd=directory), re.MULTILINE))
    header = (directory / "pyvalidator.h").read_text(encoding="utf-8")
    assert {"pv_cert_parse", "pv_validate", "pv_resume", "pv_algorithm_key_octets"} <= defined
    assert not [name for name in defined if f"{name}(" not in header]


@pytest.mark.parametrize(
    ("options", "tests"), [([], ["test_search", "test_cert"]), (DEVICE, ["test_options"])], ids=["whole", "device"]
)
def test_it_is_the_same_core(directory: Path, options: list[str], tests: list[str]) -> None:
    run(CC, *STRICT, *options, "-DPV_LOCAL=", "-O1", "-c", "pyvalidator.c", "-o", "core.o", cwd=directory)
    for test in tests:
        quotes = [f"-iquote{ROOT / 'csrc'}", f"-iquote{TESTS}"]
        sources = [str(TESTS / f"{test}.c"), str(TESTS / "harness.c")]
        run(CC, "-std=gnu11", *options, *quotes, *sources, "core.o", "-o", test, cwd=directory)
        said = run(str(directory / test), cwd=directory)
        assert re.search(rf"^{test}: [1-9]\d* passed, 0 failed", said, re.MULTILINE), said
