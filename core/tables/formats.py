"""What a file is that is no text of rows, by how it begins, whatever it is called; and what to do with it."""

from __future__ import annotations

import json
import re
import shlex
import zipfile
from pathlib import Path
from typing import Literal, TypeAlias

from core.errors import DataError
from core.system.files import is_dir, is_file
from core.tables.files import opened, reading_bytes
from core.tables.finding import Remedy, TableError
from core.tables.looks import BINARY, PACKED, TEXT, WORKBOOKS

HEAD = 1 << 16

EXPORT = "export it as CSV"
MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)", "save it as .xlsx or CSV"),
    (rb"\x09[\x00\x02\x04\x08][\x04\x06\x08]\x00", "an old Excel worksheet", "save it as .xlsx or CSV"),
    (rb"%PDF-", "a PDF document", "copy its table into a spreadsheet, and export that as CSV"),
    (rb"SQLite format 3\x00", "an SQLite database", "export one of its tables as CSV (sqlite3 -header -csv)"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|BM....\x00\x00|II\*\x00|MM\x00\*|RIFF....WEBP", "a picture", "name a table"),
    (rb"\x80[\x02-\x05][\x95c}(\]]", "a Python pickle", "write it with to_csv or to_parquet"),
    (rb"\x89HDF\r\n\x1a\n", "an HDF5 file", "write its table with to_csv or to_parquet"),
    (rb"\x93NUMPY", "a NumPy array", "write it with numpy.savetxt, or as Parquet"),
    (rb"ARROW1|FEA1", "a Feather (Arrow) file", "write it as Parquet or CSV"),
    (rb"ORC[\x00-\x08\x0e-\x1f\x80-\xff]", "an ORC file", "write it as Parquet or CSV"),
    (rb"Obj\x01", "an Avro file", "write it as Parquet or CSV"),
    (rb"RD[AX][23]\n|[XBA]\n\x00\x00\x00[\x02\x03]", "an R data file", "write it with write.csv"),
    (rb"\$FL[23]@", "an SPSS file", EXPORT),
    (rb"<stata_dta>|[\x6e-\x73][\x01\x02]\x01\x00", "a Stata file", EXPORT),
    (rb"MATLAB 5\.0 MAT-file", "a MATLAB file", "write it with writetable"),
    (rb"7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|\x28\xb5\x2f\xfd", "an archive", "unpack it"),
    (rb"\x7fELF|MZ[\x00-\xff]{58}", "a program", "name a table"),
    (rb"version https://git-lfs\.github\.com/spec/", "a Git LFS pointer, not the file", "fetch that: git lfs pull"),
    (rb"\{\\rtf", "a rich text document", EXPORT),
    (rb"%!PS", "a PostScript document", EXPORT),
    (rb"SIMPLE  =", "a FITS file", EXPORT),
)
"""How a file begins, what it is, and what helps."""
PACKINGS = {".gz": re.compile(rb"\x1f\x8b\x08"), ".bz2": re.compile(rb"BZh\d1AY&SY"), ".xz": re.compile(rb"\xfd7zXZ\0")}
"""How packed files begin."""

_MARKUP = re.compile(r"\s*(<!--.*?-->\s*)?<(!doctype\s+html|html|head|body|table|meta|script)\b", re.I | re.S)
_XML = re.compile(r"\s*<\?xml\b|\s*<[A-Za-z_][\w:.-]*(\s[^<>]*)?>\s*<", re.S)
_JSON = re.compile(r"\s*(\[\s*(\{\s*(\"|\})|\[)|\{\s*\"(\\.|[^\"\\\n])*\"\s*:)")
_ARFF = re.compile(r"(\s*%[^\n]*\n|\s*\n)*\s*@relation\b", re.I)

Kind: TypeAlias = Literal["text", "parquet", "workbook"]


