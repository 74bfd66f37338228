"""The chart of a week in a real browser: in light and dark, with its own style and nothing else."""

from pathlib import Path

import pytest

from chalicelib import keyring
from tests.browser.chromium import Chromium
from tests.conftest import House
from tests.factories import goals
from tests.http.api import Api

pytestmark = pytest.mark.browser
PAPER = "getComputedStyle(document.querySelector('.paper')).fill"


@pytest.mark.parametrize(("scheme", "paper"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(18, 24, 31)")])
@pytest.mark.parametrize("kind", ["weekly", "monthly"])
def test_a_chart_is_shown_in_the_colours_of_the_reader(
    browser: Chromium, address: str, pictures: Path, clean: House, scheme: str, paper: str, kind: str
) -> None:
    keyring.keys()
    me = Api().member("meera")
    for name, seconds in (("Learn <b>Spanish</b> & read", 5400), ("日本語", 3600)):
        goals.logged(goals.a_goal(me.id, name=name), seconds)
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.call("Network.setExtraHTTPHeaders", headers={"Authorization": f"Bearer {me.access}"})
    browser.open(f"{address}/api/v1/summary/{kind}/chart.svg")
    browser.wait("document.documentElement?.tagName === 'svg' && document.readyState === 'complete'")
    assert browser.value(PAPER) == paper
    assert browser.value("document.querySelectorAll('rect.c0, rect.c1').length") == 4
    assert "<b>Spanish</b>" in browser.value("document.querySelector('desc').textContent")
    browser.picture(pictures / f"chart-{kind}-{scheme}.png")
    assert browser.complaints == []


def test_a_chart_that_has_not_changed_keeps_its_colours_when_it_is_shown_again(
    browser: Chromium, address: str, clean: House
) -> None:
    """The browser asks with its ETag, gets a 304, and takes over the policy that comes with it."""
    keyring.keys()
    me = Api().member("meera")
    goals.logged(goals.a_goal(me.id), 5400)
    browser.call("Network.setExtraHTTPHeaders", headers={"Authorization": f"Bearer {me.access}"})
    for _ in range(2):
        browser.open(f"{address}/api/v1/summary/weekly/chart.svg")
        browser.wait("document.documentElement?.tagName === 'svg' && document.readyState === 'complete'")
        assert browser.value(PAPER) == "rgb(255, 255, 255)"
    assert browser.complaints == []
