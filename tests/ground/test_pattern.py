"""A pattern means the entries that a user would say it means, and no others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.values import PURE, record_of
from wheelwell.errors import UsageError
from wheelwell.pattern import parse_pattern
from wheelwell.record import Record
from wheelwell.request import normalize


def entry(
    name: str = "zope-interface", version: str = "5.0.1", tags: str = "py3-none-any"
) -> Record:
    keyed = replace(PURE, name=name, version=version)
    return record_of(keyed, filename=f"{name.replace('-', '_')}-{version}-{tags}.whl")


@pytest.mark.parametrize(
    "text",
    [
        *("zope-interface", "Zope.Interface", "zope_interface", "ZOPE--interface"),
        *("zope.interface==5.0.1", "zope-interface == 5.0.1.0", "zope.interface==5.*"),
        *("zope.interface==5.0.1.*", "zope.interface==5.0.?", "zope.interface==5*"),
        *(
            "zope_interface-5.0.1-py3-none-any.whl",
            "zope.interface-5.*",
            "zope-interface-5*any.whl",
        ),
        *("zope*", "*", "*-py3-none-any.whl", "zope_interface-?.0.1-*"),
    ],
)
def test_what_is_meant(text: str) -> None:
    assert parse_pattern(text).matches(entry())


@pytest.mark.parametrize(
    "text",
    [
        *("zope", "interface", "zope-interfaces", "zope.interface==5.0", "zope.interface==5"),
        *(
            "zope-interface-5.0.1",
            "zope.interface-6*",
            "*cp312*",
            "interface*",
            "zope.interface==6.*",
        ),
    ],
)
def test_what_is_not_meant(text: str) -> None:
    assert not parse_pattern(text).matches(entry())


@pytest.mark.parametrize(
    "text", ["", "==1", "a==", "a==b c", "a/b", "../x", "a b", "Mark*==1", "-"]
)
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_pattern(text)


@given(
    st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", fullmatch=True),
    st.from_regex(r"(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){0,3}", fullmatch=True),
)
def test_an_entry_is_meant_by_its_name_its_version_and_its_file_in_every_spelling(
    name: str, version: str
) -> None:
    found = entry(normalize(name), version)
    for text in (
        name,
        name.upper(),
        f"{name}=={version}",
        found.filename,
        f"{found.filename[:-4]}*",
    ):
        if not text.lower().endswith(".whl") or text == found.filename:
            assert parse_pattern(text).matches(found), text
