"""Declarative sources: what goes into a wheel is written down, and no code of theirs decides it.

Such a source gives the same pure wheel on every Python. What is not known to be so is not: a
wheel too many is built, where one too few would be handed out for another.
"""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Collection, Mapping
from email.parser import HeaderParser
from typing import Any

_BACKENDS = frozenset(
    """
    flit_core.buildapi hatchling.build maturin mesonpy pdm.backend poetry.core.masonry.api
    scikit_build_core.build setuptools.build_meta uv_build
    """.split()
)
"""Backends that run nothing of a project's own but what is looked for here."""

_REQUIREMENTS = frozenset(
    """
    cmake cython flit-core hatch-fancy-pypi-readme hatch-vcs hatchling maturin meson meson-python
    nanobind ninja pdm-backend poetry-core scikit-build-core setuptools setuptools-rust
    setuptools-scm tomli toml uv-build vcs-versioning wheel
    """.split()
)
"""Those backends, and what may be beside them without a say in what a wheel holds."""

_HARMLESS_HOOKS = frozenset({"vcs", "version", "fancy-pypi-readme"})
"""hatchling's hooks that write the version, which is in the key, or the description."""

_PROGRAMS = frozenset({"setup.py", "hatch.toml", "hatch_build.py", "pdm_build.py", "build.py"})
"""Files at the top that are code of the build, or settings for it that are not read here."""

_SCRIPTS = frozenset({"CMakeLists.txt", "meson.build", "build.rs"})
"""Programs of the build, wherever they lie: they may ask which Python it is."""

_DYNAMIC = frozenset({"dependencies", "optional-dependencies", "requires-python", "entry-points"})
"""Fields of `project` that must be static (PEP 621), and in `PKG-INFO` by other names."""

_DYNAMIC_HEADERS = frozenset({"requires-dist", "provides-extra", "requires-python"})
_SETUPTOOLS_CODE = re.compile(
    r"\b(cmdclass|command[-_]packages|setup[-_]requires|setup_hooks)\b"
    r"|^\s*\[\s*(build|install|global|aliases)",
    re.MULTILINE,
)
"""What names code in `setup.cfg`, and the sections of commands, which may add byte code."""

_COMMANDS = frozenset({"bdist_wheel", "egg_info", "sdist"})
"""Commands of setuptools whose options do not choose what a wheel holds."""

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def is_declarative(names: Collection[str], texts: Mapping[str, str]) -> bool:
    """Say whether a source only declares what goes into its wheel.

    `names` are the paths of all its files; `texts` holds the text of its build files, and of
    `PKG-INFO` where it is a distribution.
    """
    if not _PROGRAMS.isdisjoint(names) or _SETUPTOOLS_CODE.search(texts.get("setup.cfg", "")):
        return False
    if not _SCRIPTS.isdisjoint(map(posixpath.basename, names)):
        return False
    try:
        pyproject = tomllib.loads(texts.get("pyproject.toml", ""))
        return (
            _is_known(pyproject.get("build-system", {}))
            and _is_static(pyproject.get("project"), texts.get("PKG-INFO", ""))
            and not _has_hooks(pyproject.get("tool", {}))
        )
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return False  # broken: the build itself says what is wrong with it


def _is_known(system: Mapping[str, Any]) -> bool:
    """Say whether a known backend is called, and nothing else that could have a say is there."""
    if system.get("backend-path"):
        return False
    required = [_normalized(each) for each in system.get("requires", ["setuptools"])]
    backend = system.get("build-backend", "setuptools.build_meta")
    return backend in _BACKENDS and _REQUIREMENTS.issuperset(required)


def _normalized(requirement: str) -> str:
    """Return a requirement's name; none of one that some Pythons have, or that is a fork's."""
    found = _NAME.match(requirement)
    if not found or {";", "@"} & {*requirement}:
        return ""
    return re.sub(r"[-_.]+", "-", found[1]).lower()


def _is_static(project: Mapping[str, Any] | None, pkg_info: str) -> bool:
    """Say whether the dependencies are written down: in `project`, or in a PKG-INFO (PEP 643)."""
    headers = HeaderParser().parsestr(pkg_info)
    dynamic = {each.strip().lower() for each in headers.get_all("Dynamic", [])}
    if dynamic & _DYNAMIC_HEADERS:
        return False
    if project is not None:
        return _DYNAMIC.isdisjoint(project.get("dynamic", []))
    version = headers.get("Metadata-Version", "0")
    return tuple(map(int, version.split("."))) >= (2, 2)


def _has_hooks(tools: Mapping[str, Any]) -> bool:
    """Say whether a backend's settings name code of the project that it is to run."""
    setuptools, poetry, pdm = (tools.get(name, {}) for name in ("setuptools", "poetry", "pdm"))
    return bool(
        setuptools.get("cmdclass")
        or poetry.get("build")
        or {"custom-hook", "run-setuptools"} & pdm.get("build", {}).keys()
        or not _COMMANDS.issuperset(tools.get("distutils", {}))
        or not _HARMLESS_HOOKS.issuperset(_hatch_hooks(tools.get("hatch", {})))
    )


def _hatch_hooks(hatch: Mapping[str, Any]) -> set[str]:
    build = hatch.get("build", {})
    wheel = build.get("targets", {}).get("wheel", {})
    places = (build, wheel, hatch.get("metadata", {}))
    return {hook for place in places for hook in place.get("hooks", {})}
