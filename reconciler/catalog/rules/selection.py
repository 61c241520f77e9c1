"""Which objects a rule is for: their kind, where they stand, `only` and `when`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.catalog.draft import Draft
from reconciler.catalog.rules.members import Asked, Members
from reconciler.catalog.rules.words import listed
from reconciler.kinds import KINDS

PUBLISHED, PARENTS, VARIANTS = "published", "parents", "variants"

ONLY: Mapping[str, Callable[[Members, Draft], bool]] = {
    PUBLISHED: lambda members, draft: members.value(draft, PUBLISHED) is True,
    PARENTS: lambda members, draft: members.is_parent(draft),
    VARIANTS: lambda members, draft: members.parent(draft) is not None,
}
"""The words of `only`."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The objects of a kind that a rule looks at.

    `sold`: of a family the variants alone, which are what is sold; else the parents too.
    """

    kind: str
    under: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    when: tuple[Asked, ...] = ()
    sold: bool = False

    def drafts(self, members: Members) -> list[Draft]:
        """Those of a catalog, in its order."""
        found = members.of(self.kind)
        if self.under:
            below = members.below(self.under)
            found = [draft for draft in found if not below.isdisjoint(members.places(draft))]
        for word in self.only:
            found = [draft for draft in found if ONLY[word](members, draft)]
        for asked in self.when:
            found = [draft for draft in found if members.has(draft, asked)]
        if self.sold and PARENTS not in self.only:
            found = [draft for draft in found if not members.has_variants(draft)]
        return found

    def words(self, members: Members) -> str:
        """`published variants under Apparel › Jackets with Down ratio`."""
        others = [word for word in self.only if word != PUBLISHED]
        words = [others[0] if others else KINDS[self.kind].nouns[1]]
        if PUBLISHED in self.only:
            words.insert(0, PUBLISHED)
        if self.under:
            paths = [" › ".join(members.path(key)) for key in self.under]
            words += ["under", listed(paths)]
        if self.when:
            words += ["with", listed([asked.label for asked in self.when], "and")]
        return " ".join(words)
