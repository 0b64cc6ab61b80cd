"""Nobody is shown or may touch a row of another county, whatever address they try.

The demo county stands in the database with its homes, devices, people, an incident and an order.
Staff of a second county walk every endpoint of the OpenAPI document, naming the first county's
rows wherever an id is asked for.
"""

import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, text
from tests.unit.directory.browser import Browser, browser
from tests.unit.directory.town import (
    CIPHER,
    STAFF,
    Offices,
    Town,
    build_town,
    database_beside,
    fill_town,
    offices,
)

from linli.app.assemble import conditions, measures, routers
from linli.app.demo.seeding import DemoDoors, seed
from linli.app.engine.roles import DatabaseUrls, connected
from linli.app.known_devices import RegisteredDevices
from linli.app.settings import load_settings
from linli.app.tables import load, metadata
from linli.app.web.application import WebContext, create_app
from linli.kernel.row_security import EVERYBODY, rule_of
from linli.kernel.work import Workshop
from linli.responding.alerts.contracts import Category
from linli.support.files.public import memory_vault

# How other contexts read their rows is tested beside them.
pytestmark = pytest.mark.filterwarnings("ignore:The Result.tuples")

load()
OWNED: list[Table] = [
    table
    for table in metadata.sorted_tables
    if rule_of(table).seen not in {None, EVERYBODY} and "id" in table.c
]
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
WRITES = ("post", "put", "patch", "delete")

