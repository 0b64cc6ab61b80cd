"""What goes wrong is answered as JSON in plain Chinese: what it is, where, and what to do next."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from linli.kernel.errors import BadInput, FieldFault, Refusal, TooMany

PLACES = frozenset({"body", "query", "path", "header", "cookie"})


class FaultBody(BaseModel):
    """One wrong field."""

    model_config = ConfigDict(frozen=True)

    field: str = Field(description="字段路径，例如 phone 或 settings.low")
    message: str = Field(description="哪里不对，中文")


class RefusalBody(BaseModel):
    """The body of every answer that is not 2xx."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="稳定的英文代码")
    message: str = Field(description="发生了什么，中文")
    field: str | None = Field(default=None, description="出错的字段")
    remedy: str | None = Field(default=None, description="接下来可以怎么做")
    details: list[FaultBody] | None = Field(default=None, description="每个出错的字段")
    retry_after_s: int | None = Field(default=None, description="多少秒后可以再试")


class TooLarge(Refusal):
    """The body is longer than this address takes."""

    status = 413
    code = "too_large"
    text = "上传的内容太大"


class UnusableText(BadInput):
    """The request holds a sign that no text can hold (a zero byte, half a character)."""

    code = "unusable_text"
    text = "内容里有不能使用的字符，请删去后再提交"


class UnusableMoment(BadInput):
    """The request holds a moment before year 1 or after 9999."""

    code = "unusable_moment"
    text = "时间超出了可以使用的范围，请检查年份"


class Away(Refusal):
    """The database is away for a moment; the same request may be sent again."""

    status = 503
    code = "away"
    text = "系统正在恢复，请稍后再试"


def answer(
    refusal: Refusal, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The refusal as a response. A wait in seconds also goes into `Retry-After`."""
    wait = retry_after_of(refusal)
    body = RefusalBody(
        code=refusal.code,
        message=refusal.message,
        field=refusal.field,
        remedy=refusal.remedy,
        details=[FaultBody(field=f.field, message=f.message) for f in refusal.faults] or None,
        retry_after_s=wait,
    )
    all_headers = dict(headers or {})
    if wait is not None:
        all_headers["Retry-After"] = str(wait)
    content = body.model_dump(exclude=set() if wait is not None else {"retry_after_s"})
    return JSONResponse(content, status or refusal.status, headers=all_headers)


def retry_after_of(refusal: Refusal) -> int | None:
    if isinstance(refusal, TooMany):
        return refusal.retry_after_s
    wait = getattr(refusal, "retry_after_s", None)
    return wait if isinstance(wait, int) else None


def unexpected(error_id: str) -> JSONResponse:
    """A bug: nothing of it is shown but the number under which it was logged."""
    body = RefusalBody(
        code="unexpected",
        message=f"系统出了问题，编号 {error_id}",
        remedy="请稍后再试；若仍不行，把编号告诉管理员",
    )
    return JSONResponse(body.model_dump(exclude={"retry_after_s"}), 500)


def install(app: FastAPI) -> None:
    """Teach the application to answer refusals, wrong input and unknown addresses."""
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(RequestValidationError, _wrong_input)
    app.add_exception_handler(HTTPException, _http)


async def _refusal(_request: Request, error: Exception) -> JSONResponse:
    return answer(cast("Refusal", error))


async def _wrong_input(_request: Request, error: Exception) -> JSONResponse:
    errors = cast("RequestValidationError", error).errors()
    faults = tuple(
        FieldFault(field=_field(fault["loc"]), message=said(fault["type"], fault.get("ctx") or {}))
        for fault in cast("Sequence[dict[str, Any]]", errors)
    )
    first = faults[0] if faults else FieldFault(field="", message=BadInput.text)
    return answer(
        BadInput(
            f"填写的内容有误：{first.message}",
            field=first.field or None,
            remedy="请按提示修改后再提交",
            faults=faults,
        )
    )


HTTP_TEXTS = {
    404: ("not_found", "没有这个地址"),
    405: ("method_not_allowed", "这个地址不支持这种操作"),
}


async def _http(_request: Request, error: Exception) -> JSONResponse:
    http = cast("HTTPException", error)
    code, message = HTTP_TEXTS.get(http.status_code, ("refused", Refusal.text))
    body = RefusalBody(code=code, message=message).model_dump(exclude={"retry_after_s"})
    return JSONResponse(body, http.status_code, headers=http.headers)


def _field(place: Sequence[str | int]) -> str:
    steps = [str(step) for step in place]
    if steps and steps[0] in PLACES:
        steps = steps[1:]
    return ".".join(steps)


TEXTS: Mapping[str, str] = {
    "missing": "请填写",
    "json_invalid": "内容不是正确的 JSON",
    "extra_forbidden": "不认识这个字段",
    "string_type": "应是文字",
    "string_too_short": "至少 {min_length} 个字",
    "string_too_long": "最多 {max_length} 个字",
    "string_pattern_mismatch": "格式不对",
    "bool_type": "应是“是”或“否”",
    "bool_parsing": "应是“是”或“否”",
    "int_type": "应是整数",
    "int_parsing": "应是整数",
    "int_from_float": "应是整数",
    "float_type": "应是数字",
    "float_parsing": "应是数字",
    "finite_number": "应是数字",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "不能大于 {le}",
    "uuid_type": "编号的格式不对",
    "uuid_parsing": "编号的格式不对",
    "uuid_version": "编号的格式不对",
    "enum": "不是可选的值",
    "literal_error": "不是可选的值",
    "list_type": "应是列表",
    "dict_type": "应是一组键和值",
    "model_attributes_type": "应是一组键和值",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "none_required": "这里应为空",
    "timezone_aware": "时间要带时区",
}


def said(kind: str, context: Mapping[str, Any]) -> str:
    """One of pydantic's error types (docs: "Validation Errors") in words for the person."""
    if kind == "value_error":
        error = context.get("error")
        return str(error) if isinstance(error, ValueError) and str(error) else "内容不正确"
    if kind.startswith(("datetime", "date", "time")) and kind not in TEXTS:
        return "时间的格式不对"
    template = TEXTS.get(kind)
    return "内容不正确" if template is None else template.format_map(dict(context))
