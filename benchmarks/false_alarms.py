"""Gets projects that are not degraded here, and prints what is said of each.

Pure projects, some of which carry files of C, C++ or Rust that their builds have no use for; then
projects that compile, some of which try out compilers and headers first. With `--without-compiler`
the first must stay as they are, and of the second, those that build at all must be a `yes`.

    python benchmarks/false_alarms.py [--without-compiler] [--only NAME]...

Needs the package index and a C and C++ compiler; takes some minutes. It ends with 1 where
something else is said than should be: a `yes` for what is whole is a false alarm.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
from typing import Any

PURE = """
setuptools==75.6.0 pybind11==2.13.6 nanobind==2.4.0 six==1.16.0 attrs==24.2.0 requests==2.32.3
packaging==24.2 sortedcontainers==2.4.0 markdown-it-py==3.0.0 Jinja2==3.1.5 Mako==1.3.8
click==8.1.7 rich==13.9.4 Pygments==2.18.0 docutils==0.21.2 Twisted==24.11.0 uvicorn==0.34.0
ruamel.yaml==0.18.6 networkx==3.4.2 sympy==1.13.3 pytest==8.3.4 hatchling==1.26.3 poetry-core==1.9.1
flit-core==3.10.1 docopt==0.6.2 pyparsing==3.2.0 idna==3.10 urllib3==2.2.3 certifi==2024.8.30
pycparser==2.22 Werkzeug==3.1.3 parso==0.8.4 jedi==0.19.2 scikit-build-core==0.10.7
"""
"""Without native code on any machine."""

OPTIONAL = """
mypy==1.13.0 black==24.10.0 tomli==2.2.1 charset-normalizer==3.4.0 watchdog==6.0.0
"""
"""Without native code here: their build files speak of extensions for who asks for them, or for
other systems. What is said may be `unknown`."""

NATIVE = """
markupsafe==3.0.2 simplejson==3.19.3 PyYAML==6.0.2 wrapt==1.16.0 coverage==7.6.9 zope.interface==7.2
tornado==6.4.2 websockets==14.1 pyrsistent==0.20.0 psutil==6.1.0 SQLAlchemy==2.0.36
lazy-object-proxy==1.10.0 zope.proxy==6.1 setproctitle==1.3.4 cbor2==5.6.5 pymongo==4.10.1
peewee==3.17.8 thrift==0.21.0 mwparserfromhell==0.6.6 ct3==3.4.0.post5 py-ubjson==0.16.1
msgpack==1.1.0 ujson==5.10.0 multidict==6.1.0 frozenlist==1.5.0 yarl==1.18.3 bitarray==3.0.0
cffi==1.17.1 greenlet==3.1.1 kiwisolver==1.4.7 immutables==0.21 netifaces==0.11.0 regex==2024.11.6
bottleneck==1.4.2 levenshtein==0.27.1 ruamel.yaml.clib==0.2.12 persistent==6.1
"""
"""With native code."""

HIDING = """
touch "$0"/nothing
for command in /usr/bin/*gcc* /usr/bin/*g++* /usr/bin/*clang* /usr/bin/cc /usr/bin/c++; do
    file=$(readlink -f "$command")
    if [ -s "$file" ]; then mount --bind "$0"/nothing "$file"; fi
done
exec "$@"
"""
"""Run in a mount namespace of its own: there is no compiler then for what it runs."""


def main() -> int:
    """Get every project, print a line for each, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-compiler", action="store_true", help="needs root")
    parser.add_argument("--only", action="append", metavar="NAME")
    arguments = parser.parse_args()
    alarms = 0
    counts: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as scratch:
        hidden = ["unshare", "--mount", "bash", "-c", HIDING, scratch]
        before = hidden if arguments.without_compiler else []
        for requests, good in _expected(without_compiler=arguments.without_compiler):
            for request in requests.split():
                if arguments.only and request.partition("==")[0] not in arguments.only:
                    continue
                told = _get(request, before, scratch)
                verdict = told.get("degraded", "failed")
                counts[verdict] += 1
                alarms += verdict not in good
                mark = " " if verdict in good else "!"
                print(f"{mark} {verdict:8} {told.get('filename', request)}", flush=True)
                print(
                    *[f"      | {line}\n" for line in told["evidence"]], sep="", end="", flush=True
                )
    print(dict(counts))
    return 1 if alarms else 0


def _expected(*, without_compiler: bool) -> list[tuple[str, set[str]]]:
    """Return the requests of each kind, with what may be said of them."""
    of_native = {"yes", "failed"} if without_compiler else {"no"}
    return [(PURE, {"no"}), (OPTIONAL, {"no", "unknown"}), (NATIVE, of_native)]


def _get(request: str, before: list[str], cache_dir: str) -> dict[str, Any]:
    """Return what is told of a wheel as JSON, and its evidence."""
    code = (
        "import json, sys, wheelwell\n"
        "with wheelwell.open_cache(sys.argv[1]) as cache:\n"
        "    wheel = cache.get(sys.argv[2])\n"
        "    print(json.dumps({**wheel.to_json(), 'evidence': wheel.evidence}))"
    )
    command = [*before, sys.executable, "-c", code, cache_dir, request]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"evidence": done.stderr.splitlines()[-1:]}
    told: dict[str, Any] = json.loads(done.stdout)
    return told


if __name__ == "__main__":
    sys.exit(main())
