"""The paths of the five systems, which lead to the same handlers as ours. One table; nothing else knows them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Alias:
    path: str
    canonical: str
    methods: tuple[str, ...]


def _alias(path: str, canonical: str, *methods: str) -> Alias:
    return Alias(path, "/api/v1" + canonical, methods)


ALIASES = (
    _alias("/api/token", "/auth/login", "POST"),
    _alias("/api/auth/login", "/auth/login", "POST"),
    _alias("/api/token/refresh", "/auth/refresh", "POST"),
    _alias("/api/auth/refresh", "/auth/refresh", "POST"),
    _alias("/api/token/verify", "/auth/verify", "POST"),
    _alias("/api/user", "/auth/register", "POST"),
    _alias("/api/register", "/auth/register", "POST"),
    _alias("/api/auth/register", "/auth/register", "POST"),
    _alias("/api/auth/logout", "/auth/logout", "POST"),
    _alias("/api/users", "/users", "GET"),
    _alias("/api/users/profile", "/users/profile", "GET", "PUT", "PATCH"),
    _alias("/api/users/change-password", "/auth/change-password", "PUT"),
    _alias("/api/v1/users/change-password", "/auth/change-password", "PUT"),
    _alias("/api/courses", "/courses", "GET", "POST"),
    _alias("/api/courses/{course_id}", "/courses/{course_id}", "GET", "PUT", "PATCH", "DELETE"),
    _alias("/api/courses/{course_id}/publish", "/courses/{course_id}/publish", "POST"),
    _alias("/api/lessons", "/lessons", "GET", "POST"),
    _alias("/api/lessons/{lesson_id}", "/lessons/{lesson_id}", "GET", "PUT", "PATCH", "DELETE"),
    _alias("/api/lessons/bulk_create", "/lessons/bulk", "POST"),
    _alias("/api/lessons/{lesson_id}/progress", "/lessons/{lesson_id}/progress", "POST"),
    _alias("/api/enrollments", "/enrollments", "GET", "POST"),
    _alias("/api/enrollments/{enrollment_id}", "/enrollments/{enrollment_id}", "GET", "DELETE"),
    _alias("/api/goals", "/goals", "GET", "POST"),
    _alias("/api/goals/{goal}", "/goals/{goal}", "GET", "PUT", "PATCH", "DELETE"),
    _alias("/api/goals/{goal}/progress", "/goals/{goal}/progress", "GET", "POST"),
    _alias("/api/goals/{goal}/progress/{entry}", "/goals/{goal}/progress/{entry}", "GET", "PUT", "PATCH", "DELETE"),
    _alias("/api/summary/weekly", "/summary/weekly", "GET"),
    _alias("/api/summary/weekly/{goal}", "/summary/weekly/{goal}", "GET"),
    _alias("/api/summary/monthly", "/summary/monthly", "GET"),
    _alias("/api/summary/monthly/{goal}", "/summary/monthly/{goal}", "GET"),
    _alias("/api/progress", "/progress", "GET"),
    _alias("/api/progress/{progress_id}", "/progress/{progress_id}", "GET", "PUT", "PATCH"),
    _alias("/api/cart", "/cart", "GET", "DELETE"),
    _alias("/api/cart/items", "/cart/items", "POST"),
    _alias("/api/cart/items/{item_id}", "/cart/items/{item_id}", "DELETE"),
    _alias("/api/cart/coupon", "/cart/coupon", "POST", "DELETE"),
    _alias("/api/orders", "/orders", "GET"),
    _alias("/api/orders/{order_id}", "/orders/{order_id}", "GET"),
    _alias("/api/orders/create-from-cart", "/orders/create-from-cart", "POST"),
    _alias("/api/payments/create-payment-intent", "/payments/create-payment-intent", "POST"),
    _alias("/api/payments/confirm-payment", "/payments/confirm-payment", "POST"),
    _alias("/api/admin/audit-logs", "/admin/audit-logs", "GET"),
)
