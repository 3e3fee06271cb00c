"""What is exported can be imported again, and gives the same bytes once more."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from dishka import AsyncContainer
from typer.testing import CliRunner, Result

from apps.catalogue.application.export_catalogue import ExportCatalogue
from apps.catalogue.application.sheets import COLUMNS, written
from apps.catalogue.infrastructure import inventory
from apps.catalogue.presentation.command import commands
from apps.main import create_container
from apps.settings import Settings
from tests.catalogue.demo import DEMO, FOLDER, SMALL, fill
from tests.catalogue.people import an_addition, card, join
from tests.support.counting import a_counting_site
from tests.support.site import Site


async def exported(site: Site) -> dict[str, bytes]:
    export = await site.port(ExportCatalogue)
    texts = {file: [text async for text in export(file)] for file in export.files}
    return {file: "".join(texts[file]).encode() for file in COLUMNS}


async def test_canonical_files_come_out_as_they_went_in(site: Site) -> None:
    await fill(site, DEMO)

    assert await exported(site) == DEMO
    await fill(site, await exported(site))
    assert await exported(site) == DEMO


ODD = SMALL | {
    "groups.csv": 'names,code,name\r\n"뉴진스| NJ ","newjeans","New, ""J"""\r\n\r\n,ive,IVE',
    "releases.csv": "title,code,group,released_on,names\n-OMG!,omg,newjeans,2023-01-02,é|=1+1",
}


@pytest.mark.parametrize("kinds", [("sqlite", "postgresql"), ("postgresql", "sqlite")])
async def test_whatever_was_imported_the_second_export_is_the_first(
    request: pytest.FixtureRequest, keys: Path, kinds: tuple[str, str]
) -> None:
    one, other = (request.getfixturevalue(kind) for kind in kinds)
    async with Site(one, keys) as first:
        report = await fill(first, ODD)
        assert not report.refused
        files = await exported(first)
        assert files != {file: text.encode() for file, text in ODD.items()}
    async with Site(other, keys) as second:
        await fill(second, files)
        assert await exported(second) == files


async def test_what_curators_did_is_exported(site: Site) -> None:
    await fill(site)
    cur = await join(site, "cur", role="admin")
    entry = await an_addition(site, "omg-hanni-2", version="B, ver.", names=["하늘", "Sky"])
    await cur.post("/cards", entry)
    old, new = (await card(site, "omg-minji-ld"))["id"], (await card(site, "omg-hanni"))["id"]
    await cur.post(f"/cards/{old}/merge", {"into": new})

    header, *lines = (await exported(site))["cards.csv"].decode().splitlines()

    assert header == "code,release,idols,kind,retailer,version,number,names"
    assert lines == [
        "omg-both,omg,hanni|minji,unit,,,,",
        "omg-hanni,omg,hanni,album,,A ver.,1,Blue Hanni",
        'omg-hanni-2,omg,hanni,album,,"B, ver.",,하늘|Sky',
    ]


async def test_a_page_costs_two_questions_at_most(
    url: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "ROWS", 300)
    async with a_counting_site(url, keys) as site:
        await fill(site, DEMO)
        site.statements.sent.clear()
        assert await exported(site) == DEMO
        pages = {"cards.csv": 5, "groups.csv": 1, "idols.csv": 1, "memberships.csv": 1}
        assert len(site.statements) == sum(pages.values()) + 1 + pages["cards.csv"] + 1


def test_cells_are_quoted_where_they_must_be() -> None:
    assert written([["a,b", None, ["c", "d"], 'e"f', ""]]) == '"a,b",,c|d,"e""f",\n'


def run(url: str, keys: Path, *arguments: str) -> Result:
    @asynccontextmanager
    async def open_container() -> AsyncIterator[AsyncContainer]:
        container = create_container(Settings(database_url=url, data_dir=keys))
        try:
            yield container
        finally:
            await container.close()

    return CliRunner().invoke(commands(open_container), arguments)


def test_the_command_writes_the_files_into_a_new_folder(
    url: str, keys: Path, tmp_path: Path
) -> None:
    target = tmp_path / "a" / "b"
    assert run(url, keys, "import", str(FOLDER)).exit_code == 0
    for _ in range(2):
        result = run(url, keys, "export", str(target))
        assert (result.exit_code, result.output) == (0, "")
        assert {file.name: file.read_bytes() for file in target.iterdir()} == DEMO


def test_a_folder_that_cannot_be_made_is_told_in_one_line(
    sqlite: str, keys: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    result = run(sqlite, keys, "export", str(tmp_path / "file" / "folder"))
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
