"""Texts for people: both languages say the same, and every fault has its words."""

import ast
import re
import string
import tomllib
from pathlib import Path

import pytest

import metro_gis
from metro_gis.messages import LANGUAGES, catalogue, clean, number, percent, text

PACKAGE = Path(metro_gis.__file__).parent
CATALOGUES = PACKAGE / "messages"
FILES = sorted({path.name for lang in LANGUAGES for path in (CATALOGUES / lang).glob("*.toml")})
CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
CARRIERS = ("fault", "flaw")
"""Calls whose first text is a code: ``Fault``, ``Flaw``, and helpers named after them."""


def placeholders(template):
    """Name the placeholders of a template."""
    return sorted({name for _, name, _, _ in string.Formatter().parse(template) if name})


def codes_in(source):
    """Name the codes that stand as the first argument of a fault, both sides of a choice too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", "")).lower()
            if name.endswith(CARRIERS):
                choices = [node.args[0]]
                if isinstance(node.args[0], ast.IfExp):
                    choices = [node.args[0].body, node.args[0].orelse]
                yield from (
                    one.value
                    for one in choices
                    if isinstance(one, ast.Constant)
                    and isinstance(one.value, str)
                    and CODE.fullmatch(one.value)
                )


@pytest.mark.parametrize("name", FILES)
def test_both_languages_hold_the_same_texts(name):
    """A catalogue file has the same keys, with the same placeholders, in both languages."""
    texts = {
        lang: tomllib.loads((CATALOGUES / lang / name).read_text(encoding="utf-8"))
        for lang in LANGUAGES
    }
    assert texts["id"].keys() == texts["en"].keys()
    for key, template in texts["en"].items():
        assert placeholders(texts["id"][key]) == placeholders(template), key


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("fault_")])
def test_every_fault_text_has_its_remedy(name):
    """Each code says what is wrong and how to mend it."""
    for lang in LANGUAGES:
        texts = tomllib.loads((CATALOGUES / lang / name).read_text(encoding="utf-8"))
        codes = [key for key in texts if not key.endswith(".mend")]
        assert sorted(texts) == sorted([*codes, *(f"{code}.mend" for code in codes)])
        assert all(template.strip() for template in texts.values())


def test_every_fault_in_the_code_has_its_text():
    """A code that the package can raise stands in the catalogue of both languages."""
    used = {
        code
        for path in sorted(PACKAGE.rglob("*.py"))
        for code in codes_in(path.read_text(encoding="utf-8"))
    }
    assert len(used) > 50
    for lang in LANGUAGES:
        known = catalogue(lang)
        assert sorted(code for code in used if f"fault.{code}" not in known) == []


def test_every_fault_text_is_used():
    """A text whose code stands nowhere in the package is dead, and is removed."""
    strings = {
        node.value
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    codes = {key.removeprefix("fault.") for key in catalogue("en") if key.startswith("fault.")}
    assert sorted(one for one in codes if not one.endswith(".mend") and one not in strings) == []


def test_texts_are_filled_in_the_language():
    """Fractions bear the decimal sign of the language."""
    assert number(1234.5, "en") == "1,234.5"
    assert number(1234.5, "id") == "1.234,5"
    assert percent(0.0042, "id") == "0,5 %"
    with pytest.raises(KeyError):
        text("no.such", "en")
    with pytest.raises(ValueError, match="no language"):
        text("no.such", "fr")


def test_foreign_text_is_safe_for_a_terminal():
    """Escape codes and direction marks are dropped, line breaks are spaces, and it is cut."""
    assert clean("a\x1b[31mb\u202ec\nd") == "a[31mbc d"
    assert clean("x" * 100, 10) == "xxxxxxx..."
