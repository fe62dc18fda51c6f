"""What a new user does on the page: types commands, opens threads, presses buttons, fills a form, breaks
things.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Office

pytestmark = pytest.mark.browser
SECONDS = 15_000  # milliseconds


def types(page: Page, words: str) -> None:
    page.locator("#composer").fill(words)
    page.locator("#composer").press("Enter")


def test_the_page_says_where_one_is_and_what_to_try(page: Page) -> None:
    expect(page.locator("aside h1")).to_contain_text("sandbox")
    expect(page.locator("main header h2")).to_have_text("# shop")
    expect(page.locator(".status")).to_have_text("xk8s is connected", timeout=SECONDS)


def test_a_command_is_answered_in_a_thread_that_can_be_opened(page: Page) -> None:
    types(page, "/xk8s template create flannel")
    root = page.locator("#messages .message", has_text="Template k8s-v1.29.5-flannel created")
    expect(root).to_be_visible(timeout=SECONDS)
    root.locator("a.replies").click()
    thread = page.locator("#thread")
    expect(thread).to_contain_text(
        "For development and test: Flannel enforces no NetworkPolicy", timeout=SECONDS
    )
    expect(thread).to_contain_text("ref ")


def test_a_broken_node_is_named_and_run_again_finds_it_mended(page: Page, workplace: Office) -> None:
    page.locator(".faults-button").click()
    group = page.locator("#faults details", has_text="staging-eu")
    group.locator("summary").click()
    switch = group.locator("form.fault", has_text="TCP 179 closed").locator("button[role=switch]")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true", timeout=SECONDS)
    page.locator("#faults header .close").click()
    types(page, "/xk8s verify calico staging-eu")
    root = page.locator("#messages .message", has_text=re.compile("staging-eu: .*attention"))
    expect(root.last).to_be_visible(timeout=SECONDS)
    root.last.locator("a.replies").click()
    thread = page.locator("#thread")
    expect(thread).to_contain_text("BGP", timeout=SECONDS)
    expect(thread.locator("table").first).to_be_visible()
    node = list(workplace.sandbox.cluster_faults["staging-eu"].cluster.network.machines)[-1]
    workplace.sandbox.loopback.run(
        workplace.sandbox.cluster_faults["staging-eu"].switch("bgp-port", False, node)
    )
    thread.get_by_role("button", name="Run again").click()
    expect(thread).to_contain_text("healthy, 4 of 4 nodes", timeout=SECONDS)


def test_the_form_shows_a_mistake_beside_its_field_and_makes_the_template(page: Page) -> None:
    types(page, "/xk8s template create")
    form = page.locator(".modal")
    expect(form.locator("input[name=template]")).to_be_visible(timeout=SECONDS)
    form.locator("select[name=driver]").select_option("calico")
    form.locator("input[name=template]").fill("from-the-page")
    form.locator("input[name=pool]").fill("10.0.0.0/99")
    form.get_by_role("button", name="Create").click()
    expect(form.locator("em.error")).to_contain_text("address range", timeout=SECONDS)
    form.locator("input[name=pool]").fill("10.140.0.0/16")
    form.get_by_role("button", name="Create").click()
    expect(page.locator(".modal")).to_have_count(0, timeout=SECONDS)
    expect(page.locator("#messages")).to_contain_text("Template from-the-page created", timeout=SECONDS)


def test_what_only_one_person_may_see_only_that_person_sees(page: Page) -> None:
    types(page, "/xk8s whoami")
    mine = page.locator("#messages .ephemeral", has_text="in shop:")
    expect(mine.last).to_be_visible(timeout=SECONDS)
    page.locator("aside .people a", has_text="bo").click()
    expect(page.locator("#messages .ephemeral", has_text="in shop:")).to_have_count(0, timeout=SECONDS)


def test_a_mention_in_a_thread_is_answered_there(page: Page) -> None:
    types(page, "shall we look at production?")
    message = page.locator("#messages .message", has_text="shall we look at production?")
    expect(message.last).to_be_visible(timeout=SECONDS)
    message.last.hover()
    message.last.locator("a.replies").click()
    reply = page.locator(".thread textarea")
    reply.fill("@xk8s verify calico prod-eu")
    reply.press("Enter")
    expect(page.locator("#thread")).to_contain_text("healthy, 3 of 3 nodes", timeout=SECONDS)


def test_typing_offers_commands_that_tab_completes(page: Page) -> None:
    page.locator("#composer").press_sequentially("/xk8s ver")
    expect(page.locator("#hints li:visible")).to_have_count(1)
    page.locator("#composer").press("Tab")
    expect(page.locator("#composer")).to_have_value("/xk8s verify calico")


def test_the_page_can_be_used_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.locator("#composer")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
