"""Explanations: each refusal tells the values that were compared, what lies behind it, and what mends it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

import pki
import pyvalidator as pv

ROOT = pki.root("Story Root")
CA = ROOT.ca("Story CA")
LEAF = CA.leaf("gw", dns=["gw.example"])
OTHER = pki.root("Other Root")
GW = pv.DNSName("gw.example")
URL = "http://ca.example/story-ca.cer"


def aia(url: str = URL) -> x509.Extension[x509.AuthorityInformationAccess]:
    method = AuthorityInformationAccessOID.CA_ISSUERS
    location = x509.UniformResourceIdentifier(url)
    return pki.extension(x509.AuthorityInformationAccess([x509.AccessDescription(method, location)]))


def check(
    *chain: pki.Issued | bytes,
    anchors: tuple[pki.Issued | pv.TrustAnchor, ...] = (ROOT,),
    subject: pv.Subject = GW,
    at: datetime | pv.Time = pki.NOW,
    **policy: object,
) -> pv.Verdict:
    store = pv.TrustStore(
        each if isinstance(each, pv.TrustAnchor) else pv.TrustAnchor.from_certificate(each.der) for each in anchors
    )
    ders = [each if isinstance(each, bytes) else each.der for each in chain]
    return pv.Validator(store, pv.Policy.tls_client(**policy)).check(ders, subject, at=at)


def refused(verdict: pv.Verdict, reason: str, cause: pv.Cause | None = None) -> pv.Rejection:
    """The headline's rejection, for this reason and cause; every text of it safe and in the story."""
    assert verdict.outcome is pv.Outcome.REFUSED, verdict.explain()
    nearest = verdict.nearest
    assert nearest.reason.name == reason, verdict.explain()
    assert nearest.cause is cause, verdict.explain()
    assert all(line.isprintable() for line in verdict.explain().split("\n"))
    assert nearest.text in verdict.explain()
    assert nearest.mend in verdict.explain()
    assert json.loads(json.dumps(verdict.to_dict())) == verdict.to_dict()
    return nearest


# --- Five answers where others give one


def test_unknown_root_that_was_sent() -> None:
    told = refused(check(LEAF, CA, ROOT, anchors=(OTHER,)), "ROOT_NOT_TRUSTED", pv.Cause.UNKNOWN_ROOT)
    assert told.detail == "CN=Story Root is not among the 1 anchor: CN=Other Root"
    assert told.mend.startswith("trust CN=Story Root (SHA-256 ")
    assert told.mend.endswith("if it is yours, or send a path to one of: CN=Other Root")


def test_unknown_root_that_was_not_sent() -> None:
    told = refused(check(LEAF, CA, anchors=(OTHER,)), "NO_ISSUER", pv.Cause.UNKNOWN_ROOT)
    assert told.detail == "its issuer is CN=Story Root, which no anchor is"
    assert (told.found, told.wanted) == ("CN=Story Root", "CN=Other Root")
    assert told.mend.startswith("trust CN=Story Root if it is a root of yours")
    assert told.mend.endswith("send a path to one of: CN=Other Root")


def test_missing_intermediate() -> None:
    leaf = CA.leaf("gw", dns=["gw.example"], extensions=[aia()])
    told = refused(check(leaf), "NO_ISSUER", pv.Cause.MISSING_INTERMEDIATE)
    assert told.detail == "its issuer is CN=Story CA, whose certificate nobody sent"
    assert told.mend.startswith(f"send the missing intermediate CN=Story CA, its AIA says {URL}")


def test_missing_intermediate_without_aia() -> None:
    told = refused(check(LEAF), "NO_ISSUER", pv.Cause.MISSING_INTERMEDIATE)
    assert told.mend.startswith("send the missing intermediate CN=Story CA beside it")


