"""Signature checking behind a protocol, and its implementation with the `cryptography` package.

The C core asks; a checker answers GOOD, BAD, UNSUPPORTED (this machine cannot tell) or NOT_CHECKED (something failed).
Input that is unexpected is NOT_CHECKED: that makes a verdict UNDECIDED, never trusted. What a checker raises ends the
call that asked, and is raised by it.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum, unique
from importlib import import_module
from types import ModuleType
from typing import Any, Final, Protocol

from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_der_public_key

from . import _core
from .algorithms import SignatureAlgorithm as Algorithm
from .der import element
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
    `message` is empty. `parameters` are the Dss-Parms, in DER, of a DSA key whose `spki` has none (RFC 3279 2.3.2): the
    two together are the key, and neither may be remembered without the other."""

    algorithm: int
    spki: bytes
    signature: bytes
    message: bytes
    digest: bytes | None = None
    parameters: bytes = b""


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
_DSA: Final[dict[int, hashes.HashAlgorithm]] = {
    Algorithm.DSA_SHA1.value: _SHA1,
    Algorithm.DSA_SHA256.value: _SHA256,
}

# --- What only some versions of `cryptography` have


def _optional(name: str) -> ModuleType | None:
    try:
        return import_module(f"cryptography.hazmat.primitives.asymmetric.{name}")
    except ImportError:
        return None


def _dsa_key() -> type[Any] | None:
    module = _optional("dsa")
    return None if module is None else getattr(module, "DSAPublicKey", None)


def _ml_dsa_keys() -> dict[int, type[Any]]:
    """The classes of keys, by algorithm, that this build can make: its OpenSSL may be too old."""
    module, found = _optional("mldsa"), {}
    for algorithm, size in ((Algorithm.ML_DSA_44, 1312), (Algorithm.ML_DSA_65, 1952), (Algorithm.ML_DSA_87, 2592)):
        kind = getattr(module, f"{algorithm.name.replace('_', '')}PublicKey", None)
        try:
            if kind is not None:
                kind.from_public_bytes(bytes(size))  # every string of this length is a key (FIPS 204 7.2)
                found[algorithm.value] = kind
        except (UnsupportedAlgorithm, AttributeError, ValueError):
            continue
    return found


_DSA_KEY: Final = _dsa_key()
_ML_DSA_KEYS: Final = _ml_dsa_keys()

#: The numbers of all algorithms that the installed `cryptography` checks.
CRYPTOGRAPHY_ALGORITHMS: Final = frozenset(
    {*_PKCS1, *_PSS, *_ECDSA, Algorithm.ED25519.value, Algorithm.ED448.value, *_ML_DSA_KEYS}
    | (set() if _DSA_KEY is None else set(_DSA))
)


# --- DSA keys that inherit their parameters

_DSA_OID: Final = bytes.fromhex("06072a8648ce380401")
_DSA_WITHOUT: Final = bytes([0x30, len(_DSA_OID)]) + _DSA_OID


def _bare_dsa(spki: bytes) -> bytes | None:
    """What follows the AlgorithmIdentifier of a DSA key without parameters; None: it is something else."""
    at = spki.find(_DSA_WITHOUT, 2, 5 + len(_DSA_WITHOUT))
    return spki[at + len(_DSA_WITHOUT) :] if at > 0 and element(0x30, spki[at:]) == spki else None


def _with_parameters(rest: bytes, parameters: bytes) -> bytes:
    """The SubjectPublicKeyInfo that the key would have if it did not inherit."""
    return element(0x30, element(0x30, _DSA_OID + parameters) + rest)


# --- The checker

#: What the package raises for keys and signatures that it cannot make sense of. Nothing wider: an exception that a
#: signal's handler raised meanwhile is the caller's.
_ODD_INPUT: Final = (
    ValueError,
    TypeError,
    ArithmeticError,
    LookupError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    InternalError,
)


class _Keys:
    """Parsed keys of one process, the least recently used first, and who may touch them."""

    __slots__ = ("by_spki", "lock", "process")

    def __init__(self) -> None:
        self.by_spki: Final[OrderedDict[bytes, PublicKeyTypes]] = OrderedDict()
        self.lock: Final = threading.Lock()
        self.process: Final = os.getpid()


class CryptographyChecker:
    """Checks with the `cryptography` package. Keeps up to `max_keys` parsed keys, those with a good signature only, so
    that strangers cannot push out the keys in use. A child made by fork starts with none."""

    def __init__(self, *, max_keys: int = 256) -> None:
        self._max_keys = max_keys
        self._keys = _Keys()

    def check(self, job: SignatureJob) -> SignatureResult:
        """Answer one job: BAD if the signature is not the key's, UNSUPPORTED if this build cannot tell, or nobody can:
        of a DSA key without parameters."""
        try:
            bare = _bare_dsa(job.spki)
            if bare is not None and not job.parameters:
                return SignatureResult.UNSUPPORTED
            # A key that is more than its own bytes is neither kept nor looked for.
            key = self._key(job.spki) if bare is None else load_der_public_key(_with_parameters(bare, job.parameters))
            if not _verify(key, job):
                return SignatureResult.NOT_CHECKED
        except InvalidSignature:
            return SignatureResult.BAD
        except UnsupportedAlgorithm:
            return SignatureResult.UNSUPPORTED
        except _ODD_INPUT:
            return SignatureResult.NOT_CHECKED
        if bare is None:
            self._keep(job.spki, key)
        return SignatureResult.GOOD

    def _own_keys(self) -> _Keys:
        # The lock of the process before the fork may be held, in the child, by a thread that is not there.
        if self._keys.process != os.getpid():
            self._keys = _Keys()
        return self._keys

    def _key(self, spki: bytes) -> PublicKeyTypes:
        keys = self._own_keys()
        with keys.lock:
            key = keys.by_spki.get(spki)
            if key is not None:
                keys.by_spki.move_to_end(spki)
                return key
        return load_der_public_key(spki)

    def _keep(self, spki: bytes, key: PublicKeyTypes) -> None:
        keys = self._own_keys()
        with keys.lock:
            keys.by_spki[spki] = key
            if len(keys.by_spki) > self._max_keys:
                keys.by_spki.popitem(last=False)


