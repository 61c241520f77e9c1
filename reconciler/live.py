"""API → live: full reads of the kinds that are needed, confirmed by id where a list is no proof.

Contract 7.3.  Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from reconciler.api import Session, quote_id
from reconciler.api.envelopes import items, single
from reconciler.api.paging import Listing, as_read, read_list
from reconciler.diff import is_exact
from reconciler.errors import ApiError, NotFound, StatusError
from reconciler.identity import NEW, unlisted_root
from reconciler.kinds import KINDS, ORDER, Kind, Type
from reconciler.model import Account, Catalog, Entry, Json, Live, LiveObject, Ref, Region, State
from reconciler.normalize import boolean, canon, composed, is_empty, texts
from reconciler.plan.cost import BATCH, PAGE, requests_for
from reconciler.wire import decode, has_title, text_id

PROCESSING = 86_400.0
"""Seconds for which a confirmed file that answers 404 is taken to be still processed (2.8)."""

FRESH = 60.0
"""Seconds after a write during which a list that says otherwise is not believed (7.3)."""

Progress = Callable[[str, int, int | None], None]
"""Called with what is read, how many objects so far, and how many are expected if known."""


Take = Callable[[Session, Live, Kind, State, Progress], Live]
"""The account with one more kind taken in."""


def _silent(_: str, __: int, ___: int | None) -> None:
    return None


def read(
    session: Session,
    catalog: Catalog,
    state: State,
    *,
    base_url: str,
    client_id: str = "",
    now: float,
    kinds: Iterable[str] = (),
    progress: Progress = _silent,
    take: Take | None = None,
) -> Live:
    """One read of every kind that the catalog, the state or a refusal needs, each in full.

    `kinds` are further ones that the caller needs.  `take` takes a kind in otherwise.
    """
    regions = in_the_catalogs_words(read_regions(session), catalog.policy.regions)
    account = Account(base_url, frozenset(region.id for region in regions), client_id)
    live = Live(account, regions, read_at=session.server_date)
    take = take or with_kind
    for kind in needed(catalog, state, kinds):
        live = take(session, live, kind, state, progress)
    live = confirmed(session, live, catalog, state, now)
    return _with_hidden_root(session, live)


def in_the_catalogs_words(
    regions: Sequence[Region], names: Mapping[str, str]
) -> tuple[Region, ...]:
    """The account's regions under the names that the catalog has for them (contract 1.8).

    One that the environment does not rename and that is called as another is in the catalog goes
    by its id: its name would mean two.
    """
    own = {composed(account): name for name, account in names.items()}
    taken = set(map(composed, names))
    found = []
    for region in regions:
        name = own.get(composed(region.name)) or own.get(composed(region.id))
        if name is None:
            name = region.id if composed(region.name) in taken else region.name
        found.append(replace(region, name=name))
    return tuple(found)


def _with_hidden_root(session: Session, live: Live) -> Live:
    """The account with the root that no list shows; whether it is one is asked for once."""
    id_ = unlisted_root(live)
    if id_ is None or ("category", id_) in live.gone:
        return live  # one that is gone was asked for because it is ours
    try:
        item = read_one(session, "category", id_)
    except StatusError as error:
        if error.status != 403:
            raise
        item = None
    is_root = item is None or is_empty(item.fields.get("parent"))
    return replace(live, hidden=frozenset((id_,))) if is_root else live


def needed(catalog: Catalog, state: State, kinds: Iterable[str] = ()) -> tuple[Kind, ...]:
    """The kinds to read, in the order of references."""
    present = {ref.kind for ref in (*catalog.resources, *state.entries)}.union(kinds)
    for name in frozenset(present):
        present.update(item.to for item in KINDS[name].fields)
    for name in _losing(catalog, state):
        present.update(holder for holder, _ in (*KINDS[name].holds, *KINDS[name].falls))
    return tuple(kind for kind in ORDER if kind.name in present)


def _losing(catalog: Catalog, state: State) -> set[str]:
    """The kinds of which an object or an option may go: who holds it has to be seen."""
    leaving = {ref.kind for ref in state.entries if ref not in catalog.resources}
    return leaving | {ref.kind for ref in catalog.resources if _may_drop(catalog, state, ref)}


def _may_drop(catalog: Catalog, state: State, ref: Ref) -> bool:
    """An option that we once sent is no longer declared, or any that is not declared has to go
    (`arrays: exact`): who holds it has to be seen."""
    entry, resource = state.entries.get(ref), catalog.resources[ref]
    for item in KINDS[ref.kind].fields:
        if item.type not in (Type.OPTIONS, Type.SUBFIELDS):
            continue
        declared = set(texts(resource.fields.get(item.name)))
        if item.name in resource.fields and is_exact(catalog.policy, item.name):
            return True
        known = entry.applied.get(item.name) if entry is not None else None
        if known is not None and set(texts(known.sent)) - declared:
            return True
    return False


def read_regions(session: Session) -> tuple[Region, ...]:
    """The account's regions by name; which ones the credentials see says which account it is."""
    listing = read_list(session, "/v2.1/region", ("regions",), make=as_read, limit=PAGE)
    found = []
    for raw in listing.items:
        name, is_primary = str(raw.get("name") or ""), bool(boolean(raw.get("is_primary")))
        found.append(Region(str(text_id(raw)), name, is_primary))
    return tuple(sorted(found, key=lambda region: (region.name, region.id)))


