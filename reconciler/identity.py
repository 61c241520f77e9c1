"""Who is who: desired × live × state → managed, adopted, moved, gone, near match, ambiguous.

Contract 2.1.  A state entry decides first; without one an object is looked for by its natural
key, kind by kind in the order of references, so that what a key leans on is already known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.kinds import ORDER, Kind
from reconciler.model import Catalog, Entry, Live, LiveObject, Problem, Ref, Resource, State
from reconciler.normalize import is_empty, loosened, spelled
from reconciler.wire import VALUE, definition_of, view_value

MARK = "@"
"""In a key that no catalog can hold: of what an upload has replaced (`plan.leftbehind`)."""

NEW = "new"
"""`id: new` says that a near match is not meant: create."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A desired object and its live one.  `how` is managed, adopted, moved, pinned or external.

    `source` is the key that the object had in the state, where it moved.
    """

    id: str
    how: str
    source: Ref | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """The result.

    `bound` has every desired object that exists; `gone` the managed ones that answered 404;
    `near` the near matches of what would be created; `blocked` reasons; `left` state entries
    whose key has left the catalog; `entries` the state's entries under their present keys.
    """

    bound: Mapping[Ref, Bound]
    gone: frozenset[Ref]
    near: Mapping[Ref, tuple[str, ...]]
    blocked: Mapping[Ref, str]
    left: Mapping[Ref, Entry]
    entries: Mapping[Ref, Entry]
    moved: frozenset[tuple[str, str, str]]
    problems: tuple[Problem, ...]
    roots: frozenset[str] = frozenset()


def identify(catalog: Catalog, live: Live, state: State) -> Identity:
    """Match every desired object with at most one live object, and every live one once."""
    entries, done, problems = carry_moves(catalog, state)
    search = _Search(catalog, live, entries)
    search.problems.extend(problems)
    for kind in ORDER:
        search.match(kind)
    left = {
        ref: entry
        for ref, entry in entries.items()
        if ref not in catalog.resources and (ref.kind, entry.id) not in search.claimed
    }
    near, blocked = near_matches(search, state)
    return Identity(
        bound=search.bound,
        gone=frozenset(search.gone),
        near=near,
        blocked=blocked,
        left=left,
        entries=entries,
        moved=done,
        problems=tuple(search.problems),
        roots=hidden_roots(catalog, live, entries),
    )


# --- moved: -------------------------------------------------------------------------------------


def carry_moves(
    catalog: Catalog, state: State
) -> tuple[dict[Ref, Entry], frozenset[tuple[str, str, str]], list[Problem]]:
    """The state's entries under their new keys; all `moved:` entries take effect at once."""
    target: dict[Ref, Ref] = {}
    done = set(state.moved)
    for move in catalog.moved:
        name = (move.kind, move.source, move.target)
        source = Ref(move.kind, move.source)
        if name not in state.moved and source in state.entries:
            target[source] = Ref(move.kind, move.target)
            done.add(name)
    problems = [
        _occupied(catalog, ref) for source, ref in target.items() if _blocked(ref, target, state)
    ]
    entries = {
        target.get(ref, ref): replace(entry, ref=target.get(ref, ref))
        for ref, entry in state.entries.items()
    }
    return entries, frozenset(done), problems


def _blocked(ref: Ref, target: Mapping[Ref, Ref], state: State) -> bool:
    return ref in state.entries and ref not in target


def _occupied(catalog: Catalog, ref: Ref) -> Problem:
    move = next(item for item in catalog.moved if (item.kind, item.target) == (ref.kind, ref.key))
    return Problem(
        move.place,
        f"moved: {ref.kind} '{ref.key}' is already managed under that key",
        "see `pxm state list`; remove the entry, or `pxm state rm` the one that is wrong",
    )


# --- the search ---------------------------------------------------------------------------------


