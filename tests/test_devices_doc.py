"""What docs/devices.md says is true: its C compiles and trusts no less and no more than it should, and its figures are
those measured."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pki
from conftest import Hierarchy
from test_anchors_to_c import tool, write

TOP = Path(__file__).parent.parent
CSRC = TOP / "csrc"
DEVICE = TOP / "examples" / "device"
PAGE = (TOP / "docs" / "devices.md").read_text(encoding="utf-8")
GCC = shutil.which("gcc") or ""
OPTIONS = ["-DPV_NO_CRL", "-DPV_NO_OCSP", "-DPV_NO_POLICIES", "-DPV_MAX_PATH=5"]
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]

#: The page's function on DER files, the host's name first; a checker that takes every signature for good.
MAIN = """
#include <stdio.h>

static void check(void *ctx, pv_job *jobs, size_t num_jobs) {
    (void)ctx;
    for (size_t i = 0; i < num_jobs; i++) {
        jobs[i].result = PV_SIG_GOOD;
    }
}

const pv_checker psa_checker = {NULL, check, NULL};

int main(int argc, char **argv) {
    static uint8_t der[MAX_CERTS + 1][4096];
    pv_span chain[MAX_CERTS + 1];
    uint32_t num = 0;
    for (int i = 2; i < argc && num <= MAX_CERTS; i++, num++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL) return 2;
        chain[num].data = der[num];
        chain[num].len = fread(der[num], 1, sizeof der[num], file);
        fclose(file);
    }
    puts(is_trusted(chain, num, argv[1], (pv_time){0, PV_TIME_UNKNOWN}) ? "trusted" : "not trusted");
    return 0;
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, simple: Hierarchy) -> Path:
    """The page's code as a program, with one root. Its workspace of 2 KB is for machines of 32 bits; more here."""
    if not GCC:
        pytest.skip("gcc is not installed")
    folder = tmp_path_factory.mktemp("devices")
    [root] = write(folder, simple.root.der)
    assert tool.main(["--name", "roots", "-o", str(folder), root]) == 0
    [code] = re.findall(r"^```c\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    code = code.replace("workspace[256]", "workspace[2048]")
    (folder / "page.c").write_text(code + MAIN, encoding="utf-8")
    sources = ["page.c", "roots.c", *sorted(map(str, CSRC.glob("*.c")))]
    includes = ["-iquote", str(CSRC), "-iquote", str(DEVICE)]
    command = [GCC, "-std=c99", "-O1", *WARNINGS, *OPTIONS, *includes, "-o", "page", *sources]
    subprocess.run(command, check=True, cwd=folder)
    return folder / "page"


def judge(program: Path, folder: Path, host: str, *ders: bytes) -> str:
    done = subprocess.run([program, host, *write(folder, *ders)], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_the_page_s_function(program: Path, tmp_path: Path, simple: Hierarchy, stranger: Hierarchy) -> None:
    chain = simple.chain
    assert judge(program, tmp_path, "gw.example", *chain) == "trusted"
    assert judge(program, tmp_path, "gw.example", chain[0], b"rubbish", chain[1]) == "trusted"
    assert judge(program, tmp_path, "other.example", *chain) == "not trusted"
    assert judge(program, tmp_path, "gw.example", chain[0]) == "not trusted"
    assert judge(program, tmp_path, "gw.example") == "not trusted"
    assert judge(program, tmp_path, "gw.example", *stranger.chain) == "not trusted"
    by_leaf = simple.leaf.leaf("Page leaf", dns=["gw.example"]).der
    assert judge(program, tmp_path, "gw.example", by_leaf, *chain) == "not trusted"


def test_more_certificates_than_there_is_room_for(program: Path, tmp_path: Path, simple: Hierarchy) -> None:
    strangers = [pki.root(f"Page {number}").der for number in range(5)]
    assert judge(program, tmp_path, "gw.example", *simple.chain, *strangers[:4]) == "trusted"
    assert judge(program, tmp_path, "gw.example", *simple.chain, *strangers) == "not trusted"


def test_what_a_reader_in_pieces_would_keep() -> None:
    files = [TOP / "examples" / "pki" / f"{name}.pem" for name in ("device-leaf", "device-ca", "harbor-by-meadow")]
    command = [sys.executable, str(TOP / "tools" / "kept_bytes.py"), *map(str, files)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for line in printed.splitlines():
        _, size, kept, part, _ = line.split()
        assert f"| {size} | {kept} | {part} % |" in PAGE
