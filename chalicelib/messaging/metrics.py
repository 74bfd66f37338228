"""What operators count, in CloudWatch's embedded format on standard output; workers and clocks call it.

On one's own machine nobody collects it, so nothing is printed there.
"""

from chalicelib.settings import settings

NAMESPACE = "LearnFlow"


def count(name: str, amount: int = 1) -> None:
    """Names in use: LettersSent, DeadLetters, FactsRetold, AuditChainBroken, three of payments, and three of exports.

    Those are PaymentsQuarantined, PaymentsUnreconciled and RefundsFailed; ExportsHealed, ExportGaps and
    ExportDaysFailed.
    """
    if settings.is_local or not amount:
        return
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(namespace=NAMESPACE, name=name, unit=MetricUnit.Count, value=amount) as metric:
        metric.add_dimension(name="stage", value=settings.stage)
