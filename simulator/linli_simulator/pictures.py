"""Draw the stills of simulated cameras: plausible at a glance, and marked as simulated."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from linli_simulator.deeds import Picture
from linli_simulator.dialects import SHANGHAI

SIZE = (960, 540)
FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)
WALL, EDGE, INK = (112, 116, 122), (74, 78, 84), (32, 34, 38)


@dataclass(frozen=True, slots=True)
class Caption:
    """What the camera writes on its picture."""

    title: str
    at: float


def draw(picture: Picture, caption: Caption) -> bytes:
    """A JPEG of 960 x 540 with time, place and the words 模拟画面.

    The same picture and caption give the same drawing. Where no Chinese font is installed the
    words are SIMULATED and the place is left out.
    """
    image = Image.new("RGB", SIZE, (20, 22, 26))
    pen = ImageDraw.Draw(image)
    SUBJECTS[picture](pen, random.Random(caption.at))
    image = _grainy(image, random.Random(caption.at))
    _write(ImageDraw.Draw(image), caption)
    out = BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def _lift(pen: ImageDraw.ImageDraw, chance: random.Random) -> None:
    pen.polygon([(0, 0), (250, 90), (250, 400), (0, 540)], fill=(96, 100, 106))
    pen.polygon([(960, 0), (710, 90), (710, 400), (960, 540)], fill=(104, 108, 114))
    pen.polygon([(250, 400), (710, 400), (960, 540), (0, 540)], fill=(84, 76, 68))
    pen.polygon([(0, 0), (960, 0), (710, 90), (250, 90)], fill=(138, 141, 146))
    pen.rectangle((250, 90, 710, 400), fill=WALL)
    for x in (250, 480, 710):
        pen.line((x, 90, x, 400), fill=EDGE, width=4)
    pen.ellipse((380, 20, 580, 64), fill=(232, 234, 226))
    pen.rectangle((800, 190, 850, 380), fill=(58, 62, 68))
    for row in range(6):
        lit = row == chance.randrange(6)
        for column in (0, 1):
            x, y = 810 + column * 20, 205 + row * 28
            pen.ellipse((x, y, x + 13, y + 13), fill=(240, 180, 60) if lit else (150, 154, 160))
    _e_bike(pen, 300 + chance.randrange(-30, 60), 330)


def _e_bike(pen: ImageDraw.ImageDraw, x: int, y: int) -> None:
    for wheel in (x, x + 240):
        pen.ellipse((wheel, y, wheel + 110, y + 110), outline=INK, width=13)
        pen.ellipse((wheel + 45, y + 45, wheel + 65, y + 65), fill=INK)
    body = [(x + 55, y + 55), (x + 95, y - 20), (x + 190, y + 20), (x + 290, y - 60)]
    pen.line(body, fill=(170, 40, 40), width=22, joint="curve")
    pen.line([(x + 295, y + 55), (x + 265, y - 110)], fill=INK, width=14)
    pen.line([(x + 225, y - 122), (x + 300, y - 108)], fill=INK, width=12)
    pen.rounded_rectangle((x + 50, y - 58, x + 165, y - 26), 14, fill=(44, 44, 50))
    pen.rounded_rectangle((x + 105, y + 8, x + 215, y + 66), 12, fill=(140, 34, 34))
    pen.ellipse((x + 258, y - 92, x + 292, y - 58), fill=(230, 224, 190))
    pen.rectangle((x - 6, y - 96, x + 66, y - 34), fill=(52, 84, 120))


def _facade(pen: ImageDraw.ImageDraw, chance: random.Random) -> None:
    pen.rectangle((0, 0, 960, 540), fill=(150, 168, 186))
    pen.polygon([(210, 540), (330, 0), (640, 0), (760, 540)], fill=(176, 168, 156))
    for row in range(9):
        y = 10 + row * 60
        half = 155 + row * 14
        for column in range(5):
            x = 480 - half + column * (2 * half) / 5 + 12
            lit = chance.random() < 0.2  # noqa: PLR2004 - one window in five
            pane = (222, 204, 150) if lit else (86, 100, 116)
            pen.rectangle((x, y, x + (2 * half) / 5 - 26, y + 34), fill=pane, outline=EDGE)
    trail = [(564 + 4 * step, 150 + 4.2 * step * step) for step in range(9)]
    for step, (x, y) in enumerate(trail):
        pen.ellipse((x - 7, y - 7, x + 7, y + 7), fill=(240 - step * 9, 60, 50))
    x, y = trail[-1]
    pen.rectangle((x - 34, y - 34, x + 34, y + 34), outline=(255, 60, 40), width=3)


def _grainy(image: Image.Image, chance: random.Random) -> Image.Image:
    grain = Image.frombytes("L", SIZE, chance.randbytes(SIZE[0] * SIZE[1]))
    return Image.blend(image, grain.convert("RGB"), 0.09)


def _write(pen: ImageDraw.ImageDraw, caption: Caption) -> None:
    clock = datetime.fromtimestamp(caption.at, UTC).astimezone(SHANGHAI)
    stamp = clock.strftime("%Y-%m-%d %H:%M:%S")
    font = next((path for path in FONTS if Path(path).exists()), None)
    small = ImageFont.truetype(font, 24) if font else ImageFont.load_default(24)
    large = ImageFont.truetype(font, 34) if font else ImageFont.load_default(34)
    pen.text((18, 12), stamp, fill="white", font=small, stroke_width=2, stroke_fill="black")
    mark = "模拟画面" if font else "SIMULATED"
    pen.text((790, 488), mark, fill=(255, 214, 90), font=large, stroke_width=2, stroke_fill="black")
    if font:
        pen.text(
            (18, 496), caption.title, fill="white", font=small, stroke_width=2, stroke_fill="black"
        )


SUBJECTS: dict[Picture, Callable[[ImageDraw.ImageDraw, random.Random], None]] = {
    Picture.E_BIKE_IN_LIFT: _lift,
    Picture.FALLING_OBJECT: _facade,
}
