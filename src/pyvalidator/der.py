"""DER octets: bytes to read, and the little that is written here."""

from __future__ import annotations


def plain(data: bytes | bytearray | memoryview) -> bytes:
    """These octets as bytes and nothing more: a subclass may say of its length what is not so, and C would believe
    it."""
    return data if type(data) is bytes else bytes(memoryview(data))


def element(tag: int, contents: bytes) -> bytes:
    """One element: tag, length in the fewest octets (X.690 10.1), contents."""
    size = len(contents)
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, size] if size < 0x80 else [tag, 0x80 | len(octets), *octets]) + contents
