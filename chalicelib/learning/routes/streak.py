"""One's own streak."""

from chalicelib.learning import rests
from chalicelib.learning.rests import StreakChanged, Told, VacationInThePast
from chalicelib.learning.schemas.streak import StreakOut, StreakPatch, StreakQuery
from chalicelib.web.policies import signed_in
from chalicelib.web.routes import Ask, Routes

routes = Routes(tag="Learning")


@routes.get("/streak", policy=signed_in, gives=StreakOut, standing="joined")
def get_streak(ask: Ask[None, StreakQuery]) -> Told:
    """Your streak, every day of it explained

    Days are those of your time zone; the first hour after midnight still counts for the day before. Seven active days
    earn a freeze, which is used by itself on a day without learning; at most two are in stock.
    """
    return rests.streak(ask.act, ask.caller.zone, ask.query.days)


@routes.patch(
    "/streak", policy=signed_in, gives=StreakOut, standing="joined", errors=(StreakChanged, VacationInThePast)
)
def patch_streak(ask: Ask[StreakPatch, None]) -> Told:
    """Change your days of rest and your vacations

    They neither count nor break a streak. Days of rest count from tomorrow; what is over stays as it was.
    """
    wishes = ask.body
    return rests.wish(
        ask.act, ask.caller.zone, wishes.weekdays(), wishes.absences(), wishes.shown, ask.expected_version
    )
