"""Attacks: what must never come out as TRUSTED, each beside its good twin, which must.

The attacker here holds what attackers hold: the key of a leaf, or of an intermediate that was constrained for a
reason; names in any string type; any certificates to send beside. Each test is named by the attack and says in a line
why it could work. Its control is the nearest chain without the attack: a test whose control fails proves nothing.
Signatures are real throughout.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
from array import array
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

import der_tools
import pki
import pyvalidator as pv
from pyvalidator import _core, signatures

GW: Final = pv.DNSName("gw.example")
SECOND: Final = timedelta(seconds=1)
BOTH_ENGINES: Final = pytest.mark.parametrize("engine", [pv.Engine.LIBCRYPTO, pv.Engine.CRYPTOGRAPHY])

ROOT: Final = pki.root("Honest Root")
CA: Final = ROOT.ca("Honest CA")
LEAF: Final = CA.leaf("gw", dns=["gw.example"], ip=["192.0.2.7"])


# --- Asking


def judge(
    *chain: pki.Issued | bytes,
    anchors: Iterable[pki.Issued | pv.TrustAnchor] = (ROOT,),
    subject: pv.Subject = GW,
    at: datetime | pv.Time = pki.NOW,
    engine: pv.Engine = pv.Engine.AUTO,
    cache: pv.Cache | None = None,
    **policy: Any,
) -> pv.Verdict:
    """The verdict on a chain, under the rules for devices and any purpose unless `policy` says otherwise."""
    store = pv.TrustStore(
        each if isinstance(each, pv.TrustAnchor) else pv.TrustAnchor.from_certificate(each.der) for each in anchors
    )
    validator = pv.Validator(store, pv.Policy.device(**policy), engine=engine, cache=cache)
    return validator.check([each if isinstance(each, bytes) else each.der for each in chain], subject, at)


def assert_trusted(verdict: pv.Verdict) -> None:
    """The control: it must hold, or the test beside it proves nothing."""
    assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()


def assert_refused(verdict: pv.Verdict, *reasons: str) -> None:
    """Refused, and for the right reason: a chain that fails for another one would pass the next day."""
    assert verdict.outcome is pv.Outcome.REFUSED, verdict.explain()
    assert verdict.reason.name in reasons, verdict.explain()


# --- Certificates that no library agrees to make


def resigned(issued: pki.Issued, edit: Callable[[bytes], bytes]) -> bytes:
    """The certificate with its signed part edited, and signed again by its (P-256) issuer: what a CA can issue."""
    tbs = edit(issued.certificate.tbs_certificate_bytes)
    return pki.sign_tbs(tbs, (issued.issuer or issued).key)


def swap(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """An edit: the one element that is `old` becomes `new`, the lengths around it put right."""

    def edit(tbs: bytes) -> bytes:
        [element] = [each for each in der_tools.elements(tbs) if tbs[each.start : each.end] == old]
        return der_tools.replace(tbs, element, new)

    return edit


def text_name(
    value: str, kind: _ASN1Type = _ASN1Type.UTF8String, oid: x509.ObjectIdentifier = NameOID.COMMON_NAME
) -> x509.Name:
    """A Name of one attribute in any type of string."""
    return x509.Name([x509.NameAttribute(oid, value, kind, _validate=False)])


def san(*names: bytes, critical: bool = False) -> x509.Extension[Any]:
    """A subjectAltName of GeneralNames written by hand."""
    return pki.raw_extension("2.5.29.17", pki.der(0x30, *names), critical=critical)


def dns(value: bytes) -> bytes:
    """A dNSName of any bytes."""
    return pki.der(0x82, value)


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    return pki.der(0x06, pv.EkuOid(dotted).encoded)


def constrained(**lists: list[x509.GeneralName]) -> pki.Issued:
    """An intermediate CA with name constraints: the attacker has its key."""
    return ROOT.ca("Constrained CA", extensions=[pki.name_constraints(**lists)])


# ======================================================================================================================
# Who may issue
# ======================================================================================================================


def test_a_leaf_issues_a_certificate() -> None:
    """A leaf's key signs as well as a CA's; only basicConstraints tells them apart (as CVE-2021-3450 forgot)."""
    victim = LEAF.leaf("victim", dns=["gw.example"])
    assert_trusted(judge(LEAF, CA))
    assert_refused(judge(victim, LEAF, CA), "NOT_A_CA")


def test_a_leaf_with_keycertsign_issues_a_certificate() -> None:
    """keyCertSign without cA is no right to issue (6.1.4 (k))."""
    usage = pki.key_usage("digital_signature", "key_cert_sign")
    almost = CA.leaf("almost a CA", dns=["gw.example"], usage=usage)
    assert_trusted(judge(almost, CA))
    assert_refused(judge(almost.leaf("victim", dns=["gw.example"]), almost, CA), "NOT_A_CA")


def test_a_ca_without_keycertsign_issues_a_certificate() -> None:
    """A CA that may only sign CRLs is not to issue (6.1.4 (n)); nor is one whose keyUsage is there and empty."""
    good = ROOT.ca("Signing CA", usage=pki.key_usage("key_cert_sign"))
    crl_only = ROOT.ca("CRL CA", usage=pki.key_usage("crl_sign"))
    nothing = ROOT.ca("Idle CA", extensions=[pki.raw_extension("2.5.29.15", b"\3\1\0", critical=True)])
    assert_trusted(judge(good.leaf("gw", dns=["gw.example"]), good))
    for ca in (crl_only, nothing):
        assert_refused(judge(ca.leaf("gw", dns=["gw.example"]), ca), "NO_CERT_SIGN")


def test_a_version_1_certificate_issues_a_certificate() -> None:
    """Before version 3 nothing said who is a CA: such a certificate is none, whatever extensions it carries."""
    leaf = CA.leaf("gw", dns=["gw.example"])
    v3 = pki.der(0xA0, b"\2\1\2")
    bare = CA.same(ski=False, aki=False, usage=None, omit=[x509.BasicConstraints.oid])
    assert_trusted(judge(leaf, CA))
    assert_refused(judge(leaf, resigned(CA, swap(v3, b""))), "RULE_VERSION")
    assert_refused(judge(leaf, resigned(bare, swap(v3, b""))), "NOT_A_CA")


def test_ca_true_in_another_spelling() -> None:
    """X.690 11.1 knows one TRUE. A reader that takes any other for it, beside one that does not, is two readers."""
    other = CA.patched(bytes.fromhex("30030101ff"), bytes.fromhex("3003010101"))
    assert_trusted(judge(LEAF, CA))
    assert_refused(judge(LEAF, other), "NO_ISSUER")


def test_two_basic_constraints() -> None:
    """First cA FALSE for one reader, then TRUE for another: each extension stands once (4.2)."""
    not_ca = pki.der(0x30, oid("2.5.29.19"), pki.der(0x04, b"\x30\0"))
    twice = resigned(CA, lambda tbs: _with_extension(tbs, not_ca))
    assert_refused(judge(LEAF, twice), "NO_ISSUER")
    harmless = resigned(CA, lambda tbs: _with_extension(tbs, pki.der(0x30, oid("1.2.3.4"), pki.der(0x04, b"\5\0"))))
    assert_trusted(judge(LEAF, harmless))


def _with_extension(tbs: bytes, extension: bytes) -> bytes:
    """The signed part with one extension more, in front of the others."""
    [tagged] = [each for each in der_tools.elements(tbs) if each.tag(tbs) == 0xA3 and each.depth == 1]
    inner = der_tools.read_element(tbs, tagged.body)
    return der_tools.replace(tbs, tagged, pki.der(0xA3, pki.der(0x30, extension, tbs[inner.body : inner.end])))


def test_a_path_longer_than_its_length_constraint() -> None:
    """A CA of pathLen 0 may issue leaves; the CA below it, for which it had no right, issues one."""
    short = ROOT.ca("Short CA", path_len=0)
    below = short.ca("Below")
    assert_trusted(judge(short.leaf("gw", dns=["gw.example"]), short))
    assert_refused(judge(below.leaf("gw", dns=["gw.example"]), below, short), "PATH_LEN_EXCEEDED")


def test_a_look_alike_name_is_not_self_issued() -> None:
    """Self-issued certificates are not counted (6.1.4 (l)); a name that only looks the same is not self-issued."""
    short = ROOT.ca("Short CA", path_len=0)
    rollover = short.ca("short  ca", label="second key")  # the same name, folded (7.1)
    cyrillic = short.ca("Shоrt CA", label="third key")  # with a Cyrillic o
    invisible = short.ca("Short\u200bCA", label="fourth key")
    assert_trusted(judge(rollover.leaf("gw", dns=["gw.example"]), rollover, short))
    for ca in (cyrillic, invisible):
        assert_refused(judge(ca.leaf("gw", dns=["gw.example"]), ca, short), "PATH_LEN_EXCEEDED")


def test_an_unknown_critical_extension_anywhere() -> None:
    """It could say anything, "not for you" included (4.2); not critical, it may be passed over."""
    for critical in (False, True):
        unknown = [pki.raw_extension("1.3.6.1.4.1.55555.1", b"\5\0", critical=critical)]
        on_leaf = judge(CA.leaf("gw", dns=["gw.example"], extensions=unknown), CA)
        on_ca = judge(LEAF, CA.same(extensions=unknown))
        for verdict in (on_leaf, on_ca):
            if critical:
                assert_refused(verdict, "UNKNOWN_CRITICAL_EXTENSION")
            else:
                assert_trusted(verdict)


def test_a_known_critical_extension_that_nobody_can_process() -> None:
    """A critical certificatePolicies is "known"; what it says must be understood too, its qualifiers included."""

    def policies(qualifier: str) -> list[x509.Extension[Any]]:
        entry = pki.der(0x30, oid(qualifier), pki.der(0x16, b"https://cps.example"))
        value = pki.der(0x30, pki.der(0x30, oid("1.2.3.4"), pki.der(0x30, entry)))
        return [pki.raw_extension("2.5.29.32", value, critical=True)]

    assert_trusted(judge(CA.leaf("gw", dns=["gw.example"], extensions=policies("1.3.6.1.5.5.7.2.1")), CA))
    unknown = CA.leaf("gw", dns=["gw.example"], extensions=policies("1.3.6.1.4.1.55555.2"))
    assert_refused(judge(unknown, CA), "UNKNOWN_CRITICAL_EXTENSION")
    garbled = [pki.raw_extension("2.5.29.32", b"\x30\x03\x02\x01\x05", critical=True)]
    assert_refused(judge(CA.leaf("gw", dns=["gw.example"], extensions=garbled), CA), "EXTENSION_MALFORMED")
    assert_refused(judge(LEAF, CA.same(extensions=garbled)), "EXTENSION_MALFORMED")


def test_a_mapping_of_any_policy() -> None:
    """6.1.4 (a): "any" mapped to a policy would make every policy that one; such a path fails even if none is asked."""

    def mapped(issuer: str, subject: str) -> pki.Issued:
        value = pki.der(0x30, pki.der(0x30, oid(issuer), oid(subject)))
        return CA.same(extensions=[pki.raw_extension("2.5.29.33", value)])

    assert_trusted(judge(LEAF, mapped("1.2.3.4", "1.2.3.5")))
    assert_refused(judge(LEAF, mapped("2.5.29.32.0", "1.2.3.5")), "POLICY_MAPPING_ANY")
    assert_refused(judge(LEAF, mapped("1.2.3.4", "2.5.29.32.0")), "POLICY_MAPPING_ANY")


def test_a_demand_for_policies_is_not_passed_over() -> None:
    """policyConstraints switches policy checking on: a path that asserts no policy then fails."""
    demand = pki.raw_extension("2.5.29.36", pki.der(0x30, pki.der(0x80, b"\0")))
    assert_trusted(judge(LEAF, CA))
    assert_refused(judge(LEAF, CA.same(extensions=[demand])), "POLICY_REQUIRED")


@pytest.mark.parametrize(
    ("rule", "changes", "on_leaf"),
    [
        (
            "RULE_NC_NOT_CRITICAL",
            {"extensions": [pki.extension(x509.NameConstraints([x509.DNSName("example")], None))]},
            False,
        ),
        ("RULE_NC_NOT_CA", {"extensions": [pki.name_constraints(permitted=[x509.DNSName("example")])]}, True),
        ("RULE_AUTHORITY_KEY_ID", {"aki": False}, True),
        ("RULE_AUTHORITY_KEY_ID", {"aki": False}, False),
        ("RULE_AUTHORITY_KEY_ID", {"extensions": [pki.raw_extension("2.5.29.35", b"\x30\0")]}, True),
        ("RULE_SUBJECT_KEY_ID", {"ski": False}, False),
        ("EXTENSION_MALFORMED", {"extensions": [pki.raw_extension("1.3.6.1.5.5.7.1.1", b"\x30\0")]}, True),
    ],
)
def test_what_section_4_forbids_under_the_strict_profile(rule: str, changes: dict[str, Any], on_leaf: bool) -> None:
    """The strict profile promises every rule of section 4 that it names; DEVICE notes those without security value."""
    chain = [LEAF.same(**changes), CA] if on_leaf else [LEAF, CA.same(**changes)]
    assert_trusted(judge(LEAF, CA, profile=pv.Profile.RFC5280))
    assert_trusted(judge(*chain))
    assert_refused(judge(*chain, profile=pv.Profile.RFC5280), rule)


# ======================================================================================================================
# Name constraints: the holder of a constrained intermediate's key wants out
# ======================================================================================================================


def test_a_name_outside_the_permitted_subtree() -> None:
    """The plain breach, and two that only a comparison of strings would miss."""
    ca = constrained(permitted=[x509.DNSName("gw.example")])
    assert_trusted(judge(ca.leaf("gw", dns=["gw.example"]), ca))
    for name in ("evilgw.example", "example", "gw.example.evil.example"):
        leaf = ca.leaf("gw", dns=["gw.example", name])
        assert_refused(judge(leaf, ca), "NC_NOT_PERMITTED")


def test_a_wildcard_over_an_excluded_name() -> None:
    """ "*.example" is not "gw.example", but it speaks for it (CVE-2025-61727)."""
    ca = constrained(excluded=[x509.DNSName("gw.corp.example")])
    host = pv.DNSName("gw.corp.example")
    assert_trusted(judge(ca.leaf("x", dns=["*.lab.example"]), ca, subject=pv.DNSName("a.lab.example")))
    assert_refused(judge(ca.leaf("x", dns=["*.corp.example"]), ca, subject=host), "NC_EXCLUDED")


def test_a_wildcard_wider_than_the_permitted_name() -> None:
    """The other way round: some of what it stands for is permitted, the rest is not."""
    ca = constrained(permitted=[x509.DNSName("gw.corp.example")])
    host = pv.DNSName("gw.corp.example")
    assert_trusted(judge(ca.leaf("x", dns=["gw.corp.example"]), ca, subject=host))
    assert_refused(judge(ca.leaf("x", dns=["*.corp.example"]), ca, subject=host), "NC_NOT_PERMITTED")


@pytest.mark.parametrize(
    "name", [b"GW.Example", b"gw.example.", b"gw.example\0.ok.example", b" gw.example", b"*.gw.example"]
)
def test_an_excluded_name_in_disguise(name: bytes) -> None:
    """Case, a final dot, a NUL, a space: whatever is not plainly another name is taken for the excluded one."""
    ca = constrained(excluded=[x509.DNSName("gw.example")])
    assert_trusted(judge(ca.leaf("x", extensions=[san(dns(b"ok.example"))]), ca, subject=pv.AnySubject()))
    leaf = ca.leaf("x", extensions=[san(dns(b"ok.example"), dns(name))])
    assert_refused(judge(leaf, ca, subject=pv.AnySubject()), "NC_EXCLUDED", "SAN_MALFORMED")


@pytest.mark.parametrize(
    "subject",
    [
        text_name("ACME   corp"),
        text_name(" acme Corp "),
        text_name("Acme Corp", _ASN1Type.PrintableString),
        text_name("Acme Corp", _ASN1Type.BMPString),
        text_name("Acme Corp", _ASN1Type.T61String),
        text_name("Acme\u00a0Corp"),
        text_name("Acme\u200b Corp"),
        text_name("Acme Corp\u202e"),
    ],
    ids=lambda name: ascii(name.rdns[0].rfc4514_string()) if isinstance(name, x509.Name) else None,
)
def test_an_excluded_directory_name_in_another_string_type(subject: x509.Name) -> None:
    """Case, spaces, string types and invisible characters: what a fuller preparation could call equal is excluded."""
    ca = constrained(excluded=[x509.DirectoryName(text_name("Acme Corp"))])
    good = ca.leaf(None, subject=text_name("Other Corp"), dns=["gw.example"])
    bad = ca.leaf(None, subject=subject, dns=["gw.example"])
    assert_trusted(judge(good, ca))
    assert_refused(judge(bad, ca), "NC_EXCLUDED")


@pytest.mark.parametrize("kind", [_ASN1Type.BMPString, _ASN1Type.T61String])
def test_a_permitted_directory_name_only_in_appearance(kind: _ASN1Type) -> None:
    """Doubt never permits: a string type that is not folded is not the permitted name."""
    ca = constrained(permitted=[x509.DirectoryName(text_name("Acme Corp"))])
    assert_trusted(judge(ca.leaf(None, subject=text_name("ACME corp"), dns=["gw.example"]), ca))
    assert_refused(
        judge(ca.leaf(None, subject=text_name("Acme Corp", kind), dns=["gw.example"]), ca), "NC_NOT_PERMITTED"
    )


def test_a_name_smuggled_in_by_a_self_issued_leaf() -> None:
    """6.1.3 (b) spares self-issued intermediates; the last certificate is never spared."""
    ca = constrained(permitted=[x509.DNSName("ok.example")])
    good = ca.leaf(None, subject=ca.plan.subject, dns=["ok.example"])
    bad = ca.leaf(None, subject=ca.plan.subject, dns=["gw.example"])
    assert_trusted(judge(good, ca, subject=pv.DNSName("ok.example")))
    assert_refused(judge(bad, ca), "NC_NOT_PERMITTED")


def test_constraints_shed_by_a_self_issued_certificate() -> None:
    """The CA certifies its own name with a new key and without the constraints: the old ones still stand above."""
    ca = constrained(permitted=[x509.DNSName("ok.example")])
    fresh = ca.ca("Constrained CA", label="a new key")
    assert_trusted(judge(fresh.leaf("x", dns=["ok.example"]), fresh, ca, subject=pv.DNSName("ok.example")))
    assert_refused(judge(fresh.leaf("x", dns=["gw.example"]), fresh, ca), "NC_NOT_PERMITTED")


def test_constraints_shed_by_a_subordinate_ca() -> None:
    """Permitted subtrees intersect (6.1.4 (g)): who is below cannot widen what is above."""
    ca = constrained(permitted=[x509.DNSName("ok.example")])
    wide = ca.ca("Wide CA", extensions=[pki.name_constraints(permitted=[x509.DNSName("example")])])
    assert_trusted(judge(wide.leaf("x", dns=["ok.example"]), wide, ca, subject=pv.DNSName("ok.example")))
    assert_refused(judge(wide.leaf("x", dns=["gw.example"]), wide, ca), "NC_NOT_PERMITTED")


def test_constraints_written_so_that_nobody_reads_them() -> None:
    """Empty, or garbled: a constraint that cannot be read is not the absence of one."""
    good = constrained(permitted=[x509.DNSName("gw.example")])
    assert_trusted(judge(good.leaf("gw", dns=["gw.example"]), good))
    for value in (b"", b"\x30\0", b"\x30\2\xa0\0", b"\5\0", bytes.fromhex("30 07 a0 05 30 03 82 01 2e")):
        ca = ROOT.ca("Constrained CA", extensions=[pki.raw_extension("2.5.29.30", value, critical=True)])
        assert_refused(judge(ca.leaf("gw", dns=["gw.example"]), ca), "NC_MALFORMED")


def test_a_constraint_on_a_form_that_is_not_judged() -> None:
    """An otherName that is constrained, and cannot be compared, is refused as soon as such a name is there."""
    mark = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.55555.3"), pki.der(0x0C, b"x"))
    for lists in ({"permitted": [mark]}, {"excluded": [mark]}):
        ca = constrained(**lists)
        assert_trusted(judge(ca.leaf("gw", dns=["gw.example"]), ca))
        assert_refused(judge(ca.leaf("gw", dns=["gw.example"], other=[mark]), ca), "NC_UNSUPPORTED")


@pytest.mark.parametrize(
    "uri",
    [
        "https://ok.example@gw.example/",
        "https://ok.example:80@gw.example/",
        "https://a@ok.example@gw.example/",
        "https://192.0.2.7/",
        "https://[2001:db8::1]/",
        "https://gw.example#@ok.example/",
        "https://gw.example?.ok.example/",
        "https://ok.example./",
        "https://ok%2eexample/",
        "urn:device:7",
    ],
)
def test_a_uri_whose_host_is_another(uri: str) -> None:
    """The host of a URI is what stands behind the user and before the port, the path, the query (RFC 3986 3.2)."""
    ca = constrained(permitted=[x509.UniformResourceIdentifier("ok.example")])
    good = ca.leaf("x", uri=["https://user:pw@OK.example:8443/a@b"])
    assert_trusted(judge(good, ca, subject=pv.AnySubject()))
    assert_refused(judge(ca.leaf("x", uri=[uri]), ca, subject=pv.AnySubject()), "NC_NOT_PERMITTED")


def test_an_excluded_mail_domain_in_the_subject() -> None:
    """Where no rfc822Name says it, emailAddress attributes of the subject are held to the constraints (4.2.1.10)."""
    ca = constrained(excluded=[x509.RFC822Name("corp.example")])
    for value, kind, is_good in (
        ("a@lab.example", _ASN1Type.IA5String, True),
        ("a@corp.example", _ASN1Type.IA5String, False),
        ("a@CORP.example", _ASN1Type.UTF8String, False),
        ("a@corp.example", _ASN1Type.BMPString, False),
        ("a@corp.example.", _ASN1Type.IA5String, False),
    ):
        leaf = ca.leaf(None, subject=text_name(value, kind, NameOID.EMAIL_ADDRESS), dns=["gw.example"])
        if is_good:
            assert_trusted(judge(leaf, ca))
        else:
            assert_refused(judge(leaf, ca), "NC_EXCLUDED", "SAN_MALFORMED")


def test_an_excluded_mailbox_as_smtp_utf8() -> None:
    """RFC 9598 6: constraints on rfc822Name hold for the other form of mailbox; an ASCII one in it is no mailbox."""
    ca = constrained(excluded=[x509.RFC822Name("corp.example")])

    def mailbox(value: str) -> pki.Issued:
        name = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9"), pki.der(0x0C, value.encode()))
        return ca.leaf("x", dns=["gw.example"], other=[name])

    assert_trusted(judge(mailbox("jürgen@lab.example"), ca))
    assert_refused(judge(mailbox("jürgen@corp.example"), ca), "NC_EXCLUDED")
    assert_refused(judge(mailbox("juergen@corp.example"), ca), "SAN_MALFORMED")


def test_an_excluded_address_in_ipv6_dress() -> None:
    """::ffff:192.0.2.7 reaches the very host that 192.0.2.7 does, and is no IPv4 name: doubt is excluded."""
    ca = constrained(excluded=[x509.IPAddress(ip_network("192.0.2.0/24"))])
    assert_trusted(judge(ca.leaf("x", ip=["::ffff:198.51.100.7"]), ca, subject=pv.IPAddress("::ffff:198.51.100.7")))
    assert_refused(judge(ca.leaf("x", ip=["192.0.2.7"]), ca, subject=pv.IPAddress("192.0.2.7")), "NC_EXCLUDED")
    assert_refused(
        judge(ca.leaf("x", ip=["::ffff:192.0.2.7"]), ca, subject=pv.IPAddress("::ffff:192.0.2.7")), "NC_EXCLUDED"
    )


# ======================================================================================================================
# Identity: a certificate for one name, presented for another
# ======================================================================================================================


@pytest.mark.parametrize(
    "name",
    [
        b"*",
        b"*.example",
        b"g*.example",
        b"*w.example",
        b"gw.*",
        b"*.*",
        b"gw.example.",
        b".gw.example",
        b"gw.example\0",
        b"gw.example\0.evil",
        b"gw.example ",
        b"xn--gw.example",
        b"sub.gw.example",
        b"gw.exam",
        b"",
    ],
)
def test_a_dns_name_that_is_not_the_one_asked_for(name: bytes) -> None:
    """RFC 9525 6.3: labels whole, one wildcard, leftmost, alone, never over a top-level domain. Nothing else."""
    good = CA.leaf("x", extensions=[san(dns(b"GW.Example"))])
    assert_trusted(judge(good, CA))
    assert_refused(judge(CA.leaf("x", extensions=[san(dns(name))]), CA), "SUBJECT_MISMATCH")


def test_a_wildcard_spans_one_label() -> None:
    """ "*.corp.example" is neither a.b.corp.example nor corp.example."""
    leaf = CA.leaf("x", dns=["*.corp.example"])
    assert_trusted(judge(leaf, CA, subject=pv.DNSName("a.corp.example")))
    for host in ("a.b.corp.example", "corp.example"):
        assert_refused(judge(leaf, CA, subject=pv.DNSName(host)), "SUBJECT_MISMATCH")


def test_the_common_name_is_no_identity() -> None:
    """It names whatever a CA once let people type."""
    assert_trusted(judge(CA.leaf("gw.example", dns=["gw.example"]), CA))
    assert_refused(judge(CA.leaf("gw.example"), CA), "SAN_MISSING")
    assert_refused(judge(CA.leaf("gw.example", dns=["other.example"]), CA), "SUBJECT_MISMATCH")


def test_a_name_of_another_form() -> None:
    """An address written as a dNSName, a host as a URI or mailbox: forms are never compared across."""
    address = pv.IPAddress("192.0.2.7")
    assert_trusted(judge(CA.leaf("x", ip=["192.0.2.7"]), CA, subject=address))
    assert_refused(judge(CA.leaf("x", extensions=[san(dns(b"192.0.2.7"))]), CA, subject=address), "SUBJECT_MISMATCH")
    assert_refused(judge(CA.leaf("x", ip=["::ffff:192.0.2.7"]), CA, subject=address), "SUBJECT_MISMATCH")
    for name in (pki.der(0x86, b"gw.example"), pki.der(0x81, b"a@gw.example"), pki.der(0x86, b"https://gw.example")):
        assert_refused(judge(CA.leaf("x", extensions=[san(name)]), CA), "SUBJECT_MISMATCH")


def test_a_good_name_before_a_garbled_one() -> None:
    """What follows a match is read too: a reader that stops at the match takes what another would refuse."""
    assert_trusted(judge(CA.leaf("x", extensions=[san(dns(b"gw.example"), dns(b"b.example"))]), CA))
    for tail in (pki.der(0x87, b"\1\2\3"), pki.der(0x82, b"\xff"), b"\x82\x7f", pki.der(0x8B, b"x"), b"\0"):
        leaf = CA.leaf("x", extensions=[san(dns(b"gw.example"), tail)])
        assert_refused(judge(leaf, CA), "SAN_MALFORMED")


def test_two_subject_alt_names() -> None:
    """One for the CA's reviewer, one for the relying party: each extension stands once (4.2)."""
    extra = pki.der(0x30, oid("2.5.29.17"), pki.der(0x04, pki.der(0x30, dns(b"gw.example"))))
    other = CA.leaf("x", dns=["other.example"])
    assert_refused(judge(resigned(other, lambda tbs: _with_extension(tbs, extra)), CA), "CERT_EXTENSION_REPEATED")
    bare = CA.leaf("x")
    assert_trusted(judge(resigned(bare, lambda tbs: _with_extension(tbs, extra)), CA))


