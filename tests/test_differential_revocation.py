"""Random evidence of revocation, judged here and by the openssl command: every disagreement must have its reason in
EXPLAINED.

A case is made from its seed: a root, a CA, a leaf, and what is published of each, with `facts` of what is odd about it.
An answer is "good", "revoked" or "unknown". PYVALIDATOR_DIFFERENTIAL_CASES raises the number of cases; a tenth of them
are asked, as each is a process of its own.
"""

from __future__ import annotations

import dataclasses
import os
import random
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import pki
import pyvalidator as pv
import revocation_pki as rp
from pki import DAY, NOW
from revocation_asking import CHAIN, LEAF, judge
from revocation_pki import crl, entry, idp, ocsp, point, points, single, uri

NUM_CASES = max(300, int(os.environ.get("PYVALIDATOR_DIFFERENTIAL_CASES", "4000")) // 10)
OPENSSL = shutil.which("openssl")

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="there is no openssl command")

ROOT = pki.root("Differential Root")
STRANGER = pki.root("Differential Stranger")
HERE, ELSEWHERE = uri("http://crl.example/here"), uri("http://crl.example/elsewhere")
GOOD, REVOKED, UNKNOWN = "good", "revoked", "unknown"

#: `openssl ocsp` compares thisUpdate and nextUpdate with the clock of the machine: these hold for any.
LONG_AGO, SOON_AFTER, FAR_AHEAD = (datetime(year, 1, 1, tzinfo=UTC) for year in (2021, 2022, 2099))


@dataclass(slots=True)
class Case:
    seed: int
    rng: random.Random
    ca: pki.Issued
    leaf: pki.Issued
    crls: list[bytes] = field(default_factory=list)
    responses: list[bytes] = field(default_factory=list)
    signers: list[pki.Issued] = field(default_factory=list)
    facts: set[str] = field(default_factory=set)

    def chance(self, fact: str, probability: float) -> bool:
        """Whether this happens; if so, it is one of the facts."""
        happens = self.rng.random() < probability
        if happens:
            self.facts.add(fact)
        return happens


def make_case(seed: int) -> Case:
    rng = random.Random(seed)
    ca = ROOT.ca("Differential CA")
    leaf = ca.leaf("differential leaf")
    case = Case(seed, rng, ca, leaf)
    if case.chance("no_crl_sign", 0.04):
        case.ca = ca.same(usage=pki.key_usage("key_cert_sign"))
    if case.chance("has_point", 0.4):
        case.leaf = leaf.same(extensions=[points(point(full=[HERE]))])
    return case


# --- CRLs


def make_crl_case(seed: int) -> Case:
    """The root's CRL, and up to two of the CA's with deltas. What is wrong above the leaf leaves nothing wrong below:
    openssl begins with the leaf, and stops at the first fault."""
    case = make_case(seed)
    if case.chance("ca_listed", 0.06):
        case.crls += [crl(ROOT, [case.ca]), crl(case.ca)]
        return case
    if case.chance("no_root_crl", 0.04):
        case.crls.append(crl(case.ca))
        return case
    case.crls.append(crl(ROOT))
    for number in range(1, 3 if case.chance("second_crl", 0.2) else 2):
        add_complete(case, number)
    if case.chance("delta", 0.25):
        add_delta(case)
    case.rng.shuffle(case.crls)
    return case


def listed_entries(case: Case, number: int, *, with_reasons: bool) -> list[Any]:
    """The leaf with some chance, and others; a version 1 CRL tells no reasons."""
    noise = [entry(case.rng.getrandbits(90) + 1) for _ in range(case.rng.choice((0, 2, 20)))]
    if case.chance(f"leaf_listed_{number}", 0.35):
        hold = with_reasons and case.chance(f"hold_{number}", 0.4)
        noise.insert(case.rng.randrange(len(noise) + 1), entry(case.leaf, reason=6 if hold else None))
    return noise


