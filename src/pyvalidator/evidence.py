"""What tells whether certificates are revoked: CRLs (RFC 5280 5), OCSP responses (RFC 6960), and their signers.

All of it is read when it is made, once, and is then shared by any number of requests, validators and threads. It
describes; whether any of it counts for a certificate is judged by a Validator. This module knows no native code: what
it needs of the readers below is in the protocols, and the core's are put in place once, when the package is imported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, unique
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, Self, TypeAlias

from .algorithms import SignatureAlgorithm
from .certificate import Certificate, elements, name_text
from .der import plain
from .errors import UnreadableCertificate, UnreadableEvidence, printable
from .moments import from_seconds, show_time
from .pem import CERTIFICATE, CRL, split_pem
from .reasons import Reason


@unique
class RevocationReason(Enum):
    """Why a certificate was revoked (RFC 5280 5.3.1). CERTIFICATE_HOLD may be taken back; REMOVE_FROM_CRL, in a delta
    CRL alone, does so."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6
    REMOVE_FROM_CRL = 8
    PRIVILEGE_WITHDRAWN = 9
    AA_COMPROMISE = 10

    @property
    def text(self) -> str:
        """In words: "key compromise"."""
        head, _, rest = self.name.partition("_")
        return " ".join([head if len(head) == 2 else head.lower(), *rest.lower().split("_")]).rstrip()


@unique
class OcspStatus(Enum):
    """Whether a responder answered at all (RFC 6960 4.2.1)."""

    SUCCESSFUL = 0
    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    SIG_REQUIRED = 5
    UNAUTHORIZED = 6


@unique
class CertificateStatus(Enum):
    """What a responder says of a certificate (RFC 6960 2.2)."""

    GOOD = 0
    REVOKED = 1
    UNKNOWN = 2


@dataclass(frozen=True, slots=True)
class RevokedEntry:
    """A revoked certificate on a CRL (RFC 5280 5.3): its serial number, since when, why (UNSPECIFIED if it is not
    said), from when on its key may be known to others (None: not said), and its issuer as text (RFC 4514) where that is
    not the CRL's (None: it is)."""

    serial: int
    revoked_at: datetime
    reason: RevocationReason
    invalid_at: datetime | None = None
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class SingleResponse:
    """What an OCSP response says of one certificate (RFC 6960 4.2.1). `next_update` None: newer information is to be
    had at any time. `revoked_at` and `reason` are None unless it is REVOKED."""

    serial: int
    status: CertificateStatus
    this_update: datetime
    next_update: datetime | None = None
    revoked_at: datetime | None = None
    reason: RevocationReason | None = None


# --- What the readers below tell


class EntryFields(NamedTuple):
    """An entry of a CRL as it stands: `issuer` holds the GeneralNames' contents, b"" if there are none."""

    offset: int
    serial: bytes
    issuer: bytes
    revoked_at: int
    invalid_at: int | None
    reason: int


class CrlFields(NamedTuple):
    """What the reader finds in a CRL. `extensions` is the DER of the list of extensions (b"": none), which begins at
    `extensions_offset`. `unusable` is OK, or why it tells nothing of any certificate."""

    issuer: bytes
    this_update: int
    next_update: int | None
    number: int | None
    base_number: int | None
    signature_algorithm: int
    num_entries: int
    extensions: bytes
    extensions_offset: int
    unusable: Reason
    index_bytes: int


class SingleFields(NamedTuple):
    """A SingleResponse as it stands."""

    offset: int
    serial: bytes
    status: int
    this_update: int
    next_update: int | None
    revoked_at: int
    reason: int


class OcspFields(NamedTuple):
    """What the reader finds in an OCSP response. `responder` is a DER Name, or a key's hash if `by_key`. `data` is
    tbsResponseData, which begins at `data_offset`. If `status` is not 0, it alone means anything."""

    status: int
    produced_at: int
    responder: bytes
    by_key: bool
    signature_algorithm: int
    unusable: Reason
    data: bytes
    data_offset: int
    singles: tuple[SingleFields, ...]
    certificates: tuple[bytes, ...]


