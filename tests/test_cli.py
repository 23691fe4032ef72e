"""The command line: exit codes, text and JSON, hostile names, and every way in which an input can be wrong."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

import pki
import revocation_pki
from pyvalidator import TrustStore, public_suffix

typer = pytest.importorskip("typer", reason="the extra [cli] is not installed")

from pyvalidator.cli import main  # noqa: E402 (only where the extra is installed)

EXAMPLES = Path(__file__).parent.parent / "examples" / "pki"
DEVICE = "device-0042.fleet.example"
HOSTILE = "\x1b[31mred\x07\r\nTRUSTED \u202egpj [bold]x[/]"


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of the command left."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs `pyvalidator verify` with these arguments, bytes on standard input if given."""

    def call(*arguments: str | Path, stdin: bytes = b"") -> Run:
        monkeypatch.setattr(sys, "argv", ["pyvalidator", "verify", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Run(ended.value.code or 0, captured.out, captured.err)  # type: ignore[arg-type]

    return call


def roots(name: str = "roots") -> list[str | Path]:
    return ["--roots", EXAMPLES / f"{name}.pem"]


FOR_DEVICE = ["--dns", DEVICE, "--purpose", "client-auth"]


def write(path: Path, *ders: bytes) -> Path:
    path.write_bytes(pki.pem(*ders))
    return path


# --- Exit codes


@pytest.mark.parametrize(
    ("chain", "store", "options", "code"),
    [
        ("device", "roots", FOR_DEVICE, 0),
        ("device", "root-harbor", FOR_DEVICE, 0),
        ("device", "root-meadow", FOR_DEVICE, 0),
        ("device", "root-granite", FOR_DEVICE, 3),
        ("device", "root-lantern-expired", FOR_DEVICE, 3),
        ("device-leaf", "roots", FOR_DEVICE, 3),
        ("device-forged", "roots", FOR_DEVICE, 3),
        ("device", "roots", ["--dns", "other.example", "--purpose", "client-auth"], 3),
        ("device", "roots", ["--uri", "spiffe://fleet.example/device/0042", "--purpose", "client-auth"], 0),
        ("device", "roots", ["--any-subject", "--purpose", "any"], 0),
        ("device", "roots", ["--any-subject", "--purpose", "1.3.6.1.5.5.7.3.2"], 0),
        ("device", "roots", ["--any-subject", "--purpose", "1.3.6.1.5.5.7.3.17"], 3),
        ("device", "roots", ["--dns", DEVICE], 3),
        ("device", "roots", [*FOR_DEVICE, "--profile", "rfc5280"], 0),
        ("server", "roots", ["--dns", "gw.fleet.example", "--profile", "webpki"], 3),
        ("device", "roots", [*FOR_DEVICE, "--at", "2056-01-01T00:00:00Z"], 3),
        ("device", "roots", [*FOR_DEVICE, "--at", "2023-12-31T23:59:59+00:00"], 3),
        ("device", "roots", [*FOR_DEVICE, "--at", "floor:2020-01-01T00:00:00Z"], 0),
        ("device", "roots", [*FOR_DEVICE, "--at", "floor:2056-01-01T00:00:00Z"], 3),
        ("device", "roots", [*FOR_DEVICE, "--at", "unknown"], 0),
        ("device", "roots", [*FOR_DEVICE, "--at", "at-issuance"], 0),
        ("server", "roots", ["--dns", "gw.fleet.example"], 0),
        ("server", "roots", ["--ip", "192.0.2.10"], 0),
        ("server", "roots", ["--ip", "192.0.2.11"], 3),
        ("server", "roots", ["--email", "a@fleet.example", "--purpose", "any"], 3),
    ],
)
def test_exit_code(run: Any, chain: str, store: str, options: list[str], code: int) -> None:
    done = run(EXAMPLES / f"{chain}.pem", *roots(store), *options)
    assert done.code == code, done.out + done.err
    assert done.err == ""
    assert done.out.startswith({0: "TRUSTED", 3: "REFUSED"}[code])
    as_json = run(EXAMPLES / f"{chain}.pem", *roots(store), *options, "--json")
    assert as_json.code == code
    assert as_json.answer["outcome"] == {0: "TRUSTED", 3: "REFUSED"}[code]


def test_undecided(run: Any, tmp_path: Path) -> None:
    """More certificates than the budget allows are not judged at all."""
    blocks = (EXAMPLES / "device.pem").read_bytes() * 100
    (tmp_path / "many.pem").write_bytes(blocks)
    done = run(tmp_path / "many.pem", *roots(), *FOR_DEVICE)
    assert done.code == 4
    assert done.out.startswith("UNDECIDED")
    assert "BUDGET_CERTIFICATES" in done.out
    assert run(tmp_path / "many.pem", *roots(), *FOR_DEVICE, "--json").answer["outcome"] == "UNDECIDED"


# --- Profiles


@pytest.mark.parametrize(
    ("options", "profile"),
    [
        (["--dns", "a.example", "--mozilla"], "webpki"),
        (["--ip", "192.0.2.1", "--mozilla"], "webpki"),
        (["--dns", "a.example", "--system"], "webpki"),
        (["--dns", "a.example", "--mozilla", *roots()], "webpki"),
        (["--dns", "a.example", "--mozilla", "--purpose", "server-auth"], "webpki"),
        (["--dns", "a.example", "--mozilla", "--purpose", "1.3.6.1.5.5.7.3.1"], "webpki"),
        (["--dns", "a.example", "--mozilla", "--profile", "device"], "device"),
        (["--dns", "a.example", "--mozilla", "--profile", "rfc5280"], "rfc5280"),
        (["--dns", "a.example", "--mozilla", "--purpose", "client-auth"], "device"),
        (["--dns", "a.example", "--mozilla", "--purpose", "any"], "device"),
        (["--email", "a@b.example", "--mozilla", "--purpose", "server-auth"], "device"),
        (["--any-subject", "--mozilla", "--purpose", "server-auth"], "device"),
        (["--dns", "a.example", *roots()], "device"),
        (["--dns", "a.example", *roots(), "--profile", "webpki"], "webpki"),
    ],
)
def test_the_usual_profile(run: Any, monkeypatch: pytest.MonkeyPatch, options: list[str | Path], profile: str) -> None:
    """Servers under public roots are held to the web's rules, unless another profile is asked for."""
    bundle = (EXAMPLES / "roots.pem").read_bytes()
    for source in ("mozilla", "system"):
        monkeypatch.setattr(TrustStore, source, classmethod(lambda cls: cls.from_pem(bundle)))
    done = run(EXAMPLES / "device.pem", *options, "--json")
    assert done.code == 3
    assert done.answer["profile"] == profile


@pytest.mark.parametrize(
    ("wildcard", "has_list", "reason"),
    [
        ("*.fleet.example.com", True, "OK"),
        ("*.co.uk", True, "BR_PUBLIC_SUFFIX"),
        ("*.fleet.example.com", False, "BR_PUBLIC_SUFFIX_UNKNOWN"),
        ("*.co.uk", False, "BR_PUBLIC_SUFFIX_UNKNOWN"),
    ],
)
def test_wildcards_under_webpki(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wildcard: str, has_list: bool, reason: str
) -> None:
    """Without the Public Suffix List every wildcard is refused, and the refusal says what to install."""
    if has_list:
        pytest.importorskip("publicsuffixlist", reason="the extra [cli] is not installed")
    else:
        monkeypatch.setitem(sys.modules, "publicsuffixlist", None)
    public_suffix._list.cache_clear()
    root = pki.root("Web Root")
    ca = root.ca("Web CA")
    server = ca.leaf(None, dns=["gw.fleet.example", wildcard], eku=(ExtendedKeyUsageOID.SERVER_AUTH,))
    chain = write(tmp_path / "server.pem", server.der, ca.der)
    asked = [
        "--roots",
        write(tmp_path / "root.pem", root.der),
        "--dns",
        "gw.fleet.example",
        "--at",
        pki.NOW.isoformat(),
    ]
    done = run(chain, *asked, "--profile", "webpki", "--json")
    public_suffix._list.cache_clear()
    assert (done.code, done.answer["reason"]) == (0 if reason == "OK" else 3, reason), done.out + done.err
    assert run(chain, *asked).code == 0  # a device's profile does not know the rule
    if not has_list:
        text = run(chain, *asked, "--profile", "webpki").out
        public_suffix._list.cache_clear()
        assert "pyvalidator[web]" in text


# --- What is read


def test_several_files_and_forms(run: Any, tmp_path: Path, simple: Any) -> None:
    """The first certificate of the first file is in question; DER and PEM may be mixed."""
    (tmp_path / "leaf.der").write_bytes(simple.leaf.der)
    write(tmp_path / "ca.pem", simple.ca.der)
    (tmp_path / "root.der").write_bytes(simple.root.der)
    asked = ["--roots", tmp_path / "root.der", "--dns", "gw.example", "--purpose", "any", "--at", pki.NOW.isoformat()]
    assert run(tmp_path / "leaf.der", tmp_path / "ca.pem", *asked).code == 0
    assert run(tmp_path / "ca.pem", tmp_path / "leaf.der", *asked).code == 3


def test_standard_input(run: Any) -> None:
    done = run("-", *roots(), *FOR_DEVICE, stdin=(EXAMPLES / "device.pem").read_bytes())
    assert done.code == 0
    assert "- (1)" in done.out


def test_roots_of_several_files_unite(run: Any) -> None:
    options = [*roots("root-granite"), *roots("root-harbor"), *FOR_DEVICE]
    assert run(EXAMPLES / "device.pem", *options).code == 0


def test_mozilla_knows_nobody_here(run: Any) -> None:
    pytest.importorskip("certifi", reason="the extra [cli] is not installed")
    done = run(EXAMPLES / "device.pem", "--mozilla", *FOR_DEVICE)
    assert done.code == 3
    assert run(EXAMPLES / "device.pem", "--mozilla", *roots(), *FOR_DEVICE).code == 0


def test_an_unreadable_candidate_is_passed_over(run: Any, tmp_path: Path) -> None:
    (tmp_path / "junk.der").write_bytes(b"\x30\x03\x02\x01\x01")
    done = run(EXAMPLES / "device.pem", tmp_path / "junk.der", *roots(), *FOR_DEVICE)
    assert done.code == 0, done.err


# --- What cannot be read, or used


def bad_inputs(folder: Path) -> dict[str, tuple[Path, str]]:
    """Files that are no certificates, and what is said of them."""
    made = {
        "empty": (b"", "is empty"),
        "junk": (b"certainly no certificate\n", "neither PEM nor DER"),
        "binary": (bytes(range(256)) * 4, "neither PEM nor DER"),
        "half": (b"-----BEGIN CERTIFICATE-----\nMIIB", "no END line"),
        "not-base64": (b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", "not base64"),
        "key": (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "PRIVATE KEY"),
        "truncated": (b"\x30\x82\x01\x00\x30", "cannot be read"),
        "other-der": (b"\x30\x03\x02\x01\x01", "cannot be read"),
    }
    for name, (data, _) in made.items():
        (folder / name).write_bytes(data)
    return {name: (folder / name, text) for name, (_, text) in made.items()} | {
        "missing": (folder / "missing", "No such file"),
        "folder": (folder, "directory"),
        "nul": (Path("a\0b"), "cannot be read"),
    }


NAMES = ["empty", "junk", "binary", "half", "not-base64", "key", "truncated", "other-der", "missing", "folder", "nul"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", ["chain", "roots"])
def test_unreadable_input(run: Any, tmp_path: Path, name: str, place: str) -> None:
    path, text = bad_inputs(tmp_path)[name]
    chain, store = (path, EXAMPLES / "roots.pem") if place == "chain" else (EXAMPLES / "device.pem", path)
    done = run(chain, "--roots", store, *FOR_DEVICE)
    assert done.code == 5
    assert done.out == ""
    assert text in done.err
    assert str(path).replace("\0", "\\u0000") in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("device-ca", "is an intermediate, not a root"),
        ("harbor-by-meadow", "CN=Meadow Root"),
        ("device-leaf", "is not a CA certificate"),
        ("device", "is not a CA certificate"),
    ],
)
def test_only_roots_are_roots(run: Any, name: str, text: str) -> None:
    done = run(EXAMPLES / "device.pem", *roots(), *roots(name), *FOR_DEVICE)
    assert done.code == 5
    assert done.out == ""
    assert text in done.err
    assert f"{name}.pem" in done.err
    assert "CHAIN" in done.err  # where to put it instead


# --- Wrong usage


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ([*FOR_DEVICE], "--roots"),
        ([*roots()], "exactly one of"),
        ([*roots(), "--dns", "a.example", "--any-subject"], "exactly one of"),
        ([*roots(), "--dns", "a.example", "--ip", "192.0.2.1"], "exactly one of"),
        ([*roots(), "--dns", "not a name"], "DNS name"),
        ([*roots(), "--dns", "192.0.2.1"], "IPAddress"),
        ([*roots(), "--ip", "a.example"], "IP address"),
        ([*roots(), "--uri", "no-scheme", "--purpose", "any"], "URI"),
        ([*roots(), "--email", "nobody", "--purpose", "any"], "mailbox"),
        ([*roots(), "--dns", ""], "DNS name"),
        ([*roots(), "--any-subject"], "--purpose"),
        ([*roots(), "--uri", "urn:a:b"], "--purpose"),
        ([*roots(), *FOR_DEVICE, "--purpose", "everything"], "--purpose"),
        ([*roots(), *FOR_DEVICE, "--profile", "web"], "--profile"),
        ([*roots(), *FOR_DEVICE, "--at", "2026-06-01T00:00:00"], "zone"),
        ([*roots(), *FOR_DEVICE, "--at", "2026-06-01"], "zone"),
        ([*roots(), *FOR_DEVICE, "--at", "floor:yesterday"], "no time"),
        ([*roots(), *FOR_DEVICE, "--at", ""], "no time"),
        ([*roots(), *FOR_DEVICE, "--no-such-option"], "--no-such-option"),
    ],
)
def test_wrong_usage(run: Any, options: Sequence[str | Path], text: str) -> None:
    done = run(EXAMPLES / "device.pem", *options)
    assert done.code == 2
    assert done.out == ""
    assert text in done.err


