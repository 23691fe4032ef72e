"""The CA/Browser Forum's rules for TLS servers (BR 7.1), one fault at a time: WEBPKI refuses each by its name, and the
same certificate on the right side of the edge is trusted. The other profiles do not know these rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

import der_tools
import pki
import pyvalidator as pv
from pyvalidator import public_suffix

HOST = "www.example.com"
ROOT = pki.root("Web Root")
CA = ROOT.ca("Web CA")
WEB = pv.Policy.tls_server()
RFC5280 = pv.Policy(profile=pv.Profile.RFC5280, purpose=pv.Purpose.SERVER_AUTH)
DEVICE = pv.Policy(profile=pv.Profile.DEVICE, purpose=pv.Purpose.SERVER_AUTH)
SERVER = (ExtendedKeyUsageOID.SERVER_AUTH,)


def server(*, issuer: pki.Issued = CA, common_name: str | None = HOST, **options: Any) -> pki.Issued:
    """A server's certificate as the BR want it, but for the options."""
    names = {"dns": [HOST]} if not {"dns", "ip", "uri", "email"} & options.keys() else {}
    return issuer.leaf(common_name, **({"eku": SERVER} | names | options))


def judge(
    sent: Iterable[bytes],
    policy: pv.Policy = WEB,
    *,
    roots: Iterable[bytes] = (ROOT.der,),
    subject: pv.Subject | None = None,
) -> pv.Verdict:
    store = pv.TrustStore.from_der(list(roots))
    return pv.Validator(store, policy).check(list(sent), subject or pv.AnySubject(), at=pki.NOW)


def trusted(verdict: pv.Verdict) -> bool:
    return verdict.outcome is pv.Outcome.TRUSTED


def assert_refused(verdict: pv.Verdict, reason: str) -> None:
    assert verdict.outcome is pv.Outcome.REFUSED
    assert verdict.reason.name == reason, verdict.explain()


# --- One row a rule of the target or of an intermediate


@dataclass(frozen=True, slots=True)
class Row:
    """`chain` breaks `rule`; `others`: what the strict RFC5280 profile says of it (OK: nothing)."""

    rule: str
    fault: str
    chain: Callable[[], list[bytes]]
    others: str = "OK"


def leaf(**options: Any) -> list[bytes]:
    return [server(**options).der, CA.der]


def below(ca: pki.Issued, **options: Any) -> list[bytes]:
    return [server(issuer=ca, **options).der, ca.der]


def signed_by(kind: str, digest: hashes.HashAlgorithm) -> list[bytes]:
    ca = ROOT.ca(f"{kind} CA", kind=kind)
    return [server(issuer=ca, digest=digest).der, ca.der]


def version_1() -> list[bytes]:
    """Without a version, so without extensions: RFC 5280 misses the key identifier first."""
    tbs = server().certificate.tbs_certificate_bytes
    top = [each for each in der_tools.elements(tbs) if each.depth == 1]
    bare = der_tools.delete(tbs, top[-1])
    bare = der_tools.delete(bare, next(each for each in der_tools.elements(bare) if each.depth == 1))
    return [pki.sign_tbs(bare, CA.key), CA.der]


def ca_as_server() -> list[bytes]:
    usage = pki.key_usage("digital_signature", "key_cert_sign")
    return [ROOT.ca(HOST, usage=usage, eku=SERVER, san=pki.general_names(dns=[HOST])).der]


def usage(*more: str) -> x509.KeyUsage:
    return pki.key_usage("digital_signature", *more)


def critical_eku() -> x509.Extension[x509.ExtendedKeyUsage]:
    return pki.extension(x509.ExtendedKeyUsage(SERVER), critical=True)


PRECERTIFICATE = "1.3.6.1.4.1.11129.2.4.4"
POLICIES = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.1"), None)])

