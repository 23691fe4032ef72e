"""Chains as the core reads them: one buffer, and where each certificate ends."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import islice
from struct import Struct
from typing import Any, Final, NamedTuple, TypeAlias

from . import _core
from .certificate import Certificate, der_of
from .der import plain
from .errors import EmptyChain
from .pem import count_blocks, split_pem
from .policy import Budget
from .reasons import Reason

#: The target first, the rest in any order; or all of it as PEM.
Chain: TypeAlias = Sequence[bytes | Certificate] | bytes


class OverBudget(Exception):
    """More certificates, or more bytes, than the budget allows; `reason` says which."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Final = reason


class PackedChain(NamedTuple):
    """A chain as the core reads it."""

    joined: bytes
    lengths: array[int]


_ONLY_BYTES: Final = {bytes}


_LENGTHS: Final = tuple(Struct(f"={num}I").pack for num in range(9))


def pack_plain(chain: Chain, budget: Budget) -> tuple[tuple[bytes, ...], bytes, bytes] | None:
    """A list or tuple of a few DER bytes within the budget: as it was, joined, and the lengths as this machine's 32-bit
    numbers. None: pack has to look closer."""
    if chain.__class__ is not list and chain.__class__ is not tuple:
        return None
    ders: tuple[Any, ...] = tuple(chain)  # others may change a list meanwhile
    num = len(ders)
    if not 0 < num < len(_LENGTHS) or num > budget.certificates or {*map(type, ders)} != _ONLY_BYTES:
        return None
    if sum(map(len, ders)) > budget.der_bytes:  # before anything is copied
        return None
    return ders, b"".join(ders), _LENGTHS[num](*map(len, ders))


def pack(chain: Chain, budget: Budget) -> PackedChain:
    """Join a chain. TypeError, EmptyChain, PemError, OverBudget."""
    listed = list(chain) if isinstance(chain, list | tuple) else _listed(chain, budget)
    if len(listed) > budget.certificates:
        raise OverBudget(Reason.BUDGET_CERTIFICATES)
    if set(map(type, listed)) != _ONLY_BYTES:
        listed = [_der(each, position) for position, each in enumerate(listed)]
        if not listed:
            raise EmptyChain
    if sum(map(len, listed)) > budget.der_bytes:
        raise OverBudget(Reason.BUDGET_BYTES)
    return PackedChain(b"".join(listed), array("I", map(len, listed)))


def _listed(chain: object, budget: Budget) -> list[bytes]:
    if isinstance(chain, bytes):
        return _from_pem(plain(chain), budget)
    if isinstance(chain, str) or not isinstance(chain, Iterable):
        kind = type(chain).__name__
        raise TypeError(f"a chain is a sequence of DER bytes or Certificate objects, or PEM bytes, not {kind}")
    return list(islice(chain, budget.certificates + 1))


#: Text around the blocks of a chain that is as large as the budget allows.
_AROUND: Final = 64 << 10


def _from_pem(text: bytes, budget: Budget) -> list[bytes]:
    if not text:
        raise EmptyChain
    if len(text) > 2 * budget.der_bytes + _AROUND:  # before it is read: DER in base64 is a third longer, with its lines
        raise OverBudget(Reason.BUDGET_BYTES)
    if count_blocks(text) > budget.certificates:
        raise OverBudget(Reason.BUDGET_CERTIFICATES)
    decoded = _core.PackedRoots.of_pem(text)
    return split_pem(text) if decoded is None else list(decoded)


def _der(certificate: object, position: int) -> bytes:
    der = der_of(certificate)
    if der is None:
        kind = type(certificate).__name__
        raise TypeError(f"certificate {position} of the chain is {kind}, not DER bytes or a Certificate")
    return der