def test_expired_intermediate() -> None:
    expired = CA.same(not_after=pki.NOW - pki.DAY)
    leaf = CA.leaf("gw", dns=["gw.example"], extensions=[aia()])
    told = refused(check(leaf, expired), "EXPIRED", pv.Cause.EXPIRED_INTERMEDIATE)
    assert told.found == "notAfter 2026-05-31T00:00:00Z"
    assert told.wanted == "at 2026-06-01T00:00:00Z"
    assert told.mend == (f"send its successor: a certificate of CN=Story CA that is valid; the AIA of CN=gw says {URL}")


def test_right_name_wrong_key() -> None:
    """By the key identifiers, where the namesake leads to the anchor and where it does not."""
    namesake = ROOT.ca("Story CA", label="another key")
    told = refused(check(LEAF, namesake), "SIGNATURE_BAD", pv.Cause.WRONG_KEY)
    assert told.detail.startswith("right name, wrong key: CN=gw asks for an issuer with key ")
    assert told.found != told.wanted
    assert told.found in told.detail
    assert told.wanted in told.mend
    lost = OTHER.ca("Story CA", label="another key")
    refused(check(LEAF, lost), "NO_ISSUER", pv.Cause.WRONG_KEY)
    decoy = pki.root("Story CA", label="another key")
    refused(check(LEAF, decoy), "ROOT_NOT_TRUSTED", pv.Cause.WRONG_KEY)


def test_right_name_wrong_key_without_identifiers() -> None:
    leaf = CA.leaf("gw", dns=["gw.example"], aki=False)
    namesake = ROOT.ca("Story CA", label="another key", ski=False)
    told = refused(check(leaf, namesake), "SIGNATURE_BAD", pv.Cause.WRONG_KEY)
    assert "key identifiers do not tell" in told.detail


def test_a_root_with_the_name_of_a_trusted_one() -> None:
    fake = pki.root("Story Root", label="fake")
    ca = fake.ca("Fake CA")
    told = refused(check(ca.leaf("gw", dns=["gw.example"]), ca, fake), "ROOT_NOT_TRUSTED", pv.Cause.WRONG_KEY)
    assert told.detail == "an anchor is named CN=Story Root, and its key is another one"


def test_altered() -> None:
    der = LEAF.der[:-1] + bytes([LEAF.der[-1] ^ 1])
    told = refused(check(der, CA), "SIGNATURE_BAD", pv.Cause.ALTERED)
    assert told.detail == "the key of CN=Story CA was tried, the one that it asks for by identifier"
    assert "altered or forged" in told.mend


def test_cross_sign_to_an_unknown_root() -> None:
    """The root is sent as a cross-sign only known to others, and its own certificate is not trusted here either."""
    crossed = pki.cross_sign(ROOT, OTHER)
    verdict = check(LEAF, CA, crossed, ROOT, anchors=(pki.root("Third Root"),))
    told = next(each for each in verdict.rejections if each.certificate == pv.Certificate(crossed.der))
    assert told.cause is pv.Cause.UNKNOWN_CROSS_SIGN
    assert told.detail == (
        "its issuer is CN=Other Root, which no anchor is; it is a cross-sign: CN=Story Root is certified by itself, too"
    )
    assert told.mend == (
        "trust CN=Other Root, or trust CN=Story Root itself by its own root certificate; "
        "or send a path to one of: CN=Third Root"
    )
    expired = pv.TrustAnchor.from_certificate(ROOT.der, constraints=pv.AnchorConstraints(not_after=pki.NOW - pki.DAY))
    verdict = check(LEAF, CA, crossed, anchors=(expired,))
    refused(verdict, "ANCHOR_EXPIRED")
    told = next(each for each in verdict.rejections if each.reason is pv.Reason.NO_ISSUER)
    assert told.cause is pv.Cause.UNKNOWN_CROSS_SIGN
    assert "an anchor has the name and key of CN=Story Root" in told.detail


def test_the_five_answers_differ() -> None:
    texts = {cause.value for cause in pv.Cause}
    assert len(texts) == len(pv.Cause)


# --- The values behind other rules


