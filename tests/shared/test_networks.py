"""What is kept of addresses: enough to tell where somebody is, too little to tell who."""

import pytest

from apps.shared.presentation.networks import network_of


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", None),
        ("proxy.test", None),
        ("203.0.113.9:80", None),
    ],
)
def test_an_address_is_kept_as_its_network(host: str, network: str | None) -> None:
    """A server that listens on IPv6 as well sees addresses of IPv4 as some of IPv6."""
    assert network_of(host) == network
