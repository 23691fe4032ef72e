"""Signature and key algorithms by name; the numbers are those of the C core."""

from __future__ import annotations

from enum import Enum, unique
from typing import Final


@unique
class SignatureAlgorithm(Enum):
    """Signature algorithms that an edge of a path may have. SHA-1, MD5 and DSA are none of them."""

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


#: Every algorithm that this version checks.
DEFAULT_ALGORITHMS: Final = frozenset(SignatureAlgorithm)


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
