"""What compare.py asks: chains, refused twins, growing stores, superfluous certificates, hostile meshes.

Every key and signature comes from a label, so the corpus is the same bytes on every run; only the Mozilla roots depend
on the certifi that is installed. `write` puts it into files that the peers read (peers/README.md has the format).
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import AuthorityInformationAccessOID
from hostile import mesh
from setups import HOST

import pki
from pyvalidator.pem import split_pem

OTHER_HOST = "other.example"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything there is."""

    leaves: int
    fleet: int
    growth: tuple[int, ...]
    mesh_levels: int
    mesh_width: int
    rsa_root_bits: int


FULL = Sizes(leaves=33, fleet=1000, growth=(1, 100, 10_000), mesh_levels=10, mesh_width=4, rsa_root_bits=4096)
SMOKE = Sizes(leaves=5, fleet=12, growth=(1, 10, 50), mesh_levels=4, mesh_width=2, rsa_root_bits=2048)


@dataclass(frozen=True, slots=True)
class Case:
    """Chains that must all get one answer. `group`: chain, refused, anchors, pool or mesh."""

    name: str
    group: str
    title: str
    chains: list[list[bytes]]
    store: str = "web"
    host: str = HOST
    accepted: bool = True


@dataclass(slots=True)
class Corpus:
    """Stores by name, and the cases that refer to them."""

    stores: dict[str, list[bytes]] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)

    def write(self, folder: Path) -> str:
        """Write every file; the SHA-256 of all of them, Mozilla's roots included."""
        digest = hashlib.sha256()
        for name, roots in self.stores.items():
            digest.update(_write(folder / f"{name}.store", _packed(roots)))
        for case in self.cases:
            body = struct.pack(">I", len(case.chains)) + b"".join(map(_packed, case.chains))
            digest.update(_write(folder / f"{case.name}.case", body))
        return digest.hexdigest()


def _packed(certs: Iterable[bytes]) -> bytes:
    listed = list(certs)
    return struct.pack(">I", len(listed)) + b"".join(struct.pack(">I", len(der)) + der for der in listed)


def _write(path: Path, body: bytes) -> bytes:
    path.write_bytes(body)
    return body


# --- Keys and certificates


