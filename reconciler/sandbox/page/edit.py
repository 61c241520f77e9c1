"""The one form: a product changed as the web interface would, past the API.

A field is kept as what a browser sends back when nobody touched it, and the form says of each
what it showed (`was:…`).  So only what somebody changed is written, every other value keeps its
stored spelling, and what changed on the other side meanwhile is noticed field by field.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.sandbox.page.account import AccountMaps, title
from reconciler.sandbox.page.values import entries, option_labels, picked, values_of
from reconciler.sandbox.store import Object, loads

LONG = 80
"""Characters from which a text gets a box of several lines."""

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_FIXED = ("name", "additional_title", "published")

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Control:
    """A control of the form.  `values` is what it sends; nothing, where it is empty."""

    name: str
    label: str
    control: str
    values: tuple[str, ...]
    options: Options = ()
    error: str = ""

    @property
    def mark(self) -> str:
        """A digest of its values, whatever their order: says whether two forms show the same."""
        several = sorted(set(self.values)) if self.control == "choices" else self.values
        return hashlib.sha256("\0".join(several).encode(errors="replace")).hexdigest()[:16]

    @property
    def rows(self) -> int:
        """Lines that its box shows at once."""
        text = "".join(self.values)
        return min(12, max(3, len(text) // LONG + text.count("\n") + 1))

    @property
    def texts(self) -> tuple[str, ...]:
        """Its values as people read them."""
        labels = dict(self.options)
        return tuple(labels.get(value, value) for value in self.values)


@dataclass(frozen=True, slots=True)
class ChangedField:
    """A field that somebody changed, as people read it."""

    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SavedForm:
    """A form that was saved: when (seconds since 1970), on which product, what."""

    id: str
    at: float
    product: str
    name: str
    changes: tuple[ChangedField, ...]


def fields(account: AccountMaps, item: Object) -> tuple[Control, ...]:
    """The controls of a product: its names, whether it is published, its values by label."""
    published = ("true",) if item.get("published") is True else ()
    fixed = (
        Control("name", "Name", "line", _sent("line", item.get("name"))),
        Control(
            "additional_title",
            "Additional title",
            "line",
            _sent("line", item.get("additional_title")),
        ),
        Control("published", "Published", "flag", published, (("true", "Yes"),)),
    )
    return (*fixed, *_value_fields(account, item))


def _value_fields(account: AccountMaps, item: Object) -> Iterator[Control]:
    """A control for each value whose type has one."""
    stored = {str(entry.get("id")): entry["value"] for entry in entries(item)}
    for value in values_of(account, item):
        definition = account.get("attribute", value.id)
        if definition is None or value.type not in _CONTROLS:
            continue
        field = _CONTROLS[value.type](definition, stored[value.id])
        yield replace(field, name=f"value:{value.id}", label=title("attribute", definition))


def _text(_: Object, value: object) -> Control:
    text = str(value)
    is_long = len(text) > LONG or re.search("[\r\n]", text)
    control = "long" if is_long else "line"
    return Control("", "", control, _sent(control, text))


def _number(_: Object, value: object) -> Control:
    return Control("", "", "number", _sent("line", value))


def _flag(_: Object, value: object) -> Control:
    return Control("", "", "truth", (str(value).lower(),), (("true", "Yes"), ("false", "No")))


def _picks(definition: Object, value: object) -> Control:
    labels, chosen = option_labels(definition), picked(value)
    unknown = tuple((id_, f"{id_} (no such option)") for id_ in chosen if id_ not in labels)
    several = len(chosen) > 1 or str(definition.get("maximum") or 1) != "1"
    control = "choices" if several else "choice"
    return Control("", "", control, chosen, tuple(labels.items()) + unknown)


_CONTROLS: Mapping[str, Callable[[Object, object], Control]] = {
    "Text": _text,
    "Number": _number,
    "Boolean": _flag,
    "Pick List": _picks,
}


def _sent(control: str, value: object) -> tuple[str, ...]:
    """A text as a browser sends it back: one sort of newline, none at all from a line."""
    text = "" if value is None else str(value)
    text = re.sub(r"\r\n?", "\n", text).replace("\0", "\ufffd")
    if control == "line":
        text = text.replace("\n", "")
    return (text,) if text else ()


# --- what came back ---


Posted = Mapping[str, Sequence[str]]


def filled(shown: Sequence[Control], posted: Posted) -> tuple[Control, ...]:
    """The fields with what was sent for them, and what is wrong with it."""
    return tuple(_filled(field, posted) for field in shown)


def _filled(field: Control, posted: Posted) -> Control:
    """The field as it is where nobody touched it or the form did not have it."""
    was = "".join(posted.get(f"was:{field.name}", ()))
    sent = replace(field, values=_posted(field, posted))
    if was in ("", sent.mark):
        return field
    if field.mark not in (was, sent.mark):
        now = ", ".join(field.texts) or "nothing"
        return replace(sent, error=f"Changed meanwhile: the account now says {now}.")
    return _checked(sent)


def vanished(shown: Sequence[Control], posted: Posted) -> bool:
    """Whether something was typed for a value that the product no longer has."""
    known = {field.name for field in shown}
    for sent_name, was in posted.items():
        name = sent_name.removeprefix("was:")
        if name != sent_name and name not in known and _typed(posted, name, was):
            return True
    return False


def _typed(posted: Posted, name: str, was: Sequence[str]) -> bool:
    """Whether a control does not send what it showed; which control it was nobody knows."""
    sent = tuple(posted.get(name, ()))
    as_line = Control(name, "", "line", _sent("long", "".join(sent[:1])))
    return not {Control(name, "", "choices", sent).mark, as_line.mark} & set(was)


def _posted(field: Control, posted: Posted) -> tuple[str, ...]:
    found = posted.get(field.name, ())
    if field.control in ("line", "long", "number"):
        return _sent("long", "".join(found[:1]))
    ranks = {id_: rank for rank, (id_, _) in enumerate(field.options)}
    chosen = dict.fromkeys(filter(None, found))
    return tuple(sorted(chosen, key=lambda id_: ranks.get(id_, len(ranks))))


def _checked(field: Control) -> Control:
    if field.name == "name" and not "".join(field.values).strip():
        return replace(field, error="A product needs a name.")
    if field.control == "number" and field.values and not _NUMBER.fullmatch(field.values[0]):
        return replace(field, error="Write a number with a point, such as 450 or 12.5.")
    known = {id_ for id_, _ in field.options}
    if field.options and not known.issuperset(field.values):
        return replace(field, error="Choose from the options that the attribute has.")
    return field


def changed(shown: Sequence[Control], sent: Sequence[Control]) -> tuple[Control, ...]:
    """The fields whose values differ from what the account has."""
    pairs = zip(shown, sent, strict=True)
    return tuple(after for before, after in pairs if before.mark != after.mark)


def described(shown: Sequence[Control], sent: Sequence[Control]) -> tuple[ChangedField, ...]:
    """What `sent` changes, for people."""
    before = {field.name: field for field in shown}
    return tuple(ChangedField(field.label, before[field.name].texts, field.texts) for field in sent)


# --- what is stored ---


def edited(item: Object, sent: Sequence[Control], now: str) -> Object:
    """The product with the changed fields written; `now` as the server writes times.

    One that becomes published without a start date starts now, as the API asks for one.
    """
    written = {field.name: field for field in sent}
    new = {**item, "updated_date": now}
    new.update({name: _stored(written[name]) for name in _FIXED if name in written})
    if "published" in written and new["published"] and not new.get("published_start_date"):
        new["published_start_date"] = now
    new["attributes"] = list(_edited_entries(item, written))
    return new


def _edited_entries(item: Object, written: Mapping[str, Control]) -> Iterator[Object]:
    """The stored values with those written in their places; one that was emptied goes."""
    for entry in item.get("attributes") or ():
        field = written.get(f"value:{entry.get('id')}")
        if field is None:
            yield entry
        elif field.values:
            yield {**entry, "value": _stored(field)}


def _stored(field: Control) -> object:
    return _STORED[field.control](field)


_STORED: Mapping[str, Callable[[Control], object]] = {
    "line": lambda field: "".join(field.values) or None,
    "long": lambda field: "".join(field.values),
    "number": lambda field: loads(field.values[0]),
    "flag": lambda field: bool(field.values),
    "truth": lambda field: field.values[0] == "true",
    "choice": lambda field: list(field.values),
    "choices": lambda field: list(field.values),
}
