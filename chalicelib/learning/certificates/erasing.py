"""What an erasure does to certificates: the papers are gone, and the codes say nothing personal any more."""

from chalicelib.learning.certificates import holding, lending
from chalicelib.table.acts import Act
from chalicelib.table.writes import alone


def erase(act: Act, user_id: str) -> None:
    """Repeatable. The certificates themselves go with the person's other learning, and must go after this."""
    for certificate in holding.all_of(user_id):
        lending.clear(certificate, range(1, int(certificate.issue) + 1))
        alone(holding.closing(certificate.code, "erased", act.now, forget=holding.FORGOTTEN))
