"""Selection: which of a project's files a requirement asks for. Values only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.utils import (
    BuildTag,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from wheelwell.request import ARCHIVE_SUFFIXES
from wheelwell.requires_python import admits
from wheelwell.sources.index import IndexFile


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A file of the right project, with the version that its name tells."""

    file: IndexFile
    version: Version

    rank: int | None
    """None for a source archive; for a wheel its place among the tags wanted, 0 the best."""

    build: BuildTag = ()
    """Of a wheel: which of the builds with the same tags it is, the highest the best (PEP 427)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The file to take, or why there is none."""

    candidate: Candidate | None
    reason: str = ""
    """Why there is none."""

    hint: str = ""
    """What to try where there is none."""

    note: str = ""
    """What a user should know about the choice; empty for nothing."""


def candidates(
    files: Iterable[IndexFile], *, name: str, rank: Callable[[IndexFile], int | None]
) -> list[Candidate]:
    """Return the source archives and fitting wheels among `files`; `rank` judges a wheel's tags."""
    found = []
    for file in files:
        if file.filename.endswith(".whl"):
            told = _wheel_version(file.filename, name)
            place = rank(file)
            if told is not None and place is not None:
                version, build = told
                found.append(Candidate(file=file, version=version, rank=place, build=build))
        elif (of_source := sdist_version(file.filename, name)) is not None:
            found.append(Candidate(file=file, version=of_source, rank=None))
    return found


def sdist_version(filename: str, name: str) -> Version | None:
    """Return the version that a source archive's name tells, or None if it is not of `name`.

    Before PEP 625 names were not normalized, and dashes in them make the name ambiguous: the
    project's name, which is known, decides.
    """
    suffix = next((each for each in ARCHIVE_SUFFIXES if filename.lower().endswith(each)), "")
    if not suffix:
        return None
    stem = filename[: -len(suffix)]
    if suffix in {".tar.gz", ".zip"}:
        try:
            found, version = parse_sdist_filename(filename)
        except ValueError:  # also of a number with too many digits
            pass
        else:
            if found == name:
                return version
    for dash in (place for place, letter in enumerate(stem) if letter == "-"):
        if canonicalize_name(stem[:dash]) == name:
            try:
                return Version(stem[dash + 1 :])
            except ValueError:
                continue
    return None


def is_of(filename: str, name: str) -> bool:
    """Say whether a file's name is that of a source archive or wheel of the project `name`."""
    if filename.endswith(".whl"):
        return _wheel_version(filename, name) is not None
    return sdist_version(filename, name) is not None


def choose(
    found: Sequence[Candidate],
    *,
    specifier: str,
    python: str,
    hashes: Sequence[str] = (),
    wants_binary: bool = False,
    prereleases: bool | None = None,
) -> Choice:
    """Return the candidate that a requirement asks for, the newest first.

    Yanked files are taken only for an exact pin (PEP 592), pre-releases where the specifier names
    one or there is nothing else (PEP 440) or `prereleases` says so, none whose `Requires-Python`
    leaves out `python`, and none whose hashes are known not to be among `hashes`. For equal
    versions and kinds the first of `found` wins: indexes come in the user's order.
    """
    usable = found if wants_binary else [each for each in found if each.rank is None]
    if not usable:
        return _no_sources(found)
    allowed = SpecifierSet(specifier, prereleases=prereleases)
    matching = _matching(usable, allowed)
    if not matching:
        return _none_matches(usable, found, specifier)
    here = [each for each in matching if admits(each.file.requires_python, python)]
    if not here:
        return _other_pythons(matching, python)
    promised = [each for each in here if _may_hash(each.file, hashes)]
    if not promised:
        names = ", ".join(sorted({each.file.filename for each in here[:3]}))
        return Choice(
            candidate=None,
            reason=f"the hashes asked for are not those of {names}",
            hint="the file was replaced, or the list of hashes is of another version",
        )
    best = max(each.version for each in promised)
    of_best = [each for each in promised if each.version == best]
    latest_first = sorted(of_best, key=lambda each: each.build, reverse=True)
    chosen = min(latest_first, key=_preference)
    return Choice(candidate=chosen, note=_note(chosen, found, allowed, python))


