"""Two members with cards and wishes that fit, for whoever tries the service for the first time."""

import httpx

from apps.demo.person import Person, StepFailed

PASSWORD = "photocard-demo"  # noqa: S105  printed for everybody to sign in with
DOMAIN = "demo.kcardswap.example"
HOLDS = {
    "minji": ("뉴진스 하니", "에스파 카리나", "아이브 원영"),
    "haerin": ("뉴진스 민지", "에스파 윈터", "르세라핌 채원"),
}
WANTS = {"minji": ("에스파 윈터",), "haerin": ("뉴진스 하니",)}


async def load_members(http: httpx.AsyncClient) -> list[str]:
    """Open the demo accounts, fill their binders, and tell of each how that went.

    What is there already stays as it is; a nickname that somebody has taken is passed over.
    """
    return [await load(Person(http, name, f"{name}@{DOMAIN}", PASSWORD)) for name in HOLDS]


async def load(person: Person) -> str:
    """Settle one member, unless something is in the way."""
    try:
        await settle(person)
    except StepFailed as failure:
        return f"{person.nickname} is left out: {failure}"
    return f"{person.email}  password: {PASSWORD}"


async def settle(person: Person) -> None:
    """Open the account of one member unless there is one, and fill an empty binder."""
    try:
        await person.sign_in()
    except StepFailed:
        await person.register()
        await person.sign_in()
    if await person.binder():
        return
    for words in HOLDS[person.nickname]:
        await person.add_copy(await person.find_card(words))
    for words in WANTS[person.nickname]:
        card = await person.find_card(words)
        await person.call("POST", "/me/wants", {"card_ids": [card["id"]]}, expect=201)
