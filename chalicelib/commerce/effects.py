"""What follows from news of a payment, gathered for one transaction: the order as it becomes, writes and facts."""

from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.commerce import states, unsettled
from chalicelib.commerce.records import Order
from chalicelib.errors import Stale
from chalicelib.table.acts import Act
from chalicelib.table.facts import Fact
from chalicelib.table.writes import Write, put


@dataclass(slots=True)
class Effects:
    """`before` is the order as it was read; `after` is changed as effects are found."""

    act: Act
    before: Order
    after: Order
    writes: list[Write] = field(default_factory=list)
    #: The buyer hears of it, until it is known that they are no more.
    is_told: bool = True
    _facts: list[Fact] = field(default_factory=list)

    @property
    def is_newly_paid(self) -> bool:
        return states.is_paid(self.after) and not states.is_paid(self.before)

    def tell(self, name: str, subject: str | None = None, *, ver: int | None = None, **payload: Any) -> None:
        """About the order itself where no other subject is named."""
        audience = [self.after.user_id] if self.is_told else []
        self._facts.append(self.act.fact(name, subject or self.after.id, audience=audience, ver=ver, **payload))

    def add_told(self, writes: list[Write], fact: Fact) -> None:
        """What another domain's rule makes, with its own fact."""
        self.writes += writes
        self._facts.append(fact)

    @property
    def facts(self) -> list[Fact]:
        """The first is that of the order and carries its version; that something small became known is one, too."""
        ours = [fact for fact in self._facts if fact.subject == self.after.id]
        first = ours[0] if ours else self.act.fact("order.noted", self.after.id, audience=[])
        others = [fact for fact in self._facts if fact is not first]
        return [replace(first, subject_ver=int(self.before.ver) + 1), *others]

    def order_written(self) -> Write:
        self.after.ver = int(self.before.ver) + 1
        self.after.updated_at = self.act.now
        self.after.looked = 0
        unsettled.file(self.after, states.due(self.after, self.act.now))
        return put(self.after, where=Order.ver == int(self.before.ver), otherwise=Stale())
