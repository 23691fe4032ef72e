"""DSA: refused by name unless a policy lists it, never an anchor's; parameters that a key inherits are part of it."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes

import pki
import pyvalidator as pv
from der_tools import Element, read_element, replace
from pyvalidator._native import ffi, lib
from pyvalidator.signatures import CryptographyChecker, SignatureJob, SignatureResult, native_engine

Alg = pv.SignatureAlgorithm
DSA = {Alg.DSA_SHA1, Alg.DSA_SHA256}
ENGINES = [pv.Engine.LIBCRYPTO, pv.Engine.CRYPTOGRAPHY, pv.Engine.AUTO]

ROOTS = {kind: pki.root(f"DSA test root {kind}", kind=kind) for kind in ("p256", "rsa2048")}
CA = ROOTS["p256"].ca("DSA CA", kind="dsa1024")
LEAF = CA.leaf("dsa leaf")
ECDSA_LEAF = ROOTS["p256"].ca("ECDSA CA").leaf("ecdsa leaf")
DSA_TARGET = ROOTS["p256"].ca("ECDSA CA").leaf("dsa target", kind="dsa1024")


def fields(tbs: bytes) -> list[Element]:
    """The elements of the signed part."""
    whole = read_element(tbs, 0)
    found, at = [], whole.body
    while at < whole.end:
        found.append(read_element(tbs, at, 1))
        at = found[-1].end
    return found


def policy(*listed: pv.SignatureAlgorithm) -> pv.Policy:
    return pv.Policy.device(purpose=pv.Purpose.ANY, algorithms=pv.DEFAULT_ALGORITHMS | set(listed))


def judge(sent: list[bytes], rules: pv.Policy, kind: str = "p256", **options: Any) -> pv.Verdict:
    store = pv.TrustStore.from_der([ROOTS[kind].der])
    return pv.Validator(store, rules, **options).check(sent, pv.AnySubject(), at=pki.NOW)


def refused(verdict: pv.Verdict, reason: pv.Reason) -> None:
    assert (verdict.outcome, verdict.reason) == (pv.Outcome.REFUSED, reason), verdict.explain()


def test_no_policy_has_it_by_itself() -> None:
    assert not DSA & pv.DEFAULT_ALGORITHMS
    assert set(pv.DEFAULT_ALGORITHMS) | DSA == set(Alg)
    for preset in (pv.Policy.device, pv.Policy.code_signing, pv.Policy.tls_client, pv.Policy.tls_server):
        assert not DSA & preset().algorithms


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["p256", "rsa2048"])
@pytest.mark.parametrize("size", ["dsa1024", "dsa2048"])
def test_a_policy_that_lists_it(engine: pv.Engine, kind: str, size: str) -> None:
    ca = ROOTS[kind].ca(f"CA {size}", kind=size)
    leaf = ca.leaf("leaf")
    verdict = judge([leaf.der, ca.der], policy(Alg.DSA_SHA256), kind, engine=engine)
    assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()
    forged = leaf.der[:-1] + bytes([leaf.der[-1] ^ 1])
    refused(judge([forged, ca.der], policy(Alg.DSA_SHA256), kind, engine=engine), pv.Reason.SIGNATURE_BAD)


def test_the_default_policy_refuses_it_by_name() -> None:
    verdict = judge([LEAF.der, CA.der], policy())
    refused(verdict, pv.Reason.ALGORITHM_NOT_ALLOWED)
    assert "it is DSA_SHA256; allowed are" in verdict.explain()
    verdict = judge([DSA_TARGET.der, ROOTS["p256"].ca("ECDSA CA").der], policy())
    refused(verdict, pv.Reason.ALGORITHM_NOT_ALLOWED)
    assert "a key of kind DSA of 1024 bits" in verdict.explain()
    listed = judge([DSA_TARGET.der, ROOTS["p256"].ca("ECDSA CA").der], policy(Alg.DSA_SHA1))
    assert listed.outcome is pv.Outcome.TRUSTED


def test_a_dsa_issuer_is_refused_by_name() -> None:
    """Also where the certificate below it says that its signature is another's."""
    ecdsa = pki.issue(pki.leaf_plan("leaf of a DSA CA"), pki.Issued(CA.certificate, CA.plan, None))
    tbs = replace(
        ecdsa.certificate.tbs_certificate_bytes, fields(ecdsa.certificate.tbs_certificate_bytes)[2], pki.ECDSA_SHA256
    )
    verdict = judge([pki.sign_tbs(tbs, pki.key("anybody")), CA.der], policy())
    refused(verdict, pv.Reason.ALGORITHM_NOT_ALLOWED)


