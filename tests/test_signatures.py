"""The checker behind `cryptography`: every algorithm, right and wrong; what is unexpected is never an answer."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes

import pki
import pyvalidator as pv
from pyvalidator._native import lib
from pyvalidator.signatures import (
    ECDSA_SHA1,
    RSA_PKCS1_SHA1,
    CryptographyChecker,
    SignatureJob,
    SignatureResult,
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
    return [*rows, ("ed25519", Alg.ED25519, {}), ("ed448", Alg.ED448, {})]


JOBS = jobs()


def test_every_algorithm_is_here() -> None:
    assert {row[1] for row in JOBS} == set(Alg)


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


def test_eddsa_has_no_digest_form() -> None:
    good = job_of("ed25519", Alg.ED25519)
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
    assert not checker._keys
    for good in goods:
        assert checker.check(good) is SignatureResult.GOOD
    assert list(checker._keys) == [good.spki for good in goods[1:]]


def test_numbers_are_those_of_the_core() -> None:
    assert (RSA_PKCS1_SHA1, ECDSA_SHA1) == (lib.PV_SIG_RSA_PKCS1_SHA1, lib.PV_SIG_ECDSA_SHA1)
    for result in SignatureResult:
        assert result.value == getattr(lib, f"PV_SIG_{result.name}")


@pytest.mark.parametrize(("kind", "algorithm", "options"), JOBS)
@pytest.mark.parametrize("engine", [pv.Engine.LIBCRYPTO, pv.Engine.CRYPTOGRAPHY])
def test_engines_agree_on_paths(
    kind: str, algorithm: pv.SignatureAlgorithm, options: dict[str, Any], engine: pv.Engine
) -> None:
    root = pki.root(f"Signer {kind} {algorithm.name}", kind=kind, **options)
    leaf = root.leaf("engine leaf", dns=["gw.example"], **options)
    validator = pv.Validator(pv.TrustStore.from_der([root.der]), pv.Policy.tls_client(), engine=engine)
    verdict = validator.check([leaf.der], pv.DNSName("gw.example"), at=pki.NOW)
    assert verdict.outcome is pv.Outcome.TRUSTED, verdict.explain()
    forged = leaf.der[:-1] + bytes([leaf.der[-1] ^ 1])
    refused = validator.check([forged], pv.DNSName("gw.example"), at=pki.NOW)
    assert refused.outcome is pv.Outcome.REFUSED, refused.explain()
