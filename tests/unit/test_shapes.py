"""What is read and written by a kind's shape, and by the lean parser, is what pynamodb and botocore make of it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import botocore.session
import pytest
from botocore.parsers import JSONParser
from hypothesis import given, settings
from hypothesis import strategies as st
from pynamodb.attributes import AttributeContainer
from pynamodb.exceptions import AttributeDeserializationError, AttributeNullError

from chalicelib.catalog.records import Course, Gate
from chalicelib.learning.records import Enrollment
from chalicelib.table import keys
from chalicelib.table.record import Record, moment_text
from chalicelib.wire import LeanParser
from infra import data_model

KINDS = data_model.records()
NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
TEXTS = st.text(max_size=8)
MOMENTS = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given its zone
MADE: dict[str, st.SearchStrategy[Any]] = {
    "UnicodeAttribute": TEXTS,
    "MomentAttribute": MOMENTS,
    "NumberAttribute": NUMBERS,
    "BooleanAttribute": st.booleans(),
    "BinaryAttribute": st.binary(max_size=8),
    "JSONAttribute": st.recursive(NUMBERS | TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)),
    "CompactAttribute": st.dictionaries(TEXTS, TEXTS),
    "ListAttribute": st.lists(TEXTS, max_size=3),
    "TTLAttribute": st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2999, 1, 1)).map(  # noqa: DTZ001
        lambda moment: moment.replace(tzinfo=UTC, microsecond=0)
    ),
}


@st.composite
def filled(draw: Any, kind: type[Record]) -> Record:
    """An item of this kind, with a value wherever there can be one, or without some that need none."""
    made = kind()
    for name, attribute in kind.get_attributes().items():
        if name != "kind" and (not attribute.null or draw(st.booleans())):
            setattr(made, name, draw(MADE[type(attribute).__name__]))
    return made


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_is_written_and_read_as_pynamodb_does(kind: type[Record]) -> None:
    @settings(max_examples=5, deadline=None, database=None)
    @given(filled(kind))
    def compared(record: Record) -> None:
        item = record.serialize()
        assert item == AttributeContainer._container_serialize(record)
        theirs = kind()
        AttributeContainer._container_deserialize(theirs, item)
        ours = Record.from_raw_data(item)
        assert type(ours) is kind
        assert list(ours.attribute_values.items()) == list(theirs.attribute_values.items())

    compared()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_begins_with_the_defaults_that_pynamodb_gives(kind: type[Record]) -> None:
    theirs = kind()
    theirs.attribute_values = {}
    AttributeContainer._set_discriminator(theirs)
    AttributeContainer._set_defaults(theirs)
    assert list(kind().attribute_values.items()) == list(theirs.attribute_values.items())


def test_a_default_that_can_be_changed_is_made_for_each_item() -> None:
    one, other = Course(), Course()
    one.outcomes.append("counting")
    assert other.outcomes == []


def _item(**more: Any) -> dict[str, Any]:
    return {"kind": {"S": "course"}, "pk": {"S": "p"}, "sk": {"S": "s"}, **more}


def test_an_empty_value_in_the_table_leaves_the_default() -> None:
    course: Course = Course.from_raw_data(_item(level={"NULL": True}, price_minor={"NULL": True}))
    assert (course.level, course.price_minor) == ("all", 0)


def test_a_value_of_another_type_is_refused_by_its_name() -> None:
    with pytest.raises(AttributeDeserializationError, match="title"):
        Course.from_raw_data(_item(title={"N": "5"}))


def test_an_item_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="Enrollment"):
        Enrollment.from_raw_data(_item())
    with pytest.raises(ValueError, match="Unknown discriminator"):
        Record.from_raw_data(_item(kind={"S": "nothing"}))
    with pytest.raises(ValueError, match="discriminator"):
        Gate().deserialize(_item())


def test_an_item_without_what_it_needs_is_not_written() -> None:
    with pytest.raises(AttributeNullError, match="slug"):
        Course.under(keys.course("crs_1"), id="crs_1", instructor_id="usr_1").serialize()


def test_an_attribute_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        Course(colour="red")


def test_an_end_may_be_given_as_a_time_from_now() -> None:
    ends = Course(ttl=timedelta(days=1)).ttl
    assert ends is not None
    assert ends > datetime.now(UTC)


@given(MOMENTS)
def test_a_moment_is_written_with_all_its_digits(moment: datetime) -> None:
    assert moment_text(moment) == moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _wired(value: Any) -> Any:
    return st.fixed_dictionaries({}, optional={"a": value, "b": value})


VALUES = st.recursive(
    st.one_of(
        st.fixed_dictionaries({"S": TEXTS}),
        st.fixed_dictionaries({"N": st.integers().map(str)}),
        st.fixed_dictionaries({"BOOL": st.booleans()}),
        st.just({"NULL": True}),
        st.just({"B": "AAEC"}),
        st.just({"BS": ["AAEC"]}),
        st.just({"SS": ["a", "b"]}),
        st.just({"S": None}),
        st.just({}),
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda held: {"L": held}) | _wired(inner).map(lambda held: {"M": held})
    ),
    max_leaves=8,
)


def _answers(values: Any) -> Iterator[tuple[str, Any]]:
    item = {"pk": {"S": "p"}, "value": values, "none": None}
    yield "GetItem", {"Item": item}
    yield "Query", {"Items": [item, item], "Count": 2, "LastEvaluatedKey": {"pk": {"S": "p"}}}
    yield "BatchGetItem", {"Responses": {"table": [item]}, "UnprocessedKeys": {"table": {"Keys": [item]}}}
    yield "UpdateItem", {"Attributes": item}


_MODEL = botocore.session.get_session().get_service_model("dynamodb")


@given(VALUES)
@settings(deadline=None)
def test_answers_of_the_table_are_read_as_botocore_reads_them(values: Any) -> None:
    for operation, body in _answers(values):
        shape = _MODEL.operation_model(operation).output_shape
        answer = {"status_code": 200, "headers": {"x-amzn-requestid": "r"}, "body": json.dumps(body).encode()}
        assert LeanParser().parse(answer, shape) == JSONParser().parse(answer, shape)


def test_refusals_of_the_table_are_read_as_botocore_reads_them() -> None:
    shape = _MODEL.operation_model("TransactWriteItems").output_shape
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": {"pk": {"S": "p"}}}]
    body = {"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "CancellationReasons": reasons}
    answer = {"status_code": 400, "headers": {}, "body": json.dumps(body).encode()}
    parsed = [partial(parser().parse, answer, shape)() for parser in (LeanParser, JSONParser)]
    assert parsed[0] == parsed[1]
