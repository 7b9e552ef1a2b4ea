"""``python -m tilewise``: the command."""

from ._command import main

main()
