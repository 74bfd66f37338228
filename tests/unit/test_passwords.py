"""Passwords: the hashes of ours and of the older systems, and what a new password must and need not be."""

import random
import string
import unicodedata
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.accounts import passwords
from chalicelib.accounts.passwords import DUMMY, MARK, Verdict, hashed, mark, verify, verify_nobody, weaknesses
from infra.common_passwords import SAMPLES, packed, pairs, pieced, walks

NO = Verdict(matches=False, outdated=False)
CURRENT = Verdict(matches=True, outdated=False)
OUTDATED = Verdict(matches=True, outdated=True)

# Made with Django 5.2.8 and bcrypt 4.3.0 (bcrypt at 4 rounds to be quick).
TYPED = "učenje kroz rad 2026"
LONG = "0123456789" * 9
LEGACY = {
    "Django PBKDF2": "pbkdf2_sha256$1000$c2FsdHNhbHRzYWx0c2$rpv6MweGG+o4Z2BkoT22zan6RHiIABpF4jT2z7nO2dQ=",
    "Django PBKDF2 as shipped": "pbkdf2_sha256$1000000$r36LhcPgnNV69mBVaIYP5j"
    "$4xVH2CWs4Zw/EGifTosJIrgZKAaWQUrJMtRToP9Skas=",
    "Django bcrypt": "bcrypt$$2b$04$wInH58ioifyFg6yepeOWfeK6Fa5HHdYZeV7Nu/yCHGs9zdGnZ82a.",
    "Django bcrypt-SHA256": "bcrypt_sha256$$2b$04$XelpuUPAYNgorgi0nHiy5.gXQ3.KS09Ix/enhoK0rzxceIE2EiX4.",
    "Django argon2": "argon2$argon2id$v=19$m=102400,t=2,p=8$YzJGc2RITmhiSFJ6WVd4MA"
    "$eFrEmoBUWdgHB0hvNMh5bV2sfZjGLALRUFxb9dqA234",
    "bare bcrypt 2b": "$2b$04$McdBBvP6alJR36hG53CGWewdnfCvyDS4IeVVZ5XF3rC7IO2GUZcHq",
    "bare bcrypt 2a": "$2a$04$kV.DEGu7w.1VfJtK3zt3h.7tEzj2KjmlQV8AnIazf3awrMrDILjXS",
    "bare bcrypt 2y": "$2y$04$McdBBvP6alJR36hG53CGWewdnfCvyDS4IeVVZ5XF3rC7IO2GUZcHq",
}
PBKDF2_DECOMPOSED = "pbkdf2_sha256$1000$bmZkbmZkbmZk$TPdYd0ud4AMi/5VQpxs9QS6Kc2yAJZqhdh8UqBTJe0w="
BCRYPT_LONG = "bcrypt$$2b$04$YXmc3OVYgd7RZFQ8IyEuPOvLW/dvcABmsTUw3cSGzySbKxr4ChjI."
BCRYPT_SHA256_LONG = "bcrypt_sha256$$2b$04$h8QUeXDrzVTffMlR43vJvuLjie8yzqBP59oLNx/lWOmqIqJickjbC"


def codes(password: str, minimum: int = 12, **who: str) -> list[str]:
    return [weakness.code for weakness in weaknesses(password, minimum=minimum, **who)]


# Hashes


@pytest.mark.row("X06", "K57")
def test_a_new_hash_is_argon2id_at_our_parameters_and_salted() -> None:
    first, second = hashed("plum orbit lantern"), hashed("plum orbit lantern")
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert verify("plum orbit lantern", first) == verify("plum orbit lantern", second) == CURRENT


def test_a_wrong_password_does_not_match() -> None:
    assert verify("plum orbit lanterm", hashed("plum orbit lantern")) == NO


