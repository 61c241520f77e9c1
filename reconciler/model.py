"""The words of the program as frozen values; nothing here computes anything that matters.

*Desired* is what the YAML declares, *live* what the API returns, *applied* what we last wrote.
Values are held in one canonical form (`Value`).  References are catalog keys; an element that
no key of the catalog names is written `id:<id>` (a key cannot hold a colon).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple, Self

from reconciler.enums import (
    CREATES,
    Action,
    Class,
    DriftStatus,
    NoteKind,
    ProblemKind,
    SideStatus,
    Sort,
    Status,
    Verb,
)
from reconciler.paths import is_value

FOREIGN = "id:"
"""Prefix of a reference to an object that the catalog does not know."""

DEFAULTS = "defaults:"
"""Prefix of what stands for a key where the defaults of a list are meant."""

GRACE = 10.0
"""Seconds for which a create without an id is looked for: lists lag (contract 2.6)."""


class Number(Decimal):
    """A JSON number that remembers its spelling: `1.10` equals `1.1` and is sent as `1.10`."""

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> Self:
        """Take JSON's grammar; raise `decimal.InvalidOperation` for anything else."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Number({self.text!r})"


Value = str | bool | Number | None | tuple["Value", ...] | Mapping[str, "Value"]
"""Text, boolean, number, nothing; a tuple is a set (order kept for sending and showing);
a mapping is a List attribute's record.  Instants are texts `YYYY-MM-DDTHH:MM:SSZ`."""

Json = Any
"""Parsed JSON: numbers with a fraction are `Number`."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a catalog file, its path relative to the catalog folder; counted from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Ref(NamedTuple):
    """An object of the catalog: its kind and its key (contract 1.1).

    A tuple, since everything is looked up by it: its hash is taken without a call.
    """

    kind: str
    key: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.key}"


def defaults_ref(kind: str, name: str, file: str) -> Ref:
    """What stands for the defaults of a list of a file: no key, since it holds a colon."""
    return Ref(kind, f"{DEFAULTS}{name}@{file}")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding of `validate`.  `severity` is error or warning; `hint` may be empty.

    `also` is a second place, with which the hint ends: "the other one is at".  It is told as the
    first place is, from where pxm was started.  `missing` is the object that is named and not
    there: what lacks the same one is told together.
    """

    place: Place
    message: str
    hint: str = ""
    severity: str = "error"
    kind: ProblemKind = ProblemKind.OTHER
    also: Place | None = field(default=None, compare=False)
    missing: Ref | None = field(default=None, compare=False)

    def advice(self, prefix: str = "") -> str:
        """The hint, whole.  `prefix` goes before the file, as in `line`."""
        return self.hint if self.also is None else f"{self.hint} {prefix}{self.also}"

    def line(self, prefix: str = "") -> str:
        """`catalog/jackets.yaml:12:7: error: … (did you mean …?)`.

        `prefix` goes before files, which are relative to the catalog folder.
        """
        advice = f" ({self.advice(prefix)})" if self.hint else ""
        return f"{prefix}{self.place}: {self.severity}: {self.message}{advice}"

    def __str__(self) -> str:
        return self.line()


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """`prevent_destroy`, and `ignore`: fields left to the web interface."""

    prevent_destroy: bool = False
    ignore: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from that an object's own entry does not say (contract 1.9).

    `owner` is the parent that hands it to its variants or, where `list` is filled, what stands for
    the defaults of that list of a file (`Catalog.defaults`); `place` is where the value stands.
    """

    owner: Ref
    place: Place
    list: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """A desired object.  `fields` holds what is declared, attribute values as `attributes.<key>`.

    `renames` maps a pick list's option to the label it had before (`was`).
    `id` pins to a live object; the word `new` says that a near match is not meant.
    `file` is where the bytes of a file are, a path of this machine; `inside` is the path in the
    catalog folder.
    `origins` has the fields that the entry does not say itself; `inherit` the attributes whose
    values a parent hands to its variants; `linked`, by field, the objects that say the link
    themselves.
    """

    ref: Ref
    fields: Mapping[str, Value]
    place: Place
    places: Mapping[str, Place] = field(default_factory=dict)
    id: str | None = None
    external: bool = False
    lifecycle: Lifecycle = Lifecycle()
    renames: Mapping[str, str] = field(default_factory=dict)
    file: str | None = None
    inside: str = ""
    origins: Mapping[str, Origin] = field(default_factory=dict)
    inherit: tuple[str, ...] = ()
    linked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def at(self, path: str) -> Place:
        """Where a field stands; the object's own place where the field has none."""
        return self.places.get(path, self.place)


