"""Revocation by CRLs (RFC 5280 5 and 6.3.3), clause by clause: each case beside its twin that differs in nothing else.

The plain hierarchy is ROOT, CA, LEAF. A bad twin is judged with the policy that refuses what no evidence speaks of,
so that a CRL which must not count leaves REVOCATION_UNKNOWN, with the reason on the CRL itself.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

import pki
import pyvalidator as pv
import revocation_pki as rp
from pki import DAY, NOW
from pyvalidator import signatures
from pyvalidator.signatures import SignatureJob, SignatureResult
from revocation_asking import (
    CHAIN,
    LEAF,
    NOTE,
    about_evidence,
    is_revoked,
    is_trusted,
    is_unknown,
    judge,
    revoked_details,
)
from revocation_pki import Entry, crl, entry, idp, point, points, uri

ROOT = pki.root("CRL Root")
CA = ROOT.ca("CRL CA")
GW = CA.leaf("gw", dns=["gw.example"])
OTHER = ROOT.ca("Other CA")
STRANGER = pki.root("CRL Stranger")
ATTACKER = pki.key("attacker")

ROOT_CRL = crl(ROOT)
CLEAN = crl(CA)
LISTED = crl(CA, [GW])

HTTP_1, HTTP_2 = uri("http://crl.example/1"), uri("http://crl.example/2")
SECOND = timedelta(seconds=1)


def ask(*crls: Any, leaf: pki.Issued = GW, **options: Any) -> pv.Verdict:
    """What the leaf of the plain hierarchy is judged with these CRLs."""
    return judge(leaf, CA, anchors=[ROOT], crls=crls, **options)


def pointed(*each: bytes) -> pki.Issued:
    """The leaf with these distribution points."""
    return GW.same(extensions=[points(*each)])


# ======================================================================================================================
# The plain case, scope and what is missing
# ======================================================================================================================


def test_a_crl_without_the_certificate_covers_it() -> None:
    is_trusted(ask(CLEAN))
    is_trusted(ask(crl(CA, [CA.leaf("another")])))


def test_a_listed_certificate_is_revoked() -> None:
    is_revoked(ask(LISTED))


def test_without_evidence_the_status_is_unknown() -> None:
    verdict = ask()
    is_unknown(verdict)
    assert not about_evidence(verdict)


def test_without_evidence_a_note_if_the_policy_says_so() -> None:
    verdict = ask(missing=NOTE)
    is_trusted(verdict)
    assert [(each.certificate.der, each.reason) for each in verdict.notes] == [(GW.der, pv.Reason.REVOCATION_UNKNOWN)]
    assert not ask(CLEAN, missing=NOTE).notes
    is_revoked(ask(LISTED, missing=NOTE))


def test_notes_are_on_each_certificate_that_nothing_speaks_of() -> None:
    for crls, noted in (
        ((), {GW.der, CA.der}),
        ((CLEAN,), {CA.der}),
        ((ROOT_CRL,), {GW.der}),
        ((CLEAN, ROOT_CRL), set()),
    ):
        verdict = ask(*crls, scope=CHAIN, missing=NOTE)
        is_trusted(verdict)
        assert {each.certificate.der for each in verdict.notes} == noted


def test_no_revocation_in_the_policy_asks_nothing() -> None:
    validator = pv.Validator(pv.TrustStore.from_der([ROOT.der]), pv.Policy.device())
    is_trusted(validator.check([GW.der, CA.der], pv.AnySubject(), NOW))


def test_evidence_for_a_policy_that_asks_none_is_an_error() -> None:
    validator = pv.Validator(pv.TrustStore.from_der([ROOT.der]), pv.Policy.device())
    with pytest.raises(pv.PolicyError, match="evidence"):
        validator.check([GW.der, CA.der], pv.AnySubject(), NOW, pv.Evidence(crls=[CLEAN]))


def test_scope_leaf_leaves_intermediates_alone() -> None:
    is_trusted(ask(CLEAN, crl(ROOT, [CA]), scope=LEAF))
    is_revoked(ask(CLEAN, crl(ROOT, [CA]), scope=CHAIN))


def test_scope_chain_wants_cover_for_every_intermediate() -> None:
    is_trusted(ask(CLEAN, ROOT_CRL, scope=CHAIN))
    is_unknown(ask(CLEAN, scope=CHAIN))
    is_unknown(ask(ROOT_CRL, scope=CHAIN))


def test_the_anchor_is_never_judged() -> None:
    is_trusted(ask(CLEAN, crl(ROOT, [ROOT]), scope=CHAIN))


def test_a_leaf_directly_below_the_anchor() -> None:
    leaf = ROOT.leaf("direct")
    is_trusted(judge(leaf, anchors=[ROOT], crls=[ROOT_CRL]))
    is_revoked(judge(leaf, anchors=[ROOT], crls=[crl(ROOT, [leaf])]))


def test_crls_that_the_policy_does_not_take_tell_nothing() -> None:
    is_trusted(ask(CLEAN, sources=frozenset({pv.RevocationSource.CRL})))
    is_unknown(ask(CLEAN, sources=frozenset({pv.RevocationSource.OCSP})))


def test_crls_of_several_issuers_in_any_order() -> None:
    others = [crl(OTHER), crl(STRANGER)]
    for crls in ([*others, CLEAN, ROOT_CRL], [ROOT_CRL, CLEAN, *others]):
        is_trusted(ask(*crls, scope=CHAIN))
        is_revoked(ask(*crls, crl(ROOT, [CA], number=2), scope=CHAIN))


@pytest.mark.parametrize("kind", ["p256", "p384", "ed25519", "rsa2048"])
def test_every_kind_of_key_signs_crls(kind: str) -> None:
    ca = ROOT.ca(f"CRL CA {kind}", kind=kind)
    leaf = ca.leaf(f"below {kind}")
    is_trusted(judge(leaf, ca, anchors=[ROOT], crls=[crl(ca)]))
    is_revoked(judge(leaf, ca, anchors=[ROOT], crls=[crl(ca, [leaf])]))
    is_unknown(judge(leaf, ca, anchors=[ROOT], crls=[rp.flipped(crl(ca))]), "EVIDENCE_SIGNER")


@pytest.mark.parametrize("engine", [pv.Engine.LIBCRYPTO, pv.Engine.CRYPTOGRAPHY])
def test_engines_agree_on_crls(engine: pv.Engine) -> None:
    is_trusted(ask(CLEAN, engine=engine))
    is_revoked(ask(LISTED, engine=engine))
    is_unknown(ask(rp.flipped(CLEAN), engine=engine), "EVIDENCE_SIGNER")


# ======================================================================================================================
# How evidence is handed in
# ======================================================================================================================


def test_every_form_of_a_crl_is_the_same_evidence(tmp_path: Path) -> None:
    both = rp.pem("X509 CRL", CLEAN, crl(ROOT, [CA]))
    (tmp_path / "both.pem").write_bytes(both)
    (tmp_path / "one.crl").write_bytes(crl(ROOT, [CA]))
    forms: list[list[Any]] = [
        [CLEAN, crl(ROOT, [CA])],
        [both],
        [[CLEAN, crl(ROOT, [CA])]],
        [pv.RevocationList.from_pem(both)],
        [*pv.RevocationList.from_pem(both)],
        [pv.RevocationList.from_file(tmp_path / "both.pem")],
        [CLEAN, pv.RevocationList.from_file(str(tmp_path / "one.crl"))],
        [pv.RevocationList.from_der(CLEAN), rp.pem("X509 CRL", crl(ROOT, [CA]))],
    ]
    for crls in forms:
        is_trusted(ask(*crls, scope=LEAF))
        is_revoked(ask(*crls, scope=CHAIN))


def test_what_a_list_says_of_itself() -> None:
    listed = [GW, Entry(serial=5, reason=6, invalid_at=NOW), Entry(serial=7, issuer=OTHER.plan.subject)]
    read = pv.RevocationList.from_der(crl(CA, listed, number=300, idp=idp(indirect=True)))
    assert (len(read), read.number, read.base_number) == (3, 300, None)
    assert (read.this_update, read.next_update) == (rp.THIS_UPDATE, rp.NEXT_UPDATE)
    assert read.issuer == pv.Certificate(GW.der).issuer
    first, second, third = read.entries()
    assert (first.serial, first.revoked_at, first.reason) == (
        GW.plan.serial,
        rp.REVOKED_AT,
        pv.RevocationReason.UNSPECIFIED,
    )
    assert (second.reason, second.invalid_at, second.issuer) == (pv.RevocationReason.CERTIFICATE_HOLD, NOW, None)
    assert third.issuer == pv.Certificate(OTHER.der).subject
    found = read.find(pv.Certificate(GW.der))
    assert found is not None
    assert found.serial == GW.plan.serial
    assert read.find(pv.Certificate(CA.leaf("another").der)) is None
    assert read.index_bytes == 0  # so few entries are looked through one by one


def test_a_delta_says_what_it_builds_upon() -> None:
    read = pv.RevocationList.from_der(crl(CA, number=9, delta_of=4, next_update=None))
    assert (read.number, read.base_number, read.next_update, len(read)) == (9, 4, None, 0)


@pytest.mark.parametrize("number", [0, 1, 127, 128, 255, 256, 2**64, 2**159 - 1])
def test_numbers_of_any_size(number: int) -> None:
    assert pv.RevocationList.from_der(crl(CA, number=number)).number == number


def test_evidence_is_used_again_and_again() -> None:
    evidence = pv.Evidence(crls=[LISTED, ROOT_CRL])
    policy = pv.Policy.device(revocation=pv.Revocation())
    validator = pv.Validator(pv.TrustStore.from_der([ROOT.der]), policy)
    another = CA.leaf("another")
    chains = [[GW.der, CA.der], [another.der, CA.der]] * 3
    requests = [pv.Request(chain, pv.AnySubject(), evidence) for chain in chains]
    many = validator.check_many(requests, at=NOW, workers=2)
    alone = [validator.check(chain, pv.AnySubject(), NOW, evidence) for chain in chains]
    expected = [pv.Outcome.REFUSED, pv.Outcome.TRUSTED] * 3
    assert [each.outcome for each in many] == [each.outcome for each in alone] == expected


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"no CRL",
        CLEAN[:-1],
        CLEAN + b"\0",
        GW.der,
        crl(CA, version=3),
        crl(CA, version=None, extensions=[rp.extension("2.5.29.20", rp.integer(1))]),
        crl(CA, outer_algorithm="ecdsa-sha384"),
        crl(CA, number=-1),
        crl(CA, extensions=[rp.extension("2.5.29.20", rp.integer(1))]),
        crl(CA, extensions=[rp.extension("2.5.29.27", b"\2\1")]),
        crl(CA, [Entry(serial=1, extensions=(rp.extension("2.5.29.21", b"\x0a\x01"),))]),
        crl(CA, raw_entries=rp.many_entries(3)[:-1]),
    ],
    ids=lambda der: f"{len(der)}-octets",
)
def test_what_cannot_be_read_is_told(der: bytes) -> None:
    with pytest.raises(pv.UnreadableEvidence) as caught:
        pv.RevocationList.from_der(der)
    assert isinstance(caught.value, pv.PyvalidatorError)
    assert isinstance(caught.value, ValueError)
    assert caught.value.reason is not pv.Reason.OK
    assert 0 <= caught.value.offset <= len(der)


@pytest.mark.parametrize(
    ("der", "reason"),
    [
        (crl(CA, version=3), "CRL_VERSION"),
        (crl(CA, version=None, extensions=[rp.extension("2.5.29.20", rp.integer(1))]), "CRL_VERSION"),
        (CLEAN + b"\0", "DER_TRAILING"),
        (CLEAN[:-1], "DER_TRUNCATED"),
        (crl(CA, outer_algorithm="ecdsa-sha384"), "CERT_ALGORITHM_MISMATCH"),
        (crl(CA, extensions=[rp.extension("2.5.29.20", rp.integer(1))]), "CERT_EXTENSION_REPEATED"),
    ],
)
def test_what_is_wrong_with_a_crl_is_named(der: bytes, reason: str) -> None:
    with pytest.raises(pv.UnreadableEvidence) as caught:
        pv.Evidence(crls=[der])
    assert caught.value.reason.name == reason


def test_pem_without_a_crl_is_an_error() -> None:
    for text in (b"", b"nothing", rp.pem("CERTIFICATE", GW.der)):
        with pytest.raises((pv.PemError, pv.UnreadableEvidence)):
            pv.RevocationList.from_pem(text)


def test_wrong_types_are_type_errors() -> None:
    for options in ({"crls": [1]}, {"crls": "text"}, {"ocsp": [object()]}, {"certificates": [None]}):
        with pytest.raises(TypeError):
            pv.Evidence(**options)
    validator = pv.Validator(pv.TrustStore.from_der([ROOT.der]), pv.Policy.device(revocation=pv.Revocation()))
    with pytest.raises(TypeError):
        validator.check([GW.der, CA.der], pv.AnySubject(), NOW, [CLEAN])


# ======================================================================================================================
# Section 5: the fields of a CRL
# ======================================================================================================================


def test_a_version_1_crl_counts() -> None:
    is_trusted(ask(crl(CA, version=None)))
    is_revoked(ask(crl(CA, [GW], version=None)))


def test_no_number_and_no_key_identifier() -> None:
    is_trusted(ask(crl(CA, number=None, aki=False)))
    is_revoked(ask(crl(CA, [GW], number=None, aki=False)))


def test_an_unknown_critical_extension_of_the_crl() -> None:
    """5.2: the CRL must not be used; not critical, it is passed over."""
    is_trusted(ask(crl(CA, extensions=[rp.unknown_extension(critical=False)])))
    is_unknown(ask(crl(CA, extensions=[rp.unknown_extension(critical=True)])), "EVIDENCE_CRITICAL")


def test_an_unknown_critical_extension_of_an_entry() -> None:
    """5.3: of any entry, not only of the certificate's."""
    for critical, check in ((False, is_trusted), (True, lambda verdict: is_unknown(verdict, "EVIDENCE_CRITICAL"))):
        odd = Entry(serial=5, extensions=(rp.unknown_extension(critical=critical),))
        check(ask(crl(CA, [odd])))
    odd = entry(GW, extensions=(rp.unknown_extension(critical=False),))
    is_revoked(ask(crl(CA, [odd])))


