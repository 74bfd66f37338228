"""What a person has to do after a deployment, because no program may do it for them; `make deploy` ends with it."""

from collections.abc import Mapping
from email.utils import parseaddr

from botocore.exceptions import ClientError

from infra.deploy import keys
from infra.deploy.account import Account
from infra.deploy.bucket import code


def next_steps(account: Account, values: Mapping[str, str], outputs: Mapping[str, str]) -> list[str]:
    """`values` are the parameters as they are deployed, defaults included."""
    steps = []
    sender = parseaddr(values.get("MailSender", ""))[1]
    if sender and not any(verified(account, identity) for identity in (sender, sender.partition("@")[2])):
        steps.append(f"SES may not send for {sender} yet: verify the address or its domain there ({account.region}).")
    if target := outputs.get("DomainTarget"):
        steps.append(f"Point {values['DomainName']} at {target} (an alias or CNAME record).")
    if (stage := values.get("Stage")) and not keys.present(account, keys.payments(stage)):
        steps.append(f"Write Stripe's keys into {keys.payments(stage)}, for payments: docs/runbooks/webhooks.md.")
    if mail := values.get("AlarmMail"):
        steps.append(f"Confirm the subscription that was mailed to {mail}, if that is not done yet.")
    if address := outputs.get("ApiUrl"):
        steps.append(f"Ask the API whether it is ready: curl {address}/api/health/ready")
    return steps


def verified(account: Account, identity: str) -> bool:
    """SES sends only for an address or a domain that was proven to be ours."""
    try:
        return bool(account.client("sesv2").get_email_identity(EmailIdentity=identity)["VerifiedForSendingStatus"])
    except ClientError as error:
        if code(error) == "NotFoundException":
            return False
        raise