def test_no_chain(run: Any) -> None:
    assert run(*roots(), *FOR_DEVICE).code == 2


# --- Text


def test_text_of_a_trusted_chain(run: Any) -> None:
    done = run(EXAMPLES / "device.pem", *roots("root-meadow"), *FOR_DEVICE)
    text = done.out
    order = ["Meadow Root", "trust anchor", "CN=Harbor Root", "CN=Harbor Device CA", "CN=device 0042"]
    assert [text.index(each) for each in order] == sorted(text.index(each) for each in order)
    assert "valid: 2024-01-01 to 2055-12-31" in text
    assert f"names: {DEVICE}, spiffe://fleet.example/device/0042" in text


def test_text_of_a_refusal(run: Any) -> None:
    """Which certificate, which rule, which clause, and what mends it."""
    text = run(EXAMPLES / "device-leaf.pem", *roots(), *FOR_DEVICE).out
    assert "CN=device 0042" in text
    assert "device-leaf.pem (1)" in text
    assert "rule: NO_ISSUER" in text
    assert "clause: RFC 5280 6.1.3 (a)(4)" in text
    assert "mend: send the missing intermediate" in text


def test_the_tree_of_what_was_tried(run: Any) -> None:
    """Every path, each certificate with its issuer and file, and what ended it."""
    text = run(EXAMPLES / "device.pem", *roots("root-granite"), *FOR_DEVICE).out
    assert "cause: cross-sign of an unknown root" in text
    lines = [line.strip(" │├└─") for line in text[text.index("tried") :].splitlines()]
    assert lines[1].startswith("CN=device 0042")
    assert "(issuer CN=Harbor Device CA" in lines[1]
    assert lines[1].endswith("device.pem (1)")
    assert sum(line.startswith("x ") for line in lines) >= 2
    assert all("NO_ISSUER" in line or "LOOP" in line for line in lines if line.startswith("x "))


