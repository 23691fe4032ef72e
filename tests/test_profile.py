"""The certificate rules of RFC 5280 section 4, one fault at a time: the strict profiles refuse each, DEVICE notes what
carries no security and refuses the rest. Every RULE_ reason has a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from cryptography import x509

import der_tools
import pki
import pyvalidator as pv

ROOT = pki.root("Profile Root")
CA = ROOT.ca("Profile CA")
STRICT = pv.Policy(profile=pv.Profile.RFC5280, purpose=pv.Purpose.ANY)
WEB = pv.Policy.tls_server()
DEVICE = pv.Policy.device()
STORE = pv.TrustStore.from_der([ROOT.der])
NAMES = x509.NameConstraints([x509.DNSName("example")], None)
LIKE = {"dns": ["gw.example"]}


@dataclass(frozen=True, slots=True)
class Row:
    """A chain with one fault, which RFC5280 refuses by `rule`; so does WEBPKI, unless `web` names another reason, or
    "TRUSTED". DEVICE refuses it by the reason `device`, or lets it pass and notes it and what else cannot but be noted
    (`also`)."""

    rule: str
    fault: str
    chain: Callable[[], list[bytes]]
    web: str | None = None
    device: str | None = None
    also: tuple[str, ...] = ()

    @property
    def web_reason(self) -> str | None:
        return None if self.web == "TRUSTED" else self.web or self.rule


def leaf(**options: object) -> list[bytes]:
    return [CA.leaf("Profile leaf", **({**LIKE} | options)).der, CA.der]


def under(**options: object) -> list[bytes]:
    """A good leaf under another CA."""
    ca = ROOT.ca("Odd CA", **options)
    return [ca.leaf("Profile leaf", **LIKE).der, ca.der]


def nameless_ca() -> list[bytes]:
    return [ROOT.ca("Odd CA", subject=pki.name(None)).der]


def raw(oid: str, value: str, *, critical: bool = False) -> dict[str, object]:
    return {"extensions": [pki.raw_extension(oid, bytes.fromhex(value), critical=critical)]}


def edited(issued: pki.Issued, edit: Callable[[bytes], bytes]) -> bytes:
    """The certificate with its signed part edited, and signed again."""
    assert issued.issuer is not None
    return pki.sign_tbs(edit(issued.certificate.tbs_certificate_bytes), issued.issuer.key)


def leaf_edited(edit: Callable[[bytes], bytes], **options: object) -> list[bytes]:
    return [edited(CA.leaf("Profile leaf", **({**LIKE} | options)), edit), CA.der]


def fields(tbs: bytes) -> list[der_tools.Element]:
    """The fields of a tbsCertificate: version, serialNumber, signature, issuer, validity, subject, key, extensions."""
    return [element for element in der_tools.elements(tbs) if element.depth == 1]


def with_serial(octets: bytes) -> list[bytes]:
    return leaf_edited(lambda tbs: der_tools.replace(tbs, fields(tbs)[1], pki.der(2, octets)))


def without_version(tbs: bytes) -> bytes:
    return der_tools.delete(tbs, fields(tbs)[0])


def with_generalized_time(tbs: bytes) -> bytes:
    not_before = next(element for element in der_tools.elements(tbs) if element.tag(tbs) == 0x17)
    text = tbs[not_before.body : not_before.end]
    return der_tools.replace(tbs, not_before, pki.der(0x18, b"20" + text))


def with_unordered_set(tbs: bytes) -> bytes:
    longer, shorter = (
        pki.der(0x30, pki.der(6, b"\x55\x04" + bytes([kind])), pki.der(0x0C, text))
        for kind, text in ((10, b"organization"), (3, b"cn"))
    )
    return der_tools.replace(tbs, fields(tbs)[5], pki.der(0x30, pki.der(0x31, longer, shorter)))


def with_unique_id(tbs: bytes) -> bytes:
    last = fields(tbs)[-1]
    return der_tools.replace(tbs, last, pki.der(0x81, b"\0\xff") + tbs[last.start : last.end])


def with_empty_extensions(tbs: bytes) -> bytes:
    return der_tools.replace(tbs, fields(tbs)[-1], pki.der(0xA3, pki.der(0x30)))


def without_rsa_parameters(tbs: bytes) -> bytes:
    null = next(element for element in der_tools.elements(tbs) if element.tag(tbs) == 5)
    return der_tools.delete(tbs, null)


def with_odd_printable_string(tbs: bytes) -> bytes:
    assert tbs.count(b"\x0c\x0cProfile*leaf") == 1
    return tbs.replace(b"\x0c\x0cProfile*leaf", b"\x13\x0cProfile*leaf")


def under_edited_ca() -> list[bytes]:
    return [CA.leaf("Profile leaf", **LIKE).der, edited(CA, without_version)]


SAN, KEY_USAGE, POLICIES = "2.5.29.17", "2.5.29.15", "2.5.29.32"
POLICY_CONSTRAINTS, INHIBIT_ANY = "2.5.29.36", "2.5.29.54"
#: authorityCertIssuer with one dNSName, under its tag.
AUTHORITY = "a103" + "8201" + b"x".hex()


def aki(value: str, *, critical: bool = False) -> dict[str, object]:
    """authorityKeyIdentifier of these fields alone."""
    return raw("2.5.29.35", pki.der(0x30, bytes.fromhex(value)).hex(), critical=critical)


def lists_ca() -> pki.Issued:
    return ROOT.ca("Lists CA", path_len=0, usage=pki.key_usage("crl_sign"))


def _san(tag: int, name: bytes) -> str:
    return pki.der(0x30, pki.der(tag, name)).hex()


#: Names that RFC 5280 4.2.1.6 does not allow in their form; none is the good one.
ODD_NAMES = {
    "an underscore": _san(0x82, b"a_b.example"),
    "a space": _san(0x82, b" "),
    "no name": _san(0x82, b""),
    "a final dot": _san(0x82, b"gw.example."),
    "a first dot": _san(0x82, b".gw.example"),
    "an empty label": _san(0x82, b"gw..example"),
    "a label of 64": _san(0x82, b"a" * 64 + b".example"),
    "a name of 254": _san(0x82, b".".join([b"a" * 49] * 5) + b".abcd"),
    "a hyphen first": _san(0x82, b"-a.example"),
    "a hyphen last": _san(0x82, b"a-.example"),
    "a wildcard alone": _san(0x82, b"*"),
    "a wildcard within a label": _san(0x82, b"g*.example"),
    "a wildcard not leftmost": _san(0x82, b"a.*.example"),
    "a mailbox without host": _san(0x81, b"admin"),
    "a mailbox without name": _san(0x81, b"@example.com"),
    "a mailbox with a display name": _san(0x81, b"Admin <admin@example.com>"),
    "a URI without scheme": _san(0x86, b"//gw.example/"),
    "a URI without host": _san(0x86, b"https:"),
}

#: Addresses that are none, so that nobody can say whom they name: DEVICE refuses them too.
ODD_ADDRESSES = {
    "five octets": _san(0x87, b"\1\2\3\4\5"),
    "an address and its mask": _san(0x87, b"\1\2\3\4\xff\xff\xff\0"),
}


ROWS = [
    Row("RULE_SERIAL_NEGATIVE", "-1", lambda: with_serial(b"\xff")),
    Row("RULE_SERIAL_ZERO", "0", lambda: with_serial(b"\0")),
    Row("RULE_SERIAL_TOO_LONG", "21 octets", lambda: with_serial(b"\1" * 21)),
    Row("RULE_EXPLICIT_DEFAULT", "cA FALSE", lambda: leaf(**raw("2.5.29.19", "3003010100"))),
    Row("RULE_TIME_ENCODING", "notBefore 2026 as GeneralizedTime", lambda: leaf_edited(with_generalized_time)),
    Row("RULE_VERSION", "a leaf of version 1 with extensions", lambda: leaf_edited(without_version)),
    Row("RULE_VERSION", "a CA of version 1 with extensions", under_edited_ca, device="RULE_VERSION"),
    Row("RULE_SET_ORDER", "O before CN in one RDN", lambda: leaf_edited(with_unordered_set)),
    Row("RULE_UNIQUE_ID", "issuerUniqueID", lambda: leaf_edited(with_unique_id)),
    Row(
        "RULE_EMPTY_EXTENSIONS",
        "an empty list",
        lambda: leaf_edited(with_empty_extensions),
        also=("RULE_AUTHORITY_KEY_ID",),
    ),
    Row("RULE_PATH_LEN_NOT_CA", "pathLenConstraint 0", lambda: leaf(**raw("2.5.29.19", "3003020100"))),
    Row("RULE_KEY_USAGE_EMPTY", "no bits", lambda: leaf(usage=None, **raw("2.5.29.15", "030100"))),
    Row("RULE_KEY_PARAMETERS", "no NULL", lambda: leaf_edited(without_rsa_parameters, kind="rsa2048")),
    Row(
        "RULE_DIRECTORY_STRING",
        "* in a PrintableString",
        lambda: leaf_edited(with_odd_printable_string, subject=pki.name("Profile*leaf")),
    ),
    Row("RULE_SAN_NOT_CRITICAL", "an empty subject", lambda: leaf(subject=pki.name(None))),
    Row(
        "RULE_CERT_SIGN_NOT_CA",
        "keyCertSign",
        lambda: leaf(usage=pki.key_usage("digital_signature", "key_cert_sign")),
    ),
    Row("RULE_CA_EMPTY_SUBJECT", "a CA without a name", nameless_ca, device="RULE_CA_EMPTY_SUBJECT"),
    Row(
        "RULE_ISSUER_EMPTY",
        "below a CA without a name",
        lambda: under(subject=pki.name(None)),
        device="RULE_CA_EMPTY_SUBJECT",
    ),
    Row("RULE_CA_NOT_CRITICAL", "basicConstraints", lambda: under(basic_constraints_critical=False)),
    Row("RULE_AUTHORITY_KEY_ID", "missing", lambda: leaf(aki=False)),
    Row("RULE_SUBJECT_KEY_ID", "missing in a CA", lambda: under(ski=False)),
    Row("RULE_SUBJECT_KEY_ID", "empty in a CA", lambda: under(ski=False, **raw("2.5.29.14", "0400"))),
    Row("RULE_KEY_USAGE_MISSING", "missing in a CA", lambda: under(usage=None)),
    Row(
        "RULE_NC_NOT_CRITICAL",
        "in a CA",
        lambda: under(extensions=[pki.extension(NAMES)]),
        web="TRUSTED",
    ),
    Row("RULE_NC_NOT_CA", "in a leaf", lambda: leaf(extensions=[pki.extension(NAMES, critical=True)])),
    Row("RULE_KEY_ID_CRITICAL", "subjectKeyIdentifier", lambda: leaf(**raw("2.5.29.14", "04020102", critical=True))),
    Row("RULE_KEY_ID_CRITICAL", "authorityKeyIdentifier", lambda: leaf(**aki("8001ff", critical=True))),
    Row("RULE_AUTHORITY_KEY_ID", "no keyIdentifier", lambda: leaf(**aki(""))),
    Row("RULE_AUTHORITY_KEY_ID", "an empty keyIdentifier", lambda: leaf(**aki("8000"))),
    Row("RULE_AKI_HALF", "authorityCertIssuer alone", lambda: leaf(**aki("8001ff" + AUTHORITY))),
    Row("RULE_AKI_HALF", "authorityCertSerialNumber alone", lambda: leaf(**aki("8001ff" + "820101"))),
    Row("RULE_SAN_CRITICAL", "beside a subject", lambda: leaf(san_critical=True)),
    Row("RULE_SAN_CRITICAL", "of a CA", lambda: under(**raw(SAN, "30048202" + b"ca".hex(), critical=True))),
    *(Row("RULE_SAN_SYNTAX", fault, partial(leaf, **raw(SAN, value))) for fault, value in ODD_NAMES.items()),
    *(
        Row("RULE_SAN_SYNTAX", fault, partial(leaf, **raw(SAN, value)), device="SAN_MALFORMED")
        for fault, value in ODD_ADDRESSES.items()
    ),
    Row("RULE_SAN_SYNTAX", "of a CA", lambda: under(**raw(SAN, "30048202" + b"a_".hex()))),
    Row("RULE_KEY_USAGE_PADDING", "a zero bit at the end", lambda: leaf(usage=None, **raw(KEY_USAGE, "03020680"))),
    Row("RULE_PATH_LEN_NO_SIGN", "a CA that signs lists", lambda: [lists_ca().der]),
    Row(
        "RULE_PC_NOT_CRITICAL",
        "a policy is required",
        lambda: under(**raw(POLICY_CONSTRAINTS, "3003800100")),
        device="POLICY_REQUIRED",
    ),
    Row(
        "RULE_PC_NOT_CRITICAL", "a policy is required far below", lambda: under(**raw(POLICY_CONSTRAINTS, "3003800105"))
    ),
    Row("RULE_INHIBIT_ANY_NOT_CRITICAL", "0", lambda: under(**raw(INHIBIT_ANY, "020100"))),
    Row("RULE_POLICY_REPEATED", "1.2.3 twice", lambda: leaf(**raw(POLICIES, "300c" + 2 * "300406022a03"))),
    Row(
        "RULE_POLICY_REPEATED",
        "1.2.3 twice, critical",
        lambda: leaf(**raw(POLICIES, "300c" + 2 * "300406022a03", critical=True)),
        web="BR_CRITICAL",
        device="RULE_POLICY_REPEATED",
    ),
]


def judge(chain: list[bytes], policy: pv.Policy) -> pv.Verdict:
    return pv.Validator(STORE, policy).check(chain, pv.AnySubject(), at=pki.NOW)


def test_every_rule_has_a_row() -> None:
    assert {row.rule for row in ROWS} == {reason.name for reason in pv.Reason if reason.name.startswith("RULE_")}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.rule}: {row.fault}")
def test_rule(row: Row) -> None:
    chain = row.chain()
    strict = judge(chain, STRICT)
    assert strict.outcome is pv.Outcome.REFUSED
    assert strict.reason.name == row.rule, strict.explain()
    web = judge(chain, WEB)
    assert (None if web.outcome is pv.Outcome.TRUSTED else web.reason.name) == row.web_reason, web.explain()
    lenient = judge(chain, DEVICE)
    if row.device is None:
        assert lenient.outcome is pv.Outcome.TRUSTED, lenient.explain()
        assert {note.reason.name for note in lenient.notes} == {row.rule, *row.also}
    else:
        assert lenient.outcome is pv.Outcome.REFUSED
        assert lenient.reason.name == row.device, lenient.explain()


@pytest.mark.parametrize("policy", [STRICT, WEB, DEVICE], ids=["RFC5280", "WEBPKI", "DEVICE"])
def test_without_a_fault_nothing_is_said(policy: pv.Policy) -> None:
    verdict = judge(leaf(), policy)
    assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()
    assert not verdict.notes


# --- Contents of extensions


@pytest.mark.parametrize(
    "oid", ["2.5.29.32", "2.5.29.18", "2.5.29.31", "2.5.29.46", "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.1.11"]
)
@pytest.mark.parametrize("value", ["3000", "30020500", "04023000"])
def test_contents_that_cannot_be_read(oid: str, value: str) -> None:
    """certificatePolicies, issuerAltName, CRLDP, freshestCRL, AIA, SIA: each must hold what its type says."""
    for chain in (leaf(**raw(oid, value)), under(**raw(oid, value))):
        for policy in (STRICT, WEB):
            assert judge(chain, policy).reason is pv.Reason.EXTENSION_MALFORMED
        lenient = judge(chain, DEVICE)
        assert lenient.outcome is pv.Outcome.TRUSTED
        assert [note.reason.name for note in lenient.notes] == ["EXTENSION_MALFORMED"]


# --- Critical extensions: 6.1.4 (o), 6.1.5 (f)

IGNORED = ["2.5.29.18", "2.5.29.31", "2.5.29.46", "2.5.29.9", "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.1.11", "1.2.3.4"]


@pytest.mark.parametrize("oid", IGNORED)
@pytest.mark.parametrize("place", ["leaf", "CA"])
@pytest.mark.parametrize("critical", [True, False], ids=["critical", "not critical"])
def test_what_is_not_acted_upon_must_not_be_critical(oid: str, place: str, critical: bool) -> None:
    """IssuerAltName, CRLDP, freshestCRL, subjectDirectoryAttributes, AIA, SIA, and an extension that nobody knows."""
    options = raw(oid, "3000", critical=critical)
    verdict = judge(leaf(**options) if place == "leaf" else under(**options), DEVICE)
    assert verdict.outcome is (pv.Outcome.REFUSED if critical else pv.Outcome.TRUSTED), verdict.explain()
    if critical:
        assert verdict.reason is pv.Reason.UNKNOWN_CRITICAL_EXTENSION


#: requireExplicitPolicy 0; 1.2.3 is as good as 1.2.4; 0.
DEMANDS = {"2.5.29.36": "3003800100", "2.5.29.33": "300a300806022a0306022a04", "2.5.29.54": "020100"}


@pytest.mark.parametrize(
    ("oid", "critical", "trusted"),
    [
        ("2.5.29.36", True, False),  # policyConstraints, critical or not
        ("2.5.29.36", False, False),
        ("2.5.29.33", True, True),  # policyMappings
        ("2.5.29.33", False, True),
        ("2.5.29.54", True, True),  # inhibitAnyPolicy
        ("2.5.29.54", False, True),
    ],
)
def test_only_a_demand_for_an_explicit_policy_refuses(oid: str, critical: bool, trusted: bool) -> None:
    verdict = judge(under(**raw(oid, DEMANDS[oid], critical=critical)), DEVICE)
    assert verdict.outcome is (pv.Outcome.TRUSTED if trusted else pv.Outcome.REFUSED), verdict.explain()
    if not trusted:
        assert verdict.reason is pv.Reason.POLICY_REQUIRED