def test_a_signature_algorithm_that_the_policy_does_not_allow() -> None:
    is_unknown(ask(crl(CA, algorithm="ecdsa-sha1")))
    is_unknown(ask(crl(CA, algorithm="unknown")))


@pytest.mark.parametrize("reason", [each for each in range(11) if each not in {7, 8}])
def test_every_reason_revokes(reason: int) -> None:
    verdict = ask(crl(CA, [entry(GW, reason=reason)]))
    is_revoked(verdict)
    assert revoked_details(verdict).reason is pv.RevocationReason(reason)


def test_a_date_of_revocation_in_the_future_revokes() -> None:
    """Neither revocationDate nor invalidityDate makes a listed certificate good."""
    for changes in ({"at": NOW + DAY}, {"invalid_at": NOW + DAY}, {"invalid_at": NOW - 90 * DAY}):
        is_revoked(ask(crl(CA, [entry(GW, **changes)])))


@pytest.mark.parametrize("serial", [1, 127, 128, 255, 256, 2**159 - 1])
def test_serial_numbers_are_compared_whole(serial: int) -> None:
    """Each is told from its neighbours, from itself negated, and from what differs in octets at either end only."""
    leaf = GW.same(serial=serial)
    is_revoked(ask(crl(CA, [serial]), leaf=leaf))
    near = {serial + 1, serial - 1, -serial, serial << 8, serial >> 8, serial ^ 0x100}
    is_trusted(ask(crl(CA, near), leaf=leaf))


@pytest.mark.parametrize("serial", [0, -1, -128, -129])
def test_serial_numbers_that_no_ca_may_give(serial: int) -> None:
    """They are listed by CAs that gave them all the same (4.1.2.2), and spoil nothing."""
    is_trusted(ask(crl(CA, [serial])))
    is_revoked(ask(crl(CA, [serial, GW])))


# ======================================================================================================================
# 6.3.3 (a): current
# ======================================================================================================================


def test_nextupdate_at_its_edge() -> None:
    is_trusted(ask(crl(CA, next_update=NOW)))
    is_unknown(ask(crl(CA, next_update=NOW - SECOND)), "EVIDENCE_STALE")