def _matching(usable: Sequence[Candidate], allowed: SpecifierSet) -> list[Candidate]:
    clauses = [*allowed]
    is_pin = len(clauses) == 1 and clauses[0].operator in {"==", "==="}
    is_pin = is_pin and not clauses[0].version.endswith(".*")
    listed = [each for each in usable if each.file.yanked is None]
    if is_pin and not any(allowed.contains(each.version, prereleases=True) for each in listed):
        listed = [*usable]
    versions = {*allowed.filter({each.version for each in listed})}
    return [each for each in listed if each.version in versions]


def _may_hash(file: IndexFile, hashes: Sequence[str]) -> bool:
    """Say whether the file may have one of the hashes: one that is not told may be any."""
    told = [wanted.partition(":") for wanted in hashes if wanted.partition(":")[0] in file.hashes]
    return not told or any(file.hashes[kind] == digest.lower() for kind, _, digest in told)


def _preference(candidate: Candidate) -> tuple[int, int]:
    """Order the files of one version: the best wheel, then source archives, `.tar.gz` first."""
    if candidate.rank is not None:
        return (0, candidate.rank)
    name = candidate.file.filename.lower()
    place = next(i for i, suffix in enumerate(ARCHIVE_SUFFIXES) if name.endswith(suffix))
    return (1, place)


def _note(chosen: Candidate, found: Sequence[Candidate], allowed: SpecifierSet, python: str) -> str:
    notes = []
    if chosen.file.yanked is not None:
        why = f": {chosen.file.yanked}" if chosen.file.yanked else ""
        notes.append(f"{chosen.file.filename} was yanked{why}")
    sourced = {each.version for each in found if each.rank is None}
    here = [each for each in found if admits(each.file.requires_python, python)]
    listed = {each.version for each in here if each.file.yanked is None}
    newer = {each for each in allowed.filter(listed) if each > chosen.version} - sourced
    if chosen.rank is None and newer:
        notes.append(f"{max(newer)} is newer, but it has wheels only, and no source")
    return "; ".join(notes)


def _no_sources(found: Sequence[Candidate]) -> Choice:
    if found:
        newest = max(each.version for each in found)
        why = f"it has wheels only (up to {newest}), and no source"
        return Choice(candidate=None, reason=why, hint=_BINARY)
    return Choice(
        candidate=None,
        reason="it has no source archive",
        hint="is it the right project, at the right index?",
    )


_BINARY = "--prefer-binary takes upstream's wheel"


def _none_matches(
    usable: Sequence[Candidate], found: Sequence[Candidate], specifier: str
) -> Choice:
    if all(each.file.yanked is not None for each in usable):
        newest = max(each.version for each in usable)
        why = f"all its sources are yanked; only an exact pin takes one, such as =={newest}"
        return Choice(candidate=None, reason=why, hint="ask for another version, or pin that one")
    versions = sorted({each.version for each in usable}, reverse=True)
    listed = {each.version for each in usable if each.file.yanked is None}
    named = [str(each) if each in listed else f"{each} (yanked)" for each in versions[:8]]
    shown = ", ".join(named) + (", …" if len(versions) > 8 else "")
    others = _matching([each for each in found if each not in usable], SpecifierSet(specifier))
    wheels = f"{max(each.version for each in others)} has wheels only; " if others else ""
    return Choice(
        candidate=None,
        reason=f"{wheels}no version with a source matches {specifier or 'it'}; there are: {shown}",
        hint=_BINARY if wheels else "ask for one of those",
    )


def _other_pythons(matching: Sequence[Candidate], python: str) -> Choice:
    newest = max(matching, key=lambda each: each.version)
    return Choice(
        candidate=None,
        reason=(
            f"{newest.file.filename} and older ones that match are not for Python {python} "
            f"(it says: Python {newest.file.requires_python})"
        ),
        hint="--python takes another one",
    )


def _wheel_version(filename: str, name: str) -> tuple[Version, BuildTag] | None:
    """Return the version that a wheel's name tells, and which build of it, if it is of `name`."""
    try:
        found, version, build, _ = parse_wheel_filename(filename)
    except ValueError:
        return None
    return (version, build) if found == name else None
