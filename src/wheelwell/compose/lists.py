"""Lists that are at a URL, fetched as indexes are: with the same proxies and credentials."""

from __future__ import annotations

from wheelwell.compose.cache import AGENT
from wheelwell.config import Configuration
from wheelwell.errors import FetchError
from wheelwell.indexes import Network
from wheelwell.sources.fetch import Web
from wheelwell.sources.located import Unattended
from wheelwell.urls import without_credentials


def fetch_list(url: str, configuration: Configuration, network: Network) -> bytes:
    """Return what is at the URL of a list. Raises `FetchError`, and `NotInCache` where offline."""
    web = Web(configuration.connection, agent=AGENT, indexes=configuration.indexes.urls)
    page = web.page(url, accept="text/plain, */*;q=0.5", caller=Unattended(network))
    if page is None:
        raise FetchError(without_credentials(url), "it is not there")
    return page.body