def test_thisupdate_at_its_edge() -> None:
    leeway = timedelta(minutes=5)
    is_trusted(ask(crl(CA, this_update=NOW)))
    is_trusted(ask(crl(CA, this_update=NOW + leeway)))
    is_unknown(ask(crl(CA, this_update=NOW + leeway + SECOND)), "EVIDENCE_NOT_YET_VALID")
    is_unknown(ask(crl(CA, this_update=NOW + SECOND), leeway=timedelta(0)), "EVIDENCE_NOT_YET_VALID")
    is_trusted(ask(crl(CA, this_update=NOW + 2 * rp.HOUR), leeway=3 * rp.HOUR))


def test_no_nextupdate_is_stale_without_max_age() -> None:
    endless = crl(CA, next_update=None)
    is_unknown(ask(endless), "EVIDENCE_STALE")
    is_trusted(ask(endless, max_age=DAY))
    is_unknown(ask(endless, max_age=DAY - SECOND), "EVIDENCE_STALE")


def test_max_age_shortens_nextupdate_and_never_lengthens_it() -> None:
    is_trusted(ask(CLEAN, max_age=DAY))
    is_unknown(ask(CLEAN, max_age=DAY - SECOND), "EVIDENCE_STALE")
    is_unknown(ask(crl(CA, next_update=NOW - SECOND), max_age=100 * DAY), "EVIDENCE_STALE")


def test_a_clock_that_is_only_a_floor_judges_nextupdate() -> None:
    floor = pv.Time.floor(NOW)
    is_trusted(ask(CLEAN, at=floor))
    is_trusted(ask(crl(CA, this_update=NOW + DAY), at=floor))
    is_unknown(ask(crl(CA, next_update=NOW - SECOND), at=floor), "EVIDENCE_STALE")
    is_revoked(ask(LISTED, at=floor))


@pytest.mark.parametrize("at", [pv.Time.unknown(), pv.Time.at_issuance()], ids=["unknown", "at-issuance"])
def test_without_a_clock_freshness_is_not_judged(at: pv.Time) -> None:
    for dates in ({}, {"next_update": NOW - 100 * DAY, "this_update": NOW - 101 * DAY}, {"next_update": None}):
        is_trusted(ask(crl(CA, **dates), at=at))
        is_revoked(ask(crl(CA, [GW], **dates), at=at))


# ======================================================================================================================
# 6.3.3 (b): issuer and scope
# ======================================================================================================================


def test_a_crl_of_another_issuer_speaks_of_nobody_here() -> None:
    is_unknown(ask(crl(OTHER)))
    is_trusted(ask(CLEAN, crl(OTHER, [GW])))


def test_issuers_are_compared_as_names_not_as_bytes() -> None:
    """7.1: case and white space do not count."""
    spelled = pki.name("  crl  ca ")
    is_trusted(ask(crl(CA, name=spelled)))
    is_revoked(ask(crl(CA, [GW], name=spelled)))
    is_unknown(ask(crl(CA, name=pki.name("CRL CA 2"))))


def test_the_uri_of_the_distribution_point_must_be_among_the_crls() -> None:
    leaf = pointed(point(full=[HTTP_1]))
    is_trusted(ask(crl(CA, idp=idp(full=[HTTP_1])), leaf=leaf))
    is_trusted(ask(crl(CA, idp=idp(full=[HTTP_2, HTTP_1])), leaf=leaf))
    is_unknown(ask(crl(CA, idp=idp(full=[HTTP_2])), leaf=leaf), "EVIDENCE_SCOPE")
    is_revoked(ask(crl(CA, [GW], idp=idp(full=[HTTP_1])), leaf=leaf))


def test_the_crl_of_another_distribution_point_does_not_revoke() -> None:
    leaf = pointed(point(full=[HTTP_1]))
    clean = crl(CA, idp=idp(full=[HTTP_1]))
    is_trusted(ask(clean, crl(CA, [GW], idp=idp(full=[HTTP_2])), leaf=leaf))


def test_any_of_several_names_and_points_will_do() -> None:
    for leaf in (pointed(point(full=[HTTP_2, HTTP_1])), pointed(point(full=[HTTP_2]), point(full=[HTTP_1]))):
        is_trusted(ask(crl(CA, idp=idp(full=[HTTP_1])), leaf=leaf))
        is_revoked(ask(crl(CA, [GW], idp=idp(full=[HTTP_1])), leaf=leaf))


def test_a_crl_without_distribution_point_is_for_all_of_them() -> None:
    leaf = pointed(point(full=[HTTP_1]))
    is_trusted(ask(CLEAN, leaf=leaf))
    is_trusted(ask(crl(CA, idp=idp(only_user=True)), leaf=leaf))
    is_revoked(ask(LISTED, leaf=leaf))


def test_a_certificate_without_distribution_point_has_its_issuers_name_for_one() -> None:
    """6.3.3, last paragraph: the issuer's name is taken for the distribution point's."""
    is_trusted(ask(crl(CA, idp=idp(full=[rp.directory(CA)]))))
    is_revoked(ask(crl(CA, [GW], idp=idp(full=[rp.directory(CA)]))))
    is_unknown(ask(crl(CA, idp=idp(full=[HTTP_1]))), "EVIDENCE_SCOPE")
    is_unknown(ask(crl(CA, idp=idp(full=[rp.directory(OTHER)]))), "EVIDENCE_SCOPE")


def test_directory_names_of_distribution_points() -> None:
    leaf = pointed(point(full=[rp.directory(pki.name("Point 1"))]))
    is_trusted(ask(crl(CA, idp=idp(full=[rp.directory(pki.name("Point 1"))])), leaf=leaf))
    is_trusted(ask(crl(CA, idp=idp(full=[rp.directory(pki.name("point  1"))])), leaf=leaf))
    is_unknown(ask(crl(CA, idp=idp(full=[rp.directory(pki.name("Point 2"))])), leaf=leaf), "EVIDENCE_SCOPE")


FULL_1 = {"full": [rp.directory(rp.below(CA, "1"))]}
FULL_2 = {"full": [rp.directory(rp.below(CA, "2"))]}
RELATIVE_1 = {"relative": rp.rdn("1")}
RELATIVE_2 = {"relative": rp.rdn("2")}


@pytest.mark.parametrize("of_cert", [FULL_1, RELATIVE_1], ids=["full", "relative"])
@pytest.mark.parametrize(
    ("of_crl", "is_same"),
    [(FULL_1, True), (RELATIVE_1, True), (FULL_2, False), (RELATIVE_2, False)],
    ids=["full", "relative", "another-full", "another-relative"],
)
def test_names_relative_to_the_issuer(of_cert: dict[str, Any], of_crl: dict[str, Any], is_same: bool) -> None:
    """4.2.1.13, 5.2.5: the fragment is appended to the issuer's name, on either side."""
    leaf = pointed(point(**of_cert))
    clean, listed = (crl(CA, listed, idp=idp(**of_crl)) for listed in ((), [GW]))
    if is_same:
        is_trusted(ask(clean, leaf=leaf))
        is_revoked(ask(listed, leaf=leaf))
    else:
        is_unknown(ask(clean, leaf=leaf), "EVIDENCE_SCOPE")
        is_unknown(ask(listed, leaf=leaf), "EVIDENCE_SCOPE")


def test_only_user_certificates() -> None:
    user_only = crl(ROOT, idp=idp(only_user=True))
    leaf = ROOT.leaf("direct")
    is_trusted(judge(leaf, anchors=[ROOT], crls=[user_only]))
    is_unknown(judge(GW, CA, anchors=[ROOT], crls=[CLEAN, user_only], scope=CHAIN), "EVIDENCE_SCOPE")
    listed = crl(ROOT, [CA], idp=idp(only_user=True))
    is_trusted(judge(GW, CA, anchors=[ROOT], crls=[CLEAN, ROOT_CRL, listed], scope=CHAIN))


def test_only_ca_certificates() -> None:
    ca_only = crl(ROOT, idp=idp(only_ca=True))
    is_trusted(judge(GW, CA, anchors=[ROOT], crls=[CLEAN, ca_only], scope=CHAIN))
    is_revoked(judge(GW, CA, anchors=[ROOT], crls=[CLEAN, crl(ROOT, [CA], idp=idp(only_ca=True))], scope=CHAIN))
    is_unknown(ask(crl(CA, idp=idp(only_ca=True))), "EVIDENCE_SCOPE")


def test_only_attribute_certificates() -> None:
    is_unknown(ask(crl(CA, idp=idp(only_attribute=True))), "EVIDENCE_SCOPE")
    is_unknown(ask(crl(CA, [GW], idp=idp(only_attribute=True))), "EVIDENCE_SCOPE")


