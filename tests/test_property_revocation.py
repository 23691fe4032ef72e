"""Laws of revocation, over random hierarchies and random evidence. HYPOTHESIS_PROFILE=long looks longer."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

import der_tools
import pki
import pyvalidator as pv
import revocation_pki as rp
import test_property_chains  # noqa: F401  (registers the hypothesis profiles)
from pki import DAY, NOW
from revocation_asking import CHAIN, LEAF, NOTE, judge
from revocation_pki import crl, entry, idp, ocsp, point, points, single, uri

STRANGER = pki.root("Revocation Stranger")
FOREIGN_RESPONDER = rp.responder(STRANGER, label="foreign responder")
POINT = uri("http://crl.example/property")
#: More than anything here costs, so that no answer depends on the budget.
BUDGET = pv.Budget(signatures=100_000, steps=1_000_000, names=10_000_000)

seeds = st.integers(0, 2**32 - 1)


# --- Random hierarchies and evidence


@dataclass(slots=True)
class Case:
    """A root, the CAs below it, and a leaf; and what is published of them. `listed`: certificates that some applicable,
    current evidence says are revoked for good."""

    rng: random.Random
    spine: list[pki.Issued]
    signers: list[pki.Issued] = field(default_factory=list)
    crls: list[bytes] = field(default_factory=list)
    ocsp: list[bytes] = field(default_factory=list)
    listed: set[int] = field(default_factory=set)

    @property
    def chain(self) -> list[pki.Issued]:
        return self.spine[:0:-1]

    def ask(self, scope: pv.RevocationScope = CHAIN, missing: pv.MissingEvidence = NOTE) -> pv.Verdict:
        return judge(
            *self.chain,
            anchors=self.spine[:1],
            crls=self.crls,
            ocsp=self.ocsp,
            certificates=self.signers,
            scope=scope,
            missing=missing,
            budget=BUDGET,
        )


def make_case(seed: int) -> Case:
    """Up to three CAs; every certificate with a distribution point or without."""
    rng = random.Random(seed)
    spine = [pki.root("Property Root R")]
    for level in range(rng.randrange(3)):
        spine.append(spine[-1].ca(f"Property CA {level}", extensions=some_points(rng)))
    spine.append(spine[-1].leaf(f"property leaf {rng.randrange(4)}", extensions=some_points(rng)))
    case = Case(rng, spine)
    for position in range(1, len(spine)):
        publish(case, position)
    return case


def some_points(rng: random.Random) -> list[object]:
    return [points(point(full=[POINT]))] if rng.random() < 0.4 else []


def publish(case: Case, position: int) -> None:
    """What the issuer of one certificate says of it: nothing, or several things."""
    for _ in range(case.rng.choice((0, 1, 1, 1, 2, 3))):
        case.rng.choice((publish_crl, publish_crl, publish_ocsp))(case, position)


def publish_crl(case: Case, position: int) -> None:
    rng, issuer, cert = case.rng, case.spine[position - 1], case.spine[position]
    is_listed = rng.random() < 0.25
    reason = rng.choice((None, 0, 1, 3, 4, 5, 9))
    noise = [entry(rng.getrandbits(100) + 1) for _ in range(rng.choice((0, 1, 30, 200)))]
    entries = noise + [entry(cert, reason=reason)] * is_listed
    rng.shuffle(entries)
    is_applicable, scope = random_scope(rng, cert)
    is_current, dates = random_dates(rng)
    signer = random_signer(case, issuer)
    case.crls.append(crl(issuer, entries, number=rng.randrange(1, 9), idp=scope, signer=signer, **dates))
    if is_listed and is_applicable and is_current and signer is issuer:
        case.listed.add(position)


def random_scope(rng: random.Random, cert: pki.Issued) -> tuple[bool, bytes | None]:
    """Whether a CRL of this issuing distribution point speaks of the certificate, and the extension."""
    is_ca = cert.plan.is_ca
    has_point = bool(cert.plan.extensions)
    return rng.choice(
        (
            (True, None),
            (True, None),
            (is_ca, idp(only_ca=True)),
            (not is_ca, idp(only_user=True)),
            (False, idp(only_attribute=True)),
            (has_point, idp(full=[POINT])),
            (False, idp(full=[uri("http://crl.example/elsewhere")])),
            (True, idp(reasons={1, 2, 3})),
            (True, idp(reasons={4, 5, 6, 7, 8})),
        )
    )


def random_dates(rng: random.Random) -> tuple[bool, dict[str, object]]:
    return rng.choice(
        ((True, {}), (True, {}), (False, {"next_update": NOW - DAY}), (False, {"this_update": NOW + DAY}))
    )


def random_signer(case: Case, issuer: pki.Issued) -> pki.Issued:
    """Mostly the issuer; or a signer of its name, which it issued, or which a stranger did."""
    kind = case.rng.choice(("issuer",) * 6 + ("own", "stranger"))
    if kind == "issuer":
        return issuer
    by = issuer if kind == "own" else STRANGER
    label = f"{kind} signer for {issuer.plan.subject.rfc4514_string()}"
    signer = by.ca(label, subject=issuer.plan.subject, serial=12345, usage=pki.key_usage("crl_sign"))
    case.signers.append(signer)
    return signer


def publish_ocsp(case: Case, position: int) -> None:
    rng, issuer, cert = case.rng, case.spine[position - 1], case.spine[position]
    is_listed = rng.random() < 0.25
    is_current, dates = random_dates(rng)
    responder = rng.choice((None, None, rp.responder(issuer), FOREIGN_RESPONDER, STRANGER))
    others = [single(issuer, rng.getrandbits(60) + 1, status=rng.randrange(3)) for _ in range(rng.randrange(4))]
    case.ocsp.append(
        ocsp(
            issuer,
            cert,
            status=rp.REVOKED if is_listed else rng.choice((rp.GOOD, rp.GOOD, rp.UNKNOWN)),
            reason=rng.choice((None, 1, 4)) if is_listed else None,
            responder=responder,
            digest=rng.choice(("sha1", "sha256")),
            singles=others,
            by_key=rng.random() < 0.5,
            **dates,
        )
    )
    honest = responder is None or responder.issuer is issuer
    if is_listed and is_current and honest:
        case.listed.add(position)


def garbage(rng: random.Random, case: Case) -> None:
    """One piece of evidence that counts for nothing: by a stranger's key under the right name, spoiled, or foreign."""
    position = rng.randrange(1, len(case.spine))
    issuer, cert = case.spine[position - 1], case.spine[position]
    forger = pki.key(f"forger {rng.randrange(3)}")
    status = rng.randrange(3)
    entries = [cert] if rng.random() < 0.5 else []
    number = rng.randrange(1, 99)
    kind = rng.randrange(7)
    if kind == 0:
        case.crls.append(crl(issuer, entries, number=number, signer=forger, aki=rp.key_id(issuer)))
    elif kind == 1:
        held = [entry(cert, reason=rp.REMOVE)]
        case.crls.append(crl(issuer, held, number=number + 1, delta_of=1, signer=forger, aki=rp.key_id(issuer)))
    elif kind == 2:
        case.crls.append(rp.flipped(crl(issuer, entries, number=number, this_update=NOW)))
    elif kind == 3:
        case.crls.append(crl(STRANGER, entries, number=number))
    elif kind == 4:
        case.ocsp.append(ocsp(issuer, cert, status=status, signer=forger))
    elif kind == 5:
        case.ocsp.append(ocsp(issuer, cert, status=status, bad_signature=True, this_update=NOW))
    else:
        case.ocsp.append(ocsp(issuer, cert, status=status, responder=FOREIGN_RESPONDER))


