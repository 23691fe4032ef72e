"""Write host_vectors.h: fresh keys, signatures good and bad, and two chains, for the tests of the hosted parts.

Run it with the `cryptography` package, 48 or later for ML-DSA: python3 make_host_vectors.py > host_vectors.h
"""

from __future__ import annotations

import datetime
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, mldsa, padding, rsa
from cryptography.x509.oid import NameOID

MESSAGE = b"the bytes that were signed"
OID_INFO = {  # DigestInfo up to the value (RFC 8017 9.2)
    "SHA256": bytes.fromhex("3031300d060960864801650304020105000420"),
}
BEGIN = datetime.datetime(2020, 1, 1)
END = datetime.datetime(2049, 1, 1)
arrays: list[str] = []
rows: list[str] = []


def array(name: str, data: bytes) -> None:
    lines = [", ".join(f"0x{b:02X}" for b in data[i : i + 16]) for i in range(0, len(data), 16)]
    arrays.append(f"static const uint8_t {name}[] = {{\n    " + ",\n    ".join(lines) + "};\n")


def spki(key) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def row(name: str, key: str, key_alg: str, sig_alg: str, signature: bytes, result: str) -> None:
    array(f"sig_{name}", signature)
    rows.append(
        f'    {{"{name}", spki_{key}, sizeof spki_{key}, sig_{name}, sizeof sig_{name}, '
        f"PV_KEY_{key_alg}, PV_SIG_{sig_alg}, PV_SIG_{result}}},"
    )


def pss(key, hash_, salt: int, mgf_hash=None) -> bytes:
    return key.sign(MESSAGE, padding.PSS(padding.MGF1(mgf_hash or hash_), salt), hash_)