def with_dsa_sha1(issued: pki.Issued) -> bytes:
    """Signed again with SHA-1, which no builder does any more."""
    assert issued.issuer is not None
    algorithm = pki.der(0x30, bytes.fromhex("06072a8648ce380403"))
    tbs = issued.certificate.tbs_certificate_bytes
    tbs = replace(tbs, fields(tbs)[2], algorithm)
    return pki.der(0x30, tbs, algorithm, pki.der(3, b"\0", issued.issuer.key.sign(tbs, hashes.SHA1())))


@pytest.mark.parametrize("engine", ENGINES)
def test_with_sha1(engine: pv.Engine) -> None:
    sent = [with_dsa_sha1(LEAF), CA.der]
    assert judge(sent, policy(Alg.DSA_SHA1), engine=engine).outcome is pv.Outcome.TRUSTED
    refused(judge(sent, policy(Alg.DSA_SHA256), engine=engine), pv.Reason.ALGORITHM_NOT_ALLOWED)
    refused(judge([LEAF.der, CA.der], policy(Alg.DSA_SHA1), engine=engine), pv.Reason.ALGORITHM_NOT_ALLOWED)


def test_the_web_has_none() -> None:
    rules = pv.Policy.tls_server(algorithms=pv.DEFAULT_ALGORITHMS | DSA)
    assert judge([LEAF.der, CA.der], rules).outcome is pv.Outcome.REFUSED


# --- Anchors


def test_no_anchor_has_such_a_key() -> None:
    root = pki.root("DSA root", kind="dsa1024")
    with pytest.raises(pv.UnprovenRoot) as caught:
        pv.TrustStore.from_der([root.der])
    assert caught.value.reason is pv.Reason.ALGORITHM_NOT_ALLOWED
    for spki in (root.spki, pki.dsa_spki(root.key)):
        with pytest.raises(pv.StoreError, match="ALGORITHM_NOT_ALLOWED"):
            pv.TrustStore([pv.TrustAnchor(subject=root.subject_der, spki=spki)])


# --- Keys


def with_key(spki: bytes) -> bytes:
    """A target with this key."""
    tbs = ECDSA_LEAF.certificate.tbs_certificate_bytes
    return pki.sign_tbs(replace(tbs, fields(tbs)[6], spki), pki.key("ECDSA CA"))


NUMBERS = pki.dsa_parameters(1024).parameter_numbers()


def spki_of(p: int = NUMBERS.p, q: int = NUMBERS.q, g: int = NUMBERS.g, y: int = 2, *, after: bytes = b"") -> bytes:
    parameters = pki.der(0x30, pki.integer(p), pki.integer(q), pki.integer(g), after)
    algorithm = pki.der(0x30, bytes.fromhex("06072a8648ce380401"), parameters)
    return pki.der(0x30, algorithm, pki.der(3, b"\0", pki.integer(y)))


