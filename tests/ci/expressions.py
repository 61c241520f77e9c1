"""GitHub's `${{ }}` expressions, as far as our workflows use them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<sign>==|!=|&&|\|\||[!(),])|(?P<name>[A-Za-z_][\w-]*(?:\.(?:[\w-]+|\*))*))"
)
_STATUS = re.compile(r"\b(always|success|failure|cancelled)\s*\(")


def evaluate(text: str, contexts: Mapping[str, Any], *, failed: bool = False) -> Any:
    """The value of one expression, without its `${{ }}`."""
    return _Parser(text, contexts, failed).whole()


def filled(text: Any, contexts: Mapping[str, Any]) -> Any:
    """A value of a workflow with its expressions put in; one that is nothing else keeps its type."""
    if isinstance(text, Mapping):
        return {key: filled(value, contexts) for key, value in text.items()}
    if not isinstance(text, str):
        return text
    alone = re.fullmatch(r"\$\{\{((?:(?!\}\}).)*)\}\}", text.strip(), re.DOTALL)
    if alone:
        return evaluate(alone[1], contexts)
    return re.sub(
        r"\$\{\{(.*?)\}\}", lambda found: shown(evaluate(found[1], contexts)), text, flags=re.DOTALL
    )


def holds(condition: Any, contexts: Mapping[str, Any], *, failed: bool) -> bool:
    """An `if:`: without a status function it asks for success as well."""
    text = str(condition).strip()
    if text.startswith("${{") and text.endswith("}}"):
        text = text[3:-2]
    if failed and not _STATUS.search(text):
        return False
    return truthy(evaluate(text, contexts, failed=failed))


def truthy(value: Any) -> bool:
    return value not in (None, "", 0, False)


def shown(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Parser:
    def __init__(self, text: str, contexts: Mapping[str, Any], failed: bool) -> None:
        self.tokens = list(_tokens(text))
        self.contexts = contexts
        self.functions: dict[str, Callable[..., Any]] = {
            "always": lambda: True,
            "success": lambda: not failed,
            "failure": lambda: failed,
            "format": lambda form, *values: _format(form, values),
            "startsWith": lambda text, start: shown(text).lower().startswith(start.lower()),
            "contains": lambda found, item: item in (found or ()),
            "join": lambda values, sign=",": sign.join(map(shown, values)),
        }

    def whole(self) -> Any:
        value = self.either()
        assert not self.tokens, self.tokens
        return value

    def take(self, *signs: str) -> str | None:
        if self.tokens and self.tokens[0] in [("sign", sign) for sign in signs]:
            return self.tokens.pop(0)[1]
        return None

    def either(self) -> Any:
        value = self.both()
        while self.take("||"):
            other = self.both()
            value = value if truthy(value) else other
        return value

    def both(self) -> Any:
        value = self.equality()
        while self.take("&&"):
            other = self.equality()
            value = other if truthy(value) else value
        return value

    def equality(self) -> Any:
        value = self.one()
        while sign := self.take("==", "!="):
            same = shown(value).lower() == shown(self.one()).lower()
            value = same if sign == "==" else not same
        return value

    def one(self) -> Any:
        if self.take("!"):
            return not truthy(self.one())
        if self.take("("):
            value = self.either()
            assert self.take(")")
            return value
        kind, text = self.tokens.pop(0)
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return float(text) if "." in text else int(text)
        assert kind == "name", text
        return self.call(text) if self.take("(") else self.look_up(text)

    def call(self, name: str) -> Any:
        values = []
        while not self.take(")"):
            values.append(self.either())
            self.take(",")
        return self.functions[name](*values)

    def look_up(self, name: str) -> Any:
        if name in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[name]
        context, *parts = name.split(".")
        assert context in self.contexts, f"the context {context} is not there"
        value = self.contexts[context]
        while parts:
            part = parts.pop(0)
            if part == "*":
                items = value.values() if isinstance(value, Mapping) else value or ()
                return [_dig(item, parts) for item in items]
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


def _dig(value: Any, parts: list[str]) -> Any:
    for part in parts:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _tokens(text: str) -> Any:
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        assert found, text[at:]
        kind = found.lastgroup
        yield kind, found[kind or 0]
        at = found.end()


def _format(form: str, values: tuple[Any, ...]) -> str:
    return re.sub(r"\{(\d+)\}", lambda found: shown(values[int(found[1])]), form)