def shuffled(case: Case, seed: int) -> None:
    rng = random.Random(seed)
    for each in (case.crls, case.ocsp, case.signers):
        rng.shuffle(each)


# --- Laws


@given(seed=seeds, num=st.integers(0, 6), shuffle=seeds)
def test_what_is_listed_is_never_trusted(seed: int, num: int, shuffle: int) -> None:
    """Whatever else is said of it, by whomever, in whatever order, even where missing evidence only makes a note."""
    case = make_case(seed)
    rng = random.Random(shuffle)
    for _ in range(num):
        garbage(rng, case)
    shuffled(case, shuffle)
    verdict = case.ask()
    if case.listed:
        assert verdict.outcome is pv.Outcome.REFUSED, verdict.explain()
        assert verdict.reason is pv.Reason.REVOKED, verdict.explain()
    if len(case.spine) - 1 in case.listed:
        assert case.ask(scope=LEAF).reason is pv.Reason.REVOKED


@given(seed=seeds, shuffle=seeds, strict=st.booleans())
def test_order_changes_nothing(seed: int, shuffle: int, strict: bool) -> None:
    case = make_case(seed)
    missing = pv.MissingEvidence.REFUSE if strict else NOTE
    first = case.ask(missing=missing)
    shuffled(case, shuffle)
    again = case.ask(missing=missing)
    assert (again.outcome, again.reason) == (first.outcome, first.reason)
    assert [note.reason for note in again.notes] == [note.reason for note in first.notes]


