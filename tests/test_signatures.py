"""The checker behind `cryptography`: every algorithm, right and wrong; what is unexpected is never an answer."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes

import pki
import pyvalidator as pv
from pyvalidator import _core
from pyvalidator._native import lib
from pyvalidator.signatures import (
    CRYPTOGRAPHY_ALGORITHMS,
    ECDSA_SHA1,
    RSA_PKCS1_SHA1,
    CryptographyChecker,
    SignatureJob,
    SignatureResult,
    checker_engine,
    native_engine,
)

Alg = pv.SignatureAlgorithm
HASHES = {"SHA256": hashes.SHA256(), "SHA384": hashes.SHA384(), "SHA512": hashes.SHA512()}


def job_of(kind: str, algorithm: pv.SignatureAlgorithm, **options: Any) -> SignatureJob:
    """A good job: a certificate's own signature."""
    root = pki.root(f"Signer {kind} {algorithm.name}", kind=kind, **options)
    assert pv.Certificate(root.der).signature_algorithm is algorithm
    return SignatureJob(
        algorithm=algorithm.value,
        spki=root.spki,
        signature=root.certificate.signature,
        message=root.certificate.tbs_certificate_bytes,
    )


def jobs() -> list[tuple[str, pv.SignatureAlgorithm, dict[str, Any]]]:
    rows: list[tuple[str, pv.SignatureAlgorithm, dict[str, Any]]] = []
    for name, digest in HASHES.items():
        rows.append(("rsa2048", pv.SignatureAlgorithm[f"RSA_PKCS1_{name}"], {"digest": digest}))
        rows.append(("rsa2048", pv.SignatureAlgorithm[f"RSA_PSS_{name}"], {"digest": digest, "pss": True}))
        rows += [
            (curve, pv.SignatureAlgorithm[f"ECDSA_{name}"], {"digest": digest}) for curve in ("p256", "p384", "p521")
        ]
    if pki.HAS_ML_DSA:
        rows += [(f"mldsa{size}", Alg[f"ML_DSA_{size}"], {}) for size in (44, 65, 87)]
    return [*rows, ("ed25519", Alg.ED25519, {}), ("ed448", Alg.ED448, {})]


JOBS = jobs()


def test_every_algorithm_is_here() -> None:
    """But those of DSA, which has a file of its own."""
    expected = {each for each in pv.DEFAULT_ALGORITHMS if pki.HAS_ML_DSA or not each.name.startswith("ML_DSA")}
    assert {row[1] for row in JOBS} == expected
    known = {number for number in CRYPTOGRAPHY_ALGORITHMS if number < lib.PV_SIG_LEGACY_FIRST}
    assert known == {row[1].value for row in JOBS}


@pytest.mark.parametrize(("kind", "algorithm", "options"), JOBS)
def test_good_and_bad(kind: str, algorithm: pv.SignatureAlgorithm, options: dict[str, Any]) -> None:
    good = job_of(kind, algorithm, **options)
    checker = CryptographyChecker()
    altered = good.message[:-1] + bytes([good.message[-1] ^ 1])
    for _ in range(2):
        assert checker.check(good) is SignatureResult.GOOD
        changed = SignatureJob(algorithm=good.algorithm, spki=good.spki, signature=good.signature, message=altered)
        assert checker.check(changed) is SignatureResult.BAD
    cut = SignatureJob(algorithm=good.algorithm, spki=good.spki, signature=good.signature[:-1], message=good.message)
    assert checker.check(cut) is not SignatureResult.GOOD
    other = next(each for each in Alg if each is not algorithm)
    wrong = SignatureJob(algorithm=other.value, spki=good.spki, signature=good.signature, message=good.message)
    assert checker.check(wrong) is not SignatureResult.GOOD


@pytest.mark.parametrize(("kind", "algorithm", "options"), [row for row in JOBS if row[2]])
def test_digests(kind: str, algorithm: pv.SignatureAlgorithm, options: dict[str, Any]) -> None:
    good = job_of(kind, algorithm, **options)
    digest = hashlib.new(options["digest"].name, good.message).digest()
    by_digest = SignatureJob(
        algorithm=good.algorithm, spki=good.spki, signature=good.signature, message=b"", digest=digest
    )
    assert CryptographyChecker().check(by_digest) is SignatureResult.GOOD
    short = SignatureJob(
        algorithm=good.algorithm, spki=good.spki, signature=good.signature, message=b"", digest=digest[:-1]
    )
    assert CryptographyChecker().check(short) is not SignatureResult.GOOD


@pytest.mark.parametrize(("kind", "algorithm", "options"), [row for row in JOBS if not row[2]])
def test_some_sign_the_message_itself(kind: str, algorithm: pv.SignatureAlgorithm, options: dict[str, Any]) -> None:
    good = job_of(kind, algorithm, **options)
    job = SignatureJob(
        algorithm=good.algorithm, spki=good.spki, signature=good.signature, message=good.message, digest=b"x" * 64
    )
    assert CryptographyChecker().check(job) is SignatureResult.NOT_CHECKED


@pytest.mark.parametrize("algorithm", [0, 12, 22, 23, 24, 25, 31, -1])
def test_unknown_algorithms_are_not_checked(algorithm: int) -> None:
    for kind, known in (("rsa2048", Alg.RSA_PKCS1_SHA256), ("p256", Alg.ECDSA_SHA256), ("ed25519", Alg.ED25519)):
        good = job_of(kind, known)
        job = SignatureJob(algorithm=algorithm, spki=good.spki, signature=good.signature, message=good.message)
        assert CryptographyChecker().check(job) is SignatureResult.NOT_CHECKED


