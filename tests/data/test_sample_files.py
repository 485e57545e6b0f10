"""The files in ``data/`` are those that the sample's generator makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from metro_gis.data import sample

ROOT = Path(__file__).resolve().parents[2]
STEMS = ("personnel", "posts", "posts-bko", "posts-short", "sources", "stations")


@pytest.fixture(scope="module")
def made():
    """Give the files as the generator makes them."""
    return sample.sample_files()


@pytest.mark.parametrize("name", [*(f"{stem}.csv" for stem in STEMS), "roads.graphml"])
def test_file_is_as_generated(name, made):
    """A file of the repository equals the generator's output, byte for byte."""
    # not compared by ==, whose explanation of a difference of megabytes would take minutes
    same = (ROOT / "data" / name).read_bytes() == made[name]
    assert same