def raw_rsa(key, em: bytes) -> bytes:
    n = key.private_numbers()
    value = pow(int.from_bytes(em, "big"), n.d, n.public_numbers.n)
    return value.to_bytes((n.public_numbers.n.bit_length() + 7) // 8, "big")


def rsa_rows(name: str, key) -> None:
    array(f"spki_{name}", spki(key))
    for bits, hash_ in ((256, hashes.SHA256()), (384, hashes.SHA384()), (512, hashes.SHA512())):
        pkcs1 = key.sign(MESSAGE, padding.PKCS1v15(), hash_)
        row(f"{name}_pkcs1_{bits}", name, "RSA", f"RSA_PKCS1_SHA{bits}", pkcs1, "GOOD")
        row(f"{name}_pss_{bits}", name, "RSA", f"RSA_PSS_SHA{bits}", pss(key, hash_, bits // 8), "GOOD")


def rsa_bad(name: str, key) -> None:
    """Paddings that no correct signer writes (RFC 8017 8.2.2, 9.1.2)."""
    size, digest = 256, hashlib.sha256(MESSAGE).digest()
    info = OID_INFO["SHA256"] + digest
    no_null = bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20" + digest
    ems = {
        "short_padding": b"\0\1" + b"\xff" * 8 + b"\0" + info + b"\0" * (size - 11 - len(info)),
        "no_null": b"\0\1" + b"\xff" * (size - 3 - len(no_null)) + b"\0" + no_null,
        "zero_in_padding": b"\0\1" + b"\xff" * 9 + b"\0" + b"\xff" * (size - 13 - len(info)) + b"\0" + info,
        "block_type_2": b"\0\2" + b"\xff" * (size - 3 - len(info)) + b"\0" + info,
        "first_octet": b"\1\1" + b"\xff" * (size - 3 - len(info)) + b"\0" + info,
        "bare_digest": b"\0\1" + b"\xff" * (size - 35) + b"\0" + digest,
    }
    for what, em in ems.items():
        assert len(em) == size, what
        row(f"bad_{what}", name, "RSA", "RSA_PKCS1_SHA256", raw_rsa(key, em), "BAD")
    row("bad_pss_salt_0", name, "RSA", "RSA_PSS_SHA256", pss(key, hashes.SHA256(), 0), "BAD")
    row("bad_pss_salt_20", name, "RSA", "RSA_PSS_SHA256", pss(key, hashes.SHA256(), 20), "BAD")
    row("bad_pss_salt_33", name, "RSA", "RSA_PSS_SHA256", pss(key, hashes.SHA256(), 33), "BAD")
    row("bad_pss_mgf", name, "RSA", "RSA_PSS_SHA256", pss(key, hashes.SHA256(), 32, hashes.SHA1()), "BAD")
    row("bad_pss_as_pkcs1", name, "RSA", "RSA_PKCS1_SHA256", pss(key, hashes.SHA256(), 32), "BAD")
    pkcs1 = key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    row("bad_pkcs1_as_pss", name, "RSA", "RSA_PSS_SHA256", pkcs1, "BAD")
    row("bad_hash", name, "RSA", "RSA_PKCS1_SHA384", pkcs1, "BAD")
    row("bad_rsa_short", name, "RSA", "RSA_PKCS1_SHA256", pkcs1[1:], "BAD")
    row("bad_rsa_long", name, "RSA", "RSA_PKCS1_SHA256", b"\0" + pkcs1, "BAD")
    above = int.from_bytes(pkcs1, "big") % 2**2040 + key.public_key().public_numbers().n
    row("bad_rsa_above_n", name, "RSA", "RSA_PKCS1_SHA256", (above % 2**2048).to_bytes(256, "big"), "BAD")
    row("rsa_sha1", name, "RSA", "RSA_PKCS1_SHA1", key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA1()), "GOOD")
    row("unsupported_md5", name, "RSA", "RSA_PKCS1_MD5", pkcs1, "UNSUPPORTED")


def ec_rows() -> None:
    for bits, curve in ((256, ec.SECP256R1()), (384, ec.SECP384R1()), (521, ec.SECP521R1())):
        key = ec.generate_private_key(curve)
        array(f"spki_p{bits}", spki(key))
        for size, hash_ in ((256, hashes.SHA256()), (384, hashes.SHA384()), (512, hashes.SHA512())):
            signature = key.sign(MESSAGE, ec.ECDSA(hash_))
            row(f"p{bits}_{size}", f"p{bits}", f"P{bits}", f"ECDSA_SHA{size}", signature, "GOOD")
        if bits == 256:
            row("p256_sha1", "p256", "P256", "ECDSA_SHA1", key.sign(MESSAGE, ec.ECDSA(hashes.SHA1())), "GOOD")
        other = key.sign(b"other", ec.ECDSA(hashes.SHA256()))
        row(f"bad_p{bits}", f"p{bits}", f"P{bits}", "ECDSA_SHA256", other, "BAD")


def ed_rows() -> None:
    for name, make in (("ed25519", ed25519.Ed25519PrivateKey), ("ed448", ed448.Ed448PrivateKey)):
        key = make.generate()
        array(f"spki_{name}", spki(key))
        row(name, name, name.upper(), name.upper(), key.sign(MESSAGE), "GOOD")
        row(f"bad_{name}", name, name.upper(), name.upper(), key.sign(b"other"), "BAD")
        row(f"bad_{name}_long", name, name.upper(), name.upper(), key.sign(MESSAGE) + b"\0", "BAD")
        row(f"bad_{name}_short", name, name.upper(), name.upper(), key.sign(MESSAGE)[:-1], "BAD")


def ml_dsa_rows() -> None:
    for size in (44, 65, 87):
        name, kind = f"ml_dsa_{size}", f"ML_DSA_{size}"
        key = getattr(mldsa, f"MLDSA{size}PrivateKey").generate()
        array(f"spki_{name}", spki(key))
        row(name, name, kind, kind, key.sign(MESSAGE), "GOOD")
        row(f"bad_{name}", name, kind, kind, key.sign(b"other"), "BAD")
    row("bad_ml_dsa_context", name, kind, kind, key.sign(MESSAGE, b"context"), "BAD")  # RFC 9881 3: the empty one
    row("bad_ml_dsa_long", name, kind, kind, key.sign(MESSAGE) + b"\0", "BAD")
    row("bad_ml_dsa_short", name, kind, kind, key.sign(MESSAGE)[:-1], "BAD")


def tlv(tag: int, contents: bytes) -> bytes:
    size = len(contents)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, size] if size < 128 else [tag, 0x80 | len(octets), *octets]) + contents


