"""What a certificate, a CRL or an OCSP response is, for whoever has one in hand: every field and extension, and what
could be wrong with it.

It judges no path and trusts nothing: that is for a Validator.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from . import _core
from .algorithms import DEFAULT_ALGORITHMS
from .certificate import Certificate, describe
from .errors import NotAnAnchor, UnreadableCertificate, UnreadableEvidence, printable
from .evidence import OcspResponse, RevocationList, RevokedEntry, SingleResponse
from .extensions import Extension, evidence_extensions, read_extensions
from .moments import show_time, to_seconds
from .policy import Profile
from .reasons import Reason
from .trust import TrustStore

_BEFORE: Final = 16
_ROW: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFindings:
    """What one profile's certificate rules say: the first rule that it refuses the certificate for (None: none), and
    those that it notes."""

    profile: Profile
    refused: Reason | None
    noted: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodingFault:
    """Why the DER could not be read: the error with reason, field and offset, and the bytes around that place in two
    lines, hexadecimal above a caret."""

    error: UnreadableCertificate | UnreadableEvidence
    dump: tuple[str, str]

    @property
    def mend(self) -> str:
        """What would mend it."""
        return self.error.mend if isinstance(self.error, UnreadableEvidence) else self.error.reason.mend

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        reason = self.error.reason
        told = {"reason": reason.name, "text": reason.text, "clause": reason.clause}
        return told | {"field": self.error.field.text, "offset": self.error.offset, "dump": list(self.dump)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A certificate described. `fault` is set if it cannot be read; then only `der` means anything. `validity` says how
    its window stands to the moment `at`: "valid", "expired" or "not yet valid". `anchor_fit` None: it could stand in a
    trust store; else why not."""

    der: bytes
    at: datetime
    certificate: Certificate
    fault: EncodingFault | None = None
    extensions: tuple[Extension, ...] = ()
    anchor_fit: str | None = None
    findings: tuple[ProfileFindings, ...] = ()

    @property
    def validity(self) -> str:
        """How the certificate's window stands to `at`."""
        if self.at < self.certificate.not_before:
            return "not yet valid"
        # Whole seconds count: notAfter itself is within (RFC 5280 4.1.2.5).
        return "expired" if self.at.replace(microsecond=0) > self.certificate.not_after else "valid"

    @property
    def fingerprints(self) -> dict[str, str]:
        """Digests of the DER, in lower-case hexadecimal: SHA-256, and SHA-1 because people still compare it."""
        return _fingerprints(self.der)

    @property
    def signature_algorithm(self) -> str:
        """By name; legacy ones say that they are refused."""
        known = self.certificate.signature_algorithm
        if known is None:
            name = _LEGACY.get(self.certificate.fields.signature_algorithm, "unknown")
            return f"{name} (never accepted on a path)"
        return known.name if known in DEFAULT_ALGORITHMS else f"{known.name} (only under a policy that lists it)"

    @property
    def key(self) -> str:
        """Kind and size of the public key, and what is wrong with it."""
        fields, bits = self.certificate.fields, self.certificate.public_key_bits
        text = self.certificate.public_key_algorithm.name + (f", {bits} bits" if bits else "")
        return text if fields.key_fault is Reason.OK else f"{text}: {fields.key_fault.text}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        told = {"kind": "certificate", "size": len(self.der)} | self.fingerprints
        return told | ({"fault": self.fault.to_dict()} if self.fault else self._fields())

    def _fields(self) -> dict[str, Any]:
        held = self.certificate
        return {
            "fault": None,
            "version": held.fields.version,
            "subject": printable(held.subject),
            "issuer": printable(held.issuer),
            "serial_number": held.fields.serial.hex(),
            "not_before": show_time(held.fields.not_before),
            "not_after": show_time(held.fields.not_after),
            "validity": self.validity,
            "key": self.key,
            "signature_algorithm": self.signature_algorithm,
            "self_issued": held.is_self_issued,
            "ca": held.is_ca,
            "anchor_fit": {"fits": self.anchor_fit is None, "because": self.anchor_fit},
            "extensions": [_extension_dict(each) for each in self.extensions],
            "profiles": {each.profile.name.lower(): _findings_dict(each) for each in self.findings},
        }


_LEGACY: Final = {
    20: "RSA_PKCS1_SHA1",
    21: "ECDSA_SHA1",
    24: "RSA_PKCS1_MD5",
    25: "RSA_PKCS1_MD2",
}


