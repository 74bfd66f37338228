"""Who may call a route: declared at each one, checked at the door. Who may touch which object, the rules decide."""

from dataclasses import dataclass

from chalicelib.web.identity import Caller, RoleMissing, TokenMissing


@dataclass(frozen=True, slots=True)
class Policy:
    """`roles` are those of which a caller must have one; empty where any will do."""

    name: str
    signed_in: bool = True
    roles: tuple[str, ...] = ()

    def admit(self, caller: Caller) -> None:
        if self.signed_in and caller.is_anonymous:
            raise TokenMissing
        if self.roles and caller.roles.isdisjoint(self.roles):
            raise RoleMissing(f"This takes the role: {' or '.join(self.roles)}")


anyone = Policy("anyone", signed_in=False)
signed_in = Policy("signed_in")
admin = Policy("admin", roles=("admin",))
student = Policy("student", roles=("student",))
#: Somebody who teaches; administrators may do what teachers may.
teacher = Policy("teacher", roles=("instructor", "admin"))