def integer(value: int) -> bytes:
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def bare_spki(key) -> bytes:
    """The key without its parameters, as who inherits them has it (RFC 3279 2.3.2)."""
    algorithm = tlv(0x30, bytes.fromhex("06072a8648ce380401"))
    return tlv(0x30, algorithm + tlv(3, b"\0" + integer(key.public_key().public_numbers().y)))


def dsa_rows() -> None:
    for bits in (1024, 2048):
        key = dsa.generate_private_key(bits)
        array(f"spki_dsa{bits}", spki(key))
        for name, hash_ in (("sha1", hashes.SHA1()), ("sha256", hashes.SHA256())):
            signature = key.sign(MESSAGE, hash_)
            row(f"dsa{bits}_{name}", f"dsa{bits}", "DSA", f"DSA_{name.upper()}", signature, "GOOD")
        row(f"bad_dsa{bits}", f"dsa{bits}", "DSA", "DSA_SHA256", key.sign(b"other", hashes.SHA256()), "BAD")
        row(f"bad_dsa{bits}_hash", f"dsa{bits}", "DSA", "DSA_SHA1", signature, "BAD")
    numbers = key.parameters().parameter_numbers()
    array("spki_dsa_bare", bare_spki(key))
    array("dss_parms", tlv(0x30, integer(numbers.p) + integer(numbers.q) + integer(numbers.g)))
    row("dsa_bare", "dsa_bare", "DSA", "DSA_SHA256", signature, "UNSUPPORTED")


def certificate(subject: str, key, issuer: str, issuer_key, *, ca: bool) -> bytes:
    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(END)
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    unused = "content_commitment key_encipherment data_encipherment key_agreement encipher_only decipher_only"
    usage = dict.fromkeys(unused.split(), False)
    builder = builder.add_extension(
        x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **usage), critical=True
    )
    if not ca:
        names = x509.SubjectAlternativeName([x509.DNSName(f"{subject}.example")])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def chain(prefix: str, make, num_leaves: int) -> None:
    root, inter = make(), make()
    array(f"{prefix}_root", certificate(f"{prefix} root", root, f"{prefix} root", root, ca=True))
    array(f"{prefix}_inter", certificate(f"{prefix} inter", inter, f"{prefix} root", root, ca=True))
    for i in range(num_leaves):
        array(f"{prefix}_leaf{i}", certificate(f"leaf{i}", make(), f"{prefix} inter", inter, ca=False))


def main() -> None:
    array("message", MESSAGE)
    two = rsa.generate_private_key(65537, 2048)
    rsa_rows("rsa2048", two)
    rsa_rows("rsa2049", rsa.generate_private_key(65537, 2049))  # the encoded PSS message is an octet shorter
    rsa_bad("rsa2048", two)
    ec_rows()
    ed_rows()
    ml_dsa_rows()
    dsa_rows()
    chain("ec", lambda: ec.generate_private_key(ec.SECP256R1()), 4)
    chain("rsa", lambda: rsa.generate_private_key(65537, 2048), 1)
    print("/* host_vectors.h: made by make_host_vectors.py; the private keys are gone. */")
    print('#ifndef HOST_VECTORS_H\n#define HOST_VECTORS_H\n\n#include "pyvalidator.h"\n\n/* clang-format off */')
    print("\n".join(arrays))
    print("typedef struct vector {\n    const char *name;\n    const uint8_t *spki;\n    size_t spki_len;")
    print("    const uint8_t *sig;\n    size_t sig_len;\n    uint8_t key_alg, sig_alg, want;\n} vector;\n")
    print("static const vector vectors[] = {\n" + "\n".join(rows) + "\n};\n#endif")


if __name__ == "__main__":
    main()
