"""Data + JSON Schema → findings in words for people (contract 1.5).

    data ─ jsonschema-rs: sound? ─ yes ─ nothing to say
             │ no
           jsonschema ─ errors ─ misfits ─ by keyword ─ findings
           (judge)               (misfit)  (wording)    (finding)

jsonschema-rs says yes or no fast; what it refuses jsonschema judges again, and where the two
differ jsonschema counts.  Only `patterns` uses one of them besides.

The schemas serve editors too.  What they say beside the standard's keywords: `errorMessage`
(what editors show as well) and `x-message` (where ours differs) replace our words for a value
that does not fit, `x-hint` adds what to do, `x-each` lists the fields that no default can give.
"""

from reconciler.schema.finding import Fate, Finding
from reconciler.schema.judge import check
from reconciler.schema.source import load
from reconciler.schema.texts import Slot, slots

__all__ = ["Fate", "Finding", "Slot", "check", "load", "slots"]