class CrlHandle(Protocol):
    """A CRL in memory, read and indexed. Immutable; any number of threads may use it."""

    @property
    def fields(self) -> CrlFields:
        """What was found."""
        ...

    @property
    def buffer(self) -> Any:
        """The DER, borrowed: a buffer that lives as long as this object."""
        ...

    def entries(self) -> Iterator[EntryFields]:
        """Every entry, in order."""
        ...

    def find(self, issuer: bytes, serial: bytes) -> EntryFields | None:
        """The entry of the certificate with this issuer (a DER Name) and serial number."""
        ...

    def entry_at(self, offset: int) -> EntryFields | None:
        """The entry that begins at this byte of the DER; None: none does."""
        ...


class OcspHandle(Protocol):
    """An OCSP response in memory."""

    @property
    def fields(self) -> OcspFields:
        """What was found."""
        ...


class EvidenceHandle(Protocol):
    """Evidence as the core takes it."""

    def certificate(self, position: int) -> bytes | None:
        """The DER of a certificate of the evidence: those given, then those inside of the OCSP responses. None: there
        is none at this position, or it could not be read."""
        ...


class Readers(Protocol):
    """Reads DER, or raises UnreadableEvidence; joins what was read."""

    def crl(self, der: bytes) -> CrlHandle: ...  # noqa: D102 (said above)
    def ocsp(self, der: bytes) -> OcspHandle: ...  # noqa: D102
    def evidence(  # noqa: D102
        self, crls: Sequence[CrlHandle], ocsp: Sequence[OcspHandle], certificates: Sequence[bytes]
    ) -> EvidenceHandle: ...


_readers: list[Readers] = []


def install_readers(readers: Readers) -> None:
    """Puts the readers in place (the core does, once)."""
    _readers[:] = [readers]


def _reason(number: int) -> RevocationReason:
    return RevocationReason(number) if number in _REASONS else RevocationReason.UNSPECIFIED


_REASONS: Final = frozenset(each.value for each in RevocationReason)
_SIGNATURES: Final = frozenset(each.value for each in SignatureAlgorithm)


def _algorithm(number: int) -> SignatureAlgorithm | None:
    return SignatureAlgorithm(number) if number in _SIGNATURES else None


def _require_bytes(what: str, value: object) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError(f"{what} takes bytes, not {type(value).__name__}")
    return plain(value)


def is_pem(data: bytes) -> bool:
    """Whether bytes that may be DER or PEM are taken for PEM: no SEQUENCE begins there, and a block does somewhere."""
    return data[:1] != b"\x30" and b"-----BEGIN " in data


# --- CRLs


