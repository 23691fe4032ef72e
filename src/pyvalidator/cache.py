"""What a validator may remember between two checks."""

from __future__ import annotations

from typing import Final

from . import _core
from ._core import CacheStats
from .certificate import Certificate
from .errors import PolicyError


class Cache:
    """Certificates of trusted paths, each with the key that it was verified under, and parsed keys, in at most
    `max_bytes` bytes. What it knows is neither read nor verified again; time, names, policy and revocation are judged
    anew each time.

    It knows neither stores nor policies, so it outlives both and serves several validators; a child made by fork
    starts with an empty one. Only what lies on a path verified to an anchor enters it;
    signatures that did not hold are remembered in a room of their own, a sixteenth of it.
    """

    __slots__ = ("_native",)

    def __init__(self, *, max_bytes: int = 16 << 20) -> None:
        if type(max_bytes) is not int:
            raise TypeError(f"max_bytes takes an int, not {type(max_bytes).__name__}")
        if not 1 << 16 <= max_bytes <= 1 << 40:
            raise PolicyError("max_bytes", f"{max_bytes} is not in 64 KiB to 1 TiB")
        self._native: Final = _core.NativeCache(max_bytes)

    @property
    def native(self) -> _core.NativeCache:
        """The core's side of this cache."""
        return self._native

    def intermediates(self) -> tuple[Certificate, ...]:
        """The CA certificates in it: intermediates of paths that were trusted. To take them for
        candidates, hand them over (Intermediates)."""
        return tuple(map(Certificate, self._native.authorities()))

    def stats(self) -> CacheStats:
        """What it holds and did until now."""
        return self._native.stats()
