"""Signing in with a provider of identities (统一身份认证) by OpenID Connect."""
