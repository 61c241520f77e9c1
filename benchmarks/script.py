"""A catalog compared with its account as a first script does it: one GET for each product.

It is the yardstick of `parts/article.py`: PyYAML as everybody calls it, `requests.get` for each
product, one after the other, a wait and a repeat on 429.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import requests
import yaml


def token(base: str) -> str:
    """A token for the credentials of the environment."""
    login = os.environ["PXM_CLIENT_ID"], os.environ["PXM_CLIENT_SECRET"]
    answer = requests.post(
        f"{base}/v2.1/oauth/authorize",
        auth=login,
        json={"grant_type": "client_credentials"},
        timeout=60,
    )
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def fetched(url: str, headers: dict[str, str]) -> Any:
    """One object; a 429 is waited for, three times."""
    for _attempt in range(3):
        answer = requests.get(url, headers=headers, timeout=60)
        if answer.status_code != 429:
            answer.raise_for_status()
            return answer.json()
        time.sleep(int(answer.headers.get("Retry-After", "60")))
    raise SystemExit(f"{url}: too many requests")


def is_same(entry: dict[str, Any], item: dict[str, Any]) -> bool:
    """Names, titles and values, as far as such a script looks."""
    values = sorted(str(value["value"]) for value in item.get("attributes", []))
    return (
        entry["name"] == item["name"]
        and entry["additional_title"] == item["additional_title"]
        and sorted(map(str, entry["attributes"].values())) == values
    )


def main(catalog: Path, ids: dict[str, str]) -> None:
    """Print how many products were asked for and how many differ."""
    base = os.environ["PXM_BASE_URL"]
    headers = {"Authorization": f"Bearer {token(base)}"}
    asked = differ = 0
    for path in sorted(catalog.glob("c-*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["collections"]:
            item = fetched(f"{base}/v2.1/collection/{ids[entry['key']]}", headers)
            asked += 1
            differ += not is_same(entry, item.get("collection", item))
    print(json.dumps({"requests": asked, "differ": differ}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")))