class RevocationList:
    """A CRL, complete or delta (RFC 5280 5). Equal CRLs are equal bytes. `len` is the number of its entries. It says
    nothing of trust: whether its signature is good and whom it speaks of is judged with each certificate."""

    __slots__ = ("_digest", "_handle")

    def __init__(self, der: bytes) -> None:
        """See from_der."""
        self._handle: Final = _readers[0].crl(_require_bytes("a RevocationList", der))
        self._digest: str | None = None

    @classmethod
    def from_der(cls, der: bytes) -> Self:
        """Read a DER CertificateList of at most 256 MiB, and index its entries. Raises UnreadableEvidence."""
        return cls(der)

    @classmethod
    def from_pem(cls, text: bytes) -> tuple[Self, ...]:
        """Every "X509 CRL" block of PEM text, in order; at least one. Raises UnreadableEvidence, and PemError, also for
        blocks of another kind."""
        _require_bytes("RevocationList.from_pem", text)
        ders = split_pem(text, CRL)
        return tuple(_numbered(cls, der, number, len(ders)) for number, der in enumerate(ders, 1))

    @classmethod
    def from_file(cls, path: str | Path) -> tuple[Self, ...]:
        """The CRL of a DER file, or all of a PEM file. Raises OSError and as from_pem."""
        data = Path(path).read_bytes()
        return cls.from_pem(data) if is_pem(data) else (cls.from_der(data),)

    @property
    def handle(self) -> CrlHandle:
        """The core's side of this CRL."""
        return self._handle

    @property
    def fields(self) -> CrlFields:
        """Everything that the reader found, as numbers and bytes."""
        return self._handle.fields

    @property
    def der(self) -> bytes:
        """A copy of the CRL's bytes: one copy is enough to keep, and this object has it."""
        return bytes(self._handle.buffer)

    @property
    def issuer(self) -> str:
        """Who issued it, as RFC 4514 text, safe to print."""
        return name_text(self.fields.issuer)

    @property
    def this_update(self) -> datetime:
        """When it was issued (aware)."""
        return from_seconds(self.fields.this_update)

    @property
    def next_update(self) -> datetime | None:
        """When the next one is due, at the latest; None: not said."""
        return None if self.fields.next_update is None else from_seconds(self.fields.next_update)

    @property
    def number(self) -> int | None:
        """Its CRL number (RFC 5280 5.2.3); None: it has none."""
        return self.fields.number

    @property
    def base_number(self) -> int | None:
        """The number of the complete CRL that a delta CRL builds upon (RFC 5280 5.2.4); None: it is complete itself."""
        return self.fields.base_number

    @property
    def signature_algorithm(self) -> SignatureAlgorithm | None:
        """The algorithm of its signature; None: unknown, or one that no policy takes."""
        return _algorithm(self.fields.signature_algorithm)

    @property
    def index_bytes(self) -> int:
        """Bytes of memory that its index takes, beside its DER."""
        return self.fields.index_bytes

    @property
    def fingerprint_sha256(self) -> str:
        """SHA-256 over the DER, in lower-case hexadecimal."""
        if self._digest is None:
            self._digest = hashlib.sha256(self._handle.buffer).hexdigest()
        return self._digest

    def find(self, certificate: Certificate) -> RevokedEntry | None:
        """The entry with this certificate's issuer and serial number; None: it is not on this list. A look-up, and no
        judgement: neither signature nor scope of the CRL is looked at. Raises UnreadableCertificate."""
        if not isinstance(certificate, Certificate):
            raise TypeError(f"find takes a Certificate, not {type(certificate).__name__}")
        names = certificate.fields
        found = self._handle.find(names.issuer, names.serial)
        if found is None:
            return None
        return _entry(found, None if names.issuer == self.fields.issuer else certificate.issuer)

    def entries(self) -> Iterator[RevokedEntry]:
        """Every entry, in order."""
        issuer: str | None = None
        for each in self._handle.entries():
            if each.issuer:  # it holds for those that follow, too (RFC 5280 5.3.3)
                issuer = _directory_name(each.issuer)
            yield _entry(each, issuer)

    def entry_at(self, offset: int) -> RevokedEntry | None:
        """The entry that begins at this byte of the DER, as a verdict points to it; its issuer only if it names one
        itself. None: no entry begins there."""
        found = self._handle.entry_at(offset)
        return None if found is None else _entry(found, _directory_name(found.issuer) if found.issuer else None)

    def __len__(self) -> int:
        return self.fields.num_entries

    def __bool__(self) -> bool:
        # One without entries is evidence like any other.
        return True

    def __iter__(self) -> Iterator[RevokedEntry]:
        return self.entries()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RevocationList):
            return NotImplemented
        return self._handle is other._handle or bool(self._handle.buffer == other._handle.buffer)

    def __hash__(self) -> int:
        return hash(self.fingerprint_sha256)

    def __reduce__(self) -> tuple[type[RevocationList], tuple[bytes]]:
        return (RevocationList, (self.der,))

    def __str__(self) -> str:
        kind = "CRL" if self.base_number is None else "delta CRL"
        return f"{kind} of {_safe_name(self.fields.issuer)} of {_day(self.fields.this_update)}"

    def __repr__(self) -> str:
        return f"<RevocationList: {self}, {len(self)} entries>"


def _numbered(cls: type[Any], der: bytes, number: int, num: int) -> Any:
    """One of several; an error says which."""
    try:
        return cls(der)
    except UnreadableEvidence as error:
        error.entry = number if num > 1 else 0
        raise


