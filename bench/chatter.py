"""An agent that asks a language model, and gives up when its time is over."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import Any, ClassVar

from ..errors import MissingExtraError
from ..models.agent import Context
from .agents import Adder


@dataclass(frozen=True, slots=True)
class Model:
    """Whom to ask, and how long it may take."""

    url: str
    name: str
    timeout: float
    """Seconds for a whole call, from the connection to the last byte."""
    tls: ssl.SSLContext
    """Shared by all, for to make one takes longer than to call somebody who is near."""


class Chatter(Adder):
    """Asks for what comes of its number and what it is shown; answers None if it was not told."""

    blocking: ClassVar[bool] = True

    def __init__(self, number: int, model: Model) -> None:
        """Make one.

        Raises:
            MissingExtraError: httpx is not installed.
        """
        super().__init__(number)
        self._model = model
        try:
            import httpx
        except ImportError as error:
            raise MissingExtraError("an agent that asks a language model", "llm") from error
        self._httpx = httpx

    def act(self, observation: Any, context: Context) -> Any:
        seconds = min(self._model.timeout, context.time_left())
        try:
            return asyncio.run(self._answer(str(observation + self._number), seconds))
        except (TimeoutError, self._httpx.TimeoutException):
            return None

    async def _answer(self, question: str, seconds: float) -> int:
        # One deadline over all that is waited for, and none of httpx's, of which each
        # begins anew with every byte that comes.
        async with asyncio.timeout(seconds):
            return await self._asked(question, None)

    async def _asked(self, question: str, by_read: float | None) -> int:
        """Ask, with so many seconds for each read, and give the number in the answer."""
        message = {"role": "user", "content": question}
        request = {"model": self._model.name, "messages": [message]}
        # No proxy that the environment names is to stand between.
        async with self._httpx.AsyncClient(
            timeout=by_read, verify=self._model.tls, trust_env=False
        ) as client:
            response = await client.post(self._model.url, json=request)
        content = response.raise_for_status().json()["choices"][0]["message"]["content"]
        return int(content)


class ChatterByRead(Chatter):
    """The same with a timeout for each read, as clients have it by themselves."""

    async def _answer(self, question: str, seconds: float) -> int:
        return await self._asked(question, seconds)