@cache
def rsa_key(label: str, bits: int) -> rsa.RSAPrivateKey:
    """The RSA key of this label: its primes are the first two above numbers that the label gives."""
    p, q = sorted((_prime(f"{label} {half}", bits // 2) for half in "pq"), reverse=True)
    d = pow(65537, -1, math.lcm(p - 1, q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()


@cache
def _small_primes_product() -> int:
    return math.prod(n for n in range(3, 20_000, 2) if all(n % d for d in range(3, math.isqrt(n) + 1, 2)))


def _prime(label: str, bits: int) -> int:
    """Fermat tests suffice here: the library checks the key that comes of it."""
    start = int.from_bytes(hashlib.shake_256(label.encode()).digest(bits // 8))
    candidate = start | 3 << (bits - 2) | 1  # both top bits, so that the product has all its bits
    while (
        math.gcd(candidate, _small_primes_product()) != 1
        or candidate % 65537 == 1
        or any(pow(base, candidate - 1, candidate) != 1 for base in (2, 3, 5))
    ):
        candidate += 2
    return candidate


def _ballast(label: str) -> list[x509.Extension[x509.ExtensionType]]:
    """What web servers' and devices' certificates carry beyond the needful: here 0.6 KB."""
    here = f"http://pki.{HOST}"
    access = [
        x509.AccessDescription(oid, x509.UniformResourceIdentifier(f"{here}/{file}"))
        for oid, file in (
            (AuthorityInformationAccessOID.OCSP, "ocsp"),
            (AuthorityInformationAccessOID.CA_ISSUERS, "issuing.cer"),
        )
    ]
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{here}/issuing.crl")], None, None, None)
    policy = x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.1"), [f"{here}/cps"])
    scts = b"".join(_sct(f"{label} {log}") for log in range(2))
    listed = struct.pack(">H", len(scts)) + scts
    return [
        pki.extension(x509.AuthorityInformationAccess(access)),
        pki.extension(x509.CRLDistributionPoints([point])),
        pki.extension(x509.CertificatePolicies([policy])),
        pki.raw_extension("1.3.6.1.4.1.11129.2.4.2", pki.der(4, listed)),
    ]


def _sct(label: str) -> bytes:
    """The form of a signed certificate timestamp (RFC 6962 3.2); nobody here checks it."""
    random = hashlib.shake_256(label.encode()).digest(32 + 8 + 72)
    body = b"\0" + random[:40] + b"\0\0\4\3" + struct.pack(">H", 72) + random[40:]
    return struct.pack(">H", len(body)) + body


def leaf(ca: pki.Issued, label: str, *, key_label: str = "", **options: object) -> pki.Issued:
    """A server's certificate as large as those of the web: 1 KB with a P-256 key."""
    extra = [f"{label.replace(' ', '-')}.fleet.example", f"www.{HOST}", f"api.{HOST}"]
    defaults = {"dns": [HOST, *extra], "extensions": _ballast(label), "label": key_label or label}
    return ca.leaf(label, **(defaults | options))


# --- Chains that are trusted, and their refused twins


def _rsa_ca(sizes: Sizes) -> tuple[pki.Issued, pki.Issued]:
    root_key, ca_key = rsa_key("root", sizes.rsa_root_bits), rsa_key("ca", 2048)
    root = pki.issue(replace(pki.ca_plan("Compare Root RSA"), public_of=root_key), None)
    return root, pki.issue(replace(pki.ca_plan("Compare CA RSA"), public_of=ca_key), root)


def _elliptic_ca(kind: str, **options: object) -> tuple[pki.Issued, pki.Issued]:
    root = pki.root(f"Compare Root {kind}", kind=kind, **options)
    return root, root.ca(f"Compare CA {kind}", kind=kind, **options)


def _rsa_leaf(ca: pki.Issued, label: str) -> pki.Issued:
    return leaf(ca, label).same(public_of=rsa_key("leaf", 2048))


def _add_chains(corpus: Corpus, sizes: Sizes) -> None:
    sha384 = hashes.SHA384()
    rsa_root, rsa_ca = _rsa_ca(sizes)
    p256_root, p256_ca = _elliptic_ca("p256")
    p384_root, p384_ca = _elliptic_ca("p384", digest=sha384)
    ed_root, ed_ca = _elliptic_ca("ed25519")
    numbers = range(sizes.leaves)
    leaves = {
        "rsa": [_rsa_leaf(rsa_ca, f"rsa {n}") for n in numbers],
        "p256": [leaf(p256_ca, f"p256 {n}") for n in numbers],
        "p384": [leaf(p384_ca, f"p384 {n}", digest=sha384) for n in numbers],
        "ed25519": [leaf(ed_ca, f"ed25519 {n}", kind="ed25519") for n in numbers],
        "fleet": [leaf(p256_ca, f"device {n}") for n in range(sizes.fleet)],
    }
    titles = {
        "rsa": f"RSA 2048/2048/{sizes.rsa_root_bits}",
        "p256": "P-256",
        "p384": "P-256 under P-384",
        "ed25519": "Ed25519",
        "fleet": f"fleet of {sizes.fleet:,} P-256 leaves",
    }
    for name, made in leaves.items():
        ca = made[0].issuer
        corpus.cases.append(Case(name, "chain", titles[name], [[each.der, ca.der] for each in made]))
    corpus.stores["web"] += [root.der for root in (rsa_root, p256_root, p384_root, ed_root)]
    _add_refused(corpus, p256_ca)


def _add_refused(corpus: Corpus, ca: pki.Issued) -> None:
    good = leaf(ca, "twin")
    forged = good.der[:-1] + bytes([good.der[-1] ^ 1])
    expired = good.same(not_before=pki.NOW - pki.YEAR, not_after=pki.NOW - pki.DAY)
    stranger = pki.root("Unknown Root").ca("Unknown CA")
    twins = [
        ("bad-signature", "bad signature", [forged, ca.der], HOST),
        ("expired", "expired", [expired.der, ca.der], HOST),
        ("wrong-name", "wrong name", [good.der, ca.der], OTHER_HOST),
        ("unknown-root", "unknown root", [leaf(stranger, "stray").der, stranger.der], HOST),
    ]
    for name, title, chain, host in twins:
        corpus.cases.append(Case(name, "refused", title, [chain], host=host, accepted=False))


# --- What grows, and what is hostile


def _add_growth(corpus: Corpus, sizes: Sizes) -> None:
    root, ca = _elliptic_ca("p256")
    chain = [leaf(ca, "growth").der, ca.der]
    most = max(sizes.growth)
    others = [pki.root(f"Other Root {n}").der for n in range(most - 1)]
    superfluous = [root.ca(f"Other CA {n}").der for n in range(most)]
    for num in sizes.growth:
        corpus.stores[f"anchors-{num}"] = [*others[: num - 1], root.der]
        corpus.cases.append(Case(f"anchors-{num}", "anchors", f"{num:,}", [chain], store=f"anchors-{num}"))
    for num in sizes.growth:
        sent = [chain[0], *superfluous[:num], chain[1]]
        corpus.cases.append(Case(f"pool-{num}", "pool", f"{num:,}", [sent]))


def _add_meshes(corpus: Corpus, sizes: Sizes) -> None:
    top, nobody = pki.root("Mesh Root"), pki.root("Nobody")
    shape = {"levels": sizes.mesh_levels, "width": sizes.mesh_width}
    corpus.stores["mesh"] = [top.der]
    meshes = [
        ("mesh-no-root", "no root", mesh(nobody, spoiled=False, key_ids=True, **shape)),
        ("mesh-bad-leaf", "a root above, bad leaf, no key identifiers", mesh(top, spoiled=True, **shape)),
        (
            "mesh-one-name",
            "no root, one name",
            mesh(nobody, spoiled=False, key_ids=True, one_name=True, **shape),
        ),
    ]
    for name, title, sent in meshes:
        corpus.cases.append(Case(name, "mesh", title, [sent], store="mesh", accepted=False))


def make(sizes: Sizes) -> Corpus:
    """All of it; takes a while for FULL."""
    corpus = Corpus()
    corpus.stores["web"] = split_pem(Path(certifi.where()).read_bytes())
    _add_chains(corpus, sizes)
    _add_growth(corpus, sizes)
    _add_meshes(corpus, sizes)
    return corpus
