"""Chains as the core reads them: one buffer, and where each certificate ends."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final, NamedTuple, TypeAlias

from .certificate import Certificate
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


def pack(chain: Chain, budget: Budget) -> PackedChain:
    """Join a chain. TypeError, EmptyChain, PemError, OverBudget."""
    listed = chain if isinstance(chain, list | tuple) else _listed(chain, budget)
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
        return _from_pem(chain, budget)
    if isinstance(chain, str) or not isinstance(chain, Iterable):
        kind = type(chain).__name__
        raise TypeError(f"a chain is a sequence of DER bytes or Certificate objects, or PEM bytes, not {kind}")
    return list(islice(chain, budget.certificates + 1))


def _from_pem(text: bytes, budget: Budget) -> list[bytes]:
    if not text:
        raise EmptyChain
    if count_blocks(text) > budget.certificates:
        raise OverBudget(Reason.BUDGET_CERTIFICATES)
    return split_pem(text)


def _der(certificate: object, position: int) -> bytes:
    if isinstance(certificate, Certificate):
        return certificate.der
    if isinstance(certificate, bytes):
        return bytes(certificate)
    kind = type(certificate).__name__
    raise TypeError(f"certificate {position} of the chain is {kind}, not DER bytes or a Certificate")
