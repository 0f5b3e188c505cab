"""Trying the documentation's examples: on a terminal, as somebody who types them would see it."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shlex
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from docs.markdown import Block
from support.index import IndexServer
from support.interpreters import interpreters
from support.projects import BACKEND, make_sdist, make_wheel, materialise
from support.repositories import Repository

# What the examples ask an index for. On loopback each is the fixture `c-extension` by that name.
OFFERED = {
    "markupsafe": ("3.0.1", "3.0.2"),
    "msgpack": ("1.1.0",),
    "lxml": ("5.3.0",),
    "psutil": ("6.1.0",),
}
UPLOADED = {"0.10.7": "2024-09-20T12:00:00Z", "1.1.2": "2025-12-01T12:00:00Z"}
"""When the versions of a backend were uploaded of which the second refuses an older source."""

ADA = "/home/ada"
"""The home directory of whoever types the examples."""

_LIMIT = 120.0
_PYTHON = re.compile(r"--python (3\.\d+)")
_VARYING = (
    (re.compile(r"[^\s\"',(=]*/python3(\.\d+)?\b"), "PYTHON"),
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])"), "SHA256"),
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{16}(?![0-9a-f])"), "BUILD"),
    (re.compile(r"\bcp3\d+\b"), "cp3NN"),
    (re.compile(r"\bcpython-3\d+"), "cpython-3NN"),
    (re.compile(r"\b(linux|macosx)_\w+\b"), "PLATFORM"),
    (re.compile(r"\b\d+\.\d+ s\b"), "N s"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"), "INSTANT"),
    (re.compile(r'"seconds": [\d.e-]+'), '"seconds": N'),
    (re.compile(r" +[\d.]+ (B|kB|MB)\b"), " SIZE"),
    (re.compile(r"https?://[^\s\"]+"), "URL"),
)
"""What is another on every machine and at every run."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command that is typed, and what the terminal shows then."""

    command: str
    shown: str


