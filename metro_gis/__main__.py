"""Run the command line with ``python -m metro_gis``."""

from metro_gis.cli import main

main(prog_name="metro-gis")
