"""pyvalidator inspect: certificates in words and as JSON, and the place of a fault in what is none."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

import pki

pytest.importorskip("typer", reason="the extra [cli] is not installed")

from pyvalidator.cli import main
from pyvalidator.inspection import dump_around, inspect

EXAMPLES = Path(__file__).parent.parent / "examples" / "pki"
ROOT = pki.root("Shown Root")
NAMES = [x509.DNSName("example")]
CA = ROOT.ca("Shown CA", path_len=0, extensions=[pki.name_constraints(permitted=NAMES)])
LEAF = CA.leaf("shown", dns=["gw.example"], ip=["192.0.2.1"])


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: str | Path, stdin: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["pyvalidator", "inspect", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call


def test_text(run: Any, tmp_path: Path) -> None:
    (tmp_path / "chain.pem").write_bytes(pki.pem(LEAF.der, CA.der, ROOT.der))
    code, out, err = run(tmp_path / "chain.pem")
    assert (code, err) == (0, "")
    for part in (
        "CN=shown", "issuer: CN=Shown CA", "2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z", "key: P256, 256 bits",
        "signature: ECDSA_SHA256", "basicConstraints, critical", "pathLenConstraint 0", "permitted: DNS example",
        "DNS gw.example", "IP 192.0.2.1", "serverAuth, clientAuth", "keyCertSign, cRLSign",
        "issuer: CN=Shown Root (self-issued)", "could stand in a trust store: yes",
        "could stand in a trust store: no: CN=Shown CA (certificate 1) is an intermediate", "(3)",
    ):  # fmt: skip
        assert part in out


def test_json(run: Any) -> None:
    code, out, _ = run(EXAMPLES / "device.pem", EXAMPLES / "root-harbor.pem", "--json")
    shown = json.loads(out)
    assert code == 0
    assert [each["entry"] for each in shown] == [1, 2, 3, 4, 1]
    leaf, root = shown[0], shown[-1]
    assert leaf["fault"] is None
    assert leaf["subject"].startswith("CN=device 0042")
    assert (
        leaf["sha256"]
        == pki.x509.load_pem_x509_certificate((EXAMPLES / "device-leaf.pem").read_bytes())
        .fingerprint(pki.hashes.SHA256())
        .hex()
    )
    assert [each["name"] for each in leaf["extensions"] if each["critical"]] == ["basicConstraints", "keyUsage"]
    assert leaf["anchor_fit"]["fits"] is False
    assert root["anchor_fit"] == {"fits": True, "because": None}
    assert leaf["profiles"]["device"] == {"refused": None, "noted": []}
    assert leaf["profiles"]["webpki"]["refused"] == "BR_SAN_FORM"
    page = (EXAMPLES.parent.parent / "docs" / "cli.md").read_text()
    table = page[page.index("## inspect") :]
    assert all(f"`{field}`" in table for field in leaf)


def test_validity() -> None:
    at = [datetime(year, 6, 1, tzinfo=UTC) for year in (2025, 2026, 2027)]
    assert [inspect(LEAF.der, at=each).validity for each in at] == ["not yet valid", "valid", "expired"]
    last = LEAF.plan.not_after
    assert inspect(LEAF.der, at=last.replace(microsecond=999999)).validity == "valid"
    assert inspect(LEAF.der, at=last + pki.DAY / 86400).validity == "expired"


def test_deviations_by_profile() -> None:
    odd = CA.leaf("odd", dns=["gw.example"], usage=pki.key_usage("digital_signature", "key_cert_sign"))
    told = {each.profile.name: each for each in inspect(odd.der).findings}
    assert told["RFC5280"].refused is not None
    assert told["RFC5280"].refused.name == "RULE_CERT_SIGN_NOT_CA"
    assert told["DEVICE"].refused is None
    assert [each.name for each in told["DEVICE"].noted] == ["RULE_CERT_SIGN_NOT_CA"]


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_every_root_of_mozilla() -> None:
    """Real certificates: each fits a store, and each extension is read."""
    certifi = pytest.importorskip("certifi", reason="the extra [cli] is not installed")
    from pyvalidator import Certificate

    roots = Certificate.from_pem(Path(certifi.where()).read_bytes())
    for each in roots:
        shown = inspect(each.der)
        assert shown.anchor_fit is None
        library = x509.load_der_x509_certificate(each.der)
        assert [ext.oid for ext in shown.extensions] == [ext.oid.dotted_string for ext in library.extensions]
        assert [ext.critical for ext in shown.extensions] == [ext.critical for ext in library.extensions]
        assert not [fact for ext in shown.extensions for fact in ext.facts if "cannot be read" in fact]
        for ext in shown.extensions:
            assert each.der[ext.offset] == 0x30
            assert each.der.find(ext.value, ext.offset) > ext.offset


# --- Faults


def test_a_fault_has_its_place(run: Any, tmp_path: Path) -> None:
    """The caret stands under the byte where reading stopped; the other certificates are shown."""
    broken = bytearray(LEAF.der)
    place = bytes(broken).index(b"\x17\x0d")  # notBefore: a UTCTime
    broken[place + 2] = ord("x")
    (tmp_path / "broken.der").write_bytes(broken)
    (tmp_path / "good.der").write_bytes(CA.der)
    code, out, _ = run(tmp_path / "broken.der", tmp_path / "good.der")
    assert code == 5
    assert "rule: DER_TIME" in out
    assert "CN=Shown CA" in out
    lines = out.splitlines()
    caret = next(number for number, line in enumerate(lines) if line.rstrip().endswith("^^"))
    shown = inspect(bytes(broken))
    assert shown.fault is not None
    column = lines[caret].index("^^")
    assert lines[caret - 1][column : column + 2] == f"{broken[shown.fault.error.offset]:02x}"
    code, out, _ = run(tmp_path / "broken.der", "--json")
    fault = json.loads(out)[0]["fault"]
    assert (code, fault["reason"], fault["offset"]) == (5, "DER_TIME", shown.fault.error.offset)


@pytest.mark.parametrize("offset", [0, 3, 15, 16, 17, 99, 100])
def test_the_caret(offset: int) -> None:
    data = bytes(range(100))
    line, caret = dump_around(data, offset)
    column = caret.index("^^")
    assert line[column : column + 2] == (f"{offset:02x}" if offset < 100 else "")


def test_every_cut_of_a_certificate() -> None:
    for size in range(len(LEAF.der)):
        shown = inspect(LEAF.der[:size])
        assert shown.fault is not None
        assert shown.fault.error.offset <= size
        assert json.dumps(shown.to_dict())


def test_every_byte_spoiled() -> None:
    """Whatever is handed in, something is shown, and it is safe to print."""
    for place in range(len(CA.der)):
        spoiled = bytearray(CA.der)
        spoiled[place] ^= 0x55
        told = inspect(bytes(spoiled)).to_dict()
        assert all(line.isprintable() for line in json.dumps(told, indent=1).split("\n"))
        for each in told.get("extensions", []):
            assert all(fact.isprintable() for fact in each["facts"])


def test_unreadable_files(run: Any, tmp_path: Path) -> None:
    code, out, err = run(tmp_path / "missing", EXAMPLES / "root-harbor.pem")
    assert code == 5
    assert "missing" in err
    assert "CN=Harbor Root" in out
    code, out, err = run("-", stdin=pki.pem(LEAF.der))
    assert (code, err) == (0, "")
    assert "- (1)" in out


def test_hostile_names(run: Any, tmp_path: Path) -> None:
    hostile = "\x1b[31mred\x07\r\nTRUSTED \u202egpj [bold]x[/]"
    comment = pki.raw_extension("2.16.840.1.113730.1.13", pki.der(0x16, b"\x1b[2J\nx"))
    leaf = pki.root(hostile).leaf(hostile, uri=["urn:x:[red]y"], extensions=[comment])
    (tmp_path / "x.der").write_bytes(leaf.der)
    _, out, _ = run(tmp_path / "x.der")
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "[bold]x[/]" in out
    assert not any(line.strip(" │├└─").startswith("TRUSTED") for line in out.splitlines())
