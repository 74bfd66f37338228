"""Who may call a route: declared at each one, checked at the door. Who may touch which object, the rules decide."""

from dataclasses import dataclass

from chalicelib.web.identity import Caller, RoleMissing, TokenMissing


@dataclass(frozen=True, slots=True)
class Policy:
    name: str
    signed_in: bool = True
    role: str | None = None

    def admit(self, caller: Caller) -> None:
        if self.signed_in and caller.is_anonymous:
            raise TokenMissing
        if self.role is not None and self.role not in caller.roles:
            raise RoleMissing(f"This takes the role: {self.role}")


anyone = Policy("anyone", signed_in=False)
signed_in = Policy("signed_in")
admin = Policy("admin", role="admin")
