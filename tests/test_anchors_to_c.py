"""tools/anchors_to_c.py: its tables are what the core would make of the roots, and roots are all that it takes."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from cryptography import x509

import pki
import test_scenarios as scenarios

TOP = Path(__file__).parent.parent
CSRC = TOP / "csrc"
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wpedantic", "-Werror"]
GCC = shutil.which("gcc") or ""

needs_gcc = pytest.mark.skipif(not GCC, reason="gcc is not installed")


def load_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("anchors_to_c", TOP / "tools" / "anchors_to_c.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["anchors_to_c"] = module
    spec.loader.exec_module(module)
    return module


tool = load_tool()


def write(folder: Path, *ders: bytes) -> list[str]:
    """The certificates as DER files, by name."""
    paths = [folder / f"{number}.der" for number in range(len(ders))]
    for path, der in zip(paths, ders, strict=True):
        path.write_bytes(der)
    return [str(path) for path in paths]


def strange_roots() -> list[bytes]:
    """Roots with everything that an anchor may have."""
    policies = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.999.1"), None)])
    limits = x509.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=None)
    constraints = pki.name_constraints(permitted=pki.general_names(dns=["fleet.example"]))
    made = [
        pki.root("Table Plain"),
        pki.root("Table P-384", kind="p384", path_len=3),
        pki.root("Table RSA", kind="rsa2048"),
        pki.root("Table Ed25519", kind="ed25519", ski=False),
        pki.root("Table Named", extensions=[constraints]),
        pki.root("Table Purposes", eku=(pki.CLIENT, pki.CODE_SIGNING)),
        pki.root("Table Policies", extensions=[pki.extension(policies), pki.extension(limits, critical=True)]),
        pki.root("Table Old", not_before=scenarios.LONG_AGO, not_after=scenarios.ENDED),
        pki.root("Table Early", not_before=scenarios.LONG_AGO.replace(year=1951)),
    ]
    return [each.der for each in made]


def compile_table(folder: Path, files: list[str], *options: str) -> Path:
    """The table's object file, by a compiler that takes every warning for an error."""
    assert tool.main([*options, "-o", str(folder), *files]) == 0
    out = folder / "table.o"
    flags = ["-std=c99", "-O1", "-fno-pic", *WARNINGS, "-iquote", str(CSRC)]
    subprocess.run([GCC, *flags, "-c", "-o", str(out), str(folder / "pv_roots.c")], check=True)
    return out


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The core's object files."""
    folder = tmp_path_factory.mktemp("core")
    sources = sorted(map(str, CSRC.glob("*.c")))
    subprocess.run([GCC, "-std=c99", "-O0", "-iquote", str(CSRC), "-c", *sources], check=True, cwd=folder)
    return sorted(map(str, folder.glob("*.o")))


def compare(folder: Path, core: list[str], table: Path, files: list[str]) -> subprocess.CompletedProcess[str]:
    program = folder / "same_anchors"
    defines = ['-DTABLE_H="pv_roots.h"', "-DTABLE=pv_roots"]
    source = str(TOP / "tests" / "c" / "same_anchors.c")
    flags = ["-std=c11", "-no-pie", *defines, "-iquote", str(CSRC), "-iquote", str(folder)]
    subprocess.run([GCC, *flags, "-o", str(program), source, str(table), *core], check=True)
    return subprocess.run([str(program), *files], capture_output=True, text=True, check=False)


@needs_gcc
@pytest.mark.parametrize("options", [[], ["--certificates"]], ids=["name-and-key", "certificates"])
def test_the_table_is_what_the_core_would_make(tmp_path: Path, core: list[str], options: list[str]) -> None:
    files = write(tmp_path, *strange_roots())
    table = compile_table(tmp_path, files, *options)
    compared = compare(tmp_path, core, table, files)
    assert (compared.returncode, compared.stdout) == (0, "")
    swapped = [files[1], files[0], *files[2:]]
    assert "subject differs" in compare(tmp_path, core, table, swapped).stdout


@needs_gcc
def test_the_roots_of_the_examples(tmp_path: Path, core: list[str]) -> None:
    roots = TOP / "examples" / "pki" / "roots.pem"
    table = compile_table(tmp_path, [str(roots)])
    ders = [each.der for each in tool.read_file(roots)]
    assert len(ders) == 3
    compared = compare(tmp_path, core, table, write(tmp_path, *ders))
    assert (compared.returncode, compared.stdout) == (0, "")


@needs_gcc
def test_nothing_is_writable(tmp_path: Path) -> None:
    table = compile_table(tmp_path, write(tmp_path, *strange_roots()), "--certificates")
    listed = subprocess.run(["nm", "-f", "posix", str(table)], check=True, capture_output=True, text=True).stdout
    assert {line.split()[1] for line in listed.splitlines()} <= {"r", "R"}


