"""How long work tells what it is at."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Hears of steps, counts and aims."""

    def step(self, name: str) -> None:
        """Take note that a step begins.

        Parameters
        ----------
        name
            Key of the step in the message catalogue, without its prefix ``step.``.
        """

    def count(self, done: int, total: int) -> None:
        """Take note of how far the step is.

        Parameters
        ----------
        done, total
            Pieces of work.
        """

    def aim(self, name: str, value: float | None, bound: float | None) -> None:
        """Take note of value and bound of an aim.

        Parameters
        ----------
        name
            ``cover``, ``strength`` or ``nearness``.
        value, bound
            Best value so far and what is proven; None where unknown.
        """


class Silent:
    """Progress that nobody watches."""

    def step(self, name: str) -> None:
        """Ignore a step.

        Parameters
        ----------
        name
            Key of the step.
        """

    def count(self, done: int, total: int) -> None:
        """Ignore a count.

        Parameters
        ----------
        done, total
            Pieces of work.
        """

    def aim(self, name: str, value: float | None, bound: float | None) -> None:
        """Ignore an aim.

        Parameters
        ----------
        name
            Name of the aim.
        value, bound
            Value and bound.
        """
