"""The lines that are told of builds which really failed so."""

from __future__ import annotations

from pathlib import Path

import pytest

import wheelwell
from support.projects import materialise
from wheelwell.builder.loglines import telling_lines
from wheelwell.errors import BackendFailed

SCIKIT_BUILD_CORE = """\
  + Exception Group Traceback (most recent call last):
  |   File "/lib/hooks.py", line 406, in <module>
  |     main()
  |   File "/lib/metadata.py", line 149, in get_standard_metadata
  |     metadata = SkbuildMetadata.from_pyproject(
  |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |   File "/lib/errors.py", line 105, in finalize
  |     raise ExceptionGroup(msg, self.errors)
  | ExceptionGroup: Failed to parse pyproject.toml (1 sub-exception)
  +-+---------------- 1 ----------------
    | pyproject_metadata.errors.ConfigurationError: Extra keys present in "project": 'Homepage'
    +------------------------------------
"""

CARGO = """\
warning: spurious network error (1 try remaining): [6] Could not resolve host: index.host
error: failed to get `mimalloc` as a dependency of package `_pendulum v3.0.0`

Caused by:
  download of config.json failed
"""


def test_the_errors_in_an_exception_group_are_told_without_its_traceback() -> None:
    (line,) = telling_lines(SCIKIT_BUILD_CORE)

    assert "ConfigurationError: Extra keys present" in line


def test_a_build_that_wants_the_network_says_so() -> None:
    network, crate = telling_lines(CARGO)

    assert "Could not resolve host" in network
    assert "mimalloc" in crate


def test_a_version_from_version_control_that_is_not_there_comes_with_a_hint(
    tmp_path: Path, cache_dir: Path
) -> None:
    said = "setuptools-scm was unable to detect version for /project."
    tree = materialise("backend-raises", tmp_path, fail=said)

    with wheelwell.open_cache(directory=cache_dir) as cache, pytest.raises(BackendFailed) as raised:
        cache.get(str(tree))

    assert "SETUPTOOLS_SCM_PRETEND_VERSION" in raised.value.hint


def test_what_is_too_new_for_a_source_comes_with_what_holds_it_back(
    tmp_path: Path, cache_dir: Path
) -> None:
    said = "No module named 'pkg_resources'"
    tree = materialise("backend-raises", tmp_path, fail=said)

    with wheelwell.open_cache(directory=cache_dir) as cache, pytest.raises(BackendFailed) as raised:
        cache.get(str(tree))

    assert raised.value.hint.startswith("--build-requirement 'setuptools<81': ")
    assert "[packages.backend-raises]" in raised.value.hint
