"""The command line: thin words around the same tools the page uses."""

from ui.cli.main import main

__all__ = ["main"]
