"""What the documents say is true: the README's Python runs, its commands are the ones tested, generated pages do not
differ, and every test that docs/standards.md names exists."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

TOP = Path(__file__).parent.parent
PKI = TOP / "examples" / "pki"
README = (TOP / "README.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_readme_s_python_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One after another, as a reader would type them."""
    monkeypatch.chdir(TOP)
    found = blocks(README, "python")
    assert len(found) >= 5
    names: dict[str, object] = {}
    for number, block in enumerate(found, 1):
        exec(compile(block, f"README.md, python block {number}", "exec"), names)
    printed = capsys.readouterr().out
    assert "(RFC 5280 6.1.3 (a)(1))" in printed
    assert "is an intermediate, not a root" in printed


def test_the_readme_shows_what_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The refusal that the README shows is the one that its command prints."""
    pytest.importorskip("typer", reason="the extra [cli] is not installed")
    from pyvalidator.cli import main

    [command] = [block for block in blocks(README, "console") if "device-leaf.pem" in block]
    [shown] = blocks(README, "text")
    monkeypatch.chdir(TOP)
    monkeypatch.setattr(sys, "argv", command.split())
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    printed = re.sub(r"at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "at NOW", capsys.readouterr().out)
    assert [line.rstrip() for line in printed.splitlines()] == [
        re.sub(r"at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "at NOW", line) for line in shown.splitlines()
    ]


# --- The PKI


def load_generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_pki", TOP / "examples" / "make_pki.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_pki"] = module
    spec.loader.exec_module(module)
    return module


def facts(certificate: x509.Certificate) -> tuple[object, ...]:
    """Everything but keys, serial numbers and signatures."""
    extensions = [extension.value for extension in certificate.extensions]
    dates = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    return (certificate.subject, certificate.issuer, *dates, [x for x in extensions if not _is_key_id(x)])


def _is_key_id(value: object) -> bool:
    return isinstance(value, x509.SubjectKeyIdentifier | x509.AuthorityKeyIdentifier)


def test_the_pki_is_what_its_generator_makes(tmp_path: Path) -> None:
    load_generator().main([str(tmp_path)])
    made = {path.name: path for path in tmp_path.iterdir()}
    assert set(made) == {path.name for path in PKI.glob("*.pem")}
    for name, path in made.items():
        fresh = x509.load_pem_x509_certificates(path.read_bytes())
        kept = x509.load_pem_x509_certificates((PKI / name).read_bytes())
        assert list(map(facts, fresh)) == list(map(facts, kept)), name


def test_every_file_is_described() -> None:
    page = (PKI / "README.md").read_text(encoding="utf-8")
    assert all(f"`{path.name}`" in page for path in PKI.glob("*.pem"))


def test_no_private_key_is_kept() -> None:
    for path in (TOP / "examples").rglob("*"):
        if path.is_file() and path.suffix in (".pem", ".der", ".key"):
            assert b"PRIVATE KEY" not in path.read_bytes()
            with pytest.raises(ValueError, match=r".*"):
                load_pem_private_key(path.read_bytes(), None)


def test_the_forged_leaf_differs_in_its_signer_alone() -> None:
    forged = x509.load_pem_x509_certificates((PKI / "device-forged.pem").read_bytes())
    honest = x509.load_pem_x509_certificates((PKI / "device.pem").read_bytes())
    assert facts(forged[0]) == facts(honest[0])
    assert forged[0].signature != honest[0].signature
    assert [each.public_bytes(Encoding.DER) for each in forged[1:]] == [
        each.public_bytes(Encoding.DER) for each in honest[1:]
    ]


# --- Generated and referring pages


@pytest.mark.parametrize("tool", ["make_reasons.py", "make_reasons_doc.py", "make_rules_doc.py"])
def test_generated_files_do_not_differ(tool: str) -> None:
    done = subprocess.run(
        [sys.executable, TOP / "tools" / tool, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def standards_rows() -> list[list[str]]:
    page = (TOP / "docs" / "standards.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows if not row[0].startswith(("---", " clause "))]


def test_every_clause_has_a_state_and_what_is_done_has_a_test() -> None:
    rows = standards_rows()
    assert len(rows) > 60
    for clause, state, _, tests in rows:
        assert state in {"done", "deviates", "not judged", "not yet", "untested"}, clause
        assert (state in {"done", "deviates"}) == bool(tests), f"{clause}: a clause without a test is not done"


def test_every_test_that_the_standards_page_names_exists() -> None:
    sources: dict[str, str] = {}
    for *_, cell in standards_rows():
        for file, name in re.findall(r"`([\w/]+\.(?:py|c))::(\w+)`", cell):
            text = sources.setdefault(file, (TOP / "tests" / file).read_text(encoding="utf-8"))
            pattern = rf"def {name}\(" if file.endswith(".py") else rf"TEST\({name}\)"
            assert re.search(pattern, text), f"{file}::{name}"


def test_links_lead_somewhere() -> None:
    for page in [TOP / "README.md", TOP / "SECURITY.md", TOP / "CHANGELOG.md", *(TOP / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
