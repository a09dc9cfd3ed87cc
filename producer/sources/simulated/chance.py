"""Counter-based random numbers: the number at any place of a stream depends only on the place.

Bits are from splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014), whose
state is a plain counter.
"""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint64]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_PAIR, _LOW_SUM = np.uint64(0x0000FFFF0000FFFF), np.uint64(0x1FFFF)
_PART = np.uint64(0xFFFF)


def stream(seed: int, *names: str) -> np.uint64:
    """The key of a separate stream for these names."""
    text = "/".join((str(seed), *names))
    return np.uint64(int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big"))


def bits(key: np.uint64, places: Ints) -> Bits:
    """64 random bits for each place of the stream."""
    mixed = places.astype(np.uint64)
    mixed *= _STEP
    mixed += key
    mixed ^= mixed >> np.uint64(30)
    mixed *= _FIRST
    mixed ^= mixed >> np.uint64(27)
    mixed *= _SECOND
    mixed ^= mixed >> np.uint64(31)
    return mixed


def uniform(of: Bits) -> Floats:
    """Numbers in [0, 1) from the upper 53 bits."""
    return (of >> np.uint64(11)).astype(np.float64) * 2.0**-53


def part(of: Bits, which: int) -> Floats:
    """Numbers in [0, 1) from one of the four 16-bit parts, independent of the other three."""
    return ((of >> np.uint64(16 * which)) & _PART).astype(np.float64) * 2.0**-16


def normal(of: Bits) -> Floats:
    """Approximately normal numbers with mean 0 and variance 1: the sum of the four parts (Irwin-Hall), within ±3.5."""
    pairs = (of & _PAIR) + ((of >> np.uint64(16)) & _PAIR)
    total: Floats = ((pairs & _LOW_SUM) + (pairs >> np.uint64(32))).astype(np.float64)
    deviations: Floats = (total * 2.0**-16 - 2.0) * 3.0**0.5
    return deviations
