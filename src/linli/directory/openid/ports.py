"""The port of identity providers."""

from collections.abc import Mapping
from typing import Protocol

from linli.directory.openid.contracts import Identity, Question
from linli.kernel.errors import Refusal


class ProviderAway(Refusal):
    """It cannot be reached, or does not answer as the standard says."""

    status = 503
    code = "openid_away"
    text = "统一身份认证暂时连不上，请稍后再试，或用登录名和密码登录"


class AnswerRefused(Refusal):
    """The answer does not hold; `told` is for the log, never for a page."""

    status = 401
    code = "openid_refused"
    text = "统一身份认证没有通过，请重新登录"

    def __init__(self, told: str) -> None:
        super().__init__()
        self.told = told


class IdentityProvider(Protocol):
    """Whoever answers for identities."""

    @property
    def title(self) -> str:
        """What people call it."""
        ...

    async def ask(self) -> Question:
        """A fresh question.

        Raises:
            ProviderAway: it does not answer, or not as the standard says.
        """
        ...

    async def answered(self, question: Question, answer: Mapping[str, str]) -> Identity:
        """Who it is, by the answer the browser brought back.

        Raises:
            ProviderAway: as in `ask`.
            AnswerRefused: refused there, or the answer is not one to this question.
        """
        ...
