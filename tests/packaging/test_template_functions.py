"""Functions in the template: what each may do, what starts it, what it is told, where what it gives up goes."""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from chalicelib import reactions, settings
from chalicelib.messaging import queues
from chalicelib.table import keys, reads
from chalicelib.web import readiness
from infra.build import functions, template
from infra.local import template as local
from tests.packaging.stacks import STAGES, Stack, stack

DEV = stack("dev")
FUNCTIONS = sorted(DEV.of("Lambda::Function"))
WORKERS = [name for name in FUNCTIONS if name != "ApiFunction"]
MAPPINGS = DEV.of("Lambda::EventSourceMapping")
CLOCKS = DEV.of("Scheduler::Schedule")


def actions(function: str, effect: str = "Allow") -> set[str]:
    return {action for s in DEV.statements(function) if s["Effect"] == effect for action in s["Action"]}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def queue(arn: str) -> dict[str, Any]:
    return DEV.of("SQS::Queue")[arn.removesuffix(".Arn")]


def test_every_function_of_the_local_cloud_is_deployed_and_the_api_beside_them() -> None:
    handlers = {each["Handler"] for each in DEV.of("Lambda::Function").values()}
    assert handlers == {"app.app", *(function.handler for function in local.load().functions)}


def test_functions_run_on_python_3_13_and_arm_from_the_artefact_that_holds_them() -> None:
    for name, function in DEV.of("Lambda::Function").items():
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
        assert function["Code"]["S3Key"] == ("api.zip" if name == "ApiFunction" else "workers.zip")