@dataclass
class _Search:
    """What is known while the kinds are walked in order; `claimed` are (kind, id).

    `contested` are objects that found a live one which another object matches as well.
    """

    catalog: Catalog
    live: Live
    entries: Mapping[Ref, Entry]
    bound: dict[Ref, Bound] = field(default_factory=dict)
    gone: set[Ref] = field(default_factory=set)
    claimed: set[tuple[str, str]] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    unbound: dict[Ref, Resource] = field(default_factory=dict)
    contested: dict[Ref, tuple[str, Ref]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.owners = {(ref.kind, entry.id): ref for ref, entry in self.entries.items()}
        self.roots = hidden_roots(self.catalog, self.live, self.entries)
        self.let_go = frozenset(item.ref for item in self.catalog.removed)

    def match(self, kind: Kind) -> None:
        """All desired objects of one kind; those that refer to their own kind after its others."""
        seeking = [
            resource
            for resource in self.catalog.of(kind.name)
            if not (self._pinned(resource) or self._managed(resource))
        ]
        for layer in layers(kind, seeking, self.catalog):
            self._by_natural_key(kind, layer)

    def _pinned(self, resource: Resource) -> bool:
        if resource.id in (None, NEW):
            return False
        id_, entry = str(resource.id), self.entries.get(resource.ref)
        owner = self.owners.get((resource.ref.kind, id_))
        if entry is not None and entry.id != id_:
            self._problem(resource, f"id {id_} is pinned, but the state holds {entry.id}", _REBIND)
        elif owner not in (None, resource.ref):
            self._problem(resource, f"id {id_} is managed as {owner}", _REBIND)
        elif id_ not in self.live.of(resource.ref.kind):
            self._problem(resource, f"id {id_} does not exist in the account", _NO_ID)
        else:
            self._claim(resource, id_, "managed" if entry else "pinned")
        return True

    def _managed(self, resource: Resource) -> bool:
        entry = self.entries.get(resource.ref)
        if entry is None:
            return False
        if entry.id in self.live.of(resource.ref.kind):
            self._claim(resource, entry.id, "managed")
            return True
        self.gone.add(resource.ref)
        return False

    def _claim(self, resource: Resource, id_: str, how: str, source: Ref | None = None) -> None:
        found = Bound(id_, "external") if resource.external else Bound(id_, how, source)
        self.bound[resource.ref] = found
        self.claimed.add((resource.ref.kind, id_))

    def _problem(self, resource: Resource, message: str, hint: str) -> None:
        ref = resource.ref
        self.problems.append(Problem(resource.at("id"), f"{ref.kind} '{ref.key}': {message}", hint))

    def _by_natural_key(self, kind: Kind, layer: list[Resource]) -> None:
        """Most specific key first; what has no more specific one before what falls back on it;
        exact matches before trimmed and unescaped ones."""
        remaining = {resource.ref: resource for resource in layer}
        for level in range(3):
            for own in (True, False):
                for form in (str, loosened):
                    seeking = [x for x in remaining.values() if _is_own(self, x, level) is own]
                    for ref in self._pass(kind, seeking, level, form):
                        del remaining[ref]
        self.unbound.update(remaining)
        for resource in remaining.values():
            if resource.external:
                self._problem(
                    resource, "external, but no such object is in the account", _NO_EXTERNAL
                )
            elif kind.name == "file" and resource.file is None:
                self._problem(resource, "no such file is in the account", _NO_FILE)

    def _pass(
        self, kind: Kind, seeking: list[Resource], level: int, form: Callable[[str], str]
    ) -> list[Ref]:
        """Settle what can be told; the result does not hang on the order of the catalog."""
        wanted = [(item, natural_keys(self, item, level, form)) for item in seeking]
        needed = {key for _, keys in wanted for key in keys}
        if not needed:
            return []
        index = self._index(kind, needed, level, form)
        found = [
            (item, {id_ for key in keys for id_ in index.get(key, ())}) for item, keys in wanted
        ]
        rivals = _rivals(found)
        return [item.ref for item, ids in found if ids and self._settle(item, ids, rivals)]

    def _index(
        self, kind: Kind, needed: set[Hashable], level: int, form: Callable[[str], str]
    ) -> dict[Hashable, list[str]]:
        index: dict[Hashable, list[str]] = defaultdict(list)
        for item in self.pool(kind.name):
            for key in live_keys(self, item, level, form):
                if key in needed:
                    index[key].append(item.id)
        return index

    def pool(self, kind: str) -> Iterator[LiveObject]:
        """Live objects that may be taken: not managed, or managed under a key that has left."""
        for id_, item in self.live.of(kind).items():
            owner = self.owners.get((kind, id_))
            kept = owner is not None and (
                owner in self.catalog.resources or owner in self.let_go or MARK in owner.key
            )
            if not kept and (kind, id_) not in self.claimed and id_ not in self.roots:
                yield item

    def _settle(
        self, resource: Resource, found: set[str], rivals: Mapping[str, Sequence[Resource]]
    ) -> bool:
        """Take the one match; say that there are several; leave what several objects match."""
        if len(found) > 1:
            self._ambiguous(resource, sorted(found))
            return True
        (id_,) = found
        source = self.owners.get((resource.ref.kind, id_))
        others = sorted(item.ref for item in rivals[id_] if item is not resource)
        # One of ours whose key has left would else be deleted: the first key takes it.
        if others and (source is None or others[0] < resource.ref):
            if resource.id != NEW:
                self.contested[resource.ref] = (id_, others[0])
            return False
        self._claim(resource, id_, "moved" if source else "adopted", source)
        return True

    def _ambiguous(self, resource: Resource, ids: list[str]) -> None:
        message = f"{len(ids)} live objects match it: {', '.join(ids)}"
        ref = resource.ref
        made = {id_: spelled(self.live.of(ref.kind)[id_].created or "") for id_ in ids}
        newest = max(ids, key=lambda id_: made[id_])
        if ref.kind == "file" and list(made.values()).count(made[newest]) == 1:
            message += f"; the newest is {newest}"
        self._problem(resource, message, f"pin one with `id:` or `pxm state bind {ref} ID`")


_REBIND = "see `pxm state show`; `pxm state bind` gives a key another object"
_NO_ID = "correct the id, or remove it to look for the object by its natural key"
_NO_FILE = "correct its file_name, or give it a `path` to upload it from"
_NO_EXTERNAL = "correct its name and place, pin it with `id:`, or remove `external: true`"


def _rivals(found: Iterable[tuple[Resource, set[str]]]) -> dict[str, list[Resource]]:
    """By live id the objects that match it; one that says `id: new` gives way to the others."""
    rivals: dict[str, list[Resource]] = defaultdict(list)
    for item, ids in found:
        for id_ in ids:
            rivals[id_].append(item)
    return {id_: [x for x in items if x.id != NEW] or items for id_, items in rivals.items()}


def layers(kind: Kind, seeking: list[Resource], catalog: Catalog) -> Iterator[list[Resource]]:
    """Objects whose natural key leans on their own kind come after what they lean on."""
    depths: dict[Ref, int] = {}
    own = [item.name for item in kind.fields if item.to == kind.name and item.structural]
    grouped: dict[int, list[Resource]] = defaultdict(list)
    for resource in seeking:
        grouped[_depth(resource, own, catalog, depths)].append(resource)
    for depth in sorted(grouped):
        yield grouped[depth]


def _depth(resource: Resource, own: list[str], catalog: Catalog, depths: dict[Ref, int]) -> int:
    chain: list[Ref] = []
    step: Resource | None = resource
    while step is not None and step.ref not in depths and step.ref not in chain:
        chain.append(step.ref)
        step = _above(step, own, catalog)
    base = depths.get(step.ref, 0) + 1 if step is not None else 0
    for offset, ref in enumerate(reversed(chain)):
        depths[ref] = base + offset
    return depths[resource.ref]


def _above(resource: Resource, own: list[str], catalog: Catalog) -> Resource | None:
    keys = (resource.fields.get(name) for name in own)
    key = next((str(key) for key in keys if key), None)
    return catalog.resources.get(Ref(resource.ref.kind, key)) if key else None


# --- natural keys -------------------------------------------------------------------------------

Form = Callable[[str], str]


def natural_keys(search: _Search, resource: Resource, level: int, form: Form) -> list[Hashable]:
    """A desired object's natural keys of a level; none where it has none, or cannot have yet.

    Level 0 is the configured field, 1 the first of the kind's chain, 2 the second.
    """
    kind = resource.ref.kind
    if kind == "collection":
        return _collection_keys(search, resource, level, form)
    if level != 1:
        return []
    if kind == "category":
        return _in_parent(search, resource, form)
    parts = [resource.fields.get(name) for name in search_row(kind)]
    return [tuple(form(spelled(part)) if part else None for part in parts)]


def search_row(kind: str) -> tuple[str, ...]:
    """The fields of a kind's only natural key."""
    return next(row.natural[0] for row in ORDER if row.name == kind)


def _is_own(search: _Search, resource: Resource, level: int) -> bool:
    """The level is the most specific one that the object has; on others it falls back."""
    first = next((index for index in (0, 1) if _has(resource, _specific(search, index))), 2)
    return resource.ref.kind != "collection" or level == first


def _in_parent(search: _Search, resource: Resource, form: Form) -> list[Hashable]:
    parent = resource.fields.get("parent")
    if parent is None:
        return [(None, form(str(resource.fields["name"])))]
    above = search.bound.get(Ref("category", str(parent)))
    return [(above.id, form(str(resource.fields["name"])))] if above else []


def _collection_keys(search: _Search, resource: Resource, level: int, form: Form) -> list[Hashable]:
    is_variant = resource.fields.get("type") == "variant"
    if level < 2:
        value = resource.fields.get(_specific(search, level) or "")
        return [(is_variant, form(spelled(value)))] if not is_empty(value) else []
    lacking = tuple(_has(resource, _specific(search, index)) for index in (0, 1))
    name = form(str(resource.fields["name"]))
    return [(lacking, is_variant, place, name) for place in _places(search, resource, is_variant)]


def _specific(search: _Search, level: int) -> str | None:
    """The field of the configured key (level 0), or additional_title (level 1)."""
    if level == 1:
        return "additional_title"
    configured = search.catalog.policy.natural_keys.get("collection")
    return f"{VALUE}{configured.partition(':')[2]}" if configured and ":" in configured else None


def _has(resource: Resource, path: str | None) -> bool:
    return path is not None and not is_empty(resource.fields.get(path))


def _places(search: _Search, resource: Resource, is_variant: bool) -> list[str | None]:
    """Live ids of what a collection's name is unique in: its parent, or any declared category."""
    if is_variant:
        above = search.bound.get(Ref("collection", str(resource.fields["variant_of"])))
        return [above.id] if above else []
    keys = resource.fields.get("categories") or ()
    if not keys:
        return [None]
    found = (search.bound.get(Ref("category", str(key))) for key in tuple(keys))  # type: ignore[arg-type]
    return [bound.id for bound in found if bound]


def live_keys(search: _Search, item: LiveObject, level: int, form: Form) -> Iterator[Hashable]:
    """The same keys as `natural_keys`, of a live object."""
    if item.kind == "collection":
        yield from _live_collection_keys(search, item, level, form)
    elif level == 1 and item.kind == "category":
        parent = item.fields.get("parent")
        above = None if parent in search.roots else parent
        yield (above, form(spelled(item.fields.get("name") or "")))
    elif level == 1:
        parts = [item.fields.get(name) for name in search_row(item.kind)]
        yield tuple(form(spelled(part)) if not is_empty(part) else None for part in parts)


def _live_collection_keys(
    search: _Search, item: LiveObject, level: int, form: Form
) -> Iterator[Hashable]:
    # Variant or not is read from `parent_topic_id`: `collection_type` is missing on old records.
    is_variant = not is_empty(item.fields.get("variant_of"))
    if level < 2:
        value = _live_specific(search, item, level)
        if not is_empty(value):
            yield (is_variant, form(spelled(value)))
        return
    # A key that names more must not fall back on an object that has a name of its own.
    for lacking in _lackings(search, item):
        for place in _live_places(search, item, is_variant):
            yield (lacking, is_variant, place, form(spelled(item.fields.get("name") or "")))


def _lackings(search: _Search, item: LiveObject) -> Iterator[tuple[bool, bool]]:
    has = tuple(not is_empty(_live_specific(search, item, level)) for level in (0, 1))
    for configured in (False, True):
        for titled in (False, True):
            if not (configured and has[0]) and not (titled and has[1]):
                yield (configured, titled)


def _live_specific(search: _Search, item: LiveObject, level: int) -> object:
    path = _specific(search, level)
    if path is None or not path.startswith(VALUE):
        return item.fields.get(path or "")
    bound = search.bound.get(Ref("attribute", path[len(VALUE) :]))
    if bound is None:
        return None
    definition = definition_of(search.live.of("attribute")[bound.id])
    return view_value(item.fields.get(VALUE + bound.id), definition)


def _live_places(search: _Search, item: LiveObject, is_variant: bool) -> list[str | None]:
    if is_variant:
        return [item.fields["variant_of"]]
    memberships = {item.fields.get("category"), *(item.fields.get("categories") or ())}
    return sorted(memberships - {None} - search.roots) or [None]


# --- near matches -------------------------------------------------------------------------------


def near_matches(
    search: _Search, state: State
) -> tuple[dict[Ref, tuple[str, ...]], dict[Ref, str]]:
    """Live objects that share all but one part of the natural key of what would be created.

    While a kind's state is new they block the create, in later runs too, until `id:` or
    `pxm state bind` settles it.  A same label with another type always blocks.
    """
    near: dict[Ref, tuple[str, ...]] = {}
    blocked: dict[Ref, str] = {}
    managed = {ref.kind for ref in state.entries}
    pools = {kind.name: _near_index(search, kind.name) for kind in ORDER}
    for ref, resource in search.unbound.items():
        kept = _still_near(search, state, ref)
        found = {*kept, *_near(search, resource, pools[ref.kind])}
        if not found or resource.id == NEW or ref in search.gone or resource.external:
            continue
        near[ref] = by_label(search.live, ref.kind, found)
        if ref in search.contested:
            blocked[ref] = f"it and {search.contested[ref][1]} match one live object; {_ONE_OF}"
        elif ref.kind == "attribute":
            blocked[ref] = _other_type(search, resource, near[ref][0])
        elif ref.kind not in managed or kept:
            blocked[ref] = NEAR
    return near, blocked


def _still_near(search: _Search, state: State, ref: Ref) -> list[str]:
    """Near matches that the state keeps and that nobody has taken since."""
    return [
        id_
        for id_ in state.near.get(ref, ())
        if id_ in search.live.of(ref.kind)
        and (ref.kind, id_) not in search.claimed
        and (ref.kind, id_) not in search.owners
    ]


def by_label(live: Live, kind: str, ids: Iterable[str]) -> tuple[str, ...]:
    """Live ids by what a person sees, never by page order; ids only where that is the same."""
    items = live.of(kind)
    return tuple(sorted(ids, key=lambda id_: (items[id_].label, _in_words(items[id_], live), id_)))


def _in_words(item: LiveObject, live: Live) -> tuple[str, ...]:
    """Where an object stands, by names: two of one label seldom stand in one place."""
    above = [("category", item.fields.get(name)) for name in ("parent", "category")]
    above.append(("collection", item.fields.get("variant_of")))
    found = (live.of(kind).get(str(id_)) for kind, id_ in above if id_)
    title = item.fields.get("additional_title")
    return (spelled(title or ""), *(other.label for other in found if other))


_ONE_OF = "pin the right one with `id:`, and say `id: new` of the other"
NEAR = "a near match exists; settle it with `id: ID`, `pxm state bind`, or `id: new` to create"


def _other_type(search: _Search, resource: Resource, id_: str) -> str:
    type_ = search.live.of("attribute")[id_].fields.get("type")
    label = resource.fields.get("label")
    return f"an attribute labelled '{label}' exists with type {type_}: declare that, or a new label"


def _near_index(search: _Search, kind: str) -> dict[str, list[LiveObject]]:
    """Unmanaged objects by each text of their natural key."""
    index: dict[str, list[LiveObject]] = defaultdict(list)
    if not any(ref.kind == kind for ref in search.unbound):
        return index
    for item in search.pool(kind):
        if (kind, item.id) not in search.owners:
            for text in _near_texts(kind, item.fields.get):
                index[text].append(item)
    return index


_NEAR_FIELDS: Mapping[str, tuple[str, ...]] = {
    "attribute": ("label",),
    "category": ("name",),
    "collection": ("name", "additional_title"),
    "resource": ("link", "description"),
}


def _near_texts(kind: str, get: Callable[[str], object]) -> Iterator[str]:
    for name in _NEAR_FIELDS.get(kind, ()):
        if not is_empty(get(name)):
            yield f"{name}:{loosened(spelled(get(name)))}"


def _near(
    search: _Search, resource: Resource, index: Mapping[str, list[LiveObject]]
) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for text in _near_texts(resource.ref.kind, resource.fields.get):
        for item in index.get(text, ()):
            if text.startswith("additional_title:") or _is_near(search, resource, item):
                found[item.id] = None
    return tuple(found)


def _is_near(search: _Search, resource: Resource, item: LiveObject) -> bool:
    """Two variants called M are near only under one parent: every parent has an M."""
    if resource.ref.kind != "collection":
        return True
    wants_parent = resource.fields.get("variant_of")
    has_parent = item.fields.get("variant_of")
    if not wants_parent and not has_parent:
        return True
    above = search.bound.get(Ref("collection", str(wants_parent)))
    return above is not None and above.id == has_parent


def hidden_roots(catalog: Catalog, live: Live, entries: Mapping[Ref, Entry]) -> frozenset[str]:
    """Parentless categories above the top level that nobody declares (contract 2.3).

    One that our own parentless creates read back as parent, or that is named Super.
    """
    ours = {entry.id for ref, entry in entries.items() if ref.kind == "category"}
    ours |= {str(item.id) for item in catalog.of("category") if item.id}
    declared = {spelled(item.fields.get("name")) for item in _top(catalog)}
    shown = set(_shown_parents(entries.values()))
    return frozenset(
        id_
        for id_, item in live.of("category").items()
        if is_empty(item.fields.get("parent"))
        and id_ not in ours
        and (id_ in shown or (item.label == "Super" and "Super" not in declared))
    )


def _top(catalog: Catalog) -> Iterable[Resource]:
    return (item for item in catalog.of("category") if item.fields.get("parent") is None)


def _shown_parents(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        parent = entry.applied.get("parent")
        if parent is not None and parent.sent is None and parent.shown:
            yield str(parent.shown)
