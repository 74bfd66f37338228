"""Uploads of those who teach: asking for a form, and what became of it. The file itself goes to the bucket."""

from chalicelib.catalog import media
from chalicelib.catalog.media import MediaChanged, MediaUnknown, Seen
from chalicelib.catalog.records import Media
from chalicelib.catalog.schemas.media import MediaOut, MediaPageOut, MediaQuery, UploadIn, UploadOut
from chalicelib.table.pages import Page
from chalicelib.web.policies import teacher
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="Media")


@routes.post("/media/uploads", policy=teacher, gives=UploadOut, status=201, location="/api/v1/media/{id}")
def ask_upload(ask: Ask[UploadIn, None]) -> Media:
    """Ask for a place for a film, a picture, sound or a document

    The answer has a form, good for five minutes, with which the file is sent to where it is kept. When it has come,
    its bytes are looked at, and it is `ready` or `refused` within seconds.
    """
    return media.ask(
        ask.act,
        what=ask.body.what,
        content_type=ask.body.content_type,
        filename=ask.body.filename,
        size=ask.body.bytes,
        public=ask.body.public,
    )


@routes.get("/media", policy=teacher, lists=MediaOut)
def list_media(ask: Ask[None, MediaQuery]) -> Page[Seen]:
    """Your uploads, newest first"""
    return media.of_owner(ask.act, ask.query.size, ask.query.cursor)


@routes.get("/media/{media_id}", policy=teacher, gives=MediaPageOut, standing="joined", errors=(MediaUnknown,))
def get_media(ask: Ask[None, None], media_id: str) -> Seen:
    """One of your uploads, with a link to it once it is ready"""
    return media.seen(ask.act, media_id)


@routes.delete("/media/{media_id}", policy=teacher, standing="joined", errors=(MediaUnknown, MediaChanged))
def delete_media(ask: Ask[None, None], media_id: str) -> None:
    """Delete one of your uploads

    A lesson that names it shows no film from then on. Links that were given out work until they expire.
    """
    media.remove(ask.act, media_id, ask.expected_version)
