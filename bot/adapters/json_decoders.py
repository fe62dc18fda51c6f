"""JSON decoders of msgspec structs, each made once and by one thread at a time.

msgspec 0.22 describes a struct type when a decoder of it is made for the first time. Other threads find the
description before it is complete, and one that decodes with it then ends the process (SIGSEGV). So no other
module makes a decoder of a struct, or names one as the `type` of `msgspec.json.decode`.
"""

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
_lock = threading.Lock()


def decoder_of(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return the decoder of a type, which may be a generic struct with its argument. Thread-safe."""
    decoder = _decoders.get(kind)
    if decoder is None:
        with _lock:
            decoder = _decoders.setdefault(kind, msgspec.json.Decoder(kind))
    return decoder
