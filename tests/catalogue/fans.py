"""How fans write names: romanised by three rules, by first consonants, with words of their own."""

from unicodedata import normalize

LEADS = "g,kk,n,d,tt,r,m,b,pp,s,ss,,j,jj,ch,k,t,p,h"
VOWELS = "a,ae,ya,yae,eo,e,yeo,ye,o,wa,wae,oe,yo,u,wo,we,wi,yu,eu,ui,i"
TAILS = ",k,k,k,n,n,n,t,l,k,m,l,l,l,p,l,m,p,p,t,t,ng,t,t,k,t,p,t"
KEYS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
FIRST, LAST, TAILS_EACH, VOWELS_EACH = 0xAC00, 0xD7A3, 28, 21

MCCUNE = {"g": "k", "d": "t", "b": "p", "j": "ch"}


def is_hangul(text: str) -> bool:
    return any(FIRST <= ord(letter) <= LAST for letter in normalize("NFC", text))


def syllable(letter: str) -> tuple[str, str, str]:
    """Lead, vowel and tail of a syllable, in the Revised Romanisation."""
    number = ord(letter) - FIRST
    lead, rest = divmod(number, VOWELS_EACH * TAILS_EACH)
    vowel, tail = divmod(rest, TAILS_EACH)
    return LEADS.split(",")[lead], VOWELS.split(",")[vowel], TAILS.split(",")[tail]


def revised(name: str) -> str:
    """Seulgi, Jeongguk."""
    return "".join("".join(syllable(letter)) if is_hangul(letter) else letter for letter in name)


def mccune(name: str) -> str:
    """Sŭlgi, Chŏngguk: the first consonant is voiceless, and vowels carry breves."""
    text = revised(name).replace("eo", "ŏ").replace("eu", "ŭ")
    return MCCUNE.get(text[:1], text[:1]) + text[1:]


def fan(name: str) -> str:
    """Jungkook, Soobin, Yujeen: eo is u, u is oo, g is k, and i behind a consonant is ee."""
    parts = []
    for letter in name:
        lead, vowel, tail = syllable(letter)
        wide = {"eo": "u", "yeo": "you", "u": "oo", "i": "ee" if lead else "i"}.get(vowel, vowel)
        parts.append({"g": "k"}.get(lead, lead) + wide + tail)
    return "".join(parts)


def initials(name: str) -> str:
    """ㅎㄴ."""
    each = VOWELS_EACH * TAILS_EACH
    return "".join(
        KEYS[(ord(letter) - FIRST) // each] if is_hangul(letter) else letter for letter in name
    )


def half_typed(name: str) -> str:
    """하ㄴ: the last syllable has its first consonant only so far."""
    return name[:-1] + initials(name[-1])
