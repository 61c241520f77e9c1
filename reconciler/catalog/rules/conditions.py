"""What a value may be asked: a pattern, a length, a range, one of a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.catalog import scalars
from reconciler.catalog.draft import Draft, Unfit
from reconciler.catalog.rules.members import Asked, Members
from reconciler.catalog.rules.verdicts import Fault, Judge, Verdict
from reconciler.catalog.rules.words import listed, plain, shown
from reconciler.model import Number, Place, Value
from reconciler.normalize import canon, composed, spelled
from reconciler.patterns import BadPattern, Pattern, TooHard
from reconciler.quoting import quoted
from reconciler.suggestions import suggestion
from reconciler.yamlfile import Node, Scalar


@dataclass(frozen=True, slots=True)
class Condition:
    """In people's words, and as a function that returns what is wrong; nothing where it is met."""

    words: str
    fault: Callable[[Value], str]
    place: Place


class Unending(Exception):
    """A pattern takes too many steps on a value: where the pattern stands, and on which value."""

    def __init__(self, place: Place, draft: Draft, value: Value) -> None:
        super().__init__(str(place))
        self.place = place
        self.draft = draft
        self.value = value


def tested(asked: Asked, conditions: Sequence[Condition]) -> Judge:
    """Each value that stands there, of sets each element, meets all conditions."""

    def judge(members: Members, drafts: list[Draft]) -> Verdict:
        verdict = Verdict()
        for draft in drafts:
            value = members.own(draft, asked.path)
            if value is None:
                continue
            verdict.looked.append(draft)
            for element in value if isinstance(value, tuple) else (value,):
                for wrong in _wrong(draft, element, conditions):
                    verdict.faults.append(_fault(asked, draft, element, wrong))
        return verdict

    return judge


def _wrong(draft: Draft, value: Value, conditions: Sequence[Condition]) -> list[str]:
    """What is wrong with a value; of most nothing."""
    found: list[str] = []
    for condition in conditions:
        try:
            wrong = condition.fault(value)
        except TooHard as error:
            raise Unending(condition.place, draft, value) from error
        if wrong:
            found.append(wrong)
    return found


def _fault(asked: Asked, draft: Draft, value: Value, wrong: str) -> Fault:
    what = f"{asked.name} {shown(value)} {wrong}"
    said = ((asked.label,), plain(value), wrong)
    return Fault(draft, (draft,), draft.at(asked.path), what, *said)


# --- the conditions ------------------------------------------------------------------------------

TEXT, NUMBER, DATE, BOOLEAN, PICKS = "Text", "Number", "Date", "Boolean", "Pick List"


def condition_of(name: str, asked: Asked, node: Node) -> Condition:
    """A line of a rule as a condition; Unfit where it makes no sense, or none for this type."""
    types, make = CONDITIONS[name]
    if asked.type not in types:
        what = f"`{name}` is for {listed(types)}, and {quoted(asked.name)} is a {asked.type}"
        raise Unfit(node.place, what, _instead(asked.type))
    return make(asked, node)


def _instead(type_: str) -> str:
    fitting = [f"`{name}`" for name, (types, _) in CONDITIONS.items() if type_ in types]
    return f"of a {type_} a rule may ask {listed(fitting)}" if fitting else ""


def _pattern(_: Asked, node: Node) -> Condition:
    text = _typed(node)
    try:
        pattern = Pattern(text)
    except BadPattern as error:
        what = f"pattern {quoted(text)} is no regular expression, or too large a one"
        raise Unfit(node.place, what, str(error)) from error
    wrong = f"does not match {quoted(text)}"
    return Condition(
        f"matches {text}",
        lambda value: "" if pattern.matches(spelled(value)) else wrong,
        node.place,
    )


def _min_length(_: Asked, node: Node) -> Condition:
    least = _count(node)

    def fault(value: Value) -> str:
        length = len(spelled(value))
        return f"has {length:,} characters, fewer than {least:,}" if length < least else ""

    return Condition(f"at least {least:,} characters", fault, node.place)


