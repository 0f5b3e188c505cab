"""How indexes are reached holds for uv and pip alike."""

from __future__ import annotations

from wheelwell.builder.installer import Installer
from wheelwell.indexes import Connection, Indexes, Network


def test_hosts_that_are_trusted_are_so_to_whoever_installs() -> None:
    hosts = ("a.example", "b.example:8443")
    installer = Installer(
        indexes=Indexes(), connection=Connection(trusted_hosts=hosts), environ={"PIP_X": "1"}
    )
    variables = installer.variables(Network.AS_NEEDED)
    assert variables["PIP_TRUSTED_HOST"] == variables["UV_INSECURE_HOST"] == " ".join(hosts)
    assert variables["PIP_X"] == "1"