@dataclass(frozen=True, slots=True)
class Moved:
    """A key was renamed: `moved: [{kind, from, to}]`."""

    kind: str
    source: str
    target: str
    place: Place


@dataclass(frozen=True, slots=True)
class Removed:
    """A key was taken out on purpose; without `destroy` the object is let go, not deleted."""

    ref: Ref
    destroy: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one run may lose (contract 1.8, 2.5).  Over any of them nothing is written."""

    deletes: int = 10
    delete_percent: int = 20
    clears: int = 100
    gone: int = 10


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """`ignore` of the settings: fields of the objects whose key matches a glob."""

    kind: str
    match: str
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lot:
    """Places in a rate that several runs have together, as they were given out.

    `filled` is how many the bucket held before; those beyond are due as it fills, and it is less
    than nothing where others were given such.  `runs` is how many runs have asked of late.
    """

    places: int
    filled: float
    runs: int = 1


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast to send: requests in any window of seconds, and how many side by side."""

    requests: int = 950
    per_seconds: float = 60.0
    concurrency: int = 8


@dataclass(frozen=True, slots=True)
class Policy:
    """`catalog/reconciler.yaml` (contract 1.8), with what the chosen environment says instead."""

    prune: str = "managed"
    drift: str = "revert"
    limits: Limits = Limits()
    exact: frozenset[str] = frozenset()
    natural_keys: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[IgnoreRule, ...] = ()
    rate: Rate = Rate()
    web: str = ""
    """The address of an object in the account's web interface, with `{kind}` and `{id}` in it."""
    regions: Mapping[str, str] = field(default_factory=dict)
    """The chosen environment's names of regions, by those of the catalog."""


@dataclass(frozen=True, slots=True)
class Environment:
    """An account that the catalog is for (contract 1.8): where its state and its API are.

    Both are empty where the environment does not say them.
    """

    name: str
    state: str = ""
    base_url: str = ""

    @property
    def variable(self) -> str:
        """Its name in variables of its own: `PXM_STAGING_TOKEN` is the token of `staging`."""
        return re.sub(r"[^A-Z0-9]", "_", self.name.upper())


EVERY_ENVIRONMENT = "all"
"""What `validate --env` takes for all of them: none can have that name."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything that the catalog folder declares, in the order of files and lines.

    `defaults` holds what files give to the entries of their lists, each as if it were an object.
    `elsewhere` are objects that other environments have and this one has not, each with the place
    of the `only` that says so.  `text_files` are the files that texts stand in, from the catalog
    folder, by the place of the `{file: …}` that names them.
    """

    resources: Mapping[Ref, Resource]
    moved: tuple[Moved, ...] = ()
    removed: tuple[Removed, ...] = ()
    policy: Policy = Policy()
    defaults: Mapping[Ref, Resource] = field(default_factory=dict)
    elsewhere: Mapping[Ref, Place] = field(default_factory=dict)
    text_files: Mapping[Place, str] = field(default_factory=dict)

    def of(self, kind: str) -> Iterator[Resource]:
        """All resources of one kind, in catalog order."""
        return (item for ref, item in self.resources.items() if ref.kind == kind)


@dataclass(frozen=True, slots=True)
class LiveObject:
    """What the API returned, decoded but still in the API's ids.

    `fields` has an entry for each field that was in the answer; values of attributes stand
    under `attributes.<attribute id>` as they were read.  `parent` of a category and the like
    are ids.  `raw` is the answer itself, kept only on reads just before a write.
    """

    kind: str
    id: str
    fields: Mapping[str, Any]
    created: str | None = None
    raw: Mapping[str, Any] | None = None

    @property
    def label(self) -> str:
        """The name that a person knows it by."""
        for name in ("name", "label", "description", "file_name"):
            if self.fields.get(name):
                return str(self.fields[name])
        return self.id