@dataclass(frozen=True, slots=True)
class Listed:
    """What is kept of an entry of a list.

    `item` is None for one that is deleted; `is_named` is False where nobody can adopt it for want
    of a name; `hints` are ways of the account that it shows.
    """

    item: LiveObject | None
    is_named: bool = False
    hints: tuple[str, ...] = ()


def listed(kind: Kind, raw: Mapping[str, Json], *, keep_raw: bool = False) -> Listed:
    """An entry of a list of a kind."""
    item = None if is_deleted(raw) else decode(kind, raw, keep_raw=keep_raw)
    return Listed(item, has_title(kind, raw), tuple(hints_of(kind, raw)))


def read_kind(
    session: Session,
    kind: Kind,
    *,
    expected: int | None = None,
    progress: Progress = _silent,
    keep_raw: Container[str] = (),
) -> Listing[Listed]:
    """The whole list of a kind; the objects with the ids of `keep_raw` as the API sent them."""

    def entry(raw: Mapping[str, Json]) -> Listed:
        return listed(kind, raw, keep_raw=text_id(raw) in keep_raw)

    return read_list(
        session,
        f"/v2.1/{kind.path}",
        kind.lists,
        make=entry,
        limit=PAGE,
        expected=expected,
        on_page=lambda count: progress(kind.plural, count, expected),
    )


def with_kind(session: Session, live: Live, kind: Kind, state: State, progress: Progress) -> Live:
    """The account with a kind taken in, as its whole list has it."""
    known = sum(ref.kind == kind.name for ref in state.entries)
    listing = read_kind(session, kind, expected=known or None, progress=progress)
    return with_listing(live, kind, listing)


def with_listing(live: Live, kind: Kind, listing: Listing[Listed]) -> Live:
    """The account with a kind's list taken in, in place of what an earlier one said of it."""
    found: dict[str, LiveObject] = {}
    nameless = [item for item in live.nameless if item.kind != kind.name]
    hints = set(live.hints)
    for entry in (*listing.items, *listing.nameless):
        item = entry.item
        if item is not None and item.id and entry.is_named:
            found[item.id] = item
        elif item is not None:
            nameless.append(item)
    for entry in listing.items:
        hints.update(entry.hints)
    after = replace(
        live,
        objects={**live.objects, kind.name: found},
        partial=live.partial - {kind.name} if listing.whole else live.partial | {kind.name},
        page_sizes={**live.page_sizes, **_capped(kind, listing)},
        nameless=tuple(nameless),
        hints=frozenset(hints),
    )
    return replace(after, notes=_with_notes(live, after, kind))


def _capped(kind: Kind, listing: Listing[Listed]) -> dict[str, int]:
    """The size of a kind's pages, where the account was seen to serve smaller ones than asked."""
    entries = len(listing.items) + len(listing.nameless)
    is_capped = listing.page_size < PAGE and entries > listing.page_size
    return {kind.name: listing.page_size} if is_capped else {}


def _with_notes(before: Live, after: Live, kind: Kind) -> tuple[str, ...]:
    """The notes with those of this list in place of what an earlier one gave cause for."""
    stale = set(_notes(before, kind))
    kept = (note for note in before.notes if note not in stale)
    return (*kept, *_notes(after, kind))


def is_deleted(raw: Mapping[str, Json]) -> bool:
    """One whose `status` says deleted is not there (docs/api.md)."""
    return str(raw.get("status") or "").lower() == "deleted"


def hints_of(kind: Kind, raw: Mapping[str, Json]) -> Iterator[str]:
    """How the account says what may be said in several ways (contract 2.3)."""
    if kind.tree and raw.get(kind.field(kind.tree).wire[0]) == "":
        yield "top-blank"
    if kind.defines and raw.get("fields") and not raw.get("options"):
        yield "list-fields"