def test_path_len() -> None:
    top = ROOT.ca("Top CA", path_len=0)
    sub = top.ca("Sub CA")
    told = refused(check(sub.leaf("gw", dns=["gw.example"]), sub, top), "PATH_LEN_EXCEEDED")
    assert told.detail == "pathLenConstraint is 0; below it are 1 intermediate: CN=Sub CA"
    assert [each.subject for each in told.path] == ["CN=gw", "CN=Sub CA"]


def test_too_many_intermediates() -> None:
    told = refused(check(LEAF, CA, max_intermediates=0), "TOO_MANY_INTERMEDIATES")
    assert told.detail == "1 intermediate, and at most 0 are allowed"


def test_eku() -> None:
    leaf = CA.leaf("gw", dns=["gw.example"], eku=[pki.CODE_SIGNING])
    told = refused(check(leaf, CA), "EKU_MISMATCH")
    assert (told.found, told.wanted) == ("codeSigning", "clientAuth")
    told = refused(check(leaf, CA, purpose=pv.EkuOid("1.3.6.1.4.1.99999.7")), "EKU_MISMATCH")
    assert told.wanted == "1.3.6.1.4.1.99999.7"
    limits = pv.AnchorConstraints(eku=(pv.Purpose.SERVER_AUTH,))
    anchor = pv.TrustAnchor(subject=ROOT.subject_der, spki=ROOT.spki, constraints=limits)
    told = refused(check(LEAF, CA, anchors=(anchor,)), "EKU_MISMATCH")
    assert told.detail == "it anchors serverAuth, and clientAuth is wanted"


def test_usages() -> None:
    leaf = CA.leaf("gw", dns=["gw.example"], usage=pki.key_usage("key_encipherment"))
    assert refused(check(leaf, CA), "KEY_USAGE_PURPOSE").detail == "keyUsage is keyEncipherment; clientAuth is wanted"
    mute = ROOT.ca("Mute CA", usage=pki.key_usage("crl_sign"))
    told = refused(check(mute.leaf("gw", dns=["gw.example"]), mute), "NO_CERT_SIGN")
    assert (told.found, told.wanted) == ("cRLSign", "keyCertSign")
    told = refused(check(LEAF.leaf("gw2", dns=["gw.example"]), LEAF, CA), "NOT_A_CA")
    assert told.found == "no basicConstraints"


@pytest.mark.parametrize(
    ("constraints", "reason", "text"),
    [
        (
            {"excluded": [x509.DNSName("bad.example"), x509.DNSName("gw.example")]},
            "NC_EXCLUDED",
            "DNS gw.example of CN=gw lies in DNS gw.example",
        ),
        (
            {"permitted": [x509.DNSName("a.example"), x509.DNSName("b.example")]},
            "NC_NOT_PERMITTED",
            "DNS gw.example of CN=gw; permitted are DNS a.example, DNS b.example",
        ),
        (
            {"permitted": [x509.IPAddress(__import__("ipaddress").ip_network("10.0.0.0/8"))]},
            "NC_NOT_PERMITTED",
            "IP 192.0.2.9 of CN=gw; permitted are IP 10.0.0.0/8",
        ),
        (
            {"excluded": [x509.DirectoryName(pki.name("gw"))]},
            "NC_EXCLUDED",
            "directory name CN=gw of CN=gw lies in directory name CN=gw",
        ),
    ],
)
def test_name_constraints(constraints: dict[str, list[x509.GeneralName]], reason: str, text: str) -> None:
    """Which name of which certificate, against which constraint; the CA two levels up."""
    top = ROOT.ca("Top CA", extensions=[pki.name_constraints(**constraints)])
    sub = top.ca("Sub CA")
    leaf = sub.leaf("gw", dns=["fine.a.example", "gw.example"] if "IP" not in text else [], ip=["192.0.2.9"])
    asked = GW if "IP" not in text else pv.IPAddress("192.0.2.9")
    assert refused(check(leaf, sub, top, subject=asked), reason).detail == text


