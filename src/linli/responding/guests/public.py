"""The door of guest links."""

from linli.responding.guests.service import links_of, make_link, revoke_link

__all__ = ["links_of", "make_link", "revoke_link"]
