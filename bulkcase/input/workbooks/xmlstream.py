"""XML in pieces: bounded memory, whatever the document, and no document types."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import IO, NoReturn
from xml.parsers import expat

from bulkcase.input.content import CHUNK

Attributes = dict[str, str]

_CALC_EXTENSIONS = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"


class XmlError(ValueError):
    """The document is no well-formed XML, or declares a type of its own."""


def walk(
    stream: IO[bytes],
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    data: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Feed a document to the handlers, a chunk for each step of the iterator.

    Names come without their namespaces, but for the attributes that LibreOffice adds to those of OpenDocument
    (`calcext:value-type` beside `office:value-type`). A document type, where all known attacks start, is refused.
    Raises XmlError.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def started(name: str, attributes: Attributes) -> None:
        if " " in "".join(attributes):
            attributes = {_short(key): value for key, value in attributes.items()}
        start(_short(name), attributes)

    parser.StartElementHandler = started
    if end is not None:
        ended = end
        parser.EndElementHandler = lambda name: ended(_short(name))
    if data is not None:
        parser.CharacterDataHandler = data
    parser.StartDoctypeDeclHandler = _refuse
    try:
        while chunk := stream.read(CHUNK // 16):
            parser.Parse(chunk, False)
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise XmlError(str(error)) from error
    yield


@lru_cache(maxsize=1000)
def _short(key: str) -> str:
    namespace, _, name = key.rpartition(" ")
    return f"calcext:{name}" if namespace == _CALC_EXTENSIONS else name


def _refuse(*_: object) -> NoReturn:
    raise XmlError("the document declares a type of its own")
