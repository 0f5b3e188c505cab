"""The house: imports go down only, the ground is pure, and a start of the command loads little."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "wheelwell"

FACES = {"cli", "service", "__main__"}
FACADE = {
    *("cache", "warm", "explain", "install", "compose", "config", "pip_settings"),
    *("export", "farm", "importing", "lists"),
    *("builds", "dates", "failures", "lookup", "noting", "reproduction", "parts", "plan"),
    *("planner", "supply"),
    "wheelwell",
}
MIDDLE = {"store", "tiers", "sources", "builder"}
# Every other module of the top level is ground.

# What reaches disk, network, clock, environment or chance. `pathlib` is not in it, so that values
# can hold paths, and `os.path` is excepted below.
WORLD = {
    *("asyncio", "ctypes", "fcntl", "getpass", "glob", "http.client", "http.server", "importlib"),
    *("mmap", "multiprocessing", "open", "os", "platform", "pwd", "random", "secrets", "select"),
    *("shutil", "signal", "site", "socket", "sqlite3", "ssl", "subprocess", "sysconfig"),
    *("tempfile", "time", "urllib.request", "uuid"),
    *("aiohttp", "build", "filelock", "installer", "obstore", "platformdirs", "pyproject_hooks"),
    *("requests", "rich", "urllib3"),
    *("dask", "distributed"),
}

# What only a miss, a server or a terminal needs: a start that loads one of these is slow.
HEAVY = {
    *(
        "aiohttp",
        "asyncio",
        "build",
        "elftools",
        "email",
        "filelock",
        "http.client",
        "installer",
        "obstore",
    ),
    *("packaging", "pyproject_hooks", "requests", "rich", "sqlite3", "ssl", "tempfile"),
    *("urllib.request", "urllib3"),
    *("dask", "distributed", "multiprocessing"),
}


def test_imports_go_down_only() -> None:
    assert PACKAGE.is_dir()
    assert faults(PACKAGE) == []


@pytest.mark.parametrize(
    ("path", "source", "fault"),
    [
        ("digest.py", "import wheelwell.cache", "digest.py:1: ground imports cache, above it"),
        (
            "digest.py",
            "from wheelwell import get",
            "digest.py:1: ground imports wheelwell, above it",
        ),
        (
            "store/disk.py",
            "from wheelwell import cli",
            "store/disk.py:1: middle imports cli, above it",
        ),
        (
            "store/disk.py",
            "from ..cache import x",
            "store/disk.py:1: middle imports cache, above it",
        ),
        ("cache.py", "import wheelwell.cli.main", "cache.py:1: facade imports cli, above it"),
        (
            "store/disk.py",
            "from .. import tiers",
            "store/disk.py:1: store imports tiers, beside it",
        ),
        (
            "store/disk.py",
            "def f():\n    from wheelwell.builder.probe import x",
            "store/disk.py:2: store imports builder, beside it",
        ),
        (
            "store/disk.py",
            "if TYPE_CHECKING:\n    from wheelwell.builder import x",
            "store/disk.py:2: store imports builder, beside it",
        ),
        ("cache.py", "from wheelwell.store import x", "cache.py:1: only compose may import store"),
        (
            "cli/get.py",
            "import wheelwell.store.disk",
            "cli/get.py:1: only compose may import store",
        ),
        ("__init__.py", "from .store import x", "__init__.py:1: only compose may import store"),
        ("digest.py", "import os", "digest.py:1: ground touches os"),
        ("digest.py", "import os.path\nos.getcwd()", "digest.py:2: ground touches os.getcwd"),
        ("digest.py", "from os import environ", "digest.py:1: ground touches os.environ"),
        ("digest.py", "import urllib.request", "digest.py:1: ground touches urllib.request"),
        ("digest.py", "from urllib import request", "digest.py:1: ground touches urllib.request"),
        ("digest.py", "def f(p):\n    open(p)", "digest.py:2: ground touches open"),
    ],
)
def test_a_planted_fault_is_found(tmp_path: Path, path: str, source: str, fault: str) -> None:
    plant(tmp_path, path, source)

    assert faults(tmp_path) == [fault]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("cli/get.py", "from wheelwell import get\nfrom wheelwell.service import x"),
        ("compose/cache.py", "from wheelwell.store.disk import Disk\nimport wheelwell.cache"),
        ("cache.py", "if TYPE_CHECKING:\n    from wheelwell.store.disk import Disk"),
        ("store/disk.py", "import os\nfrom .layout import x\nfrom wheelwell import digest"),
        ("digest.py", "import os.path\nfrom os import path\nos.path.join('a')\nimport pathlib"),
        ("digest.py", "if TYPE_CHECKING:\n    from os import PathLike"),
    ],
)
def test_what_is_allowed_is_no_fault(tmp_path: Path, path: str, source: str) -> None:
    plant(tmp_path, path, source)

    assert faults(tmp_path) == []


def test_a_start_of_the_command_loads_nothing_heavy() -> None:
    # What an environment loads by itself (a .pth file) is there before, and not the command's.
    script = "import sys; b = {*sys.modules}; import wheelwell.cli; print(*({*sys.modules} - b))"
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    loaded = set(run.stdout.split())

    assert "wheelwell.cli" in loaded, run.stderr
    assert sorted(HEAVY & loaded) == []


def plant(package: Path, path: str, source: str) -> None:
    """Make a small house with one file in it that matters."""
    for name in (
        "__init__",
        "cache",
        "cli/__init__",
        "compose/__init__",
        "digest",
        "store/__init__",
        "tiers/__init__",
    ):
        package.joinpath(name).parent.mkdir(exist_ok=True)
        package.joinpath(f"{name}.py").touch()
    package.joinpath(path).write_text(source)


def faults(package: Path) -> list[str]:
    """Return each import that does not go down, and each reach of the ground into the world."""
    modules = FACES | FACADE | MIDDLE | {path.stem for path in package.iterdir()}
    found = []
    for file in sorted(package.rglob("*.py")):
        path = file.relative_to(package)
        importer = path.parts[0].removesuffix(".py").replace("__init__", "wheelwell")
        for name, line, typed in names(ast.parse(file.read_text("utf-8")), path):
            first, _, rest = name.partition(".")
            if first == "wheelwell":
                part = rest.partition(".")[0]
                fault = wrong(importer, part if part in modules else "wheelwell", typed=typed)
            else:
                reaches = layer(importer) == "ground" and is_impure(name) and not typed
                fault = f"ground touches {name}" if reaches else None
            found += [f"{path.as_posix()}:{line}: {fault}"] if fault else []
    return found


def wrong(importer: str, target: str, *, typed: bool) -> str | None:
    """Say what is wrong with an import; `typed` is one that only a type checker sees."""
    order = ("ground", "middle", "facade", "faces")
    if order.index(layer(target)) > order.index(layer(importer)):
        return f"{layer(importer)} imports {target}, above it"
    if target in MIDDLE and importer in MIDDLE and target != importer:
        return f"{importer} imports {target}, beside it"
    if target in MIDDLE and importer not in MIDDLE | {"compose"} and not typed:
        return f"only compose may import {target}"
    return None


def layer(part: str) -> str:
    named = {"faces": FACES, "facade": FACADE, "middle": MIDDLE}
    return next((name for name, parts in named.items() if part in parts), "ground")


def is_impure(name: str) -> bool:
    inside = any(name == outside or name.startswith(f"{outside}.") for outside in WORLD)
    return inside and not name.startswith("os.path")


def names(tree: ast.Module, path: Path) -> Iterator[tuple[str, int, bool]]:
    """Yield what a module imports, wherever it does, with its line and whether only for types."""
    package = ["wheelwell", *path.parent.parts]
    checks = [node for node in ast.walk(tree) if isinstance(node, ast.If)]
    guarded = [node.body for node in checks if "TYPE_CHECKING" in ast.unparse(node.test)]
    typed = {node for body in guarded for statement in body for node in ast.walk(statement)}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                found = [alias.name for alias in aliases]
            case ast.ImportFrom(module=module, names=aliases, level=level):
                base = package[: len(package) + 1 - level] if level else []
                found = [".".join([*base, *filter(None, [module]), a.name]) for a in aliases]
            case ast.Attribute(value=ast.Name(id="os"), attr=attribute):
                found = [f"os.{attribute}"]
            case ast.Call(func=ast.Name(id="open")):
                found = ["open"]
            case _:
                found = []
        yield from ((name, getattr(node, "lineno", 0), node in typed) for name in found)