def _max_length(_: Asked, node: Node) -> Condition:
    most = _count(node)

    def fault(value: Value) -> str:
        length = len(spelled(value))
        return f"has {length:,} characters, more than {most:,}" if length > most else ""

    return Condition(f"at most {most:,} characters", fault, node.place)


def _min(asked: Asked, node: Node) -> Condition:
    bound, typed = _bound("min", asked, node), _typed(node)
    early = "before" if asked.type == DATE else "less than"
    return Condition(
        f"{'from' if asked.type == DATE else 'at least'} {typed}",
        lambda value: f"is {early} {typed}" if _compared(value, bound) < 0 else "",
        node.place,
    )


def _max(asked: Asked, node: Node) -> Condition:
    bound, typed = _bound("max", asked, node), _typed(node)
    late = "after" if asked.type == DATE else "more than"
    return Condition(
        f"{'until' if asked.type == DATE else 'at most'} {typed}",
        lambda value: f"is {late} {typed}" if _compared(value, bound) > 0 else "",
        node.place,
    )


def _bound(name: str, asked: Asked, node: Node) -> Number | str:
    """A bound as values are compared with it; a day bounds by days, the whole of the last one."""
    read = scalars.number if asked.type == NUMBER else scalars.instant
    bound = read(node, name)
    if bound is None:
        raise Unfit(node.place, f"{name} must not be empty")
    return bound[:10] if isinstance(bound, str) and len(_typed(node)) == _DAY else bound


_DAY = len("2025-01-31")


def _compared(value: Value, bound: Number | str) -> int:
    """Less than 0 where the value comes before the bound, more where it comes after."""
    if isinstance(bound, Number):
        assert isinstance(value, Number)
        return (value > bound) - (value < bound)
    moment = str(value)[: len(bound)]
    return (moment > bound) - (moment < bound)


def _allowed(asked: Asked, node: Node) -> Condition:
    values = [_allowed_value(asked, item) for item in scalars.items(node)]
    known = {canon(value, asked.canon) for value in values}
    words = [spelled(value) for value in values]
    wrong = f"is none of {listed(words, 'and')}" if len(words) > 1 else f"is not {words[0]}"
    return Condition(
        f"one of {listed(words)}" if len(words) > 1 else f"only {words[0]}",
        lambda value: "" if canon(value, asked.canon) in known else wrong,
        node.place,
    )


def _allowed_value(asked: Asked, node: Node) -> Value:
    value = _READ[asked.type](node, "an allowed value")
    options = {composed(label) for label in asked.options}
    if options and composed(str(value)) not in options:
        what = f"{quoted(str(value))} is not an option of attribute {quoted(asked.name)}"
        raise Unfit(node.place, what, suggestion(str(value), asked.options))
    return value


_READ: Mapping[str, Callable[[Node, str], Value]] = {
    TEXT: scalars.filled,
    PICKS: scalars.filled,
    NUMBER: scalars.number,
    BOOLEAN: scalars.boolean,
    DATE: scalars.instant,
}


def _count(node: Node) -> int:
    # A whole number may be written as 1e3, and as 5.0.
    return int(float(_typed(node)))


def _typed(node: Node) -> str:
    assert isinstance(node, Scalar)
    return node.text


Maker = Callable[[Asked, Node], Condition]

CONDITIONS: Mapping[str, tuple[tuple[str, ...], Maker]] = {
    "pattern": ((TEXT, NUMBER, PICKS), _pattern),
    "min_length": ((TEXT, PICKS), _min_length),
    "max_length": ((TEXT, PICKS), _max_length),
    "min": ((NUMBER, DATE), _min),
    "max": ((NUMBER, DATE), _max),
    "allowed": ((TEXT, NUMBER, PICKS, BOOLEAN, DATE), _allowed),
}
"""By the word of a rule: for values of which types, and what makes the condition."""
