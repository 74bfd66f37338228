"""Sets of small numbers as bytes: which ordinals are listed, which a learner has done. Bit `n` stands for `n`."""

import struct
from collections.abc import Iterable, Iterator


def of(numbers: Iterable[int]) -> bytes:
    whole = 0
    for number in numbers:
        whole |= 1 << number
    return _bytes(whole)


def numbers(bits: bytes) -> Iterator[int]:
    whole = int.from_bytes(bits, "little")
    return (number for number in range(whole.bit_length()) if whole >> number & 1)


def has(bits: bytes, number: int) -> bool:
    return bool(int.from_bytes(bits, "little") >> number & 1)


def with_(bits: bytes, number: int) -> bytes:
    return _bytes(int.from_bytes(bits, "little") | 1 << number)


def without(bits: bytes, number: int) -> bytes:
    return _bytes(int.from_bytes(bits, "little") & ~(1 << number))


def both(one: bytes, other: bytes) -> bytes:
    return _bytes(int.from_bytes(one, "little") & int.from_bytes(other, "little"))


def either(one: bytes, other: bytes) -> bytes:
    return _bytes(int.from_bytes(one, "little") | int.from_bytes(other, "little"))


def count(bits: bytes) -> int:
    return int.from_bytes(bits, "little").bit_count()


def _bytes(whole: int) -> bytes:
    """At least one byte: an empty value reads back as a missing one."""
    return whole.to_bytes(max(1, (whole.bit_length() + 7) // 8), "little")


def packed(order: Iterable[int]) -> bytes:
    """Numbers in an order that matters, two bytes each."""
    listed = list(order)
    return struct.pack(f"<{len(listed)}H", *listed) or b"\0"


def unpacked(order: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(order) // 2}H", order)) if len(order) % 2 == 0 else []


def lacking(order: bytes, bits: bytes) -> Iterator[int]:
    """Those of the packed numbers that are not in the set, in their order."""
    whole = int.from_bytes(bits, "little")
    return (number for number in unpacked(order) if not whole >> number & 1)