#: What may be wrong with a CRL, or only looks so.
ODDITIES: dict[str, Callable[[Case], dict[str, Any]]] = {
    "stale": lambda _: {"next_update": NOW - DAY},
    "future": lambda _: {"this_update": NOW + DAY},
    "no_next_update": lambda _: {"next_update": None},
    "critical": lambda _: {"extensions": [rp.unknown_extension(critical=True)]},
    "not_critical": lambda _: {"extensions": [rp.unknown_extension(critical=False)]},
    "no_number": lambda _: {"number": None},
    "no_aki": lambda _: {"aki": False},
    "version_1": lambda _: {"version": None},
    "forged": lambda _: {"signer": pki.key("forger"), "aki": False},
    "stranger_signs": lambda case: signed_by(case, STRANGER),
    "own_signer": lambda case: signed_by(case, ROOT),
    "other_name": lambda _: {"name": pki.name("Differential Other")},
    "name_in_other_case": lambda _: {"name": pki.name("differential  ca")},
    "only_user": lambda _: {"idp": idp(only_user=True)},
    "only_ca": lambda _: {"idp": idp(only_ca=True)},
    "only_attribute": lambda _: {"idp": idp(only_attribute=True)},
    "here": lambda _: {"idp": idp(full=[HERE])},
    "elsewhere": lambda _: {"idp": idp(full=[ELSEWHERE])},
    "issuer_point": lambda case: {"idp": idp(full=[rp.directory(case.ca)])},
    "indirect": lambda _: {"idp": idp(indirect=True)},
    "some_reasons": lambda _: {"idp": idp(reasons={1, 2, 3, 4})},
    "other_reasons": lambda _: {"idp": idp(reasons={5, 6, 7, 8})},
}

#: What openssl never takes: one reason for a disagreement is enough.
ALONE = {"issuer_point"}


def signed_by(case: Case, issuer: pki.Issued) -> dict[str, Any]:
    """By another key of the CA's name, certified by `issuer`."""
    signer = issuer.ca("Differential CA", label=f"signer of {issuer.plan.serial}", usage=pki.key_usage("crl_sign"))
    signer = signer.same(serial=signer.plan.serial ^ 1)
    case.signers.append(signer)
    return {"signer": signer}


def add_complete(case: Case, number: int) -> None:
    options: dict[str, Any] = {"number": 4 + number, "this_update": NOW - (4 - number) * DAY}
    if case.rng.random() < 0.7:
        name = case.rng.choice(sorted(ODDITIES.keys() - (ALONE if "second_crl" in case.facts else set())))
        case.facts.add(name)
        options |= ODDITIES[name](case)
    entries = listed_entries(case, number, with_reasons="version" not in options)
    if "version" not in options:
        options["extensions"] = [*options.get("extensions", ()), rp.freshest(point(full=[HERE]))]
    case.crls.append(crl(case.ca, entries, **options))


def add_delta(case: Case) -> None:
    base = 5 if case.rng.random() < 0.7 else 7
    case.facts.add(f"delta_of_{base}")
    entries = []
    if case.chance("delta_lists", 0.3):
        entries.append(entry(case.leaf))
    elif case.chance("delta_removes", 0.5):
        entries.append(entry(case.leaf, reason=rp.REMOVE))
    case.crls.append(crl(case.ca, entries, number=9, delta_of=base))


def our_crl_answer(case: Case) -> tuple[str, pv.Verdict]:
    verdict = judge(case.leaf, case.ca, anchors=[ROOT], crls=case.crls, certificates=case.signers, scope=CHAIN, at=NOW)
    return answer_of(verdict), verdict


def answer_of(verdict: pv.Verdict) -> str:
    if verdict.outcome is pv.Outcome.TRUSTED:
        return GOOD
    assert verdict.outcome is pv.Outcome.REFUSED, verdict.explain()
    assert verdict.reason in {pv.Reason.REVOKED, pv.Reason.REVOCATION_UNKNOWN}, verdict.explain()
    return REVOKED if verdict.reason is pv.Reason.REVOKED else UNKNOWN


