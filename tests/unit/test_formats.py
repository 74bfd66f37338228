"""What may be uploaded is told from its bytes: of each type what is one, and what only says so."""

import pytest

from chalicelib.catalog import formats, media
from chalicelib.catalog.records import Media
from tests.factories import media as files

WORDS = ("what", "content_type", "content")


@pytest.mark.row("K69")
@pytest.mark.parametrize(WORDS, files.GOOD, ids=[f"{each[1]}-{number}" for number, each in enumerate(files.GOOD)])
def test_a_file_of_each_type_is_known_by_its_bytes(what: str, content_type: str, content: bytes) -> None:
    assert formats.require(what, content_type, len(content), public=False).what == what
    assert formats.objection(content_type, content) is None


@pytest.mark.row("K69")
@pytest.mark.parametrize(WORDS, files.FALSE, ids=[f"{each[1]}-{number}" for number, each in enumerate(files.FALSE)])
def test_what_only_says_it_is_is_not(what: str, content_type: str, content: bytes) -> None:
    assert formats.objection(content_type, content) == "wrong_type"


@pytest.mark.parametrize("content_type", formats.FORMATS)
@pytest.mark.parametrize("content", [b"", b"\x00", b"\xff", bytes(4096), files.HTML, files.SVG, files.PROGRAM])
def test_nothing_and_what_browsers_run_is_of_no_type(content_type: str, content: bytes) -> None:
    assert formats.objection(content_type, content) == "wrong_type"


def test_every_type_has_a_good_and_a_false_example() -> None:
    assert {each[1] for each in files.GOOD} == {each[1] for each in files.FALSE} == set(formats.FORMATS)


@pytest.mark.parametrize(
    ("filename", "disposition"),
    [
        ("week 1.mp4", "attachment; filename=\"week-1.mp4\"; filename*=UTF-8''week%201.mp4"),
        ('a"; x="b.html', "attachment; filename=\"a-x-b.mp4\"; filename*=UTF-8''a%22%3B%20x%3D%22b.mp4"),
        ("../../etc/passwd", "attachment; filename=\"passwd.mp4\"; filename*=UTF-8''passwd.mp4"),
        ("C:\\films\\one.mov", "attachment; filename=\"one.mp4\"; filename*=UTF-8''one.mp4"),
        (".mp4", "attachment; filename=\"mp4.mp4\"; filename*=UTF-8''.mp4.mp4"),
        ("", "attachment; filename=\"video.mp4\"; filename*=UTF-8''video.mp4"),
        ("\r\nX: y", "attachment; filename=\"X-y.mp4\"; filename*=UTF-8''%0D%0AX%3A%20y.mp4"),
    ],
)  # fmt: skip
def test_the_name_of_a_file_says_nothing_but_its_name(filename: str, disposition: str) -> None:
    assert media.disposition(Media(what="video", content_type="video/mp4", filename=filename)) == disposition