def test_policies_bring_the_certificate_along(tmp_path: Path) -> None:
    assert tool.main(["-o", str(tmp_path), *write(tmp_path, *strange_roots())]) == 0
    source = (tmp_path / "pv_roots.c").read_text()
    assert re.findall(r"const pv_cert (\w+)", source) == ["pv_roots_6_cert"]


# --- What is refused


@pytest.mark.parametrize("row", scenarios.STORE_SCENARIOS, ids=scenarios.row_id)
def test_store_is_refused(row: scenarios.StoreScenario, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every certificate in a file of its own: the culprit is named, nothing is written, and what to do is said."""
    names = row.anchors.split()
    files = write(tmp_path, *scenarios.ders(row.anchors))
    assert tool.main(["-o", str(tmp_path / "out"), *files]) == 1
    told = capsys.readouterr().err
    assert f"{names.index(row.culprit)}.der" in told
    assert re.search(r"let the peer send (the intermediate with its chain|this certificate)", told)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("row", [row for row in scenarios.STORE_SCENARIOS if " " in row.anchors], ids=scenarios.row_id)
def test_the_rest_is_taken(row: scenarios.StoreScenario, tmp_path: Path) -> None:
    left = [name for name in row.anchors.split() if name != row.culprit]
    assert tool.main(["-o", str(tmp_path), *write(tmp_path, *scenarios.ders(" ".join(left)))]) == 0


def test_a_cross_sign_is_told_of_its_root(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main(["-o", str(tmp_path), *write(tmp_path, *scenarios.ders("X_R2byR1 R2"))]) == 1
    assert "it is certificate 2 of this input" in capsys.readouterr().err


@pytest.mark.parametrize("data", [b"", b"no PEM", b"\x30\x03abc"], ids=["empty", "text", "bad DER"])
def test_files_that_cannot_be_read(data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "odd.pem"
    path.write_bytes(data)
    assert tool.main(["-o", str(tmp_path), str(path)]) == 1
    assert "odd.pem" in capsys.readouterr().err
    assert tool.main([str(tmp_path / "missing.pem")]) == 1


@pytest.mark.parametrize("name", ["a", "Roots", "3roots", "roots;x", "x" * 42])
def test_names_that_are_none(name: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        tool.main(["--name", name, str(tmp_path)])


# --- Text of certificates in comments


HOSTILE = (
    "*/ int evil = 1; /*",
    "??/",
    "line\nint evil = 1;",
    "back\\",
    "/* nested",
    "// line \\",
    "*\\\n/ int evil = 1;",
    "bidi \u202e \u2066",
    "F\u0151tan\u00fas\u00edtv\u00e1ny",
    "#define evil",
)


@needs_gcc
@pytest.mark.parametrize("text", HOSTILE)
def test_comments_hold_their_text(text: str, tmp_path: Path, core: list[str]) -> None:
    """No name ends a comment, begins one or changes a line; the table is that of any other name."""
    root = pki.root("Hostile", subject=pki.name(text, ORGANIZATION_NAME=text)).der
    files = write(tmp_path, root)
    table = compile_table(tmp_path, files)
    assert compare(tmp_path, core, table, files).returncode == 0
    source = (tmp_path / "pv_roots.c").read_bytes()
    assert source.isascii()
    comments = re.findall(rb"/\*.*?\*/", source, re.DOTALL)
    assert b"evil" not in re.sub(rb"/\*.*?\*/", b"", source, flags=re.DOTALL)
    assert len(comments) == 3
    assert not re.search(rb"\?\?|\\", source)
    assert comments[2].count(b"\n") == 3


def test_the_comment_of_a_root(tmp_path: Path) -> None:
    assert tool.main(["-o", str(tmp_path), str(TOP / "examples" / "pki" / "root-harbor.pem")]) == 0
    source = (tmp_path / "pv_roots.c").read_text()
    fingerprint = tool.Certificate(tool.read_file(TOP / "examples" / "pki" / "root-harbor.pem")[0].der)
    assert "/* CN=Harbor Root,O=Harbor Trust\n * owner: Harbor Trust\n" in source
    assert f" * expires: 2059-12-31 23:59:59 UTC\n * SHA-256: {fingerprint.fingerprint_sha256} */" in source


def test_the_same_roots_make_the_same_table(tmp_path: Path) -> None:
    files = write(tmp_path, *strange_roots())
    for folder in ("one", "two"):
        assert tool.main(["-o", str(tmp_path / folder), *files, files[0]]) == 0
    texts = [(tmp_path / folder / "pv_roots.c").read_text() for folder in ("one", "two")]
    assert texts[0] == texts[1]