def _fingerprints(der: bytes) -> dict[str, str]:
    return {
        "sha256": hashlib.sha256(der).hexdigest(),
        "sha1": hashlib.sha1(der, usedforsecurity=False).hexdigest(),
    }


def _extension_dict(extension: Extension) -> dict[str, Any]:
    told = {"name": extension.name, "oid": extension.oid, "critical": extension.critical}
    return told | {"facts": list(extension.facts)}


def _findings_dict(findings: ProfileFindings) -> dict[str, Any]:
    refused = findings.refused
    return {"refused": None if refused is None else refused.name, "noted": [each.name for each in findings.noted]}


def inspect(der: bytes, *, at: datetime | None = None) -> Inspection:
    """Describe a DER certificate, or tell why it cannot be read. `at` (aware) is the moment that its validity is held
    against; None: now. Raises nothing for whatever `der` holds."""
    moment, held = at or datetime.now(UTC), Certificate(der)
    try:
        _ = held.fields
    except UnreadableCertificate as error:
        fault = EncodingFault(error=error, dump=dump_around(der, error.offset))
        return Inspection(der=der, at=moment, certificate=held, fault=fault)
    return Inspection(
        der=der,
        at=moment,
        certificate=held,
        extensions=_extensions(der),
        anchor_fit=_anchor_fit(der),
        findings=tuple(_findings(der, each) for each in Profile),
    )


# --- Evidence of revocation

#: Entries of a CRL that are described.
SHOWN_ENTRIES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceInspection:
    """A CRL or an OCSP response described; `kind` says which ("CRL", "OCSP response"). `held` None: it cannot be read,
    and `fault` says why; then only `der` means anything. `entries`: the first SHOWN_ENTRIES of a CRL."""

    kind: str
    der: bytes
    at: datetime
    held: RevocationList | OcspResponse | None = None
    fault: EncodingFault | None = None
    extensions: tuple[Extension, ...] = ()
    entries: tuple[RevokedEntry, ...] = ()

    @property
    def fingerprints(self) -> dict[str, str]:
        """Digests of the DER, in lower-case hexadecimal: SHA-256 and SHA-1."""
        return _fingerprints(self.der)

    @property
    def signature_algorithm(self) -> str:
        """By name; legacy ones say that they are refused."""
        if self.held is None:
            return "unknown"
        known, number = self.held.signature_algorithm, self.held.fields.signature_algorithm
        return known.name if known is not None else _LEGACY.get(number, "unknown") + " (never accepted on a path)"

    @property
    def unusable(self) -> Reason | None:
        """Why it tells nothing of any certificate, whoever signed it; None: it may."""
        reason = Reason.OK if self.held is None else self.held.fields.unusable
        return None if reason is Reason.OK else reason

    def currency(self, this_update: datetime, next_update: datetime | None) -> str:
        """How a statement of these moments stands to `at`: "current", "stale", "not yet valid", or that it does not say
        how long it holds."""
        if self.at < this_update:
            return "not yet valid"
        if next_update is None:
            return "without nextUpdate"
        return "stale" if self.at.replace(microsecond=0) > next_update else "current"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        told: dict[str, Any] = {"kind": self.kind, "size": len(self.der)} | self.fingerprints
        if self.fault is not None:
            return told | {"fault": self.fault.to_dict()}
        fields = self._of_crl(self.held) if isinstance(self.held, RevocationList) else self._of_ocsp()
        return (
            told
            | {"fault": None}
            | fields
            | {
                "signature_algorithm": self.signature_algorithm,
                "unusable": None if self.unusable is None else self.unusable.name,
                "extensions": [_extension_dict(each) for each in self.extensions],
            }
        )

    def _of_crl(self, held: RevocationList) -> dict[str, Any]:
        return {
            "issuer": printable(held.issuer),
            "this_update": _moment(held.this_update),
            "next_update": _moment(held.next_update),
            "currency": self.currency(held.this_update, held.next_update),
            "number": None if held.number is None else str(held.number),
            "base_number": None if held.base_number is None else str(held.base_number),
            "num_entries": len(held),
            "entries": [_entry_dict(each) for each in self.entries],
        }

    def _of_ocsp(self) -> dict[str, Any]:
        held = self.held
        if not isinstance(held, OcspResponse):
            return {}
        return {
            "status": held.status.name,
            "responder": held.responder,
            "produced_at": _moment(held.produced_at),
            "singles": [self._single_dict(each) for each in held.singles],
            "certificates": [
                {"subject": describe(each.der), "sha256": each.fingerprint_sha256} for each in held.certificates
            ],
        }

    def _single_dict(self, single: SingleResponse) -> dict[str, Any]:
        return {
            "serial_number": serial_text(single.serial),
            "status": single.status.name,
            "this_update": _moment(single.this_update),
            "next_update": _moment(single.next_update),
            "currency": self.currency(single.this_update, single.next_update),
            "revoked_at": _moment(single.revoked_at),
            "reason": None if single.reason is None else single.reason.name,
        }