@pytest.mark.row("X06")
@pytest.mark.parametrize(
    ("set_as", "typed_as"),
    [
        ("ﬁne weather today", "fine weather today"),
        (unicodedata.normalize("NFD", "crème brûlée à midi"), unicodedata.normalize("NFC", "crème brûlée à midi")),
        ("ｆｕｌｌ ｗｉｄｔｈ ｗｏｒｄｓ", "full width words"),
    ],
)
def test_a_password_matches_however_the_keyboard_composes_it(set_as: str, typed_as: str) -> None:
    assert set_as != typed_as
    assert verify(typed_as, hashed(set_as)) == verify(set_as, hashed(typed_as)) == CURRENT


@pytest.mark.row("X06")
def test_nothing_is_cut_off_a_long_password() -> None:
    assert verify("x" * 127 + "y", hashed("x" * 128)) == NO


@pytest.mark.row("X06", "K57")
@pytest.mark.parametrize("stored", LEGACY.values(), ids=LEGACY)
def test_a_hash_of_an_older_system_verifies_and_is_due_for_replacement(stored: str) -> None:
    assert verify(TYPED, stored) == OUTDATED
    assert verify(TYPED + "x", stored) == NO


@pytest.mark.row("X06")
def test_an_older_hash_of_what_was_typed_decomposed_still_matches() -> None:
    assert verify(unicodedata.normalize("NFD", TYPED), PBKDF2_DECOMPOSED) == OUTDATED


@pytest.mark.row("X06")
def test_an_older_hash_of_the_normal_form_matches_what_is_typed_decomposed() -> None:
    assert verify(unicodedata.normalize("NFD", TYPED), LEGACY["Django PBKDF2"]) == OUTDATED


@pytest.mark.row("X06")
def test_plain_bcrypt_ignores_what_follows_byte_72_as_the_older_systems_did() -> None:
    assert verify(LONG, BCRYPT_LONG) == OUTDATED
    assert verify(LONG[:72] + "anything", BCRYPT_LONG) == OUTDATED
    assert verify(LONG[:71], BCRYPT_LONG) == NO


@pytest.mark.row("X06")
def test_bcrypt_sha256_reads_a_long_password_to_its_end() -> None:
    assert verify(LONG, BCRYPT_SHA256_LONG) == OUTDATED
    assert verify(LONG[:-1], BCRYPT_SHA256_LONG) == NO


def test_argon2id_at_other_parameters_is_outdated() -> None:
    from argon2 import PasswordHasher

    stored = PasswordHasher(memory_cost=8192, time_cost=1, parallelism=1).hash("plum orbit lantern")
    assert verify("plum orbit lantern", stored) == OUTDATED
    assert verify("plum orbit lanterm", stored) == NO


def test_nobody_is_verified_at_the_price_of_a_current_hash_and_never_matches() -> None:
    assert not passwords._argon2id().check_needs_rehash(DUMMY)
    assert verify_nobody("plum orbit lantern") == NO


@pytest.mark.parametrize("password", ["", "\0", "\ud800 plum orbit", "x" * 100_000])
@pytest.mark.parametrize("stored", [DUMMY, LEGACY["Django PBKDF2"], LEGACY["bare bcrypt 2b"]])
def test_an_impossible_password_is_only_a_wrong_one(password: str, stored: str) -> None:
    assert verify(password, stored) == NO


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "!",
        "!unusable",
        "$",
        "$$$$",
        "plain text",
        "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99",
        "pbkdf2_sha256$",
        "pbkdf2_sha256$many$salt$c2FsdA==",
        "pbkdf2_sha256$0$salt$" + "A" * 43 + "=",
        "pbkdf2_sha256$9999999$salt$" + "A" * 43 + "=",
        "pbkdf2_sha256$99999999999999999999$salt$" + "A" * 43 + "=",
        "pbkdf2_sha256$1000$salt$" + "ä" * 43 + "=",
        "bcrypt$",
        "bcrypt$$2b$04$short",
        "bcrypt$$2b$31$wInH58ioifyFg6yepeOWfeK6Fa5HHdYZeV7Nu/yCHGs9zdGnZ82a.",
        "bcrypt$$2b$04$" + "9" * 53,
        "$2x$04$wInH58ioifyFg6yepeOWfeK6Fa5HHdYZeV7Nu/yCHGs9zdGnZ82a.",
        "argon2$",
        "argon2$argon2id$v=19$m=8,t=1,p=1$$",
        "$argon2id$",
        "$argon2id$v=19$m=19456,t=2,p=1$m8Ym6hn5wgUWXjgPkvyPkA",
        "$argon2id$v=19$m=0,t=0,p=0$m8Ym6hn5wgUWXjgPkvyPkA$05clGP2yOQML0C2bIqch2hWBpZr6CJ3ZJF8aJD9RYOU",
        "$argon2id$ä",
    ],
)
def test_a_stored_hash_that_cannot_be_read_matches_nothing(stored: str) -> None:
    assert verify(TYPED, stored) == NO