@dataclass(slots=True)
class Machine:
    """A place to type commands at: what one leaves, the next one finds."""

    home: Path
    directory: Path
    environ: dict[str, str]
    status: int = 0
    """Of the last command."""

    _state: Path = field(init=False)

    def __post_init__(self) -> None:
        self._state = self.home / ".state"
        self._state.write_text("")

    def type(self, command: str) -> str:
        """Run a command of a shell on a terminal; return what is seen when it is over."""
        script = (
            f"source {shlex.quote(str(self._state))}\n"
            f"(exit {self.status})\n"
            f"{command}\n"
            "status=$?\n"
            f'{{ export -p; echo "cd \\"$PWD\\""; }} > {shlex.quote(str(self._state))}\n'
            "exit $status\n"
        )
        argv = ["bash", "--noprofile", "--norc", "-c", script]
        self.status, output = _on_terminal(argv, self.directory, self.environ)
        return _settled(output)

    def python(self, program: str) -> str:
        """Run a Python program; return what it printed. It must succeed, without a warning."""
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            cwd=self.directory,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=_LIMIT,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def steps(block: Block) -> list[Step]:
    """Return the steps of a block in the language `console`: commands after `$ `, and answers."""
    found: list[tuple[list[str], list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append(([line[2:]], []))
        elif line.startswith("> ") and not found[-1][1]:
            found[-1][0].append(line[2:])
        else:
            found[-1][1].append(line)
    return [Step("\n".join(command), "\n".join(shown)) for command, shown in found]


def agrees(shown: str, seen: str, home: Path) -> bool:
    """Say whether the documentation shows what is seen; `…` stands for anything, many lines too."""
    parts = [re.escape(part) for part in _leveled(shown).strip().split("…")]
    return (
        re.fullmatch(".*".join(parts), _leveled(_at_ada(seen, home)).strip(), re.DOTALL) is not None
    )


def _at_ada(text: str, home: Path) -> str:
    """Return the text as if the home directory were Ada's."""
    return text.replace(os.path.realpath(home), ADA).replace(str(home), ADA)


def _leveled(text: str) -> str:
    for pattern, name in _VARYING:
        text = pattern.sub(name, text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def require_pythons(block: Block) -> None:
    """Skip the test where this machine lacks a Python that an example asks for."""
    missing = {*_PYTHON.findall(block.text)} - interpreters().keys()
    if missing:
        pytest.skip(f"needs Python {', '.join(sorted(missing))}")


def furnish(home: Path, reach: Mapping[str, str]) -> Machine:
    """Return a machine with every Python that tests may use.

    `reach` are the variables by which it reaches an index.
    """
    home.mkdir()
    commands = home / "bin"
    commands.mkdir()
    for version, python in interpreters().items():
        (commands / f"python{version}").symlink_to(os.path.realpath(python))
    own = os.path.dirname(sys.executable)
    environ = {
        "HOME": str(home),
        "PATH": os.pathsep.join([own, str(commands), "/usr/local/bin", "/usr/bin", "/bin"]),
        "LANG": "C.UTF-8",
        "TERM": "xterm",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **reach,
    }
    directory = home / "work"
    directory.mkdir()
    return Machine(home, directory, environ)


def offered(into: Path) -> Iterator[Path]:
    """Make the source archives that the examples ask for."""
    for name, versions in OFFERED.items():
        for version in versions:
            place = into / f"{name}-{version}"
            project = {"name": name, "version": version}
            yield make_sdist(materialise("c-extension", place, project=project), into)


def stock(index: IndexServer, into: Path) -> None:
    """Let an index have a source that builds with the backend of its day, and not with today's."""
    for version, uploaded in UPLOADED.items():
        refusal = b"" if version == "0.10.7" else _REFUSAL
        files = {"scikit_build_core.py": BACKEND.read_bytes() + refusal}
        place = into / version
        index.add(
            make_wheel(place, "scikit-build-core", version, files=files), upload_time=uploaded
        )
    tree = materialise(
        "c-extension",
        into,
        project={"name": "levenshtein", "version": "0.26.1"},
        build_system={
            "requires": ["scikit-build-core>=0.10"],
            "build-backend": "scikit_build_core",
            "backend-path": [],
        },
    )
    (tree / BACKEND.name).unlink()
    index.add(make_sdist(tree, into), upload_time="2024-10-27T12:00:00Z")


_REFUSAL = b"""

class ConfigurationError(Exception):
    pass


def build_wheel(*_):
    raise ConfigurationError("Extra keys present in \\"project\\": 'Changelog', 'Homepage'")
"""


def lay_out(here: Path) -> None:
    """Put the projects into a directory that the examples speak of."""
    materialise("pure", here / "a")
    (here / "a" / "pure").rename(here / "a" / "directory")
    materialise("c-extension-broken", here)
    _lacking_a_header(here)
    made = materialise("dynamic-version", here, project={"name": "some"}, git_describe=True)
    made.rename(here / "repository")
    repository = Repository(here / "repository")
    repository.commit()
    repository.tag("v1.0")


def _lacking_a_header(here: Path) -> None:
    """Make a project that leaves its extension out without a header, and that header elsewhere."""
    named = {"name": "answers", "version": "1.0"}
    made = materialise("c-extension", here, project=named, optional=True)
    made.rename(here / "answers")
    code = here / "answers" / "c_extension" / "_answer.c"
    code.write_text(f"#include <deep_thought.h>\n{code.read_text()}")
    reads = "import os\n\nMORE = os.environ.get('ANSWERS_MORE')\n"
    (here / "answers" / "setup.py").write_text(reads)
    (here / "opt" / "include").mkdir(parents=True)
    (here / "opt" / "include" / "deep_thought.h").touch()


def _on_terminal(argv: list[str], directory: Path, environ: dict[str, str]) -> tuple[int, str]:
    """Run a command on a terminal of its own; return its status, and all that it wrote."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    try:
        process = subprocess.Popen(
            argv,
            cwd=directory,
            env=environ,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
    finally:
        os.close(theirs)
    with process:
        output = b"".join(_read(ours))
        os.close(ours)
        return process.wait(_LIMIT), output.decode(errors="replace")


def _read(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(descriptor, 1 << 16)
        except OSError as error:
            if error.errno == errno.EIO:  # Linux's way to say that the other end is closed
                return
            raise
        if not chunk:
            return
        yield chunk


def _settled(output: str) -> str:
    """Return what stays on the screen: a line that is written over is gone."""
    lines = (line.removesuffix("\r").rpartition("\r")[2] for line in output.split("\n"))
    return "\n".join(re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line) for line in lines)