@given(seed=seeds, num=st.integers(1, 8), shuffle=seeds, strict=st.booleans())
def test_strangers_change_nothing(seed: int, num: int, shuffle: int, strict: bool) -> None:
    case = make_case(seed)
    missing = pv.MissingEvidence.REFUSE if strict else NOTE
    first = case.ask(missing=missing)
    rng = random.Random(shuffle)
    for _ in range(num):
        garbage(rng, case)
    shuffled(case, shuffle)
    again = case.ask(missing=missing)
    assert (again.outcome, again.reason) == (first.outcome, first.reason), again.explain()
    assert [note.reason for note in again.notes] == [note.reason for note in first.notes]


@given(seed=seeds, other=seeds, shuffle=seeds)
def test_more_evidence_never_lifts_a_revocation(seed: int, other: int, shuffle: int) -> None:
    """None of the evidence here is a hold, so that neither a delta CRL nor a newer list could lift anything."""
    case = make_case(seed)
    before = case.ask()
    case.rng = random.Random(other)
    for position in range(1, len(case.spine)):
        publish(case, position)
        issuer, cert = case.spine[position - 1], case.spine[position]
        case.crls.append(crl(issuer, number=50, this_update=NOW))
        case.crls.append(crl(issuer, [entry(cert, reason=rp.REMOVE)], number=51, delta_of=1, this_update=NOW))
        case.ocsp.append(ocsp(issuer, cert, this_update=NOW))
    shuffled(case, shuffle)
    after = case.ask()
    if before.reason is pv.Reason.REVOKED:
        assert after.reason is pv.Reason.REVOKED, after.explain()


@given(seed=seeds, which=seeds, bits=st.lists(seeds, min_size=1, max_size=3))
def test_flipped_bits_say_nothing_new(seed: int, which: int, bits: list[int]) -> None:
    """A damaged CRL or response cannot be read or does not count, whatever it might then say: with it in the place of
    the sound one, the verdict is that without any."""
    case = make_case(seed)
    pools = [each for each in (case.crls, case.ocsp) if each]
    if not pools:
        return
    pool = pools[which % len(pools)]
    position = which % len(pool)
    sound = pool.pop(position)
    without = case.ask()
    damaged = sound
    for bit in bits:
        damaged = der_tools.flip_bit(damaged, bit % (8 * len(damaged)))
    pool.insert(position, damaged)
    try:
        verdict = case.ask()
    except pv.UnreadableEvidence:
        return
    pool[position] = sound
    allowed = {(without.outcome, without.reason)}
    if damaged == sound or not in_signed_part(sound, damaged):
        allowed.add((case.ask().outcome, case.ask().reason))
    assert (verdict.outcome, verdict.reason) in allowed, verdict.explain()


def in_signed_part(sound: bytes, damaged: bytes) -> bool:
    """Whether they differ in what is signed, or in the signature: not only in certificates beside it, and not only in
    the octets that frame an OCSP response."""
    for part in (rp.signed_part(sound), rp.signature_part(sound)):
        start = sound.index(part)
        if sound[start : start + len(part)] != damaged[start : start + len(part)]:
            return True
    return False


@given(der=st.one_of(st.binary(max_size=200), seeds))
def test_reading_never_fails_otherwise_than_by_saying_so(der: bytes | int) -> None:
    if isinstance(der, int):
        case = make_case(der)
        rng = random.Random(der)
        whole = rng.choice([*case.crls, *case.ocsp, case.spine[-1].der])
        flipped = der_tools.flip_bit(whole, rng.randrange(8 * len(whole)))
        der = rng.choice((flipped, whole[: rng.randrange(len(whole))]))
    readers: tuple[Callable[[bytes], pv.RevocationList | pv.OcspResponse], ...] = (
        pv.RevocationList.from_der,
        pv.OcspResponse.from_der,
    )
    for reader in readers:
        try:
            read = reader(der)
        except pv.UnreadableEvidence as error:
            fault = error
        else:
            assert read.der == der
            assert repr(read)
            continue
        assert fault.reason is not pv.Reason.OK
        assert 0 <= fault.offset <= len(der)


@given(seed=seeds, steps=st.integers(1, 400), signatures=st.integers(8, 200))
def test_a_small_budget_only_makes_undecided(seed: int, steps: int, signatures: int) -> None:
    case = make_case(seed)
    full = case.ask()
    small = judge(
        *case.chain,
        anchors=case.spine[:1],
        crls=case.crls,
        ocsp=case.ocsp,
        certificates=case.signers,
        scope=CHAIN,
        missing=NOTE,
        budget=pv.Budget(steps=steps, signatures=signatures, names=steps),
    )
    assert small.spent.steps <= steps
    assert small.spent.signatures <= signatures
    if small.outcome is not pv.Outcome.UNDECIDED:
        assert (small.outcome, small.reason) == (full.outcome, full.reason)