def test_an_identity_that_nobody_could_ask_for() -> None:
    """Gateways that asked for anyone read `identities`: a typed one is a name that the same leaf answers to."""

    def smtp_utf8(mailbox: str) -> bytes:
        return pki.der(0xA0, oid("1.3.6.1.5.5.7.8.9"), pki.der(0xA0, pki.der(0x0C, mailbox.encode())))

    def identities(name: bytes) -> list[pv.Identity]:
        leaf = CA.leaf("x", extensions=[san(name)])
        verdict = judge(leaf, CA, subject=pv.AnySubject())
        assert_trusted(verdict)
        for each in verdict.identities:
            if isinstance(each, pv.DNSName | pv.IPAddress | pv.URI | pv.EmailAddress):
                assert_trusted(judge(leaf, CA, subject=each))
        return list(verdict.identities)

    good = (smtp_utf8("jürgen@corp.example"), pki.der(0x81, b"a@corp.example"), dns(b"GW.example"))
    for name in (*good, pki.der(0x86, b"urn:gw:7"), pki.der(0x87, b"\xc0\0\2\7")):
        assert not isinstance(identities(name)[0], pv.OtherName)
    bad = (smtp_utf8("a@corp.example"), pki.der(0x81, b"a@corp.example\0"), dns(b"gw.example."), dns(b"192.0.2.7"))
    for name in (*bad, dns(b"a_b.example"), pki.der(0x86, b'https://gw"'), pki.der(0x86, b"https://{gw}/")):
        assert isinstance(identities(name)[0], pv.OtherName)


