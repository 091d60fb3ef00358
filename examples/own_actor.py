"""An actor type of your own: a host that retries an agent which fails now and then."""

from __future__ import annotations

import contextlib
from typing import Any

import antiphon as ap


class RetryingActor(ap.AgentActor):
    """Asks its agent up to three times before it lets the failure count."""

    def decide(self, observation: Any, context: ap.Context) -> Any:
        for _ in range(2):
            with contextlib.suppress(ConnectionError):
                return super().decide(observation, context)
        return super().decide(observation, context)


class Flaky(ap.Agent):
    """Stands for an agent that asks a service, which fails one time in three."""

    def act(self, observation: Any, context: ap.Context) -> int:
        if context.rng.random() < 1 / 3:
            raise ConnectionError("the service did not answer")
        return int(context.rng.integers(5))


def main() -> None:
    """Compare the two hosts."""
    for host in (ap.AgentActor, RetryingActor):
        with ap.Society(ap.GridWorld(size=6), seed=1) as society:
            society.add(Flaky, n=5, host=host)
            print(f"{host.__name__:<14}", society.run(steps=50).outcomes)


if __name__ == "__main__":
    main()