SCHEMES = st.sampled_from(
    ["", "$argon2id$", "argon2$", "pbkdf2_sha256$", "bcrypt$", "bcrypt_sha256$", "$2b$", "$2y$04$"]
)


@settings(deadline=None)
@given(SCHEMES, st.text())
def test_no_text_whatever_as_a_stored_hash_raises_or_matches(scheme: str, rest: str) -> None:
    assert verify(TYPED, scheme + rest) == NO


# No digits, which could turn a cost into hours.
DAMAGE = st.text(st.one_of(st.sampled_from("$=,./+\0\ud800"), st.characters(exclude_categories=["Nd"])), max_size=3)
QUICK = [
    DUMMY,
    *(stored for name, stored in LEGACY.items() if name not in {"Django PBKDF2 as shipped", "Django argon2"}),
]


@settings(deadline=None)
@given(st.sampled_from(QUICK), st.integers(0, 120), st.integers(0, 3), DAMAGE)
def test_no_damage_to_a_stored_hash_raises(stored: str, at: int, cut: int, damage: str) -> None:
    assert verify("not the password", stored[:at] + damage + stored[at + cut :]) == NO


# Rules for a new password

FAMOUS = """
password1234 passwordpassword password123456 123456789012 1234567890123 qwertyuiop123 iloveyou1234 qwerty123456
123qweasdzxc 1qaz2wsx3edc 1q2w3e4r5t6y qwertyqwerty 123456654321 leavemealone sonyericsson 123456789qwe unbelievable
finalfantasy justinbieber administrator needforspeed supernatural counterstrike professional 112233445566 111111111111
000000000000 aaaaaaaaaaaa abcdefghijkl zyxwvutsrqpo abcabcabcabc 121212121212 111111111112 qazwsxedcrfv asdfghjkl123
zaq12wsxcde3 1234567890-= !@#$%^&*()_+ abcd1234abcd qwer1234asdf asdf1234zxcv adminadmin12 letmeinletmein changeme1234
Welcome12345 Password123! P@ssw0rd1234 P@$$w0rd2024 Pa$$word!!!! Summer2024!! Winter-2025! January2026! trustno1trustno1
monkeymonkey football2024 Liverpool1892 $unshine2024 l3tm31n2024! dragon1234567890 1234567890dragon contraseña12
motdepasse123 passwort2024 пароль123456 ＰＡＳＳＷＯＲＤ１２３４ basketball23 thisismypassword
""".split()
BASES = "password iloveyou monkey dragon sunshine princess football baseball superman michael jennifer letmein".split()
ENDINGS = ["1234567", "2024!!!!", "12345678!", "_20251225", "!!!!!!!!", " 1 2 3 4", "#1#2#3#4"]


def decorated() -> list[str]:
    """Return common words with what people add to satisfy a rule, in three spellings."""
    words = (base + ending for base, ending in product(BASES, ENDINGS) if len(base + ending) >= 12)
    leet = str.maketrans("oeas", "03@$")
    spellings = (str.title, str.upper, lambda word: word.translate(leet))
    return [spell(word) for word, spell in product(words, spellings)]


WEAK = [*FAMOUS, *random.Random(6).sample(decorated(), 200 - len(FAMOUS))]