def _entry(fields: EntryFields, issuer: str | None) -> RevokedEntry:
    return RevokedEntry(
        serial=int.from_bytes(fields.serial, signed=True),
        revoked_at=from_seconds(fields.revoked_at),
        reason=_reason(fields.reason),
        invalid_at=None if fields.invalid_at is None else from_seconds(fields.invalid_at),
        issuer=issuer,
    )


def _directory_name(names: bytes) -> str | None:
    """The first directory name among GeneralNames' contents."""
    try:
        return next((name_text(value) for tag, value, _ in elements(names) if tag == 0xA4), None)
    except ValueError:
        return None


def _safe_name(name: bytes) -> str:
    try:
        return printable(name_text(name), 200) or "(empty name)"
    except ValueError:
        return f"unreadable name of {len(name)} bytes"


def _day(seconds: int) -> str:
    return show_time(seconds)[:10]


# --- OCSP responses


class OcspResponse:
    """An OCSP response (RFC 6960 4.2). Equal responses are equal bytes. It says nothing of trust."""

    __slots__ = ("_der", "_handle")

    def __init__(self, der: bytes) -> None:
        """See from_der."""
        self._der: Final = _require_bytes("an OcspResponse", der)
        self._handle: Final = _readers[0].ocsp(self._der)

    @classmethod
    def from_der(cls, der: bytes) -> Self:
        """Read a DER OCSPResponse of at most 1 MiB. Raises UnreadableEvidence; a responder's refusal to answer is no
        error (see `status`)."""
        return cls(der)

    @property
    def handle(self) -> OcspHandle:
        """The core's side of this response."""
        return self._handle

    @property
    def fields(self) -> OcspFields:
        """Everything that the reader found, as numbers and bytes."""
        return self._handle.fields

    @property
    def der(self) -> bytes:
        """The response's bytes."""
        return self._der

    @property
    def status(self) -> OcspStatus:
        """Whether the responder answered. Unless it is SUCCESSFUL nothing else is there: `produced_at` is None,
        `responder` "", `singles` and `certificates` are empty."""
        return OcspStatus(self.fields.status)  # the reader takes no other number

    @property
    def produced_at(self) -> datetime | None:
        """When it was signed (aware)."""
        return from_seconds(self.fields.produced_at) if self.status is OcspStatus.SUCCESSFUL else None

    @property
    def responder(self) -> str:
        """Who signed it, safe to print: a name as RFC 4514 text, or the SHA-1 hash of the key, in hexadecimal."""
        held = self.fields
        if self.status is not OcspStatus.SUCCESSFUL:
            return ""
        return held.responder.hex() if held.by_key else _safe_name(held.responder)

    @property
    def singles(self) -> tuple[SingleResponse, ...]:
        """What it says, certificate by certificate."""
        return tuple(map(_single, self.fields.singles))

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates inside of it, for whoever has to find its signer; trusted by nobody."""
        return tuple(map(Certificate, self.fields.certificates))

    @property
    def signature_algorithm(self) -> SignatureAlgorithm | None:
        """The algorithm of its signature; None: unknown, or one that no policy takes."""
        return _algorithm(self.fields.signature_algorithm)

    @property
    def fingerprint_sha256(self) -> str:
        """SHA-256 over the DER, in lower-case hexadecimal."""
        return hashlib.sha256(self._der).hexdigest()

    def single_at(self, offset: int) -> SingleResponse | None:
        """The single response that begins at this byte of the DER, as a verdict points to it; None: none does."""
        return next((_single(each) for each in self.fields.singles if each.offset == offset), None)

    def __eq__(self, other: object) -> bool:
        return self._der == other._der if isinstance(other, OcspResponse) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._der)

    def __reduce__(self) -> tuple[type[OcspResponse], tuple[bytes]]:
        return (OcspResponse, (self._der,))

    def __str__(self) -> str:
        if self.status is not OcspStatus.SUCCESSFUL:
            return f"OCSP response {self.status.name.lower().replace('_', ' ')}"
        whose = f"key {self.responder}" if self.fields.by_key else self.responder
        return f"OCSP response of {whose} of {_day(self.fields.produced_at)}"

    def __repr__(self) -> str:
        return f"<OcspResponse: {self}, {len(self.fields.singles)} singles>"


def _single(fields: SingleFields) -> SingleResponse:
    status = CertificateStatus(fields.status)
    revoked = status is CertificateStatus.REVOKED
    return SingleResponse(
        serial=int.from_bytes(fields.serial, signed=True),
        status=status,
        this_update=from_seconds(fields.this_update),
        next_update=None if fields.next_update is None else from_seconds(fields.next_update),
        revoked_at=from_seconds(fields.revoked_at) if revoked else None,
        reason=_reason(fields.reason) if revoked else None,
    )


# --- What a verdict tells of a revoked certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """Since when and why a certificate is revoked, and who says so: `source`, and `by`, its issuer's or responder's
    name, or the hash of the responder's key. `invalid_at`: from when on its key may be known to others; None: not said,
    as always in OCSP."""

    revoked_at: datetime
    reason: RevocationReason
    invalid_at: datetime | None
    source: RevocationList | OcspResponse
    by: str

    def __str__(self) -> str:
        why = "" if self.reason is RevocationReason.UNSPECIFIED else f" for {self.reason.text}"
        since = "" if self.invalid_at is None else f" (its key is in doubt since {_moment(self.invalid_at)})"
        return f"revoked at {_moment(self.revoked_at)}{why}{since}, says the {self.source}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "revoked_at": _moment(self.revoked_at),
            "reason": self.reason.name,
            "invalid_at": None if self.invalid_at is None else _moment(self.invalid_at),
            "by": self.by,
            "source": evidence_dict(self.source),
        }


def revoked_by(source: RevocationList | OcspResponse, offset: int | None) -> Revoked | None:
    """What the entry or single response that begins at this byte says; None: it does not say "revoked"."""
    if offset is None:
        return None
    if isinstance(source, RevocationList):
        entry, by = source.entry_at(offset), _safe_name(source.fields.issuer)
        if entry is None:
            return None
        return Revoked(
            revoked_at=entry.revoked_at, reason=entry.reason, invalid_at=entry.invalid_at, source=source, by=by
        )
    single = source.single_at(offset)
    if single is None or single.revoked_at is None or single.reason is None:
        return None
    return Revoked(
        revoked_at=single.revoked_at, reason=single.reason, invalid_at=None, source=source, by=source.responder
    )


def evidence_dict(source: RevocationList | OcspResponse) -> dict[str, Any]:
    """Plain data for JSON: what it is, whose, of when, and its SHA-256."""
    moment: datetime | None
    if isinstance(source, RevocationList):
        by, moment, kind = _safe_name(source.fields.issuer), source.this_update, "CRL"
    else:
        by, moment, kind = source.responder, source.produced_at, "OCSP"
    return {
        "kind": kind,
        "by": by,
        "of": None if moment is None else _moment(moment),
        "sha256": source.fingerprint_sha256,
    }


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# --- All that is at hand

_CrlInput: TypeAlias = RevocationList | bytes
_OcspInput: TypeAlias = OcspResponse | bytes
_CertificateInput: TypeAlias = Certificate | bytes


class Evidence:
    """CRLs, OCSP responses, and certificates that may have signed them. Immutable, reusable, and safe to share between
    threads: make it once, when the CRLs are fetched. Nobody trusts any of it: who signed it needs a path of its own to
    the same anchor."""

    __slots__ = ("_certificates", "_crls", "_handle", "_ocsp")

    def __init__(
        self,
        *,
        crls: _CrlInput | Iterable[_CrlInput | Iterable[_CrlInput]] = (),
        ocsp: _OcspInput | Iterable[_OcspInput | Iterable[_OcspInput]] = (),
        certificates: _CertificateInput | Iterable[_CertificateInput | Iterable[_CertificateInput]] = (),
    ) -> None:
        """Join what is at hand.

        crls: RevocationList, DER, or PEM (all blocks); several in a sequence, which may hold sequences, such as
            RevocationList.from_file gives.
        ocsp: OcspResponse or DER; likewise.
        certificates: Certificate, DER or PEM, of signers that nobody sent; likewise.

        Raises UnreadableEvidence, PemError, and TypeError for anything else.
        """
        self._crls: Final = tuple(each for given in _flat("crls", crls) for each in _read_crls(given))
        self._ocsp: Final = tuple(map(_read_ocsp, _flat("ocsp", ocsp)))
        signers = [each for given in _flat("certificates", certificates) for each in _read_certificates(given)]
        self._certificates: Final = tuple(signers)
        self._handle: Final = _readers[0].evidence(
            [each.handle for each in self._crls],
            [each.handle for each in self._ocsp],
            [each.der for each in self._certificates],
        )

    @property
    def handle(self) -> EvidenceHandle:
        """The core's side of this evidence."""
        return self._handle

    @property
    def crls(self) -> tuple[RevocationList, ...]:
        """The CRLs, in the order given."""
        return self._crls

    @property
    def ocsp(self) -> tuple[OcspResponse, ...]:
        """The OCSP responses, in the order given."""
        return self._ocsp

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates that were given; those inside of OCSP responses are not among them."""
        return self._certificates

    def signer(self, position: int) -> Certificate | None:
        """The certificate at the core's position: those given, then those inside of OCSP responses."""
        der = self._handle.certificate(position)
        return None if der is None else Certificate(der)

    def __eq__(self, other: object) -> bool:
        return self._parts == other._parts if isinstance(other, Evidence) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._parts)

    @property
    def _parts(self) -> tuple[object, ...]:
        return (self._crls, self._ocsp, self._certificates)

    def __reduce__(self) -> tuple[object, ...]:
        return (_evidence, self._parts)

    def __repr__(self) -> str:
        crls, ocsp, certificates = len(self._crls), len(self._ocsp), len(self._certificates)
        return f"<Evidence: {crls} CRLs, {ocsp} OCSP responses, {certificates} certificates>"


