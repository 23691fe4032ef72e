"""What pyvalidator raises where something could not be built or asked as it was written: by kind `ValueError` and
`RuntimeError`. They carry fields; their text is derived from the fields.

That a chain is not trusted is another matter, and another file: refusals.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique
from typing import TYPE_CHECKING

from .reasons import Field, Reason

if TYPE_CHECKING:
    from datetime import datetime


class PyvalidatorError(Exception):
    """The root of all exceptions of this package."""

    def __reduce__(self) -> tuple[object, ...]:
        """Errors travel between processes by their fields."""
        return (_restore, (type(self), getattr(self, "__dict__", {})))

    def __str__(self) -> str:
        return self._text()

    def _text(self) -> str:
        return self.__doc__ or type(self).__name__


def _restore(kind: type[PyvalidatorError], fields: dict[str, object]) -> PyvalidatorError:
    error = kind.__new__(kind)
    error.__dict__.update(fields)
    return error


@dataclass(eq=False)
class InvalidName(PyvalidatorError, ValueError):
    """A value that is no such name: `kind` ("DNS name"), `value`, and `problem`."""

    kind: str
    value: str
    problem: str

    def _text(self) -> str:
        return f"{printable(self.value, 80)!r} is not a {self.kind}: {self.problem}"


@dataclass(eq=False)
class NaiveDatetime(PyvalidatorError, ValueError):
    """A datetime without a time zone names no moment."""

    value: datetime

    def _text(self) -> str:
        return f"{self.value.isoformat()} has no time zone; give an aware datetime, such as datetime.now(UTC)"


@dataclass(eq=False)
class PolicyError(PyvalidatorError, ValueError):
    """A policy, budget, or constraint that cannot work: `option` and `problem`."""

    option: str
    problem: str

    def _text(self) -> str:
        return f"{self.option}: {self.problem}"


@dataclass(eq=False)
class PemError(PyvalidatorError, ValueError):
    """PEM text that cannot be read, or holds something else than was asked for. `line` counts from 1; 0: no line."""

    problem: str
    line: int = 0

    def _text(self) -> str:
        return f"line {self.line}: {self.problem}" if self.line else self.problem


@dataclass(eq=False)
class UnreadableCertificate(PyvalidatorError, ValueError):
    """A certificate that cannot be read: the `reason`, the `field`, the byte `offset` where reading stopped, and (of
    several) the `entry`, counted from 1; 0: there was one only."""

    reason: Reason
    field: Field
    offset: int
    entry: int = 0

    def _text(self) -> str:
        which = f"certificate {self.entry}" if self.entry else "the certificate"
        where = f" in {self.field.text}" if self.field.text else ""
        clause = f" ({self.reason.clause})" if self.reason.clause else ""
        return f"{which} cannot be read: {self.reason.text}{where} at byte {self.offset}{clause}"


@dataclass(eq=False)
class UnreadableEvidence(PyvalidatorError, ValueError):
    """A CRL, an OCSP response, or a certificate beside them that cannot be read: the `reason`, the `field`, the byte
    `offset` where reading stopped, the `kind` ("CRL", "OCSP response", "certificate"), and (of several) the `entry`,
    counted from 1; 0: there was one only."""

    reason: Reason
    field: Field
    offset: int
    kind: str = "CRL"
    entry: int = 0

    @property
    def mend(self) -> str:
        """What would mend it. Rules that are told of certificates hold for evidence as well, their mends do not."""
        told = self.reason.mend
        if self.kind == "certificate" or "certificate" not in told:
            return told
        return f"fetch the {self.kind} again: all of it, in DER, as it was published"

    def _text(self) -> str:
        which = f"{self.kind} {self.entry}" if self.entry else f"the {self.kind}"
        where = f" in {self.field.text}" if self.field.text else ""
        clause = f" ({self.reason.clause})" if self.reason.clause else ""
        what = f"{which} cannot be read: {self.reason.text}{where} at byte {self.offset}{clause}"
        return f"{what}; to mend it: {self.mend}" if self.mend else what


@dataclass(eq=False)
class PackingError(PyvalidatorError, ValueError):
    """A Packed that does not fit together: `option` and `problem`."""

    option: str
    problem: str

    def _text(self) -> str:
        return f"{self.option}: {self.problem}"


class EmptyChain(PyvalidatorError, ValueError):
    """No certificate was given: there is nothing to judge."""


@dataclass(eq=False)
class StoreError(PyvalidatorError, ValueError):
    """A trust store that cannot be built."""

    problem: str

    def _text(self) -> str:
        return self.problem


@unique
class DumpFault(Enum):
    """What is wrong with a dump of a trust store."""

    NOT_A_DUMP = "not a dump"  #: it does not begin as one
    VERSION = "version"  #: made by another release
    CHECKSUM = "checksum"  #: damaged, or cut short
    STRUCTURE = "structure"  #: not what a dump is made of, and not by accident: its checksum is right
    ANCHOR = "anchor"  #: an anchor in it is none, or stands there twice


@dataclass(eq=False)
class StoreDumpError(StoreError):
    """A dump of a trust store that is not taken: the `problem` in words, its kind (`fault`), the byte `offset` of the
    dump where it was found, and (of several anchors) the `entry`, counted from 1; 0: it is of none in particular. Where
    an anchor was refused, `__cause__` is the error that would have told it outside of a dump."""

    fault: DumpFault
    offset: int = 0
    entry: int = 0

    def _text(self) -> str:
        return f"the dump of a trust store cannot be loaded: {self.problem} (byte {self.offset})"


@dataclass(eq=False)
class NotAnAnchor(PyvalidatorError, ValueError):
    """Only roots are anchors, and this certificate is none: `subject` and `issuer` (RFC 4514), `entry` of the input,
    counted from 1 (0: not known), and, where it was found, its self-signed `twin` in the same input or in certifi."""

    subject: str
    issuer: str
    entry: int = 0
    twin: str | None = None

    def _text(self) -> str:
        which = f" (certificate {self.entry})" if self.entry else ""
        return f"{self.subject}{which} {self._problem()}"

    def _problem(self) -> str:
        return "is not a root"


class IntermediateAsAnchor(NotAnAnchor):
    """A CA certificate that is not self-signed."""

    def _problem(self) -> str:
        if self.twin is not None:
            return (
                f"is a cross-signed copy of a root, issued by {self.issuer}; "
                f"trust the root's own self-signed certificate instead: it is {self.twin}"
            )
        return (
            f"is an intermediate, not a root: its issuer is {self.issuer}. "
            "Trust the root above it, and let the peer send the intermediate with its chain"
        )


class EndEntityAsAnchor(NotAnAnchor):
    """A certificate that is not a CA's."""

    def _problem(self) -> str:
        return (
            f"is not a CA certificate, so it can anchor nothing; trust the root of its issuer, {self.issuer}, "
            "and let the peer send this certificate"
        )