def test_a_subject_is_never_text_and_never_nothing() -> None:
    """A bare str, None or "" would be compared with nothing, or with everything."""
    validator = pv.Validator(pv.TrustStore.from_der([ROOT.der]), pv.Policy.device())
    for subject in ("gw.example", "", None, b"gw.example", False):
        with pytest.raises(TypeError):
            validator.check([LEAF.der, CA.der], subject, pki.NOW)  # type: ignore[arg-type]
    for text in ("", "*.example", "gw.example.", "gw\0.example", "192.0.2.7", "gẃ.example"):
        with pytest.raises(pv.InvalidName):
            pv.DNSName(text)


# ======================================================================================================================
# Purpose
# ======================================================================================================================


def test_a_purpose_that_the_intermediate_does_not_have() -> None:
    """A CA for mail issues for servers: extended key usages nest (4.2.1.12 as everyone practises it)."""
    mail = ROOT.ca("Mail CA", eku=[x509.ObjectIdentifier("1.3.6.1.5.5.7.3.4")])
    servers = ROOT.ca("Server CA", eku=[pki.SERVER])
    options = {"dns": ["gw.example"]}
    assert_trusted(judge(servers.leaf("gw", **options), servers, purpose=pv.Purpose.SERVER_AUTH))
    assert_refused(judge(mail.leaf("gw", **options), mail, purpose=pv.Purpose.SERVER_AUTH), "EKU_MISMATCH")


