"""Lines of a requirements file as pip reads them: joined, without comments, variables put in."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_ENCODING = re.compile(rb"#.*?coding[:=]\s*([-\w.]+)")

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark its own begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decoded(data: bytes) -> str:
    """Return the text of a file: by its byte order mark, its first two lines (PEP 263), or UTF-8.

    Raises `ValueError`.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding)
    told = filter(None, map(_ENCODING.match, data.split(b"\n", maxsplit=2)[:2]))
    encoding = next((found[1].decode() for found in told), "utf-8")
    try:
        return data.decode(encoding)
    except LookupError as error:
        raise ValueError(f"there is no encoding {encoding}") from error


def lines(text: str, environ: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Yield the logical lines that say something, each with the number of its first line.

    A backslash at the end joins a line with the next, as it stands. `${NAME}` is put in where
    `environ` has it, and it is not empty.
    """
    start, pending = 0, ""
    for number, line in enumerate([*text.splitlines(), ""], 1):
        start = start or number
        is_comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment:
            pending += line.strip("\\")
            continue
        whole = _COMMENT.sub("", f"{pending} {line}" if is_comment else pending + line).strip()
        if whole:
            yield start, _VARIABLE.sub(lambda found: environ.get(found[1]) or found[0], whole)
        start, pending = 0, ""