# --- JSON


def test_json_form(run: Any) -> None:
    """The fields of docs/cli.md, neither more nor fewer."""
    answer = run(EXAMPLES / "device.pem", *roots("root-meadow"), *FOR_DEVICE, "--json").answer
    page = (EXAMPLES.parent.parent / "docs" / "cli.md").read_text()
    table = page[page.index("## JSON") :]
    assert all(f"`{field}`" in table for field in answer)
    assert set(answer) == {
        "outcome", "reason", "headline", "subject", "time", "purpose", "profile", "revocation", "path", "anchor",
        "identities", "authority_policies", "user_policies", "rejections", "steps", "omitted", "notes", "spent",
        "inputs",
    }  # fmt: skip
    assert answer["reason"] == "OK"
    assert answer["subject"] == {"kind": "DNSName", "value": DEVICE}
    assert (answer["purpose"], answer["profile"]) == ("client-auth", "device")
    assert answer["anchor"] == "CN=Meadow Root,O=Meadow Trust"
    assert [each["subject"].split(",")[0] for each in answer["path"]] == [
        "CN=device 0042", "CN=Harbor Device CA", "CN=Harbor Root",
    ]  # fmt: skip
    inputs = answer["inputs"]
    assert [each["entry"] for each in inputs["chain"]] == [1, 2, 3, 4]
    assert inputs["chain"][0]["sha256"] == answer["path"][0]["sha256"]
    assert (inputs["mozilla"], inputs["system"]) == (False, False)