def test_name_constraints_of_an_anchor() -> None:
    value = x509.NameConstraints(None, [x509.DNSName("example")]).public_bytes()
    limits = pv.AnchorConstraints(name_constraints=value)
    anchor = pv.TrustAnchor(subject=ROOT.subject_der, spki=ROOT.spki, constraints=limits)
    told = refused(check(LEAF, CA, anchors=(anchor,)), "NC_EXCLUDED")
    assert told.detail == "DNS gw.example of CN=gw lies in DNS example"


def test_names() -> None:
    told = refused(check(LEAF, CA, subject=pv.DNSName("x.example")), "SUBJECT_MISMATCH")
    assert (told.found, told.wanted) == ("gw.example", "x.example")
    told = refused(check(CA.leaf("gw.example"), CA), "SAN_MISSING")
    assert told.detail == "asked for gw.example; its subject, which is not read, is CN=gw.example"


def test_algorithms_and_keys() -> None:
    only = frozenset({pv.SignatureAlgorithm.ED25519})
    told = refused(check(LEAF, CA, algorithms=only), "ALGORITHM_NOT_ALLOWED")
    assert told.detail == "it is ECDSA_SHA256; allowed are ED25519"
    namesake = ROOT.ca("Story CA", kind="ed25519")
    told = refused(check(LEAF, namesake), "ALGORITHM_KEY_MISMATCH")
    assert told.detail == "CN=gw is signed with ECDSA_SHA256, and the key is ED25519 of 255 bits"
    rsa = CA.leaf("gw", dns=["gw.example"], kind="rsa2048")
    told = refused(check(rsa, CA, min_rsa_bits=3072), "KEY_TOO_SMALL")
    assert (told.found, told.wanted) == ("2048 bits", "at least 3072 and at most 8192 bits")


def test_critical_extension() -> None:
    odd = CA.leaf("gw", dns=["gw.example"], extensions=[pki.raw_extension("1.2.3.4", b"\5\0", critical=True)])
    told = refused(check(odd, CA), "UNKNOWN_CRITICAL_EXTENSION")
    assert told.detail == "critical: 1.2.3.4 (1.2.3.4)"
    assert told.offset is not None


def test_times() -> None:
    early = CA.leaf("gw", dns=["gw.example"], not_before=datetime(2019, 1, 1, tzinfo=UTC))
    told = refused(check(early, CA, at=pv.Time.at_issuance()), "NOT_VALID_AT_ISSUANCE")
    assert told.detail == (
        "it is valid 2020-01-01T00:00:00Z to 2040-01-01T00:00:00Z, "
        "judged at 2019-01-01T00:00:00Z, when CN=gw was issued"
    )
    limits = pv.AnchorConstraints(distrust_after=datetime(2025, 1, 1, tzinfo=UTC))
    anchor = pv.TrustAnchor.from_certificate(ROOT.der, constraints=limits)
    told = refused(check(LEAF, CA, anchors=(anchor,)), "ANCHOR_DISTRUSTED")
    assert told.detail == (
        "CN=gw was issued 2026-01-01T00:00:00Z, and CN=Story Root is distrusted after 2025-01-01T00:00:00Z"
    )
    limits = pv.AnchorConstraints(not_after=pki.NOW - pki.DAY)
    anchor = pv.TrustAnchor.from_certificate(ROOT.der, constraints=limits)
    told = refused(check(LEAF, CA, anchors=(anchor, OTHER)), "ANCHOR_EXPIRED")
    assert told.found == "notAfter 2026-05-31T00:00:00Z"  # the owner's limit, not the certificate's
    assert told.mend.endswith("or send a path to one of: CN=Other Root")


def test_encoding_fault() -> None:
    told = refused(check(LEAF.der[:-9], CA), "DER_TRUNCATED")
    assert f"byte {told.offset}" in str(told)


# --- The tree


