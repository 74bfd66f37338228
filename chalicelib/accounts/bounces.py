"""What came back from the mail provider: an address that wants no more mail. `functions/handle_mail_event` calls it."""

from email.utils import parseaddr

from chalicelib.accounts.records import AddressClaim
from chalicelib.messaging import silence as silences
from chalicelib.table import keys, reads
from chalicelib.table.acts import Act
from chalicelib.table.writes import AlreadyThere, alone, put_new, together


def silence(act: Act, address: str, reason: str) -> bool:
    """Write to this address no more; False where that was settled before. The event may come twice."""
    plain = parseaddr(address)[1] or address
    write = put_new(silences.record(plain, reason, act.now))
    claim = reads.one(AddressClaim, keys.address(silences.digest(plain)))
    try:
        if claim is None:
            alone(write)
        else:
            fact = act.fact("mail.silenced", claim.user_id, audience=[claim.user_id], reason=reason)
            together(act, write, fact=fact, result=None)
    except AlreadyThere:
        return False
    return True
