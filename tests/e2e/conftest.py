"""One installation and one browser for all journeys of a worker."""

import shutil
from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from tests.e2e.system import System, running_system

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# Two installations and two browsers may share two cores: what comes late has still come.

expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def system() -> Generator[System]:
    with running_system() as system:
        yield system


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    if CHROMIUM is None:
        pytest.skip("没有 chromium：请执行 apt-get install chromium / chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
