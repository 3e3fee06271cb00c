"""`kcs match` as an organiser types it."""

import gc
import json
from pathlib import Path
from random import Random
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from apps.cli import main
from apps.matching.domain.want_list import Handover
from apps.matching.presentation.drawing import ring_svg
from tests.support.want_lists import written

SVG = "{http://www.w3.org/2000/svg}"


def kcs(*words: str, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["match", *words], input=given)


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """A list in which something changes hands."""
    path = tmp_path / "list.txt"
    lines = written(Random(3), users=12, items=40, wants=6, dummies=5)
    path.write_text("\n".join(lines), "utf-8")
    return path


def test_rings_and_counts_are_printed(market: Path) -> None:
    done = kcs("solve", str(market))
    assert done.exit_code == 0
    *rings, counts = done.stdout.splitlines()
    gifts = [line for line in rings if " gives " in line]
    assert gifts
    assert counts.startswith(f"{len(gifts)} of 40 items in {len(rings) - len(gifts)} rings; ")


def test_the_process_collects_garbage_again_once_it_has_solved(market: Path) -> None:
    kcs("solve", str(market))
    assert gc.isenabled()


def test_json_is_all_of_standard_output_and_every_time_the_same(market: Path) -> None:
    words = ("solve", str(market), "--unlimited", "--json", "--seed", "7")
    done = kcs(*words)
    told = json.loads(done.stdout)
    assert told["max_length"] is None
    assert told["traded"] == told["bound"] == sum(len(ring) for ring in told["rings"]) > 0
    assert kcs(*words).stdout == done.stdout
    assert kcs(*words[:-1], "8").stdout != done.stdout


def test_the_limit_is_three_unless_told(market: Path) -> None:
    def longest(*words: str) -> int:
        told = json.loads(kcs("solve", str(market), "--json", *words).stdout)
        return max(len(ring) for ring in told["rings"])

    assert longest() == longest("--max-length", "3") == 3
    assert longest("--max-length", "2") == 2
    assert longest("--unlimited") > 4


def test_a_list_is_read_from_standard_input(market: Path) -> None:
    piped = kcs("solve", "-", "--json", given=market.read_bytes())
    assert piped.stdout == kcs("solve", str(market), "--json").stdout


def test_what_nobody_offers_is_told_beside_the_answer() -> None:
    done = kcs("solve", "-", "--json", given="(a) A : B NOWHERE\n(b) B : A\n")
    assert json.loads(done.stdout)["traded"] == 2
    assert "1 wanted, but not offered: NOWHERE (line 1)" in done.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b"#! REQUIRE-COLONS\n(a) A B", "-: Line 2: The colon behind A is missing."),
        (b"(a) A : B\n\xff", "-: Line 2: this is not UTF-8."),
    ],
)
def test_a_bad_list_is_refused_in_one_line(given: bytes, said: str) -> None:
    done = kcs("solve", "-", given=given)
    assert (done.exit_code, done.stdout, done.stderr.strip()) == (1, "", said)


@pytest.mark.parametrize(
    "words",
    [
        ("solve", "nowhere.txt"),
        ("solve", "."),
        ("solve", "-", "--unlimited", "--max-length", "3"),
        ("draw", "nowhere.json"),
        ("draw", "-"),
        ("bench", "--quick", "--instances", "nowhere"),
    ],
)
def test_what_cannot_be_done_is_told_without_a_traceback(words: tuple[str, ...]) -> None:
    done = kcs(*words, given="{}")
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_length_that_no_ring_may_have_is_refused() -> None:
    assert kcs("solve", "-", "--max-length", "5", given="").exit_code == 2
    assert kcs("solve", "-", "--max-length", "1", given="").exit_code == 2


def test_a_ring_is_drawn_from_what_solve_printed(market: Path, tmp_path: Path) -> None:
    solved = kcs("solve", str(market), "--json").stdout
    ring = json.loads(solved)["rings"][1]
    drawn = kcs("draw", "-", "--ring", "2", given=solved)
    assert drawn.exit_code == 0
    assert ET.fromstring(drawn.stdout).tag == f"{SVG}svg"
    assert ring[0]["giver"] in drawn.stdout
    to = tmp_path / "ring.svg"
    assert kcs("draw", "-", "--ring", "2", "-o", str(to), given=solved).stdout == ""
    assert to.read_text("utf-8") == drawn.stdout
    assert kcs("draw", "-", "--ring", "99", given=solved).exit_code == 1
    assert kcs("draw", "-", "-o", str(tmp_path / "no" / "where"), given=solved).exit_code == 1


def test_a_picture_says_the_same_in_words_and_takes_names_as_text() -> None:
    odd = '<script>&"'
    ring = [
        Handover(giver=odd, item="A]]>", receiver="bea", for_item="B"),
        Handover(
            giver="bea", item="a very long name of a very rare card", receiver=odd, for_item="A"
        ),
    ]
    picture = ET.fromstring(ring_svg(ring))
    assert picture.get("role") == "img"
    named = {picture.find(f"{SVG}title"), picture.find(f"{SVG}desc")}
    assert {one.get("id") for one in named if one is not None} == set(
        str(picture.get("aria-labelledby")).split()
    )
    told = picture.findtext(f"{SVG}desc")
    assert told == (
        f"{odd} gives A]]> to bea. bea gives a very long name of a very rare card to {odd}."
    )
    texts = [one.text for one in picture.iter(f"{SVG}text")]
    assert odd in texts
    assert "a very long name of a v…" in texts
    assert len(list(picture.iter(f"{SVG}circle"))) == 2
    assert picture.find(f".//{SVG}script") is None
