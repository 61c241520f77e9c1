"""The recipes of docs/ci.md for other CI servers: their schema, and each line of shell in them."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from reconciler.cli import run
from tests.ci.inprocess import answering
from tests.ci.workflows import ROOT

DOC = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8").split("## Other CI")[1]
AZURE, BITBUCKET = re.findall(r"```yaml\n(.*?)```", DOC, re.DOTALL)
[JENKINS] = re.findall(r"```groovy\n(.*?)```", DOC, re.DOTALL)


def scripts(node: Any) -> list[str]:
    """Every script of a recipe, in the order in which it stands there."""
    if isinstance(node, list):
        return [text for item in node for text in scripts(item)]
    if not isinstance(node, dict):
        return []
    if "script" in node:
        return ["\n".join(node["script"])]
    own = [node["bash"]] if "bash" in node else []
    return own + [text for value in node.values() for text in scripts(value)]


RECIPES = {
    "azure": scripts(yaml.safe_load(AZURE)),
    "bitbucket": scripts(yaml.safe_load(BITBUCKET)["pipelines"]),
    "jenkins": [one or more for more, one in re.findall(r"sh (?:'''(.*?)'''|'(.*?)')", JENKINS, re.S)],
}  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "text"), [("azure-pipelines", AZURE), ("bitbucket-pipelines", BITBUCKET)]
)
def test_a_recipe_fits_its_servers_schema(schema: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    # For Azure every scalar is a text, and its schema says so.
    azure = schema == "azure-pipelines"
    loader = yaml.BaseLoader if azure else yaml.SafeLoader
    path.write_text(json.dumps(yaml.load(text, loader)))
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    further = ["--regex-variant", "nonunicode"] if azure else []
    subprocess.run([*checker, *further, str(path)], check=True)


@pytest.mark.parametrize("name", RECIPES)
def test_the_scripts_of_a_recipe_plan_apply_and_then_find_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    (tmp_path / "bin").mkdir()
    pip = tmp_path / "bin" / "pip"
    pip.write_text("#!/bin/sh\n")
    pip.chmod(0o755)
    environment = {
        "PATH": f"{pip.parent}:/usr/bin:/bin", "HOME": str(tmp_path), "PXM_PACKAGE": "pxm",
        "PXM_SANDBOX": "1", "PIPELINE_WORKSPACE": str(tmp_path),
    }  # fmt: skip

    def job(script: str) -> tuple[int, str]:
        # Where a test has no repository, its state is a file.
        script = script.replace('PXM_STATE="git:"', "PXM_STATE=file:state.db")
        flags = "-c" if name == "azure" else "-ec"
        return answering(["bash", flags, script], tmp_path, environment, tmp_path)

    if name != "bitbucket":
        environment["PXM_STATE"] = "file:state.db"
    printed = ""
    for script in RECIPES[name]:
        code, said = job(script)
        printed += said
        assert code == 0, said
    assert "to create" in printed
    assert "Converged: 0 changes remain." in printed
    [report] = tmp_path.rglob("validate.xml")
    assert ElementTree.parse(report).getroot().attrib["failures"] == "0"
    assert [path.suffix for path in sorted(tmp_path.rglob("plan.*"))] == [".html", ".json", ".md"]
    assert run(["plan", "--sandbox", "--state", "file:state.db", "--detailed-exitcode"]) == 0
