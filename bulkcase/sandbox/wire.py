"""What a server can do to the bytes of an answer: cut them off, let them trickle, blow them up, never end. No I/O.

A spoiled answer is true as far as it goes: a client that reads it whole, where it can be read, learns what became of
its call. What is packed to become large is blanks in front of the JSON, which JSON allows.
"""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from itertools import count, repeat

from bulkcase.sandbox.faults import Fault


class End(Enum):
    """What becomes of a connection behind the bytes."""

    CLOSE = "closed"
    RESET = "reset"
    WAIT = "left to the client"


@dataclass(frozen=True, slots=True)
class Wire:
    """What leaves the server: pieces of bytes, maybe without end, and what becomes of the connection then."""

    pieces: Iterable[bytes]
    end: End
    trickles: bool = False
    """Whether time passes behind each piece."""


_MIB = 1 << 20
_BLANKS = b" " * _MIB
_PIECES, _PIECE = 64, 16 * _MIB
"""A bomb is so many packed pieces, each of so many blanks: a gigabyte."""
_ZSTD_BLOCK = 128 * 1024
_LAST = b"Connection: close\r\n"
_EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n"


def spoiled(fault: Fault, status: int, body: bytes) -> Wire:
    """Return how an answer leaves that a fault spoils; raises KeyError for a fault that is none of the wire."""
    return _SPOILED[fault](status, body)


def is_of_wire(fault: Fault) -> bool:
    """Say whether a fault is made from the bytes of an answer."""
    return fault in _SPOILED


def _head(status: int, length: int | None, *more: bytes) -> bytes:
    said = b"" if length is None else b"Content-Length: %d\r\n" % length
    return b"HTTP/1.1 %d Said\r\nContent-Type: application/json\r\n%b%b\r\n" % (status, said, b"".join(more))


def _whole(status: int, body: bytes, *more: bytes) -> bytes:
    return _head(status, len(body), *more) + body


def _bytes_of(data: bytes) -> Iterator[bytes]:
    return (data[at : at + 1] for at in range(len(data)))


def _cut(end: End, share: Callable[[bytes, bytes], bytes]) -> "_Spoiler":
    """Return what sends a part of an answer, chosen from its head and body."""

    def spoil(status: int, body: bytes) -> Wire:
        return Wire([share(_head(status, len(body)), body)], end)

    return spoil


