"""pxm: a declarative reconciler for a PXM product catalog.

Data flows one way: YAML becomes *desired*, the API becomes *live*, the state becomes *applied*;
the three meet in a pure diff, the diff becomes a plan, which is a value, and apply carries out
that value.  `docs/architecture.md` walks through the modules in that order.
"""

__version__ = "0.1.0"
