"""Problems of a catalog as files that CI servers show: GitLab's code quality, JUnit (1.5, 8.3)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from reconciler.model import Problem
from reconciler.reports.values import clean

_SEVERITIES = {"error": "major", "warning": "minor"}
"""What GitLab calls them; it has five."""


def problems_codequality(problems: Sequence[Problem], *, prefix: str = "") -> str:
    """GitLab's code quality report: a list of entries at file and line.

    A fingerprint is made of file and words, not of the line, so that a problem which only moved is
    no new one; the same words once more in a file are counted.
    """
    seen: Counter[str] = Counter()
    entries = []
    for problem in problems:
        path, words = prefix + problem.place.file, _words(problem, prefix)
        said = f"{path}\n{problem.kind}\n{words}"
        seen[said] += 1
        digest = hashlib.sha256(f"{said}\n{seen[said]}".encode("utf-8", "surrogatepass"))
        entries.append(
            {
                "description": words,
                "check_name": str(problem.kind),
                "fingerprint": digest.hexdigest(),
                "severity": _SEVERITIES[problem.severity],
                "location": {"path": clean(path), "lines": {"begin": problem.place.line}},
            }
        )
    return json.dumps(entries, ensure_ascii=True, indent=1) + "\n"


def problems_junit(problems: Sequence[Problem], *, prefix: str = "") -> str:
    """JUnit's XML: a test case for each problem, of which errors fail and warnings are skipped.

    A catalog without any is one test case that passes: of an empty report servers say that it is
    missing.
    """
    counts = Counter(problem.severity for problem in problems)
    cases = [_case(problem, prefix) for problem in problems]
    if not cases:
        cases = ['    <testcase classname="catalog" name="The catalog is valid"/>\n']
    totals = f'tests="{len(cases)}" failures="{counts["error"]}" skipped="{counts["warning"]}"'
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites {totals}>\n  <testsuite name="pxm validate" errors="0" {totals}>\n'
        f"{''.join(cases)}  </testsuite>\n</testsuites>\n"
    )
    # A shell may keep it in another encoding than the one that it names.
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _case(problem: Problem, prefix: str) -> str:
    place = problem.place
    path, words = clean(prefix + place.file), _words(problem, prefix)
    where = f"{path}:{place.line}:{place.column}"
    tag = "failure" if problem.severity == "error" else "skipped"
    kind = f" type={quoteattr(str(problem.kind))}" if tag == "failure" else ""
    told = f">{escape(f'{where}: {words}')}</failure>" if tag == "failure" else "/>"
    return (
        f"    <testcase classname={quoteattr(path)} name={quoteattr(f'{where} {problem.kind}')}"
        f' file={quoteattr(path)} line="{place.line}">\n'
        f"      <{tag}{kind} message={quoteattr(words)}{told}\n    </testcase>\n"
    )


def _words(problem: Problem, prefix: str) -> str:
    """What is wrong and what to do, on one line, without what XML 1.0 has no sign for."""
    hint = problem.advice(prefix)
    return clean(f"{problem.message} ({hint})" if hint else problem.message)
