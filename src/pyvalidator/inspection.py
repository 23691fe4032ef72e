"""What a certificate is, for whoever has one in hand: every field and extension, and what could be wrong with it.

It judges no path and trusts nothing: that is for a Validator.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from . import _core
from .algorithms import DEFAULT_ALGORITHMS
from .certificate import Certificate
from .errors import NotAnAnchor, UnreadableCertificate, printable
from .extensions import Extension, read_extensions
from .moments import show_time
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

    error: UnreadableCertificate
    dump: tuple[str, str]


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
        return {
            "sha256": hashlib.sha256(self.der).hexdigest(),
            "sha1": hashlib.sha1(self.der, usedforsecurity=False).hexdigest(),
        }

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
        return {"size": len(self.der)} | self.fingerprints | (self._fault_dict() if self.fault else self._fields())

    def _fault_dict(self) -> dict[str, Any]:
        assert self.fault is not None  # noqa: S101 (for the type checker)
        error = self.fault.error
        told = {"reason": error.reason.name, "text": error.reason.text, "clause": error.reason.clause}
        return {"fault": told | {"field": error.field.text, "offset": error.offset, "dump": list(self.fault.dump)}}

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
            "extensions": [
                {"name": each.name, "oid": each.oid, "critical": each.critical, "facts": list(each.facts)}
                for each in self.extensions
            ],
            "profiles": {each.profile.name.lower(): _findings_dict(each) for each in self.findings},
        }


_LEGACY: Final = {
    20: "RSA_PKCS1_SHA1",
    21: "ECDSA_SHA1",
    24: "RSA_PKCS1_MD5",
    25: "RSA_PKCS1_MD2",
}


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