def _entry_dict(entry: RevokedEntry) -> dict[str, Any]:
    return {
        "serial_number": serial_text(entry.serial),
        "revoked_at": _moment(entry.revoked_at),
        "reason": entry.reason.name,
        "invalid_at": _moment(entry.invalid_at),
        "issuer": None if entry.issuer is None else printable(entry.issuer),
    }


def serial_text(serial: int) -> str:
    """A serial number as `inspect` shows a certificate's: its octets in hexadecimal."""
    return serial.to_bytes(((serial + (serial < 0)).bit_length() + 8) // 8, signed=True).hex()


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else show_time(to_seconds(moment))


def inspect_crl(der: bytes, *, at: datetime | None = None) -> EvidenceInspection:
    """Describe a DER CRL, or tell why it cannot be read. Raises nothing for whatever `der` holds."""
    moment = at or datetime.now(UTC)
    try:
        held = RevocationList.from_der(der)
    except UnreadableEvidence as error:
        fault = EncodingFault(error=error, dump=dump_around(der, error.offset))
        return EvidenceInspection(kind="CRL", der=der, at=moment, fault=fault)
    entries = tuple(islice(held.entries(), SHOWN_ENTRIES))
    rows = evidence_extensions(held)
    return EvidenceInspection(kind="CRL", der=der, at=moment, held=held, extensions=rows, entries=entries)


def inspect_ocsp(der: bytes, *, at: datetime | None = None) -> EvidenceInspection:
    """Describe a DER OCSP response, or tell why it cannot be read. Raises nothing for whatever `der` holds."""
    moment = at or datetime.now(UTC)
    try:
        held = OcspResponse.from_der(der)
    except UnreadableEvidence as error:
        fault = EncodingFault(error=error, dump=dump_around(der, error.offset))
        return EvidenceInspection(kind="OCSP response", der=der, at=moment, fault=fault)
    rows = evidence_extensions(held)
    return EvidenceInspection(kind="OCSP response", der=der, at=moment, held=held, extensions=rows)


def inspect_any(der: bytes, *, at: datetime | None = None) -> Inspection | EvidenceInspection:
    """Describe DER that is a certificate, a CRL or an OCSP response, whichever can be read; if none can, what it got
    farthest as (a certificate, if that says nothing)."""
    found: Inspection | EvidenceInspection = inspect(der, at=at)
    for other in (inspect_crl, inspect_ocsp):
        if found.fault is None:
            break
        tried = other(der, at=at)
        if tried.fault is None or tried.fault.error.offset > found.fault.error.offset:
            found = tried
    return found


def _extensions(der: bytes) -> tuple[Extension, ...]:
    try:
        return read_extensions(der)
    except ValueError:  # the core reads what this cannot: nothing known does
        return ()


def _findings(der: bytes, profile: Profile) -> ProfileFindings:
    told = _core.deviations(der, profile)
    return ProfileFindings(profile=profile, refused=told.refused, noted=told.noted)


def _anchor_fit(der: bytes) -> str | None:
    """Asks the store itself."""
    try:
        TrustStore.from_der([der])
    except (NotAnAnchor, ValueError) as error:
        return printable(str(error), 1000)
    return None


def dump_around(data: bytes, offset: int) -> tuple[str, str]:
    """Two lines: the bytes around `offset` in hexadecimal with the first one's position, and a caret under that one."""
    at = min(offset, len(data))
    start = max(0, at - _BEFORE)
    head = f"{start:08x}  "
    cut = data[start : start + _ROW]
    return head + cut.hex(" "), " " * (len(head) + 3 * (at - start)) + "^^"
