"""Does this installation judge right? Chains are made on the spot, one for each signature algorithm: the good one must
be trusted, the spoiled one refused for its signature. Nothing is read or kept.

A root signs its leaf with the algorithm; under DSA, which no root may have, a CA between them does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, unique
from functools import partial
from importlib import import_module
from typing import Any, Final, TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from .algorithms import DEFAULT_ALGORITHMS, SignatureAlgorithm
from .der import element
from .errors import PyvalidatorError, UnprovenRoot
from .names import AnySubject
from .policy import Policy
from .reasons import Reason
from .signatures import Engine, native_engine
from .trust import TrustStore
from .validator import Validator
from .verdict import Outcome, Verdict

_Key: TypeAlias = Any  # a private key; those of ML-DSA and DSA are not in every `cryptography`
_Digest: TypeAlias = hashes.SHA256 | hashes.SHA384 | hashes.SHA512
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)


@unique
class Health(Enum):
    """How an algorithm fared. UNAVAILABLE: the engine cannot check it and says so, which refuses (or there is nothing
    at hand to test it with); WRONG: it must not be used at all."""

    RIGHT = "right"
    UNAVAILABLE = "not available"
    WRONG = "WRONG"


@dataclass(frozen=True, slots=True)
class Result:
    """One algorithm under one engine; `detail` says what went wrong."""

    algorithm: SignatureAlgorithm
    health: Health
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Plan:
    key: Callable[[], _Key]
    digest: _Digest | None
    is_pss: bool = False
    is_dsa: bool = False


_CURVES: Final[dict[int, ec.EllipticCurve]] = {256: ec.SECP256R1(), 384: ec.SECP384R1(), 512: ec.SECP521R1()}
_SHA2: Final[dict[int, hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    256: hashes.SHA256(),
    384: hashes.SHA384(),
    512: hashes.SHA512(),
}
_P256: Final = partial(ec.generate_private_key, ec.SECP256R1())


def _plans() -> Iterator[tuple[SignatureAlgorithm, _Plan]]:
    """A plan for every algorithm, one RSA key for all of RSA."""
    rsa_key = rsa.generate_private_key(65537, 2048)
    for algorithm in SignatureAlgorithm:
        family, _, size = algorithm.name.rpartition("_SHA")
        if family.startswith("RSA"):
            yield algorithm, _Plan(lambda: rsa_key, _SHA2[int(size)], family == "RSA_PSS")
        elif family == "ECDSA":
            yield algorithm, _Plan(partial(ec.generate_private_key, _CURVES[int(size)]), _SHA2[int(size)])
        elif family == "DSA":
            yield algorithm, _Plan(_dsa_key, _SHA2[256], is_dsa=True)
        elif algorithm is SignatureAlgorithm.ED25519:
            yield algorithm, _Plan(ed25519.Ed25519PrivateKey.generate, None)
        elif algorithm is SignatureAlgorithm.ED448:
            yield algorithm, _Plan(ed448.Ed448PrivateKey.generate, None)
        else:
            yield algorithm, _Plan(partial(_ml_dsa_key, algorithm.name[-2:]), None)


def _optional(name: str) -> Any:
    try:
        return import_module(f"cryptography.hazmat.primitives.asymmetric.{name}")
    except ImportError as error:
        raise UnsupportedAlgorithm(str(error)) from None


def _dsa_key() -> _Key:
    return _optional("dsa").generate_private_key(1024)  # a key for this test alone, and quickly made


def _ml_dsa_key(size: str) -> _Key:
    return getattr(_optional("mldsa"), f"MLDSA{size}PrivateKey").generate()


def _issue(
    plan: _Plan, signer: _Key, key: _Key, name: str, issuer: str, *, extensions: list[tuple[Any, bool]]
) -> bytes:
    subject, above = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, each)]) for each in (name, issuer))
    builder = x509.CertificateBuilder(
        issuer_name=above,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=_NOW - timedelta(days=1),
        not_valid_after=_NOW + timedelta(days=1),
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical=critical)
    pss = padding.PSS(padding.MGF1(plan.digest), plan.digest.digest_size) if plan.is_pss and plan.digest else None
    return builder.sign(signer, plan.digest, rsa_padding=pss).public_bytes(Encoding.DER)


_CA: Final = (x509.BasicConstraints(ca=True, path_length=None), True)
_ALT_NAME: Final = (x509.SubjectAlternativeName([x509.DNSName("self.test")]), False)


def _make(algorithm: SignatureAlgorithm, plan: _Plan) -> tuple[bytes, list[bytes]]:
    """A root, and what is sent below it, the leaf first."""
    key, leaf_key, ecdsa = plan.key(), _P256(), _Plan(_P256, _SHA2[256])
    if not plan.is_dsa:
        root = _issue(plan, key, key, "Self-test root", "Self-test root", extensions=[_CA])
        return root, [_issue(plan, key, leaf_key, "Self-test leaf", "Self-test root", extensions=[_ALT_NAME])]
    root_key = _P256()
    root = _issue(ecdsa, root_key, root_key, "Self-test root", "Self-test root", extensions=[_CA])
    below = _issue(ecdsa, root_key, key, "Self-test CA", "Self-test root", extensions=[_CA])
    leaf = _issue(plan, key, leaf_key, "Self-test leaf", "Self-test CA", extensions=[_ALT_NAME])
    return root, [_with_sha1(leaf, key) if algorithm is SignatureAlgorithm.DSA_SHA1 else leaf, below]


_DSA_SHA1: Final = bytes.fromhex("300906072a8648ce380403")
_DSA_SHA256: Final = bytes.fromhex("300b0609608648016503040302")


def _with_sha1(leaf: bytes, signer: _Key) -> bytes:
    """The same leaf signed with SHA-1, which no builder does any more."""
    signed = x509.load_der_x509_certificate(leaf).tbs_certificate_bytes
    start = signed.index(b"\xa0\x03\x02\x01\x02")  # the version: what the sequence begins with
    signed = element(0x30, signed[start:].replace(_DSA_SHA256, _DSA_SHA1, 1))
    signature = signer.sign(signed, hashes.SHA1())  # noqa: S303
    return element(0x30, signed + _DSA_SHA1 + element(3, b"\0" + signature))


def _judge(algorithm: SignatureAlgorithm, root: bytes, sent: list[bytes], engine: Engine) -> Verdict:
    policy = Policy.device(algorithms=DEFAULT_ALGORITHMS | {algorithm})
    return Validator(TrustStore.from_der([root]), policy, engine=engine).check(sent, AnySubject(), at=_NOW)


def _spoiled(leaf: bytes) -> bytes:
    """The serial number, which nothing else judges, changed by one bit under the old signature."""
    at = leaf.index(b"\xa0\x03\x02\x01\x02\x02") + 12
    return leaf[:at] + bytes([leaf[at] ^ 1]) + leaf[at + 1 :]


def _test(algorithm: SignatureAlgorithm, plan: _Plan, engine: Engine) -> Result:
    root, sent = _make(algorithm, plan)
    good = _judge(algorithm, root, sent, engine)
    bad = _judge(algorithm, root, [_spoiled(sent[0]), *sent[1:]], engine)
    if good.reason is Reason.SIGNATURE_UNSUPPORTED and bad.outcome is not Outcome.TRUSTED:
        return Result(algorithm, Health.UNAVAILABLE, good.reason.mend)
    if good.outcome is Outcome.TRUSTED and bad.reason is Reason.SIGNATURE_BAD:
        return Result(algorithm, Health.RIGHT)
    return Result(algorithm, Health.WRONG, f"good chain: {good.headline}; spoiled chain: {bad.headline}")


def run(engine: Engine) -> list[Result]:
    """Every algorithm under this engine, in the order of SignatureAlgorithm. Raises EngineUnavailable."""
    native_engine(engine)  # not to be had at all: said once, not of each algorithm
    results = []
    for algorithm, plan in _plans():
        try:
            results.append(_test(algorithm, plan, engine))
        except UnprovenRoot as error:
            missing = error.reason is Reason.SIGNATURE_UNSUPPORTED
            results.append(Result(algorithm, Health.UNAVAILABLE if missing else Health.WRONG, str(error)))
        except UnsupportedAlgorithm as error:
            results.append(
                Result(algorithm, Health.UNAVAILABLE, f"cryptography makes no keys to test it with: {error}")
            )
        except PyvalidatorError as error:
            results.append(Result(algorithm, Health.WRONG, str(error)))
    return results
