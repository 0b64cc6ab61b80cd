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
