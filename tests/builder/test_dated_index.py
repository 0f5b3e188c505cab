"""The dated index is for one installer, on loopback, while it works; what it lacks is told."""

from __future__ import annotations

import http.client
import json
import os
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from wheelwell.builder.dated_index import DatedIndex, dated_variables
from wheelwell.errors import UnknownAge
from wheelwell.indexes import Connection

Answer = tuple[int, str | None, bytes]


def ask(url: str, *, method: str = "GET") -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    try:
        connection.request(method, parts.path)
        answer = connection.getresponse()
        return answer.status, answer.headers["Cache-Control"], answer.read()
    finally:
        connection.close()


def page(name: str) -> bytes | None:
    return None if name == "absent" else json.dumps({"name": name}).encode()


def test_it_answers_by_normalized_name_and_lets_nobody_keep_the_answer() -> None:
    index = DatedIndex(page)
    with index.serving():
        assert ask(f"{index.url}Some_Name/") == (200, "no-store", b'{"name": "some-name"}')
        assert ask(f"{index.url}some.name") == (200, "no-store", b'{"name": "some-name"}')
        assert ask(f"{index.url}some.name", method="HEAD") == (200, "no-store", b"")
        assert ask(f"{index.url}absent/")[0] == 404
    index.check()


def test_it_is_on_loopback_alone_where_nobody_can_guess_it() -> None:
    first, second = DatedIndex(page), DatedIndex(page)
    with first.serving(), second.serving():
        parts = urlsplit(first.url)
        assert parts.hostname == "127.0.0.1"
        token = parts.path.split("/")[1]
        assert len(token) >= 32
        assert token != urlsplit(second.url).path.split("/")[1]
        for path in ("/", "/simple/foo/", f"/{token}/", f"/{token}/simple/", f"/{token}x/simple/a"):
            assert ask(f"http://{parts.netloc}{path}")[0] == 404


def test_it_ends_with_the_block() -> None:
    index = DatedIndex(page)
    with index.serving():
        url = index.url
    with pytest.raises(ConnectionRefusedError):
        ask(f"{url}foo/")
    assert not [each for each in threading.enumerate() if "serve_forever" in each.name]


@pytest.mark.parametrize("error", [UnknownAge("foo-1.0.tar.gz"), RuntimeError("a bug")])
def test_what_went_wrong_is_told_by_check_and_not_left_out(error: Exception) -> None:
    def fails(name: str) -> bytes | None:
        raise error

    index = DatedIndex(fails)
    with index.serving():
        index.check()
        assert ask(f"{index.url}foo/")[0] == 404
        with pytest.raises(type(error), match=str(error)):
            index.check()


def test_project_is_looked_up_once_however_often_it_is_asked_for() -> None:
    asked: list[str] = []

    def counted(name: str) -> bytes | None:
        asked.append(name)
        return page(name)

    index = DatedIndex(counted)
    with index.serving():
        threads = [threading.Thread(target=ask, args=(f"{index.url}foo/",)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert asked == ["foo"]


def test_slow_project_does_not_keep_others_waiting() -> None:
    gate = threading.Event()

    def waiting(name: str) -> bytes | None:
        if name == "slow":
            assert gate.wait(60)
        return page(name)

    index = DatedIndex(waiting)
    with index.serving():
        thread = threading.Thread(target=ask, args=(f"{index.url}slow/",))
        thread.start()
        assert ask(f"{index.url}quick/")[0] == 200
        gate.set()
        thread.join()


@pytest.fixture
def variables() -> Callable[..., dict[str, str]]:
    def of(connection: Connection | None = None, **environ: str) -> dict[str, str]:
        return dated_variables(
            environ, url="http://127.0.0.1:1/x/", cache="/c", connection=connection or Connection()
        )

    return of


def test_installers_know_no_other_index(variables: Callable[..., dict[str, str]]) -> None:
    others = (
        *("UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_INDEX_URL", "UV_FIND_LINKS", "UV_CONFIG_FILE"),
        *("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_TORCH_BACKEND"),
    )
    given = variables(**dict.fromkeys(others, "x"), PIP_NO_INDEX="1", UV_OFFLINE="1", PIP_PRE="1")
    assert not {*others, "PIP_NO_INDEX", "UV_OFFLINE"} & given.keys()
    assert given["PIP_PRE"] == "1"
    assert given["PIP_INDEX_URL"] == given["UV_DEFAULT_INDEX"] == "http://127.0.0.1:1/x/"
    assert (given["PIP_CONFIG_FILE"], given["UV_NO_CONFIG"]) == (os.devnull, "1")


def test_proxy_is_kept_for_the_world_and_left_out_for_loopback(
    variables: Callable[..., dict[str, str]],
) -> None:
    given = variables(
        Connection(proxy="http://proxy.example:1"), PIP_PROXY="http://x", NO_PROXY="a.example"
    )
    assert given["HTTPS_PROXY"] == given["https_proxy"] == "http://proxy.example:1"
    assert "PIP_PROXY" not in given
    assert given["NO_PROXY"] == given["no_proxy"] == "a.example,127.0.0.1"


def test_what_pip_was_told_of_certificates_in_a_file_is_told_in_variables(
    variables: Callable[..., dict[str, str]],
) -> None:
    connection = Connection(
        certificates="/ca", client_certificate="/client", trusted_hosts=("a", "b:1")
    )
    given = variables(connection)
    assert (given["PIP_CERT"], given["PIP_CLIENT_CERT"]) == ("/ca", "/client")
    assert given["PIP_TRUSTED_HOST"] == "a b:1"
    assert "PIP_CERT" not in variables()
