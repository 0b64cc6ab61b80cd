/** The shapes of the HTTP contract by the names the pages use. Made from schema.d.ts, which is made from the server. */
import type { paths } from "./schema";

type Ok<R> = R extends { 200: { content: { "application/json": infer T } } }
  ? T
  : R extends { 201: { content: { "application/json": infer T } } }
    ? T
    : R extends { 202: { content: { "application/json": infer T } } }
      ? T
      : never;
/** What `method` on `path` answers when all goes well. */
export type Answer<P extends keyof paths, M extends "get" | "post" | "patch"> = paths[P][M] extends { responses: infer R } ? Ok<R> : never;
/** What is sent with `method` on `path`. */
export type Body<P extends keyof paths, M extends "post" | "patch"> = paths[P][M] extends {
  requestBody: { content: { "application/json": infer T } };
}
  ? T
  : never;

export type Uuid = string;
/** ISO 8601, UTC. */
export type Instant = string;

export interface Titled {
  id: Uuid;
  title: string;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
  total: number;
}

/** The body of every answer that is not 2xx. */
export interface ApiError {
  code: string;
  message: string;
  field?: string | null;
  remedy?: string | null;
  details?: { field: string; message: string }[] | null;
  retry_after_s?: number | null;
}

export type Me = Answer<"/api/session", "get">;
export type Permission = Me["permissions"][number];
export type Grant = Me["grants"][number];

export interface DemoAccount {
  login: string;
  title: string;
  password: string;
}

export type IncidentRow = Answer<"/api/incidents", "get">["items"][number];
export type Severity = IncidentRow["severity"];
export type IncidentState = IncidentRow["state"];
export type Level = IncidentRow["level"];
export type Deadline = NonNullable<IncidentRow["deadline"]>;
export type IncidentOrder = NonNullable<IncidentRow["order"]>;
export type IncidentCounts = Answer<"/api/incidents/counts", "get">;
export type Category = Answer<"/api/incidents/categories", "get">[number];
export type Incident = Answer<"/api/incidents/{incident_id}", "get">;
export type IncidentAlert = Incident["alerts"][number];
export type OrderLine = Incident["orders"][number];
export type Step = Incident["story"][number];
export type Evidence = Step["evidence"][number];
export type Move = Incident["moves"][number];
export type Plan = NonNullable<Incident["plan"]>;
export type Suggestion = Answer<"/api/incidents/{incident_id}/suggestions", "get">[number];
export type Colleague = Suggestion["assignees"][number];
export type BulkResult = Answer<"/api/incidents/bulk", "post">;
export type NewIncident = Body<"/api/incidents", "post">;

export type Order = Omit<Answer<"/api/orders/{order_id}", "get">, "severity"> & { severity: Severity };
export type OrderState = Order["state"];
export type OrderMove = Order["moves"][number];

export type StoredFile = Answer<"/api/files", "post">;
export type Message = Answer<"/api/messages", "get">["items"][number];
export type Estate = Answer<"/api/estates", "get">[number];
export type Place = Answer<"/api/places", "get">[number];

export type Device = Answer<"/api/devices", "get">["items"][number];
export type DeviceDetail = Answer<"/api/devices/{device_id}", "get">;
export type DeviceCounts = Answer<"/api/devices/counts", "get">;
export type DeviceKind = Answer<"/api/device-kinds", "get">[number];
export type DriverSheet = Answer<"/api/drivers", "get">[number];
export type DeviceProperty = DeviceKind["properties"][number];
export type CommandKind = DeviceKind["commands"][number];
export type CommandParam = CommandKind["params"][number];
export type DeviceCommand = Answer<"/api/devices/{device_id}/commands", "get">[number];
export type DeviceEvent = Answer<"/api/devices/{device_id}/events", "get">[number];
export type Series = Answer<"/api/devices/{device_id}/series", "get">;
export type Credential = Answer<"/api/connections/{connection_id}/rotate", "post">;
export type Registered = Answer<"/api/devices", "post">;
export type Unissued = Answer<"/api/connections/unissued", "get">;
export type SiteConnection = Answer<"/api/connections", "get">[number];
export type Held = Answer<"/api/quarantine", "get">["items"][number];
export type HeldCounts = Answer<"/api/quarantine/counts", "get">;
export type Rule = Answer<"/api/rules", "get">[number];
export type RuleSetting = Rule["settings"][number];
export type EstatePlanView = Answer<"/api/estates/{estate_id}/plan", "get">;
export type PlaceDetail = Answer<"/api/places/{place_id}", "get">;
export type PersonRow = Answer<"/api/people", "get">["items"][number];
export type ErasureRow = Answer<"/api/erasures", "get">["items"][number];
export type Erasure = Answer<"/api/people/{person_id}/erasure", "get">;
export type Person = Answer<"/api/people/{person_id}", "get">;
export type Organisation = Answer<"/api/organisations", "get">[number];
export type Contract = Organisation["contracts"][number];
export type Account = Answer<"/api/accounts", "get">["items"][number];
export type FirstPassword = Answer<"/api/accounts", "post">;
export type RoleInfo = Answer<"/api/roles", "get">[number];
export type AuditEntry = Answer<"/api/audit", "get">["items"][number];
export type AuditAction = Answer<"/api/audit/actions", "get">[number];
export type Health = Answer<"/api/health", "get">;
export type Scene = Answer<"/api/demo/scenes", "get">[number];
export type Outgoing = Answer<"/api/messages/outgoing", "get">["items"][number];

