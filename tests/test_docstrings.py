"""Public docstrings are complete: numpydoc validates them as they are imported."""

import importlib
import inspect
import pkgutil
import tomllib
from pathlib import Path

import pytest
from numpydoc.validate import validate

import metro_gis

ROOT = Path(__file__).parents[1]
CHECKS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "numpydoc_validation"
]["checks"]
ARGUED = set(CHECKS) - {"all"}  # "all" and a list means: all but these


def modules():
    found = pkgutil.walk_packages(metro_gis.__path__, "metro_gis.")
    return sorted(one.name for one in found if "._" not in one.name and "__main__" not in one.name)


def public_objects(module):
    """Name a module's public functions and classes, and the methods written there."""
    for name, thing in vars(module).items():
        ours = getattr(thing, "__module__", None) == module.__name__
        if name.startswith("_") or not ours:
            continue
        if inspect.isfunction(thing):
            yield f"{module.__name__}.{name}"
        elif inspect.isclass(thing):
            yield f"{module.__name__}.{name}"
            for inner, member in vars(thing).items():
                written_here = getattr(member, "__qualname__", "").startswith(f"{name}.")
                if not inner.startswith("_") and inspect.isfunction(member) and written_here:
                    yield f"{module.__name__}.{name}.{inner}"


def inherits_its_signature(module, path):
    """Tell whether a class is made as its parent is: enums, protocols, errors, schemas."""
    thing = vars(module).get(path.removeprefix(f"{module.__name__}."))
    if not inspect.isclass(thing):
        return False
    return "__init__" not in vars(thing) or getattr(thing, "_is_protocol", False)


@pytest.mark.parametrize("name", modules())
def test_public_docstrings_are_complete(name):
    """Every public object says what it takes, gives and raises, but for what pyproject argues."""
    module = importlib.import_module(name)
    faults = []
    for path in public_objects(module):
        for code, text in validate(path)["errors"]:
            inherited = code == "PR01" and inherits_its_signature(module, path)
            if code not in ARGUED and not inherited:
                faults.append(f"{path}: {code} {text}")
    assert faults == []
