"""The page on which a stranger checks a certificate, in a real browser, by the code as somebody types it."""

from pathlib import Path

import pytest

from tests.browser.chromium import Chromium
from tests.conftest import House
from tests.factories import certificates, people

pytestmark = pytest.mark.browser
HEADING = "document.querySelector('h1')?.textContent"


@pytest.mark.row("B12", "M21")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_typed_code_leads_to_the_name_on_the_certificate(
    browser: Chromium, address: str, pictures: Path, clean: House, scheme: str
) -> None:
    made = certificates.certificate(people.enlisted("hana", first_name="Hana").id)
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(f"{address}/api/v1/certificates/verify")
    browser.wait("document.readyState === 'complete'")
    browser.type("input[name=code]", made.code.lower().replace("-", ""))
    browser.click("button")
    browser.wait(f"{HEADING}?.includes('valid')")
    assert browser.value(HEADING) == "This certificate is valid"
    assert browser.value("document.querySelector('dd.name').textContent") == "Hana"
    browser.picture(pictures / f"certificate-{scheme}.png")
    assert browser.complaints == []


@pytest.mark.row("B12")
def test_a_wrong_code_is_told_in_plain_words(browser: Chromium, address: str, pictures: Path, clean: House) -> None:
    browser.open(f"{address}/api/v1/certificates/verify/0000-0000-0000-0000-0000-0000")
    browser.wait("document.readyState === 'complete'")
    assert browser.value(HEADING) == "We know no such certificate"
    assert browser.value("document.querySelectorAll('dd.name').length") == 0
    browser.picture(pictures / "certificate-unknown.png")
    assert browser.complaints == []
