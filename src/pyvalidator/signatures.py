"""Signature checking behind a protocol, and its implementation with the `cryptography` package.

The C core asks; a checker answers GOOD, BAD, UNSUPPORTED (this machine cannot tell) or NOT_CHECKED (something failed).
Whatever is unexpected is NOT_CHECKED: that makes a verdict UNDECIDED, never trusted.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum, unique
from functools import cache
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_der_public_key

from . import _core
from .algorithms import SignatureAlgorithm as Algorithm
from .errors import EngineUnavailable

_log: Final = logging.getLogger("pyvalidator")


@unique
class SignatureResult(Enum):
    """The answer to one job; NOT_CHECKED refuses."""

    NOT_CHECKED = 0
    GOOD = 1
    BAD = 2
    UNSUPPORTED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureJob:
    """A signature to check: `algorithm` is a SignatureAlgorithm's number, or one of the two SHA-1 algorithms that are
    asked about when a store is built. `message` is the signed bytes; if `digest` is not None it is their digest and
    `message` is empty."""

    algorithm: int
    spki: bytes
    signature: bytes
    message: bytes
    digest: bytes | None = None


class Checker(Protocol):
    """Checks signatures over public data. Must be safe to call from several threads."""

    def check(self, job: SignatureJob) -> SignatureResult:
        """Answer one job; must not raise for anything that the job holds."""
        ...


#: The core's numbers of legacy algorithms; no policy takes them on a path.
RSA_PKCS1_SHA1: Final = 20
ECDSA_SHA1: Final = 21

_SHA256, _SHA384, _SHA512 = hashes.SHA256(), hashes.SHA384(), hashes.SHA512()
_SHA1: Final = hashes.SHA1()  # noqa: S303 (self-signatures of old roots only)

_PKCS1: Final[dict[int, hashes.HashAlgorithm]] = {
    Algorithm.RSA_PKCS1_SHA256.value: _SHA256,
    Algorithm.RSA_PKCS1_SHA384.value: _SHA384,
    Algorithm.RSA_PKCS1_SHA512.value: _SHA512,
    RSA_PKCS1_SHA1: _SHA1,
}
_PSS: Final[dict[int, hashes.HashAlgorithm]] = {
    Algorithm.RSA_PSS_SHA256.value: _SHA256,
    Algorithm.RSA_PSS_SHA384.value: _SHA384,
    Algorithm.RSA_PSS_SHA512.value: _SHA512,
}
_ECDSA: Final[dict[int, hashes.HashAlgorithm]] = {
    Algorithm.ECDSA_SHA256.value: _SHA256,
    Algorithm.ECDSA_SHA384.value: _SHA384,
    Algorithm.ECDSA_SHA512.value: _SHA512,
    ECDSA_SHA1: _SHA1,
}


class CryptographyChecker:
    """Checks with the `cryptography` package. Keeps up to `max_keys` parsed keys, those with a good signature only, so
    that strangers cannot push out the keys in use."""

    def __init__(self, *, max_keys: int = 256) -> None:
        self._max_keys = max_keys
        self._keys: OrderedDict[bytes, PublicKeyTypes] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, job: SignatureJob) -> SignatureResult:
        """Answer one job: BAD if the signature is not the key's, UNSUPPORTED if this build cannot tell."""
        try:
            key = self._key(job.spki)
            if not _verify(key, job):
                return SignatureResult.NOT_CHECKED
        except InvalidSignature:
            return SignatureResult.BAD
        except UnsupportedAlgorithm:
            return SignatureResult.UNSUPPORTED
        except Exception:
            return SignatureResult.NOT_CHECKED
        self._keep(job.spki, key)
        return SignatureResult.GOOD

    def _key(self, spki: bytes) -> PublicKeyTypes:
        with self._lock:
            key = self._keys.get(spki)
            if key is not None:
                self._keys.move_to_end(spki)
                return key
        return load_der_public_key(spki)

    def _keep(self, spki: bytes, key: PublicKeyTypes) -> None:
        with self._lock:
            self._keys[spki] = key
            if len(self._keys) > self._max_keys:
                self._keys.popitem(last=False)


