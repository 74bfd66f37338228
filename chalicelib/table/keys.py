"""Every key of every entity. A test compares this chart with the functions below it, one function per row.

entity        | pk                          | sk                | index                                  | answers                                   | reads
------------- | --------------------------- | ----------------- | -------------------------------------- | ----------------------------------------- | -----
user          | USER#<user>                 | USER              | gsi1 ERASURES / <due>; gsi2 ADMINS / <user> | Who is this? Whose grace period is over? Who administers? | 1 get; 1 query
standing      | USER#<user>                 | STANDING          |                                        | May this token still act?                 | in the first batch get
session       | USER#<user>                 | SESSION#<session> |                                        | Where is this person signed in?           | 1 get; 1 query
detail        | USER#<user>                 | DETAIL#<fact>     |                                        | What did this change replace by what?     | 1 get
username      | USERNAME#<name>             | USERNAME          | gsi1 NAMES#<bucket> / <name>           | Is the name free? Who is called ab...?    | 1 get; 1 query a bucket
address       | ADDRESS#<digest>            | ADDRESS           |                                        | Whose mail address is this?               | 1 get
pseudonym     | PSEUDONYM#<user>            | PSEUDONYM         |                                        | What does the ML side call this person?   | 1 get
tombstone     | TOMBSTONES#<day>            | <pseudonym>       |                                        | Whose rows must the ML side forget?       | 1 query
mail_token    | MAILTOKEN#<token>           | MAILTOKEN         |                                        | What may the bearer of this mail do?      | 1 get
fact          | FACTS#<minute>#<shard>      | <fact>            |                                        | What happened in this minute?             | 1 query a shard
ack           | ACKS#<reader>#<minute>#<shard> | <batch>        |                                        | What of it has this reader told?          | 1 query a shard
sweep         | SWEEP#<reader>              | SWEEP             |                                        | Up to which minute is all told?           | 1 get
job           | JOB#<name>                  | <occurrence>      |                                        | Has this clock struck? How far is it?     | 1 get
letter        | LETTER#<letter>             | LETTER            |                                        | Has this letter gone out?                 | 1 get
silenced      | SILENCED#<digest>           | SILENCED          |                                        | Does this address still want mail?        | 1 get
audit_head    | AUDITHEAD#<shard>           | AUDITHEAD         |                                        | Where does the chain end?                 | 1 get
audit_entry   | AUDIT#<day>#<shard>         | <sequence>        | gsi1 AUDITBY#<actor> / <moment>; gsi2 AUDITON#<subject> / <moment> | What was done, by whom, to whom? | 1 query a shard or index
audited       | AUDITED#<fact>              | AUDITED           |                                        | Is this fact in the chain, and where?     | 1 get
feed_head     | FEED#<user>                 | HEAD              |                                        | What is my newest event?                  | 1 get
feed_event    | FEED#<user>                 | EVENT#<sequence>  |                                        | What happened to me since?                | 1 query
fed           | FED#<user>#<fact>           | FED               |                                        | Is this fact in this feed?                | in a condition
limit         | LIMIT#<scope>#<subject>#<window> | LIMIT        |                                        | How many are left?                        | 1 update
answer        | ANSWER#<digest>             | ANSWER            | gsi1 ANSWERSTO#<user> / <expiry>       | What did we answer to this key, and whom? | 1 get; 1 query
slug          | SLUG#<what>#<slug>          | SLUG              |                                        | Which course or category has this name?   | 1 get
category      | CATEGORIES                  | <category>        |                                        | Which categories are there?               | 1 query
course        | COURSE#<course>             | COURSE            |                                        | What is this course?                      | 1 get
gate          | COURSE#<course>             | GATE              |                                        | Who may enter, and what counts?           | 1 get, flat in lessons
curriculum    | COURSE#<course>             | CURRICULUM        |                                        | Which sections and lessons, in what order? | 1 get
seats         | SEATS#<course>              | SEATS             |                                        | Is a seat left?                           | in the first batch get
tally         | TALLY#<course>              | TALLY             |                                        | How many students, completions, ratings?  | 1 get
counted       | COUNTED#<counter>#<fact>    | COUNTED           |                                        | Is this fact in this counter?             | in a batch get
lesson        | LESSON#<lesson>             | LESSON            |                                        | What does this lesson say?                | 1 get
teaching      | TEACHING#<instructor>       | <thing>           |                                        | Which courses and lessons of one's own are mine? | 1 query
media         | MEDIA#<owner>               | <media>           |                                        | What has this person uploaded?            | 1 get; 1 query
index_pointer | INDEX#<name>                | POINTER           |                                        | Which files are the catalogue?            | 1 get
indexed       | INDEXED#<shard>             | <thing>           |                                        | What must a new catalogue look at?        | 1 query a shard
enrollment    | LEARNER#<user>              | ENROLLED#<course> | lsi1 LEARNER#<user> / <moment>#<course> | How far is this learner? What do they learn? | 1 get; 1 query
roster        | ROSTER#<course>             | <moment>#<user>   | gsi1 TEACHES#<instructor> / <moment>#<course>#<user>; gsi2 UNSTARTED#<shard> / <due> | Who learns here, with me, and who never began? | 1 query
watched       | LEARNER#<user>              | WATCHED#<course>#<ordinal> |                               | Where did the film stop?                  | 1 get; 1 query
lone_progress | LEARNER#<user>              | LESSON#<lesson>   |                                        | How far is this learner in a lesson without a course? | 1 get; 1 query
days          | LEARNER#<user>              | DAYS#<month>      |                                        | On which days, and in which courses, was this learner active? | 1 get
streak        | LEARNER#<user>              | DAYS#STREAK       |                                        | Which days need no learning?              | 1 get; 1 query with the days
totals        | LEARNER#<user>              | DAYS#TOTALS       |                                        | In how many courses is this learner, and how far? | 1 query with the days
certificate   | LEARNER#<user>              | CERTIFICATE#<course> | gsi1 UNPRINTED / <moment>#<code>        | Has this learner a certificate of it?     | 1 get; 1 query
credential    | CREDENTIAL#<code>           | CREDENTIAL        |                                        | Is this certificate real?                 | 1 get
goal          | GOALS#<user>                | GOAL#<number>     |                                        | What does this person intend, and how far is it? | 1 get; 1 query
gone_goal     | GOALS#<user>                | GONE#<number>     |                                        | What did this person give up?             | in an export
goal_day      | GOALS#<user>                | DAY#<date>        |                                        | How much of which goals on this day?      | 1 query, with the goals after it
goal_entry    | GOALS#<user>                | LOG#<goal>#<number> | lsi1 GOALS#<user> / <date>#<goal>#<number> | What was done for this goal? What in these days? | 1 get; 1 query
goal_ledger   | GOALS#<user>                | LEDGER            | gsi2 REMINDERS#<shard> / <due>#<user>  | Which number comes next? Who is to be reminded? | 1 get; 1 query a shard
timed_lesson  | GOALS#<user>                | TIMED#<goal>#<lesson> |                                    | Has this lesson become time of this goal? | 1 get
cart          | BUYER#<user>                | CART              |                                        | What does this person want to buy?        | 1 get
order         | BUYER#<user>                | ORDER#<order>     | lsi1 BUYER#<user> / <moment>#<order>; gsi2 UNSETTLED#<shard> / <due>#<order>#<user> | What was bought, at what price, and is it paid? Which need a look? | 1 get; 1 query
refund        | BUYER#<user>                | REFUND#<order>#<number> |                                  | What is given back of this order?         | 1 query
posting       | BUYER#<user>                | POSTING#<order>#<what> |                                   | Where did the money of this order go?     | 1 query
paying        | BUYER#<user>                | PAYING#<order>    |                                        | Is somebody just asking Stripe for this payment? | in a condition
receipt       | BUYER#<user>                | RECEIPT#<order>   |                                        | Is there a paper of this order, and what does it say? | 1 get
coupon_use    | BUYER#<user>                | USED#<code>       |                                        | How often has this person used the code?  | in the first batch get
coupon        | COUPON#<code>               | COUPON            |                                        | What is this code worth, and where?       | in the first batch get
coupon_slots  | COUPON#<code>               | SLOTS             |                                        | May the code be used once more?           | in a condition
coupon_entry  | COUPONS#<owner>             | <code>            |                                        | Which codes has this teacher given out?   | 1 query
earning       | EARNINGS#<instructor>       | <moment>#<order>#<what> |                                  | What did this teacher earn, when, of which order? | 1 query
balance       | BALANCE#<account>           | SUM#<shard>       |                                        | How much is in this account?              | 1 batch get
statement     | BALANCE#<account>           | MONTH#<month>     |                                        | What has this teacher earned in a month, and with what? | 1 query
intent        | INTENT#<intent>             | INTENT            |                                        | Which order does this payment pay?        | 1 get
stripe_event  | STRIPEEVENT#<event>         | STRIPEEVENT       |                                        | Is this event done?                       | in the first batch get
quarantined   | QUARANTINE#<day>            | <event>           |                                        | Which events could not be believed?       | 1 query
figures       | FIGURES#<day>               | <shard>           |                                        | What happened on this day, in numbers?    | 1 query
sales         | SALES#<seller>              | <day>#<shard>     |                                        | What was sold on these days, by whom?     | 1 query
report        | REPORTS                     | <day>             |                                        | What was reported of this day?            | 1 get; 1 query
"""