def test_an_idp_that_is_not_critical_counts_all_the_same() -> None:
    """5.2.5 wants it critical; an application that knows it must not take the CRL for more than it covers."""
    leaf = pointed(point(full=[HTTP_1]))
    is_trusted(ask(crl(CA, idp=idp(full=[HTTP_1], critical=False)), leaf=leaf))
    is_unknown(ask(crl(CA, idp=idp(full=[HTTP_2], critical=False)), leaf=leaf), "EVIDENCE_SCOPE")


# --- Indirect CRLs: cRLIssuer, certificateIssuer


CRL_ISSUER = ROOT.ca("CRL issuer", usage=pki.key_usage("crl_sign"))
INDIRECT = pointed(point(full=[HTTP_1], crl_issuer=[rp.directory(CRL_ISSUER)]))


def indirect(*listed: Any, signer: rp.Signer | None = None, **of_idp: Any) -> bytes:
    """A CRL of the CRL issuer for the distribution point of INDIRECT."""
    return crl(CRL_ISSUER, listed, idp=idp(**({"full": [HTTP_1], "indirect": True} | of_idp)), signer=signer)


def of_ca(listed: rp.Listed) -> Entry:
    """The entry of a certificate with its issuer's name."""
    return entry(listed, issuer=CA.plan.subject)


def ask_indirect(*crls: bytes, leaf: pki.Issued = INDIRECT, **options: Any) -> pv.Verdict:
    return ask(*crls, ROOT_CRL, leaf=leaf, certificates=[CRL_ISSUER], **options)


def test_the_crl_issuer_of_the_distribution_point() -> None:
    is_trusted(ask_indirect(indirect()))
    is_revoked(ask_indirect(indirect(of_ca(GW))))


def test_a_crl_issuer_whose_crl_is_not_indirect() -> None:
    """(b)(1): the indirectCRL boolean must be there."""
    is_unknown(ask_indirect(indirect(indirect=False)), "EVIDENCE_SCOPE")
    is_unknown(ask_indirect(crl(CRL_ISSUER)))


def test_a_crl_issuer_that_no_distribution_point_names() -> None:
    is_unknown(ask_indirect(indirect(), leaf=GW))
    is_unknown(ask_indirect(indirect(), leaf=pointed(point(full=[HTTP_1]))))
    is_unknown(ask_indirect(indirect(), leaf=pointed(point(full=[HTTP_1], crl_issuer=[rp.directory(OTHER)]))))


def test_a_crl_issuer_that_has_no_certificate_at_hand() -> None:
    is_unknown(ask(indirect(), ROOT_CRL, leaf=INDIRECT), "EVIDENCE_SIGNER")


def test_a_crl_issuer_under_another_root() -> None:
    foreign = STRANGER.ca("CRL issuer", usage=pki.key_usage("crl_sign"))
    is_unknown(
        ask(indirect(signer=foreign), ROOT_CRL, crl(STRANGER), leaf=INDIRECT, certificates=[foreign]),
        "EVIDENCE_SIGNER",
    )


def test_entries_of_an_indirect_crl_are_the_crl_issuers_until_one_names_another() -> None:
    """5.3.3: absent in the first entries: the CRL's issuer; then the last one named."""
    is_trusted(ask_indirect(indirect(entry(GW))))
    is_trusted(ask_indirect(indirect(entry(5, issuer=OTHER.plan.subject), entry(GW))))
    is_revoked(ask_indirect(indirect(of_ca(5), entry(GW))))
    is_revoked(ask_indirect(indirect(of_ca(5), entry(6), entry(GW))))
    is_trusted(ask_indirect(indirect(of_ca(5), entry(6, issuer=OTHER.plan.subject), entry(GW))))
    is_trusted(ask_indirect(indirect(of_ca(5), entry(GW, issuer=OTHER.plan.subject))))


def test_an_indirect_crl_lists_one_serial_number_for_many_issuers() -> None:
    others = [entry(GW, issuer=pki.name(f"Issuer {n}")) for n in range(200)]
    is_trusted(ask_indirect(indirect(*others)))
    is_revoked(ask_indirect(indirect(*others, of_ca(GW))))
    is_revoked(ask_indirect(indirect(of_ca(GW), *others)))


def test_the_issuers_own_crl_may_be_indirect() -> None:
    """Its entries without certificateIssuer are the issuer's; those of others are not."""
    own = {"idp": idp(indirect=True)}
    is_trusted(ask(crl(CA, **own)))
    is_revoked(ask(crl(CA, [GW], **own)))
    is_trusted(ask(crl(CA, [entry(GW, issuer=OTHER.plan.subject)], **own)))


def test_a_point_that_is_a_crl_issuer_only() -> None:
    """(b)(2)(i): without a distribution point the names of the cRLIssuer are matched."""
    leaf = pointed(point(crl_issuer=[rp.directory(CRL_ISSUER)]))
    is_trusted(ask_indirect(indirect(full=()), leaf=leaf))
    is_trusted(ask_indirect(indirect(full=[rp.directory(CRL_ISSUER)]), leaf=leaf))
    is_unknown(ask_indirect(indirect(), leaf=leaf), "EVIDENCE_SCOPE")
    is_revoked(ask_indirect(indirect(of_ca(GW), full=[rp.directory(CRL_ISSUER)]), leaf=leaf))


def test_names_relative_to_the_crl_issuer() -> None:
    """4.2.1.13: with a cRLIssuer the fragment is appended to its name."""
    leaf = pointed(point(relative=rp.rdn("1"), crl_issuer=[rp.directory(CRL_ISSUER)]))
    for of_idp in ({"full": [rp.directory(rp.below(CRL_ISSUER, "1"))]}, {"full": (), "relative": rp.rdn("1")}):
        is_trusted(ask_indirect(indirect(**of_idp), leaf=leaf))
        is_revoked(ask_indirect(indirect(of_ca(GW), **of_idp), leaf=leaf))
    for of_idp in ({"full": [rp.directory(rp.below(CA, "1"))]}, {"full": (), "relative": rp.rdn("2")}):
        is_unknown(ask_indirect(indirect(**of_idp), leaf=leaf), "EVIDENCE_SCOPE")


def test_a_point_with_a_crl_issuer_is_not_the_issuers_own() -> None:
    """(b)(1): a CRL of the certificate's issuer is not the one that such a point names; it counts as one that no point
    names, for the issuer's own name."""
    leaf = pointed(point(full=[HTTP_1], crl_issuer=[rp.directory(CRL_ISSUER)]))
    is_revoked(ask_indirect(LISTED, indirect(), leaf=leaf))


# ======================================================================================================================
# 6.3.3 (c), (h), (i), (k): delta CRLs
# ======================================================================================================================


HELD = [entry(GW, reason=6)]
REMOVED = [entry(GW, reason=rp.REMOVE)]


def delta(listed: Iterable[rp.Listed] = (), **changes: Any) -> bytes:
    return crl(CA, listed, **({"number": 6, "delta_of": 5} | changes))


def test_a_delta_adds_to_its_complete_crl() -> None:
    fresh = crl(CA, number=5, extensions=[rp.freshest(point(full=[HTTP_2]))])
    is_trusted(ask(fresh, delta()))
    is_revoked(ask(fresh, delta([GW])))
    leaf = GW.same(extensions=[pki.raw_extension("2.5.29.46", pki.der(0x30, point(full=[HTTP_2])))])
    is_trusted(ask(crl(CA, number=5), delta(), leaf=leaf))
    is_revoked(ask(crl(CA, number=5), delta([GW]), leaf=leaf))


def test_remove_from_crl_lifts() -> None:
    """(k): what the complete CRL holds, the delta lets go."""
    is_revoked(ask(crl(CA, HELD, number=5), delta()))
    is_trusted(ask(crl(CA, HELD, number=5), delta(REMOVED)))


def test_a_delta_alone_revokes_but_never_clears() -> None:
    is_unknown(ask(delta()), "CRL_NO_BASE")
    is_revoked(ask(delta([GW])))


def test_numbers_of_complete_and_delta_at_their_edges() -> None:
    """(c), 5.2.4: base number <= the complete CRL's number < the delta's."""
    for number, lifts in ((4, False), (5, True), (7, True), (8, False), (9, False)):
        verdict = ask(crl(CA, HELD, number=number), delta(REMOVED, number=8))
        (is_trusted if lifts else is_revoked)(verdict)