def run(*arguments: object) -> str:
    assert OPENSSL is not None
    done = subprocess.run([OPENSSL, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def write(folder: Path, **files: bytes) -> dict[str, Path]:
    paths = {name: folder / name for name in files}
    for name, content in files.items():
        paths[name].write_bytes(content)
    return paths


def peer_crl_answer(case: Case, folder: Path) -> tuple[str, str]:
    files = write(
        folder,
        root=ROOT.pem,
        untrusted=case.ca.pem + b"".join(each.pem for each in case.signers),
        leaf=case.leaf.pem,
        crls=rp.pem("X509 CRL", *case.crls),
    )
    said = run(
        "verify",
        *("-CAfile", files["root"], "-untrusted", files["untrusted"]),
        *(("-CRLfile", files["crls"]) if case.crls else ()),
        *("-crl_check_all", "-extended_crl", "-use_deltas", "-attime", int(NOW.timestamp())),
        files["leaf"],
    )
    codes = re.findall(r"^error (\d+) at", said, re.MULTILINE)
    if not codes:
        assert said.rstrip().endswith(": OK"), said
        return GOOD, said
    is_ahead = "11" in codes  # it goes on to look into a CRL that is not valid yet
    return REVOKED if "23" in codes and not is_ahead else UNKNOWN, said


# --- OCSP


def make_ocsp_case(seed: int) -> Case:
    case = make_case(seed)
    dates = case.rng.choice(
        (
            (None, LONG_AGO, FAR_AHEAD),
            (None, LONG_AGO, FAR_AHEAD),
            (None, LONG_AGO, FAR_AHEAD),
            ("stale", LONG_AGO, SOON_AFTER),
            ("future", datetime(2098, 1, 1, tzinfo=UTC), FAR_AHEAD),
        )
    )
    status = case.rng.choice((rp.GOOD, rp.GOOD, rp.REVOKED, rp.REVOKED, rp.UNKNOWN))
    case.facts |= {f"status_{status}"} | ({dates[0]} if dates[0] else set())
    options: dict[str, Any] = {
        "status": status,
        "this_update": dates[1],
        "next_update": dates[2],
        "produced_at": LONG_AGO,
        "digest": case.rng.choice(("sha1", "sha1", "sha256")),
        "by_key": case.rng.random() < 0.5,
    }
    if case.rng.random() < 0.5:
        name = case.rng.choice(sorted(RESPONSES))
        case.facts.add(name)
        options |= RESPONSES[name](case)
    case.responses.append(ocsp(case.ca, case.leaf, **options))
    return case


def delegated(issuer: Callable[[Case], pki.Issued], **plan: Any) -> Callable[[Case], dict[str, Any]]:
    return lambda case: {"responder": rp.responder(issuer(case), label="differential responder", **plan)}


def of_ca(case: Case) -> pki.Issued:
    return case.ca


RESPONSES: dict[str, Callable[[Case], dict[str, Any]]] = {
    "forged": lambda _: {"signer": pki.key("forger")},
    "bad_signature": lambda _: {"bad_signature": True},
    "delegated": delegated(of_ca),
    "delegated_unchecked": delegated(of_ca, extensions=()),
    "delegated_without_purpose": delegated(of_ca, eku=()),
    "delegated_for_any_purpose": delegated(of_ca, eku=(pki.x509.ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)),
    "delegated_expired": delegated(of_ca, not_after=NOW - DAY),
    "delegated_by_root": delegated(lambda _: ROOT),
    "delegated_by_stranger": delegated(lambda _: STRANGER),
    "not_embedded": lambda case: {"responder": rp.responder(case.ca), "certificates": []},
    "root_answers": lambda _: {"responder": ROOT},
    "leaf_answers": lambda case: {"responder": case.leaf},
    "other_certificates": lambda case: {"certificates": [STRANGER, case.leaf, case.ca]},
    "other_serial": lambda case: {"singles": [single(case.ca, 5)]},
    "nonce": lambda _: {"extensions": [rp.NONCE]},
    "not_critical": lambda _: {"extensions": [rp.unknown_extension(critical=False)]},
    "critical": lambda _: {"extensions": [rp.unknown_extension(critical=True)]},
    "another_key": lambda _: {"issuer_key": STRANGER},
    "another_name": lambda _: {"name": STRANGER.plan.subject},
    "try_later": lambda _: {"response_status": rp.TRY_LATER},
}


def our_ocsp_answer(case: Case) -> tuple[str, pv.Verdict]:
    verdict = judge(case.leaf, case.ca, anchors=[ROOT], ocsp=case.responses, scope=LEAF, at=NOW)
    return answer_of(verdict), verdict


def peer_ocsp_answer(case: Case, folder: Path) -> tuple[str, str]:
    files = write(folder, root=ROOT.pem, ca=case.ca.pem, leaf=case.leaf.pem, response=case.responses[0])
    digest = next(each.digest for each in map(CertIdDigest, case.responses))
    said = run(
        "ocsp",
        *("-respin", files["response"], "-CAfile", files["root"], "-verify_other", files["ca"]),
        *("-attime", int(NOW.timestamp()), f"-{digest}", "-issuer", files["ca"], "-cert", files["leaf"]),
        *("-no_nonce",),
    )
    if "Response verify OK" not in said or "Status times invalid" in said:
        return UNKNOWN, said
    status = re.search(r"leaf: (good|revoked|unknown)$", said, re.MULTILINE)
    return (status.group(1) if status else UNKNOWN), said


class CertIdDigest:
    """Which digest the CertIDs of a response are by."""

    def __init__(self, response: bytes) -> None:
        self.digest = "sha256" if rp.oid("2.16.840.1.101.3.4.2.1") in response else "sha1"


# --- Disagreements


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the two differ; `ours` and `theirs` are the answers, `facts` those of the case that must be there."""

    text: str
    clause: str
    ours: str
    theirs: str
    holds: Callable[[Case], bool]

    def explains(self, case: Case, ours: str, theirs: str) -> bool:
        return (self.ours, self.theirs) == (ours, theirs) and self.holds(case)


def any_of(*facts: str) -> Callable[[Case], bool]:
    return lambda case: bool(case.facts & set(facts))


def is_so_for_fewer(answer: str) -> Callable[[Case], bool]:
    """Whether openssl itself gives this answer if one of the CRLs is left out."""

    def holds(case: Case) -> bool:
        if "second_crl" not in case.facts:
            return False
        with tempfile.TemporaryDirectory() as folder:
            rest = [case.crls[:n] + case.crls[n + 1 :] for n in range(len(case.crls))]
            fewer = [dataclasses.replace(case, crls=crls) for crls in rest]
            return any(peer_crl_answer(each, Path(folder))[0] == answer for each in fewer)

    return holds


def by_fewer(ours: str, theirs: str) -> Explanation:
    return Explanation(
        f"every CRL at hand counts; openssl picks one by its looks ({ours}, theirs {theirs})",
        "RFC 5280 6.3.3: for each CRL, until the status is known",
        ours,
        theirs,
        is_so_for_fewer(ours),
    )


def by_delta(theirs: str) -> Explanation:
    return Explanation(
        f"a revocation for good counts on a delta CRL that no complete one at hand joins (theirs {theirs})",
        "RFC 5280 5.2.4: a delta CRL's entries are revoked; only their absence says nothing",
        REVOKED,
        theirs,
        any_of("delta_lists"),
    )


CRL_EXPLAINED = (
    Explanation(
        "without nextUpdate a CRL is stale unless the policy has a max_age; openssl takes it for ever",
        "RFC 5280 5.1.2.5 demands nextUpdate",
        UNKNOWN,
        GOOD,
        any_of("no_next_update"),
    ),
    *(
        Explanation(
            f"a certificate has its issuer's name for a distribution point beside its own ({ours})",
            "RFC 5280 6.3.3, last paragraph",
            ours,
            UNKNOWN,
            any_of("issuer_point"),
        )
        for ours in (GOOD, REVOKED)
    ),
    Explanation(
        "only a hold is lifted by removeFromCRL",
        "RFC 5280 5.3.1: what was on hold; anything else is for good",
        REVOKED,
        GOOD,
        any_of("delta_removes"),
    ),
    Explanation(
        "of a revoked CA and a leaf that nobody tells of, ours names the revoked one; openssl begins at the leaf",
        "RFC 5280 6.1.3: from the anchor down",
        REVOKED,
        UNKNOWN,
        any_of("ca_listed"),
    ),
    by_delta(GOOD),
    by_delta(UNKNOWN),
    by_fewer(REVOKED, GOOD),
    by_fewer(REVOKED, UNKNOWN),
    by_fewer(GOOD, UNKNOWN),
)
OCSP_EXPLAINED = (
    Explanation(
        "a responder without id-pkix-ocsp-nocheck is judged too; openssl asks nothing about it",
        "RFC 6960 4.2.2.2.1",
        UNKNOWN,
        GOOD,
        any_of("delegated_unchecked"),
    ),
    Explanation(
        "the same, where it says revoked",
        "RFC 6960 4.2.2.2.1",
        UNKNOWN,
        REVOKED,
        any_of("delegated_unchecked"),
    ),
    Explanation(
        "a critical extension that is not known spoils a response; openssl passes over it",
        "RFC 6960 4.4",
        UNKNOWN,
        GOOD,
        any_of("critical"),
    ),
    Explanation(
        "the same, where the response says revoked",
        "RFC 6960 4.4",
        UNKNOWN,
        REVOKED,
        any_of("critical"),
    ),
    Explanation(
        "a revocation is for good, also past the nextUpdate of who said so",
        "RFC 5280 5.3.1: only a hold is lifted",
        REVOKED,
        UNKNOWN,
        any_of("stale"),
    ),
)


def compare(
    folder: Path,
    make: Callable[[int], Case],
    ours: Callable[[Case], tuple[str, pv.Verdict]],
    theirs: Callable[[Case, Path], tuple[str, str]],
) -> Iterator[tuple[Case, str, str, str]]:
    for seed in range(NUM_CASES):
        case = make(seed)
        our, _ = ours(case)
        their, said = theirs(case, folder)
        yield case, our, their, said


def assert_explained(answers: Iterator[tuple[Case, str, str, str]], explained: tuple[Explanation, ...]) -> None:
    unexplained: list[str] = []
    seen: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for case, our, their, said in answers:
        seen[our] += 1
        if our == their:
            continue
        reason = next((each for each in explained if each.explains(case, our, their)), None)
        if reason is None:
            brief = " ".join(said.split())
            unexplained.append(f"seed {case.seed} {sorted(case.facts)}: {our}, theirs {their}: {brief}")
        else:
            used[reason.text] += 1
    assert not unexplained, f"{len(unexplained)} unexplained:\n" + "\n".join(unexplained[:40])
    assert min(seen[each] for each in (GOOD, REVOKED, UNKNOWN)) > NUM_CASES // 10, seen
    if NUM_CASES >= 2000:  # rare ones take as many to occur
        assert set(used) == {each.text for each in explained}, "one that explains nothing hides the next fault"


def test_agrees_with_openssl_verify(tmp_path: Path) -> None:
    assert_explained(compare(tmp_path, make_crl_case, our_crl_answer, peer_crl_answer), CRL_EXPLAINED)


def test_agrees_with_openssl_ocsp(tmp_path: Path) -> None:
    assert_explained(compare(tmp_path, make_ocsp_case, our_ocsp_answer, peer_ocsp_answer), OCSP_EXPLAINED)
