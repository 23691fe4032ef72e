"""The moment to judge by. Naive datetimes are refused; the clock is read by Validator alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, unique
from typing import Final, Self

from .errors import NaiveDatetime, PolicyError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@unique
class TimeMode(Enum):
    """How the moment is known; see Time."""

    KNOWN = 1
    FLOOR = 2
    UNKNOWN = 3
    AT_ISSUANCE = 4


@dataclass(frozen=True, slots=True)
class Time:
    """The moment to judge by, in whole seconds since 1970 (fractions are floored, before 1970 too)."""

    mode: TimeMode
    value: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.mode, TimeMode) or type(self.value) is not int:
            raise TypeError("make a Time with Time.at, Time.floor, Time.unknown or Time.at_issuance")
        if not -(1 << 62) < self.value < 1 << 62:
            raise PolicyError("at", "the moment is out of range")

    @classmethod
    def at(cls, moment: datetime) -> Self:
        """NotBefore <= moment <= notAfter (RFC 5280 6.1.3 (a)(2)). NaiveDatetime if it has no time zone."""
        return cls(TimeMode.KNOWN, to_seconds(moment))

    @classmethod
    def floor(cls, moment: datetime) -> Self:
        """It is this moment or later, for a device without a battery-backed clock: notAfter must reach it; notBefore
        is not judged."""
        return cls(TimeMode.FLOOR, to_seconds(moment))

    @classmethod
    def unknown(cls) -> Self:
        """No time is judged at all."""
        return cls(TimeMode.UNKNOWN)

    @classmethod
    def at_issuance(cls) -> Self:
        """Each issuer was valid at its subject's notBefore: for firmware signatures and attestation certificates that
        outlive their issuers."""
        return cls(TimeMode.AT_ISSUANCE)

    def __str__(self) -> str:
        if self.mode is TimeMode.UNKNOWN:
            return "at an unknown time"
        if self.mode is TimeMode.AT_ISSUANCE:
            return "at the time of issuance"
        return f"{'at' if self.mode is TimeMode.KNOWN else 'no earlier than'} {show_time(self.value)}"


def to_seconds(moment: datetime) -> int:
    """Seconds since 1970, floored. NaiveDatetime, and TypeError for what is no datetime."""
    if not isinstance(moment, datetime):
        raise TypeError(f"a time is an aware datetime or a Time, not {type(moment).__name__}")
    if moment.utcoffset() is None:
        raise NaiveDatetime(moment)
    since = moment - _EPOCH  # its seconds and microseconds are never negative, so leaving off the latter floors
    return since.days * 86400 + since.seconds


def from_seconds(value: int) -> datetime:
    """The aware datetime of seconds since 1970, clamped to what a datetime can hold (years 1 to 9999)."""
    try:
        return _EPOCH + timedelta(seconds=value)
    except OverflowError:
        return datetime.max.replace(microsecond=0, tzinfo=UTC) if value > 0 else datetime.min.replace(tzinfo=UTC)


def show_time(value: int) -> str:
    """RFC 3339 text of seconds since 1970."""
    return from_seconds(value).strftime("%Y-%m-%dT%H:%M:%SZ")
