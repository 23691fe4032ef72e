"""The libcrypto engine and the `cryptography` package give the same answer to the same signature.

Signatures are made right and then spoiled in every way that RFC 8017, RFC 3279 and RFC 8032 speak of: paddings, digest
information, salts, masks, encodings, lengths. `cryptography` brings an OpenSSL of its own, so two releases of it are
compared beside our own comparison of RSA encodings.

PYVALIDATOR_ENGINE_CASES: how many cases (100000). PYVALIDATOR_ENGINE_SEED: another sequence than the usual one.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import pki
from pyvalidator import Engine
from pyvalidator._native import ffi, lib
from pyvalidator.signatures import CryptographyChecker, SignatureJob, SignatureResult, native_engine

CASES: Final = int(os.environ.get("PYVALIDATOR_ENGINE_CASES", "100000"))
SEED: Final = int(os.environ.get("PYVALIDATOR_ENGINE_SEED", "5280"))
NAMES: Final = ("sha256", "sha384", "sha512")
SIZES: Final = (1024, 1025, 1031, 1032, 1033, 2048, 2049)
OIDS: Final = {
    "sha1": bytes.fromhex("06052b0e03021a"),
    "sha256": bytes.fromhex("0609608648016503040201"),
    "sha384": bytes.fromhex("0609608648016503040202"),
    "sha512": bytes.fromhex("0609608648016503040203"),
    "sha224": bytes.fromhex("0609608648016503040204"),
}
ORDERS: Final = {  # SEC 2: secp256r1, secp384r1, secp521r1; in hexadecimal
    256: int("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", 16),
    384: int("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16),
    521: int("01" + "FF" * 32 + "FA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409", 16),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One question to both; `what` says how the signature was made. `is_good` None: only that both agree."""

    what: str
    algorithm: int
    key_algorithm: int
    spki: bytes
    signature: bytes
    message: bytes
    is_good: bool | None
    parameters: bytes = b""


def spki_of(key: Any) -> bytes:
    encoded: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encoded


def flipped(rng: random.Random, data: bytes) -> bytes:
    at, bit = rng.randrange(len(data)), 1 << rng.randrange(8)
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]