def test_policies(run: Any, tmp_path: Path) -> None:
    """--policy: the path must be valid for one of them; what it is valid for is shown."""
    gold, silver = "1.3.6.1.4.1.55555.1", "1.3.6.1.4.1.55555.2"
    entry = x509.PolicyInformation(x509.ObjectIdentifier(gold), None)
    asserted = [pki.extension(x509.CertificatePolicies([entry]))]
    root = pki.root("Policy CLI Root")
    ca = root.ca("Policy CLI CA", extensions=asserted)
    (tmp_path / "root.pem").write_bytes(root.pem)
    (tmp_path / "chain.pem").write_bytes(ca.leaf("gw", dns=["gw.example"], extensions=asserted).pem + ca.pem)
    asked = [
        tmp_path / "chain.pem",
        "--roots",
        tmp_path / "root.pem",
        "--dns",
        "gw.example",
        "--at",
        "2026-06-01T00:00:00Z",
    ]
    found = run(*asked, "--policy", silver, "--policy", gold)
    assert found.code == 0, found.out
    assert f"valid for policies: {gold}" in found.out
    assert run(*asked, "--policy", gold, "--json").answer["user_policies"] == [gold]
    refused = run(*asked, "--policy", silver)
    assert (refused.code, "POLICY_REQUIRED" in refused.out) == (3, True)
    assert run(*asked).code == 0
    for wrong in ("gold", "2.5.29.32.0", ""):
        told = run(*asked, "--policy", wrong)
        assert (told.code, "--policy" in told.err) == (2, True)