@pytest.mark.parametrize(
    "purpose",
    [pv.Purpose.OCSP_SIGNING, pv.EkuOid("1.3.6.1.5.5.7.3.9"), pv.Purpose.TIME_STAMPING, pv.EkuOid("1.3.6.1.5.5.7.3.8")],
    ids=str,
)
def test_any_purpose_is_not_one_that_must_be_named(purpose: pv.Purpose | pv.EkuOid) -> None:
    """RFC 6960 4.2.2.2, RFC 3161 2.3: neither "any" nor silence makes a responder, however the purpose is spelled."""
    named = [x509.ObjectIdentifier("1.3.6.1.5.5.7.3.8"), x509.ObjectIdentifier("1.3.6.1.5.5.7.3.9")]
    any_eku = [x509.ObjectIdentifier("2.5.29.37.0")]
    assert_trusted(judge(LEAF.same(eku=named), CA, purpose=purpose))
    for eku in ((), any_eku, [pki.SERVER]):
        assert_refused(judge(LEAF.same(eku=eku), CA, purpose=purpose), "EKU_MISMATCH")


@pytest.mark.parametrize("purpose", [pv.Purpose.CODE_SIGNING, pv.EkuOid("1.3.6.1.5.5.7.3.3")], ids=str)
def test_a_key_usage_against_the_purpose(purpose: pv.Purpose | pv.EkuOid) -> None:
    """Both extensions must allow it (4.2.1.12), and keyUsage where it stands alone: encipherment signs no code."""
    signer = LEAF.same(eku=[pki.CODE_SIGNING])
    for eku in ([pki.CODE_SIGNING], ()):
        assert_trusted(judge(signer.same(eku=eku), CA, purpose=purpose))
        wrong = signer.same(eku=eku, usage=pki.key_usage("key_encipherment"))
        assert_refused(judge(wrong, CA, purpose=purpose), "KEY_USAGE_PURPOSE")


