"""Importing: everything or nothing, the second time nothing, and every fault with its place."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from apps.catalogue.application.import_catalogue import ImportCatalogue, Tally
from apps.catalogue.application.sheets import COLUMNS, Sheet
from apps.catalogue.infrastructure.models import (
    CardIdolModel,
    CardModel,
    CardSubjectModel,
    GroupModel,
    IdolMembershipModel,
    IdolModel,
    NameModel,
    ReleaseModel,
)
from tests.catalogue.demo import DEMO, SMALL, fill, found, sheets, spoilt
from tests.support.site import API, Site

TABLES = (
    GroupModel,
    IdolModel,
    IdolMembershipModel,
    ReleaseModel,
    CardModel,
    CardIdolModel,
    NameModel,
    CardSubjectModel,
)


async def content(site: Site) -> list[list[tuple[object, ...]]]:
    """Every row of every table of the catalogue."""
    async with (await site.engine()).connect() as connection:
        return [
            sorted((tuple(row) for row in await connection.execute(select(row.__table__))), key=str)
            for row in TABLES
        ]


async def test_the_demo_catalogue_is_imported(site: Site) -> None:
    report = await fill(site, DEMO)

    assert not report.refused
    assert report.tallies == {
        "groups.csv": Tally(new=23),
        "idols.csv": Tally(new=133),
        "memberships.csv": Tally(new=146),
        "releases.csv": Tally(new=62),
        "cards.csv": Tally(new=1313),
    }


async def test_the_same_files_again_change_nothing(site: Site) -> None:
    await fill(site)
    before = await content(site)
    report = await fill(site)

    assert report.tallies == {
        "groups.csv": Tally(unchanged=2),
        "idols.csv": Tally(unchanged=2),
        "memberships.csv": Tally(unchanged=1),
        "releases.csv": Tally(unchanged=1),
        "cards.csv": Tally(unchanged=3),
    }
    assert await content(site) == before


async def test_a_changed_row_is_updated_under_the_same_id(site: Site) -> None:
    await fill(site)
    (before,) = (await site.client.get(f"{API}/cards", params={"q": "blue"})).json()["items"]
    report = await fill(site, spoilt("cards.csv", "A ver.,1,Blue Hanni", "B ver.,,Red Hanni"))
    (after,) = (await site.client.get(f"{API}/cards", params={"q": "red"})).json()["items"]

    assert report.tallies["cards.csv"] == Tally(changed=1, unchanged=2)
    assert after == before | {"version": "B ver.", "number": None}
    assert await found(site, q="blue") == []


async def test_names_no_longer_told_are_no_longer_found(site: Site) -> None:
    await fill(site)
    await fill(site, spoilt("idols.csv", "하니|ハニ", "팜"))

    assert await found(site, "/idols", q="ハニ") == []
    assert await found(site, "/idols", q="팜") == ["hanni"]


async def test_the_cards_of_a_release_follow_it_to_another_group(site: Site) -> None:
    await fill(site)
    await fill(site, spoilt("releases.csv", "omg,newjeans", "omg,ive"))

    assert await found(site, q="newjeans") == []
    assert len(await found(site, q="아이브")) == 3
    assert len(await found(site, q="soundwave")) == 1


async def test_an_index_kept_up_is_the_index_built_anew(site: Site) -> None:
    """Whatever happened before, the search reads what a first import of these files makes."""
    changed = spoilt("cards.csv", "omg,hanni|minji,unit", "omg,minji|hanni,unit")
    changed["releases.csv"] = changed["releases.csv"].replace("omg,newjeans", "omg,ive")
    await fill(site, changed)
    await fill(site)
    subjects = select(func.count(CardSubjectModel.subject_id)).group_by(CardSubjectModel.card_id)

    assert sorted(await site.ask(subjects)) == [5, 5, 6]
    for row, idols in (("omg-both", ["Hanni", "Minji"]), ("omg-hanni", ["Hanni"])):
        cards = (await site.client.get(f"{API}/cards", params={"q": "omg newjeans"})).json()
        (card,) = [card for card in cards["items"] if card["code"] == row]
        assert [idol["name"] for idol in card["idols"]] == idols


async def test_what_the_files_do_not_name_stays(site: Site) -> None:
    await fill(site)
    only_headers = {file: f"{text.splitlines()[0]}\n" for file, text in SMALL.items()}
    report = await fill(site, only_headers)

    assert report.tallies == {file: Tally() for file in SMALL}
    assert len(await found(site)) == 3


async def test_files_may_refer_to_what_was_imported_before(site: Site) -> None:
    await fill(site)
    files = {file: f"{text.splitlines()[0]}\n" for file, text in SMALL.items()}
    files["memberships.csv"] += "ive,minji,2021-12-01,2021-12-31\n"
    files["cards.csv"] += "omg-new,omg,minji,album,,,,\n"
    report = await fill(site, files)

    assert not report.refused
    assert report.tallies["idols.csv"] == Tally()
    assert report.tallies["memberships.csv"] == Tally(new=1)
    assert len(await found(site, "/idols", q="minji")) == 1
    assert len(await site.ask(select(IdolMembershipModel.idol_id))) == 2


async def test_a_membership_that_ends_is_updated(site: Site) -> None:
    await fill(site)
    report = await fill(site, spoilt("memberships.csv", "2022-07-22,", "2022-07-22,2025-12-31"))
    (idol,) = (await site.client.get(f"{API}/idols", params={"q": "hanni"})).json()["items"]

    assert report.tallies["memberships.csv"] == Tally(changed=1)
    assert report.tallies["idols.csv"] == Tally(unchanged=2)
    assert [(each["joined_on"], each["left_on"]) for each in idol["memberships"]] == [
        ("2022-07-22", "2025-12-31")
    ]


REFUSED = [
    ("groups.csv", "ive,", "Ive,", "3 code", "A code is words of a-z"),
    ("groups.csv", "IVE", "", "3 name", "This must not be empty"),
    ("groups.csv", "IVE", "I" * 201, "3 name", "1 to 200 characters"),
    ("groups.csv", "IVE", "I\x00VE", "3 name", "control characters"),
    ("groups.csv", "아이브", "아이브|" + "I" * 201, "3 names", "1 to 200 characters"),
    ("groups.csv", "ive,IVE", "newjeans,IVE", "3 code", "Row 2 has the same code"),
    ("memberships.csv", "newjeans,", "nj,", "2 group", "no group with the code 'nj'"),
    ("memberships.csv", "hanni", "haerin", "2 idol", "no idol with the code 'haerin'"),
    ("memberships.csv", "2022-07-22", "22.7.2022", "2 from", "'22.7.2022' is not a date"),
    ("memberships.csv", "2022-07-22", "20220722", "2 from", "is not a date"),
    ("memberships.csv", "2022-07-22", "2022-02-30", "2 from", "no such day"),
    ("memberships.csv", "2022-07-22", "", "2 from", "must not be empty"),
    ("memberships.csv", "22,", "22,2022-07-21", "2 to", "before the day"),
    (
        "memberships.csv",
        "22,\n",
        "22,\nnewjeans,hanni,2022-07-22,2023-01-01\n",
        "3 group",
        "Row 2 has the same group and idol and from",
    ),
    ("releases.csv", "omg,newjeans", "omg,nj", "2 group", "no group with the code"),
    ("releases.csv", "2023-01-02", "", "2 released_on", "must not be empty"),
    ("releases.csv", "OMG,", ",", "2 title", "must not be empty"),
    ("cards.csv", "hanni,omg,", "hanni,ditto,", "2 release", "no release with the code"),
    ("cards.csv", "omg,hanni,", "omg,haerin,", "2 idols", "no idol with the code 'haerin'"),
    ("cards.csv", "omg,hanni,", "omg,,", "2 idols", "at least one idol"),
    ("cards.csv", "hanni|minji", "hanni|hanni", "3 idols", "named once"),
    ("cards.csv", "hanni|minji", "hanni", "3 idols", "at least two idols"),
    ("cards.csv", "album", "albun", "2 kind", "is none of album, preorder_benefit"),
    ("cards.csv", "Soundwave", "", "4 retailer", "names the shop"),
    ("cards.csv", "Soundwave", "S" * 81, "4 retailer", "1 to 80 characters"),
    ("cards.csv", "A ver.,1", "A" * 81 + ",1", "2 version", "1 to 80 characters"),
    ("cards.csv", ",2,", "," + "2" * 81 + ",", "4 number", "1 to 80 characters"),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case[0]}-{case[3]}-{case[4]}")
async def test_a_bad_cell_is_refused_with_its_place(
    sqlite: str, keys: Path, case: tuple[str, str, str, str, str]
) -> None:
    file, old, new, place, reason = case
    async with Site(sqlite, keys) as site:
        report = await fill(site, spoilt(file, old, new))

    (refusal,) = report.refused
    assert report.tallies == {}
    assert (refusal.file, f"{refusal.row} {refusal.column}") == (file, place)
    assert reason in refusal.reason


@pytest.mark.parametrize(
    ("content", "row", "column", "reason"),
    [
        (None, None, None, "There is no such file"),
        (b"code,name\n", 1, "names", "This column is missing"),
        (b"", 1, "code", "This column is missing"),
        (b"code,name,names,nick\n", 1, "nick", "There is no such column"),
        (b"code,name,names,name\n", 1, "name", "stands here twice"),
        (b"code,name,names\na,b,c\nive,\xff,\n", 3, None, "not UTF-8"),
        ("code,name,names\n".encode("utf-16"), 1, None, "not UTF-8"),
        (b'code,name,names\nive,"I"V"E",\n', 2, None, "not CSV"),
        (b'code,name,names\nive,"IVE,\n', 2, None, "not CSV"),
        (b"code,name,names\nive,IVE\n", 2, None, "2 cells in this row, but 3 columns"),
        (b"code,name,names\n\nive,IVE,,\n", 3, None, "4 cells in this row, but 3 columns"),
        (b"code;name;names\nive;IVE;\n", 1, "code", "This column is missing"),
    ],
)
def test_a_bad_file_is_refused(
    content: bytes | None, row: int | None, column: str | None, reason: str
) -> None:
    refused = Sheet.read("groups.csv", content).refused

    assert (refused[0].row, refused[0].column) == (row, column)
    assert reason in refused[0].reason


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffcode,name,names\nive,IVE,아이브\n",
        "names,code,name\r\n아이브,ive,IVE\r\n",
        '"code","name","names"\n\n" ive "," IVE ","아이브"',
    ],
)
def test_a_spreadsheet_may_write_csv_in_its_own_way(content: str) -> None:
    sheet = Sheet.read("groups.csv", content.encode())

    assert [row.cells for row in sheet.rows] == [{"code": "ive", "name": "IVE", "names": "아이브"}]


async def test_all_faults_are_told_at_once(site: Site) -> None:
    files = spoilt("cards.csv", "hanni,omg,hanni,album", "hanni,ditto,haerin,albun")
    files["groups.csv"] = "code,name,names\nNewJeans,,뉴진스\nive,IVE,\n"
    report = await fill(site, files)

    assert [(each.file, each.row, each.column) for each in report.refused] == [
        ("groups.csv", 2, "code"),
        ("groups.csv", 2, "name"),
        ("memberships.csv", 2, "group"),
        ("releases.csv", 2, "group"),
        ("cards.csv", 2, "release"),
        ("cards.csv", 2, "idols"),
        ("cards.csv", 2, "kind"),
    ]


async def test_a_fault_in_one_row_does_not_spoil_references_to_it(site: Site) -> None:
    report = await fill(site, spoilt("groups.csv", "NewJeans", ""))

    assert [(each.file, each.column) for each in report.refused] == [("groups.csv", "name")]


async def test_a_missing_file_refuses_the_others(site: Site) -> None:
    files = {file: text for file, text in SMALL.items() if file != "cards.csv"}
    report = await fill(site, files)

    assert [(each.file, each.reason) for each in report.refused] == [
        ("cards.csv", "There is no such file.")
    ]
    assert await found(site, "/groups") == []


async def test_one_refused_row_keeps_everything_out(site: Site) -> None:
    await fill(site)
    before = await content(site)
    spoilt_last = spoilt("groups.csv", "IVE", "I've")
    spoilt_last["cards.csv"] += "omg-last,omg,nobody,album,,,,\n"
    report = await fill(site, spoilt_last)

    assert len(report.refused) == 1
    assert await content(site) == before


async def test_progress_counts_every_row(site: Site) -> None:
    told: dict[str, int] = dict.fromkeys(COLUMNS, 0)

    def hear(file: str, rows: int) -> None:
        told[file] += rows

    await (await site.port(ImportCatalogue))(sheets(DEMO), progress=hear)

    assert told == {sheet.file: len(sheet.rows) for sheet in sheets(DEMO)}