def test_json_of_a_refusal(run: Any) -> None:
    answer = run(EXAMPLES / "device-forged.pem", *roots(), *FOR_DEVICE, "--json").answer
    assert answer["reason"] == "SIGNATURE_BAD"
    assert answer["path"] == []
    assert answer["anchor"] is None
    assert answer["identities"] == []
    rejection = next(each for each in answer["rejections"] if each["reason"] == "SIGNATURE_BAD")
    assert rejection["clause"] == "RFC 5280 6.1.3 (a)(1)"
    assert rejection["position"] == 0


# --- Hostile names


def hostile_files(folder: Path) -> tuple[Path, Path]:
    """A chain and a root whose names would like to write on the terminal; the name of a file as well."""
    root = pki.root(f"root {HOSTILE}")
    ca = root.ca(f"ca {HOSTILE}")
    leaf = ca.leaf(f"leaf {HOSTILE}", dns=["gw.example"], uri=["urn:x:[red]y[/red]"])
    return write(folder / "\x1b[31mchain.pem", leaf.der, ca.der), write(folder / "[bold]root.pem", root.der)


def assert_harmless(text: str) -> None:
    assert not [character for character in text if (ord(character) < 32 and character != "\n") or ord(character) == 127]
    assert "\u202e" not in text
    assert not any(line.strip(" │├└─").startswith("TRUSTED \u202e") for line in text.splitlines())


@pytest.mark.parametrize(
    "options", [["--dns", "gw.example"], ["--dns", "other.example"], ["--dns", "gw.example", "--json"]]
)
def test_hostile_names_stay_text(run: Any, tmp_path: Path, options: list[str]) -> None:
    chain, root = hostile_files(tmp_path)
    done = run(chain, "--roots", root, *options, "--purpose", "any", "--at", pki.NOW.isoformat())
    assert done.code == (3 if "other.example" in options else 0), done.out + done.err
    assert_harmless(done.out)
    assert "[bold]x[/]" in done.out
    assert done.err == ""


