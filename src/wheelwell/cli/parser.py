"""The arguments of every command. Names and switches follow pip where pip has them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any

from wheelwell.cli import keeping
from wheelwell.cli.commands import EXITS, Subparsers, add_command, add_place
from wheelwell.export import FORMS
from wheelwell.version import VERSION

_DESCRIPTION = "The build cache for Python wheels: every wheel is built at most once."
_GET = """\
Print the path of each request's wheel, one a line: from the cache, or built from source
and put there. All else goes to standard error.

A request is a requirement (lxml==5.3.0, "msgpack>=1"), the path or URL of a source archive,
a Git URL (git+https://HOST/PATH@REF), or the directory of a project.
"""
_WARM = """\
Have the wheels of many requests ready for many Pythons. What upstream has a wheel for that fits is
not built. Builds run side by side, each as soon as a slot and the memory that it took before are
free, the longest first; a failure is told at the end with the telling lines of its log, and the
rest goes on. What is there is not built again: the same command goes on where it was stopped.

Lists are requirements files (-r), pylock.toml, uv.lock, poetry.lock, pdm.lock and pyproject.toml.
One that is neither locked nor a list of exact pins is resolved first, for each Python, by uv or
pip. Of a REQUEST only what is named is wanted, not what it depends on.
"""
_WARM_EXAMPLES = """\
examples:
  wheelwell warm -r requirements.txt --python 3.11 --python 3.12 --jobs 2
  wheelwell warm uv.lock --group test --extra gpu
  wheelwell warm pylock.toml --no-binary :all: --report report.json --summary report.md

"""
_EXPLAIN = """\
Say of each request what its key is made of, part by part, and what the cache has for it: the
wheel and why it may be handed out, or the nearest entry and the fields that differ. Nothing is
built. A request that the cache cannot answer exits with 3.
"""
_EXPORT = """\
Bring wheels out of the cache, in a form that others take: a flat directory (pip and uv:
--find-links), a static index that any web server serves, a tar of whole entries (`wheelwell
import`), or pip's own cache, so that plain `pip install` builds nothing. What a request names is
looked up as `get` does; nothing is built, and what is not in the cache exits with 3.
"""
_EXPORT_EXAMPLES = """\
examples:
  wheelwell export -r requirements.txt -o wheels/
  wheelwell export --all --to index -o /srv/wheels
  wheelwell export -r requirements.txt --to tar -o - | ssh ada@host.example wheelwell import -
  wheelwell export lxml==5.3.0 --to pip-cache --python .venv

"""
_IMPORT = """\
Take the entries of a tar that `wheelwell export --to tar` made into this cache. All of it is
checked: names, sizes, keys, hashes, and each wheel as a built one; what is not good is left out,
and the rest imported. Whoever made the tar decides all the same what you install from it.
"""
_GET_EXAMPLES = """\
examples:
  wheelwell get markupsafe==3.0.2
  wheelwell get "msgpack>=1" psutil==6.1.0 --python 3.12 --python 3.13 --json
  wheelwell get ./some-sdist-1.0.tar.gz ./a/directory git+file:///a/repository@v1.0
  wheelwell get -r requirements.txt -o wheels/

"""


_REPRODUCE = """\
Build the wheel of each request again, in the same way, and compare it with the one in the cache,
which is built first where it is not there: byte by byte, then file by file. What differs is told,
with what it seems to come of. Nothing in the cache changes. A difference exits with 5.
"""


def parser(only: str = "") -> argparse.ArgumentParser:
    """Return the parser of the command line; with `only`, of other commands than that the names.

    To describe twenty commands takes longer than a hit.
    """
    top = argparse.ArgumentParser(
        prog="wheelwell",
        description=_DESCRIPTION,
        epilog=EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"wheelwell {VERSION}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for name, add in COMMANDS.items():
        if only in {"", name} or only not in COMMANDS:
            add(commands)
        else:
            commands.add_parser(name)
    return top


def _add_get(commands: Subparsers) -> None:
    get = add_command(
        commands,
        "get",
        _get,
        "give the wheel of each request, built if it is not there",
        description=_GET,
        epilog=_GET_EXAMPLES,
    )
    _add_requests(get, "what to give the wheel of")
    build = get.add_argument_group("what is built, and how")
    _add_settings(build)
    _add_building(build)
    _add_sources(get)
    _add_output(get)
    add_place(get)


def _add_warm(commands: Subparsers) -> None:
    warm = add_command(
        commands,
        "warm",
        _warm,
        "have many wheels for many Pythons ready, in parallel",
        description=_WARM,
        epilog=_WARM_EXAMPLES,
    )
    _add_requests(warm, "a requirement, or a list by its file: a lock, or a pyproject.toml")
    group = warm.add_argument_group("what of a list is wanted")
    group.add_argument(
        "--group", action="append", default=[], metavar="NAME", help="a dependency group too"
    )
    group.add_argument("--extra", action="append", default=[], metavar="NAME", help="an extra too")
    group.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="PATTERNS",
        help="only these: NAME, NAME==VERSION, or with *, commas between them (may repeat)",
    )
    group.add_argument(
        "--skip",
        action="append",
        default=[],
        metavar="PATTERNS",
        help="not these, and the rest of the list (may repeat)",
    )
    build = warm.add_argument_group("what is built, and how")
    build.add_argument(
        "--no-binary",
        **_rule("--no-binary"),
        help="build these though upstream has a wheel: names with commas, :all: or :none:",
    )
    build.add_argument(
        "--only-binary",
        **_rule("--only-binary"),
        help="never build these: what the cache and upstream lack is a failure",
    )
    build.add_argument(
        *("-j", "--jobs"),
        type=int,
        metavar="N",
        help="how many builds run at once (default: one for each core)",
    )
    build.add_argument(
        "--farm",
        metavar="URL",
        help="build on the workers of a Dask scheduler (tls://HOST:8786, or its scheduler file), "
        "which share the cache directory",
    )
    _add_settings(build)
    _add_building(build, is_warm=True)
    _add_sources(warm)
    told = warm.add_argument_group("what is told, and where wheels go")
    told.add_argument(
        "--wheelhouse",
        metavar="DIR",
        help="copy each wheel to DIR too, and upstream's, so that all can be installed from there",
    )
    told.add_argument(
        "--sdists",
        action="store_true",
        help="with --wheelhouse: copy source archives there too",
    )
    again = warm.add_argument_group("what was begun before")
    again.add_argument(
        "--resume",
        action="store_true",
        help="go on with the last warm-up, without naming again what was asked for",
    )
    again.add_argument(
        "--retry-failed",
        action="store_true",
        help="try again what failed in the last twelve hours, though nothing has changed since",
    )
    told.add_argument("--report", metavar="FILE", help="write a report as JSON")
    told.add_argument("--junit", metavar="FILE", help="write a report as JUnit XML")
    told.add_argument("--summary", metavar="FILE", help="write a summary as Markdown")
    told.add_argument(
        *("-n", "--dry-run"), action="store_true", help="build nothing, and say what would be"
    )
    told.add_argument("--json", action="store_true", help="print one JSON object an outcome")
    told.add_argument("-q", "--quiet", action="store_true", help="say only what went wrong")
    add_place(warm)


def _add_explain(commands: Subparsers) -> None:
    explain = add_command(
        commands,
        "explain",
        _explain,
        "say what a request's key is made of, and what the cache has for it",
        description=_EXPLAIN,
    )
    _add_requests(explain, "what to explain")
    _add_settings(explain.add_argument_group("what would be built"))
    _add_sources(explain)
    group = explain.add_argument_group("what is printed")
    group.add_argument("--json", action="store_true", help="print one JSON object a request")
    group.add_argument("-q", "--quiet", action="store_true", help="say only what went wrong")
    add_place(explain)


def _add_export(commands: Subparsers) -> None:
    summary = "bring wheels out of the cache: to a directory, an index, a tar, or pip's cache"
    export = add_command(
        commands, "export", _export, summary, description=_EXPORT, epilog=_EXPORT_EXAMPLES
    )
    _add_requests(export, "what to export the wheel of")
    export.add_argument(
        "--pattern",
        action="append",
        default=[],
        metavar="PATTERN",
        help="export the entries that a PATTERN means, as `remove` takes them (may repeat)",
    )
    export.add_argument("--all", action="store_true", help="export all entries")
    where = export.add_argument_group("where to")
    where.add_argument(
        "--to",
        choices=FORMS,
        default=FORMS[0],
        metavar="FORM",
        help="dir: a flat directory (default); index: a static index; tar: whole entries; "
        "pip-cache: the cache of the pip of --python",
    )
    where.add_argument(
        *("-o", "--output"),
        default="",
        metavar="DEST",
        help="the directory, or the tar (- for standard output); pip's cache is where pip says",
    )
    where.add_argument("--force", action="store_true", help="replace other files of the same name")
    where.add_argument(
        "--require-native",
        action="store_true",
        default=None,
        help="leave out a degraded wheel, one that lacks an extension which did not compile",
    )
    _add_settings(export.add_argument_group("which build of it"))
    _add_sources(export)
    _add_telling(export, "wheel")
    add_place(export)


def _add_import(commands: Subparsers) -> None:
    imported = add_command(
        commands, "import", _import, "take the entries of a tar into the cache", description=_IMPORT
    )
    imported.add_argument("tar", metavar="FILE", help="the tar (- for standard input)")
    _add_telling(imported, "entry")
    add_place(imported)


def _add_telling(command: argparse.ArgumentParser, each: str) -> None:
    group = command.add_argument_group("what is printed")
    group.add_argument("--json", action="store_true", help=f"print one JSON object a {each}")
    group.add_argument("-q", "--quiet", action="store_true", help="say only what went wrong")


def _add_reproduce(commands: Subparsers) -> None:
    reproduce = add_command(
        commands,
        "reproduce",
        _reproduce,
        "build wheels again, and say whether they come out the same",
        description=_REPRODUCE,
    )
    _add_requests(reproduce, "what to build again")
    build = reproduce.add_argument_group("what is built, and how")
    _add_settings(build)
    build.add_argument(
        "--timeout",
        type=float,
        metavar="SECONDS",
        help="end a build that takes longer (default: no limit; 0: none)",
    )
    _add_sources(reproduce)
    group = reproduce.add_argument_group("what is printed, and where wheels go")
    group.add_argument("-o", "--output", metavar="DIR", help="keep each second wheel in DIR")
    group.add_argument("--json", action="store_true", help="print one JSON object a request")
    loudness = group.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="say only what went wrong")
    loudness.add_argument(
        *("-v", "--verbose"), action="store_true", help="show the build's log as it is written"
    )
    add_place(reproduce)


def _add_requests(command: argparse.ArgumentParser, purpose: str) -> None:
    command.add_argument("requests", nargs="*", metavar="REQUEST", help=purpose)
    command.add_argument(
        *("-r", "--requirement"),
        action="append",
        default=[],
        metavar="FILE",
        help="take requests from a requirements file too (may repeat)",
    )
    command.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="PY",
        help="build for this Python: a version (3.12), a path, or a virtual environment "
        "(may repeat; default: the active environment, else the one that runs wheelwell)",
    )


def _add_settings(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        *("-C", "--config-settings"),
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="pass a setting to the build backend (PEP 517; may repeat)",
    )
    group.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME[=VALUE]",
        help="give the build a variable, which becomes part of the key (may repeat)",
    )
    group.add_argument(
        "--secret-env",
        action="append",
        default=[],
        metavar="NAME",
        help="give the build a variable that is set here, and keep its value out of key, record "
        "and log (may repeat)",
    )
    group.add_argument(
        "--build-constraint",
        action="append",
        default=[],
        metavar="FILE",
        help="constrain the build requirements by those in FILE, or by one itself, as in "
        "'setuptools<81' (may repeat)",
    )
    group.add_argument(
        "--build-requirement",
        action="append",
        default=[],
        metavar="REQ",
        help="a build requirement that the source does not declare (may repeat)",
    )
    group.add_argument(
        "--no-build-isolation",
        action="store_false",
        default=None,
        dest="build_isolation",
        help="build in the environment of the Python that is built for, as it is",
    )
    group.add_argument(
        "--build-as-of",
        metavar="DATE",
        help="resolve build requirements as they were on DATE, or at an instant; when the source "
        "was uploaded (upload); or then if it does not build today (auto)",
    )
    group.add_argument(
        "--reuse",
        choices=["fit", "exact"],
        metavar="HOW",
        help="fit: another build's wheel will do where it is as good (default); exact: none will",
    )


def _add_building(group: argparse._ArgumentGroup, *, is_warm: bool = False) -> None:
    group.add_argument("--rebuild", action="store_true", help="build again, even on a hit")
    if not is_warm:
        group.add_argument(
            "--no-build", action="store_true", help="never build: a miss exits with 3"
        )
        group.add_argument(
            "--prefer-binary",
            action="store_true",
            help="take the index's own wheel where it has one that fits",
        )
    group.add_argument(
        "--require-native",
        action="store_true",
        default=None,
        help="refuse a degraded wheel, one that lacks an extension which did not compile",
    )
    group.add_argument(
        "--timeout",
        type=float,
        metavar="SECONDS",
        help="end a build that takes longer (default: no limit; 0: none)",
    )
    if not is_warm:
        group.add_argument(
            "--keep", action="store_true", help="leave the build's directory in place"
        )


def _add_sources(get: argparse.ArgumentParser) -> None:
    group = get.add_argument_group("where sources come from")
    group.add_argument("--index-url", "-i", metavar="URL", help="the index to ask (PEP 503)")
    group.add_argument(
        "--extra-index-url",
        action="append",
        metavar="URL",
        help="a further index (may repeat); all are equal",
    )
    group.add_argument(
        *("-f", "--find-links"),
        action="append",
        metavar="PLACE",
        help="a directory of archives, or a page of links to them (may repeat)",
    )
    group.add_argument(
        "--no-index", action="store_true", default=None, help="ask no index, only --find-links"
    )
    group.add_argument(
        "--build-index-url",
        metavar="URL",
        help="the index for build requirements, if it is another",
    )
    group.add_argument(
        "--pre",
        action="append_const",
        dest="rules",
        const=("--all-releases", ":all:"),
        default=[],
        help="choose pre-releases too",
    )
    group.add_argument("--offline", action="store_true", help="never use the network")
    group.add_argument(
        "--refresh", action="store_true", help="ask the index again for what is known already"
    )


def _add_output(get: argparse.ArgumentParser) -> None:
    group = get.add_argument_group("what is printed, and where wheels go")
    group.add_argument(
        *("-o", "--output"), metavar="DIR", help="copy each wheel to DIR, and print those paths"
    )
    group.add_argument("--json", action="store_true", help="print one JSON object a wheel")
    loudness = group.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="say only what went wrong")
    loudness.add_argument(
        *("-v", "--verbose"), action="store_true", help="show the build's log as it is written"
    )


def _rule(switch: str) -> Any:
    """Return how a switch is read of which a later one takes back an earlier one."""
    return {
        "action": "append",
        "dest": "rules",
        "type": lambda value: (switch, value),
        "default": [],
        "metavar": "NAMES",
    }


def _get(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.get import get

    return get(arguments)


def _warm(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.warm import warm

    return warm(arguments)


def _export(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.export import export

    return export(arguments)


def _import(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.importing import import_tar

    return import_tar(arguments)


def _explain(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.explain import explain

    return explain(arguments)


def _reproduce(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.reproduce import reproduce

    return reproduce(arguments)


COMMANDS: Mapping[str, Callable[[Subparsers], None]] = {
    "get": _add_get,
    "warm": _add_warm,
    "explain": _add_explain,
    "reproduce": _add_reproduce,
    "export": _add_export,
    "import": _add_import,
    **keeping.COMMANDS,
}
"""What describes each command."""