def _notes(live: Live, kind: Kind) -> Iterator[str]:
    """What a reader should know of a kind's list: entries left out, and whether it is whole."""
    for item in live.nameless:
        if item.kind == kind.name:
            lacks = "name" if item.id else "id"
            named = item.label or "without a name"
            yield f"an entry of the list of {kind.plural} has no {lacks} and is left out: {named}"
    if kind.name in live.partial:
        yield (
            f"the list of {kind.plural} did not fit together in three reads; creates and deletes "
            f"of {kind.plural} are withheld, and deletes of what they may hold on to"
        )


# --- confirmed by id ----------------------------------------------------------------------------


def confirmed(session: Session, live: Live, catalog: Catalog, state: State, now: float) -> Live:
    """Absence from a list is never proof: what is managed, pinned or kept as a near
    match is asked for by id."""
    missing = _unseen(live, state.entries, now)
    for ref, item in catalog.resources.items():
        if item.id not in (None, NEW) and str(item.id) not in live.of(ref.kind):
            missing.add((ref.kind, str(item.id)))
    for ref, ids in state.near.items():
        missing.update((ref.kind, id_) for id_ in ids if id_ not in live.of(ref.kind))
    found = with_objects(live, read_by_id(session, sorted(missing)))
    return with_processing(found, state.entries.values(), now)


def _unseen(live: Live, entries: Mapping[Ref, Entry], now: float) -> set[tuple[str, str]]:
    """The objects, by kind and id, that their lists lack or show as they were before."""
    missing = set()
    for ref, entry in entries.items():
        if entry.id not in live.of(ref.kind) or _is_stale(live, entry, now):
            missing.add((ref.kind, entry.id))
    return missing


def with_processing(live: Live, entries: Iterable[Entry], now: float) -> Live:
    """A file that was confirmed within a day and cannot be read yet is not gone (contract 2.8)."""
    late = set()
    for entry in entries:
        is_young = entry.processing and now - entry.processing < PROCESSING
        if is_young and entry.id not in live.of(entry.ref.kind):
            late.add((entry.ref.kind, entry.id))
    return replace(live, gone=live.gone - late, processing=frozenset(late))


def reconfirmed(
    session: Session, live: Live, entries: Mapping[Ref, Entry], kinds: Iterable[str], now: float
) -> tuple[Live, int]:
    """Lists of these kinds, read anew, with what they lack or lag behind asked for by id.

    Returns the account and how many objects were asked for.
    """
    wanted = set(kinds)
    read_anew = {ref: entry for ref, entry in entries.items() if ref.kind in wanted}
    missing = _unseen(live, read_anew, now)
    found = with_objects(live, read_by_id(session, sorted(missing)))
    return with_processing(found, entries.values(), now), len(missing)


def _is_stale(live: Live, entry: Entry, now: float) -> bool:
    """It was written a moment ago and its list does not show what we saw: lists lag.

    What we gave up is no longer in the state: a link or a value that the state does not know may
    be an old one too, and would hold up a delete.
    """
    if now - entry.written >= FRESH:
        return False
    fields = live.of(entry.ref.kind)[entry.id].fields
    for path, applied in entry.applied.items():
        if applied.seen and canon(fields.get(path)) != canon(applied.shown):
            return True
    for path, value in fields.items():
        if path not in entry.applied and not is_empty(value) and _holds(entry.ref.kind, path):
            return True
    return False


def _holds(kind: str, path: str) -> bool:
    return KINDS[kind].field(path).type in (Type.REFERENCE, Type.REFERENCES, Type.VALUES)


Found = Mapping[tuple[str, str], LiveObject | None]
"""Objects by kind and id; None for one that answers 404."""


def read_by_id(
    session: Session, wanted: Sequence[tuple[str, str]], *, keep_raw: bool = False
) -> Found:
    """One GET for each object, side by side.  Raises the first error that is not a 404."""
    calls = [_reader(session, kind, id_, keep_raw) for kind, id_ in wanted]
    results = session.each(calls)
    for result in results:
        if isinstance(result, ApiError):
            raise result
    return dict(zip(wanted, results, strict=True))  # type: ignore[arg-type]


def _reader(
    session: Session, kind: str, id_: str, keep_raw: bool
) -> Callable[[], LiveObject | None]:
    return lambda: read_one(session, kind, id_, keep_raw=keep_raw)