def _verify(key: PublicKeyTypes, job: SignatureJob) -> bool:
    """Whether the job was carried out and the signature is good; InvalidSignature if it is not."""
    if isinstance(key, rsa.RSAPublicKey):
        return _verify_rsa(key, job)
    if isinstance(key, ec.EllipticCurvePublicKey) and job.algorithm in _ECDSA:
        data, digest = _data(job, _ECDSA[job.algorithm])
        key.verify(job.signature, data, ec.ECDSA(digest))
        return True
    return _verify_eddsa(key, job)


def _verify_rsa(key: rsa.RSAPublicKey, job: SignatureJob) -> bool:
    if job.algorithm in _PKCS1:
        data, digest = _data(job, _PKCS1[job.algorithm])
        key.verify(job.signature, data, padding.PKCS1v15(), digest)
        return True
    if job.algorithm not in _PSS:
        return False
    if len(job.signature) != (key.key_size + 7) // 8:  # RFC 8017 8.1.2 step 1; OpenSSL takes one without leading zeros
        raise InvalidSignature
    plain = _PSS[job.algorithm]
    data, digest = _data(job, plain)
    key.verify(job.signature, data, padding.PSS(padding.MGF1(plain), plain.digest_size), digest)
    return True


def _verify_eddsa(key: PublicKeyTypes, job: SignatureJob) -> bool:
    fits = (isinstance(key, ed25519.Ed25519PublicKey) and job.algorithm == Algorithm.ED25519.value) or (
        isinstance(key, ed448.Ed448PublicKey) and job.algorithm == Algorithm.ED448.value
    )
    if not fits or job.digest is not None:  # EdDSA signs the message itself (RFC 8032 5.1)
        return False
    assert isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey)  # noqa: S101 (for the type checker)
    key.verify(job.signature, job.message)
    return True


def _data(job: SignatureJob, digest: hashes.HashAlgorithm) -> tuple[bytes, hashes.HashAlgorithm | Prehashed]:
    return (job.message, digest) if job.digest is None else (job.digest, Prehashed(digest))


# --- Engines


@unique
class Engine(Enum):
    """What checks signatures.

    AUTO: libcrypto, else cryptography, with a warning on the logger `pyvalidator`.
    LIBCRYPTO: the operating system's OpenSSL; EngineUnavailable if there is none.
    CRYPTOGRAPHY: the `cryptography` package, behind a callback.
    """

    AUTO = "auto"
    LIBCRYPTO = "libcrypto"
    CRYPTOGRAPHY = "cryptography"


@cache
def native_engine(engine: Engine) -> _core.NativeEngine:
    """The engine, made once for the process. Raises EngineUnavailable for LIBCRYPTO alone."""
    if engine is Engine.LIBCRYPTO:
        return _core.libcrypto_engine()
    if engine is Engine.CRYPTOGRAPHY:
        return checker_engine(CryptographyChecker())
    try:
        return native_engine(Engine.LIBCRYPTO)
    except EngineUnavailable as error:
        _log.warning("%s; signatures are checked with cryptography, which is slower", error)
        return native_engine(Engine.CRYPTOGRAPHY)


def checker_engine(checker: Checker) -> _core.NativeEngine:
    """An engine that asks a checker. What it answers, if it is no SignatureResult, is NOT_CHECKED."""

    def check(algorithm: int, spki: bytes, signature: bytes, message: bytes, digest: bytes | None) -> int:
        job = SignatureJob(algorithm=algorithm, spki=spki, signature=signature, message=message, digest=digest)
        result = checker.check(job)
        return result.value if isinstance(result, SignatureResult) else SignatureResult.NOT_CHECKED.value

    return _core.callback_engine(check)
