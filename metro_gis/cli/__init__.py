"""The command line: parse, call, print; a module for each group of commands."""

from __future__ import annotations

from metro_gis.cli.root import main

__all__ = ["main"]