def test_the_weak_passwords_are_two_hundred_and_long_enough() -> None:
    assert len(set(WEAK)) == 200
    assert all(len(password) >= 12 for password in WEAK)


@pytest.mark.row("X06", "G44", "E12", "M89")
@pytest.mark.parametrize("password", WEAK)
def test_a_common_password_is_refused(password: str) -> None:
    assert codes(password) == ["too_common"]


WORDS = """
acorn anchor apple autumn basil beacon bicycle birch blanket breeze bridge bucket candle canyon carpet cedar chalk
cherry cinema circle clover cobalt copper coral cotton cradle desert dolphin ember engine falcon feather fennel fiddle
forest garden ginger glacier goblet granite hammer harbor hazel honey island ivory jacket juniper kettle ladder lantern
lemon linen lizard magnet maple marble meadow melon mirror nectar needle oasis olive orbit orchid otter oyster paddle
paper pebble pepper pickle pigeon planet plum pocket prairie quarry quilt rabbit raven ribbon river rocket saddle
saffron salmon sandal silver spruce stable sunset teapot thistle timber tulip tunnel turtle velvet violet walnut willow
""".split()
UNICODE = [
    "приятно читать на рассвете",
    "正確馬電池釘書針藍色月亮",
    "お茶を飲みながら本を読む時間",
    "नदी के किनारे शांत शाम",
    "أحب القراءة في المساء الهادئ",
    "η θάλασσα το πρωί λάμπει",
    "çay içerken kitap okumak güzel",
    "Grüße aus dem stillen Garten",
    "le chat dort près du feu",
    "🐢🦊🌻🚲📚🎻🍋🧭🪁🏔️🎲🧩",
    "책을 읽는 조용한 저녁 시간",
    "učenje kroz rad i smeh",
]


def passphrases(count: int) -> list[str]:
    chance = random.Random(12)
    spellings = (str.lower, str.title, str.capitalize)
    return [
        chance.choice(spellings)(chance.choice([" ", "-", "_", ".", ""]).join(chance.sample(WORDS, 4)))
        + chance.choice(["", "", "7", " 42", "!", "?"])
        for _ in range(count)
    ]


@pytest.mark.row("X06", "G44", "E12", "M89")
@pytest.mark.parametrize("password", [*UNICODE, *passphrases(200 - len(UNICODE))])
def test_an_ordinary_passphrase_is_accepted(password: str) -> None:
    assert codes(password, username="maria_santos", email="maria@example.com", name="Maria Santos") == []


@pytest.mark.row("X06", "M88")
@pytest.mark.parametrize("password", ["secure_password", "your_email_password", "learn-by-doing-2026"])
def test_a_sample_password_of_the_documents_is_accepted(password: str) -> None:
    assert password in SAMPLES
    assert codes(password, username="john_doe", email="john@example.com", name="John Doe") == []


@pytest.mark.row("X06", "M88")
@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("", ["too_short"]),
        ("plum orbit!", ["too_short"]),
        ("plum orbit!!", []),
        ("plum orbi" + "e\N{COMBINING ACUTE ACCENT}!", ["too_short"]),
        ("plum orﬁ!!", ["too_short"]),
        ("plum orbﬁ!!", []),
    ],
)
def test_a_password_needs_twelve_characters_counted_in_their_normal_form(password: str, expected: list[str]) -> None:
    assert codes(password) == expected


@pytest.mark.row("X06")
def test_a_password_has_at_most_128_characters() -> None:
    longest = "".join(random.Random(1).choices(string.printable.strip(), k=128))
    assert codes(longest) == []
    assert codes(longest + "x") == ["too_long"]


def test_the_minimum_is_the_callers() -> None:
    assert codes("plum orbit!!", minimum=15) == ["too_short"]


@pytest.mark.row("X06")
@pytest.mark.parametrize("password", ["plumorbitlanternfennel", "PLUM ORBIT LANTERN", "8402 5731 9964", "~%^}{|:><?_+"])
def test_no_kind_of_character_is_demanded(password: str) -> None:
    assert codes(password) == []


