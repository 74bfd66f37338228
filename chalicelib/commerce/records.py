"""What commerce keeps in the table. No decisions here. All money is in minor units."""

from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.table.record import MomentAttribute, Record, words


class Cart(Record, discriminator="cart"):
    """What a person wants to buy: {course or product: {added_at, title, price_minor, currency, limited,
    instructor_id}}, as it was then.

    It is never deleted while its owner is there: the ids of orders follow from its version, which only grows.
    """

    user_id = UnicodeAttribute()
    lines: Any = JSONAttribute(default=dict)
    coupon = UnicodeAttribute(null=True)
    #: The order that was last made of it. It is noted without a version of its own.
    order_id = UnicodeAttribute(null=True)


class Order(Record, discriminator="order"):
    """What was bought at what price, and what is known of its payment.

    What is known only grows: captured, refunded, disputed. The status is worked out from it (`states.py`), so the
    order in which news arrive does not matter. It is in the index of the unsettled while something is still to be done.
    """

    #: The books outlive the person: an order says what was bought, never by whom but for the id.
    kept_on_erasure = True

    id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    cart_ver = NumberAttribute()
    #: Each {id, title, slug, instructor_id, category_id, price_minor, discount_minor, total_minor, limited,
    #: fee_minor}; the id is that of a course or of a product of ours, the fee is what the platform keeps.
    lines: Any = JSONAttribute()
    subtotal_minor = NumberAttribute()
    discount_minor = NumberAttribute(default=0)
    total_minor = NumberAttribute()
    currency = UnicodeAttribute()
    coupon = UnicodeAttribute(null=True)
    #: Until when price, seats and code are held.
    expires_at = MomentAttribute()
    intent_id = UnicodeAttribute(null=True)
    charge_id = UnicodeAttribute(null=True)
    #: Why the bank said no, the last time it did.
    declined = UnicodeAttribute(null=True)
    #: expired or cancelled, where it came to nothing.
    ended = UnicodeAttribute(null=True)
    ended_at = MomentAttribute(null=True)
    #: Unknown until it is paid; nothing where nothing was to be paid.
    captured_minor = NumberAttribute(null=True)
    paid_at = MomentAttribute(null=True)
    #: {refund as Stripe calls it: amount}; those that failed in the end are named again beside it.
    refunds: Any = JSONAttribute(default=dict)
    failed_refunds = words(default=list)
    #: {refund of ours: succeeded or failed}, for those of which Stripe has said so.
    answered: Any = JSONAttribute(default=dict)
    #: By line: what our own refunds meant to give back, and how the books share out all that was given back.
    designated: Any = JSONAttribute(default=dict)
    allotted: Any = JSONAttribute(default=dict)
    #: When money went back to the buyer last; the bank may send it back for some weeks.
    returned_at = MomentAttribute(null=True)
    #: What refunds that are under way will give back, and how many were ever asked for.
    refunding_minor = NumberAttribute(default=0)
    refunds_asked = NumberAttribute(default=0)
    #: none, open, lost or won; it never goes back to what stands before.
    dispute = UnicodeAttribute(default="none")
    disputed_minor = NumberAttribute(default=0)
    #: What Stripe keeps, once it is known.
    fee_minor = NumberAttribute(null=True)
    #: The same for a dispute, once that is decided.
    dispute_fee_minor = NumberAttribute(null=True)
    #: How often the clock has looked at it in vain since something became known; each time it waits longer.
    looked = NumberAttribute(default=0)
    #: The lines that are closed to the buyer again.
    closed = words(default=list)


class Refund(Record, discriminator="refund"):
    """Money that somebody asked to be given back, and how far that is."""

    kept_on_erasure = True

    id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    order_id = UnicodeAttribute()
    number = NumberAttribute()
    amount_minor = NumberAttribute()
    currency = UnicodeAttribute()
    #: What of it is for which line.
    lines: Any = JSONAttribute(default=dict)
    reason = UnicodeAttribute(default="")
    asked_by = UnicodeAttribute()
    #: requested, succeeded or failed.
    status = UnicodeAttribute(default="requested")
    stripe_id = UnicodeAttribute(null=True)
    done_at = MomentAttribute(null=True)


class Posting(Record, discriminator="posting"):
    """A movement of money between accounts: [account, amount] each, and together nothing."""

    kept_on_erasure = True

    order_id = UnicodeAttribute()
    what = UnicodeAttribute()
    at = MomentAttribute()
    currency = UnicodeAttribute()
    entries: Any = JSONAttribute()


