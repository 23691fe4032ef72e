"""Signature and key algorithms by name; the numbers are those of the C core."""

from __future__ import annotations

from enum import Enum, unique
from typing import Final


@unique
class SignatureAlgorithm(Enum):
    """Signature algorithms that an edge of a path may have. RSA and ECDSA with SHA-1, and MD5, are none of them.

    DSA is for old intermediates: a policy takes it, and keys of its kind, only if its `algorithms` lists it by name;
    no anchor has such a key. ML-DSA (RFC 9881) needs OpenSSL 3.5, or a `cryptography` that has it."""

    RSA_PKCS1_SHA256 = 1
    RSA_PKCS1_SHA384 = 2
    RSA_PKCS1_SHA512 = 3
    RSA_PSS_SHA256 = 4
    RSA_PSS_SHA384 = 5
    RSA_PSS_SHA512 = 6
    ECDSA_SHA256 = 7
    ECDSA_SHA384 = 8
    ECDSA_SHA512 = 9
    ED25519 = 10
    ED448 = 11
    ML_DSA_44 = 12
    ML_DSA_65 = 13
    ML_DSA_87 = 14
    DSA_SHA1 = 22
    DSA_SHA256 = 23


#: Every algorithm that this version checks and that is fit for use: all but DSA.
DEFAULT_ALGORITHMS: Final = frozenset(SignatureAlgorithm) - {SignatureAlgorithm.DSA_SHA1, SignatureAlgorithm.DSA_SHA256}


@unique
class KeyAlgorithm(Enum):
    """Kinds of public keys, the named curve included."""

    UNKNOWN = 0
    RSA = 1
    RSA_PSS_SHA256 = 2
    RSA_PSS_SHA384 = 3
    RSA_PSS_SHA512 = 4
    RSA_PSS = 5
    P256 = 6
    P384 = 7
    P521 = 8
    ED25519 = 9
    ED448 = 10
    DSA = 11
    ML_DSA_44 = 12
    ML_DSA_65 = 13
    ML_DSA_87 = 14