def test_every_function_has_a_role_of_its_own_that_only_lambda_may_take() -> None:
    roles = [function["Role"] for function in DEV.of("Lambda::Function").values()]
    assert len(set(roles)) == len(roles)
    for role in roles:
        properties = DEV.of("IAM::Role")[role.removesuffix(".Arn")]
        assert "ManagedPolicyArns" not in properties
        (trust,) = properties["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


@pytest.mark.parametrize("role", sorted(DEV.of("IAM::Role")))
def test_no_role_is_allowed_a_star(role: str) -> None:
    statements = [s for p in DEV.of("IAM::Role")[role].get("Policies", []) for s in p["PolicyDocument"]["Statement"]]
    for statement in statements:
        assert not any("*" in action for action in as_list(statement["Action"])), statement
        for resource in as_list(statement["Resource"]):
            # A star may stand for what lies in a thing that is named, never for the thing.
            owner, star, rest = resource.partition("*")
            assert rest == "", resource
            assert not star or (owner.endswith("/") and owner.split(":")[-1] not in ("", "/")), resource


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_writes_its_own_log_and_no_other(function: str) -> None:
    allowed = [s["Resource"] for s in DEV.statements(function) if any(a.startswith("logs:") for a in s["Action"])]
    assert allowed == [f"{function}Log.Arn"]
    properties = DEV.of("Lambda::Function")[function]
    assert properties["LoggingConfig"]["LogGroup"] == f"{function}Log"
    group = DEV.of("Logs::LogGroup")[f"{function}Log"]["LogGroupName"]
    assert group == f"/aws/lambda/{properties['FunctionName']}"


# What each function has no business with; patterns of actions.
FOREIGN = {
    "ApiFunction": "s3:Put[!O]* s3:PutObject?* s3:Delete* ses:* sqs:Receive* ssm:Put* lambda:* dynamodb:Scan sns:*",
    "ReactToFacts": "s3:* ses:* ssm:* dynamodb:Query dynamodb:Scan dynamodb:GetItem dynamodb:Update* dynamodb:Delete*",
    "SendEmail": "s3:* dynamodb:Query dynamodb:Scan dynamodb:Update* dynamodb:Delete*",
    "KeepHistory": "s3:* ses:* ssm:* dynamodb:GetItem dynamodb:Query dynamodb:Scan dynamodb:Update* dynamodb:Delete*",
    "IndexCatalog": "s3:Delete* ses:* ssm:* dynamodb:Scan dynamodb:Update* dynamodb:Delete*",
    "RebuildCatalog": "s3:Delete* ses:* ssm:* dynamodb:Scan dynamodb:Update* dynamodb:Delete*",
    "FoldCounters": "s3:* ses:* ssm:* dynamodb:GetItem dynamodb:Query dynamodb:Scan dynamodb:Update* dynamodb:Delete*",
    "CleanAbandonedEnrollments": "s3:* ses:* ssm:* dynamodb:Scan dynamodb:Delete*",
    "GiveRefunds": "s3:* ses:* ssm:Put* dynamodb:Query dynamodb:Scan dynamodb:Delete*",
    "ReconcilePayments": "s3:* ses:* ssm:Put* sqs:Receive* dynamodb:Scan dynamodb:Delete*",
    "DailyReport": "s3:* ses:* ssm:* dynamodb:Scan dynamodb:Delete*",
    "RemindGoals": "s3:* ses:* ssm:* sqs:Receive* dynamodb:BatchGet* dynamodb:Scan dynamodb:Update* dynamodb:Delete*",
    "RemindPeople": "s3:* ses:* ssm:* dynamodb:Scan dynamodb:Update* dynamodb:Delete*",
    "KeepProjections": "s3:* ses:* ssm:* dynamodb:Scan dynamodb:Delete*",
    "HandleMailEvent": "s3:* ses:* ssm:* dynamodb:Update* dynamodb:Query dynamodb:Scan dynamodb:Delete*",
    "HandleStripeEvent": "s3:* ses:* ssm:Put* dynamodb:ConditionCheck* dynamodb:Query dynamodb:Scan dynamodb:Delete*",
    "InspectMedia": "s3:Put[!O]* s3:PutObject?* ses:* ssm:* dynamodb:Query dynamodb:Scan dynamodb:Delete*",
    "SweepFacts": "s3:* ses:* ssm:* dynamodb:Update* dynamodb:Scan dynamodb:Delete*",
    "EraseAccounts": "s3:Get* s3:Put* s3:List* ses:* ssm:Put* dynamodb:Scan",
    "IssueCertificate": "s3:Get* s3:List* ses:* ssm:Put* dynamodb:Query dynamodb:Scan dynamodb:Delete*",
    "PrintReceipt": "s3:Get* s3:List* ses:* ssm:Put* dynamodb:Scan dynamodb:GetItem dynamodb:Update* dynamodb:Delete*",
    "RetryCertificates": "s3:Get* s3:List* ses:* ssm:* dynamodb:Scan dynamodb:Delete*",
    "AnchorAudit": "s3:Delete* s3:*Retention* s3:*Bypass* ses:* ssm:* dynamodb:Update* dynamodb:Scan dynamodb:Delete*",
    "ExportForMl": "ses:* ssm:* s3:Get* s3:Delete* "
    "dynamodb:Put* dynamodb:Update* dynamodb:Delete* dynamodb:Query dynamodb:Scan",
    "CompactExports": "ses:* ssm:* s3:Delete* dynamodb:Scan dynamodb:Delete*",
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_nothing_that_is_not_its_business(function: str) -> None:
    foreign = [action for action in actions(function) for bad in FOREIGN[function].split() if fnmatchcase(action, bad)]
    assert not foreign


@pytest.mark.parametrize("teller", ["ReactToFacts", "SweepFacts"])
def test_who_tells_facts_may_send_to_the_queue_of_every_reaction(teller: str) -> None:
    open_to = {
        queue(arn)["QueueName"].removeprefix("learnflow-dev-")
        for s in DEV.statements(teller)
        if "sqs:SendMessage" in s["Action"]
        for arn in as_list(s["Resource"])
    }
    wanted = {each.queue for following in reactions.REACTIONS.values() for each in following}
    assert {name for name in open_to if not name.endswith("-dead")} == wanted


def test_the_api_may_ask_for_each_queue_that_its_readiness_names() -> None:
    asked = {
        queue(arn)["QueueName"]
        for s in DEV.statements("ApiFunction")
        if s["Action"] == ["sqs:GetQueueUrl"]
        for arn in as_list(s["Resource"])
    }
    assert asked == {f"learnflow-dev-{name}" for name in readiness.QUEUES}
    assert set(readiness.QUEUES) == queues.RECEIVES.keys()


@pytest.mark.row("K69")
def test_the_api_signs_for_uploads_and_never_for_what_everybody_sees() -> None:
    of_media = [s for s in DEV.statements("ApiFunction") if "MediaBucket" in str(s["Resource"])]
    assert [(s["Effect"], s["Action"], s["Resource"]) for s in of_media] == [
        ("Allow", ["s3:PutObject", "s3:GetObjectVersion"], "MediaBucket.Arn/u/*")
    ]


@pytest.mark.row("K69")
def test_who_looks_at_uploads_sees_and_changes_nothing_else_of_the_table() -> None:
    keys_of = {
        action: s["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        for s in DEV.statements("InspectMedia")
        if s["Effect"] == "Allow"
        for action in s["Action"]
        if action.startswith("dynamodb:")
    }
    media = ["MEDIA#*"]
    assert keys_of == {"dynamodb:GetItem": media, "dynamodb:UpdateItem": media, "dynamodb:PutItem": ["FACTS#*"]}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_who_is_which_pseudonym_is_refused_to_all_who_do_not_deal_with_it(function: str) -> None:
    refused = [s for s in DEV.statements(function) if s["Effect"] == "Deny"]
    if function in functions.READ_PSEUDONYMS:
        assert refused == []
        return
    # Registration puts one, in the API; but what it would replace is not shown.
    whole = {action for s in refused if len(s["Condition"]) == 1 for action in s["Action"]}
    shown = {action for s in refused for action in s["Action"]}
    allowed = {action for action in actions(function) if action.startswith("dynamodb:") and is_of_items(action)}
    assert allowed - whole == ({"dynamodb:PutItem"} if function == "ApiFunction" else set())
    assert allowed <= shown
    for statement in refused:
        assert statement["Resource"] == "Table.Arn"
        assert statement["Condition"].pop("ForAnyValue:StringLike") == {"dynamodb:LeadingKeys": ["PSEUDONYM#*"]}
        assert statement["Condition"] in ({}, {"StringEquals": {"dynamodb:ReturnValues": "ALL_OLD"}})


def is_of_items(action: str) -> bool:
    return "Item" in action or action == "dynamodb:Query"


def test_the_nightly_compaction_gets_of_the_items_of_people_their_versions_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (statement,) = (
        s
        for s in DEV.statements("CompactExports")
        if "USER#*" in s.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
    )
    assert statement["Action"] == ["dynamodb:BatchGetItem"]
    condition = statement["Condition"]
    assert condition["StringEquals"] == {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}
    asked: list[dict[str, Any]] = []

    def call(_: str, **said: Any) -> dict[str, Any]:
        asked.append(said["RequestItems"])
        return {"Responses": {}}

    monkeypatch.setattr(reads, "call", call)
    reads.versions([keys.user("usr_1")])
    (projection,) = (each["ProjectionExpression"] for each in asked[0].values())
    assert projection.split(", ") == condition["ForAllValues:StringEquals"]["dynamodb:Attributes"]


def test_of_its_secrets_a_function_is_told_the_name_only() -> None:
    for function in DEV.of("Lambda::Function").values():
        told = function["Environment"]["Variables"]
        assert told["KEYS_PARAMETER"] == "/learnflow/dev/keys"
        assert told["PAYMENTS_PARAMETER"] == "/learnflow/dev/payments"
    assert readers("keys") == {"ApiFunction", "IssueCertificate", "PrintReceipt", "SendEmail"}
    assert readers("payments") == {
        "ApiFunction",
        "EraseAccounts",
        "GiveRefunds",
        "HandleStripeEvent",
        "ReconcilePayments",
    }


def readers(parameter: str) -> set[str]:
    return {
        name
        for name in FUNCTIONS
        for s in DEV.statements(name)
        if s["Action"] == ["ssm:GetParameter"]
        for resource in as_list(s["Resource"])
        if resource.endswith(f":parameter/learnflow/dev/{parameter}")
    }


@pytest.mark.row("M97")
def test_the_api_and_the_workers_pay_with_keys_of_their_own() -> None:
    told = {name: each["Environment"]["Variables"]["STRIPE_ROLE"] for name, each in DEV.of("Lambda::Function").items()}
    assert told.pop("ApiFunction") == "api"
    assert set(told.values()) == {"worker"}


@pytest.mark.row("G53", "K74")
@pytest.mark.parametrize("stage", STAGES)
def test_the_environment_of_every_function_starts_the_product(stage: str) -> None:
    for name, function in stack(stage).of("Lambda::Function").items():
        read = settings.read(function["Environment"]["Variables"] | {"AWS_REGION": "eu-west-1"})
        assert (read.stage, read.is_local) == (stage, False)
        assert (read.table_name, read.resource_prefix) == ("Table", f"learnflow-{stage}")
        assert (read.audit_heads_bucket, read.ml_bucket) == ("AuditHeadsBucket", "MlBucket")
        assert read.certificates_bucket == "CertificatesBucket"
        assert read.mail_tracking == "MailTracking"
        assert read.media_hosts == {"MediaNetwork.DomainName"}
        assert (read.version, read.commit) == ("1.2.3", "abc")
        assert read.aws_attempts == (4 if name == "ApiFunction" else 10)


@pytest.mark.parametrize("stage", STAGES)
def test_queues_are_called_what_the_settings_call_them(stage: str) -> None:
    variables = stack(stage).of("Lambda::Function")["SendEmail"]["Environment"]["Variables"]
    read = settings.read(variables | {"AWS_REGION": "eu-west-1"})
    names = {each["QueueName"] for each in stack(stage).of("SQS::Queue").values()}
    assert {read.queue(name) for name in ("emails", "history", "mail-events", "facts-dead")} <= names


def test_what_a_deployment_says_comes_before_the_settings_of_the_stage() -> None:
    said = stack(
        "dev", MailSender="School <post@school.example>", CorsAllowedOrigins="https://a.example,https://b.example"
    )
    variables = said.of("Lambda::Function")["SendEmail"]["Environment"]["Variables"]
    assert variables["MAIL_SENDER"] == "School <post@school.example>"
    assert variables["CORS_ALLOWED_ORIGINS"] == "https://a.example,https://b.example"


def test_a_further_setting_of_a_stage_reaches_every_function(monkeypatch: pytest.MonkeyPatch) -> None:
    config = json.loads(template.CONFIG.read_text())
    config["stages"]["dev"]["environment_variables"] |= {"LIMIT_USER": "7", "MEDIA_HOSTS": "media.example"}
    monkeypatch.setattr(template, "_config", lambda: config)
    variables = template.build("dev")["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["LIMIT_USER"] == "7"
    assert "media.example" in variables["MEDIA_HOSTS"]["Fn::Join"][1]


@pytest.mark.parametrize("mapping", sorted(MAPPINGS))
def test_every_queue_and_stream_is_told_which_messages_failed(mapping: str) -> None:
    assert MAPPINGS[mapping]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("mapping", [name for name, each in MAPPINGS.items() if "StartingPosition" in each])
def test_a_reader_of_the_stream_halves_gives_up_and_says_where(mapping: str) -> None:
    properties = MAPPINGS[mapping]
    assert properties["EventSourceArn"] == "Table.StreamArn"
    assert properties["BisectBatchOnFunctionError"] is True
    assert properties["MaximumRetryAttempts"] > 0
    assert 0 < properties["MaximumRecordAgeInSeconds"] <= 86400
    dead = properties["DestinationConfig"]["OnFailure"]["Destination"]
    assert queue(dead)["MessageRetentionPeriod"] == 14 * 86400
    assert may_send(DEV.statements(properties["FunctionName"]), dead)


@pytest.mark.row("E56", "G50")
@pytest.mark.parametrize("mapping", [name for name, each in MAPPINGS.items() if "StartingPosition" not in each])
def test_a_queue_outlasts_its_worker_and_its_dead_letters_outlast_the_queue(mapping: str) -> None:
    properties = MAPPINGS[mapping]
    source = queue(properties["EventSourceArn"])
    worker = DEV.of("Lambda::Function")[properties["FunctionName"]]
    dead = queue(source["RedrivePolicy"]["deadLetterTargetArn"])
    assert source["VisibilityTimeout"] >= 6 * worker["Timeout"]
    assert source["RedrivePolicy"]["maxReceiveCount"] >= 5
    assert dead["MessageRetentionPeriod"] == 14 * 86400 > source["MessageRetentionPeriod"]
    assert may_send(DEV.statements(properties["FunctionName"]), source["RedrivePolicy"]["deadLetterTargetArn"])


@pytest.mark.row("G50")
@pytest.mark.parametrize("clock", sorted(CLOCKS))
def test_a_clock_has_a_zone_tries_again_and_says_what_it_gave_up(clock: str) -> None:
    properties, target = CLOCKS[clock], CLOCKS[clock]["Target"]
    assert properties["Name"].startswith("learnflow-dev-")
    assert properties["ScheduleExpression"].startswith("rate(") or properties["ScheduleExpressionTimezone"]
    assert json.loads(target["Input"]) == {"scheduled_at": "<aws.scheduler.scheduled-time>"}
    assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0
    assert queue(target["DeadLetterConfig"]["Arn"])["MessageRetentionPeriod"] == 14 * 86400


@pytest.mark.parametrize("clock", sorted(CLOCKS))
def test_a_run_that_fails_is_repeated_and_then_told(clock: str) -> None:
    function = CLOCKS[clock]["Target"]["Arn"].removesuffix(".Arn")
    (config,) = [c for c in DEV.of("Lambda::EventInvokeConfig").values() if c["FunctionName"] == function]
    dead = config["DestinationConfig"]["OnFailure"]["Destination"]
    assert config["MaximumRetryAttempts"] == 2
    assert queue(dead)["MessageRetentionPeriod"] == 14 * 86400
    assert may_send(DEV.statements(function), dead)


def test_the_scheduler_may_start_the_clocks_and_nothing_else() -> None:
    statements = DEV.of("IAM::Role")["ClocksRole"]["Policies"][0]["PolicyDocument"]["Statement"]
    allowed = {action: as_list(s["Resource"]) for s in statements for action in s["Action"]}
    assert set(allowed) == {"lambda:InvokeFunction", "sqs:SendMessage"}
    assert sorted(allowed["lambda:InvokeFunction"]) == sorted(clock["Target"]["Arn"] for clock in CLOCKS.values())
    assert all(clock["Target"]["RoleArn"] == "ClocksRole.Arn" for clock in CLOCKS.values())


@pytest.mark.row("K67")
def test_an_error_tracker_gets_the_error_lines_of_every_function_where_one_is_named() -> None:
    assert not DEV.of("Logs::SubscriptionFilter")
    tracker = "arn:aws:lambda:eu-west-1:123456789012:function:tracker"
    tracked = stack("dev", ErrorTrackerArn=tracker).of("Logs::SubscriptionFilter")
    assert {each["LogGroupName"] for each in tracked.values()} == {f"{name}Log" for name in FUNCTIONS}
    assert {each["DestinationArn"] for each in tracked.values()} == {tracker}


def may_send(statements: list[dict[str, Any]], arn: str) -> bool:
    return any(
        s["Effect"] == "Allow" and "sqs:SendMessage" in s["Action"] and arn in as_list(s["Resource"])
        for s in statements
    )


def test_stages_have_names_of_their_own() -> None:
    dev, staging, prod = (names(stack(stage)) for stage in STAGES)
    assert len(dev) > 50
    assert not dev & staging | staging & prod | dev & prod


def names(of: Stack) -> set[str]:
    """Everything that is called something by the template; where a resource is only referred to, it is no name."""
    keys = ("FunctionName", "QueueName", "TableName", "BucketName", "TopicName", "LogGroupName", "AlarmName", "Name")
    found = {body["Properties"][key] for body in of.resources.values() for key in keys if key in body["Properties"]}
    return found - of.resources.keys()
