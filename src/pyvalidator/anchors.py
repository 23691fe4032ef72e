"""Trust anchors as data: name, key and constraints (RFC 5914), never "a certificate"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from .certificate import Certificate, name_text
from .der import plain
from .errors import PolicyError, printable
from .moments import to_seconds
from .names import Subject
from .purposes import EkuOid, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorConstraints:
    """Limits of an anchor beyond name and key. What is left out does not limit.

    not_before, not_after: the window in which it anchors (aware datetimes).
    name_constraints: the DER value of a NameConstraints extension (RFC 5280 4.2.1.10).
    eku: the purposes for which it anchors.
    distrust_after: certificates issued later are refused, whatever AnchorChecks say.
    """

    not_before: datetime | None = None
    not_after: datetime | None = None
    name_constraints: bytes | None = None
    eku: tuple[Purpose | EkuOid, ...] = ()
    distrust_after: datetime | None = None

    def __post_init__(self) -> None:
        for moment in (self.not_before, self.not_after, self.distrust_after):
            if moment is not None:
                to_seconds(moment)
        if self.not_before and self.not_after and self.not_before > self.not_after:
            raise PolicyError("not_after", "the window ends before it begins")
        if self.name_constraints is not None and not isinstance(self.name_constraints, bytes):
            raise TypeError("name_constraints takes DER bytes")
        if self.name_constraints is not None:
            object.__setattr__(self, "name_constraints", plain(self.name_constraints))
        if self.name_constraints == b"":
            raise PolicyError("name_constraints", "they are empty; leave them out")
        if isinstance(self.eku, str) or not isinstance(self.eku, Iterable):
            raise TypeError("eku is a tuple of Purpose or EkuOid")
        object.__setattr__(self, "eku", tuple(self.eku))
        if not all(isinstance(each, Purpose | EkuOid) for each in self.eku):
            raise TypeError("eku is a tuple of Purpose or EkuOid")


#: What an anchor has that no constraints were given.
UNLIMITED: Final = AnchorConstraints()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustAnchor:
    """A trust anchor without a certificate: `subject` (DER Name), `spki` (DER SubjectPublicKeyInfo), `constraints`.
    Whether the DER is well-formed is checked when a TrustStore takes it. `from_certificate` makes one of a root; a
    copy by `dataclasses.replace` keeps the certificate, so its own limits stay and it still must be a root's."""

    subject: bytes
    spki: bytes
    constraints: AnchorConstraints = UNLIMITED
    certificate: Certificate | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.subject, bytes) or not isinstance(self.spki, bytes):
            raise TypeError("an anchor's subject and spki are DER bytes")
        object.__setattr__(self, "subject", plain(self.subject))
        object.__setattr__(self, "spki", plain(self.spki))
        if not isinstance(self.constraints, AnchorConstraints):
            raise TypeError("an anchor's constraints are AnchorConstraints")
        held = self.certificate
        if held is not None and not isinstance(held, Certificate):
            raise TypeError("an anchor's certificate is a Certificate; see from_certificate")
        if held is not None and (held.fields.subject, held.fields.spki) != (self.subject, self.spki):
            raise PolicyError("certificate", "it has another subject or key than the anchor")

    @classmethod
    def from_certificate(
        cls, certificate: bytes | Certificate, *, constraints: AnchorConstraints | None = None
    ) -> Self:
        """Name, key and constraints of a root's DER certificate. `constraints` come on top of the certificate's own.
        Raises UnreadableCertificate; whether it is a root is checked when a TrustStore takes it."""
        held = certificate if isinstance(certificate, Certificate) else Certificate(certificate)
        name, key = held.fields.subject, held.fields.spki
        return cls(subject=name, spki=key, constraints=constraints or UNLIMITED, certificate=held)

    @property
    def name(self) -> str:
        """The subject as RFC 4514 text, safe to print."""
        try:
            return printable(name_text(self.subject), 200)
        except ValueError:
            return f"unreadable name of {len(self.subject)} bytes"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPath:
    """A valid path: its certificates (target first, the anchor not among them), its anchor, and who was asked for."""

    certificates: tuple[Certificate, ...]
    anchor: TrustAnchor
    subject: Subject