ROWS = [
    Row("BR_TARGET_CA", "a CA as the target", ca_as_server),
    Row("BR_CRL_SIGN", "cRLSign", lambda: leaf(usage=pki.key_usage("digital_signature", "crl_sign"))),
    Row("BR_KEY", "an Ed25519 key", lambda: leaf(kind="ed25519")),
    Row("BR_SIGNATURE", "signed with Ed448", lambda: below(ROOT.ca("Ed CA", kind="ed448"))),
    Row("BR_RSA_BITS", "RSA with 2050 bits", lambda: leaf(kind="rsa2050")),
    Row("BR_RSA_BITS", "RSA with 2052 bits in an intermediate", lambda: below(ROOT.ca("Odd CA", kind="rsa2052"))),
    Row("BR_ECDSA_HASH", "P-384 with SHA-256", lambda: signed_by("p384", hashes.SHA256())),
    Row("BR_ECDSA_HASH", "P-256 with SHA-384", lambda: leaf(digest=hashes.SHA384())),
    Row("BR_ECDSA_HASH", "P-521 with SHA-384", lambda: signed_by("p521", hashes.SHA384())),
    Row("BR_EKU_MISSING", "no extKeyUsage", lambda: leaf(eku=())),
    Row("BR_EKU_ANY", "anyExtendedKeyUsage", lambda: leaf(eku=(*SERVER, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE))),
    *(
        Row("BR_EKU_FOREIGN", oid, partial(leaf, eku=(*SERVER, x509.ObjectIdentifier(oid))))
        for oid in ("1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9", PRECERTIFICATE)
    ),
    Row("BR_KEY_USAGE", "an elliptic key that enciphers", lambda: leaf(usage=usage("key_encipherment"))),
    Row("BR_KEY_USAGE", "an elliptic key that commits", lambda: leaf(usage=usage("content_commitment"))),
    Row("BR_KEY_USAGE", "an elliptic key that only agrees", lambda: leaf(usage=pki.key_usage("key_agreement"))),
    Row("BR_KEY_USAGE", "an RSA key that agrees", lambda: leaf(kind="rsa2048", usage=usage("key_agreement"))),
    Row("BR_KEY_USAGE", "an RSA key that commits", lambda: leaf(kind="rsa2048", usage=usage("content_commitment"))),
    Row("BR_CRITICAL", "extKeyUsage", lambda: leaf(extensions=[critical_eku()])),
    Row("BR_CRITICAL", "certificatePolicies", lambda: leaf(extensions=[pki.extension(POLICIES, critical=True)])),
    Row("BR_LABEL", "a reserved label", lambda: leaf(dns=[HOST, "ab--c.example.com"])),
    Row("BR_LABEL", "a reserved label at the end", lambda: leaf(dns=[HOST, "www.zn--c"])),
    Row("BR_SAN_MISSING", "no subjectAltName", lambda: leaf(common_name="no host", dns=[])),
    Row("BR_SAN_FORM", "a URI", lambda: leaf(dns=[HOST], uri=["https://www.example.com/"])),
    Row("BR_SAN_FORM", "a mailbox", lambda: leaf(dns=[HOST], email=["a@example.com"])),
    Row(
        "BR_AKI_ISSUER",
        "issuer and serial",
        lambda: leaf(
            aki=False,
            extensions=[
                pki.extension(
                    x509.AuthorityKeyIdentifier(
                        x509.SubjectKeyIdentifier.from_public_key(CA.key.public_key()).digest,
                        [x509.DirectoryName(ROOT.plan.subject)],
                        CA.plan.serial,
                    )
                )
            ],
        ),
    ),
    Row("BR_COMMON_NAME", "another host", lambda: leaf(common_name="other.example.com")),
    Row("BR_PUBLIC_SUFFIX", "*.com", lambda: leaf(common_name=None, dns=[HOST, "*.com"])),
    Row("BR_PUBLIC_SUFFIX", "*.co.uk", lambda: leaf(common_name=None, dns=[HOST, "*.co.uk"])),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.rule}: {row.fault}")