def test_large_numbers_are_compared_as_numbers() -> None:
    """127 and 128 differ in their octets' number; 2^64 does not fit a machine word."""
    for base in (127, 255, 2**32 - 1, 2**64 - 1, 2**64, 2**158):
        is_trusted(ask(crl(CA, HELD, number=base), delta(REMOVED, delta_of=base, number=base + 1)))
        is_revoked(ask(crl(CA, HELD, number=base), delta(REMOVED, delta_of=base + 1, number=base + 2)))


def test_a_complete_crl_without_number_takes_no_delta() -> None:
    is_revoked(ask(crl(CA, HELD, number=None), delta(REMOVED)))


def test_a_delta_of_another_scope_does_not_join() -> None:
    """(c)(2): both have the same issuing distribution point, or none."""
    leaf = pointed(point(full=[HTTP_1]))
    held = crl(CA, HELD, number=5, idp=idp(full=[HTTP_1]))
    is_trusted(ask(held, delta(REMOVED, idp=idp(full=[HTTP_1])), leaf=leaf))
    is_revoked(ask(held, delta(REMOVED), leaf=leaf))
    is_revoked(ask(held, delta(REMOVED, idp=idp(full=[HTTP_1], only_user=True)), leaf=leaf))
    is_revoked(ask(crl(CA, HELD, number=5), delta(REMOVED, idp=idp(full=[HTTP_1])), leaf=leaf))


def test_a_delta_of_another_key_identifier_does_not_join() -> None:
    """(c)(3)."""
    is_revoked(ask(crl(CA, HELD, number=5), delta(REMOVED, aki=b"another key")))
    is_revoked(ask(crl(CA, HELD, number=5), delta(REMOVED, aki=False)))
    is_trusted(ask(crl(CA, HELD, number=5, aki=False), delta(REMOVED, aki=False)))


def test_a_current_delta_revives_its_complete_crl() -> None:
    old = {"number": 5, "this_update": NOW - 10 * DAY, "next_update": NOW - DAY}
    is_unknown(ask(crl(CA, **old)), "EVIDENCE_STALE")
    is_trusted(ask(crl(CA, **old), delta()))
    is_revoked(ask(crl(CA, [GW], **old), delta()))
    is_revoked(ask(crl(CA, **old), delta([GW])))
    is_unknown(ask(crl(CA, **old), delta(next_update=NOW - SECOND)), "EVIDENCE_STALE")
    is_unknown(ask(crl(CA, **old), delta(delta_of=6, number=7)), "EVIDENCE_STALE")


def test_a_stale_delta_lifts_nothing() -> None:
    is_revoked(ask(crl(CA, HELD, number=5), delta(REMOVED, next_update=NOW - SECOND)))
    is_revoked(ask(crl(CA, HELD, number=5), delta(REMOVED, this_update=NOW + DAY)))


def test_a_forged_delta_lifts_nothing_and_revokes_nobody() -> None:
    """(h)."""
    is_revoked(ask(crl(CA, HELD, number=5), rp.flipped(delta(REMOVED))))
    is_revoked(ask(crl(CA, HELD, number=5), delta(REMOVED, signer=ATTACKER, aki=rp.key_id(CA))))
    is_trusted(ask(crl(CA, number=5), delta([GW], signer=ATTACKER, aki=rp.key_id(CA))))


def test_of_several_deltas_the_newest_counts() -> None:
    first, second = delta(HELD), delta(REMOVED, number=7)
    for deltas in ((first, second), (second, first)):
        is_trusted(ask(crl(CA, number=5), *deltas))
    again = delta(HELD, number=8)
    for deltas in ((first, second, again), (again, second, first)):
        is_revoked(ask(crl(CA, number=5), *deltas))


def test_a_delta_with_an_unknown_critical_extension_lifts_nothing() -> None:
    odd = delta(REMOVED, extensions=[rp.unknown_extension(critical=True)])
    is_revoked(ask(crl(CA, HELD, number=5), odd))


# --- Newer and older complete CRLs


def test_a_hold_that_a_newer_crl_no_longer_lists_is_lifted() -> None:
    for crls in ((crl(CA, HELD, number=5), crl(CA, number=6)), (crl(CA, number=6), crl(CA, HELD, number=5))):
        is_trusted(ask(*crls))
    for crls in ((crl(CA, HELD, number=6), crl(CA, number=5)), (crl(CA, number=5), crl(CA, HELD, number=6))):
        is_revoked(ask(*crls))


def test_only_a_hold_is_lifted() -> None:
    """Every other reason is for good: a newer CRL that dropped the entry takes nothing back."""
    for reason in (None, 0, 1, 4, 9):
        is_revoked(ask(crl(CA, [entry(GW, reason=reason)], number=5), crl(CA, number=6, this_update=NOW)))
        is_revoked(ask(crl(CA, [entry(GW, reason=reason)], number=5), delta(REMOVED)))


def test_a_revocation_on_a_crl_that_has_expired_counts() -> None:
    """A hold counts while no newer CRL lifts it."""
    old, newer = {"number": 5, "next_update": NOW - SECOND}, crl(CA, number=6, this_update=NOW)
    is_revoked(ask(crl(CA, [GW], **old)))
    is_revoked(ask(crl(CA, [GW], **old), newer))
    is_trusted(ask(crl(CA, HELD, **old), newer))


def test_a_newer_crl_that_does_not_count_lifts_nothing() -> None:
    held = crl(CA, HELD, number=5)
    is_revoked(ask(held, rp.flipped(crl(CA, number=6))))
    is_revoked(ask(held, crl(CA, number=6, signer=ATTACKER, aki=rp.key_id(CA))))
    is_revoked(ask(held, crl(CA, number=6, this_update=NOW + DAY)))
    is_revoked(ask(held, crl(CA, number=6, extensions=[rp.unknown_extension(critical=True)])))
    is_revoked(ask(held, crl(CA, number=6, idp=idp(only_ca=True))))
    is_revoked(ask(held, crl(CA, number=6, name=OTHER.plan.subject)))


def test_a_newer_crl_of_another_scope_lifts_nothing() -> None:
    """Numbers are counted for each scope by itself (5.2.3)."""
    leaf = pointed(point(full=[HTTP_1]))
    held = crl(CA, HELD, number=5, idp=idp(full=[HTTP_1]))
    is_revoked(ask(held, crl(CA, number=6), leaf=leaf))
    is_trusted(ask(held, crl(CA, number=6, idp=idp(full=[HTTP_1])), leaf=leaf))


# ======================================================================================================================
# 6.3.3 (d), (e), (l): reasons
# ======================================================================================================================


SOME = {rp.KEY, rp.CA_KEY, rp.AA_KEY}
REST = rp.ALL_REASONS - SOME


def test_crls_for_some_reasons_cover_together() -> None:
    some, rest = crl(CA, idp=idp(reasons=SOME)), crl(CA, idp=idp(reasons=REST))
    for crls in ((some, rest), (rest, some)):
        is_trusted(ask(*crls))
    is_unknown(ask(some), "CRL_REASONS")
    is_unknown(ask(rest), "CRL_REASONS")


def test_one_reason_too_few() -> None:
    for missing in sorted(rp.ALL_REASONS):
        is_unknown(ask(crl(CA, idp=idp(reasons=rp.ALL_REASONS - {missing}))), "CRL_REASONS")
    is_trusted(ask(crl(CA, idp=idp(reasons=rp.ALL_REASONS))))


def test_a_crl_for_some_reasons_revokes_at_once() -> None:
    is_revoked(ask(crl(CA, [GW], idp=idp(reasons=SOME))))
    is_revoked(ask(crl(CA, idp=idp(reasons=SOME)), crl(CA, [GW], idp=idp(reasons=REST))))


def test_the_reasons_of_the_distribution_point_limit_the_crls() -> None:
    """(d): the intersection counts."""
    first = point(full=[HTTP_1], reasons=SOME)
    leaf = pointed(first, point(full=[HTTP_2], reasons=REST))
    one, two = crl(CA, idp=idp(full=[HTTP_1])), crl(CA, idp=idp(full=[HTTP_2]))
    is_trusted(ask(one, two, leaf=leaf))
    is_unknown(ask(one, leaf=leaf), "CRL_REASONS")
    is_unknown(ask(two, leaf=leaf), "CRL_REASONS")
    is_revoked(ask(one, crl(CA, [GW], idp=idp(full=[HTTP_2])), leaf=leaf))
    narrow = crl(CA, idp=idp(full=[HTTP_1], reasons=REST))
    is_unknown(ask(narrow, two, leaf=leaf))


