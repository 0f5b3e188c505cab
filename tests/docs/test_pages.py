"""The documentation hangs together: links lead somewhere, every page can be reached."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from docs.markdown import DOCS, ROOT, anchors, links, name_of, pages, prose, read, rows

DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
OTHERS = [ROOT / "fixtures" / "README.md"]


@pytest.mark.parametrize("page", [*pages(), *OTHERS], ids=name_of)
def test_every_relative_link_leads_to_a_page_and_a_heading(page: Path) -> None:
    for target in (each for each in links(page) if "://" not in each):
        place, _, anchor = unquote(target).partition("#")
        led = (page.parent / place).resolve() if place else page
        assert led.exists(), f"{target} leads nowhere"
        assert led.is_relative_to(ROOT), f"{target} leads out of the project"
        assert not anchor or anchor in anchors(led), f"{target}: there is no such heading"


HOSTS = {"127.0.0.1", "keepachangelog.com", "semver.org"}
"""What a page may name beside examples."""


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached = {ROOT / "README.md"}
    pending = [*reached]
    while pending:
        page = pending.pop()
        targets = {target.partition("#")[0] for target in links(page) if "://" not in target}
        found = {(page.parent / target).resolve() for target in targets if target.endswith(".md")}
        pending += found - reached
        reached |= found
    assert {*pages()} <= reached


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_a_page_has_one_title_that_comes_first(page: Path) -> None:
    titles = [line for line in prose(page).splitlines() if line.startswith("# ")]
    assert len(titles) == 1
    assert read(page).startswith(titles[0])


def test_decisions_are_numbered_from_one_without_a_gap() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers == [*range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("page", DECISIONS, ids=name_of)
def test_a_decision_tells_situation_choice_and_what_was_given_up(page: Path) -> None:
    headings = [line for line in read(page).splitlines() if line.startswith("#")]
    assert headings[0].startswith(f"# {page.name[:4]} ")
    assert headings[1:] == ["## Situation", "## Choice", "## Given up"]


def test_the_readme_names_the_ten_promises_and_each_has_its_exceptions_beside_it() -> None:
    guarantees = DOCS / "explanation" / "guarantees.md"
    linked = [
        target.partition("#")[2]
        for target in links(ROOT / "README.md")
        if "guarantees.md#" in target and target.partition("#")[2][0].isdigit()
    ]
    assert [anchor.partition("-")[0] for anchor in linked] == [str(n) for n in range(1, 11)]
    parts = [part for part in read(guarantees).split("\n## ") if part[0].isdigit()]
    assert len(parts) == len(linked)
    for part in parts:
        assert "\nExceptions:" in part, part.splitlines()[0]


def test_a_word_of_the_glossary_is_explained_once_and_in_order() -> None:
    words = [row[0] for row in rows(read(DOCS / "reference" / "glossary.md"))]
    assert words == sorted({*words})


def test_the_changelog_says_what_is_not_released_yet() -> None:
    assert "\n## Unreleased\n" in read(ROOT / "CHANGELOG.md")


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_a_page_names_no_place_of_the_machine_that_it_was_written_on(page: Path) -> None:
    text = read(page)
    hosts = re.findall(r"https?://([A-Za-z0-9.-]+)", text)
    assert not re.search(r"/root/|/tmp/", text)
    assert {host for host in hosts if not host.endswith(".example")} <= HOSTS
