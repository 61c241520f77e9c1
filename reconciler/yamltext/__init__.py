"""Values → YAML text, and YAML text edited in place; `yamlfile` reads what this writes.

scalar, key      one text, number or truth value                  scalars.py
document         nested data, laid out as people write it         document.py
outline          text → nodes that know their exact spans         spans.py
edited           text with some spans replaced                    edits.py
"""

from reconciler.yamltext.document import Flow, TypedFlow, document, rendered
from reconciler.yamltext.scalars import expressible, fits_key, key, scalar

__all__ = ["Flow", "TypedFlow", "document", "expressible", "fits_key", "key", "rendered", "scalar"]
