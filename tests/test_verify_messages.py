"""The catalogues hold a sentence for every breach of the checker."""

from __future__ import annotations

import string
import tomllib
from pathlib import Path

import pytest

from metro_gis import verify

CATALOGUES = Path(verify.__file__).parent / "messages"


def catalogue(lang: str) -> dict[str, str]:
    """Read the breaches of one language."""
    return tomllib.loads((CATALOGUES / lang / "breach.toml").read_text(encoding="utf-8"))


def placeholders(template: str) -> set[str]:
    """Return the names that a template is filled with."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("lang", ["en", "id"])
def test_catalogue_holds_exactly_the_codes(lang: str) -> None:
    """Each code of the checker has one sentence in each language, and no sentence is left over."""
    assert set(catalogue(lang)) == set(verify.BREACHES)


@pytest.mark.parametrize("code", sorted(verify.BREACHES))
def test_placeholders_are_the_same(code: str) -> None:
    """A sentence is filled with the same names in every language."""
    wanted = placeholders(verify.BREACHES[code])
    assert placeholders(catalogue("en")[code]) == wanted
    assert placeholders(catalogue("id")[code]) == wanted


def test_english_catalogue_says_what_the_checker_says() -> None:
    """The checker run alone and the toolkit tell a breach in the same English words."""
    assert catalogue("en") == verify.BREACHES
