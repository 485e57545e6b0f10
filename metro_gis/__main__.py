"""The command line, started: signals are heard before anything that takes time is loaded."""

from metro_gis.interruption import listen


def main() -> None:
    """Run the command line with the words of this process."""
    listen()
    try:
        from metro_gis.cli import main as command_line

        command_line(prog_name="metro-gis")
    except KeyboardInterrupt:
        import sys

        from metro_gis.terminal import leave_interrupted

        leave_interrupted(sys.argv[1:])


if __name__ == "__main__":
    main()