import hashlib
from typing import NamedTuple

SEPARATOR = "#"
LONGEST = 1024

# The directory of names is cut where the first letters of names are about equally frequent. A page that crosses a cut
# costs one more query; a partition takes 1,000 registrations a second.
NAME_BUCKETS = ("", "h", "p")


class BadKeyPart(ValueError):
    """A value that must never become part of a key."""


class Key(NamedTuple):
    pk: str
    sk: str


def _join(*parts: str) -> str:
    for part in parts:
        if not part or SEPARATOR in part or not part.isprintable():
            raise BadKeyPart(repr(part[:40]))
    joined = SEPARATOR.join(parts)
    if len(joined.encode("utf-8", "surrogatepass")) > LONGEST:
        raise BadKeyPart(f"longer than {LONGEST} bytes")
    return joined


def digest(text: str) -> str:
    """How a mail address (or anything else a stranger typed) stands in a key."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def user(user: str) -> Key:
    return Key(_join("USER", user), "USER")


def erasures() -> str:
    return "ERASURES"


def admins() -> str:
    return "ADMINS"


def standing(user: str) -> Key:
    return Key(_join("USER", user), "STANDING")


def session(user: str, session: str) -> Key:
    return Key(_join("USER", user), _join("SESSION", session))


def detail(user: str, fact: str) -> Key:
    return Key(_join("USER", user), _join("DETAIL", fact))


def username(name: str) -> Key:
    return Key(_join("USERNAME", name), "USERNAME")


def name_bucket(name: str) -> str:
    """The directory partition of a lower-case name."""
    return _join("NAMES", str(max(i for i, first in enumerate(NAME_BUCKETS) if name >= first)))


def name_buckets() -> list[str]:
    """All partitions of the directory, in the order of the names in them."""
    return [_join("NAMES", str(i)) for i in range(len(NAME_BUCKETS))]


def address(digest: str) -> Key:
    return Key(_join("ADDRESS", digest), "ADDRESS")


def pseudonym(user: str) -> Key:
    return Key(_join("PSEUDONYM", user), "PSEUDONYM")


def tombstone(day: str, pseudonym: str) -> Key:
    return Key(tombstones_of(day), _join(pseudonym))


def tombstones_of(day: str) -> str:
    return _join("TOMBSTONES", day)


def mail_token(token: str) -> Key:
    return Key(_join("MAILTOKEN", token), "MAILTOKEN")


def fact(minute: str, shard: str, fact: str) -> Key:
    return Key(facts_of(minute, shard), _join(fact))


def facts_of(minute: str, shard: str) -> str:
    return _join("FACTS", minute, shard)


def ack(reader: str, minute: str, shard: str, batch: str) -> Key:
    return Key(acks_of(reader, minute, shard), _join(batch))


def acks_of(reader: str, minute: str, shard: str) -> str:
    return _join("ACKS", reader, minute, shard)


def sweep(reader: str) -> Key:
    return Key(_join("SWEEP", reader), "SWEEP")


def job(name: str, occurrence: str) -> Key:
    return Key(_join("JOB", name), _join(occurrence))


def letter(letter: str) -> Key:
    return Key(_join("LETTER", letter), "LETTER")


def silenced(digest: str) -> Key:
    return Key(_join("SILENCED", digest), "SILENCED")


def audit_head(shard: str) -> Key:
    return Key(_join("AUDITHEAD", shard), "AUDITHEAD")


def audit_entry(day: str, shard: str, sequence: int) -> Key:
    return Key(audit_of(day, shard), f"{sequence:012d}")


def audit_of(day: str, shard: str) -> str:
    return _join("AUDIT", day, shard)


def audit_by(actor: str) -> str:
    return _join("AUDITBY", actor)


def audit_on(subject: str) -> str:
    return _join("AUDITON", subject)


def audited(fact: str) -> Key:
    return Key(_join("AUDITED", fact), "AUDITED")


def feed_head(user: str) -> Key:
    return Key(feed_of(user), "HEAD")


def feed_event(user: str, sequence: int) -> Key:
    return Key(feed_of(user), _join("EVENT", f"{sequence:012d}"))


def feed_of(user: str) -> str:
    return _join("FEED", user)


def fed(user: str, fact: str) -> Key:
    return Key(_join("FED", user, fact), "FED")


def limit(scope: str, subject: str, window: str) -> Key:
    return Key(_join("LIMIT", scope, subject, window), "LIMIT")


def answer(digest: str) -> Key:
    return Key(_join("ANSWER", digest), "ANSWER")


def answers_to(user: str) -> str:
    return _join("ANSWERSTO", user)


def slug(what: str, slug: str) -> Key:
    return Key(_join("SLUG", what, slug), "SLUG")


def category(category: str) -> Key:
    return Key(categories(), _join(category))


def categories() -> str:
    return "CATEGORIES"


def course(course: str) -> Key:
    return Key(_join("COURSE", course), "COURSE")


def gate(course: str) -> Key:
    return Key(_join("COURSE", course), "GATE")


def curriculum(course: str) -> Key:
    return Key(_join("COURSE", course), "CURRICULUM")


def seats(course: str) -> Key:
    return Key(_join("SEATS", course), "SEATS")


def tally(course: str) -> Key:
    return Key(_join("TALLY", course), "TALLY")


def counted(counter: str, fact: str) -> Key:
    return Key(_join("COUNTED", counter, fact), "COUNTED")


def lesson(lesson: str) -> Key:
    return Key(_join("LESSON", lesson), "LESSON")


def teaching(instructor: str, thing: str) -> Key:
    return Key(teaching_of(instructor), _join(thing))


def teaching_of(instructor: str) -> str:
    return _join("TEACHING", instructor)


def media(owner: str, media: str) -> Key:
    return Key(media_of(owner), _join(media))


def media_of(owner: str) -> str:
    return _join("MEDIA", owner)


def index_pointer(name: str) -> Key:
    return Key(_join("INDEX", name), "POINTER")


def indexed(shard: str, thing: str) -> Key:
    return Key(indexed_of(shard), _join(thing))


def indexed_of(shard: str) -> str:
    return _join("INDEXED", shard)


def learner(user: str) -> str:
    """The partition of all that a person learns."""
    return _join("LEARNER", user)


def enrollment(user: str, course: str) -> Key:
    return Key(learner(user), _join("ENROLLED", course))


def roster(course: str, moment: str, user: str) -> Key:
    return Key(roster_of(course), _join(moment, user))


def roster_of(course: str) -> str:
    return _join("ROSTER", course)


def teaches(instructor: str) -> str:
    return _join("TEACHES", instructor)


def unstarted(shard: str) -> str:
    return _join("UNSTARTED", shard)


def watched(user: str, course: str, ordinal: int) -> Key:
    return Key(learner(user), _join("WATCHED", course, f"{ordinal:012d}"))


def lone_progress(user: str, lesson: str) -> Key:
    return Key(learner(user), _join("LESSON", lesson))


def days(user: str, month: str) -> Key:
    return Key(learner(user), _join("DAYS", month))


def streak(user: str) -> Key:
    return Key(learner(user), _join("DAYS", "STREAK"))


def totals(user: str) -> Key:
    return Key(learner(user), _join("DAYS", "TOTALS"))


def certificate(user: str, course: str) -> Key:
    return Key(learner(user), _join("CERTIFICATE", course))


def unprinted() -> str:
    return "UNPRINTED"


def credential(code: str) -> Key:
    return Key(_join("CREDENTIAL", code), "CREDENTIAL")


def goals_of(user: str) -> str:
    """The partition of all that a person intends: days, goals, then entries, in this order of their sort keys."""
    return _join("GOALS", user)


def goal(user: str, number: int) -> Key:
    return Key(goals_of(user), _join("GOAL", f"{number:012d}"))


def gone_goal(user: str, number: int) -> Key:
    return Key(goals_of(user), _join("GONE", f"{number:012d}"))


def goal_day(user: str, date: str) -> Key:
    return Key(goals_of(user), _join("DAY", date))


def goal_entry(user: str, goal: int, number: int) -> Key:
    return Key(goals_of(user), _join("LOG", f"{goal:012d}", f"{number:012d}"))


def goal_ledger(user: str) -> Key:
    return Key(goals_of(user), "LEDGER")


def reminders(shard: str) -> str:
    return _join("REMINDERS", shard)


def timed_lesson(user: str, goal: int, lesson: str) -> Key:
    return Key(goals_of(user), _join("TIMED", f"{goal:012d}", lesson))


def buyer(user: str) -> str:
    """The partition of all that a person buys."""
    return _join("BUYER", user)


def cart(user: str) -> Key:
    return Key(buyer(user), "CART")


def order(user: str, order: str) -> Key:
    return Key(buyer(user), _join("ORDER", order))


def paying(user: str, order: str) -> Key:
    return Key(buyer(user), _join("PAYING", order))


def unsettled(shard: str) -> str:
    return _join("UNSETTLED", shard)


def refund(user: str, order: str, number: int) -> Key:
    return Key(buyer(user), _join("REFUND", order, f"{number:012d}"))


def posting(user: str, order: str, what: str) -> Key:
    return Key(buyer(user), _join("POSTING", order, what))


def receipt(user: str, order: str) -> Key:
    return Key(buyer(user), _join("RECEIPT", order))


def coupon_use(user: str, code: str) -> Key:
    return Key(buyer(user), _join("USED", code))


def coupon(code: str) -> Key:
    return Key(_join("COUPON", code), "COUPON")


def coupon_slots(code: str) -> Key:
    return Key(_join("COUPON", code), "SLOTS")


def coupon_entry(owner: str, code: str) -> Key:
    return Key(coupons_of(owner), _join(code))


def coupons_of(owner: str) -> str:
    return _join("COUPONS", owner)


def earning(instructor: str, moment: str, order: str, what: str) -> Key:
    return Key(earnings_of(instructor), _join(moment, order, what))


def earnings_of(instructor: str) -> str:
    return _join("EARNINGS", instructor)


def balance_of(account: str) -> str:
    return _join("BALANCE", account)


def balance(account: str, shard: str) -> Key:
    return Key(balance_of(account), _join("SUM", shard))


def statement(account: str, month: str) -> Key:
    return Key(balance_of(account), _join("MONTH", month))


def intent(intent: str) -> Key:
    return Key(_join("INTENT", intent), "INTENT")


def stripe_event(event: str) -> Key:
    return Key(_join("STRIPEEVENT", event), "STRIPEEVENT")


def quarantined(day: str, event: str) -> Key:
    return Key(quarantine_of(day), _join(event))


def quarantine_of(day: str) -> str:
    return _join("QUARANTINE", day)


def figures(day: str, shard: str) -> Key:
    return Key(figures_of(day), _join(shard))


def figures_of(day: str) -> str:
    return _join("FIGURES", day)


def sales(seller: str, day: str, shard: str) -> Key:
    return Key(sales_of(seller), _join(day, shard))


def sales_of(seller: str) -> str:
    return _join("SALES", seller)


def report(day: str) -> Key:
    return Key(reports(), _join(day))


def reports() -> str:
    return "REPORTS"
