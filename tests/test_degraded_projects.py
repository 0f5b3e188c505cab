"""Real projects: what lacks an extension is told of, what has all it can have is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import wheelwell
from wheelwell.wheel import Origin

pytestmark = pytest.mark.network


@pytest.mark.parametrize(
    ("request_", "extension"),
    [
        ("simplejson==3.19.3", "simplejson._speedups"),
        ("markupsafe==3.0.2", "markupsafe._speedups"),
        ("wrapt==1.16.0", "wrapt._wrappers"),
        ("zope.proxy==6.1", "zope.proxy._zope_proxy_proxy"),
    ],
    ids=["retried", "retried-in-pyproject", "optional-of-setuptools", "own-build-ext"],
)
def test_a_project_that_goes_on_without_a_compiler_is_degraded_until_there_is_one(
    request_: str, extension: str, cache_dir: Path, tmp_path: Path
) -> None:
    compiler = tmp_path / "mycc"
    settings = wheelwell.Settings(variables={"CC": str(compiler)})

    with wheelwell.open_cache(cache_dir) as cache:
        first = cache.get(request_, settings=settings)
        again = cache.get(request_, settings=settings)
        compiler.symlink_to(shutil.which("cc") or "")
        whole = cache.get(request_, settings=settings)

    assert first.degraded == again.degraded == "yes"
    assert again.origin is Origin.LOCAL
    assert first.evidence[0] == f"the extension {extension}: not in the wheel"
    assert (whole.origin, whole.degraded) == (Origin.BUILT, "no")


def test_a_project_whose_header_is_missing_is_built_anew_once_it_is_there(
    cache_dir: Path, tmp_path: Path
) -> None:
    headers = tmp_path / "include"
    headers.mkdir()
    # PyYAML's own header is what is found first: one that includes what is not there.
    (headers / "yaml.h").write_text('#include "no_such_yaml.h"\n')
    real = Path("/usr/include/yaml.h")
    if not real.exists():
        pytest.skip("needs libyaml for development")
    settings = wheelwell.Settings(variables={"CPATH": str(headers)})

    with wheelwell.open_cache(cache_dir) as cache:
        first = cache.get("pyyaml==6.0.2", settings=settings)
        (headers / "no_such_yaml.h").write_text(f'#include "{real}"\n')
        second = cache.get("pyyaml==6.0.2", settings=settings)

    assert first.degraded == "yes"
    assert any("fatal error: no_such_yaml.h" in line for line in first.evidence)
    assert (second.origin, second.degraded) == (Origin.BUILT, "no")


@pytest.mark.parametrize(
    "request_",
    [
        *("setuptools==75.6.0", "pybind11==2.13.6", "nanobind==2.4.0", "twisted==24.11.0"),
        *("six==1.16.0", "attrs==24.2.0", "markdown-it-py==3.0.0", "psutil==6.1.0"),
    ],
)
def test_a_whole_wheel_raises_no_alarm(request_: str, cache_dir: Path) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        wheel = cache.get(request_, require_native=True)

    assert (wheel.degraded, wheel.evidence) == ("no", ())