def test_rule(row: Row) -> None:
    chain = row.chain()
    assert_refused(judge(chain), row.rule)
    for policy in (RFC5280, DEVICE):
        assert trusted(judge(chain, policy)), judge(chain, policy).explain()


def test_a_good_server_passes_everywhere() -> None:
    for policy in (WEB, RFC5280, DEVICE):
        verdict = judge([server().der, CA.der], policy, subject=pv.DNSName(HOST))
        assert trusted(verdict), verdict.explain()
        assert verdict.notes == ()


def test_version_1() -> None:
    # WEBPKI holds section 4 of RFC 5280 too, which is asked first.
    assert_refused(judge(version_1()), "RULE_AUTHORITY_KEY_ID")


@pytest.mark.parametrize(
    ("kind", "digest"), [("p384", hashes.SHA384()), ("p521", hashes.SHA512()), ("rsa2048", hashes.SHA256())]
)
def test_each_kind_of_issuer_with_its_hash(kind: str, digest: hashes.HashAlgorithm) -> None:
    assert trusted(judge(signed_by(kind, digest)))


@pytest.mark.parametrize("bits", [2048, 2056, 3072])
def test_rsa_sizes_in_whole_octets(bits: int) -> None:
    assert trusted(judge(leaf(kind=f"rsa{bits}")))


@pytest.mark.parametrize(
    "options",
    [
        {"usage": None},
        {"usage": usage("key_agreement")},
        {"kind": "rsa2048", "usage": usage("key_encipherment", "data_encipherment")},
        {"kind": "rsa2048", "usage": pki.key_usage("key_encipherment")},
        {"eku": (*SERVER, ExtendedKeyUsageOID.CLIENT_AUTH, x509.ObjectIdentifier("1.2.3"))},
        {"extensions": [pki.extension(POLICIES)]},
        {"dns": [HOST, "xn--bcher-kva.example.com", "a--b.example.com", "abc--d.example.com", "a-b-c.example.com"]},
    ],
    ids=str,
)
def test_what_stays_allowed(options: dict[str, Any]) -> None:
    verdict = judge(leaf(**options))
    assert trusted(verdict), verdict.explain()


def test_clients_need_no_hosts() -> None:
    """What a server's certificate says of itself is not asked of a client's."""
    client = CA.leaf("someone", email=["a@example.com"], eku=(ExtendedKeyUsageOID.CLIENT_AUTH,))
    policy = pv.Policy(profile=pv.Profile.WEBPKI, purpose=pv.Purpose.CLIENT_AUTH)
    assert trusted(judge([client.der, CA.der], policy))


def test_name_constraints_need_not_be_critical() -> None:
    """BR 7.1.2.10.8; RFC 5280 4.2.1.10 says MUST."""
    permitted = x509.NameConstraints([x509.DNSName("example.com")], None)
    chain = below(ROOT.ca("Constrained CA", extensions=[pki.extension(permitted)]))
    assert trusted(judge(chain))
    assert_refused(judge(chain, RFC5280), "RULE_NC_NOT_CRITICAL")


# --- BR 7.1.4.3: the common name


def named(common_name: str, *, issuer: pki.Issued = CA, **names: Any) -> pv.Verdict:
    return judge(
        below(issuer, common_name=common_name, **names) if issuer is not CA else leaf(common_name=common_name, **names)
    )


