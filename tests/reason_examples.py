"""An example of each reason that a user can meet, as real verdicts tell it: docs/reasons_examples.toml.

python tests/reason_examples.py    write the file (with the package importable); then run tools/make_reasons_doc.py

Names, keys and dates are fixed, so the texts are the same on every run. test_reason_examples.py compares.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography import x509

import pki
import pyvalidator as pv
import revocation_pki as rp
import test_missing_reasons
import test_profile
import test_webpki

TARGET: Final = Path(__file__).parent.parent / "docs" / "reasons_examples.toml"

#: Reasons without an example, and why.
NONE: Final = {
    "UNCHECKED": "nothing was judged",
    "OK": "nothing is wrong",
    "CERT_TOO_LARGE": "needs 16 MiB",
    "CERT_UNREADABLE": "in Python the encoding fault itself is told in its place",
    "TIME_UNSET": "a moment is always given",
    "SUBJECT_UNSET": "a subject is always given",
    "ANCHOR_UNUSABLE": "refused when the store is made",
    "REVOCATION_UNSUPPORTED": "CRLs and OCSP are built in",
    "CRL_VERSION": "raised when the evidence is read",
    "EVIDENCE_TOO_LARGE": "needs 256 MiB",
    "EVIDENCE_UNREADABLE": "in Python the encoding fault itself is raised",
    "POLICY_UNUSABLE": "a Policy cannot be incomplete",
    "PROFILE_UNSUPPORTED": "every profile is built in",
    "POLICY_UNSUPPORTED": "policies are built in",
    "SIGNATURE_UNSUPPORTED": "needs an engine that lacks an algorithm",
    "SIGNATURE_NOT_CHECKED": "needs an engine that fails",
    "BR_PUBLIC_SUFFIX_UNKNOWN": "needs the extra [web] to be missing",
}

ROOT: Final = pki.root("Example Root")
CA: Final = ROOT.ca("Example CA")
LEAF: Final = CA.leaf("gw", dns=["gw.example"])
OTHER: Final = pki.root("Other Root")


def check(
    *chain: pki.Issued | bytes,
    anchors: Iterable[pv.TrustAnchor] | None = None,
    subject: pv.Subject = pv.DNSName("gw.example"),  # noqa: B008 (immutable)
    at: datetime | pv.Time = pki.NOW,
    **policy: Any,
) -> pv.Verdict:
    store = pv.TrustStore([pv.TrustAnchor.from_certificate(ROOT.der)] if anchors is None else anchors)
    ders = [each if isinstance(each, bytes) else each.der for each in chain]
    return pv.Validator(store, pv.Policy.tls_client(**policy)).check(ders, subject, at=at)


def _leaf(**options: Any) -> pki.Issued:
    return CA.leaf("gw", **({"dns": ["gw.example"]} | options))


def _below(ca: pki.Issued) -> tuple[pki.Issued, pki.Issued]:
    return ca.leaf("gw", dns=["gw.example"]), ca


def _limited(**limits: Any) -> list[pv.TrustAnchor]:
    return [pv.TrustAnchor.from_certificate(ROOT.der, constraints=pv.AnchorConstraints(**limits))]


def _constrained(**names: list[x509.GeneralName]) -> tuple[pki.Issued, pki.Issued]:
    return _below(ROOT.ca("Example CA", extensions=[pki.name_constraints(**names)]))


def _odd(oid: str, value: str, *, critical: bool = False) -> pki.Issued:
    return _leaf(extensions=[pki.raw_extension(oid, bytes.fromhex(value), critical=critical)])


def _refuse(found: pv.FoundPath) -> pv.HookRefusal:
    return pv.HookRefusal(f"{found.certificates[0].subject} was reported stolen")


def _of_names() -> Iterator[pv.Verdict]:
    dns = x509.DNSName
    yield check(*_constrained(excluded=[dns("example")]))
    yield check(*_constrained(permitted=[dns("a.example")]))
    yield check(LEAF, CA, subject=pv.DNSName("x.example"))
    yield check(_leaf(dns=[]), CA)
    constraints = pki.raw_extension("2.5.29.30", pki.der(0x30), critical=True)
    yield check(*_below(ROOT.ca("Example CA", extensions=[constraints])))
    registered = x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))
    ca = ROOT.ca("Example CA", extensions=[pki.name_constraints(excluded=[registered])])
    yield check(ca.leaf("gw", dns=["gw.example"], other=[registered]), ca)


def _of_paths() -> Iterator[pv.Verdict]:
    yield check(LEAF, CA.same(not_after=pki.NOW - pki.DAY))
    yield check(_leaf(not_before=pki.NOW + pki.DAY), CA)
    yield check(_leaf(not_before=datetime(2019, 1, 1, tzinfo=UTC)), CA, at=pv.Time.at_issuance())
    yield check(LEAF)
    yield check(LEAF, CA, ROOT, anchors=[pv.TrustAnchor.from_certificate(OTHER.der)])
    yield check(LEAF.leaf("sensor", dns=["gw.example"]), LEAF, CA)
    yield check(*_below(ROOT.ca("Example CA", usage=pki.key_usage("crl_sign"))))
    top = ROOT.ca("Top CA", path_len=0)
    yield check(*_below(top.ca("Example CA")), top)
    yield check(LEAF, CA, max_intermediates=0)
    one = pki.root("One")
    two = pki.cross_sign(pki.root("Two"), one)
    yield check(two.leaf("gw", dns=["gw.example"]), two, pki.cross_sign(one, two))
    yield check(_odd("1.2.3.4", "0500", critical=True), CA)
    yield check(_leaf(eku=[pki.CODE_SIGNING]), CA)
    yield check(_leaf(usage=pki.key_usage("key_encipherment")), CA)
    yield check(LEAF, CA, anchors=_limited(not_after=pki.NOW - pki.DAY))
    yield check(LEAF, CA, anchors=_limited(not_before=pki.NOW + pki.DAY))
    yield check(LEAF, CA, anchors=_limited(distrust_after=datetime(2025, 1, 1, tzinfo=UTC)))
    yield check(LEAF, CA, hooks=(_refuse,))
    mapping = pki.raw_extension("2.5.29.33", bytes.fromhex("300e300c0604551d200006042a030405"))
    yield check(*_below(ROOT.ca("Example CA", extensions=[mapping])))
    yield test_missing_reasons.judge(
        test_missing_reasons.rolled_over(12), pv.Policy.device(max_intermediates=22)
    )  # LIMIT_PATH
    yield check(LEAF, CA, policies=pv.CertificatePolicies(rules=frozenset({pv.PolicyRule.REQUIRE_EXPLICIT})))


def _of_keys_and_encodings() -> Iterator[pv.Verdict]:
    yield check(LEAF.der[:-1] + bytes([LEAF.der[-1] ^ 1]), CA)
    yield check(LEAF, CA, algorithms=frozenset({pv.SignatureAlgorithm.ED25519}))
    yield check(LEAF, ROOT.ca("Example CA", kind="ed25519"))
    yield check(_leaf(kind="rsa2048"), CA, min_rsa_bits=3072)
    yield check(LEAF.der[:-9], CA)
    yield check(b"\x30\x80" + LEAF.der[2:], CA)
    yield check(LEAF.der + b"\0", CA)
    yield check(b"\x31" + LEAF.der[1:], CA)
    many = [pki.raw_extension(f"1.2.3.{number}", b"\5\0") for number in range(61)]
    yield check(_leaf(extensions=many), CA)
    yield check(_odd("2.5.29.17", "30820000"), CA)
    yield check(_odd("2.5.29.37", "0500"), CA)
    tbs = LEAF.certificate.tbs_certificate_bytes
    yield check(pki.sign_tbs(tbs, CA.key, pki.der(0x30, bytes.fromhex("06082a8648ce3d040303"))), CA)
    with_null = pki.der(0x30, pki.ECDSA_SHA256[2:], b"\5\0")
    yield check(pki.sign_tbs(test_missing_reasons.der_tools.replace(
        tbs, test_missing_reasons.fields(tbs)[2], with_null), CA.key, with_null), CA)  # fmt: skip
    curve = pki.der(0x30, bytes.fromhex("301006072a8648ce3d020106052b8104000a"), pki.der(3, b"\0\4" + bytes(64)))
    yield test_missing_reasons.judge([test_missing_reasons.with_field(6, curve), test_missing_reasons.CA.der])
    algorithm = pki.der(0x30, pki.der(6, bytes.fromhex("2a8648ce3d040305")))
    replaced = test_missing_reasons.der_tools.replace(tbs, test_missing_reasons.fields(tbs)[2], algorithm)
    yield check(pki.sign_tbs(replaced, CA.key, algorithm), CA)
    extension = pki.der(0x30, bytes.fromhex("0603551d13"), pki.der(4, pki.der(0x30)))
    listed = test_missing_reasons.fields(tbs)[7]
    yield check(
        pki.sign_tbs(
            test_missing_reasons.der_tools.replace(tbs, listed, pki.der(0xA3, pki.der(0x30, extension, extension))),
            CA.key,
        ),
        CA,
    )
    yield from (
        test_missing_reasons.judge([fault.bad(), test_missing_reasons.CA.der]) for fault in test_missing_reasons.FAULTS
    )
    yield from (
        test_missing_reasons.judge([test_missing_reasons.with_field(6, bad), test_missing_reasons.CA.der])
        for _, _, bad in test_missing_reasons.KEYS
    )


def _of_limits() -> Iterator[pv.Verdict]:
    for limit in ("signatures", "steps", "bytes", "certificates"):
        yield check(LEAF, CA, budget=pv.Budget(**{limit: 1}))
    many = [x509.DNSName(f"n{number}.example") for number in range(40)]
    yield check(*_constrained(excluded=many), budget=pv.Budget(names=40))
    constraints = [x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)]
    ca = ROOT.ca("Example CA", extensions=[pki.extension(x509.CertificatePolicies(constraints))])
    leaf = ca.leaf("gw", dns=["gw.example"], extensions=[pki.extension(x509.CertificatePolicies(constraints))])
    rule = pv.CertificatePolicies(rules=frozenset({pv.PolicyRule.REQUIRE_EXPLICIT}))
    yield check(leaf, ca, policies=rule, budget=pv.Budget(policy_nodes=1))
    root = pv.TrustStore.from_der([ROOT.der])
    [verdict] = pv.Validator(root, pv.Policy.tls_client()).check_many(
        [pv.Request("no chain", pv.AnySubject())],  # type: ignore[arg-type]
        at=pki.NOW,
    )
    yield verdict


def _of_evidence() -> Iterator[pv.Rejection]:
    """What is said of certificates that are revoked, or may be, and of the evidence on them."""
    day = pki.DAY
    responder = CA.leaf("Responder", eku=[x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH])
    spots = [rp.uri(f"http://crl.example/{number}") for number in range(5)]
    listed = [
        CA.ca("Example CA", label=f"deep {n}", serial=n + 2, extensions=[rp.points(rp.point(full=[spots[n + 1]]))])
        for n in range(4)
    ]
    pointed = _leaf(extensions=[rp.points(rp.point(full=[spots[0]]))])
    nested = [rp.crl(CA, signer=listed[n], idp=rp.idp(full=[spots[n]])) for n in range(4)]
    silent = CA.same(usage=pki.key_usage("key_cert_sign"))
    cases: list[dict[str, Any]] = [
        {"crls": [rp.crl(CA, [rp.entry(LEAF, reason=rp.KEY)])]},
        {},
        {"crls": [rp.crl(CA, next_update=pki.NOW - day)]},
        {"crls": [rp.crl(CA, this_update=pki.NOW + day)]},
        {"crls": [rp.crl(CA, signer=OTHER)]},
        {"crls": [rp.crl(CA, extensions=[rp.unknown_extension(critical=True)])]},
        {"crls": [rp.crl(CA, idp=rp.idp(only_ca=True))]},
        {"crls": [rp.crl(CA)], "chain": (LEAF, silent)},
        {"crls": [rp.crl(CA, idp=rp.idp(reasons=[rp.KEY]))]},
        {"crls": [rp.crl(CA, number=9, delta_of=3)]},
        {"ocsp": [rp.ocsp(CA, None, response_status=rp.TRY_LATER)]},
        {"ocsp": [rp.ocsp(CA, LEAF, status=rp.UNKNOWN)]},
        {"ocsp": [rp.ocsp(CA, LEAF, responder=responder)]},
        {"crls": nested, "chain": (pointed, CA), "certificates": [each.der for each in listed]},
    ]
    cases.append({"crls": [rp.crl(CA, number=None)], "profile": pv.Profile.RFC5280})
    for case in cases:
        certificates = case.pop("chain", (LEAF, CA))
        profile = case.pop("profile", pv.Profile.DEVICE)
        policy = pv.Policy.tls_client(profile=profile, revocation=pv.Revocation(scope=pv.RevocationScope.LEAF))
        store = pv.TrustStore.from_der([ROOT.der])
        ders = [each.der for each in certificates]
        verdict = pv.Validator(store, policy).check(ders, pv.DNSName("gw.example"), pki.NOW, pv.Evidence(**case))
        yield from verdict.rejections


def _of_rules() -> Iterator[pv.Verdict]:
    yield from (test_profile.judge(row.chain(), test_profile.STRICT) for row in test_profile.ROWS)
    yield from (test_webpki.judge(row.chain()) for row in test_webpki.ROWS)
    certificate_checks = pv.Policy.tls_server(anchor_checks=pv.AnchorChecks.CERTIFICATE)
    for options in ({"eku": test_webpki.SERVER}, test_webpki.own_key_id(b"another")):
        root = pki.root("Odd Root", **options)
        yield test_webpki.judge(test_webpki.below(root.ca("CA below it")), certificate_checks, roots=[root.der])
    own = test_missing_reasons.CA
    bare = own.leaf("x", subject=own.plan.subject, dns=["gw.example"]).certificate.tbs_certificate_bytes
    for position in (-1, 0):  # neither extensions nor a version; self-issued, so that no key identifier is missed first
        bare = test_missing_reasons.der_tools.delete(bare, test_missing_reasons.fields(bare)[position])
    yield test_missing_reasons.judge([pki.sign_tbs(bare, own.key), own.der], pv.Policy.tls_server())


def examples() -> dict[str, str]:
    """The headline of the first verdict that has each reason."""
    found: dict[str, str] = {}
    for source in (_of_paths, _of_names, _of_keys_and_encodings, _of_limits, _of_rules):
        for verdict in source():
            found.setdefault(verdict.reason.name, verdict.headline)
    for rejection in _of_evidence():
        found.setdefault(rejection.reason.name, str(rejection))
    return {each.name: found[each.name] for each in pv.Reason if each.name in found}


def main() -> None:
    """Write the file; JSON strings are TOML strings."""
    lines = [f"{name} = {json.dumps(text)}\n" for name, text in examples().items()]
    TARGET.write_text("# Made by tests/reason_examples.py: do not edit.\n\n" + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
