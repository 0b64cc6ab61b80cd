"""The door of OpenID Connect: the provider over the network, and identities of accounts."""

from linli.directory.openid.provider import OpenIdClient, OpenIdProvider
from linli.directory.openid.service import link, links_of, unlink, unlink_all

__all__ = ["OpenIdClient", "OpenIdProvider", "link", "links_of", "unlink", "unlink_all"]