@pytest.mark.parametrize(
    ("common_name", "names"),
    [
        ("a.example.com", {"dns": ["b.example.com", "a.example.com"]}),
        ("*.example.com", {"dns": ["*.example.com"]}),
        ("192.0.2.1", {"ip": ["192.0.2.1"]}),
        ("2001:db8::1", {"ip": ["2001:db8::1"]}),
        ("2001:db8::1:0:0:1", {"ip": ["2001:db8:0:0:1:0:0:1"]}),  # of equal runs the first
        ("2001:db8:0:1:1:1:1:1", {"ip": ["2001:db8:0:1:1:1:1:1"]}),  # one group of zeros is not shortened
        ("1:0:0:2::3", {"ip": ["1:0:0:2:0:0:0:3"]}),  # the longest run
        ("::", {"ip": ["::"]}),
        ("::1", {"ip": ["::1"]}),
        ("1::", {"ip": ["1::"]}),
        ("Example", {"dns": [HOST]}),  # letters alone can be taken for no host
        ("device.example.net", {"ip": ["192.0.2.1"]}),  # there is no name of its kind to contradict it
        ("192.0.2.1", {"dns": [HOST]}),
    ],
)
def test_common_names_that_stand(common_name: str, names: dict[str, list[str]]) -> None:
    verdict = named(common_name, **names)
    assert trusted(verdict), verdict.explain()


@pytest.mark.parametrize(
    ("common_name", "names"),
    [
        ("b.example.com", {"dns": ["a.example.com"]}),
        ("WWW.example.com", {"dns": ["www.example.com"]}),
        ("www.example.com.", {"dns": ["www.example.com"]}),
        ("xn--bcher-kva.example", {"dns": ["www.example"]}),
        ("bücher.example", {"dns": ["xn--bcher-kva.example"]}),
        ("192.0.2.01", {"ip": ["192.0.2.1"]}),
        ("0xC0000201", {"ip": ["192.0.2.1"]}),
        ("3221225985", {"ip": ["192.0.2.1"]}),
        ("192.0.2.2", {"ip": ["192.0.2.1"]}),
        ("2001:DB8::1", {"ip": ["2001:db8::1"]}),
        ("2001:db8:0:0:0:0:0:1", {"ip": ["2001:db8::1"]}),
        ("2001:0db8::1", {"ip": ["2001:db8::1"]}),
        ("2001:db8::0:1", {"ip": ["2001:db8::1"]}),
        ("::ffff:192.0.2.1", {"ip": ["::ffff:192.0.2.1"]}),  # written in hexadecimal here, as every other address
    ],
)
def test_common_names_that_do_not(common_name: str, names: dict[str, list[str]]) -> None:
    assert_refused(named(common_name, **names), "BR_COMMON_NAME")


def test_one_common_name_at_most() -> None:
    two = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, cn) for cn in (HOST, "other.example.com")])
    assert_refused(judge(leaf(subject=two)), "BR_COMMON_NAME")
    assert_refused(judge(leaf(subject=two, dns=[HOST, "other.example.com"])), "BR_COMMON_NAME")
    assert trusted(judge(leaf(subject=pki.name(None), san_critical=True, dns=[HOST, "other.example.com"])))


def test_below_constrained_names_it_is_not_judged() -> None:
    permitted = pki.name_constraints(permitted=[x509.DNSName("example.com")])
    constrained = ROOT.ca("Constrained CA", extensions=[permitted])
    assert trusted(named("other.example.com", issuer=constrained))
    root = pki.root("Constrained Root", extensions=[permitted])
    ca = root.ca("Unconstrained CA")
    assert trusted(judge(below(ca, common_name="other.example.com"), roots=[root.der]))


# --- BR 3.2.2.6: wildcards and the Public Suffix List

WILDCARDS = {
    "*.example.com": None,
    "*.example.co.uk": None,
    "*.github.io": None,  # a private suffix: who runs it may have a certificate for all of it
    "*.com": "BR_PUBLIC_SUFFIX",
    "*.co.uk": "BR_PUBLIC_SUFFIX",
    "*.unheard-of-tld": "BR_PUBLIC_SUFFIX",
}


def wildcard(name: str) -> list[bytes]:
    return leaf(common_name=None, dns=[HOST, name])


