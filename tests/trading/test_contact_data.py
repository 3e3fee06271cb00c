"""What may not be said before acceptance, and what may: addresses, numbers and accounts (C4)."""

import re

import pytest

from apps.shared.domain.contact_data import ContactData, refuse_contact_data


def wide(text: str) -> str:
    """As East Asian keyboards type it: each sign as wide as a Hangul one."""
    return text.translate({sign: sign + 0xFEE0 for sign in range(0x21, 0x7F)})


REFUSED = {
    "mail": "[ann@example.com]",
    "mail with a tag": "write to [ann.lee+kpop@mail.example.co.kr] please",
    "mail in Hangul": "메일 [ann@example.com]으로 주세요",
    "mail, spaced": "[ann @ example.com]",
    "mail, spelled": "[ann (at) example.com] works",
    "mail, spelled in brackets": "[ann[at]example[dot]com]",
    "mail, in words": "reach me: [ann at example dot com]",
    "mail, full width": "[" + wide("ann@example.com") + "]",
    "link": "see [https://example.com/ann?x=1] there",
    "link without scheme": "see [www.example.com]",
    "open chat": "[open.kakao.com/o/sAbCdEf]",
    "short link": "[t.me/annlee]",
    "profile": "my page [instagram.com/ann.lee]",
    "handle": "find me [@ann_kpop]",
    "handle at the start": "[@ann.lee] is me",
    "handle in brackets": "Ann ([@annlee])",
    "messenger": "[kakao: annlee]",
    "messenger id": "[KakaoTalk ID: annlee]",
    "messenger id without colon": "add [line id annlee]",
    "messenger in Hangul": "[카톡: annlee] 입니다",
    "messenger id in Hangul": "[카카오톡 아이디 annlee]",
    "messenger in Chinese": "[微信" + wide(":") + "annlee]",
    "short messenger": "[ig: ann.lee]",
    "messenger with equals": "[telegram = annlee]",
    "phone": "call [0912345678]",
    "phone abroad": "[+886 912 345 678]",
    "phone in Korea": "[010-1234-5678]로 연락",
    "phone with spaces": "[010 1234 5678]",
    "phone with dots": "[010.1234.5678]",
    "phone with long dashes": "[010\N{EN DASH}1234\N{EN DASH}5678]",
    "phone with wide dashes": "[010 - 1234 - 5678]",
    "phone with area": "tel. [(02) 2345-6789]!",
    "phone in uneven groups": "[0912-34-56-78]",
    "phone of eight": "[9123 4567]",
    "phone in pairs": "[06 12 34 56 78]",
    "phone, full width": "[" + wide("010-1234-5678") + "]",
    "phone, digit by digit": "[0 9 1 2 3 4 5 6 7 8]",
    "account": "pay to [110-123-456789]",
    "after a date": "2024-05-24 or [010-1234-5678]",
}
HARMLESS = [
    "See you at Hongdae, exit 9",
    "15,000 won each",
    "15000 KRW or NT$ 350",
    "12.50 EUR for both",
    "3 @ 2.50 each",
    "2024-05-24",
    "2024-05-24 14:30",
    "2024/05/24, 14:30 to 15:30",
    "24.05.2024",
    "24.05.2024 14:30",
    "2024. 5. 24. 14:30",
    "20240524",
    "240524 fansign",
    "2023-2024 season's greetings",
    "May 24, 2024 at 2 pm",
    "14:30-15:30",
    "ver. 3",
    "ver.A and ver.B",
    "vol. 1, ver. 2.1",
    "card 12/55",
    "No. 001-024",
    "cards 12 13 14 15 16",
    "card #0123",
    "IVE-SWITCH-03",
    "Line 2, Hongik University",
    "2호선 홍대입구역 9번 출구에서 2시에 봐요",
    "포카 상태 좋아요! 5월 24일 14:30 괜찮으세요?",
    "@홍대입구",
    "meet @ the station",
    "아이브 장원영 → 안유진",
    "I have 2 of them, near mint :)",
    "mine=light, yours=mint",
    "…",
]


@pytest.mark.parametrize("case", REFUSED)
def test_a_way_to_reach_somebody_is_refused_and_shown(case: str) -> None:
    text, (start, end) = unmarked(REFUSED[case])
    with pytest.raises(ContactData) as refused:
        refuse_contact_data(text, pointer="/note")
    (error,) = refused.value.members["errors"]
    told = [int(number) for number in re.findall(r"\d+", error.pop("detail"))]
    assert error == {"pointer": "/note", "code": "contact-data"}
    assert text[slice(*told)] == text[start:end]


@pytest.mark.parametrize("text", HARMLESS)
def test_prices_dates_and_card_numbers_are_nobodys_address(text: str) -> None:
    refuse_contact_data(text, pointer="/text")


def test_of_several_the_first_is_shown() -> None:
    with pytest.raises(ContactData) as refused:
        refuse_contact_data("Call 0912345678 or ann@example.com", pointer="/text")
    assert "5 to 15" in refused.value.members["errors"][0]["detail"]


def unmarked(text: str) -> tuple[str, tuple[int, int]]:
    """The text without its outermost square brackets, and where they stood."""
    start, end = text.index("["), text.rindex("]") - 1
    return text[:start] + text[start + 1 : end + 1] + text[end + 2 :], (start, end)


def test_what_cannot_be_seen_hides_no_number() -> None:
    with pytest.raises(ContactData):
        refuse_contact_data("010\u200b1234\u200b5678", pointer="/text")