def tlv(tag: int, contents: bytes, *, padded: int = 0) -> bytes:
    """DER, or with a length in `padded` octets more than it needs."""
    length = len(contents)
    octets = b"" if length < 128 and not padded else length.to_bytes(max(1, (length.bit_length() + 7) // 8) + padded)
    head = bytes([0x80 | len(octets)]) + octets if octets else bytes([length])
    return bytes([tag]) + head + contents


# --- RSA


class RsaSigner:
    """Signs any encoded message whatever, as no correct signer does."""

    def __init__(self, bits: int, exponent: int) -> None:
        key = rsa.generate_private_key(public_exponent=exponent, key_size=bits)
        numbers = key.private_numbers()
        self.spki, self.modulus = spki_of(key), numbers.public_numbers.n
        self.bits = self.modulus.bit_length()  # of an odd size asked for, the product may lack the top bit
        self.octets = (self.bits + 7) // 8
        self._numbers = numbers

    def raw(self, encoded: bytes) -> bytes:
        """RSASP1 by the two primes. A message above the modulus is taken modulo it."""
        n, message = self._numbers, int.from_bytes(encoded)
        m1, m2 = pow(message, n.dmp1, n.p), pow(message, n.dmq1, n.q)
        return (m2 + n.q * ((m1 - m2) * n.iqmp % n.p)).to_bytes(self.octets)


def digest_info(rng: random.Random, name: str, digest: bytes, fault: str) -> bytes:
    null, oid = b"\x05\x00", OIDS[name]
    if fault == "no NULL":
        null = b""
    elif fault == "junk for NULL":
        null = b"\x04" + bytes([rng.randrange(1, 5)]) + b"junk"
    elif fault == "long NULL":
        null = b"\x05\x81\x00"
    elif fault == "other hash named":
        oid = OIDS[rng.choice([each for each in OIDS if each != name])]
    elif fault == "short digest":
        digest = digest[:-1]
    elif fault == "long digest":
        digest += b"\x00"
    if fault == "long form":
        return tlv(0x30, tlv(0x30, oid + null, padded=rng.randrange(2)) + tlv(4, digest, padded=1))
    inner = tlv(0x30, oid + null) + tlv(4, digest)
    return tlv(0x30, inner + (b"\x05\x00" if fault == "third element" else b""))


PKCS1_FAULTS: Final = (
    *("none",) * 3,
    *("no NULL", "junk for NULL", "long NULL", "other hash named", "short digest", "long digest", "long form"),
    *("third element", "short padding", "garbage after", "block type 0", "block type 2", "first octet", "top bits"),
    *("zero in padding", "no separator", "bare digest", "octet of padding", "any octet"),
)


def pkcs1(rng: random.Random, octets: int, name: str, digest: bytes, fault: str) -> bytes:
    """EMSA-PKCS1-v1_5 (RFC 8017 9.2) and what is not quite it."""
    info = digest if fault == "bare digest" else digest_info(rng, name, digest, fault)
    room = octets - len(info) - 3
    if fault in ("short padding", "garbage after"):
        kept = rng.randrange(8) if fault == "short padding" else rng.randrange(8, room)
        return b"\0\1" + b"\xff" * kept + b"\0" + info + rng.randbytes(room - kept)
    encoded = bytearray(b"\0\1" + b"\xff" * room + b"\0" + info)
    if fault.startswith("block type"):
        encoded[1] = int(fault[-1])
    elif fault in ("first octet", "top bits"):
        encoded[0] = 1 if fault == "first octet" else rng.randrange(1, 256)
    elif fault == "zero in padding":
        encoded[rng.randrange(2, 2 + room)] = 0
    elif fault == "octet of padding":
        encoded[rng.randrange(2, 2 + room)] = rng.randrange(1, 255)
    elif fault == "no separator":
        encoded[2 + room] = 0xFF
    elif fault == "any octet":
        return flipped(rng, bytes(encoded))
    return bytes(encoded)


def mgf1(name: str, seed: bytes, length: int) -> bytes:
    """RFC 8017 B.2.1."""
    size = hashlib.new(name).digest_size
    blocks = (hashlib.new(name, seed + i.to_bytes(4)).digest() for i in range(-(-length // size)))
    return b"".join(blocks)[:length]


PSS_FAULTS: Final = (
    *("none",) * 3,
    *(
        "salt length",
        "mask by another hash",
        "trailer",
        "separator",
        "padding",
        "top bits",
        "salt",
        "hash",
        "any octet",
    ),
    *("no separator", "prefix"),
)


def pss(rng: random.Random, bits: int, name: str, digest: bytes, fault: str) -> bytes:
    """EMSA-PSS (RFC 8017 9.1.1) and what is not quite it. The result may lack the modulus's first octet."""
    length, size = (bits + 6) // 8, len(digest)
    most = length - size - 2
    salt_length = (
        min(most, size)
        if fault != "salt length"
        else rng.choice([0, 20, size - 1, size + 1, most, rng.randrange(most + 1)])
    )
    salt = rng.randbytes(min(salt_length, most))
    prefix = bytes(7) + b"\1" if fault == "prefix" else bytes(8)
    hashed = hashlib.new(name, prefix + digest + salt).digest()
    padding = bytearray(length - size - len(salt) - 2)
    if fault == "padding" and padding:
        padding[rng.randrange(len(padding))] = rng.randrange(1, 256)
    separator = {"separator": bytes([rng.randrange(2, 256)]), "no separator": b"\0"}.get(fault, b"\1")
    block = bytes(padding) + separator + (flipped(rng, salt) if fault == "salt" and salt else salt)
    mask = mgf1(
        rng.choice(["sha1", *(each for each in NAMES if each != name)]) if fault == "mask by another hash" else name,
        hashed,
        len(block),
    )
    masked = bytearray(a ^ b for a, b in zip(block, mask, strict=True))
    spare = 8 * length - (bits - 1)
    masked[0] &= 0xFF >> spare
    if fault == "top bits" and spare:
        masked[0] |= 0x80 >> rng.randrange(spare)
    if fault == "hash":
        hashed = flipped(rng, hashed)
    encoded = bytes(masked) + hashed + (bytes([rng.randrange(0xBC)]) if fault == "trailer" else b"\xbc")
    return flipped(rng, encoded) if fault == "any octet" else encoded


def rsa_number(scheme: str, name: str) -> int:
    return int(getattr(lib, f"PV_SIG_RSA_{scheme}_{name.upper()}"))


def rsa_cases(rng: random.Random, signers: list[RsaSigner]) -> Iterator[Case]:
    signer, name = rng.choice(signers), rng.choice(NAMES)
    scheme, message = rng.choice(["PKCS1", "PSS"]), rng.randbytes(24)
    digest = hashlib.new(name, message).digest()
    fault = rng.choice(PKCS1_FAULTS if scheme == "PKCS1" else PSS_FAULTS)
    if scheme == "PSS" and (signer.bits + 6) // 8 < 2 * len(digest) + 2:
        return  # 9.1.1 step 3: SHA-512 does not fit a key of 1024 bits
    if scheme == "PKCS1":
        encoded = pkcs1(rng, signer.octets, name, digest, fault)
    else:
        encoded = pss(rng, signer.bits, name, digest, fault)
    signature = signer.raw(encoded)
    good = True if fault == "none" else None
    make = partial(Case, key_algorithm=lib.PV_KEY_RSA, spki=signer.spki)
    number = rsa_number(scheme, name)
    label = f"{signer.bits} {scheme} {name} {fault}"
    yield make(label, number, signature=signature, message=message, is_good=good)
    yield from rsa_altered(rng, signer, make, label, number, signature, message)
    other = rsa_number("PSS" if scheme == "PKCS1" else "PKCS1", name)
    yield make(f"{label}, the other scheme", other, signature=signature, message=message, is_good=False)
    another = rsa_number(scheme, rng.choice([each for each in NAMES if each != name]))
    yield make(f"{label}, another hash", another, signature=signature, message=message, is_good=False)


def rsa_altered(
    rng: random.Random, signer: RsaSigner, make: Any, label: str, number: int, signature: bytes, message: bytes
) -> Iterator[Case]:
    above = int.from_bytes(signature) + signer.modulus
    altered = {
        "a bit": flipped(rng, signature),
        "cut": signature[:-1],
        "first octet cut": signature[1:],
        "leading zeros cut": signature.lstrip(b"\0") if signature[0] == 0 else b"",
        "leading zero": b"\0" + signature,
        "trailing zero": signature + b"\0",
        "the modulus added": above.to_bytes((above.bit_length() + 7) // 8),
        "random": rng.randbytes(signer.octets),
        "negated": (signer.modulus - int.from_bytes(signature)).to_bytes(signer.octets),
        "one": (1).to_bytes(signer.octets),
        "zero": bytes(signer.octets),
        "modulus": signer.modulus.to_bytes(signer.octets),
    }
    for what, spoiled in rng.sample(sorted(altered.items()), 6):
        yield make(f"{label}, {what}", number, signature=spoiled, message=message, is_good=False)
    yield make(f"{label}, other message", number, signature=signature, message=flipped(rng, message), is_good=False)


# --- ECDSA


def integer(value: int, *, extra: int = 0) -> bytes:
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1 + extra, signed=True))


def ecdsa_encodings(rng: random.Random, r: int, s: int, order: int) -> dict[str, tuple[bytes, bool]]:
    """Ecdsa-Sig-Value (RFC 3279 2.2.3) in DER, and all that is not; whether it is good."""
    der = tlv(0x30, integer(r) + integer(s))
    return {
        "as made": (der, True),
        "s negated": (tlv(0x30, integer(r) + integer(order - s)), True),  # the same point's other half
        "a bit": (flipped(rng, der), False),
        "long length": (tlv(0x30, integer(r) + integer(s), padded=1), False),
        "long r": (tlv(0x30, integer(r, extra=rng.randrange(1, 4)) + integer(s)), False),
        "long s": (tlv(0x30, integer(r) + integer(s, extra=rng.randrange(1, 4))), False),
        "integer's long length": (tlv(0x30, tlv(2, integer(r)[2:], padded=1) + integer(s)), False),
        "indefinite": (b"\x30\x80" + integer(r) + integer(s) + b"\0\0", False),
        "trailing": (der + rng.randbytes(rng.randrange(1, 4)), False),
        "third": (tlv(0x30, integer(r) + integer(s) + integer(0)), False),
        "one only": (tlv(0x30, integer(r)), False),
        "none": (tlv(0x30, b""), False),
        "a set": (b"\x31" + der[1:], False),
        "cut": (der[: rng.randrange(len(der))], False),
        "r + order": (tlv(0x30, integer(r + order) + integer(s)), False),
        "s + order": (tlv(0x30, integer(r) + integer(s + order)), False),
        "r negative": (tlv(0x30, integer(-r) + integer(s)), False),
        "s negative": (tlv(0x30, integer(r) + integer(-s)), False),
        "r - order": (tlv(0x30, integer(r - order) + integer(s)), False),
        "zeros": (tlv(0x30, integer(0) + integer(0)), False),
        "r zero": (tlv(0x30, integer(0) + integer(s)), False),
        "s zero": (tlv(0x30, integer(r) + integer(0)), False),
        "order": (tlv(0x30, integer(order) + integer(order)), False),
        "huge": (tlv(0x30, integer(r + (order << rng.randrange(8, 2000))) + integer(s)), False),
        "plain": (r.to_bytes(66) + s.to_bytes(66), False),
        "random": (rng.randbytes(rng.randrange(1, 150)), False),
    }


def ecdsa_cases(rng: random.Random, keys: list[tuple[int, ec.EllipticCurvePrivateKey, bytes]]) -> Iterator[Case]:
    bits, key, spki = rng.choice(keys)
    name, message = rng.choice(NAMES), rng.randbytes(24)
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(getattr(hashes, name.upper())())))
    number = int(getattr(lib, f"PV_SIG_ECDSA_{name.upper()}"))
    make = partial(Case, key_algorithm=getattr(lib, f"PV_KEY_P{bits}"), spki=spki)
    for what, (encoded, good) in ecdsa_encodings(rng, r, s, ORDERS[bits]).items():
        yield make(f"P-{bits} {name} {what}", number, signature=encoded, message=message, is_good=good)
    right = tlv(0x30, integer(r) + integer(s))
    yield make(f"P-{bits} other message", number, signature=right, message=flipped(rng, message), is_good=False)


# --- DSA


def dsa_cases(rng: random.Random, keys: list[Any]) -> Iterator[Case]:
    """Under keys with their own parameters, and with inherited ones (RFC 3279 2.3.2); the encodings are ECDSA's."""
    key, name, message = rng.choice(keys), rng.choice(["sha1", "sha256"]), rng.randbytes(24)
    order = key.parameters().parameter_numbers().q
    r, s = decode_dss_signature(key.sign(message, getattr(hashes, name.upper())()))
    number = int(getattr(lib, f"PV_SIG_DSA_{name.upper()}"))
    whole, parameters = (pki.dsa_spki(key), pki.dss_parms(key)) if rng.randrange(2) else (spki_of(key), b"")
    make = partial(Case, key_algorithm=lib.PV_KEY_DSA, spki=whole, parameters=parameters)
    label = f"DSA {key.key_size} {name}{' inherited' if parameters else ''}"
    for what, (encoded, good) in ecdsa_encodings(rng, r, s, order).items():
        is_good = good and what != "s negated"  # there are no halves here
        yield make(f"{label} {what}", number, signature=encoded, message=message, is_good=is_good)
    right = tlv(0x30, integer(r) + integer(s))
    yield make(f"{label} other message", number, signature=right, message=flipped(rng, message), is_good=False)


# --- ML-DSA


def ml_dsa_cases(rng: random.Random, keys: list[tuple[str, Any, bytes]]) -> Iterator[Case]:
    name, key, spki = rng.choice(keys)
    message = rng.randbytes(24)
    signature: bytes = key.sign(message)
    altered = {
        "as made": signature,
        "a bit": flipped(rng, signature),
        "cut": signature[:-1],
        "longer": signature + b"\0",
        "hints": signature[:-1] + bytes([signature[-1] ^ 0xFF]),  # FIPS 204 7.1: how many there are comes last
        "a context": key.sign(message, b"context"),
        "zero": bytes(len(signature)),
        "random": rng.randbytes(len(signature)),
    }
    number, kind = int(getattr(lib, f"PV_SIG_{name}")), int(getattr(lib, f"PV_KEY_{name}"))
    make = partial(Case, algorithm=number, key_algorithm=kind, spki=spki)
    for what, spoiled in altered.items():
        yield make(f"{name} {what}", signature=spoiled, message=message, is_good=what == "as made")
    yield make(f"{name} other message", signature=signature, message=flipped(rng, message), is_good=False)


def ml_dsa_keys() -> list[tuple[str, Any, bytes]]:
    """None if one of the two sides has none."""
    both = native_engine(Engine.LIBCRYPTO).algorithms & native_engine(Engine.CRYPTOGRAPHY).algorithms
    names = [each.name for each in both if each.name.startswith("ML_DSA")]
    return [(name, key, spki_of(key)) for name in names for key in [pki.key("differential", f"mldsa{name[-2:]}")]]


# --- EdDSA


def eddsa_cases(rng: random.Random, keys: list[tuple[str, Any, bytes]]) -> Iterator[Case]:
    name, key, spki = rng.choice(keys)
    message = rng.randbytes(24)
    signature: bytes = key.sign(message)
    half = len(signature) // 2
    order = (
        (2**252 + 27742317777372353535851937790883648493)
        if name == "ED25519"
        else (2**446 - 13818066809895115352007386748515426880336692474882178609894547503885)
    )
    scalar = int.from_bytes(signature[half:], "little")
    zero, neutral = bytes(half), b"\1" + bytes(half - 1)
    altered = {
        "as made": signature,
        "a bit": flipped(rng, signature),
        "cut": signature[:-1],
        "longer": signature + b"\0",
        "S + L": signature[:half] + (scalar + order).to_bytes(half, "little"),  # 5.1.7, 5.2.7: S is below L
        "S zero": signature[:half] + zero,
        "R neutral": neutral + signature[half:],
        "neutral": neutral + zero,
        "R not canonical": b"\xff" * half + signature[half:],
        "random": rng.randbytes(len(signature)),
    }
    number = int(getattr(lib, f"PV_SIG_{name}"))
    make = partial(Case, algorithm=number, key_algorithm=getattr(lib, f"PV_KEY_{name}"), spki=spki)
    for what, spoiled in altered.items():
        yield make(f"{name} {what}", signature=spoiled, message=message, is_good=what == "as made")
    yield make(f"{name} other message", signature=signature, message=flipped(rng, message), is_good=False)


# --- Both sides


def libcrypto_answers(cases: list[Case]) -> list[int]:
    jobs = ffi.new("pv_job[]", len(cases))
    kept = []
    for job, case in zip(jobs, cases, strict=True):
        for field in ("message", "spki", "parameters", "signature"):
            data = getattr(case, field)
            kept.append(ffi.from_buffer("uint8_t[]", data))
            span = getattr(job, field)
            span.data, span.len = kept[-1], len(data)
        job.sig_alg, job.key_alg = case.algorithm, case.key_algorithm
    lib.pvh_engine_check(native_engine(Engine.LIBCRYPTO).pointer, jobs, len(cases))
    return [int(job.result) for job in jobs]


def cryptography_answer(checker: CryptographyChecker, case: Case) -> int:
    job = SignatureJob(
        algorithm=case.algorithm,
        spki=case.spki,
        parameters=case.parameters,
        signature=case.signature,
        message=case.message,
    )
    return checker.check(job).value


def generated(rng: random.Random) -> Iterator[Case]:
    """Cases without end."""
    signers = [RsaSigner(bits, exponent) for bits in SIZES for exponent in (3, 65537)]
    curves = ((256, ec.SECP256R1()), (384, ec.SECP384R1()), (521, ec.SECP521R1()))
    ec_keys = [(bits, key, spki_of(key)) for bits, curve in curves for key in [ec.generate_private_key(curve)]]
    ed_keys: list[tuple[str, Any, bytes]] = [
        (name, key, spki_of(key))
        for name, make in (("ED25519", ed25519.Ed25519PrivateKey.generate), ("ED448", ed448.Ed448PrivateKey.generate))
        for key in [make()]
    ]
    kinds: list[Callable[[], Iterator[Case]]] = [
        *[partial(rsa_cases, rng, signers)] * 12,
        partial(ecdsa_cases, rng, ec_keys),
        partial(eddsa_cases, rng, ed_keys),
        partial(dsa_cases, rng, [pki.key("differential", kind) for kind in ("dsa1024", "dsa2048", "dsa3072")]),
    ]
    if known := ml_dsa_keys():
        kinds.append(partial(ml_dsa_cases, rng, known))
    while True:
        yield from rng.choice(kinds)()


def test_engines_agree_on_signatures() -> None:
    cases, checker = generated(random.Random(SEED)), CryptographyChecker()
    seen: Counter[tuple[int, int]] = Counter()
    asked = 0
    while asked < CASES:
        batch = list(islice(cases, min(256, CASES - asked)))
        asked += len(batch)
        for case, ours in zip(batch, libcrypto_answers(batch), strict=True):
            theirs = cryptography_answer(checker, case)
            assert ours == theirs, f"{case.what}: libcrypto {ours}, cryptography {theirs}: {case}"
            assert ours in (SignatureResult.GOOD.value, SignatureResult.BAD.value), case
            if case.is_good is not None:
                assert (ours == SignatureResult.GOOD.value) is case.is_good, case
            seen[case.algorithm, ours] += 1
    common = native_engine(Engine.LIBCRYPTO).algorithms & native_engine(Engine.CRYPTOGRAPHY).algorithms
    every = [each.value for each in common]
    missing = [(alg, said) for alg in every for said in (1, 2) if not seen[alg, said]]
    assert CASES < 10000 or not missing, missing