# ======================================================================================================================
# 6.3.3 (f), (g): who signed
# ======================================================================================================================


def test_a_bad_signature() -> None:
    is_unknown(ask(rp.flipped(CLEAN)), "EVIDENCE_SIGNER")
    is_unknown(ask(rp.flipped(LISTED)), "EVIDENCE_SIGNER")


def test_an_issuer_without_crlsign() -> None:
    """(f): a keyUsage must have cRLSign; no keyUsage is as good."""
    for usage, good in (
        (pki.key_usage("key_cert_sign"), False),
        (pki.key_usage("key_cert_sign", "crl_sign"), True),
        (None, True),
    ):
        ca = CA.same(usage=usage)
        leaf = ca.leaf("gw")
        verdict = judge(leaf, ca, anchors=[ROOT], crls=[crl(ca)])
        is_trusted(verdict) if good else is_unknown(verdict, "CRL_NO_CRL_SIGN")
        if not good:
            is_unknown(judge(leaf, ca, anchors=[ROOT], crls=[crl(ca, [leaf])]), "CRL_NO_CRL_SIGN")


def test_the_anchors_keyusage_counts_too() -> None:
    root = ROOT.same(usage=pki.key_usage("key_cert_sign"))
    leaf = root.leaf("direct")
    is_unknown(judge(leaf, anchors=[root], crls=[crl(root)]))
    is_trusted(judge(leaf, anchors=[ROOT], crls=[crl(ROOT)]))


SIGNER = ROOT.ca("CRL CA", label="CRL signer", usage=pki.key_usage("crl_sign"), is_ca=False, serial=77)


def ask_signed(*crls: bytes, leaf: pki.Issued = GW, signer: pki.Issued = SIGNER, **options: Any) -> pv.Verdict:
    """With CRLs of another key of the CA's name, whose certificate is at hand."""
    return ask(*crls, leaf=leaf, certificates=[signer], **options)


def test_a_separate_key_of_the_issuers_name_signs_crls() -> None:
    is_trusted(ask_signed(crl(CA, signer=SIGNER), ROOT_CRL))
    is_revoked(ask_signed(crl(CA, [GW], signer=SIGNER), ROOT_CRL))
    is_unknown(ask(crl(CA, signer=SIGNER), ROOT_CRL), "EVIDENCE_SIGNER")


def test_the_signers_certificate_may_come_with_the_chain() -> None:
    crls = [crl(CA, signer=SIGNER), ROOT_CRL]
    is_trusted(judge(GW, CA, SIGNER, anchors=[ROOT], crls=crls))
    is_revoked(judge(GW, CA, SIGNER, anchors=[ROOT], crls=[crl(CA, [GW], signer=SIGNER), ROOT_CRL]))


def test_a_separate_key_without_crlsign() -> None:
    signer = SIGNER.same(usage=pki.key_usage("digital_signature"))
    is_unknown(ask_signed(crl(CA, signer=signer), ROOT_CRL, signer=signer), "CRL_NO_CRL_SIGN")


def test_a_separate_key_of_another_name() -> None:
    signer = SIGNER.same(subject=pki.name("Not the CA"))
    is_unknown(ask_signed(crl(CA, signer=signer), ROOT_CRL, signer=signer), "EVIDENCE_SIGNER")


def test_a_separate_key_whose_certificate_has_expired() -> None:
    signer = SIGNER.same(not_after=NOW - DAY)
    is_unknown(ask_signed(crl(CA, signer=signer), ROOT_CRL, signer=signer), "EVIDENCE_SIGNER")


def test_a_separate_key_that_is_revoked() -> None:
    is_unknown(ask_signed(crl(CA, signer=SIGNER), crl(ROOT, [SIGNER]), scope=CHAIN))
    is_trusted(ask_signed(crl(CA, signer=SIGNER), ROOT_CRL, scope=CHAIN))
    is_unknown(ask_signed(crl(CA, signer=SIGNER), crl(ROOT, [SIGNER]), scope=LEAF))


def test_a_separate_key_whose_status_nobody_tells() -> None:
    is_unknown(ask_signed(crl(CA, signer=SIGNER)))


@pytest.mark.parametrize("scope", [LEAF, CHAIN])
def test_a_note_for_missing_evidence_does_not_silence_a_separate_key(scope: pv.RevocationScope) -> None:
    """The path is trusted although nothing tells of its CA; what the CA's other key says then counts as much."""
    listed = crl(CA, [GW], signer=SIGNER)
    is_revoked(ask_signed(listed, ROOT_CRL, scope=scope, missing=NOTE))
    is_revoked(ask_signed(listed, scope=scope, missing=NOTE))


def test_a_key_of_the_same_name_under_another_root() -> None:
    """(f): the same trust anchor as the certificate's path, even if the other is trusted as well."""
    foreign = STRANGER.ca("CRL CA", label="foreign")
    crls = [crl(CA, signer=foreign), ROOT_CRL, crl(STRANGER)]
    for anchors in ([ROOT], [ROOT, STRANGER]):
        verdict = judge(GW, CA, anchors=anchors, crls=crls, certificates=[foreign])
        is_unknown(verdict, "EVIDENCE_SIGNER")
        listed = crl(CA, [GW], signer=foreign)
        is_trusted(judge(GW, CA, anchors=anchors, crls=[*crls, CLEAN, listed], certificates=[foreign]))


def test_a_self_signed_certificate_of_the_issuers_name_is_no_signer() -> None:
    fake = pki.root("CRL CA", label="fake")
    is_unknown(ask(crl(CA, signer=fake), leaf=GW, certificates=[fake]), "EVIDENCE_SIGNER")
    is_revoked(ask(LISTED, crl(CA, number=9, signer=fake), certificates=[fake]))


def test_key_rollover_old_certificates_on_the_new_keys_crl() -> None:
    """5280 5.1.1.3: the CRLs after a rollover are signed by the new key, for what the old key issued too."""
    new = ROOT.ca("CRL CA", label="CRL CA, next key", serial=78)
    crls = [crl(CA, signer=new), ROOT_CRL]
    is_trusted(ask(*crls, certificates=[new], scope=CHAIN))
    is_revoked(ask(crl(CA, [GW], signer=new), ROOT_CRL, certificates=[new], scope=CHAIN))


def test_key_rollover_new_key_certified_by_the_old_one() -> None:
    """The self-issued certificate of the new key stands on the CRL that it signs itself: that counts for it."""
    new = CA.ca("CRL CA", label="CRL CA, next key", serial=79)
    is_trusted(ask(crl(CA, signer=new), certificates=[new]))
    is_revoked(ask(crl(CA, [GW], signer=new), certificates=[new]))
    is_unknown(ask(crl(CA, [new], signer=new), certificates=[new]))


def test_a_signer_below_an_intermediate_of_its_own() -> None:
    bureau = ROOT.ca("CRL bureau")
    signer = bureau.ca("CRL CA", label="bureau key", usage=pki.key_usage("crl_sign"), is_ca=False)
    crls = [crl(CA, signer=signer), crl(bureau), ROOT_CRL]
    is_trusted(ask(*crls, certificates=[bureau, signer], scope=CHAIN))
    is_revoked(ask(crl(CA, [GW], signer=signer), *crls[1:], certificates=[bureau, signer], scope=CHAIN))
    is_unknown(ask(*crls, certificates=[signer], scope=CHAIN), "EVIDENCE_SIGNER")
    is_unknown(ask(crls[0], crls[1], crl(ROOT, [bureau]), certificates=[bureau, signer], scope=CHAIN))


def test_signers_that_vouch_for_each_other_only() -> None:
    """The status of each is on the CRL that the other signed: it ends, and nothing is trusted by going in circles."""
    one = CA.ca("CRL CA", label="mutual 1", serial=81, extensions=[points(point(full=[HTTP_2]))])
    two = CA.ca("CRL CA", label="mutual 2", serial=82, extensions=[points(point(full=[HTTP_1]))])
    leaf = pointed(point(full=[HTTP_1]))
    by_one = crl(CA, signer=one, idp=idp(full=[HTTP_1]))
    by_two = crl(CA, signer=two, idp=idp(full=[HTTP_2]))
    is_unknown(ask(by_one, by_two, leaf=leaf, certificates=[one, two]))
    own = crl(CA, idp=idp(full=[HTTP_2]))
    is_trusted(ask(by_one, own, leaf=leaf, certificates=[one, two]))
    is_unknown(ask(by_one, crl(CA, [one], idp=idp(full=[HTTP_2])), leaf=leaf, certificates=[one, two]))


