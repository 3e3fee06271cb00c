"""What is told of lists, on their page and in the description of the API, is what happens."""

import json
import re
from pathlib import Path

from apps.collection.presentation.copy_lists import COLUMNS, KNOWN
from tests.catalogue.demo import DEMO, fill
from tests.support.lists import send
from tests.support.site import Site

PAGE = (Path(__file__).parents[2] / "docs" / "copies-import.md").read_text()


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


async def test_the_example_is_answered_as_the_page_says(site: Site) -> None:
    await fill(site, DEMO)
    ann = await site.join("ann")
    answer = await send(ann, block("csv"))
    assert answer.status_code == 200, answer.text
    lines = answer.json().pop("lines")
    assert answer.json() == json.loads(block("json")) | {"lines": lines}
    assert [line["outcome"] for line in lines] == ["resolved", "resolved", "doubtful", "unknown"]
    assert len(lines[2]["candidates"]) == 5


def test_the_page_names_every_column() -> None:
    table = PAGE.partition("| column |")[2].partition("\n\n")[0]
    first_cells = [row.split("|")[1] for row in table.splitlines()[2:]]
    named = set(re.findall(r"`(\w+)`", "".join(first_cells)))
    assert named == set(KNOWN) > set(COLUMNS)


async def test_the_description_of_the_api_says_that_lists_are_csv(site: Site) -> None:
    paths = site.app.openapi()["paths"]
    download = paths["/api/v1/me/copies/export"]["get"]["responses"]["200"]
    assert download["headers"].keys() == {"Content-Disposition", "X-Request-Id"}
    assert download["content"].keys() == {"text/csv"}
    upload = paths["/api/v1/me/copies/import"]["post"]
    assert upload["requestBody"]["required"]
    assert upload["requestBody"]["content"].keys() == {"text/csv"}
    assert upload["responses"]["200"]["content"].keys() == {"application/json"}
    (parameter,) = (each for each in upload["parameters"] if each.get("in") == "query")
    asked = parameter["schema"]["type"], parameter["schema"]["default"]
    assert (parameter["name"], *asked) == ("dry_run", "boolean", True)
    (example,) = upload["requestBody"]["content"]["text/csv"]["schema"]["examples"]
    assert example == download["content"]["text/csv"]["example"]
    await fill(site, DEMO)
    report = (await send(await site.join("ann"), example)).json()
    assert report["counts"]["new"] == 1