def flat(steps: tuple[pv.Step, ...] | list[pv.Step]) -> list[tuple[int, str, str]]:
    lines = []
    for step in steps:
        lines.append((step.depth, step.who, step.rejection.reason.name if step.rejection else ""))
        lines += flat(step.steps)
    return lines


def test_every_path_in_the_order_tried() -> None:
    """Two cross-signs and an anchor: what hangs on what."""
    crossed = pki.cross_sign(ROOT, OTHER, not_after=pki.NOW - pki.DAY)
    verdict = check(LEAF, CA, crossed, ROOT, anchors=(OTHER,))
    refused(verdict, "EXPIRED", pv.Cause.EXPIRED_INTERMEDIATE)
    assert flat(verdict.steps) == [
        (0, "CN=gw (issuer CN=Story CA, to 2027-01-01)", ""),
        (1, "CN=Story CA (issuer CN=Story Root, to 2040-01-01)", ""),
        (2, "CN=Story Root (issuer CN=Story Root, to 2040-01-01)", ""),
        (3, "CN=Story Root (issuer CN=Story Root, to 2040-01-01)", "ROOT_NOT_TRUSTED"),
        (3, "CN=Story Root (issuer CN=Other Root, to 2026-05-31)", "LOOP"),
        (2, "CN=Story Root (issuer CN=Other Root, to 2026-05-31)", "EXPIRED"),
    ]
    lines = verdict.explain().split("\n")
    assert "    CN=gw (issuer CN=Story CA, to 2027-01-01)" in lines
    assert "      CN=Story CA (issuer CN=Story Root, to 2040-01-01)" in lines


def test_a_signature_ends_the_path_at_its_anchor() -> None:
    der = LEAF.der[:-1] + bytes([LEAF.der[-1] ^ 1])
    verdict = check(der, CA, CA.same(serial=7))
    assert [each[0::2] for each in flat(verdict.steps)] == [
        (0, ""), (1, ""), (2, ""), (0, "SIGNATURE_BAD"),
    ]  # fmt: skip
    assert verdict.steps[0].steps[0].steps[0].steps[0].rejection is not None


def test_hooks_end_the_path_at_its_anchor() -> None:
    def refuse(found: pv.FoundPath) -> pv.HookRefusal:
        return pv.HookRefusal(f"not {found.anchor}")

    verdict = check(LEAF, CA, anchors=(ROOT,), hooks=(refuse,))
    told = refused(verdict, "HOOK_REFUSED")
    assert told.detail == "not CN=Story Root"
    assert [each[2] for each in flat(verdict.steps)] == ["", "", "", "HOOK_REFUSED"]


def test_a_cut_log_says_so() -> None:
    wrong = [ROOT.ca("Story CA", label=f"wrong {n}", not_after=pki.NOW - pki.DAY).der for n in range(300)]
    verdict = check(LEAF, *wrong, budget=pv.Budget(certificates=512))
    assert verdict.omitted > 0
    assert f"the log was cut: {verdict.omitted} more lines of it were not kept" in verdict.explain()


def test_hostile_names_in_every_answer() -> None:
    text = "a\x1b[2J\nTRUSTED\u202e"
    root = pki.root(text, label="hostile root")
    ca = root.ca(text + "ca", label="hostile ca")
    leaf = ca.leaf(text + "leaf", label="hostile leaf", dns=["gw.example"], extensions=[aia("http://x/\x1b[2J")])
    for verdict in (
        check(leaf),
        check(leaf, ca),
        check(leaf, ca, root),
        check(leaf, ca.same(not_after=pki.NOW - pki.DAY), root, anchors=(root,)),
        check(leaf, root.ca(text + "ca", label="wrong"), anchors=(root,)),
        check(leaf, ca, root, anchors=(root,), subject=pv.DNSName("x.example")),
    ):
        refused(verdict, verdict.reason.name, verdict.nearest.cause)
        assert all(who.isprintable() for _, who, _ in flat(verdict.steps))
        assert json.dumps(verdict.to_dict()).isprintable()