def test_a_list_of_purposes_that_cannot_be_read_to_its_end() -> None:
    """The match comes first, the garbage after; or there is nothing at all."""
    server = oid("1.3.6.1.5.5.7.3.1")

    def listed(value: bytes) -> pv.Verdict:
        leaf = LEAF.same(eku=(), extensions=[pki.raw_extension("2.5.29.37", value)])
        return judge(leaf, CA, purpose=pv.Purpose.SERVER_AUTH)

    assert_trusted(listed(pki.der(0x30, server)))
    for value in (pki.der(0x30, server, b"\5\0"), pki.der(0x30, server) + b"\0", pki.der(0x30), b"", server):
        assert_refused(listed(value), "EXTENSION_MALFORMED")


# ======================================================================================================================
# Signatures and keys
# ======================================================================================================================


@BOTH_ENGINES
def test_a_signature_by_nobody(engine: pv.Engine) -> None:
    """A bit turned over, in the signature or in what it signs; and a signature of another certificate."""
    assert_trusted(judge(LEAF, CA, engine=engine))
    body = LEAF.certificate.tbs_certificate_bytes
    twin = CA.leaf("twin", dns=["gw.example"])
    for forged in (
        der_tools.flip_bit(LEAF.der, 8 * len(LEAF.der) - 1),
        LEAF.der.replace(b"gw.example", b"gx.example"),
        pki.der(0x30, body, pki.ECDSA_SHA256, pki.der(0x03, b"\0", twin.certificate.signature)),
        pki.sign_tbs(body, pki.key("the attacker's")),
    ):
        assert_refused(judge(forged, CA, engine=engine, subject=pv.AnySubject()), "SIGNATURE_BAD")


