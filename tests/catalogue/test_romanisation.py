"""Romanised names: all spellings of one sound share a key, and other sounds do not (K1)."""

from itertools import combinations

import pytest

from apps.catalogue.domain.names import Form, asked, forms

SPELLINGS = """
    정국 Jungkook Jeongguk Chŏngguk Jeong-guk JUNGKOOK
    하니 Hani Hanni
    지수 Jisoo Jisu Chisu
    슬기 Seulgi Sŭlgi Sulgi
    현진 Hyunjin Hyeonjin Hyŏnjin
    승민 Seungmin Sŭngmin Sungmin
    영 young yeong yŏng yung
    우영 Wooyoung Uyeong Uyŏng
    선우 Sunwoo Seonu Sŏnu
    창빈 Changbin Ch'angbin Ch\u2019angbin Ch\u02bcangbin
    준규 Junkyu Jungyu
    희진 Heejin Huijin
    의진 Euijin Uijin
    최 Choi Choe Ch'oe Chwe
    예지 Yeji
    백현 Baekhyun Baekhyeon Paekhyŏn
    도경 Dokyung Dogyeong
    카리나 Karina
    민지 Minji
    다니엘 Danielle Daniel
    원영 Wonyoung Wonyeong Wŏnyŏng
    윈터 Winter
    유진 Yujin Yoojin
    레이 Rei Rey Lei
    리즈 Liz
    사쿠라 Sakura
    유리 Yuri Yuuri
    채원 Chaewon Chaewŏn Ch'aewŏn
    은채 Eunchae Ŭnch'ae
    채은 Chaeeun Chae-eun Chaeun
    예은 Yeeun Yeŭn
    나연 Nayeon Nayŏn Nayun
    정연 Jeongyeon Jungyeon Chŏngyŏn
    다현 Dahyun Dahyeon Tahyŏn
    방찬 Bangchan Pangch'an
    민호 Minho
    승관 Seungkwan Seunggwan Sŭnggwan
    부승관 Boo-Seungkwan
    범규 Beomgyu Bumgyu Pŏmgyu
    연준 Yeonjun Yŏnjun
    성훈 Sunghoon Seonghun Sŏnghun
    홍중 Hongjoong Hongjung
    성화 Seonghwa Sunghwa
    도운 Dowoon Doun
    휘인 Wheein Hwiin
    슈화 Shuhua
    조슈아 Joshua
    제이 Jay
    제니 Jennie
    마크 Mark
    안 Ahn An
    오 Oh O
    박 Park Bak Pak
    권 Kwon Gwon Kwŏn
    서 Seo Suh Sŏ
"""

KNOWN_STRANGERS = "필릭스 Felix|쯔위 Tzuyu|제이크 Jake|유진 Eugene|로제 Rosé|이 Lee|정국 Chongguk"

IDOLS = """
    민지 하니 다니엘 해린 혜인 원영 유진 가을 레이 리즈 이서 사쿠라 채원 윤진 카즈하 은채
    나연 정연 모모 사나 지효 미나 다현 채영 쯔위 지수 제니 로제 리사 카리나 지젤 윈터 닝닝
    아이린 슬기 웬디 조이 예리 예지 리아 류진 채령 유나 미연 소연 우기 슈화 화사 휘인 솔라 문별
    수민 시은 세은 아이사 윤 재이 정국 지민 태형 남준 석진 윤기 호석 방찬 리노 창빈 현진 한 필릭스
    승민 아이엔 연준 수빈 범규 태현 휴닝카이 홍중 성화 윤호 여상 산 민기 우영 종호
    성훈 제이 제이크 선우 정원 니키 희승 에스쿱스 정한 조슈아 준 호시 원우 우지 도겸 민규 디에잇
    승관 버논 디노 백현 찬열 경수 종인 세훈 시우민 첸 준규 도영 재현 태용 마크 해찬 재민 제노
"""


def roman(name: str) -> str:
    return forms(name).get(Form.ROMAN, "")


@pytest.mark.parametrize("spellings", SPELLINGS.strip().splitlines())
def test_all_spellings_of_a_name_have_one_key(spellings: str) -> None:
    assert len({roman(name) for name in spellings.split()}) == 1


@pytest.mark.parametrize("strangers", KNOWN_STRANGERS.split("|"))
def test_some_spellings_are_known_to_stay_apart(strangers: str) -> None:
    hangul, latin = strangers.split()

    assert roman(hangul) != roman(latin)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("민지", "Hanni"),
        ("혜인", "Hyerin"),
        ("송", "Sung"),
        ("종호", "정호"),
        ("지인", "진"),
        ("주은", "준"),
        ("예은", "연"),
        ("채원", "채연"),
        ("수빈", "소빈"),
        ("태현", "다연"),
    ],
)
def test_names_that_sound_different_have_different_keys(one: str, other: str) -> None:
    assert roman(one) not in roman(other)
    assert roman(other) not in roman(one)


def test_idols_rarely_share_a_key() -> None:
    pairs = list(combinations(IDOLS.split(), 2))

    assert len(IDOLS.split()) == 120
    assert {(a, b) for a, b in pairs if roman(a) == roman(b)} == {("시은", "세은")}


def test_idols_of_two_syllables_rarely_contain_each_other() -> None:
    pairs = combinations([idol for idol in IDOLS.split() if len(idol) > 1], 2)
    nested = {(a, b) for a, b in pairs if roman(a) in roman(b) or roman(b) in roman(a)}

    assert nested == {
        ("시은", "세은"),
        ("유진", "류진"),
        ("윤진", "현진"),
        ("유진", "우지"),
        ("류진", "우지"),
        ("이서", "지수"),
        ("이서", "희승"),
        ("정연", "준규"),
        ("태형", "태현"),
        ("제이", "제이크"),
    }


def test_an_abbreviation_has_no_sound_to_be_sought_by() -> None:
    assert asked("BTS") == {Form.FOLDED: "bts"}
    assert Form.ROMAN in asked("Bangtan")