def _head_half(head: bytes, _: bytes) -> bytes:
    return head[: len(head) // 2]


def _body_half(head: bytes, body: bytes) -> bytes:
    return head + body[: len(body) // 2]


def _nothing(_: bytes, __: bytes) -> bytes:
    return b""


def _too_small(status: int, body: bytes) -> Wire:
    return Wire([_head(status, len(body) // 2) + body], End.WAIT)


def _too_large(status: int, body: bytes) -> Wire:
    return Wire([_head(status, len(body) + 10_000_000_000) + body], End.WAIT)


def _slow_head(status: int, body: bytes) -> Wire:
    return Wire([*_bytes_of(_head(status, len(body), _LAST)), body], End.CLOSE, trickles=True)


def _slow_body(status: int, body: bytes) -> Wire:
    return Wire([_head(status, len(body), _LAST), *_bytes_of(body)], End.CLOSE, trickles=True)


def _packed(encoding: bytes, bomb: Callable[[bytes], bytes]) -> "_Spoiler":
    def spoil(status: int, body: bytes) -> Wire:
        return Wire([_whole(status, bomb(body), b"Content-Encoding: %b\r\n" % encoding, _LAST)], End.CLOSE)

    return spoil


@cache
def _gzipped_piece() -> bytes:
    return gzip.compress(b" " * _PIECE, mtime=0)


def _gzip_bomb(body: bytes) -> bytes:
    # Packed files may follow one another (RFC 1952, 2.2); each has its own sum, so the blanks are packed once only.
    return _gzipped_piece() * _PIECES + gzip.compress(body, mtime=0)


@cache
def _deflated_piece() -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(b" " * _PIECE) + packer.flush(zlib.Z_FULL_FLUSH)


def _deflate_bomb(body: bytes) -> bytes:
    # Without zlib's frame, as some servers send it; behind a full flush nothing refers to what came before.
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return _deflated_piece() * _PIECES + packer.compress(body) + packer.flush()


def _zstd_bomb(body: bytes) -> bytes:
    # RFC 8878, 3.1.1: magic, a window of 128 KiB, blocks of one byte said once, and a raw one that is the last.
    blanks = (_ZSTD_BLOCK << 3 | 1 << 1).to_bytes(3, "little") + b" "
    last = (len(body) << 3 | 1).to_bytes(3, "little") + body
    return b"\x28\xb5\x2f\xfd\x00\x38" + blanks * (_PIECES * _PIECE // _ZSTD_BLOCK) + last


def _nested_bomb(body: bytes) -> bytes:
    return gzip.compress(_gzip_bomb(body), mtime=0)


def _as_it_is(body: bytes) -> bytes:
    return body


def _endless_body(status: int, _: bytes) -> Wire:
    chunk = b"%x\r\n%b\r\n" % (len(_BLANKS), _BLANKS)
    head = _head(status, None, b"Transfer-Encoding: chunked\r\n")
    return Wire((piece for source in ([head], repeat(chunk)) for piece in source), End.RESET)


def _large_body(status: int, body: bytes) -> Wire:
    blanks = 512
    head = _head(status, blanks * len(_BLANKS) + len(body), _LAST)
    return Wire((piece for source in ([head], repeat(_BLANKS, blanks), [body]) for piece in source), End.CLOSE)


def _headers(numbers: Iterable[int]) -> Iterator[bytes]:
    return (b"X-Odd-%d: odd\r\n" % number for number in numbers)


def _long_header(status: int, body: bytes) -> Wire:
    return Wire([_whole(status, body, b"X-Odd: %b\r\n" % (b"x" * 65_536), _LAST)], End.CLOSE)


def _many_headers(status: int, body: bytes) -> Wire:
    return Wire([_whole(status, body, *_headers(range(10_000)), _LAST)], End.CLOSE)


def _endless_head(status: int, _: bytes) -> Wire:
    begun = _head(status, None)[:-2]
    batches = (b"".join(_headers(range(first, first + 1000))) for first in count(step=1000))
    return Wire((piece for source in ([begun], batches) for piece in source), End.RESET)


def _bad_status_line(status: int, body: bytes) -> Wire:
    return Wire([_whole(status, body).replace(b" %d " % status, b" ", 1)], End.CLOSE)


def _old_http(_: int, body: bytes) -> Wire:
    return Wire([body], End.CLOSE)


def _interim_flood(status: int, body: bytes) -> Wire:
    return Wire([_EARLY * 500, _whole(status, body, _LAST)], End.CLOSE)


def _interim_endless(_: int, __: bytes) -> Wire:
    return Wire(repeat(_EARLY * 1000), End.RESET)


def _unsolicited(status: int, body: bytes) -> Wire:
    # The second one names no case, so that it could pass for the answer to any call.
    return Wire([_whole(status, body) + _whole(status, b"{}")], End.WAIT)


def _close_after(status: int, body: bytes) -> Wire:
    return Wire([_whole(status, body)], End.CLOSE)


_Spoiler = Callable[[int, bytes], Wire]

_SPOILED: Mapping[Fault, _Spoiler] = {
    Fault.RESET_BEFORE: _cut(End.RESET, _nothing),
    Fault.RESET_AFTER: _cut(End.RESET, _nothing),
    Fault.RESET_IN_HEAD: _cut(End.RESET, _head_half),
    Fault.RESET_IN_BODY: _cut(End.RESET, _body_half),
    Fault.HALF_BODY: _cut(End.CLOSE, _body_half),
    Fault.LENGTH_TOO_SMALL: _too_small,
    Fault.LENGTH_TOO_LARGE: _too_large,
    Fault.SLOW_HEAD: _slow_head,
    Fault.SLOW_BODY: _slow_body,
    Fault.GZIP_BOMB: _packed(b"gzip", _gzip_bomb),
    Fault.DEFLATE_BOMB: _packed(b"deflate", _deflate_bomb),
    Fault.ZSTD_BOMB: _packed(b"zstd", _zstd_bomb),
    Fault.NESTED_BOMB: _packed(b"gzip, gzip", _nested_bomb),
    Fault.ODD_ENCODING: _packed(b"br", _as_it_is),
    Fault.ENDLESS_BODY: _endless_body,
    Fault.LARGE_BODY: _large_body,
    Fault.LONG_HEADER: _long_header,
    Fault.MANY_HEADERS: _many_headers,
    Fault.ENDLESS_HEAD: _endless_head,
    Fault.BAD_STATUS_LINE: _bad_status_line,
    Fault.OLD_HTTP: _old_http,
    Fault.INTERIM_FLOOD: _interim_flood,
    Fault.INTERIM_ENDLESS: _interim_endless,
    Fault.UNSOLICITED: _unsolicited,
    Fault.CLOSE_AFTER: _close_after,
}
