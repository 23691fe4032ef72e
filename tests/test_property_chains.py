"""Laws of a verdict, over random chains and random edits. HYPOTHESIS_PROFILE=long looks longer."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import der_tools
import pki
import pyvalidator as pv
import test_differential as generated
from conftest import make_hierarchy

settings.register_profile(
    "ci", max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
settings.register_profile("long", max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

SUBJECT = pv.DNSName(generated.HOST)
GOOD = make_hierarchy("Property")
JUNK = make_hierarchy("Junk")
POLICY = pv.Policy(profile=pv.Profile.DEVICE, purpose=pv.Purpose.SERVER_AUTH)
STORE = pv.TrustStore.from_der([GOOD.root.der])
VALIDATOR = pv.Validator(STORE, POLICY)

seeds = st.integers(0, 2**32 - 1)

Outcomes = tuple[pv.Outcome, list[bytes]]


def path_of(verdict: pv.Verdict) -> list[bytes]:
    return [cert.der for cert in verdict.path]


def brief(verdict: pv.Verdict) -> Outcomes:
    return verdict.outcome, path_of(verdict)


# --- Edits of DER


ELEMENT_EDITS = (
    der_tools.long_form,
    der_tools.indefinite,
    der_tools.duplicate,
    der_tools.delete,
    der_tools.swap_with_next,
)


@st.composite
def mutated(draw: st.DrawFn, der: bytes) -> bytes:
    """`der` after one to three edits; the structural ones only come first, while it is still well-formed."""
    kinds: list[Callable[[st.DrawFn, bytes], bytes]] = [
        mutate_bits,
        mutate_end,
        mutate_length,
        mutate_element,
        mutate_splice,
    ]
    changed = draw(st.sampled_from(kinds))(draw, der)
    for _ in range(draw(st.integers(0, 2))):
        changed = draw(st.sampled_from([mutate_bits, mutate_end]))(draw, changed)
    return changed


def mutate_bits(draw: st.DrawFn, der: bytes) -> bytes:
    return der_tools.flip_bit(der, draw(st.integers(0, 8 * len(der) - 1))) if der else der


def mutate_end(draw: st.DrawFn, der: bytes) -> bytes:
    return der_tools.truncate(der, draw(st.integers(0, len(der)))) + draw(st.binary(max_size=4))


def mutate_length(draw: st.DrawFn, der: bytes) -> bytes:
    element = draw(st.sampled_from(list(der_tools.elements(der))))
    return der_tools.relabel_length(der, element, draw(st.binary(min_size=1, max_size=6)))


def mutate_element(draw: st.DrawFn, der: bytes) -> bytes:
    element = draw(st.sampled_from(list(der_tools.elements(der))))
    return draw(st.sampled_from(ELEMENT_EDITS))(der, element)


def mutate_splice(draw: st.DrawFn, der: bytes) -> bytes:
    other = draw(st.sampled_from([GOOD.ca.der, GOOD.leaf.der, JUNK.leaf.der]))
    return der_tools.splice(der, draw(st.integers(0, len(der))), other, draw(st.integers(0, len(other))))


@given(position=st.integers(0, 1), data=st.data())
def test_no_edit_of_the_only_path_is_trusted(position: int, data: st.DataObject) -> None:
    """Every byte of every certificate on the path is either signed or checked against what is."""
    chain = list(GOOD.chain)
    chain[position] = data.draw(mutated(chain[position]))
    verdict = VALIDATOR.check(chain, SUBJECT, at=pki.NOW)
    assert (verdict.outcome is pv.Outcome.TRUSTED) == (chain == GOOD.chain), verdict.explain()


@given(bit=st.integers(0, 8 * len(GOOD.leaf.der) - 1))
@settings(max_examples=1000)
def test_no_flipped_bit_is_trusted(bit: int) -> None:
    verdict = VALIDATOR.check([der_tools.flip_bit(GOOD.leaf.der, bit), GOOD.ca.der], SUBJECT, at=pki.NOW)
    assert verdict.outcome is pv.Outcome.REFUSED


REFUSED: tuple[tuple[str, Sequence[bytes], pv.Subject, object], ...] = (
    ("another root", JUNK.chain, SUBJECT, pki.NOW),
    ("another name", GOOD.chain, pv.DNSName("other.example"), pki.NOW),
    ("expired", GOOD.chain, SUBJECT, pki.NOW + 20 * pki.YEAR),
    ("no intermediate", GOOD.chain[:1], SUBJECT, pki.NOW),
)


@given(question=st.sampled_from(REFUSED), data=st.data())
def test_no_edit_makes_a_refused_chain_trusted(
    question: tuple[str, Sequence[bytes], pv.Subject, object], data: st.DataObject
) -> None:
    _, sent, subject, at = question
    chain = list(sent)
    position = data.draw(st.integers(0, len(chain) - 1))
    chain[position] = data.draw(mutated(chain[position]))
    assert VALIDATOR.check(chain, subject, at=at).outcome is not pv.Outcome.TRUSTED


@given(data=st.data())
def test_an_edited_anchor_is_no_anchor(data: st.DataObject) -> None:
    """An edited root certificate is refused by the store, or its self-signature would have to hold."""
    changed = data.draw(mutated(GOOD.root.der))
    try:
        pv.TrustStore.from_der([changed])
    except ValueError:
        return
    assert changed == GOOD.root.der


@given(der=st.one_of(st.binary(max_size=200), mutated(GOOD.leaf.der), mutated(GOOD.ca.der)))
def test_reading_never_fails_otherwise_than_by_saying_so(der: bytes) -> None:
    try:
        cert = pv.Certificate(der)
        assert cert.fields.version in {1, 2, 3}
    except pv.UnreadableCertificate as error:
        fault = error
    else:
        assert cert.der == der
        assert isinstance(f"{cert!r} {cert.subject} {cert.issuer} {cert.subject_alt_names}", str)
        return
    assert 0 <= fault.offset <= len(der)
    assert fault.reason is not pv.Reason.OK


# --- Order and company


@given(seed=seeds, shuffle=seeds)
def test_order_changes_nothing(seed: int, shuffle: int) -> None:
    case = generated.make_case(seed)
    leaf, *rest = case.sent
    first = generated.our_answer(case, pv.Profile.DEVICE)
    random.Random(shuffle).shuffle(rest)
    case.sent = [leaf, *rest]
    again = generated.our_answer(case, pv.Profile.DEVICE)
    assert brief(again) == brief(first)
    assert again.reason is first.reason
    assert again.spent == first.spent


junk_beside = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from([JUNK.leaf.der, JUNK.ca.der, JUNK.root.der]),
        mutated(JUNK.ca.der),
        st.integers(0, 50),
    ),
    max_size=6,
)


@given(seed=seeds, junk=junk_beside, shuffle=seeds)
def test_junk_beside_the_chain_changes_nothing(seed: int, junk: list[bytes | int], shuffle: int) -> None:
    """Strangers, garbage and duplicates (an integer n stands for the n-th certificate again)."""
    case = generated.make_case(seed)
    first = generated.our_answer(case, pv.Profile.DEVICE)
    more = [case.sent[each % len(case.sent)] if isinstance(each, int) else each for each in junk]
    rest = case.sent[1:] + more
    random.Random(shuffle).shuffle(rest)
    case.sent = [case.sent[0], *rest]
    again = generated.our_answer(case, pv.Profile.DEVICE)
    assert again.outcome is first.outcome
    assert path_of(again) == path_of(first)


@given(
    seed=seeds,
    junk=st.lists(st.sampled_from([JUNK.leaf.der, JUNK.ca.der, GOOD.ca.der]), max_size=8),
    steps=st.integers(1, 60),
)
def test_a_small_budget_only_makes_undecided(seed: int, junk: list[bytes], steps: int) -> None:
    """What a smaller budget changes is only that there may be no answer, and then a limit is named."""
    case = generated.make_case(seed)
    case.sent += junk
    full = generated.our_answer(case, pv.Profile.DEVICE)
    policy = pv.Policy(
        profile=pv.Profile.DEVICE,
        purpose=pv.Purpose.SERVER_AUTH,
        anchor_checks=pv.AnchorChecks.CERTIFICATE,
        max_intermediates=generated.MAX_DEPTH,
        budget=pv.Budget(steps=steps, signatures=max(1, steps // 2)),
    )
    store = generated.our_store(tuple(anchor.der for anchor in case.anchors))
    small = pv.Validator(store, policy).check(case.sent, SUBJECT, at=pki.NOW)
    assert small.spent.steps <= steps
    assert small.spent.signatures <= policy.budget.signatures
    if small.outcome is pv.Outcome.UNDECIDED:
        assert small.reason.name in {"BUDGET_STEPS", "BUDGET_SIGNATURES"}
    else:
        assert brief(small) == brief(full)


# --- One answer, however it is asked for


def requests_of(cases: Sequence[generated.Case]) -> list[pv.Request]:
    return [pv.Request(case.sent, SUBJECT) for case in cases]


def shared_validator(engine: pv.Engine = pv.Engine.AUTO, cache: pv.Cache | None = None) -> pv.Validator:
    roots = [root.der for root in generated.roots().values()]
    return pv.Validator(pv.TrustStore.from_der(roots), POLICY, engine=engine, cache=cache)


SHARED = shared_validator()
BY_LIBCRYPTO = shared_validator(pv.Engine.LIBCRYPTO)
BY_CRYPTOGRAPHY = shared_validator(pv.Engine.CRYPTOGRAPHY)
CACHED = shared_validator(cache=pv.Cache(max_bytes=1 << 20))
TINY_CACHE = shared_validator(cache=pv.Cache(max_bytes=1 << 16))

batches = st.lists(seeds, max_size=6)


@given(batch=batches, workers=st.integers(1, 3))
def test_check_many_is_check(batch: list[int], workers: int) -> None:
    cases = [generated.make_case(seed) for seed in batch]
    many = SHARED.check_many(requests_of(cases), at=pki.NOW, workers=workers)
    assert len(many) == len(cases)
    for verdict, case in zip(many, cases, strict=True):
        alone = SHARED.check(case.sent, SUBJECT, at=pki.NOW)
        assert brief(verdict) == brief(alone)
        assert verdict.reason is alone.reason
        assert verdict.spent == alone.spent


spoiled = st.one_of(
    st.builds(lambda junk: pv.Request([junk], SUBJECT), st.binary(max_size=80)),
    st.builds(lambda der: pv.Request([der, GOOD.ca.der], SUBJECT), mutated(GOOD.leaf.der)),
    st.just(pv.Request([GOOD.leaf.der] * 10_000, SUBJECT)),
)


@given(batch=batches, bad=spoiled, place=st.integers(0, 6))
def test_one_bad_entry_spoils_only_itself(batch: list[int], bad: pv.Request, place: int) -> None:
    requests = requests_of([generated.make_case(seed) for seed in batch])
    expected = [brief(verdict) for verdict in SHARED.check_many(requests, at=pki.NOW)]
    position = min(place, len(requests))
    mixed = [*requests[:position], bad, *requests[position:]]
    found = [brief(verdict) for verdict in SHARED.check_many(mixed, at=pki.NOW)]
    assert found[:position] + found[position + 1 :] == expected
    assert found[position][0] is not pv.Outcome.TRUSTED or bad.chain[0] == GOOD.leaf.der


@given(seed=seeds)
def test_engines_agree(seed: int) -> None:
    case = generated.make_case(seed)
    one = BY_LIBCRYPTO.check(case.sent, SUBJECT, at=pki.NOW)
    other = BY_CRYPTOGRAPHY.check(case.sent, SUBJECT, at=pki.NOW)
    assert brief(one) == brief(other)
    assert one.reason is other.reason
    assert one.spent == other.spent


@given(seed=seeds)
def test_a_cache_changes_nothing(seed: int) -> None:
    """Not on the first sight, not on the second, not when it is too small to hold anything for long."""
    case = generated.make_case(seed)
    plain = SHARED.check(case.sent, SUBJECT, at=pki.NOW)
    for validator in (CACHED, CACHED, TINY_CACHE, TINY_CACHE):
        verdict = validator.check(case.sent, SUBJECT, at=pki.NOW)
        assert brief(verdict) == brief(plain)
        assert verdict.reason is plain.reason


@given(seed=seeds, bit=st.integers(0, 2**20))
def test_a_cache_never_vouches_for_other_bytes(seed: int, bit: int) -> None:
    """A certificate that differs in one bit from one whose signature is remembered is another certificate."""
    case = generated.make_case(seed)
    CACHED.check(case.sent, SUBJECT, at=pki.NOW)
    leaf = case.sent[0]
    changed = [der_tools.flip_bit(leaf, bit % (8 * len(leaf))), *case.sent[1:]]
    assert CACHED.check(changed, SUBJECT, at=pki.NOW).outcome is not pv.Outcome.TRUSTED


@given(seed=seeds)
def test_verify_and_paths_say_the_same(seed: int) -> None:
    """verify raises where check refuses; `paths` is empty exactly where nothing is trusted."""
    case = generated.make_case(seed)
    verdict = SHARED.check(case.sent, SUBJECT, at=pki.NOW)
    try:
        outcome = SHARED.verify(case.sent, SUBJECT, at=pki.NOW).outcome
    except pv.Refused:
        outcome = pv.Outcome.REFUSED
    assert outcome is verdict.outcome
    paths = list(SHARED.paths(case.sent, SUBJECT, at=pki.NOW))
    assert bool(paths) == (outcome is pv.Outcome.TRUSTED)