class CouponUse(Record, discriminator="coupon_use"):
    """How many orders of one buyer hold or have used a code."""

    code = UnicodeAttribute()
    uses = NumberAttribute(default=0)


class Coupon(Record, discriminator="coupon"):
    """A code, what it takes off, and from what. One of percent and amount is set."""

    id = UnicodeAttribute()
    code = UnicodeAttribute()
    #: The teacher who gives it out, or the platform.
    owner_id = UnicodeAttribute()
    name = UnicodeAttribute(default="")
    percent = NumberAttribute(null=True)
    amount_minor = NumberAttribute(null=True)
    currency = UnicodeAttribute(null=True)
    #: all, courses, category or instructor; and which.
    scope = UnicodeAttribute(default="all")
    courses = words(default=list)
    category_id = UnicodeAttribute(null=True)
    instructor_id = UnicodeAttribute(null=True)
    starts_at = MomentAttribute(null=True)
    ends_at = MomentAttribute(null=True)
    limit_total = NumberAttribute(null=True)
    limit_each = NumberAttribute(null=True)
    is_active = BooleanAttribute(default=True)


class CouponSlots(Record, discriminator="coupon_slots"):
    """How many orders hold or have used a code, and how many may; moves under a condition of its own.

    `ever` counts every order that was placed with it: a code that has any is never deleted, so these slots are there
    whenever an order gives its use back.
    """

    capacity = NumberAttribute(null=True)
    taken = NumberAttribute(default=0)
    ever = NumberAttribute(default=0)


class CouponEntry(Record, discriminator="coupon_entry"):
    """The entry of a code with whom it belongs to."""

    code = UnicodeAttribute()


class Earning(Record, discriminator="earning"):
    """What one movement of an order means to a teacher."""

    kept_on_erasure = True

    instructor_id = UnicodeAttribute()
    order_id = UnicodeAttribute()
    what = UnicodeAttribute()
    at = MomentAttribute()
    currency = UnicodeAttribute()
    amount_minor = NumberAttribute()
    #: By course: [gross, fee of the platform, share].
    courses: Any = JSONAttribute(default=dict)


class Balance(Record, discriminator="balance"):
    """A part of an account by currency, folded from facts; all parts together are the account."""

    account = UnicodeAttribute()
    sums: Any = JSONAttribute(default=dict)
    folded = NumberAttribute(default=0)


class Statement(Record, discriminator="statement"):
    """What a teacher has earned in a month, folded from facts."""

    account = UnicodeAttribute()
    month = UnicodeAttribute()
    #: By currency, what came together.
    sums: Any = JSONAttribute(default=dict)
    #: By currency and course: how often it was sold, then what was paid, the platform's part and the teacher's; then
    #: the same three of what was given back.
    courses: Any = JSONAttribute(default=dict)
    folded = NumberAttribute(default=0)


class Receipt(Record, discriminator="receipt"):
    """That a paper of an order was printed, and which state of the order it shows."""

    order_id = UnicodeAttribute()
    #: The version of the order it was made of; the paper lies under this number.
    order_ver = NumberAttribute()
    #: By line, what it says of money that went back.
    returned: Any = JSONAttribute(default=dict)
    printed_at = MomentAttribute()


class Paying(Record, discriminator="paying"):
    """One request is asking Stripe for the payment of an order; others wait until it has, or until this runs out."""

    holder = UnicodeAttribute()
    held_until = MomentAttribute()


class Intent(Record, discriminator="intent"):
    """Which order a payment at Stripe pays."""

    intent_id = UnicodeAttribute()
    order_id = UnicodeAttribute()


class StripeEvent(Record, discriminator="stripe_event"):
    """An event of Stripe that has had its effect."""

    event_id = UnicodeAttribute()
    type = UnicodeAttribute()
    order_id = UnicodeAttribute(null=True)


class Quarantined(Record, discriminator="quarantined"):
    """An event that contradicts what we know, kept for a person to look at. It changed nothing."""

    event_id = UnicodeAttribute()
    type = UnicodeAttribute()
    reason = UnicodeAttribute()
    order_id = UnicodeAttribute(null=True)
    #: Numbers and ids of it, nothing of cards or people.
    seen: Any = JSONAttribute(default=dict)