@pytest.mark.parametrize(("name", "reason"), WILDCARDS.items())
def test_wildcards(name: str, reason: str | None) -> None:
    verdict = judge(wildcard(name))
    if reason is None:
        assert trusted(verdict), verdict.explain()
    else:
        assert_refused(verdict, reason)
        assert "public suffix" in verdict.explain()


def test_wildcards_in_batches_paths_and_with_hooks() -> None:
    seen: list[pv.FoundPath] = []
    store = pv.TrustStore.from_der([ROOT.der])
    plain = pv.Validator(store, WEB)
    hooked = pv.Validator(store, pv.Policy.tls_server(hooks=(seen.append,)))
    chains = [wildcard(name) for name in WILDCARDS]
    wanted = [reason or "OK" for reason in WILDCARDS.values()]
    for validator in (plain, hooked):
        verdicts = validator.check_many([pv.Request(each, pv.AnySubject()) for each in chains], at=pki.NOW)
        assert [each.reason.name for each in verdicts] == wanted
        assert [each.outcome is pv.Outcome.TRUSTED for each in verdicts] == [each == "OK" for each in wanted]
    assert len(seen) == wanted.count("OK")
    found = [len(plain.paths(each, pv.AnySubject(), at=pki.NOW)) for each in chains]
    assert found == [int(each == "OK") for each in wanted]


def test_a_refused_wildcard_has_no_path_and_raises() -> None:
    validator = pv.Validator(pv.TrustStore.from_der([ROOT.der]), WEB)
    with pytest.raises(pv.Refused) as caught:
        validator.verify(wildcard("*.co.uk"), pv.DNSName(HOST), pki.NOW)
    verdict = caught.value.verdict
    assert (verdict.path, verdict.anchor, verdict.identities) == ((), None, ())


def test_without_a_list_every_wildcard_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_suffix, "_list", lambda: None)
    assert_refused(judge(wildcard("*.example.com")), "BR_PUBLIC_SUFFIX_UNKNOWN")
    assert_refused(judge(wildcard("*.com")), "BR_PUBLIC_SUFFIX")
    assert trusted(judge(leaf()))


# --- Roots, judged by their certificates

STRICT_ROOTS = pv.Policy.tls_server(anchor_checks=pv.AnchorChecks.CERTIFICATE)


def root_verdict(policy: pv.Policy = STRICT_ROOTS, **options: Any) -> pv.Verdict:
    root = pki.root("Odd Root", **options)
    ca = root.ca("CA below it")
    return judge(below(ca), policy, roots=[root.der])


def own_key_id(value: bytes) -> dict[str, Any]:
    return {"aki": False, "extensions": [pki.extension(x509.AuthorityKeyIdentifier(value, None, None))]}


@pytest.mark.parametrize(
    ("reason", "options"),
    [
        ("BR_ROOT_EKU", {"eku": SERVER}),
        ("BR_ROOT_AKI", own_key_id(b"another")),
        ("BR_RSA_BITS", {"kind": "rsa2050"}),
    ],
)
def test_roots(reason: str, options: dict[str, Any]) -> None:
    assert_refused(root_verdict(**options), reason)
    assert trusted(root_verdict(WEB, **options))  # by default these are the root's own affair


def test_good_roots() -> None:
    assert trusted(root_verdict())
    assert trusted(root_verdict(aki=False))


def test_a_judged_root_is_noted() -> None:
    """Under DEVICE, and only if its certificate was judged."""
    root = pki.root("Root without identifier", ski=False)
    chain = below(root.ca("CA below the root"))
    judging = pv.Policy.device(anchor_checks=pv.AnchorChecks.CERTIFICATE)
    (note,) = judge(chain, judging, roots=[root.der]).notes
    assert (note.certificate.der, note.reason) == (root.der, pv.Reason.RULE_SUBJECT_KEY_ID)
    assert judge(chain, DEVICE, roots=[root.der]).notes == ()