@BOTH_ENGINES
def test_a_signature_of_zeros(engine: pv.Engine) -> None:
    """r = s = 0 satisfies the equation of ECDSA for every message and key (CVE-2022-21449); so would r = s = n."""
    body = LEAF.certificate.tbs_certificate_bytes
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    assert_trusted(judge(LEAF, CA, engine=engine))
    for r, s in ((0, 0), (0, 1), (1, 0), (order, order), (order, 1)):
        numbers = [pki.der(0x02, value.to_bytes(value.bit_length() // 8 + 1)) for value in (r, s)]
        forged = pki.der(0x30, body, pki.ECDSA_SHA256, pki.der(0x03, b"\0", pki.der(0x30, *numbers)))
        assert_refused(judge(forged, CA, engine=engine), "SIGNATURE_BAD")


@BOTH_ENGINES
def test_padding_forged_for_an_exponent_of_three(engine: pv.Engine) -> None:
    """Bleichenbacher 2006: where bytes behind the hash are passed over, a cube root is a signature."""
    ca = ROOT.ca("Cube CA").same(public_of=rsa.generate_private_key(3, 2048))
    leaf = ca.leaf("gw", dns=["gw.example"])
    assert_trusted(judge(leaf, ca, engine=engine))
    body = leaf.certificate.tbs_certificate_bytes
    info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(body).digest()
    head = b"\0\1" + b"\xff" * 8 + b"\0" + info
    root = _cube_root(int.from_bytes(head.ljust(256, b"\0"))) + 1
    assert (root**3).to_bytes(256)[: len(head)] == head
    algorithm = pki.der(0x30, oid("1.2.840.113549.1.1.11"), b"\5\0")
    forged = pki.der(0x30, body, algorithm, pki.der(0x03, b"\0", root.to_bytes(256)))
    assert_refused(judge(forged, ca, engine=engine), "SIGNATURE_BAD")


def _cube_root(value: int) -> int:
    """The integer part."""
    low, high = 0, 1 << (value.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= value else (low, middle - 1)
    return low


def test_a_curve_of_the_attackers_own() -> None:
    """A root's public point over a curve with another generator: then everybody knows its key (CVE-2020-0601)."""
    named = oid("1.2.840.10045.3.1.7")
    spki = ROOT.spki
    point = spki[-65:]
    field = pki.der(0x30, oid("1.2.840.10045.1.1"), pki.der(0x02, b"\0" + b"\xff" * 32))
    curve = pki.der(0x30, pki.der(0x04, b"\1" * 32), pki.der(0x04, b"\2" * 32))
    explicit = pki.der(
        0x30, b"\2\1\1", field, curve, pki.der(0x04, point), pki.der(0x02, b"\0" + b"\xff" * 32), b"\2\1\1"
    )
    fake_root = pki.sign_tbs(swap(named, explicit)(ROOT.certificate.tbs_certificate_bytes), pki.key("anybody's"))
    forged = pki.sign_tbs(ROOT.leaf("gw", dns=["gw.example"]).certificate.tbs_certificate_bytes, pki.key("anybody's"))
    assert_trusted(judge(ROOT.leaf("gw", dns=["gw.example"]), ROOT))
    assert_refused(judge(forged, fake_root), "SIGNATURE_BAD")
    with pytest.raises(pv.NotAnAnchor):
        pv.TrustStore.from_der([fake_root])


def test_an_intermediate_on_a_curve_of_its_own() -> None:
    """Even rightly signed, a key with explicit parameters verifies nothing (RFC 5480 2.1.1); nor does another curve."""
    explicit = resigned(CA, swap(oid("1.2.840.10045.3.1.7"), pki.der(0x30, b"\2\1\1")))
    k256 = resigned(CA, swap(oid("1.2.840.10045.3.1.7"), oid("1.3.132.0.10")))
    assert_trusted(judge(LEAF, CA))
    for ca in (explicit, k256):
        assert_refused(judge(LEAF, ca), "KEY_CURVE")


@BOTH_ENGINES
def test_a_point_off_its_curve(engine: pv.Engine) -> None:
    """On a curve of small order that shares the formulas, a key can be guessed."""
    off = CA.key.public_key().public_numbers()
    point = b"\4" + off.x.to_bytes(32) + off.y.to_bytes(32)
    bent = resigned(CA, lambda tbs: tbs.replace(point, der_tools.flip_bit(point, 8 * 65 - 1)))
    assert_trusted(judge(LEAF, CA, engine=engine))
    verdict = judge(LEAF, bent, engine=engine)
    assert verdict.outcome is not pv.Outcome.TRUSTED


def test_two_algorithms_in_one_certificate() -> None:
    """The signed and the unsigned algorithm differ: one of them is not what was signed (4.1.1.2)."""
    sha384 = pki.der(0x30, oid("1.2.840.10045.4.3.3"))
    body = LEAF.certificate.tbs_certificate_bytes
    assert_trusted(judge(pki.sign_tbs(body, CA.key), CA))
    assert_refused(judge(pki.sign_tbs(body, CA.key, sha384), CA), "CERT_ALGORITHM_MISMATCH")


def test_an_algorithm_that_the_key_does_not_have() -> None:
    """ "RSA" under an elliptic curve key, Ed25519 under it: what the verifier does then is anybody's guess."""
    assert_trusted(judge(LEAF, CA))
    for dotted, tail in (("1.2.840.113549.1.1.11", b"\5\0"), ("1.3.101.112", b"")):
        algorithm = pki.der(0x30, oid(dotted), tail)
        body = swap(pki.ECDSA_SHA256, algorithm)(LEAF.certificate.tbs_certificate_bytes)
        assert_refused(judge(pki.sign_tbs(body, CA.key, algorithm), CA), "ALGORITHM_KEY_MISMATCH")


def test_a_pkcs1_signature_under_a_key_for_pss() -> None:
    """RFC 4055 1.2: a key that says id-RSASSA-PSS makes those signatures only."""
    ca = ROOT.ca("PSS CA", kind="rsa2048")
    plain = pki.der(0x30, oid("1.2.840.113549.1.1.1"), b"\5\0")
    pss_only = resigned(ca, swap(plain, pki.der(0x30, oid("1.2.840.113549.1.1.10"))))
    assert_trusted(judge(ca.leaf("gw", dns=["gw.example"]), ca))
    assert_trusted(judge(ca.leaf("gw", dns=["gw.example"], pss=True), pss_only))
    assert_refused(judge(ca.leaf("gw", dns=["gw.example"]), pss_only), "ALGORITHM_KEY_MISMATCH")


def test_parameters_where_there_are_none() -> None:
    """Ed25519 and ECDSA have none (RFC 8410 3, RFC 5758 3.2): whatever stands there was not meant for this verifier."""
    ed = ROOT.ca("Ed CA", kind="ed25519")
    leaf = ed.leaf("gw", dns=["gw.example"])
    plain, dressed = pki.der(0x30, oid("1.3.101.112")), pki.der(0x30, oid("1.3.101.112"), b"\5\0")
    assert_trusted(judge(leaf, ed))
    assert_refused(judge(leaf, resigned(ed, swap(plain, dressed))), "ALGORITHM_PARAMETERS")
    algorithm = pki.der(0x30, oid("1.2.840.10045.4.3.2"), b"\5\0")
    body = swap(pki.ECDSA_SHA256, algorithm)(LEAF.certificate.tbs_certificate_bytes)
    assert_refused(judge(pki.sign_tbs(body, CA.key, algorithm), CA), "ALGORITHM_PARAMETERS")


def test_sha1_on_an_edge() -> None:
    """Collisions are for sale; it is taken for a root's own signature at store building, never on a path."""
    root = pki.root("RSA Root", kind="rsa2048")
    ca = root.ca("RSA CA", kind="rsa2048")
    leaf = ca.leaf("gw", dns=["gw.example"])
    anchor = pv.TrustAnchor.from_certificate(pki.with_sha1(root))
    assert_trusted(judge(leaf, ca, anchors=[anchor]))
    assert_refused(judge(leaf, pki.with_sha1(ca), anchors=[anchor]), "ALGORITHM_NOT_ALLOWED")
    assert_refused(judge(pki.with_sha1(leaf), ca, anchors=[anchor]), "ALGORITHM_NOT_ALLOWED")


def test_a_key_smaller_than_the_policy_allows() -> None:
    """On the leaf, on the intermediate, and on the anchor alike."""
    roots = {bits: pki.root(f"Root {bits}", kind=f"rsa{bits}") for bits in (2048, 3072)}
    for small in range(3):
        sizes = [2048 if place == small else 3072 for place in range(3)]
        root = roots[sizes[2]]
        ca = root.ca("Sized CA", kind=f"rsa{sizes[1]}")
        leaf = ca.leaf("gw", kind=f"rsa{sizes[0]}", dns=["gw.example"])
        assert_trusted(judge(leaf, ca, anchors=[root]))
        assert_refused(judge(leaf, ca, anchors=[root], min_rsa_bits=3072), "KEY_TOO_SMALL")


# ======================================================================================================================
# Anchors
# ======================================================================================================================


def test_the_peer_sends_its_own_root() -> None:
    """A root with the trusted one's name and another key, and with its key identifier."""
    fake = pki.root(
        "Honest Root",
        label="the attacker's",
        extensions=[pki.extension(x509.SubjectKeyIdentifier.from_public_key(ROOT.key.public_key()))],
    )
    ca = fake.ca("Fake CA")
    assert_trusted(judge(LEAF, CA, ROOT))
    assert_refused(judge(ca.leaf("gw", dns=["gw.example"]), ca, fake), "SIGNATURE_BAD")


def test_what_is_no_root_becomes_an_anchor() -> None:
    """Only roots are anchors: no intermediate, cross-sign, leaf, look-alike, or root signed by another key."""
    other = pki.root("Other Root")
    assert len(pv.TrustStore.from_der([ROOT.der, other.der])) == 2
    rollover = ROOT.ca("Honest Root", label="a new key")
    borrowed = pki.sign_tbs(ROOT.certificate.tbs_certificate_bytes, pki.key("the attacker's"))
    for wrong in (CA.der, pki.cross_sign(ROOT, other).der, rollover.der, borrowed):
        with pytest.raises(pv.IntermediateAsAnchor):
            pv.TrustStore.from_der([ROOT.der, wrong])
    own = pki.issue(pki.leaf_plan("self-signed", dns=["gw.example"]), None)
    for wrong in (LEAF.der, own.der):
        with pytest.raises(pv.EndEntityAsAnchor):
            pv.TrustStore.from_der([ROOT.der, wrong])


def test_an_anchor_changed_after_the_fact() -> None:
    """A copy with other limits keeps the certificate's own, and a copy of an intermediate is still no root."""
    limited = pki.root("Limited Root", extensions=[pki.name_constraints(permitted=[x509.DNSName("ok.example")])])
    ca = limited.ca("Below the limit")
    later = pv.AnchorConstraints(distrust_after=datetime(2039, 1, 1, tzinfo=UTC))
    anchor = dataclasses.replace(pv.TrustAnchor.from_certificate(limited.der), constraints=later)
    assert_trusted(judge(ca.leaf("x", dns=["ok.example"]), ca, anchors=[anchor], subject=pv.DNSName("ok.example")))
    assert_refused(judge(ca.leaf("x", dns=["gw.example"]), ca, anchors=[anchor]), "NC_NOT_PERMITTED")
    with pytest.raises(pv.IntermediateAsAnchor):
        pv.TrustStore([dataclasses.replace(pv.TrustAnchor.from_certificate(CA.der), constraints=later)])
    with pytest.raises(pv.PolicyError):
        dataclasses.replace(anchor, spki=pki.spki(pki.key("the attacker's")))


def test_limits_of_an_anchor() -> None:
    """What a root's certificate says of itself counts (RFC 5914), and what its owner says on top."""
    ended = {"not_before": datetime(2010, 1, 1, tzinfo=UTC), "not_after": datetime(2021, 9, 30, tzinfo=UTC)}
    for reason, changes in (
        ("ANCHOR_EXPIRED", ended),
        ("PATH_LEN_EXCEEDED", {"path_len": 0}),
        ("NC_NOT_PERMITTED", {"extensions": [pki.name_constraints(permitted=[x509.DNSName("ok.example")])]}),
        ("EKU_MISMATCH", {"eku": [pki.CODE_SIGNING]}),
    ):
        options: dict[str, Any] = {"purpose": pv.Purpose.SERVER_AUTH}
        assert_trusted(judge(LEAF, CA, **options))
        assert_refused(judge(LEAF, CA, anchors=[ROOT.same(**changes)], **options), reason)


def test_a_nameless_root() -> None:
    """It would stand above every certificate that names no issuer (4.1.2.6)."""
    nobody = pki.root("x", subject=x509.Name([]))
    assert_trusted(judge(ROOT.leaf("gw", dns=["gw.example"])))
    assert_refused(judge(nobody.leaf("gw", dns=["gw.example"]), nobody), "NO_ISSUER", "RULE_CA_EMPTY_SUBJECT")
    with pytest.raises(pv.NotAnAnchor):
        pv.TrustStore.from_der([nobody.der])
    with pytest.raises(pv.StoreError):
        pv.TrustStore([pv.TrustAnchor(subject=b"\x30\0", spki=nobody.spki)])


def test_issued_after_the_distrust() -> None:
    """A root that is being phased out anchors what it issued before, whatever the anchor checks say."""
    issued = LEAF.plan.not_before
    for checks in pv.AnchorChecks:

        def until(moment: datetime, checks: pv.AnchorChecks = checks) -> pv.Verdict:
            limits = pv.AnchorConstraints(distrust_after=moment)
            anchor = pv.TrustAnchor.from_certificate(ROOT.der, constraints=limits)
            return judge(LEAF, CA, anchors=[anchor], anchor_checks=checks)

        assert_trusted(until(issued))
        assert_refused(until(issued - SECOND), "ANCHOR_DISTRUSTED")


# ======================================================================================================================
# Time
# ======================================================================================================================


@pytest.mark.parametrize("place", ["leaf", "intermediate", "anchor"])
def test_a_second_too_early_or_too_late(place: str) -> None:
    """Both ends belong to the validity (4.1.2.5), and nothing beyond them."""
    begin, end = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
    window = {"not_before": begin, "not_after": end}
    root = ROOT.same(**window) if place == "anchor" else ROOT
    ca = CA.same(**window) if place == "intermediate" else CA
    leaf = LEAF.same(**window) if place == "leaf" else LEAF
    for moment in (begin, end, end + timedelta(microseconds=999_999)):
        assert_trusted(judge(leaf, ca, anchors=[root], at=moment))
    assert_refused(judge(leaf, ca, anchors=[root], at=begin - SECOND), "NOT_YET_VALID", "ANCHOR_NOT_YET_VALID")
    assert_refused(judge(leaf, ca, anchors=[root], at=end + SECOND), "EXPIRED", "ANCHOR_EXPIRED")
    assert_trusted(judge(leaf, ca, anchors=[root], at=pv.Time.floor(begin - SECOND)))
    assert_refused(judge(leaf, ca, anchors=[root], at=pv.Time.floor(end + SECOND)), "EXPIRED", "ANCHOR_EXPIRED")


def test_issued_by_a_ca_that_had_expired() -> None:
    """At issuance means that the issuer was valid then: a key that outlived its certificate issues nothing new."""
    begin, end = datetime(2019, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
    ca = CA.same(not_before=datetime(2018, 1, 1, tzinfo=UTC), not_after=begin + SECOND)
    at = pv.Time.at_issuance()
    early = {"anchors": [ROOT], "at": at}
    assert_trusted(
        judge(LEAF.same(not_before=begin, not_after=end), ca.same(not_before=datetime(2018, 1, 1, tzinfo=UTC)), **early)
    )
    assert_refused(judge(LEAF.same(not_before=begin + 2 * SECOND, not_after=end), ca, **early), "NOT_VALID_AT_ISSUANCE")


def test_the_year_2050_in_two_digits() -> None:
    """UTCTime counts to 2049 (4.1.2.5.1): "50" is 1950, and a certificate until then has ended."""
    leaf = CA.leaf("gw", dns=["gw.example"], not_after=datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert_trusted(judge(leaf, CA))
    assert_refused(judge(leaf.patched(b"491231235959Z", b"500101000000Z"), CA), "EXPIRED")


def test_a_moment_without_a_zone_is_no_moment() -> None:
    """A naive datetime is an hour or a day wrong, somewhere."""
    with pytest.raises(pv.NaiveDatetime):
        judge(LEAF, CA, at=datetime(2026, 6, 1))
    assert_trusted(judge(LEAF, CA, at=datetime(2026, 6, 1, tzinfo=UTC)))


# ======================================================================================================================
# The machinery around the path: caches, engines, batches, hooks, verdicts
# ======================================================================================================================


@BOTH_ENGINES
def test_a_cache_warmed_by_the_good_twin(engine: pv.Engine) -> None:
    """The cache remembers bytes verified, all of them: not names, not digests, not verdicts."""
    cache = pv.Cache()
    options: dict[str, Any] = {"engine": engine, "cache": cache}
    for _ in range(3):
        assert_trusted(judge(LEAF, CA, **options))
    assert cache.stats().edges == 2
    forged_tail = der_tools.flip_bit(LEAF.der, 8 * len(LEAF.der) - 1)
    forged_name = LEAF.der.replace(b"gw.example", b"gx.example")
    assert_refused(judge(forged_tail, CA, **options), "SIGNATURE_BAD")
    assert_refused(judge(forged_name, CA, subject=pv.DNSName("gx.example"), **options), "SIGNATURE_BAD")
    fake = pki.root("Honest Root", label="the attacker's")
    assert_refused(judge(LEAF, CA, anchors=[fake], **options), "SIGNATURE_BAD")
    assert_refused(judge(LEAF, CA, at=LEAF.plan.not_after + SECOND, **options), "EXPIRED")
    assert_refused(judge(LEAF, CA, subject=pv.DNSName("other.example"), **options), "SUBJECT_MISMATCH")
    other = frozenset({pv.SignatureAlgorithm.ED25519})
    assert_refused(judge(LEAF, CA, algorithms=other, **options), "ALGORITHM_NOT_ALLOWED")
    assert_trusted(judge(LEAF, CA, **options))


def test_strangers_cannot_fill_the_cache() -> None:
    """Edges that are good, on a path to nobody: nothing that a peer can make for himself is remembered."""
    cache = pv.Cache()
    fake = pki.root("Stranger's Root")
    ca = fake.ca("Stranger's CA")
    assert_refused(judge(ca.leaf("gw", dns=["gw.example"]), ca, fake, cache=cache), "ROOT_NOT_TRUSTED", "NO_ISSUER")
    assert (cache.stats().edges, cache.stats().keys) == (0, 0)
    assert_trusted(judge(LEAF, CA, cache=cache))
    assert cache.stats().edges == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_cache_across_fork() -> None:
    """The child starts empty, and judges as before."""
    cache = pv.Cache()
    assert_trusted(judge(LEAF, CA, cache=cache))
    forged = der_tools.flip_bit(LEAF.der, 8 * len(LEAF.der) - 1)
    child = os.fork()
    if child == 0:
        good = cache.stats().edges == 0
        good = good and judge(forged, CA, cache=cache).outcome is pv.Outcome.REFUSED
        good = good and judge(LEAF, CA, cache=cache).outcome is pv.Outcome.TRUSTED
        os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert_refused(judge(forged, CA, cache=cache), "SIGNATURE_BAD")


class _Strange:
    """A checker that answers every job with one thing, or raises it."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def check(self, job: signatures.SignatureJob) -> signatures.SignatureResult:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer  # type: ignore[no-any-return]


def _judged_by(checker: signatures.Checker) -> pv.Verdict:
    store = pv.TrustStore.from_der([ROOT.der])
    policy = pv.Policy.device()
    engine = signatures.checker_engine(checker)
    core = _core.Judge(store=store.native, anchors=store.anchors, engine=engine, cache=None, policy=policy)
    ders = [LEAF.der, CA.der]
    joined, lengths = b"".join(ders), array("I", map(len, ders))
    time = pv.Time.at(pki.NOW)
    answer = core.check_one(joined, lengths, GW, time)
    return pv.Verdict(core, pv.verdict.Question(joined, lengths, GW, time), answer)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("answer", [True, 1, None, "GOOD", 257, signatures.SignatureResult.NOT_CHECKED], ids=repr)
def test_an_engine_that_fails_or_answers_nonsense(answer: Any) -> None:
    """A truthy value, a number: whatever is not the word GOOD leaves the path undecided."""
    assert_trusted(_judged_by(signatures.CryptographyChecker()))
    verdict = _judged_by(_Strange(answer))
    assert verdict.outcome is pv.Outcome.UNDECIDED
    assert verdict.reason is pv.Reason.SIGNATURE_NOT_CHECKED


def test_what_an_engine_raises_is_no_verdict() -> None:
    """It may be what a signal's handler raised; the call ends by it, and nothing is said of the chain."""
    with pytest.raises(RuntimeError, match="no"):
        _judged_by(_Strange(RuntimeError("no")))


def test_a_batch_with_one_good_chain() -> None:
    """Neighbours share work in check_many; they must not share its result."""
    forged = der_tools.flip_bit(LEAF.der, 8 * len(LEAF.der) - 1)
    fake = pki.root("Honest Root", label="the attacker's").ca("Honest CA", label="the attacker's CA")
    good = pv.Request([LEAF.der, CA.der], GW)
    bad: list[pv.Request] = [
        pv.Request([forged, CA.der], GW),
        pv.Request([LEAF.der, fake.der], GW),
        pv.Request([LEAF.der], GW),
        pv.Request([LEAF.der, CA.der], pv.DNSName("other.example")),
        pv.Request([fake.leaf("gw", dns=["gw.example"]).der, CA.der, fake.der], GW),
        pv.Request([b"", LEAF.der, CA.der], GW),
        pv.Request([], GW),
        pv.Request(b"not PEM", GW),
    ]
    validator = pv.Validator(pv.TrustStore.from_der([ROOT.der]), pv.Policy.device())
    for num in (1, 7, 40):
        requests = [each for entry in bad for each in (entry, *[good] * num)]
        verdicts = validator.check_many(requests, pki.NOW)
        for request, verdict in zip(requests, verdicts, strict=True):
            expected = pv.Outcome.TRUSTED if request is good else pv.Outcome.REFUSED
            assert verdict.outcome is expected, verdict.explain()


def test_hooks_never_rescue() -> None:
    """A hook is asked about paths that hold, and only about those; what it raises is no consent."""
    seen: list[pv.FoundPath] = []

    def consent(path: pv.FoundPath) -> None:
        seen.append(path)

    def yes(path: pv.FoundPath) -> Any:
        return True

    def fails(path: pv.FoundPath) -> None:
        raise KeyError("the directory is down")

    assert_trusted(judge(LEAF, CA, hooks=(consent,)))
    assert len(seen) == 1
    forged = der_tools.flip_bit(LEAF.der, 8 * len(LEAF.der) - 1)
    assert_refused(judge(forged, CA, hooks=(consent,)), "SIGNATURE_BAD")
    assert_refused(judge(LEAF, CA, hooks=(consent,), at=LEAF.plan.not_after + SECOND), "EXPIRED")
    assert len(seen) == 1
    assert_refused(judge(LEAF, CA, hooks=(lambda path: pv.HookRefusal("no"),)), "HOOK_REFUSED")
    with pytest.raises(TypeError):
        judge(LEAF, CA, hooks=(yes,))
    with pytest.raises(KeyError):
        judge(LEAF, CA, hooks=(fails,))


def test_a_spent_budget_is_never_trust() -> None:
    """One unit less than needed is UNDECIDED, which `verify` raises and `if verdict:` cannot mistake."""
    needed = judge(LEAF, CA).spent
    budget = {name: value for name, value in needed._asdict().items() if value}
    assert_trusted(judge(LEAF, CA, budget=pv.Budget(**budget)))
    for name, value in budget.items():
        short = pv.Budget(**(budget | {name: value - 1}))
        verdict = judge(LEAF, CA, budget=short)
        assert verdict.outcome is pv.Outcome.UNDECIDED
        validator = pv.Validator(pv.TrustStore.from_der([ROOT.der]), pv.Policy.device(budget=short))
        with pytest.raises(pv.Undecided):
            validator.verify([LEAF.der, CA.der], GW, pki.NOW)


def test_a_verdict_has_no_truth_value() -> None:
    """`if validator.check(...):` would trust everything."""
    for verdict in (judge(LEAF, CA), judge(LEAF)):
        with pytest.raises(TypeError):
            bool(verdict)
        with pytest.raises(TypeError):
            assert not verdict