@dataclass(frozen=True, slots=True)
class Region:
    """A region of the account; read only."""

    id: str
    name: str
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """Which account this is (contract 2.12): base URL, the regions that the credentials see,
    and the client id for accounts that show no region.

    `environment` is the one of the catalog for which it was looked at; empty without any.
    """

    base_url: str
    regions: frozenset[str] = frozenset()
    client_id: str = ""
    environment: str = ""

    def seen_for(self, environment: str) -> Account:
        """This account, looked at for an environment, which may have had another name before."""
        return replace(self, environment=environment) if environment else self


@dataclass(frozen=True, slots=True)
class Live:
    """The account as one read saw it.

    `objects` by kind and id; `gone` managed ids that answered 404, but for `processing`: files that
    were confirmed within a day and cannot be read yet (contract 2.8); `partial` kinds whose
    list did not fit together (contract 7.3); `page_sizes` what a server that caps them serves.
    `nameless` are list entries without an id or a name: they cannot be adopted, may be what a
    create wants, and may hold on to what a delete would take away.  `read_at` is when the read
    began, by the server's Date (seconds since 1970); `since` the instant of the full read on top
    of which only what changed was read, empty where all was (contract 7.4).
    """

    account: Account
    regions: tuple[Region, ...] = ()
    objects: Mapping[str, Mapping[str, LiveObject]] = field(default_factory=dict)
    gone: frozenset[tuple[str, str]] = frozenset()
    processing: frozenset[tuple[str, str]] = frozenset()
    partial: frozenset[str] = frozenset()
    page_sizes: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    nameless: tuple[LiveObject, ...] = ()
    hidden: frozenset[str] = frozenset()
    """The id of a root category that no list shows (contract 2.3)."""
    hints: frozenset[str] = frozenset()
    """How the account says things: `top-blank`, `list-fields` (contract 2.3)."""
    read_at: float | None = None
    since: str = ""

    def of(self, kind: str) -> Mapping[str, LiveObject]:
        """The live objects of a kind by id; empty where it was not read."""
        return self.objects.get(kind, {})

    def nameless_of(self, kind: str) -> Iterator[LiveObject]:
        """Entries of a kind's list that cannot be adopted (contract 7.3).

        One that was read by id besides is an object like any other: somebody manages or pins it.
        """
        known = self.of(kind)
        return (item for item in self.nameless if item.kind == kind and item.id not in known)

    def holders_of(self, kind: str) -> Iterator[LiveObject]:
        """All of a kind that may hold on to something: objects, and entries that are none."""
        yield from self.of(kind).values()
        yield from self.nameless_of(kind)

    def listed(self, kind: str) -> int:
        """How many entries the list of a kind shows, as far as is known."""
        return len(self.of(kind)) + sum(1 for _ in self.nameless_of(kind))


@dataclass(frozen=True, slots=True)
class Applied:
    """One field as last written: what was sent, and what the server then showed.

    Both in the API's ids.  `shown` is None with `seen` False where nobody has looked yet.
    Texts over 1 KiB are kept as digests (`{"sha256": …}`, contract 5).
    """

    sent: Any
    shown: Any = None
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One managed object in the state.  `written` is when we last wrote it (seconds since 1970).

    `processing` is when a file was confirmed that nobody could read yet, 0.0 once it was read: for
    a day it is not gone (contract 2.8).  `at_rest` is a digest of the object as a plan last found
    nothing to do about it, empty where none did (contract 7.4; `diff.resting`).
    """

    ref: Ref
    id: str
    applied: Mapping[str, Applied] = field(default_factory=dict)
    prevent_destroy: bool = False
    written: float = 0.0
    processing: float = 0.0
    at_rest: str = ""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Which way an account was seen to go where the API leaves it open, and on what day.

    `value` is None where it was seen to go both ways: unknown again since `day` (`YYYY-MM-DD`).
    """

    value: str | None
    day: str