def test_a_signer_found_good_in_a_circle_is_asked_about_again_outside_it() -> None:
    """TWO is good only if ONE is; TWO's word against ONE must not leave TWO vouching for THREE by what was remembered:
    the answer is the same in whatever order things came."""
    one, two, three = (
        CA.ca("CRL CA", label=f"circle {n}", serial=84 + n, extensions=[points(point(full=[uri(spot)]))])
        for n, spot in enumerate(("urn:2", "urn:1", "urn:2"))
    )
    leaf = pointed(point(full=[uri("urn:1")]), point(full=[uri("urn:3")]))
    crls = [
        crl(CA, signer=one, idp=idp(full=[uri("urn:1")])),
        crl(CA, [one], signer=two, idp=idp(full=[uri("urn:2")])),
        crl(CA, signer=three, idp=idp(full=[uri("urn:3")])),
        ROOT_CRL,
    ]
    answers = {
        ask(*order, leaf=leaf, certificates=signers, scope=CHAIN).outcome
        for order in itertools.permutations(crls)
        for signers in itertools.permutations([one, two, three])
    }
    assert answers == {pv.Outcome.REFUSED}


def test_more_signers_than_are_followed() -> None:
    """One key with many certificates of the right name, none under the anchor."""
    fakes = [pki.root("CRL CA", label="fake", serial=200 + n) for n in range(200)]
    verdict = ask(crl(CA, signer=fakes[0]), certificates=fakes, budget=pv.Budget(signatures=100_000))
    is_unknown(verdict, "EVIDENCE_DEPTH")


def test_a_long_chain_of_signers_ends() -> None:
    """Each signer's status is on the next one's CRL; the last is the CA's own."""
    spots = [uri(f"http://crl.example/chain/{n}") for n in range(12)]
    signers = [
        CA.ca("CRL CA", label=f"chained {n}", serial=90 + n, extensions=[points(point(full=[spots[n + 1]]))])
        for n in range(11)
    ]
    leaf = pointed(point(full=[spots[0]]))
    crls = [crl(CA, signer=signer, idp=idp(full=[spots[n]])) for n, signer in enumerate(signers)]
    last = crl(CA, idp=idp(full=[spots[11]]))
    verdict = ask(*crls, last, leaf=leaf, certificates=signers)
    is_unknown(verdict, "EVIDENCE_DEPTH")
    is_trusted(ask(*crls[:1], crl(CA, idp=idp(full=[spots[1]])), leaf=leaf, certificates=signers))


# ======================================================================================================================
# Hostile
# ======================================================================================================================


def test_a_forged_crl_of_the_right_name() -> None:
    """It never lifts a revocation, never revokes, and never covers."""
    clean, listed = (crl(CA, each, number=99, signer=ATTACKER, aki=rp.key_id(CA)) for each in ((), [GW]))
    is_unknown(ask(clean), "EVIDENCE_SIGNER")
    is_unknown(ask(listed), "EVIDENCE_SIGNER")
    for crls in ((LISTED, clean), (clean, LISTED)):
        is_revoked(ask(*crls))
    for crls in ((CLEAN, listed), (listed, CLEAN)):
        is_trusted(ask(*crls))


def test_a_crl_signed_by_the_certificate_that_it_speaks_of() -> None:
    is_unknown(ask(crl(CA, signer=GW), certificates=[GW]), "EVIDENCE_SIGNER")
    is_revoked(ask(LISTED, crl(CA, signer=GW, number=9), certificates=[GW]))


def test_a_certificate_of_its_issuers_name_signs_its_own_crl() -> None:
    """A leaf that the CA gave its own name; its keyUsage does not have cRLSign."""
    leaf = GW.same(subject=CA.plan.subject)
    is_unknown(ask(crl(CA, signer=leaf), leaf=leaf, certificates=[leaf]), "CRL_NO_CRL_SIGN")


def test_a_crl_of_a_sibling_ca_does_not_reach_over() -> None:
    """OTHER lists the serial number under its own name, signs under CA's name, or names CA in an entry."""
    as_ca = crl(CA, [GW], signer=OTHER)
    entries = crl(OTHER, [of_ca(GW)], idp=idp(indirect=True))
    is_trusted(ask(CLEAN, as_ca, entries, certificates=[OTHER]))
    is_revoked(ask(LISTED, crl(CA, number=9, signer=OTHER), certificates=[OTHER]))


def test_unsorted_and_repeated_serial_numbers() -> None:
    serials = [9, 3, 7, 7, 3, 1]
    is_trusted(ask(crl(CA, serials)))
    is_revoked(ask(crl(CA, [*serials, GW, *serials])))
    is_revoked(ask(crl(CA, [GW, *serials, GW])))
    is_revoked(ask(crl(CA, [entry(GW, reason=rp.REMOVE), GW])))
    is_revoked(ask(crl(CA, [GW, entry(GW, reason=rp.REMOVE)])))


def test_fifty_thousand_entries() -> None:
    filler = rp.many_entries(50_000)
    is_trusted(ask(crl(CA, raw_entries=filler)))
    is_revoked(ask(crl(CA, raw_entries=rp.many_entries(50_000, [GW.plan.serial]))))
    is_revoked(ask(crl(CA, raw_entries=entry(GW).der + filler)))
    read = pv.RevocationList.from_der(crl(CA, raw_entries=filler))
    assert len(read) == 50_000
    assert 0 < read.index_bytes < 20 * 50_000
    leaf = GW.same(serial=rp.many_serial(25_000))
    assert read.find(pv.Certificate(leaf.der)) is not None
    is_revoked(ask(read, leaf=leaf))


def test_many_forged_crls_cost_no_more_than_the_budget() -> None:
    forged = [crl(CA, number=n, signer=ATTACKER, aki=rp.key_id(CA)) for n in range(300)]
    verdict = ask(*forged)
    assert verdict.outcome in {pv.Outcome.REFUSED, pv.Outcome.UNDECIDED}
    assert verdict.spent.signatures <= pv.Budget().signatures
    verdict = ask(*forged, LISTED)
    assert verdict.outcome in {pv.Outcome.REFUSED, pv.Outcome.UNDECIDED}


def test_many_signers_of_the_right_name_cost_no_more_than_the_budget() -> None:
    signers = [ROOT.ca("CRL CA", label=f"many {n}", serial=1000 + n) for n in range(100)]
    crls = [crl(CA, number=n, signer=ATTACKER, aki=False) for n in range(50)]
    verdict = ask(*crls, ROOT_CRL, certificates=signers)
    assert verdict.outcome in {pv.Outcome.REFUSED, pv.Outcome.UNDECIDED}
    assert verdict.spent.signatures <= pv.Budget().signatures


def test_a_spent_budget_is_undecided() -> None:
    """Three P-256 signatures: the leaf's, the CA's, the CRL's. One unit less is no answer."""
    cost = ask(CLEAN).spent.signatures
    is_trusted(ask(CLEAN, budget=pv.Budget(signatures=cost)))
    verdict = ask(CLEAN, budget=pv.Budget(signatures=cost - 1))
    assert verdict.outcome is pv.Outcome.UNDECIDED
    assert verdict.reason is pv.Reason.BUDGET_SIGNATURES
    steps = ask(CLEAN).spent.steps
    is_trusted(ask(CLEAN, budget=pv.Budget(steps=steps)))
    assert ask(CLEAN, budget=pv.Budget(steps=steps - 1)).outcome is pv.Outcome.UNDECIDED


class FailsOn:
    """An engine that has nothing to say of one message, and checks the rest."""

    def __init__(self, message: bytes) -> None:
        self._message = message
        self._digest = hashlib.sha256(x509.load_der_x509_crl(message).tbs_certlist_bytes).digest()
        self._real = signatures.CryptographyChecker()

    def check(self, job: SignatureJob) -> SignatureResult:
        if (job.message and job.message in self._message) or job.digest == self._digest:
            return SignatureResult.NOT_CHECKED
        return self._real.check(job)


