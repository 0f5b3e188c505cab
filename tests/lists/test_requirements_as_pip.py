"""What is read of a requirements file is what pip's own reader makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pip._internal.models.format_control import FormatControl
from pip._internal.req.req_file import RequirementsFileParser, build_parser, get_line_parser

from wheelwell.lists.lines import decoded, lines
from wheelwell.lists.requirements import read
from wheelwell.lists.switches import OF_REQUIREMENTS, read_line
from wheelwell.opposites import ALL
from wheelwell.warm.policy import policy_of

SHA = "ab" * 32

FILE = f"""\
# -*- coding: utf-8 -*-
a==1.0
A.b[extra]>=1,<2 ; python_version < "3.9"   # why
c==1.0 \\
    --hash=sha256:{SHA} \\
    --hash sha512:{SHA}
d == 1.\\
0 --config-settings "one=1 2" -C two=3
e @ https://h.example/e-1.0.tar.gz#sha256={SHA}&x=y ; sys_platform == 'linux'
https://h.example/f-1.0.zip#egg=f

-e git+https://h.example/g.git@v1#egg=g
--editable=./h
-e"./i j" -C three=4
\t./k/l \t
-r nested.txt
--constraint=constraints.txt
${{UNSET_VARIABLE}}==1
n==1.0#no-comment
"""
NESTED = "o==1.0\n--requirement deeper.txt\n"
DEEPER = "# \\\np==1.0\\"
CONSTRAINTS = "q<3\n-r more.txt\n"


def of_pip(path: Path) -> list[tuple[str, bool, bool, list[str]]]:
    """Return what pip reads: texts, editable or not, constraint or not, and hashes."""
    parser = RequirementsFileParser(None, get_line_parser(None))  # type: ignore[arg-type]
    found = []
    for line in parser.parse(str(path), constraint=False):
        hashes: dict[str, list[str]] = getattr(line.opts, "hashes", None) or {}
        told = sorted(f"{kind}:{digest}" for kind, each in hashes.items() for digest in each)
        found.append((str(line.requirement).strip(), line.is_editable, line.constraint, told))
    return found


def of_ours(path: Path, *, is_constraint: bool = False) -> list[tuple[str, bool, bool, list[str]]]:
    found = []
    for _, text in lines(decoded(path.read_bytes()), {}):
        line = read_line(text)
        for name, value in line.switches:
            if name in {"--requirement", "--constraint"}:
                below = path.parent / value
                found += of_ours(below, is_constraint=name == "--constraint")
        hashes = sorted(value for name, value in line.switches if name == "--hash")
        if line.requirement:
            found.append((line.requirement, line.is_editable, is_constraint, hashes))
    return found


def test_lines_are_those_of_pip(tmp_path: Path) -> None:
    for name, text in (
        *(("requirements.txt", FILE), ("nested.txt", NESTED), ("deeper.txt", DEEPER)),
        *(("constraints.txt", CONSTRAINTS), ("more.txt", "r\n")),
    ):
        (tmp_path / name).write_text(text)
    ours = of_ours(tmp_path / "requirements.txt")
    assert ours == of_pip(tmp_path / "requirements.txt")
    assert len(ours) == 16


def test_every_switch_of_pip_is_known_here() -> None:
    known = {
        spelling: option.takes_value()
        for option in build_parser().option_list
        for spelling in (*option._short_opts, *option._long_opts)
    }
    assert known.keys() >= OF_REQUIREMENTS
    known.pop("--global-option", None)  # before pip 25.3
    for spelling, takes_value in known.items():
        line = read_line(f"{spelling} value" if takes_value else spelling)
        assert line.is_editable == (spelling in {"-e", "--editable"})
        assert line.requirement == ("value" if line.is_editable else "")


@pytest.mark.parametrize(
    "text",
    [
        "--no-binary a,B_c\n--only-binary a",
        "--only-binary :all:\n--no-binary a",
        "--no-binary a\n--no-binary :all:\n--only-binary b",
        "--no-binary a,b\n--no-binary :none:\n--only-binary a",
        "--only-binary :all:\n--no-binary :all:,a,:none:,b",
        "--no-binary :all:\n--only-binary :all:",
        "--only-binary a --no-binary b --only-binary b",
    ],
)
def test_formats_take_from_each_other_as_with_pip(tmp_path: Path, text: str) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(text)
    finder: Any = type("Finder", (), {"format_control": FormatControl(), "release_control": None})()
    parse = get_line_parser(finder)
    for line in text.splitlines():
        parse(line)
    control: FormatControl = finder.format_control

    policy = policy_of(read(str(path)).rules)

    for project in ("a", "b", "b-c", "other"):
        allowed = control.get_allowed_formats(project)
        assert policy.may_build(project) == ("source" in allowed), project
        assert policy.must_build(project) == ("binary" not in allowed), project
    assert (ALL in policy.built) == (ALL in control.no_binary)