def read_one(session: Session, kind: str, id_: str, *, keep_raw: bool = False) -> LiveObject | None:
    """One object by id; None where it answers 404."""
    row = KINDS[kind]
    try:
        answer = session.get(f"/v2.1/{row.path}/{quote_id(id_)}")
    except NotFound:
        return None
    raw = single(answer, (row.name, *row.lists))
    if is_deleted(raw):
        return None
    return replace(decode(row, {**raw, "id": raw.get("id") or id_}, keep_raw=keep_raw))


def with_objects(live: Live, found: Found) -> Live:
    """The account with single reads taken in; what answered 404 is gone."""
    objects = {kind: dict(known) for kind, known in live.objects.items()}
    gone = set(live.gone)
    for (kind, id_), item in found.items():
        if item is None:
            objects.setdefault(kind, {}).pop(id_, None)
            gone.add((kind, id_))
        else:
            objects.setdefault(kind, {})[id_] = replace(item, raw=None)
    return replace(live, objects=objects, gone=frozenset(gone))


def with_mirrored(session: Session, item: LiveObject) -> LiveObject:
    """The object with the sets that its account shows on the objects in them (contract 2.3)."""
    fields = dict(item.fields)
    for field in KINDS[item.kind].fields:
        if not field.mirror or field.name in fields:
            continue
        to, members = KINDS[field.to], []
        for entry in read_kind(session, to).items:
            member = entry.item
            if member is not None and item.id in texts(member.fields.get(field.mirror)):
                members.append(member.id)
        fields[field.name] = tuple(members)
    return replace(item, fields=fields)


# --- batches ------------------------------------------------------------------------------------


def read_batch(session: Session, live: Live, kind: Kind, ids: Sequence[str], count: int) -> Found:
    """Several objects of a kind with as few requests as can be (contract 7.5).

    By `ids=` where the list takes it, else a GET each or the whole list again, whichever is
    less; `count` is how many objects the list should have.  An object that the answer lacks is
    not in the result: the caller asks for it by id before it counts.
    """
    if kind.by_ids:
        return _read_by_ids(session, kind, ids)
    size = live.page_sizes.get(kind.name, PAGE)
    # Of a list that did not fit together nobody knows what it takes to read it again.
    if kind.name in live.partial or len(ids) <= requests_for(count, size):
        return read_by_id(session, [(kind.name, id_) for id_ in ids], keep_raw=True)
    listing = read_kind(session, kind, expected=count, keep_raw=set(ids))
    return _found(kind, listing.items, ids)


def read_pages(
    session: Session, live: Live, kind: Kind, ids: Sequence[str], offsets: Sequence[int]
) -> Found:
    """The objects that these pages of a list show; for `ids` and what is not in the result see
    `read_batch`."""
    size = min(live.page_sizes.get(kind.name, PAGE), session.page_limit)
    wanted = set(ids)

    def page(offset: int) -> list[Listed]:
        answer = session.get(f"/v2.1/{kind.path}", {"limit": size, "offset": offset})
        raws = items(answer, kind.lists)
        return [listed(kind, raw, keep_raw=text_id(raw) in wanted) for raw in raws]

    pages = session.each([partial(page, offset) for offset in offsets])
    found: dict[tuple[str, str], LiveObject | None] = {}
    for entries in pages:
        if isinstance(entries, ApiError):
            raise entries
        found.update(_found(kind, entries, ids))
    return found


def _read_by_ids(session: Session, kind: Kind, ids: Sequence[str]) -> Found:
    found: dict[tuple[str, str], LiveObject | None] = {}
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        params: dict[str, Any] = {"ids": ",".join(part), "limit": len(part)}
        try:
            answer = session.get(f"/v2.1/{kind.path}", params)
        except StatusError as error:
            if error.status not in _NO_IDS:
                raise
            # Too many ids for this account, or one of them is gone: ask for each.
            found.update(read_by_id(session, [(kind.name, id_) for id_ in part], keep_raw=True))
        else:
            entries = (listed(kind, raw, keep_raw=True) for raw in items(answer, kind.lists))
            found.update(_found(kind, entries, part))
    return found


_NO_IDS = frozenset({400, 404, 413, 414})
"""How `ids=` may be refused: nobody knows its limits (docs/api.md)."""


def _found(kind: Kind, entries: Iterable[Listed], ids: Sequence[str]) -> Found:
    wanted = set(ids)
    found: dict[tuple[str, str], LiveObject | None] = {}
    for entry in entries:
        if entry.item is not None and entry.item.id in wanted:
            found[kind.name, entry.item.id] = entry.item
    return found
