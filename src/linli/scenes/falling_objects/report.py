"""The report of an evidence pack, as PDF with its own font: it reads the same on any machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import pylopdf_fonts_zh_cn
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from linli.kernel.time import SHANGHAI
from linli.scenes.falling_objects.contracts import Fall, PackedFile, Sighting
from linli.scenes.falling_objects.policy import columns_words, storeys_words

FAMILY = "noto"
MARGIN_MM = 18.0
LINE_MM = 6.2
LABEL_MM = 34.0
MOST_CLEARED = 400
LAW = (
    "《民法典》第一千二百五十四条：禁止从建筑物中抛掷物品；经调查难以确定具体侵权人的，除能够证明自己"
    "不是侵权人的外，由可能加害的建筑物使用人给予补偿。本报告既列出可能的住户，也列出可以排除的住户及理由。"
)
CAUTION = (
    "推算依据画面中的轨迹、人工标定的墙面和自由落体规律，带有误差；误差带覆盖多户时，不得据此认定某一户。"
    "画面识别由软件完成，结论应由有权机关结合其他证据作出。"
)


@dataclass(frozen=True, slots=True)
class Told:
    """All that the report tells beside the fall itself."""

    estate_title: str
    building_title: str
    incident_code: str
    incident_line: str
    made_at: datetime
    made_by: str
    reason: str
    key_id: str
    public_key: str
    installation: str
    sightings: tuple[Sighting, ...]
    seen_words: tuple[tuple[str, ...], ...]
    """Per sighting: clock, software and settings in words."""
    files: tuple[PackedFile, ...]
    pictures: tuple[bytes, ...]
    """Annotated stills (JPEG)."""


def clock(moment: datetime) -> str:
    """A moment in Chinese time, to the thousandth of a second."""
    local = moment.astimezone(SHANGHAI)
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d}（北京时间）"


def report_of(fall: Fall, told: Told) -> bytes:
    """The report (PDF)."""
    page = _Page(f"{told.installation} · 高空抛物证据报告 · {told.incident_code}")
    page.title("高空抛物证据报告")
    page.row("事件", f"{told.incident_code}　{told.incident_line}")
    page.row("地点", f"{told.estate_title} {told.building_title}")
    page.row("判断", f"{fall.grade.words}；{fall.verdict.agreement.words}")
    page.row("开始下落", clock(fall.released_at))
    page.row("落地", clock(fall.impact_at))
    page.row("来源推算", fall.verdict.words)
    page.row("导出", f"{told.made_by}，{clock(told.made_at)}，原因：{told.reason}")
    page.small(CAUTION)
    page.small(LAW)
    for number, sighting in enumerate(told.sightings):
        page.head(f"{number + 1}　{sighting.camera_title}")
        _sighting(page, sighting, told.seen_words[number])
        if number < len(told.pictures):
            page.picture(told.pictures[number])
    page.head("可能的住户")
    possible = [
        f"{home.title}（{'、'.join(f'{storey}层第{column}列' for storey, column in home.windows)}）"
        for home in fall.verdict.possible
    ]
    page.small("；".join(possible) or "没有能对应到住户的窗。")
    page.head("可以排除的住户及理由")
    for home in fall.verdict.cleared[:MOST_CLEARED]:
        page.small(f"{home.title}：{home.why}")
    if not fall.verdict.cleared:
        page.small("没有可以排除的住户。")
    page.head("文件与校验")
    for file in told.files:
        page.small(f"{file.name}　{file.title}　{file.size} 字节")
        page.small(f"SHA-256　{file.sha256}")
    page.small(f"签名算法 Ed25519，密钥编号 {told.key_id}，公钥（base64）{told.public_key}")
    page.small(
        "校验：在任何装有 linli 的机器上执行 linli verify-pack 文件名；文件改动一个字节即不通过。"
    )
    return page.done()


def _sighting(page: "_Page", sighting: Sighting, words: Sequence[str]) -> None:
    band = sighting.band
    facade = sighting.facade
    if facade is not None and band is not None:
        page.row(
            "推算",
            f"{facade.title}：最可能 {sighting.storey}层 第{sighting.column}列；误差带 "
            f"{storeys_words(band.storey_low, band.storey_high)} {columns_words(band)}",
        )
        page.row(
            "墙面标定",
            f"{facade.storeys} 层（自 {facade.ground_storey} 层）× {facade.columns} 列，"
            f"层高 {facade.storey_height_m:g} 米，宽 {facade.width_m:g} 米，"
            f"标定误差 {facade.error_px:g} 像素",
        )
    page.row(
        "识别",
        f"{sighting.grade.words}"
        + (f"，可信度 {sighting.confidence:.2f}" if sighting.confidence is not None else ""),
    )
    page.row("平台收到", clock(sighting.received_at))
    for line in words:
        page.small(line)


class _Page:
    """Writes from top to bottom; fpdf breaks the pages."""

    def __init__(self, footer: str) -> None:
        self._pdf = _Numbered(footer)
        font = pylopdf_fonts_zh_cn.sans_path()
        self._pdf.add_font(FAMILY, "", font)
        self._pdf.set_margins(MARGIN_MM, MARGIN_MM, MARGIN_MM)
        self._pdf.set_auto_page_break(auto=True, margin=MARGIN_MM)
        self._pdf.add_page()

    def title(self, words: str) -> None:
        self._write(words, size=20, height=12)

    def head(self, words: str) -> None:
        self._pdf.ln(3)
        self._write(words, size=13, height=8)

    def small(self, words: str) -> None:
        self._write(words, size=9, height=5)

    def row(self, label: str, words: str) -> None:
        pdf = self._pdf
        pdf.set_font(FAMILY, size=10.5)
        pdf.cell(LABEL_MM, LINE_MM, label)
        pdf.multi_cell(0, LINE_MM, words, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def picture(self, jpeg: bytes) -> None:
        self._pdf.ln(2)
        self._pdf.image(BytesIO(jpeg), w=self._pdf.epw)
        self._pdf.ln(2)

    def done(self) -> bytes:
        return bytes(self._pdf.output())

    def _write(self, words: str, *, size: float, height: float) -> None:
        self._pdf.set_font(FAMILY, size=size)
        self._pdf.multi_cell(0, height, words, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


class _Numbered(FPDF):
    """A document with a line at the foot of every page."""

    def __init__(self, footer: str) -> None:
        super().__init__(format="A4")
        self._footer = footer

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(FAMILY, size=8)
        self.cell(0, 6, f"{self._footer}　第 {self.page_no()} 页", align="C")
