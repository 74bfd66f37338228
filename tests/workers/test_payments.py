"""smoke"""
from tests.factories import commerce, courses


def test_smoke() -> None:
    buyer = commerce.a_buyer()
    course = commerce.a_priced_course(capacity=1)
    order = commerce.a_paid_order(buyer.id, course, "prd_premium", fee_minor=99)
    print(order.attribute_values)
    print(commerce.balances(order), [p.what for p in commerce.postings_of(order)])
    for f in courses.facts(): print(f["name"]["S"], f["subject"]["S"], f.get("subject_ver"))
    assert 0
