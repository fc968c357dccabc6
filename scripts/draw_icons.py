"""Cuts the icons that phones want as PNG from the one drawing, `icon.svg`, with Chromium. Run it when the drawing changes.

python scripts/draw_icons.py
"""

import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parents[1] / "src/tocsin/web/static/web"
BELL = HERE.joinpath("icon.svg").read_text()
GROUND = "#1c4f94"  # as in the drawing
# name, pixels, share of the square that the drawing takes, what stands behind it
ICONS = (
    ("icon-192.png", 192, 1.0, "transparent"),
    ("icon-512.png", 512, 1.0, "transparent"),
    ("icon-180.png", 180, 1.0, GROUND),  # iOS rounds the corners itself
    ("icon-maskable-512.png", 512, 0.8, GROUND),  # what is outside the inner circle may be cut off
    ("icon-badge-96.png", 96, 1.0, "transparent"),  # only its shape counts: Android paints it in one colour
)


def draw(page: Page, name: str, pixels: int, share: float, ground: str) -> None:
    drawing = BELL
    if "badge" in name:
        drawing = BELL.replace(f'<rect width="32" height="32" rx="7" fill="{GROUND}"/>', "")
    size = round(pixels * share)
    page.set_viewport_size({"width": pixels, "height": pixels})
    page.set_content(
        f"<style>html,body{{margin:0;background:{ground}}}body{{display:grid;place-items:center;height:100vh}}"
        f"svg{{width:{size}px;height:{size}px;display:block}}</style>{drawing}"
    )
    page.screenshot(path=HERE / name, omit_background=True)


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        for name, pixels, share, ground in ICONS:
            draw(page, name, pixels, share, ground)
        browser.close()


if __name__ == "__main__":
    main()
