"""What is kept of the address that a request comes from."""

from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network


@lru_cache(maxsize=4_096)
def network_of(host: str) -> str | None:
    """Return the /24 or /48 that an address lies in."""
    try:
        told = ip_address(host)
    except ValueError:
        return None
    mapped = None if isinstance(told, IPv4Address) else told.ipv4_mapped
    address = mapped or told
    return str(ip_network((address, 24 if address.version == 4 else 48), strict=False))  # noqa: PLR2004
