"""A provider of identities over the network: OpenID Connect Core 1.0, the code flow with PKCE.

Endpoints and keys come from the provider's own description (OpenID Connect Discovery 1.0). Whose
keys signed an answer counts, not who carried it: algorithms with a shared secret are not taken.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from linli.directory.openid.contracts import Identity, Question
from linli.directory.openid.ports import AnswerRefused, ProviderAway

WELL_KNOWN = "/.well-known/openid-configuration"
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384"})
TIMEOUT_S = 10.0
KEPT = timedelta(hours=1)
NEW_KEYS_AFTER = timedelta(minutes=1)
LEEWAY_S = 60
RANDOM_BYTES = 32
LONGEST_SUBJECT = 255
LONGEST_TITLE = 120
OK = 200
BAD_REQUEST, SERVER_ERROR = 400, 500


@dataclass(frozen=True, slots=True)
class OpenIdClient:
    """As what linli is known to the provider."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    title: str
    returns_to: str


class _Description(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str = ""


class _Claims(msgspec.Struct, frozen=True):
    """Names by which somebody may be called."""

    sub: str
    preferred_username: str | None = None
    name: str | None = None
    email: str | None = None

    @property
    def title(self) -> str:
        return (self.preferred_username or self.name or self.email or self.sub)[:LONGEST_TITLE]


@dataclass(frozen=True, slots=True)
class _Known:
    description: _Description
    keys: KeySet
    at: datetime


class OpenIdProvider:
    """Asks one provider. `now` tells the time of the machine, not of a demo."""

    def __init__(self, client: OpenIdClient, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now
        self._known: _Known | None = None
        self._reading = asyncio.Lock()

    @property
    def title(self) -> str:
        return self._client.title

    async def ask(self) -> Question:
        known = await self._knowledge()
        state, nonce, verifier = (secrets.token_urlsafe(RANDOM_BYTES) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        query = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.returns_to,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        endpoint = known.description.authorization_endpoint
        url = f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"
        return Question(url=url, state=state, nonce=nonce, verifier=verifier)

    async def answered(self, question: Question, answer: Mapping[str, str]) -> Identity:
        if not hmac.compare_digest(answer.get("state", "").encode(), question.state.encode()):
            raise AnswerRefused("the answer is to another question")
        known = await self._knowledge()
        issuer = answer.get("iss")
        if issuer is None and known.description.authorization_response_iss_parameter_supported:
            raise AnswerRefused("the answer does not name its issuer")
        if issuer is not None and issuer != known.description.issuer:
            raise AnswerRefused("the answer names another issuer")
        if "error" in answer:
            raise AnswerRefused(f"the provider says {answer['error'][:80]!r}")
        if not answer.get("code"):
            raise AnswerRefused("the answer holds no code")
        tokens = await self._redeem(known.description, answer["code"], question.verifier)
        claims = await self._checked(tokens.id_token, question.nonce)
        if claims.title == claims.sub and known.description.userinfo_endpoint:
            claims = await self._named(known.description.userinfo_endpoint, tokens, claims)
        return Identity(known.description.issuer, claims.sub, claims.title)

    # ── within ──

    async def _knowledge(self, *, with_new_keys: bool = False) -> _Known:
        async with self._reading:
            known, now = self._known, self._now()
            oldest = NEW_KEYS_AFTER if with_new_keys else KEPT
            if known is not None and now - known.at < oldest:
                return known
            issuer = self._client.issuer
            body = await self._read(issuer.rstrip("/") + WELL_KNOWN)
            try:
                description = msgspec.json.decode(body, type=_Description)
            except msgspec.MsgspecError as error:
                raise ProviderAway from error
            if description.issuer != issuer:
                # Discovery 4.3: else one provider could answer in another's name.
                raise ProviderAway(f"统一身份认证自称 {description.issuer[:120]}，与设置的不一致")
            keys = await self._read(description.jwks_uri)
            try:
                self._known = _Known(
                    description, KeySet.import_key_set(msgspec.json.decode(keys)), now
                )
            except (msgspec.MsgspecError, JoseError, TypeError, ValueError, KeyError) as error:
                raise ProviderAway from error
            return self._known

    async def _read(self, url: str, token: str | None = None) -> bytes:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
                answer = await client.get(url, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderAway from error
        if answer.status_code != OK:
            raise ProviderAway
        return answer.content

    async def _redeem(self, described: _Description, code: str, verifier: str) -> _Tokens:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.returns_to,
            "code_verifier": verifier,
        }
        name, secret = self._client.client_id, self._client.secret
        basic = None
        if "client_secret_basic" in described.token_endpoint_auth_methods_supported:
            basic = httpx.BasicAuth(quote(name, safe=""), quote(secret, safe=""))
        else:
            form |= {"client_id": name, "client_secret": secret}
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S, auth=basic) as client:
                answer = await client.post(described.token_endpoint, data=form)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderAway from error
        if BAD_REQUEST <= answer.status_code < SERVER_ERROR:
            raise AnswerRefused(f"the code was refused with {answer.status_code}")
        if answer.status_code != OK:
            raise ProviderAway
        try:
            return msgspec.json.decode(answer.content, type=_Tokens)
        except msgspec.MsgspecError as error:
            raise AnswerRefused("no ID token came for the code") from error

    async def _checked(self, id_token: str, nonce: str) -> _Claims:
        """The claims, once OpenID Connect Core 3.1.3.7 holds."""
        known = await self._knowledge()
        try:
            token = self._opened(id_token, known)
        except (JoseError, ValueError):
            # The provider may have new keys.
            known = await self._knowledge(with_new_keys=True)
            try:
                token = self._opened(id_token, known)
            except (JoseError, ValueError) as error:
                raise AnswerRefused(f"the ID token's seal does not hold: {error}") from error
        wanted = jwt.JWTClaimsRegistry(
            now=lambda: int(self._now().timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": known.description.issuer},
            aud={"essential": True, "value": self._client.client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
        )
        try:
            wanted.validate(token.claims)
            claims = msgspec.convert(token.claims, _Claims)
        except (JoseError, msgspec.MsgspecError) as error:
            raise AnswerRefused(f"the ID token is not for us: {error}") from error
        audience = token.claims["aud"]
        party = token.claims.get("azp")
        several = isinstance(audience, list) and len(audience) > 1  # pyright: ignore[reportUnknownArgumentType] as it came
        if (several or party is not None) and party != self._client.client_id:
            raise AnswerRefused("the ID token was issued to somebody else")
        if not 0 < len(claims.sub) <= LONGEST_SUBJECT:
            raise AnswerRefused("the subject is empty or too long")
        return claims

    def _opened(self, id_token: str, known: _Known) -> jwt.Token:
        offered = known.description.id_token_signing_alg_values_supported
        return jwt.decode(id_token, known.keys, algorithms=sorted(ALGORITHMS.intersection(offered)))

    async def _named(self, endpoint: str, tokens: _Tokens, claims: _Claims) -> _Claims:
        """With the names the provider keeps for its second answer; they are for show only."""
        try:
            body = await self._read(endpoint, tokens.access_token)
            more = msgspec.json.decode(body, type=_Claims)
        except (ProviderAway, msgspec.MsgspecError):
            return claims
        return more if more.sub == claims.sub else claims


__all__ = ["OpenIdClient", "OpenIdProvider"]