@dataclass(eq=False)
class NotAnIntermediate(PyvalidatorError, ValueError):
    """Intermediates are CA certificates, and this one is none: its `subject`, and its `entry` in the input, counted
    from 1."""

    subject: str
    entry: int

    def _text(self) -> str:
        return (
            f"{self.subject} (certificate {self.entry}) is not a CA certificate, so it can issue nothing; "
            "leave it out: a peer sends its own certificate"
        )


@dataclass(eq=False)
class UnprovenRoot(NotAnAnchor):
    """A self-issued CA certificate whose self-signature cannot be checked here, for the reason given."""

    reason: Reason = Reason.UNCHECKED

    def _problem(self) -> str:
        return f"cannot be shown to be a root: {self.reason.text} ({self.reason.clause or self.reason.name})"


@dataclass(eq=False)
class EngineUnavailable(PyvalidatorError, RuntimeError):
    """The engine that was asked for cannot be had on this machine."""

    engine: str
    problem: str

    def _text(self) -> str:
        return f"the signature engine {self.engine} cannot be used: {self.problem}"


@dataclass(eq=False)
class MissingDependency(PyvalidatorError, ImportError):
    """An optional package is needed for this."""

    package: str
    purpose: str

    def _text(self) -> str:
        return f"{self.purpose} needs the package {self.package}: pip install {self.package}"


@dataclass(eq=False)
class CoreFailure(PyvalidatorError, RuntimeError):
    """The native core could not carry out the call (no memory, or a fault of this package). Nothing was judged."""

    operation: str

    def _text(self) -> str:
        return f"{self.operation} could not be carried out; nothing was judged"


#: Characters that change how the text around them is read or shown: bidirectional controls and marks (UAX #9),
#: invisible joiners and separators, the byte order mark.
_UNSAFE = frozenset(
    [
        *(0x00AD, 0x061C, 0x180E, 0xFEFF),
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xFFF0, 0xFFFC),
        *range(0xE0000, 0xE1000),
    ]
)


def printable(text: str, limit: int = 300) -> str:
    r"""Text from a certificate, safe to print and to log: control, bidirectional, invisible and unassigned characters
    come out as \\u escapes, a backslash stays one, and what is longer than `limit` characters is cut, saying so."""
    shown = "".join(_escape(character) for character in text[:limit])
    return shown if len(text) <= limit else f"{shown}... ({len(text)} characters)"


def _escape(character: str) -> str:
    point = ord(character)
    if character.isprintable() and point not in _UNSAFE:
        return character
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"