# Not walked: these end or stop the walker's own session, or never end themselves.
NOT_WALKED = {
    ("post", "/api/session"),
    ("delete", "/api/session"),
    ("delete", "/api/sessions"),
    ("post", "/api/session/password"),
    ("get", "/api/live"),
}
# Which table a parameter's or field's name points to; others get any foreign id.
POINTS_TO = {
    "incident_id": "responding_incident",
    "into_incident_id": "responding_incident",
    "order_id": "responding_order",
    "device_id": "sensing_device",
    "connection_id": "sensing_connection",
    "parent_connection_id": "sensing_connection",
    "place_id": "directory_place",
    "home_id": "directory_place",
    "from_home_id": "directory_place",
    "to_home_id": "directory_place",
    "facility_id": "directory_facility",
    "household_id": "directory_household",
    "lease_id": "directory_lease",
    "vehicle_id": "directory_vehicle",
    "enterprise_id": "directory_enterprise",
    "kept_id": "directory_person",
    "gone_id": "directory_person",
    "merge_id": "directory_person_merge",
    "twin_id": "directory_person_twin",
    "correction_id": "directory_person_correction",
    "estate_id": "directory_estate",
    "person_id": "directory_person",
    "account_id": "directory_account",
    "assignee_id": "directory_account",
    "to_account_id": "directory_account",
    "actor_id": "directory_account",
    "grant_id": "directory_grant",
    "contract_id": "directory_service_contract",
    "organisation_id": "directory_organisation",
    "company_id": "directory_organisation",
    "community_id": "directory_organisation",
    "target_id": "directory_estate",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint of the document."""

    method: str
    path: str
    parameters: Sequence[Mapping[str, Any]]
    body: Mapping[str, Any] | None


@dataclass(slots=True)
class Counties:
    """The demo county, the walkers' county, and what the walkers must never see."""

    app: FastAPI
    desks: Offices
    urls: DatabaseUrls
    town: Town
    foreign: dict[str, list[UUID]] = field(default_factory=dict[str, list[UUID]])

    @property
    def foreign_ids(self) -> frozenset[str]:
        return frozenset(str(one) for ids in self.foreign.values() for one in ids)

    def operations(self) -> list[Operation]:
        document: dict[str, Any] = self.app.openapi()
        schemas: dict[str, Any] = document["components"]["schemas"]
        return list(_operations(document["paths"], schemas))


def _operations(paths: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in paths.items():
        for method, told in methods.items():
            if not path.startswith("/api/") or (method, path) in NOT_WALKED:
                continue
            content = told.get("requestBody", {}).get("content", {})
            body = content.get("application/json", {}).get("schema")
            yield Operation(
                method=method,
                path=path,
                parameters=[_resolved(p, schemas) for p in told.get("parameters", [])],
                body=_resolved(body, schemas) if body else None,
            )


def _resolved(node: Any, schemas: Mapping[str, Any]) -> Any:
    """The same schema with its references written out."""
    if isinstance(node, dict):
        known = cast("dict[str, Any]", node)
        if "$ref" in known:
            return _resolved(schemas[str(known["$ref"]).rpartition("/")[2]], schemas)
        return {key: _resolved(value, schemas) for key, value in known.items()}
    if isinstance(node, list):
        return [_resolved(one, schemas) for one in cast("list[Any]", node)]
    return node


# ── the two counties ──


@pytest.fixture(scope="module")
async def counties(
    database: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Counties]:
    template = database.name.rpartition("_")[0] + "_template"
    async with database_beside(database, template) as urls, offices(urls) as desks:
        app = _application(desks, desks.app, str(tmp_path_factory.mktemp("data")))
        async with desks.machine.work() as work:
            doors = DemoDoors(mqtt_host="127.0.0.1", mqtt_port=1, http_url="http://linli.test")
            await seed(work, CIPHER, desks.passwords, doors)
        await _something_happens(app)
        foreign = await _ids(urls)
        async with desks.machine.work() as work:
            town = await build_town(work)
            await fill_town(work, town, desks.passwords)
        yield Counties(app, desks, urls, town, foreign)


def _application(desks: Offices, workshop: Workshop, data: str) -> FastAPI:
    door = desks.door()
    door.workshop = workshop
    return create_app(
        WebContext(
            workshop=workshop,
            door=door,
            vault=memory_vault(),
            routers=routers(),
            folder=load_settings({"data": data}).data,
            state={
                "cipher": CIPHER,
                "settings": load_settings({"data": data}),
                "conditions": conditions(),
                "measures": measures(),
                "known_devices": RegisteredDevices(),
            },
        )
    )


async def _something_happens(app: FastAPI) -> None:
    """A resident's report becomes an incident, and the property company gets an order."""
    async with browser(app) as page:
        assert (await page.sign_in("shequ", "linli-demo")).status_code == 200
        (estate,) = (await page.get("/api/estates")).json()
        body: dict[str, Any] = {
            "estate_id": estate["id"],
            "place_id": None,
            "category": next(iter(Category)).value,
            "severity": "warning",
            "words": "楼道堆放杂物",
            "evidence": [],
        }
        made = await page.post("/api/incidents", body)
        assert made.status_code < 300, made.text
        incident = made.json()
        order = await page.post(
            f"/api/incidents/{incident['id']}/orders",
            {
                "company_id": None,
                "assignee_id": None,
                "words": "请处理",
                "expected_version": incident["version"],
            },
        )
        assert order.status_code < 300, order.text


async def _ids(urls: DatabaseUrls) -> dict[str, list[UUID]]:
    found: dict[str, list[UUID]] = {}
    async with connected(urls.admin) as admin:
        for table in OWNED:
            rows = await admin.scalars(text(f"SELECT id FROM {table.name}"))  # noqa: S608
            found[table.name] = [one for one in rows if isinstance(one, UUID)]
    return {name: ids for name, ids in found.items() if ids}


async def _fingerprints(counties: Counties) -> dict[str, str]:
    """What the first county's rows look like, table by table."""
    prints: dict[str, str] = {}
    async with connected(counties.urls.admin) as admin:
        for name, ids in counties.foreign.items():
            rows = text(
                f"SELECT md5(string_agg(t::text, '|' ORDER BY t.id)) FROM {name} AS t"  # noqa: S608
                " WHERE t.id = ANY (:ids)"
            )
            prints[name] = str(await admin.scalar(rows, {"ids": ids}))
        estates = counties.foreign["directory_estate"]
        for table in metadata.sorted_tables:
            # Looks and refusals of the walkers are recorded; everything else must stay as it was.
            if "estate_id" in table.c and table.name != "support_audit_entry":
                count = text(
                    f"SELECT count(*) FROM {table.name} WHERE estate_id = ANY (:ids)"  # noqa: S608
                )
                prints[f"{table.name}#"] = str(await admin.scalar(count, {"ids": estates}))
    return prints


# ── walking ──


@dataclass(frozen=True, slots=True)
class Seen:
    """A foreign row that was shown, or an address that did what it must not."""

    method: str
    path: str
    status: int
    ids: frozenset[str]


def foreign_id(data: st.DataObject, counties: Counties, name: str) -> str:
    ids = counties.foreign.get(POINTS_TO.get(name, ""))
    if ids is None:
        ids = [one for some in counties.foreign.values() for one in some[:3]]
    return str(data.draw(st.sampled_from(ids), label=name))


def value_for(data: st.DataObject, counties: Counties, name: str, schema: Mapping[str, Any]) -> Any:
    """Something that fits the schema; a foreign id wherever an id may stand."""
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        real = [one for one in choices if one.get("type") != "null"]
        return value_for(data, counties, name, data.draw(st.sampled_from(real)))
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return data.draw(st.sampled_from(schema["enum"]), label=name)
    if schema.get("format") == "uuid" or (name == "ids" and schema.get("type") == "string"):
        return foreign_id(data, counties, name)
    if schema.get("format") == "date-time":
        return "2026-11-22T08:00:00Z"
    match schema.get("type"):
        case "object":
            properties: dict[str, Any] = schema.get("properties", {})
            return {key: value_for(data, counties, key, told) for key, told in properties.items()}
        case "array":
            return [value_for(data, counties, name, schema.get("items", {}))]
        case "boolean":
            return data.draw(st.booleans(), label=name)
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case _:
            return "巡查核实" if "pattern" not in schema else "YG1234567"


async def step(
    data: st.DataObject, counties: Counties, page: Browser, operation: Operation
) -> Seen | None:
    """Send one request; answers what was wrong about its answer."""
    path, query = operation.path, dict[str, Any]()
    for parameter in operation.parameters:
        name, schema = str(parameter["name"]), parameter.get("schema", {})
        if parameter["in"] == "path":
            path = path.replace(f"{{{name}}}", str(value_for(data, counties, name, schema)))
        elif parameter["in"] == "query" and data.draw(st.booleans(), label=f"with {name}"):
            query[name] = value_for(data, counties, name, schema)
    body = value_for(data, counties, "body", operation.body) if operation.body else None
    answer = await page.client.request(
        operation.method, path, params=query, json=body, headers=page.csrf()
    )
    assert answer.status_code < 500, (operation.method, path, answer.text)
    sent = set(UUIDS.findall(f"{path} {query} {body}"))
    shown = (set(UUIDS.findall(answer.text)) - sent) & counties.foreign_ids
    named = set(UUIDS.findall(path)) & counties.foreign_ids
    if shown or (named and _did_something(operation, answer)):
        return Seen(operation.method, path, answer.status_code, frozenset(shown))
    return None


def _did_something(operation: Operation, answer: httpx.Response) -> bool:
    """An address that names a foreign row answers nothing, or an empty list."""
    if not answer.is_success:
        return False
    return operation.method in WRITES or answer.json() not in ([], {"items": [], "total": 0})


@asynccontextmanager
async def walker(counties: Counties, app: FastAPI, name: str) -> AsyncGenerator[Browser]:
    async with browser(app, f"walk {name}") as page:
        answer = await page.sign_in(counties.town.login(name))
        assert answer.status_code == 200, answer.text
        yield page


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)
@given(data=st.data())
async def test_nobody_sees_or_touches_another_countys_rows(
    counties: Counties, data: st.DataObject
) -> None:
    before = await _fingerprints(counties)
    name = data.draw(st.sampled_from(list(STAFF)), label="actor")
    wrong: list[Seen] = []
    async with walker(counties, counties.app, name) as page:
        for operation in counties.operations():
            seen = await step(data, counties, page, operation)
            if seen:
                wrong.append(seen)
    assert wrong == []
    assert await _fingerprints(counties) == before


@pytest.mark.parametrize("name", list(STAFF))
async def test_every_list_and_count_stays_at_home(counties: Counties, name: str) -> None:
    """Each address that asks for nothing is read by each kind of staff."""
    async with walker(counties, counties.app, name) as page:
        for operation in counties.operations():
            if operation.method != "get" or "{" in operation.path:
                continue
            answer = await page.client.get(operation.path)
            shown = set(UUIDS.findall(answer.text)) & counties.foreign_ids
            assert not shown, (operation.path, shown)


async def test_the_walk_would_notice_a_role_that_bypasses_row_security(
    counties: Counties, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same addresses, served by a role that row security does not bind, show foreign rows."""
    folder = str(tmp_path_factory.mktemp("data"))
    bypassing = _application(counties.desks, counties.desks.machine, folder)
    leaks: set[str] = set()
    async with walker(counties, bypassing, "shequ") as page:
        for operation in counties.operations():
            if operation.method == "get" and "{" not in operation.path:
                answer = await page.client.get(operation.path)
                if set(UUIDS.findall(answer.text)) & counties.foreign_ids:
                    leaks.add(operation.path)
    # The search for people names the session's estates itself; the registers trust the database.
    assert {"/api/estates", "/api/vehicles", "/api/devices"} <= leaks
