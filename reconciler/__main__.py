"""`python -m reconciler` is the same program as `pxm`."""

from reconciler.cli import main

main()
