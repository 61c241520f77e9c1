"""`rules` of the settings: what objects must say to be complete (contract 1.5, 1.8).

read_rule    an entry → its objects and what judges them      reading.py, selection.py
members      families, places and values as rules see them    members.py
required, unique, tested     the three sorts of rules         required.py, unique.py, conditions.py
counted      verdicts → counts by rule and category           counting.py

A rule judges what the files say, offline: external objects and fields that are left to the web
interface are passed over.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.catalog import scalars
from reconciler.catalog.draft import Book
from reconciler.catalog.rules.conditions import Unending
from reconciler.catalog.rules.counting import counted
from reconciler.catalog.rules.members import Members
from reconciler.catalog.rules.reading import Task, read_rule
from reconciler.catalog.rules.verdicts import Fault, Verdict
from reconciler.catalog.rules.words import shown
from reconciler.completeness import Completeness, Rule
from reconciler.enums import ProblemKind
from reconciler.model import Problem
from reconciler.yamlfile import Node

__all__ = ["judge"]


def judge(book: Book, node: Node | None) -> Completeness:
    """Judge a whole catalog by its rules; problems go to the book."""
    entries = scalars.items(node) if node is not None else ()
    if not entries:
        return Completeness()
    members = Members(book)
    tasks = [task for entry in entries if (task := read_rule(book, members, entry)) is not None]
    verdicts = [_judged(book, members, task) for task in tasks]
    return counted(members, [task.rule for task in tasks], verdicts)


def _judged(book: Book, members: Members, task: Task) -> Verdict:
    try:
        verdict = task.judge(members, task.selection.drafts(members))
    except Unending as error:
        book.findings.add(_unending(error))
        return Verdict()
    for fault in verdict.faults:
        book.findings.add(_problem(task.rule, fault))
    # Where a file could not be read, what it is for may stand there.
    if not (verdict.looked or book.lost.blind or book.lost.keys):
        what = f"rules: it looks at nothing: there are no {task.rule.of} that it could judge"
        hint = "take the rule out, or correct what it is for"
        book.findings.add(Problem(task.rule.place, what, hint, "warning"))
    return verdict


def _problem(rule: Rule, fault: Fault) -> Problem:
    what = f"{fault.what}: {rule.message}" if rule.message else fault.what
    also = fault.also or rule.place
    problem = fault.owner.problem(fault.place, what, fault.hint, also)
    return replace(problem, severity=rule.level, kind=ProblemKind.BREACH)


def _unending(error: Unending) -> Problem:
    draft = error.draft
    what = f"rules: the pattern takes too many steps on {shown(error.value)} of {draft.name}"
    hint = "say it without look-around and back-references, or without repeats inside of repeats"
    return Problem(error.place, what, hint)
