"""Mutators of DER: small, deterministic edits that keep or break the structure on purpose.

Nothing here knows of certificates. An edit is a function of the bytes and of a few integers, so that a failing
example can be written down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pki

CONSTRUCTED = 0x20


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a DER structure: where its identifier begins, and where its contents lie."""

    start: int
    body: int
    end: int
    depth: int

    def tag(self, der: bytes) -> int:
        """The identifier octet (low tag numbers only)."""
        return der[self.start]


def read_element(der: bytes, start: int, depth: int = 0) -> Element:
    """The element at `start` of well-formed DER."""
    first = der[start + 1]
    if first < 0x80:
        return Element(start, start + 2, start + 2 + first, depth)
    num = first & 0x7F
    body = start + 2 + num
    return Element(start, body, body + int.from_bytes(der[start + 2 : body], "big"), depth)


def elements(der: bytes) -> Iterator[Element]:
    """Every element of well-formed DER, outermost first; contents of strings are not looked into."""
    todo = [(0, len(der), 0)]
    while todo:
        start, end, depth = todo.pop()
        while start < end:
            element = read_element(der, start, depth)
            yield element
            if element.tag(der) & CONSTRUCTED:
                todo.append((element.body, element.end, depth + 1))
            start = element.end


def flip_bit(der: bytes, bit: int) -> bytes:
    """One bit turned over; `bit` counts from the first byte's most significant one."""
    changed = bytearray(der)
    changed[bit // 8] ^= 0x80 >> (bit % 8)
    return bytes(changed)


def truncate(der: bytes, length: int) -> bytes:
    """The first `length` bytes."""
    return der[:length]


def set_byte(der: bytes, offset: int, value: int) -> bytes:
    """One byte replaced."""
    return der[:offset] + bytes([value]) + der[offset + 1 :]


def splice(left: bytes, left_end: int, right: bytes, right_start: int) -> bytes:
    """The head of one and the tail of the other."""
    return left[:left_end] + right[right_start:]


def replace(der: bytes, element: Element, new: bytes) -> bytes:
    """`new` in the place of `element`, with the lengths of all that encloses it put right."""
    enclosing = [e for e in elements(der) if e.start < element.start and e.end >= element.end]
    for outer in sorted(enclosing, key=lambda e: e.depth, reverse=True):
        body = der[outer.body : element.start] + new + der[element.end : outer.end]
        new = pki.der(outer.tag(der), body)
        element = outer
    return der[: element.start] + new + der[element.end :]


def relabel_length(der: bytes, element: Element, length_octets: bytes) -> bytes:
    """Other length octets for one element; nothing around it is adjusted."""
    return der[: element.start + 1] + length_octets + der[element.body :]


def long_form(der: bytes, element: Element) -> bytes:
    """The element with one length octet too many (X.690 10.1 forbids it), its surroundings put right."""
    length = element.end - element.body
    digits = length.to_bytes((length.bit_length() + 7) // 8 or 1, "big")
    if length >= 0x80:
        digits = b"\x00" + digits
    return replace(
        der, element, bytes([element.tag(der), 0x80 | len(digits)]) + digits + der[element.body : element.end]
    )


def indefinite(der: bytes, element: Element) -> bytes:
    """The element in BER's indefinite form, its surroundings put right."""
    return replace(der, element, bytes([element.tag(der), 0x80]) + der[element.body : element.end] + b"\x00\x00")


def duplicate(der: bytes, element: Element) -> bytes:
    """The element twice."""
    return replace(der, element, 2 * der[element.start : element.end])


def delete(der: bytes, element: Element) -> bytes:
    """The element left out."""
    return replace(der, element, b"")


def swap_with_next(der: bytes, element: Element) -> bytes:
    """The element and the one behind it in each other's place; unchanged if it is the last."""
    parents = [e for e in elements(der) if e.body <= element.start and e.end >= element.end and e.start < element.start]
    limit = min((e.end for e in parents), default=len(der))
    if element.end >= limit:
        return der
    follower = read_element(der, element.end)
    return (
        der[: element.start]
        + der[follower.start : follower.end]
        + der[element.start : element.end]
        + der[follower.end :]
    )
