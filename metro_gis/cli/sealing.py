"""Passphrases for pages: asked for unseen, or read from a file descriptor, and never written."""

from __future__ import annotations

import os
import sys
from getpass import getpass
from typing import TYPE_CHECKING, Final

import click

from metro_gis.errors import Fault, UsageError
from metro_gis.messages import text
from metro_gis.workspace import SEALED_MARK, sealed_path, sha256_of

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from metro_gis.terminal import Terminal

TRIES: Final = 3
LONGEST_BYTES: Final = 4096
STDERR: Final = 2


def seal_options(command: Any) -> Any:  # noqa: ANN401 (a decorator of click's)
    """Add what seals a page.

    Parameters
    ----------
    command
        A click command function.

    Returns
    -------
    callable
        The same with the options ``seal`` and ``seal_fd``.
    """
    command = click.option("--seal-fd", type=click.IntRange(min=0), metavar="N")(command)
    return click.option("--seal", is_flag=True)(command)


def asked_passphrase(terminal: Terminal, *, seal: bool, seal_fd: int | None) -> str | None:
    """Get the passphrase of a page that is to be sealed.

    Parameters
    ----------
    terminal
        Where it is asked for.
    seal
        Whether to ask.
    seal_fd
        File descriptor to read it from instead.

    Returns
    -------
    str or None
        None for a page that stays plain.

    Raises
    ------
    UsageError
        If there is nobody to ask, or the passphrase is too easily guessed.
    """
    if seal_fd is not None:
        phrase = _read(seal_fd)
        _judge(terminal, phrase)
        return phrase
    if not seal:
        return None
    # a made-up phrase is shown on stderr: never into a file
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(Fault("seal-no-terminal"))
    return _asked(terminal)


def page_facts(terminal: Terminal, page: Path) -> tuple[dict[str, Any], str]:
    """Tell of a page that was drawn; of a sealed one by its hash, which its reader can compare.

    Parameters
    ----------
    terminal
        Where it is told that a sealed page and a plain one of the same plan lie side by side.
    page
        The page.

    Returns
    -------
    dict, str
        For ``--json`` (``page``, and of a sealed one ``sealed`` and ``sha256``) and for people.
    """
    workspace, lang = terminal.workspace, terminal.lang
    plain = page.with_name(page.name.replace(SEALED_MARK, ""))
    sealed = sealed_path(plain)
    if plain.exists() and sealed.exists():
        shown = workspace.shown(plain)
        params = {"sealed": workspace.shown(sealed)}
        terminal.warn([Fault("plain-page-beside", "warning", shown, params=params)])
    name = workspace.shown(page)
    if page == plain:
        return {"page": name}, text("cli.drawn", lang, page=name)
    digest = sha256_of(page)
    line = text("cli.sealed", lang, page=name, sha256=digest)
    return {"page": name, "sealed": True, "sha256": digest}, line


def _asked(terminal: Terminal) -> str:
    for _ in range(TRIES - 1):
        try:
            return _typed(terminal) or _made_up(terminal)
        except UsageError as error:
            terminal.warn(error.faults)
    return _typed(terminal) or _made_up(terminal)


def _typed(terminal: Terminal) -> str:
    """Ask twice; nothing where nothing is typed."""
    from metro_gis.maps.passphrase import normalised

    phrase = _unseen(terminal, "cli.seal-ask")
    if phrase.strip():
        _judge(terminal, phrase)
        if normalised(_unseen(terminal, "cli.seal-again")) != normalised(phrase):
            raise UsageError(Fault("passphrase-differs"))
    return phrase.strip()


def _made_up(terminal: Terminal) -> str:
    from metro_gis.maps.passphrase import new_passphrase

    phrase = new_passphrase()
    line = text("cli.seal-made", terminal.lang, phrase=phrase)
    terminal.errors.print(line, markup=False, style="bold")
    return phrase


def _unseen(terminal: Terminal, key: str) -> str:
    try:
        return getpass(text(key, terminal.lang))
    except EOFError:
        # whoever ends the input wants to leave
        raise KeyboardInterrupt from None


def _judge(terminal: Terminal, phrase: str) -> None:
    from metro_gis.maps.passphrase import weakness

    weak = weakness(phrase)
    if weak:
        terminal.warn([weak])


def _read(descriptor: int) -> str:
    """Read the first line of a file descriptor, and close it."""
    number = str(descriptor)
    try:
        if os.isatty(descriptor):
            raise UsageError(Fault("seal-fd-terminal", value=number))
        # our own streams stay open
        with os.fdopen(descriptor, "rb", closefd=descriptor > STDERR) as stream:
            line = stream.readline(LONGEST_BYTES + 1)
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(Fault("seal-fd-unreadable", value=number, params={"why": why})) from error
    try:
        phrase = line.decode("utf-8").strip()
    except UnicodeDecodeError:
        phrase = ""  # the error would carry what was read
    if not phrase or len(line) > LONGEST_BYTES:
        params = {"most": LONGEST_BYTES}
        raise UsageError(Fault("passphrase-missing", value=number, params=params))
    return phrase