@dataclass(frozen=True, slots=True)
class State:
    """What the program remembers of one account.

    `moved` lists `moved:` entries that were carried out; `near` the near matches that block a
    create until somebody settles them (contract 2.1).  `doubtful` are objects whose create may
    have been taken twice, and since when (seconds since 1970): a second one may turn up (2.6).
    `behaviours` are those that the account was seen to have, by name (`reconciler.behaviours`).
    `refused` are objects whose change the API refused last time: they come last (2.4).
    `shared` are digests of what the entries' `at_rest` depend on besides, by name (7.4).
    """

    account: Account | None = None
    entries: Mapping[Ref, Entry] = field(default_factory=dict)
    moved: frozenset[tuple[str, str, str]] = frozenset()
    near: Mapping[Ref, tuple[str, ...]] = field(default_factory=dict)
    doubtful: Mapping[Ref, float] = field(default_factory=dict)
    behaviours: Mapping[str, Behaviour] = field(default_factory=dict)
    refused: frozenset[Ref] = frozenset()
    shared: Mapping[str, str] = field(default_factory=dict)

    @property
    def new(self) -> bool:
        """No run has written to this state yet."""
        return self.account is None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one change, in the catalog's keys.

    Scalars and values use `before`/`after`; sets use `add`/`remove` (and `rename` for options:
    pairs of old and new label).  `applied` is what we last wrote, `cls` pending, drift or
    conflict.  `origin` is where the catalog has it from, where the object's entry does not say it.
    `ordered` says that a set is written in the order of `after`; `order` is the one in which
    those of its elements are to stand that stay, where they do not (contract 2.3, options).
    """

    path: str
    before: Value = None
    after: Value = None
    applied: Value = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    rename: tuple[tuple[str, str], ...] = ()
    is_set: bool = False
    cls: Class = Class.PENDING
    clears: bool = False
    ordered: bool = False
    order: tuple[str, ...] = ()
    origin: Origin | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Settle:
    """A note for the state alone, no request: bind an id, remember or forget fields.

    `sent` are declared fields that now count as sent, in the catalog's keys; `forget` are
    paths (in the catalog's keys) that are no longer ours.  `source` is the key that a move leaves.
    """

    ref: Ref
    id: str
    sent: Mapping[str, Value] = field(default_factory=dict)
    forget: tuple[str, ...] = ()
    source: str | None = None
    prevent_destroy: bool = False
    drop: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Where a person looks for an object, for reports alone.

    `categories` are the names of the categories that it stands in, the topmost first;
    `product` is the key of a variant's product, empty for all else, and `product_label` its name.
    """

    categories: tuple[str, ...] = ()
    product: str = ""
    product_label: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """How many other objects of the account one field of a change concerns, for reports alone.

    `path` is the field, empty where it is any of them; `of` the option that is meant, if one is.
    `counts` are objects by sort: a kind, or `variant` for a product below another.
    """

    path: str
    counts: Mapping[str, int]
    of: str = ""


SortOfKind = tuple[str, Sort]
"""A kind and a sort: what one run must see work once (contract 2.4)."""


@dataclass(frozen=True, slots=True)
class Change:
    """What apply would do to one object.

    An adopted or moved object may carry field changes: they are written as an update.
    `sent` are all declared fields as they will stand when the change is made; `origins` has those
    of a new object that its entry does not say itself.
    `blocked` is the reason why it is left out; `fallout` what falls with a delete, in words;
    `beside` are the objects, by kind and id, that a delete names as held or holding and that must
    outlive it (contract 2.5).
    `upload` is the path of the bytes to upload: a new object then takes the place of `id`;
    `inside` is that path in the catalog folder.
    `reach` is what else of the account it concerns; `publication` are the fields that say when
    the object is seen, as the account has them, where the change touches one of them.
    `after` are updates that give it its name, where the account refuses equal names: it may be
    written with them, and not before.
    """

    action: Action
    ref: Ref
    id: str | None
    label: str
    place: Place | None
    fields: tuple[FieldChange, ...] = ()
    cls: Class = Class.PENDING
    fallout: tuple[str, ...] = ()
    depends_on: tuple[Ref, ...] = ()
    blocked: str | None = None
    source: str | None = None
    sent: Mapping[str, Value] = field(default_factory=dict)
    forget: tuple[str, ...] = ()
    prevent_destroy: bool = False
    group: Group = Group()
    upload: str | None = None
    inside: str = ""
    reach: tuple[Reach, ...] = ()
    publication: Mapping[str, Value] = field(default_factory=dict)
    after: tuple[Ref, ...] = ()
    beside: tuple[tuple[str, str], ...] = ()
    origins: Mapping[str, Origin] = field(default_factory=dict)

    @property
    def verb(self) -> Verb | None:
        """The request it takes: POST, PUT, DELETE, or None where the state alone changes."""
        if self.action in CREATES or self.upload is not None:
            return Verb.POST
        if self.action == Action.DELETE:
            return Verb.DELETE
        return Verb.PUT if self.fields else None

    @property
    def sort(self) -> Sort:
        """What one run must see work once (contract 2.4)."""
        if self.verb == Verb.PUT:
            arrays = any(item.is_set or is_value(item.path) for item in self.fields)
            return Sort.ARRAY if arrays else Sort.UPDATE
        return Sort.DELETE if self.verb == Verb.DELETE else Sort.CREATE

    @property
    def sort_of_kind(self) -> SortOfKind:
        """Its kind and its sort: the first of each goes alone."""
        return self.ref.kind, self.sort

    def block(self, reason: str) -> Change:
        """The same change, left out for a reason."""
        return replace(self, blocked=reason)


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes of one kind and verb that are read before and after together.

    They are written wave after wave, those of one wave side by side.
    `first` marks the one change of its sort that goes alone and is read back by id.
    `requests` is what it costs; `reads` the lists that are read again before it, `confirms` the
    objects, by kind and id, that are looked at after it (deletes).
    """

    kind: str
    verb: Verb
    waves: tuple[tuple[Ref, ...], ...]
    first: bool = False
    reads: tuple[str, ...] = ()
    requests: int = 0
    confirms: tuple[tuple[str, str], ...] = ()

    @property
    def refs(self) -> tuple[Ref, ...]:
        """All of its changes, in the order of the waves."""
        return tuple(chain.from_iterable(self.waves))

    def only(self, refs: Container[Ref]) -> Batch:
        """The same batch with some of its changes."""
        waves = (tuple(filter(refs.__contains__, wave)) for wave in self.waves)
        return replace(self, waves=tuple(filter(None, waves)))


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of the plan's last lines, in their order."""

    create: int = 0
    adopt: int = 0
    update: int = 0
    delete: int = 0
    move: int = 0
    recreate: int = 0
    unpublish: int = 0
    blocked: int = 0
    unchanged: int = 0

    @property
    def empty(self) -> bool:
        """Nothing to do and nothing blocked."""
        return self == Summary(unchanged=self.unchanged)


@dataclass(frozen=True, slots=True)
class Cost:
    """What apply sends after its own planning, and the least time that takes (contract 3)."""

    requests: int = 0
    min_seconds: int = 0
    window: int = 950
    per_seconds: int = 60


@dataclass(frozen=True, slots=True)
class Review:
    """How a plan stands to the plan files that permit it (contract 2.7), each a list of words.

    `differs` are reviewed changes that would be made otherwise now: nothing is written.
    `not_permitted` are changes that no file names and `drift` what drifted otherwise than
    reviewed, both left out; `left_objects` counts their objects.  `overtaken` and `done` are
    reviewed changes that the plan no longer holds.
    """

    differs: tuple[str, ...] = ()
    not_permitted: tuple[str, ...] = ()
    drift: tuple[str, ...] = ()
    overtaken: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    left_objects: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """What a reader of a plan should know besides its changes."""

    text: str
    kind: NoteKind = NoteKind.OTHER

    def __str__(self) -> str:
        return self.text


NEW_STATE = Note(
    "This plan starts a new state: nothing is known of earlier runs.", NoteKind.NEW_STATE
)


@dataclass(frozen=True, slots=True)
class Remedy:
    """What the same commit can say so that a plan is not refused: where, and the YAML."""

    words: str
    yaml: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What apply would do, as a value.

    `refusals` are the reasons for which nothing at all would be written (exit 3), and `remedies`
    what a reviewer can write to lift them.
    `settles` go to the state without a request and are not counted.
    `names` gives the shown name of each `id:<id>` element that the changes mention; `ids` are
    the live ids of all that exists, externals too, and `roots` the hidden categories.
    `labels` gives the shown name of each object that the changes mention by key.
    `left` counts objects that are rightly not made as the catalog says, by reason; `review` is
    None where no plan files permit it.
    `day` is the day on which it was asked for (`YYYY-MM-DD`), by which a report tells what goes
    live; `web` the address of an object in the account's web interface (`Policy.web`); `since`
    the instant of the full read on which it rests, empty where the account was read in full.
    `digest` covers what a review sees (contract 4), set by the report that writes it.
    """

    account: Account
    changes: tuple[Change, ...] = ()
    batches: tuple[Batch, ...] = ()
    settles: tuple[Settle, ...] = ()
    near: Mapping[Ref, tuple[str, ...]] = field(default_factory=dict)
    moved: frozenset[tuple[str, str, str]] = frozenset()
    unchanged: int = 0
    notes: tuple[Note, ...] = ()
    refusals: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    new_state: bool = False
    needs_new_state: bool = False
    targets: tuple[str, ...] = ()
    environment: str | None = None
    cost: Cost = Cost()
    names: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[Ref, str] = field(default_factory=dict)
    roots: frozenset[str] = frozenset()
    labels: Mapping[Ref, str] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)
    review: Review | None = None
    day: str = ""
    web: str = ""
    since: str = ""

    @property
    def summary(self) -> Summary:
        """Changes counted by action; a blocked one counts under blocked alone."""
        counts = Counter(str(change.action) for change in self.active)
        blocked = len(self.changes) - counts.total()
        return Summary(**counts, blocked=blocked, unchanged=self.unchanged)

    @property
    def active(self) -> tuple[Change, ...]:
        """The changes that are not blocked."""
        return tuple(change for change in self.changes if change.blocked is None)


@dataclass(frozen=True, slots=True)
class Drifted:
    """One object of a drift report, or of one that compares two accounts.

    `ref` has an empty key where nobody declared the object.  In `fields`, `before` is what we
    last wrote and `after` what the account holds; of a set, `remove` are our elements that
    somebody took out and `add` those that somebody put in (only where policy says `exact`).
    Of two accounts `before` and `remove` are the first's, `after` and `add` the second's.
    """

    status: DriftStatus | SideStatus
    ref: Ref
    id: str
    label: str
    place: Place | None = None
    fields: tuple[FieldChange, ...] = ()
    group: Group = Group()


@dataclass(frozen=True, slots=True)
class Drift:
    """Live against applied, as a value.

    `clean` counts the managed objects that are as we left them.  `names` and `labels` are those
    of a plan; `looked` says whether unmanaged objects were looked for.
    """

    account: Account
    objects: tuple[Drifted, ...] = ()
    clean: int = 0
    notes: tuple[str, ...] = ()
    environment: str | None = None
    looked: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[Ref, str] = field(default_factory=dict)

    def count(self, status: DriftStatus) -> int:
        """How many objects have a status."""
        return sum(item.status == status for item in self.objects)

    @property
    def found(self) -> bool:
        """Something managed was changed or is gone; unmanaged objects are no drift."""
        return any(item.status != DriftStatus.UNMANAGED for item in self.objects)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two accounts hold differently, as a value.

    `environments` and `accounts` are the first and the second; `same` counts the objects that
    both have alike.  `names` and `labels` are those of a plan.
    """

    environments: tuple[str, str]
    accounts: tuple[Account, Account]
    objects: tuple[Drifted, ...] = ()
    same: int = 0
    notes: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[Ref, str] = field(default_factory=dict)

    def count(self, status: SideStatus) -> int:
        """How many objects have a status."""
        return sum(item.status == status for item in self.objects)


@dataclass(frozen=True, slots=True)
class Unstuck:
    """A field that was sent and reads back otherwise."""

    path: str
    sent: Value
    shown: Value


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change.

    `words` is the reason in the API's or our own words, `hint` the next step.
    `unstuck` fields did not stick; `respelled` ones are stored in another spelling.
    """

    change: Change
    status: Status
    id: str | None = None
    words: str = ""
    hint: str = ""
    unstuck: tuple[Unstuck, ...] = ()
    respelled: tuple[Unstuck, ...] = ()
    before: Mapping[str, Any] | None = None
    """The object's JSON as read just before a delete, or a write beside which a value was lost."""


def waits_for(outcomes: Iterable[Outcome]) -> Ref | None:
    """The object for which deletes wait: the first whose create or update went wrong (2.4)."""
    others = [item for item in outcomes if item.change.action != Action.DELETE]
    for status in (Status.FAILED, Status.NOT_ATTEMPTED):
        for item in others:
            if item.status == status:
                return item.change.ref
    return None
