"""API JSON ↔ fields: tolerant on the way in, exact on the way out.

Three spaces of values meet here: the API's JSON, *live* fields (decoded, still in ids) and the
catalog's keys.

    decode                    JSON → live fields          decode.py
    view, view_field          live fields → keys          view.py (live and applied alike)
    stored                    keys → live fields          view.py (for the state)
    create_body, update_body  keys → JSON                 encode.py
    inherited_values          what categories hand down   inherited.py
    Names, Definition         who is who                  names.py
"""

from reconciler.wire.decode import decode, raw_type, text_id, without
from reconciler.wire.encode import MANY, Manners, create_body, update_body
from reconciler.wire.inherited import inherited_values
from reconciler.wire.names import (
    VALUE,
    Definition,
    Names,
    as_live,
    as_spelled,
    known_as,
    label_key,
    same_label,
    type_of,
)
from reconciler.wire.view import definition_of, picked, stored, view, view_field, view_value

__all__ = [
    "MANY",
    "VALUE",
    "Definition",
    "Manners",
    "Names",
    "as_live",
    "as_spelled",
    "create_body",
    "decode",
    "definition_of",
    "inherited_values",
    "known_as",
    "label_key",
    "picked",
    "raw_type",
    "same_label",
    "stored",
    "text_id",
    "type_of",
    "update_body",
    "view",
    "view_field",
    "view_value",
    "without",
]
