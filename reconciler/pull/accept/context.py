"""What wishes are made from, and those that have been made so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model import Catalog, Live, LiveObject, Place, Ref, State, Value
from reconciler.paths import attribute_of, is_value
from reconciler.pull.accept.wishes import Become, Stays, Told, Wishes


@dataclass(frozen=True, slots=True)
class Context:
    """The three sides of a drift, and the wishes that it leads to.

    `new_labels` are the labels that options and sub-fields of each attribute are given, with the
    type of a sub-field: values may hold them although the files do not list them yet.
    """

    catalog: Catalog
    live: Live
    state: State
    wishes: Wishes = field(default_factory=Wishes)
    new_labels: dict[Ref, dict[str, str]] = field(default_factory=dict)

    def declared(self, ref: Ref) -> Mapping[str, Value]:
        """The fields that the files declare for an object."""
        return self.catalog.resources[ref].fields

    def live_object(self, kind: str, id_: str) -> LiveObject:
        """An object as the account shows it; one without fields where it does not."""
        return self.live.of(kind).get(id_) or LiveObject(kind, id_, {})

    def live_attribute(self, attribute: Ref) -> LiveObject:
        """The same by key: without fields where the state does not know the attribute."""
        entry = self.state.entries.get(attribute)
        return self.live_object("attribute", entry.id if entry else "")

    def stay(self, ref: Ref, path: str, reason: str) -> None:
        """Note drift that the files cannot take over."""
        resource = self.catalog.resources.get(ref)
        place = str(resource.at(path)) if resource else ""
        self.wishes.stays.append(Stays(ref, path, reason, place))

    def tell(self, ref: Ref, path: str, words: str, place: Place) -> None:
        """Say where a value is edited that stands elsewhere, or stood there."""
        self.wishes.told.append(Told(ref, path, words, str(place)))

    def become(self, ref: Ref, path: str, value: Any, *, due: bool = False) -> None:
        """Wish for another value of a scalar field or of an attribute (`attributes.<key>`)."""
        if is_value(path):
            steps: tuple[str, ...] = ("attributes", attribute_of(path))
        else:
            steps = (path,)
        self.wishes.add(Become(ref, steps, value, due=due))