def kind_of(path: Path) -> Kind:
    """How the table in a file is read. Raises DataError for a file that holds none, or none that is read."""
    with reading_bytes(path):
        with path.open("rb") as file:
            raw = file.read(512)
        if raw.startswith(b"PAR1"):
            return "parquet"
        if raw.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return _zipped(path)
        packing = next((ending for ending, mark in PACKINGS.items() if mark.match(raw)), "")
        if packing and path.suffix.lower() not in PACKED:
            remedies: dict[Remedy, str] = {"path": f"{path}{packing}"}
            raise TableError(path, f"is packed; call it {path.name}{packing}", remedies)
        with opened(path) as file:
            head: bytes = file.read(HEAD)
    for magic, what, helps in MAGIC:
        if re.match(magic, head, re.DOTALL):
            raise _foreign(path, what, helps)
    if head[257:262] == b"ustar":
        raise _foreign(path, "a tar archive", "unpack it")
    _check_words(path, head)
    return "text"


def why_no_table(path: Path) -> DataError:
    """What a file or folder is whose name is not that of a table, and which ones are read."""
    kinds = f"tables are text of rows ({', '.join(TEXT)}), Excel ({', '.join(WORKBOOKS)}) and Parquet ({BINARY[0]})"
    if is_dir(path):
        return DataError(f"{path} is a folder; name a file in it: {kinds}")
    if not is_file(path):
        return DataError(f"{path} is no regular file; {kinds}")
    try:
        kind = kind_of(path)
        with reading_bytes(path), opened(path) as file:
            head: bytes = file.read(HEAD)
    except TableError as error:
        return DataError(f"{path} {error.finding.what}; {kinds}")
    what = {"parquet": "a Parquet file", "workbook": "an Excel workbook"}.get(kind)
    if what is None and not head:
        return DataError(f"{path} is empty; {kinds}")
    if what is None and b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return DataError(f"{path} is a file of bytes that nntui cannot read as a table; {kinds}")
    told = f"is {what}, though it is not called so" if what else "is text, but not called as a table is; if it is one"
    return DataError(f"{path} {told}: nntui data show csv --set path={shlex.quote(str(path))} reads it; {kinds}")


def _foreign(path: Path, what: str, helps: str) -> TableError:
    return TableError(path, f"is {what}; {helps}", {"path": "that file"})


def _zipped(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            kind = archive.read("mimetype")[:80].decode("ascii", "replace") if "mimetype" in names else ""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, KeyError):
        raise _foreign(path, "a ZIP archive that is damaged", "get it once more") from None
    if "xl/workbook.xml" in names:
        return "workbook"
    if "xl/workbook.bin" in names:
        raise _foreign(path, "a binary Excel workbook (.xlsb)", "save it as .xlsx or CSV")
    if "opendocument.spreadsheet" in kind:
        raise _foreign(path, "an OpenDocument spreadsheet (.ods)", "save it as .xlsx or CSV")
    if kind or any(name.startswith(("word/", "ppt/")) for name in names):
        raise _foreign(path, "a document", "export its table as CSV")
    if names and all(name.endswith(".npy") for name in names):
        raise _foreign(path, "a NumPy archive (.npz)", "write one of its arrays with numpy.savetxt")
    if any(name.endswith("/data.pkl") for name in names):
        raise _foreign(path, "a PyTorch file of weights or tensors", "write the tensors of a table with numpy.savetxt")
    held = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    raise _foreign(path, f"a ZIP archive that holds {held or 'nothing'}", "unpack it, and name the table in it")


def _check_words(path: Path, head: bytes) -> None:
    """Raise DataError for text that is none of rows: a web page, XML, JSON."""
    text = head.decode("utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8", "replace")
    text = text.lstrip("\ufeff")
    if _MARKUP.match(text):
        raise _foreign(path, "a web page (HTML)", "save the table that it shows, or the file that it links to, as CSV")
    if _XML.match(text):
        raise _foreign(path, "XML", EXPORT)
    if _ARFF.match(text):
        raise _foreign(path, "an ARFF file of Weka", "its rows begin below @data: save these as CSV")
    if _JSON.match(text) or _is_json(text, whole=len(head) < HEAD):
        lines = text.lstrip().partition("\n")
        several = lines[0].startswith("{") and lines[2].strip().startswith("{") and _is_json(lines[0], whole=True)
        what, how = ("JSON lines", ", lines=True") if several else ("JSON", "")
        raise _foreign(path, what, f"make it a table: pandas.read_json(FILE{how}).to_csv")


def _is_json(text: str, whole: bool) -> bool:
    """A list or an object."""
    if not whole or not text.lstrip().startswith(("[", "{")):
        return False
    try:
        return isinstance(json.loads(text), list | dict)
    except ValueError:
        return False
