"""How long the pages of a full county wait for their answers.

`make demo`, then `linli demo --county`, and when it is loaded:
`python -m benchmarks.county [--url http://127.0.0.1:8000] [--times 30]`

Asks a running demo over HTTP what the pages ask, as the county's officer and as one community's
duty officer, one request after the other, and prints p50, p95 and the longest of each. It changes
nothing.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from linli.app.demo.accounts import PASSWORD

OFFICERS = {"区县": "xian", "社区": "shequ"}
WARM_UP = 2


@dataclass(frozen=True, slots=True)
class Question:
    """What a page asks."""

    title: str
    path: str
    params: Mapping[str, str]
    body: Mapping[str, Any] | None = None


def questions(client: httpx.Client) -> Iterator[Question]:
    """What the pages of one officer ask."""
    yield Question("工作台", "/api/workplace", {})
    yield Question("值班台：未办结", "/api/incidents", {"state": "active", "limit": "50"})
    yield Question("值班台：全部，最近的", "/api/incidents", {"state": "all", "limit": "50"})
    yield Question(
        "值班台：搜索“电梯”", "/api/incidents", {"state": "all", "q": "电梯", "limit": "50"}
    )
    yield Question("值班台：各状态的数", "/api/incidents/counts", {})
    yield Question("人员搜索：王", "/api/people", {"q": "王", "limit": "50"})
    yield Question("人员搜索：拼音 zhangwei", "/api/people", {"q": "zhangwei", "limit": "50"})
    yield Question("人员搜索：手机后四位", "/api/people", {"q": "1234", "limit": "50"})
    yield Question("重点人员：逾期", "/api/key-people", {"due": "overdue", "limit": "50"})
    yield from _cockpit(client)
    saved = client.get("/api/questions").raise_for_status().json()["saved"]
    for one in saved:
        body = {"clauses": one["clauses"]}
        yield Question(f"联合查询：{one['title']}", "/api/questions/answer", {}, body)


def _cockpit(client: httpx.Client) -> Iterator[Question]:
    """The cockpit at each level that this officer can go down to."""
    node: str | None = None
    while True:
        asked = {"node_id": node} if node else {}
        found = client.get("/api/cockpit", params=asked).raise_for_status().json()
        level = found["node"]["level"]
        yield Question(f"驾驶舱 {level}", "/api/cockpit", asked)
        yield Question(f"驾驶舱 {level}：快慢", "/api/cockpit/pace", asked)
        children = found["children"]
        if not children or children[0]["node"]["id"] is None:
            return
        node = str(children[0]["node"]["id"])


def measured(client: httpx.Client, question: Question, times: int) -> list[float]:
    """Milliseconds of each answer, without the first ones."""
    took: list[float] = []
    for number in range(times + WARM_UP):
        began = time.perf_counter()
        if question.body is None:
            answer = client.get(question.path, params=question.params)
        else:
            answer = client.post(question.path, params=question.params, json=question.body)
        answer.raise_for_status()
        if number >= WARM_UP:
            took.append((time.perf_counter() - began) * 1000)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--times", type=int, default=30)
    asked = parser.parse_args()
    sys.stdout.write("| 谁 | 问什么 | p50 ms | p95 ms | 最长 ms |\n|---|---|---|---|---|\n")
    for title, login in OFFICERS.items():
        with httpx.Client(base_url=asked.url, timeout=60) as client:
            session = client.post("/api/session", json={"login": login, "password": PASSWORD})
            client.headers["X-CSRF-Token"] = session.raise_for_status().json()["csrf"]
            for question in questions(client):
                took = measured(client, question, asked.times)
                p95 = statistics.quantiles(took, n=20)[-1]
                sys.stdout.write(
                    f"| {title} | {question.title} | {statistics.median(took):.0f} | {p95:.0f}"
                    f" | {max(took):.0f} |\n"
                )
                sys.stdout.flush()


if __name__ == "__main__":
    main()