@pytest.mark.parametrize("password", ["plum\0orbit lantern", "plum \udcff orbit lantern"])
def test_what_is_not_text_is_refused(password: str) -> None:
    assert codes(password) == ["not_text"]


def test_a_refusal_carries_every_reason_in_words() -> None:
    found = weaknesses("dragon", username="dragon")
    assert [weakness.code for weakness in found] == ["too_short", "too_common", "too_similar"]
    assert found[0].message == "Use at least 12 characters."


@pytest.mark.row("X06", "G44")
@pytest.mark.parametrize(
    "password",
    [
        "wildrose_anne-of-fennel",
        "WILDROSE_ANNE 77 plums",
        "wildroseanne7",
        "enna_esordliw",
        "enna_esordliw-1",
        "w.quill77 in the attic",
        "wquill77 in the attic",
        "w.quill77@example.org",
        "the Wilhelmina way",
        "quill and fennel",
        "ＱＵＩＬＬ and fennel",
        "my LearnFlow word",
    ],
)
def test_a_password_like_its_owner_is_refused(password: str) -> None:
    found = weaknesses(password, username="wildrose_anne", email="w.quill77@example.org", name="Wilhelmina Quill")
    assert [weakness.code for weakness in found] == ["too_similar"]


def test_a_short_name_is_refused_only_where_nothing_but_decoration_is_added() -> None:
    assert codes("zoë 481-920-375", name="Zoë") == ["too_similar"]
    assert codes("éoz 481-920-375", name="zoé") == ["too_similar"]
    assert codes("zoë plum orbit fennel", name="Zoë") == []


@given(st.sampled_from(WEAK), st.sampled_from([str.upper, str.lower, str.swapcase]))
def test_case_does_not_make_a_common_password_acceptable(password: str, spell: Callable[[str], str]) -> None:
    assert "too_common" in codes(spell(password))


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=150))
@example("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 8)
def test_length_is_refused_exactly_outside_its_bounds(password: str) -> None:
    length, found = len(unicodedata.normalize("NFKC", password)), codes(password)
    assert ("too_short" in found, "too_long" in found) == (length < 12, length > 128)
    assert "not_text" not in found


@given(st.text(max_size=40), st.text(max_size=20), st.emails(), st.text(max_size=20))
def test_the_verdict_does_not_depend_on_how_the_keyboard_composes(
    password: str, username: str, email: str, name: str
) -> None:
    composed, decomposed = (unicodedata.normalize(form, password) for form in ("NFC", "NFD"))
    first = codes(composed, username=username, email=email, name=name)
    assert codes(decomposed, username=username, email=email, name=name) == first


@given(st.text(min_size=4, max_size=30))
def test_a_password_around_the_username_is_refused(username: str) -> None:
    assert codes(f"plum {username} orbit", username=username).count("too_similar") == (
        len(passwords.folded(username)) >= 4
    )


# The packed list


def test_the_packed_list_is_sorted_without_repetition_and_large_enough() -> None:
    packed_list = passwords._marks()
    marks = [packed_list[at : at + MARK] for at in range(0, len(packed_list), MARK)]
    assert marks == sorted(set(marks))
    assert len(marks) >= 50_000
    assert len(packed_list) < 400_000


@pytest.mark.row("M89")
def test_the_packed_list_has_what_the_recipe_makes_up() -> None:
    made_up = [word for word in (*walks(), *pieced(), *pairs(BASES)) if len(word) >= 12]
    assert len(made_up) > 5_000
    assert [word for word in made_up if not passwords.is_listed(passwords.folded(word))] == []


def test_the_packed_list_has_no_sample_password() -> None:
    assert not any(map(passwords.is_listed, SAMPLES))


def test_packing_is_the_same_whatever_the_order() -> None:
    assert (
        packed({"one", "two", "three"})
        == packed({"three", "one", "two"})
        == b"".join(sorted(map(mark, ("one", "two", "three"))))
    )
