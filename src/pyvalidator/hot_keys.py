"""Keys that sign many certificates, with tables that make checking their signatures fast."""

from __future__ import annotations

from enum import Enum, unique
from typing import Final

from . import _core
from ._core import HotKeyStats
from .errors import PolicyError


@unique
class HotLayer(Enum):
    """Kinds of arithmetic, each faster than the one before where the processor has it."""

    PORTABLE = 1
    ADX = 2
    """x86-64 with mulx, adcx and adox."""
    IFMA = 3
    """AVX-512 with 52-bit multiply-add: eight signatures at a time."""


class HotKeys:
    """Tables of multiples of the P-256 keys that sign often, for ECDSA with SHA-256: checks under them take a fraction
    of libcrypto's time, and of batches a small one. Safe to share between threads and validators; a child made by fork
    has those of its parent.

    A key gets a table when enough new signatures by it lay on paths verified to an anchor; a thread of its own makes
    it. From then on keys without one are checked by the same arithmetic, a little faster than by libcrypto. What does
    not hold is always asked of libcrypto, whose word counts, and so is one in `shadow` of those that do (sixteen times
    as many under keys without a table), chosen at random. If libcrypto refuses what was accepted, that is logged on the
    logger `pyvalidator`, and no table is used any more in this process. Before the first one is made, known answers are
    checked.

    Validators with Engine.AUTO have one of these for all of them, unless they are given another;
    Engine.LIBCRYPTO goes without.
    """

    __slots__ = ("_native",)

    def __init__(self, *, max_bytes: int = 32 << 20, shadow: int = 1024, layer: HotLayer = HotLayer.IFMA) -> None:
        """max_bytes: of all tables, 4 MiB to 1 TiB; a key takes 2.8 MiB, 832 KiB or 256 KiB, less as they fill up, and
        the curve's generator once 5 MiB (2.8 MiB of less than 16). shadow: at least 1, which is all of them. layer: the
        best that may be used. PolicyError for numbers out of these bounds."""
        for option, value, least in (("max_bytes", max_bytes, 4 << 20), ("shadow", shadow, 1)):
            if type(value) is not int:
                raise TypeError(f"{option} takes an int, not {type(value).__name__}")
            if value < least:
                raise PolicyError(option, f"{value} is less than {least}")
        if not isinstance(layer, HotLayer):
            raise TypeError(f"layer takes a HotLayer, not {type(layer).__name__}")
        if max_bytes > 1 << 40 or shadow > 0xFFFFFFFF:
            raise PolicyError("max_bytes" if max_bytes > 1 << 40 else "shadow", "is too large")
        self._native: Final = _core.NativeHotKeys(max_bytes, shadow, layer.value)

    @property
    def native(self) -> _core.NativeHotKeys:
        """The core's side of them."""
        return self._native

    def stats(self) -> HotKeyStats:
        """What they hold and did until now."""
        return self._native.stats()

    def wait(self, *, seconds: float = 1.0) -> bool:
        """Wait until no table is being made, for at most so long; whether that is so. For measurements and tests."""
        return self._native.wait(seconds)


_shared: Final[list[HotKeys]] = []


def shared_hot_keys() -> HotKeys:
    """Those of all validators that were given none."""
    if not _shared:
        _shared.append(HotKeys())  # of two made at once the first counts
    return _shared[0]


def layer_states() -> dict[HotLayer, bool | None]:
    """Of each layer: whether it gives the known answers; None: this build or processor does not have it."""
    return {layer: _core.hot_layer_state(layer.value) for layer in HotLayer}
