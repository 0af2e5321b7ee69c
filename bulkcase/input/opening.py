"""Tell what kind of file it is, by its bytes and its name, and open it."""

from pathlib import PurePath
from zipfile import BadZipFile, ZipFile

from bulkcase.errors import InputError
from bulkcase.input.content import CHUNK, Content, Source, hold
from bulkcase.input.looks import HEAD, what_else
from bulkcase.input.table import Table
from bulkcase.input.texts.text import table_of_text
from bulkcase.input.workbooks.archive import check_parts

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""The stream of an OLE container that holds a workbook with a password ([MS-OFFCRYPTO] 2.3.4.4)."""

_KIND_OF_SUFFIX = {".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls", ".ods": "ods"}
_CALLED = {
    "xlsx": "an Excel workbook (.xlsx)",
    "xls": "an old Excel workbook (.xls)",
    "ods": "an OpenDocument sheet (.ods)",
}
_READ_HERE = ".csv, .tsv, .xlsx, .xlsm, .xls and .ods"


def open_table(source: Source) -> Table:
    """Open the file; raise InputError, with a line for each problem, where it cannot be read as it stands."""
    content = hold(source.path)
    try:
        kind = _kind(content)
        if kind == "text":
            _check_look(content)
            _check_suffix(content, kind)
            return table_of_text(content, source)
        _check_suffix(content, kind)
        if kind == "ods":
            from bulkcase.input.workbooks.ods import table_of_ods  # noqa: PLC0415 - most files are CSV

            return table_of_ods(content, source)
        from bulkcase.input.workbooks.workbook import table_of_workbook  # noqa: PLC0415 - as above: it brings calamine

        return table_of_workbook(content, source, kind)
    except BaseException:
        content.discard()
        raise


def _check_look(content: Content) -> None:
    if what := what_else(content.head(HEAD)):
        raise InputError(f"{content.name}: this is {what}")


def _kind(content: Content) -> str:
    head = content.head(8)
    if head == _OLE:
        if _contains(content, _ENCRYPTED):
            raise InputError(_locked(content.name))
        return "xls"
    return _kind_of_zip(content) if head.startswith(_ZIP) else "text"


def _kind_of_zip(content: Content) -> str:
    check_parts(content)
    try:
        with content.open() as stream, ZipFile(stream) as archive:
            names = {name.lower() for name in archive.namelist()}
            if "xl/workbook.xml" in names:
                return "xlsx"
            if "content.xml" in names:
                if "meta-inf/manifest.xml" in names and _is_encrypted(archive):
                    raise InputError(_locked(content.name))
                return "ods"
    # What zipfile raises for an archive that is damaged, locked, or packed in a way that it does not know.
    except (BadZipFile, OSError, KeyError, RuntimeError, NotImplementedError) as error:
        raise InputError(
            f"{content.name}: the file is damaged ({error}): fetch it again, or open it in a spreadsheet and save it"
        ) from error
    raise InputError(
        f"{content.name}: this is an archive, and no workbook that can be read here: save it as one of {_READ_HERE}"
    )


def _is_encrypted(archive: ZipFile) -> bool:
    with archive.open("META-INF/manifest.xml") as manifest:
        return b"encryption-data" in manifest.read(CHUNK)


def _check_suffix(content: Content, kind: str) -> None:
    suffix = PurePath(content.name).suffix.lower()
    expected = _KIND_OF_SUFFIX.get(suffix, "text")
    if kind == expected:
        return
    if kind == "text":
        raise InputError(
            f"{content.name}: this is no workbook, though its name ends in {suffix}: "
            "if it is a CSV, rename it to .csv, else export it again"
        )
    if content.is_copy:
        raise InputError(
            f"{content.name}: this is {_CALLED[kind]}, and a stream must be CSV: save it and name the file"
        )
    raise InputError(
        f"{content.name}: this is {_CALLED[kind]}, and its name does not say so: give it a name that ends in .{kind}"
    )


def _contains(content: Content, wanted: bytes) -> bool:
    tail = b""
    with content.open() as stream:
        while chunk := stream.read(CHUNK):
            if wanted in tail + chunk:
                return True
            tail = chunk[-len(wanted) :]
    return False


def _locked(name: str) -> str:
    return f"{name}: the workbook has a password: save a copy without one"
