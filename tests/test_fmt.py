"""`pxm fmt`: canonical order and shape; comments stay, what is loaded is the same."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.fmt import alike, formatted
from reconciler.yamlfile import parse
from reconciler.yamltext import Flow, document
from reconciler.yamltext.edits import all_comments
from reconciler.yamltext.spans import outline

UGLY = """\
# yaml-language-server: $schema=../schemas/catalog.schema.json
# Our jackets.

resources:
- link: https://example.com/a.pdf
  # said twice
  key: guide   # its key
  description: "Care guide"


collections:
# the one that sells
-   name: 'Rain: Jacket'     # since 2019
    key:   "rain-jacket"
    variants:
    - {name: "Rain Jacket - M", key: rain-m,   attributes: { size:   "M", n: "007" }}
    # more to come
    attributes:   # values
            size: "90"
            on: 'true'
            care: |   # how
               Cold.

                 No bleach.

            note: >+
               folded
               text

    categories:
       - "sale"     # until May
       # none other
    published: true
# the end
"""

TIDY = """\
# yaml-language-server: $schema=../schemas/catalog.schema.json
# Our jackets.

collections:
  # the one that sells
  - key: "rain-jacket"
    name: 'Rain: Jacket'     # since 2019
    categories:
      - "sale"     # until May
      # none other
    published: true
    # more to come
    attributes:   # values
      size: "90"
      on: 'true'
      care: |   # how
        Cold.

          No bleach.

      note: >+
        folded
        text

    variants:
      - {name: "Rain Jacket - M", key: rain-m, attributes: {size: "M", n: "007"}}

resources:
  # said twice
  - key: guide   # its key
    description: "Care guide"
    link: https://example.com/a.pdf
# the end
"""


def tidy(text: str, **options: Any) -> str:
    """The formatted text, which formatting again does not change."""
    found = formatted(text.encode(), "a.yaml", **options)
    assert not found.problems, found.problems
    again = formatted(found.text.encode(), "a.yaml", **options)
    assert not again.problems, (again.problems, found.text)
    assert again.text == found.text
    return found.text


def test_a_file_comes_into_order_and_shape() -> None:
    assert tidy(UGLY) == TIDY
