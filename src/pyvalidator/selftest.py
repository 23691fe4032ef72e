"""Does this installation judge right? Chains are made on the spot, one for each signature algorithm: the good one must
be trusted, the spoiled one refused for its signature. Nothing is read or kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, unique
from functools import partial
from typing import Any, Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from .algorithms import SignatureAlgorithm
from .errors import PyvalidatorError, UnprovenRoot
from .names import AnySubject
from .policy import Policy
from .reasons import Reason
from .signatures import Engine, native_engine
from .trust import TrustStore
from .validator import Validator
from .verdict import Outcome, Verdict

_Key: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
_Digest: TypeAlias = hashes.SHA256 | hashes.SHA384 | hashes.SHA512
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)


@unique
class Health(Enum):
    """How an algorithm fared. UNAVAILABLE: the engine cannot check it and says so, which refuses; WRONG: it must not be
    used at all."""

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


_CURVES: Final[dict[int, ec.EllipticCurve]] = {256: ec.SECP256R1(), 384: ec.SECP384R1(), 512: ec.SECP521R1()}
_SHA2: Final[dict[int, hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    256: hashes.SHA256(),
    384: hashes.SHA384(),
    512: hashes.SHA512(),
}


def _plans() -> Iterator[tuple[SignatureAlgorithm, _Plan]]:
    """A plan for every algorithm, one RSA key for all of RSA."""
    rsa_key = rsa.generate_private_key(65537, 2048)
    for algorithm in SignatureAlgorithm:
        family, _, size = algorithm.name.rpartition("_SHA")
        digest = _SHA2[int(size)] if family else None
        if family.startswith("RSA"):
            yield algorithm, _Plan(lambda: rsa_key, digest, family == "RSA_PSS")
        elif family:
            yield algorithm, _Plan(partial(ec.generate_private_key, _CURVES[int(size)]), digest)
        elif algorithm is SignatureAlgorithm.ED25519:
            yield algorithm, _Plan(ed25519.Ed25519PrivateKey.generate, None)
        else:
            yield algorithm, _Plan(ed448.Ed448PrivateKey.generate, None)


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


def _make(plan: _Plan) -> tuple[bytes, bytes]:
    """A root and a leaf below it."""
    root_key, leaf_key = plan.key(), ec.generate_private_key(ec.SECP256R1())
    ca = (x509.BasicConstraints(ca=True, path_length=None), True)
    alt_name = (x509.SubjectAlternativeName([x509.DNSName("self.test")]), False)
    root = _issue(plan, root_key, root_key, "Self-test root", "Self-test root", extensions=[ca])
    return root, _issue(plan, root_key, leaf_key, "Self-test leaf", "Self-test root", extensions=[alt_name])


def _judge(root: bytes, leaf: bytes, engine: Engine) -> Verdict:
    validator = Validator(TrustStore.from_der([root]), Policy.device(), engine=engine)
    return validator.check([leaf], AnySubject(), at=_NOW)


def _spoiled(leaf: bytes) -> bytes:
    """The serial number, which nothing else judges, changed by one bit under the old signature."""
    at = leaf.index(b"\xa0\x03\x02\x01\x02\x02") + 12
    return leaf[:at] + bytes([leaf[at] ^ 1]) + leaf[at + 1 :]


def _test(algorithm: SignatureAlgorithm, plan: _Plan, engine: Engine) -> Result:
    root, leaf = _make(plan)
    good, bad = _judge(root, leaf, engine), _judge(root, _spoiled(leaf), engine)
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
        except PyvalidatorError as error:
            results.append(Result(algorithm, Health.WRONG, str(error)))
    return results
