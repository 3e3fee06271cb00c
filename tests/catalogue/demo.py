"""The demo catalogue, and a small one that tests can spoil."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apps.catalogue.application.import_catalogue import ImportCatalogue, Report
from apps.catalogue.application.sheets import COLUMNS, Sheet
from tests.support.site import API, Site

FOLDER = Path(__file__).parents[2] / "demo" / "catalogue"
DEMO = {file: (FOLDER / file).read_bytes() for file in COLUMNS}
SMALL = {
    "groups.csv": "code,name,names\nnewjeans,NewJeans,뉴진스\nive,IVE,아이브\n",
    "idols.csv": "code,name,names\nhanni,Hanni,하니|ハニ\nminji,Minji,민지\n",
    "memberships.csv": "group,idol,from,to\nnewjeans,hanni,2022-07-22,\n",
    "releases.csv": "code,group,title,released_on,names\nomg,newjeans,OMG,2023-01-02,오엠지\n",
    "cards.csv": (
        "code,release,idols,kind,retailer,version,number,names\n"
        "omg-hanni,omg,hanni,album,,A ver.,1,Blue Hanni\n"
        "omg-both,omg,hanni|minji,unit,,,,\n"
        "omg-minji-ld,omg,minji,lucky_draw,Soundwave,A ver.,2,\n"
    ),
}


def sheets(files: Mapping[str, str | bytes]) -> list[Sheet]:
    return [
        Sheet.read(file, content.encode() if isinstance(content, str) else content)
        for file, content in files.items()
    ]


def spoilt(file: str, old: str, new: str) -> dict[str, str]:
    """The small catalogue with one passage replaced."""
    assert old in SMALL[file]
    return SMALL | {file: SMALL[file].replace(old, new)}


async def fill(site: Site, files: Mapping[str, str | bytes] = SMALL) -> Report:
    return await (await site.port(ImportCatalogue))(sheets(files))


async def found(site: Site, path: str = "/cards", **query: Any) -> list[str]:
    """The codes of a list, over all its pages."""
    codes: list[str] = []
    given: dict[str, Any] = {"limit": 100, **query}
    while True:
        answer = await site.client.get(API + path, params=given)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        codes += [item["code"] for item in page["items"]]
        if page["next_cursor"] is None:
            return codes
        given["cursor"] = page["next_cursor"]
