"""Swagger UI, ReDoc and our pages in a real browser: they work, without network and without a complaint."""

from pathlib import Path

import pytest

from tests.browser.chromium import Chromium

pytestmark = pytest.mark.browser

SHOWN = "document.querySelectorAll('.opblock').length"
DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 20))))"
AUTHORIZED = "ui.authSelectors.authorized().toJS().bearerAuth?.value"
TOKEN = "a-token-of-ours"


def _opened(browser: Chromium, page: str) -> None:
    browser.open(page)
    browser.wait("document.readyState === 'complete'")


def _stayed_at_home(browser: Chromium, address: str) -> None:
    assert browser.complaints == []
    foreign = [url for url in browser.requested if not url.startswith((address, "data:", "blob:", "about:"))]
    assert foreign == []


def _seen_while_scrolling(browser: Chromium) -> set[str]:
    """The page draws only what is in view."""
    seen: set[str] = set()
    top = 0
    while top < browser.value("document.body.scrollHeight"):
        browser.value(f"window.scrollTo(0, {top}); {DRAWN}")
        seen.update(browser.value("[...document.querySelectorAll('.opblock')].map(each => each.id)"))
        top += 300
    return seen


@pytest.mark.row("K24", "X43", "C40", "E52")
def test_swagger_ui_shows_every_operation_and_complains_about_nothing(
    browser: Chromium, address: str, pictures: Path
) -> None:
    _opened(browser, f"{address}/api/docs")
    operations = browser.value(
        "fetch('/api/schema').then(r => r.json())"
        ".then(d => Object.values(d.paths).reduce((n, item) => n + Object.keys(item).length, 0))"
    )
    browser.wait(SHOWN)
    assert len(_seen_while_scrolling(browser)) == operations
    assert "LearnFlow" in browser.value("document.querySelector('.info .title').textContent")
    browser.picture(pictures / "swagger.png")
    _stayed_at_home(browser, address)


@pytest.mark.row("C43")
def test_authorize_is_kept_across_a_reload_and_sent_with_each_request(
    browser: Chromium, address: str, pictures: Path
) -> None:
    _opened(browser, f"{address}/api/docs")
    browser.click(".btn.authorize")
    browser.type(".auth-container input[type=text]", TOKEN)
    browser.picture(pictures / "authorize.png")
    browser.click(".auth-btn-wrapper .btn.authorize")
    assert browser.wait(AUTHORIZED) == TOKEN
    browser.call("Page.reload")
    browser.wait(f"document.readyState === 'complete' && window.ui && {SHOWN} > 0")
    assert browser.wait(AUTHORIZED) == TOKEN
    _stayed_at_home(browser, address)


def test_an_operation_can_be_tried_from_the_page(browser: Chromium, address: str, pictures: Path) -> None:
    _opened(browser, f"{address}/api/docs#/System/health")
    browser.wait("!!document.querySelector('#operations-System-health tr[data-param-name]')")
    browser.click("#operations-System-health .execute")
    shown = browser.wait(
        "document.querySelector('#operations-System-health .live-responses-table .microlight')?.innerText"
    )
    assert '"status": "ok"' in shown
    browser.picture(pictures / "tried.png")
    _stayed_at_home(browser, address)


@pytest.mark.row("X43", "C41")
def test_redoc_shows_the_operations_and_its_search_works(browser: Chromium, address: str, pictures: Path) -> None:
    _opened(browser, f"{address}/redoc")
    browser.wait("document.querySelectorAll('[data-section-id*=\"operation/\"]').length > 3")
    assert "LearnFlow" in browser.value("document.querySelector('h1').textContent")
    browser.picture(pictures / "redoc.png")
    browser.type("input[role=search], .search-input", "health")
    assert browser.wait("document.querySelectorAll('[data-role=\"search:results\"] li').length") >= 1
    browser.picture(pictures / "redoc-search.png")
    _stayed_at_home(browser, address)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_problems_is_styled_by_its_own_style_alone(
    browser: Chromium, address: str, pictures: Path, scheme: str
) -> None:
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    _opened(browser, f"{address}/api/problems#token_expired")
    paper = browser.value("getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 24, 31)"}[scheme]
    assert browser.value("document.querySelector('dt:target code').textContent") == "token_expired"
    browser.picture(pictures / f"problems-{scheme}.png")
    _stayed_at_home(browser, address)