def test_an_engine_that_fails_on_evidence_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = signatures.checker_engine(FailsOn(CLEAN))
    monkeypatch.setattr("pyvalidator.validator.native_engine", lambda kind: engine)
    assert ask(CLEAN).outcome is pv.Outcome.UNDECIDED
    is_revoked(ask(LISTED))


# ======================================================================================================================
# The search goes on
# ======================================================================================================================


def test_a_cross_signed_intermediate_that_one_issuer_revoked() -> None:
    second = pki.root("CRL Root 2")
    cross = pki.cross_sign(CA, second)
    crls = [CLEAN, crl(ROOT, [CA]), crl(second)]
    verdict = judge(GW, CA, cross, anchors=[ROOT, second], crls=crls, scope=CHAIN)
    is_trusted(verdict)
    assert [each.der for each in verdict.path][1] == cross.der
    verdict = judge(GW, cross, CA, anchors=[ROOT, second], crls=[CLEAN, ROOT_CRL, crl(second, [cross])], scope=CHAIN)
    is_trusted(verdict)
    assert [each.der for each in verdict.path][1] == CA.der
    both = [CLEAN, crl(ROOT, [CA]), crl(second, [cross])]
    is_revoked(judge(GW, CA, cross, anchors=[ROOT, second], crls=both, scope=CHAIN))


def test_a_revoked_intermediate_is_named_though_nothing_tells_of_the_leaf() -> None:
    """Evidence that counts for nothing must not decide which of the two is told."""
    listed = crl(ROOT, [CA])
    is_revoked(ask(listed, crl(CA, signer=ATTACKER, aki=False), scope=CHAIN))
    is_revoked(ask(listed, scope=CHAIN))


def test_a_path_without_evidence_is_left_for_one_with() -> None:
    second = pki.root("CRL Root 2")
    cross = pki.cross_sign(CA, second)
    for crls, middle in (([CLEAN, crl(second)], cross), ([CLEAN, ROOT_CRL], CA)):
        verdict = judge(GW, CA, cross, anchors=[ROOT, second], crls=crls, scope=CHAIN)
        is_trusted(verdict)
        assert verdict.path[1].der == middle.der


def test_a_revoked_intermediate_among_several_keys() -> None:
    """Two certificates of the CA by the same root: one is revoked, the other is not."""
    renewed = CA.same(serial=4711)
    verdict = judge(GW, CA, renewed, anchors=[ROOT], crls=[CLEAN, crl(ROOT, [CA])], scope=CHAIN)
    is_trusted(verdict)
    assert verdict.path[1].der == renewed.der
    is_revoked(judge(GW, CA, renewed, anchors=[ROOT], crls=[CLEAN, crl(ROOT, [CA, renewed])], scope=CHAIN))


def test_a_revoked_leaf_has_no_other_path() -> None:
    second = pki.root("CRL Root 2")
    cross = pki.cross_sign(CA, second)
    is_revoked(judge(GW, CA, cross, anchors=[ROOT, second], crls=[LISTED, ROOT_CRL, crl(second)], scope=CHAIN))


def test_paths_leaves_out_what_is_revoked() -> None:
    second = pki.root("CRL Root 2")
    cross = pki.cross_sign(CA, second)
    validator = pv.Validator(
        pv.TrustStore.from_der([ROOT.der, second.der]), pv.Policy.device(revocation=pv.Revocation())
    )
    evidence = pv.Evidence(crls=[CLEAN, crl(ROOT, [CA]), crl(second)])
    found = list(validator.paths([GW.der, CA.der, cross.der], pv.AnySubject(), at=NOW, evidence=evidence))
    assert [each.certificates[1].der for each in found] == [cross.der]


# ======================================================================================================================
# What the verdict tells
# ======================================================================================================================


def test_a_revocation_tells_when_why_and_by_whom() -> None:
    source = pv.RevocationList.from_der(crl(CA, [entry(GW, reason=1)]))
    verdict = ask(source)
    is_revoked(verdict)
    told = revoked_details(verdict)
    assert (told.revoked_at, told.reason) == (rp.REVOKED_AT, pv.RevocationReason.KEY_COMPROMISE)
    assert told.source is source or told.source.der == source.der
    assert told.by == pv.Certificate(GW.der).issuer
    [rejection] = [each for each in verdict.rejections if each.reason is pv.Reason.REVOKED]
    assert rejection.certificate is not None
    assert rejection.certificate.der == GW.der
    text = verdict.explain()
    assert "revoked" in text.lower()
    assert rp.REVOKED_AT.strftime("%Y-%m-%d") in text


def test_other_rejections_have_no_revocation() -> None:
    verdict = ask(rp.flipped(CLEAN))
    assert all(each.revocation is None for each in verdict.rejections)


def test_evidence_that_told_nothing_is_named_with_its_reason() -> None:
    stale = pv.RevocationList.from_der(crl(CA, next_update=NOW - SECOND))
    verdict = ask(stale, rp.flipped(CLEAN))
    is_unknown(verdict, "EVIDENCE_STALE", "EVIDENCE_SIGNER")
    [told] = [each for each in verdict.rejections if each.reason is pv.Reason.EVIDENCE_STALE]
    assert told.evidence.der == stale.der


def test_verify_raises_with_the_same_verdict() -> None:
    validator = pv.Validator(pv.TrustStore.from_der([ROOT.der]), pv.Policy.device(revocation=pv.Revocation()))
    evidence = pv.Evidence(crls=[LISTED, ROOT_CRL])
    with pytest.raises(pv.Refused) as caught:
        validator.verify([GW.der, CA.der], pv.AnySubject(), NOW, evidence)
    assert caught.value.verdict.reason is pv.Reason.REVOKED


def test_a_verdict_on_revocation_as_a_dictionary() -> None:
    told = ask(crl(CA, [entry(GW, reason=1)])).to_dict()
    assert "REVOKED" in str(told)
    assert "KEY_COMPROMISE" in str(told)


def test_names_of_the_crl_issuer_in_points_without_a_directory_name() -> None:
    """cRLIssuer holds a name of the directory; a URI there is nobody."""
    leaf = pointed(point(full=[HTTP_1], crl_issuer=[HTTP_2]))
    is_unknown(ask_indirect(indirect(), leaf=leaf))


def test_a_distribution_point_that_cannot_be_read() -> None:
    leaf = GW.same(extensions=[pki.raw_extension("2.5.29.31", b"\x30\x03\x30\x05\x01")])
    assert ask(CLEAN, leaf=leaf).outcome is pv.Outcome.REFUSED


def test_extensions_of_a_certificate_built_by_cryptography() -> None:
    """The builder's own encoding of a distribution point is read as ours is."""
    names = [x509.UniformResourceIdentifier("http://crl.example/1")]
    built = x509.CRLDistributionPoints([x509.DistributionPoint(names, None, None, None)])
    leaf = GW.same(extensions=[pki.extension(built)])
    is_trusted(ask(crl(CA, idp=idp(full=[HTTP_1])), leaf=leaf))
    is_unknown(ask(crl(CA, idp=idp(full=[HTTP_2])), leaf=leaf), "EVIDENCE_SCOPE")


def test_the_strict_profiles_hold_crls_to_their_form() -> None:
    """RFC 5280 5.1.2, 5.2: the profile DEVICE takes what can be understood."""
    store = pv.TrustStore.from_der([ROOT.der])
    odd = [crl(CA, number=None), crl(CA, aki=False), crl(CA, idp=idp(only_user=True, critical=False))]
    for profile, wanted in ((pv.Profile.RFC5280, "REVOCATION_UNKNOWN"), (pv.Profile.DEVICE, "OK")):
        policy = pv.Policy.device(profile=profile, revocation=pv.Revocation(scope=LEAF))
        for each in odd:
            evidence = pv.Evidence(crls=[each])
            verdict = pv.Validator(store, policy).check([GW.der, CA.der], pv.AnySubject(), NOW, evidence)
            assert verdict.reason.name == wanted, verdict.explain()
            assert about_evidence(verdict) == ({"CRL_FORM"} if wanted != "OK" else set())
            assert [each.reason.name for each in verdict.notes] == ([] if wanted != "OK" else ["CRL_FORM"])
        verdict = pv.Validator(store, policy).check(
            [GW.der, CA.der], pv.AnySubject(), NOW, pv.Evidence(crls=[crl(CA, idp=idp(only_user=True))])
        )
        is_trusted(verdict)
