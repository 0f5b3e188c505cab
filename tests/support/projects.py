"""Source trees, sdists and wheels for tests, made from ``fixtures/``."""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import shutil
import subprocess
import sys
import tarfile
import time
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from packaging.utils import canonicalize_name

FIXTURES = Path(__file__).parents[2] / "fixtures"
BACKEND = FIXTURES / "backend" / "tinybackend.py"
MTIME = 1_600_000_000


def _load(path: Path) -> ModuleType:
    """Import one file, so that no configuration need name its directory."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tinybackend = _load(BACKEND)

Value = str | int | float | bool | list[str]


def materialise(
    name: str,
    into: Path,
    *,
    project: Mapping[str, Value] | None = None,
    build_system: Mapping[str, Value] | None = None,
    **knobs: Value,
) -> Path:
    """Copy a fixture project and the backend to ``into/name``, with overrides.

    The overrides go to ``[project]``, ``[build-system]`` and, as knobs, with ``-``
    for ``_``, to ``[tool.tinybackend]``.
    """
    tree = into / name
    original = FIXTURES / "projects" / name
    shutil.copytree(original, tree, ignore=shutil.ignore_patterns("__pycache__"))
    pyproject = tree / "pyproject.toml"
    if pyproject.exists():
        shutil.copyfile(BACKEND, tree / BACKEND.name)
    if project or build_system or knobs:
        _override(pyproject, project or {}, build_system or {}, knobs)
    return tree


def make_sdist(
    tree: Path,
    into: Path,
    *,
    suffix: Literal[".tar.gz", ".zip"] = ".tar.gz",
    filename: str | None = None,
    metadata_version: str | None = "2.2",
    name: str | None = None,
    version: str | None = None,
) -> Path:
    """Pack a tree into an sdist whose bytes depend on nothing but the tree.

    Name and version, where not given, are those of the tree's ``pyproject.toml``.
    Without a metadata version there is no ``PKG-INFO``.
    """
    project = _project(tree)
    name = name or str(project["name"])
    version = version or str(project["version"])
    top = f"{canonicalize_name(name).replace('-', '_')}-{version}"
    members = _members(tree)
    if metadata_version:
        members["PKG-INFO"] = _pkg_info(project, name, version, metadata_version).encode()
    into.mkdir(parents=True, exist_ok=True)
    sdist = into / (filename or top + suffix)
    pack = _pack_tar if suffix == ".tar.gz" else _pack_zip
    sdist.write_bytes(pack({f"{top}/{path}": members[path] for path in sorted(members)}))
    return sdist


def make_wheel(
    into: Path,
    name: str,
    version: str,
    tag: str = "py3-none-any",
    *,
    files: Mapping[str, bytes] | None = None,
    project: Mapping[str, Value] | None = None,
) -> Path:
    """Write a valid wheel; ``project`` may hold ``requires-python`` and ``dependencies``."""
    into.mkdir(parents=True, exist_ok=True)
    module = canonicalize_name(name).replace("-", "_")
    wheel = into / f"{module}-{version}-{tag}.whl"
    if files is None:
        files = {f"{module}/__init__.py": f'__version__ = "{version}"\n'.encode()}
    tinybackend.write_wheel(wheel, files, tinybackend.metadata_text(project or {}, name, version))
    return wheel


def build_tree(
    tree: Path,
    into: Path,
    *,
    python: Path | str = sys.executable,
    config_settings: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Path:
    """Call a tree's backend directly, with no frontend, and return the wheel's path."""
    into.mkdir(parents=True, exist_ok=True)
    call = "import json, sys; sys.path.insert(0, '.'); import tinybackend; "
    call += "print(tinybackend.build_wheel(sys.argv[1], json.loads(sys.argv[2])))"
    command = [str(python), "-c", call, str(into), json.dumps(dict(config_settings or {}))]
    done = subprocess.run(
        command, cwd=tree, env=environ, stdout=subprocess.PIPE, text=True, check=True
    )
    return into / done.stdout.splitlines()[-1]


def _override(
    path: Path,
    project: Mapping[str, Value],
    build_system: Mapping[str, Value],
    knobs: Mapping[str, Value],
) -> None:
    found = tomllib.loads(path.read_text("utf-8"))
    knobs = {name.replace("_", "-"): value for name, value in knobs.items()}
    tables = {
        "build-system": {**found["build-system"], **build_system},
        "project": {**found["project"], **project},
        "tool.tinybackend": {**found.get("tool", {}).get("tinybackend", {}), **knobs},
    }
    path.write_text("\n".join(_table(name, values) for name, values in tables.items()), "utf-8")


def _table(name: str, values: Mapping[str, Value]) -> str:
    """Return a TOML table; JSON's strings, numbers and lists are TOML's too."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join([f"[{name}]", *lines]) + "\n"


def _project(tree: Path) -> dict[str, Any]:
    """Return a tree's ``[project]``, with name and version whatever the tree says."""
    fallback = {"name": tree.name, "version": "1.0"}
    try:
        found = tomllib.loads((tree / "pyproject.toml").read_text("utf-8"))
    except (FileNotFoundError, tomllib.TOMLDecodeError):
        return fallback
    knobs = found.get("tool", {}).get("tinybackend", {})
    if "dynamic-version" in knobs:
        fallback["version"] = knobs["dynamic-version"]
    return {**fallback, **found.get("project", {})}


def _pkg_info(project: Mapping[str, Any], name: str, version: str, metadata_version: str) -> str:
    # PEP 643: the version of an sdist is known, but its dependencies may be dynamic.
    dynamic = ["Dynamic: Requires-Dist"] if "dependencies" in project.get("dynamic", []) else []
    text: str = tinybackend.metadata_text(project, name, version, dynamic)
    return text.replace("Metadata-Version: 2.2", f"Metadata-Version: {metadata_version}")


def _members(tree: Path) -> dict[str, bytes]:
    return {
        path.relative_to(tree).as_posix(): path.read_bytes()
        for path in tree.rglob("*")
        if path.is_file() and not {"__pycache__", ".git"} & set(path.relative_to(tree).parts)
    }


def _pack_tar(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path, content in members.items():
            info = tarfile.TarInfo(path)
            info.size, info.mtime, info.mode = len(content), MTIME, 0o644
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def _pack_zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in members.items():
            info = zipfile.ZipInfo(path, time.gmtime(MTIME)[:6])
            info.external_attr = 0o100644 << 16
            archive.writestr(info, content)
    return buffer.getvalue()
