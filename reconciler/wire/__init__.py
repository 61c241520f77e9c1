"""API JSON ↔ fields: tolerant on the way in, exact on the way out.

Three spaces of values meet here: the API's JSON, *live* fields (decoded, still in ids) and the
catalog's keys.

    decode, WireFields        JSON → live fields          decode.py (when they are asked for)
    view, view_field          live fields → keys          view.py (live and applied alike)
    stored                    keys → live fields          view.py (for the state)
    create_body, update_body  keys → JSON                 encode.py
    inherited_values          what categories hand down   inherited.py
    Names, Definition         who is who                  names.py
"""

from reconciler.wire.decode import (
    WireFields,
    decode,
    elements,
    has_title,
    label_of,
    raw_type,
    text_id,
    wire_text,
    without,
)
from reconciler.wire.encode import (
    MANY,
    Manners,
    create_body,
    update_body,
    value_entries,
    values_body,
)
from reconciler.wire.inherited import categories_above, inherited_values, is_handed_down
from reconciler.wire.names import (
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
    "Definition",
    "Manners",
    "Names",
    "WireFields",
    "as_live",
    "as_spelled",
    "categories_above",
    "create_body",
    "decode",
    "definition_of",
    "elements",
    "has_title",
    "inherited_values",
    "is_handed_down",
    "known_as",
    "label_key",
    "label_of",
    "picked",
    "raw_type",
    "same_label",
    "stored",
    "text_id",
    "type_of",
    "update_body",
    "value_entries",
    "values_body",
    "view",
    "view_field",
    "view_value",
    "wire_text",
    "without",
]