export type Workplace = Answer<"/api/workplace", "get">;
export type TallyLine = Workplace["waits"][number];
export type TallyRow = Answer<"/api/workplace/lists/{code}", "get">["items"][number];
export type TaskPage = Answer<"/api/tasks", "get">;
export type Task = TaskPage["items"][number];
export type TaskCandidate = Answer<"/api/tasks/people", "get">[number];
export type GridCommunity = Answer<"/api/grids/communities", "get">[number];
export type Grids = Answer<"/api/grids", "get">;
export type Grid = Grids["grids"][number];
export type IncidentPartner = Answer<"/api/incidents/{incident_id}/partners", "get">[number];
export type GuestLink = Answer<"/api/orders/{order_id}/guest-links", "get">[number];
export type GuestLinkMade = Answer<"/api/orders/{order_id}/guest-links", "post">;
export type GuestOrder = Answer<"/api/guest/order", "get">;
export type Roster = Answer<"/api/rosters", "get">;
export type Shift = Roster["shifts"][number];
export type ShiftPattern = Roster["patterns"][number];
export type RosterPerson = Roster["crew"][number];
export type ShiftSwap = Answer<"/api/rosters/swaps", "get">[number];
export type Handover = Answer<"/api/rosters/hand-overs", "get">[number];
export type RosterOrganisation = Answer<"/api/rosters/organisations", "get">[number];
export type CalendarYear = Answer<"/api/calendar/years/{year}", "get">;

export type PersonVersion = Answer<"/api/people/{person_id}/versions", "get">[number];
export type PersonMerge = Answer<"/api/people/{person_id}/merges", "get">[number];
export type Holdings = Answer<"/api/people/{person_id}/holdings", "get">;
export type Stay = Answer<"/api/places/{place_id}/stays", "get">[number];
export type Twin = Answer<"/api/twins", "get">["items"][number];
export type Correction = Answer<"/api/corrections", "get">["items"][number];
export type HomePicture = Answer<"/api/homes/{home_id}", "get">;
export type OpeningBalances = Answer<"/api/opening-balances", "get">;
export type OpeningBalance = OpeningBalances["items"][number];
export type HomesPage = Answer<"/api/homes", "get">;
export type HomeLine = HomesPage["items"][number];
export type Vehicle = Answer<"/api/vehicles", "get">["items"][number];
export type Enterprise = Answer<"/api/enterprises", "get">["items"][number];
export type Facility = Answer<"/api/facilities", "get">["items"][number];
export type FacilityDetail = Answer<"/api/facilities/{facility_id}", "get">;
export type FacilityCounts = Answer<"/api/facilities/counts", "get">;
export type FacilityKind = Answer<"/api/facilities/kinds", "get">[number];
export type Approval = Answer<"/api/approvals/{approval_id}", "get">;
export type Import = Answer<"/api/imports/{import_id}", "get">;
export type ImportFault = Answer<"/api/imports/{import_id}/faults", "get">["items"][number];
export type SheetList = Answer<"/api/imports/sheets", "get">;
export type Completeness = Answer<"/api/completeness", "get">;
export type Standing = Completeness["standings"][number];
export type Gap = Answer<"/api/completeness/gaps", "get">["items"][number];
export type Questions = Answer<"/api/questions", "get">;
export type QuestionAnswer = Ok<paths["/api/questions/answer"]["post"]["responses"]>;

export type KeyPeoplePage = Answer<"/api/key-people", "get">;
export type KeyRow = KeyPeoplePage["items"][number];
export type KeyPerson = Answer<"/api/key-people/{key_id}", "get">;
export type KeyLists = Answer<"/api/key-people/lists", "get">;
export type KeyCounts = Answer<"/api/key-people/counts", "get">;
export type VisitLine = Answer<"/api/key-people/visits", "get">["items"][number];
export type VisitRate = Answer<"/api/key-people/rates", "get">[number];
export type Visitor = Answer<"/api/key-people/visitors", "get">[number];

export type Cockpit = Answer<"/api/cockpit", "get">;
export type CockpitNode = Cockpit["node"];
export type CockpitFigure = Cockpit["figures"][number];
export type CockpitChild = Cockpit["children"][number];
export type CockpitRecord = Answer<"/api/cockpit/records", "get">["items"][number];
export type Pace = Answer<"/api/cockpit/pace", "get">;
export type IndexHistory = Answer<"/api/cockpit/index", "get">;

export type OwnIdentity = Answer<"/api/session/openid/identities", "get">[number];
export type Look = Answer<"/api/looks", "get">["items"][number];
export type Looker = Answer<"/api/looks/lookers", "get">[number];
export type UnusualLook = Answer<"/api/looks/unusual", "get">[number];
export type RetentionTerm = Answer<"/api/retention", "get">[number];
export type RetentionRun = Answer<"/api/retention/runs", "get">["items"][number];
export type LooksAtPerson = Answer<"/api/people/{person_id}/looks", "get">;
export type ApiKey = Answer<"/api/keys", "get">[number];
export type NewApiKey = Answer<"/api/accounts/{account_id}/keys", "post">;

export type Modules = Answer<"/api/modules", "get">;
export type ModuleSheet = Modules["modules"][number];
export type ModuleSwitch = Modules["off"][number];
export type ModuleCode = ModuleSheet["code"];
export type Hushed = Answer<"/api/rules/hushed", "get">[number];
export type HushedCount = Answer<"/api/rules/hushed/counts", "get">[number];
export type Drills = Answer<"/api/drills", "get">;
export type Drill = Drills["items"][number];
export type DrillDetail = Answer<"/api/drills/{drill_id}", "get">;
export type Scenario = Answer<"/api/drills/scenarios", "get">[number];
export type Cards = Answer<"/api/cards", "get">;
export type Card = Cards["items"][number];