def test_hostile_names_in_errors(run: Any, tmp_path: Path) -> None:
    chain, root = hostile_files(tmp_path)
    done = run(chain, "--roots", chain, "--dns", "gw.example")
    assert done.code == 5
    assert_harmless(done.err)
    assert run(tmp_path / "\x1b[2Jmissing", "--roots", root, "--dns", "gw.example").err.count("\x1b") == 0
    assert_harmless(run(chain, "--roots", root, "--dns", "\x1b[31m.example").err)


def test_on_a_terminal_the_colours_are_ours(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    chain, root = hostile_files(tmp_path)
    done = run(chain, "--roots", root, "--dns", "gw.example", "--purpose", "any", "--at", pki.NOW.isoformat())
    assert done.code == 0
    assert "\x1b[" in done.out
    assert "\x1b[31mred" not in done.out
    assert "\x1b[31mchain" not in done.out
    assert "\u202e" not in done.out


# --- The program itself


def program(*arguments: str, before: str = "pass") -> subprocess.CompletedProcess[str]:
    code = f"import sys; {before}; from pyvalidator.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("package", ["typer", "rich"])
def test_the_missing_extra_is_named(package: str) -> None:
    done = program("verify", before=f"sys.modules[{package!r}] = None")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "pip install 'pyvalidator[cli]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_version_and_help() -> None:
    assert program("--version").stdout.startswith("pyvalidator 0.")
    text = program("verify", "--help").stdout
    assert all(option in text for option in ("--roots", "--mozilla", "--system", "--any-subject", "--at", "--json"))


def test_a_poor_encoding_is_no_traceback() -> None:
    done = program(
        "verify", str(EXAMPLES / "device.pem"), "--roots", str(EXAMPLES / "roots.pem"), *FOR_DEVICE,
        before="sys.stdout.reconfigure(encoding='ascii')",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("TRUSTED")


def test_a_closed_pipe_is_not_success() -> None:
    """Whoever reads nothing must not take the exit code for an answer that was given."""
    code = "import os, sys; from pyvalidator.cli import main; os.close(1); main()"
    arguments = ["verify", str(EXAMPLES / "device.pem"), "--roots", str(EXAMPLES / "roots.pem"), *FOR_DEVICE]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode != 0


def test_revocation(run: Any, tmp_path: Path) -> None:
    """--crl, --ocsp and --require-revocation: evidence is judged by, what nothing speaks of is refused."""
    root = pki.root("Revoking CLI Root")
    leaf = root.leaf("gw", dns=["gw.example"])
    (tmp_path / "root.pem").write_bytes(root.pem)
    (tmp_path / "leaf.pem").write_bytes(leaf.pem)
    (tmp_path / "clean.crl").write_bytes(revocation_pki.crl(root))
    listed = revocation_pki.crl(root, [leaf])
    (tmp_path / "listed.pem").write_bytes(x509.load_der_x509_crl(listed).public_bytes(Encoding.PEM))
    (tmp_path / "good.ocsp").write_bytes(revocation_pki.ocsp(root, leaf))
    asked = [tmp_path / "leaf.pem", "--roots", tmp_path / "root.pem", "--dns", "gw.example"]
    asked += ["--at", "2026-06-01T00:00:00Z"]
    assert run(*asked).code == 0
    assert run(*asked, "--require-revocation", "leaf").code == 3
    assert run(*asked, "--crl", tmp_path / "clean.crl").code == 0
    assert run(*asked, "--ocsp", tmp_path / "good.ocsp", "--require-revocation", "chain").code == 0
    told = run(*asked, "--crl", tmp_path / "clean.crl", "--crl", tmp_path / "listed.pem", "--json")
    assert (told.code, told.answer["reason"]) == (3, "REVOKED")
    assert told.answer["revocation"]["scope"] == "CHAIN"
    [rejection] = [each for each in told.answer["rejections"] if each["revocation"]]
    assert rejection["revocation"]["by"] == "CN=Revoking CLI Root"
    assert run(*asked, "--crl", tmp_path / "leaf.pem").code == 5
    assert run(*asked, "--ocsp", tmp_path / "clean.crl").code == 5
    assert run(*asked, "--require-revocation", "root").code == 2