def _verify(key: PublicKeyTypes, job: SignatureJob) -> bool:
    """Whether the job was carried out and the signature is good; InvalidSignature if it is not."""
    if isinstance(key, rsa.RSAPublicKey):
        return _verify_rsa(key, job)
    if isinstance(key, ec.EllipticCurvePublicKey) and job.algorithm in _ECDSA:
        data, digest = _data(job, _ECDSA[job.algorithm])
        key.verify(job.signature, data, ec.ECDSA(digest))
        return True
    if _DSA_KEY is not None and isinstance(key, _DSA_KEY) and job.algorithm in _DSA:
        data, digest = _data(job, _DSA[job.algorithm])
        key.verify(job.signature, data, digest)
        return True
    return _verify_raw(key, job)


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


_RAW: Final[dict[int, type[Any]]] = {
    Algorithm.ED25519.value: ed25519.Ed25519PublicKey,
    Algorithm.ED448.value: ed448.Ed448PublicKey,
    **_ML_DSA_KEYS,
}


def _verify_raw(key: Any, job: SignatureJob) -> bool:
    """EdDSA and ML-DSA sign the message itself (RFC 8032 5.1, RFC 9881 3), the latter with an empty context."""
    kind = _RAW.get(job.algorithm)
    if kind is None or not isinstance(key, kind) or job.digest is not None:
        return False
    key.verify(job.signature, job.message)
    return True


def _data(job: SignatureJob, digest: hashes.HashAlgorithm) -> tuple[bytes, hashes.HashAlgorithm | Prehashed]:
    return (job.message, digest) if job.digest is None else (job.digest, Prehashed(digest))


# --- Engines


@unique
class Engine(Enum):
    """What checks signatures.

    AUTO: libcrypto, and cryptography for the algorithms that it lacks (ML-DSA before OpenSSL 3.5); without libcrypto
    cryptography alone, with a warning on the logger `pyvalidator`.
    LIBCRYPTO: the operating system's OpenSSL; EngineUnavailable if there is none.
    CRYPTOGRAPHY: the `cryptography` package, behind a callback.
    """

    AUTO = "auto"
    LIBCRYPTO = "libcrypto"
    CRYPTOGRAPHY = "cryptography"


_engines: Final[dict[Engine, _core.NativeEngine]] = {}


def native_engine(engine: Engine) -> _core.NativeEngine:
    """The engine, one for the process. Raises EngineUnavailable for LIBCRYPTO alone."""
    found = _engines.get(engine)
    # Threads that make it at the same time all take the first: parsed keys in a cache are of one engine. No lock, which
    # a fork could leave held.
    return found if found is not None else _engines.setdefault(engine, _make_engine(engine))


def _make_engine(engine: Engine) -> _core.NativeEngine:
    if engine is Engine.LIBCRYPTO:
        return _core.libcrypto_engine()
    if engine is Engine.CRYPTOGRAPHY:
        return checker_engine(CryptographyChecker(), CRYPTOGRAPHY_ALGORITHMS)
    try:
        return _joined(native_engine(Engine.LIBCRYPTO), native_engine(Engine.CRYPTOGRAPHY))
    except EngineUnavailable as error:
        _log.warning("%s; signatures are checked with cryptography, which is slower", error)
        return native_engine(Engine.CRYPTOGRAPHY)


def _joined(own: _core.NativeEngine, other: _core.NativeEngine) -> _core.NativeEngine:
    """The first with the other as its fallback, if that adds anything: an engine of its own, LIBCRYPTO has none."""
    return own if other.algorithms <= own.algorithms else _core.libcrypto_engine(other)


def checker_engine(checker: Checker, algorithms: frozenset[int] | None = None) -> _core.NativeEngine:
    """An engine that asks a checker, which knows these algorithms (None: all). What it answers, if it is no
    SignatureResult, is NOT_CHECKED."""

    def check(
        algorithm: int, spki: bytes, parameters: bytes, signature: bytes, message: bytes, digest: bytes | None
    ) -> int:
        job = SignatureJob(
            algorithm=algorithm,
            spki=spki,
            parameters=parameters,
            signature=signature,
            message=message,
            digest=digest,
        )
        result = checker.check(job)
        return result.value if isinstance(result, SignatureResult) else SignatureResult.NOT_CHECKED.value

    return _core.callback_engine(check, algorithms)