def _evidence(crls: Any, ocsp: Any, certificates: Any) -> Evidence:
    return Evidence(crls=crls, ocsp=ocsp, certificates=certificates)


_ONE: Final = (bytes, RevocationList, OcspResponse, Certificate)


def _flat(option: str, given: object) -> Iterator[object]:
    """One thing, or several, in at most two levels."""
    if isinstance(given, _ONE):
        yield given
        return
    for each in _listed(option, given):
        if isinstance(each, tuple | list):
            yield from each
        else:
            yield each


def _listed(option: str, given: object) -> Iterable[object]:
    if isinstance(given, str | bytearray | memoryview) or not isinstance(given, Iterable):
        raise TypeError(f"{option} takes a sequence, not {type(given).__name__}")
    return given


def _read_crls(given: object) -> tuple[RevocationList, ...]:
    if isinstance(given, RevocationList):
        return (given,)
    if isinstance(given, bytes):
        return RevocationList.from_pem(given) if is_pem(given) else (RevocationList(given),)
    raise TypeError(f"crls takes RevocationList, DER or PEM bytes, not {type(given).__name__}")


def _read_ocsp(given: object) -> OcspResponse:
    if isinstance(given, OcspResponse):
        return given
    if isinstance(given, bytes):
        return OcspResponse(given)
    raise TypeError(f"ocsp takes OcspResponse or DER bytes, not {type(given).__name__}")


def _read_certificates(given: object) -> list[Certificate]:
    if isinstance(given, Certificate):
        found = [given]
    elif isinstance(given, bytes):
        found = [Certificate(der) for der in (split_pem(given, CERTIFICATE) if is_pem(given) else [given])]
    else:
        raise TypeError(f"certificates takes Certificate, DER or PEM bytes, not {type(given).__name__}")
    for number, each in enumerate(found, 1):
        try:
            _ = each.fields
        except UnreadableCertificate as error:
            which = number if len(found) > 1 else 0
            raise UnreadableEvidence(error.reason, error.field, error.offset, "certificate", which) from None
    return found