@pytest.mark.parametrize("spki", [b"", b"junk", b"\x30\x00"])
def test_keys_that_cannot_be_read(spki: bytes) -> None:
    job = SignatureJob(algorithm=7, spki=spki, signature=b"x", message=b"y")
    assert CryptographyChecker().check(job) in (SignatureResult.NOT_CHECKED, SignatureResult.UNSUPPORTED)


def test_strangers_do_not_fill_the_cache() -> None:
    checker = CryptographyChecker(max_keys=2)
    goods = [job_of(curve, Alg.ECDSA_SHA256, digest=HASHES["SHA256"]) for curve in ("p256", "p384", "p521")]
    bad = SignatureJob(algorithm=7, spki=goods[0].spki, signature=goods[0].signature, message=b"other")
    assert checker.check(bad) is SignatureResult.BAD
    assert not checker._keys.by_spki
    for good in goods:
        assert checker.check(good) is SignatureResult.GOOD
    assert list(checker._keys.by_spki) == [good.spki for good in goods[1:]]


def test_numbers_are_those_of_the_core() -> None:
    assert (RSA_PKCS1_SHA1, ECDSA_SHA1) == (lib.PV_SIG_RSA_PKCS1_SHA1, lib.PV_SIG_ECDSA_SHA1)
    for result in SignatureResult:
        assert result.value == getattr(lib, f"PV_SIG_{result.name}")


@pytest.mark.parametrize(("kind", "algorithm", "options"), JOBS)
@pytest.mark.parametrize("engine", [pv.Engine.LIBCRYPTO, pv.Engine.CRYPTOGRAPHY, pv.Engine.AUTO])
def test_engines_agree_on_paths(
    kind: str, algorithm: pv.SignatureAlgorithm, options: dict[str, Any], engine: pv.Engine
) -> None:
    root = pki.root(f"Signer {kind} {algorithm.name}", kind=kind, **options)
    leaf = root.leaf("engine leaf", dns=["gw.example"], **options)
    validator = pv.Validator(pv.TrustStore.from_der([root.der]), pv.Policy.tls_client(), engine=engine)
    verdict = validator.check([leaf.der], pv.DNSName("gw.example"), at=pki.NOW)
    if algorithm not in native_engine(engine).algorithms:
        assert engine is pv.Engine.LIBCRYPTO  # AUTO asks cryptography, which made the chain
        assert verdict.reason is pv.Reason.SIGNATURE_UNSUPPORTED
        return
    assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()
    forged = leaf.der[:-1] + bytes([leaf.der[-1] ^ 1])
    refused = validator.check([forged], pv.DNSName("gw.example"), at=pki.NOW)
    assert refused.outcome is pv.Outcome.REFUSED, refused.explain()


# --- Two engines joined


class Scripted:
    """Says GOOD, and remembers what it was asked about."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def check(self, job: SignatureJob) -> SignatureResult:
        self.asked.append(job.algorithm)
        return SignatureResult.GOOD


def forged_chain(kind: str) -> list[bytes]:
    root = pki.root(f"Joined {kind}", kind=kind)
    leaf = root.leaf("joined leaf", dns=["gw.example"])
    return [leaf.der[:-1] + bytes([leaf.der[-1] ^ 1]), root.der]


@pytest.mark.skipif(not pki.HAS_ML_DSA, reason="this cryptography has no ML-DSA")
def test_the_second_engine_answers_only_what_the_first_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = native_engine(pv.Engine.LIBCRYPTO)
    checker = Scripted()
    joined = _core.libcrypto_engine(checker_engine(checker))
    lacking = set(Alg) - alone.algorithms
    assert joined.algorithms == set(Alg)
    monkeypatch.setattr("pyvalidator.validator.native_engine", lambda engine: joined)
    for kind, algorithm in (("p256", Alg.ECDSA_SHA256), ("ed25519", Alg.ED25519), ("mldsa44", Alg.ML_DSA_44)):
        leaf, root = forged_chain(kind)
        verdict = pv.Validator(pv.TrustStore.from_der([root]), pv.Policy.tls_client()).check(
            [leaf], pv.DNSName("gw.example"), at=pki.NOW
        )
        believed = algorithm in lacking
        assert verdict.outcome is (pv.Outcome.TRUSTED if believed else pv.Outcome.REFUSED)
        assert checker.asked == ([algorithm.value] if believed else [])


@pytest.mark.skipif(not pki.HAS_ML_DSA, reason="this cryptography has no ML-DSA")
def test_auto_is_the_union() -> None:
    engines = [native_engine(each) for each in (pv.Engine.AUTO, pv.Engine.LIBCRYPTO, pv.Engine.CRYPTOGRAPHY)]
    auto, libcrypto, cryptography = (each.algorithms for each in engines)
    assert auto == libcrypto | cryptography == set(Alg)
    assert (engines[0] is engines[1]) == (cryptography <= libcrypto)
    assert engines[0].version == engines[1].version


@pytest.mark.skipif(not pki.HAS_ML_DSA, reason="this cryptography has no ML-DSA")
def test_a_path_of_several_kinds() -> None:
    """Root, intermediate and leaf of different kinds; what each engine found enters one cache."""
    root = pki.root("Mixed root", kind="mldsa65")
    ca = root.ca("Mixed CA")
    below = ca.ca("Mixed CA 2", kind="mldsa44")
    leaf = below.leaf("mixed leaf", dns=["gw.example"])
    cache = pv.Cache()
    validator = pv.Validator(pv.TrustStore.from_der([root.der]), pv.Policy.tls_client(), cache=cache)
    for _ in range(2):
        verdict = validator.check([leaf.der, ca.der, below.der], pv.DNSName("gw.example"), at=pki.NOW)
        assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()
        assert cache.stats().edges == 3
    assert cache.stats().edge_hits == 3