@pytest.mark.parametrize(
    ("spki", "reason"),
    [
        (spki_of(), pv.Reason.OK),
        (spki_of(y=NUMBERS.p - 1), pv.Reason.OK),
        (spki_of(y=NUMBERS.p), pv.Reason.KEY_LENGTH),
        (spki_of(y=1), pv.Reason.KEY_LENGTH),
        (spki_of(y=0), pv.Reason.DER_INTEGER),
        (spki_of(p=NUMBERS.p + 1), pv.Reason.ALGORITHM_PARAMETERS),
        (spki_of(p=2**3072 + 1), pv.Reason.ALGORITHM_PARAMETERS),
        (spki_of(p=2**1022 + 1), pv.Reason.ALGORITHM_PARAMETERS),
        (spki_of(q=NUMBERS.q + 1), pv.Reason.ALGORITHM_PARAMETERS),
        (spki_of(q=2**160 + 1), pv.Reason.ALGORITHM_PARAMETERS),
        (spki_of(g=1), pv.Reason.ALGORITHM_PARAMETERS),
        (spki_of(g=NUMBERS.p), pv.Reason.ALGORITHM_PARAMETERS),
        (spki_of(after=b"\5\0"), pv.Reason.ALGORITHM_PARAMETERS),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_keys_are_judged_whole(spki: bytes, reason: pv.Reason) -> None:
    sent = [with_key(spki), ROOTS["p256"].ca("ECDSA CA").der]
    verdict = judge(sent, policy(Alg.DSA_SHA256))
    assert verdict.reason is reason, verdict.explain()
    refused(judge(sent, policy()), pv.Reason.ALGORITHM_NOT_ALLOWED)


# --- Inherited parameters, asked of the engines (RFC 3279 2.3.2)

PARAMETERS = pki.dss_parms(CA.key)
BARE = pki.dsa_spki(CA.key)
MESSAGE = b"signed by a key that inherits"
SIGNATURE: bytes = CA.key.sign(MESSAGE, hashes.SHA256())
OTHERS = pki.dss_parms(pki.key("other", "dsa2048"))
SMALL = pki.der(0x30, pki.integer(NUMBERS.p), pki.integer(NUMBERS.q), pki.integer(2))


def asked(engine: pv.Engine, spki: bytes, parameters: bytes, signature: bytes = SIGNATURE) -> SignatureResult:
    job = ffi.new("pv_job *")
    kept = []
    for field, data in (("message", MESSAGE), ("spki", spki), ("parameters", parameters), ("signature", signature)):
        kept.append(ffi.from_buffer("uint8_t[]", data))
        span = getattr(job, field)
        span.data, span.len = kept[-1], len(data)
    job.sig_alg, job.key_alg = lib.PV_SIG_DSA_SHA256, lib.PV_KEY_DSA
    lib.pvh_engine_check(native_engine(engine).pointer, job, 1)
    return SignatureResult(job.result)


@pytest.mark.parametrize("engine", ENGINES)
def test_inherited_parameters(engine: pv.Engine) -> None:
    assert asked(engine, BARE, PARAMETERS) is SignatureResult.GOOD
    assert asked(engine, BARE, b"") is SignatureResult.UNSUPPORTED
    assert asked(engine, BARE, OTHERS) is SignatureResult.BAD
    assert asked(engine, BARE, SMALL) is SignatureResult.BAD
    assert asked(engine, BARE, b"\5\0") is SignatureResult.BAD
    assert asked(engine, BARE, PARAMETERS + b"\0") is SignatureResult.BAD
    assert asked(engine, BARE, PARAMETERS, SIGNATURE[:-1] + bytes([SIGNATURE[-1] ^ 1])) is SignatureResult.BAD
    assert asked(engine, CA.spki, b"") is SignatureResult.GOOD
    assert asked(engine, CA.spki, OTHERS) is SignatureResult.GOOD  # its own count
    assert asked(engine, pki.dsa_spki(CA.key, b"\5\0"), PARAMETERS) is SignatureResult.BAD  # NULL is not absent


def test_cryptography_keeps_no_key_that_inherits() -> None:
    checker = CryptographyChecker()
    job = SignatureJob(
        algorithm=Alg.DSA_SHA256.value, spki=BARE, parameters=PARAMETERS, signature=SIGNATURE, message=MESSAGE
    )
    assert checker.check(job) is SignatureResult.GOOD
    assert not checker._keys.by_spki
    for parameters, result in ((OTHERS, SignatureResult.BAD), (b"", SignatureResult.UNSUPPORTED)):
        other = SignatureJob(
            algorithm=job.algorithm, spki=BARE, parameters=parameters, signature=SIGNATURE, message=MESSAGE
        )
        assert checker.check(other) is result


def test_no_cache_holds_it() -> None:
    cache = pv.Cache()
    for _ in range(2):
        verdict = judge([LEAF.der, CA.der], policy(Alg.DSA_SHA256), cache=cache)
        assert verdict.outcome is pv.Outcome.TRUSTED
        assert (cache.stats().edges, cache.stats().keys) == (1, 0)  # the CA's own edge, under the root
