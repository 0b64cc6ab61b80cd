/** What the invented answers are made of: looser than the contract, development only. */

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

export interface ApiError {
  code: string;
  message: string;
  field?: string | null;
  remedy?: string | null;
  details?: { field: string; message: string }[] | null;
  retry_after_s?: number;
}

export type Permission =
  | "see_orders"
  | "see_incidents"
  | "handle_incidents"
  | "dispatch_orders"
  | "do_orders"
  | "verify_orders"
  | "see_devices"
  | "manage_devices"
  | "command_devices"
  | "see_rules"
  | "manage_rules"
  | "see_people"
  | "see_people_full"
  | "see_places"
  | "manage_organisations"
  | "manage_accounts"
  | "see_audit"
  | "see_quarantine"
  | "run_demo";

export interface Grant {
  id: Uuid;
  role: string;
  role_title: string;
  target_kind: string;
  target_id: Uuid;
  target_title: string;
  valid_to: Instant | null;
}

export interface Me {
  account: { id: Uuid; login: string; display_name: string; phone_masked: string | null; must_change_password: boolean };
  grants: Grant[];
  permissions: Permission[];
  home: "workplace" | "my_orders" | "admin";
  organisation: { id: Uuid; title: string; kind: string } | null;
  csrf: string;
  demo: boolean;
  installation_title: string;
  second_factor: { enrolled: boolean; required: boolean; codes_left: number };
  terminal: string | null;
}

export interface DemoAccount {
  login: string;
  title: string;
  password: string;
  words?: string;
}

export type Severity = "critical" | "danger" | "warning" | "notice";
export type IncidentState = "open" | "handling" | "resolved" | "confirmed" | "closed" | "false_alarm" | "merged";
export type OrderState =
  | "offered"
  | "accepted"
  | "arrived"
  | "fixed"
  | "verified"
  | "refused"
  | "transferred"
  | "expired"
  | "cancelled";
export type Level = "property" | "community" | "street" | "county";

export interface Deadline {
  kind: "accept" | "arrive" | "fix" | "verify";
  kind_title: string;
  due_at: Instant;
}

export interface IncidentOrder {
  id: Uuid;
  state: OrderState;
  state_title: string;
  assignee_name: string | null;
  company_title: string | null;
  offered_at?: Instant | null;
  accepted_at: Instant | null;
}

export interface IncidentRow {
  id: Uuid;
  code: string;
  version: number;
  line: string;
  what: string;
  estate: Titled;
  place_title: string;
  category: string;
  category_title: string;
  severity: Severity;
  state: IncidentState;
  state_title: string;
  opened_at: Instant;
  received_at: Instant;
  last_seen_at: Instant;
  times_seen: number;
  owner: Titled | null;
  level: Level;
  deadline: Deadline | null;
  overdue: boolean;
  order: IncidentOrder | null;
  source: { kind: "device" | "person"; title: string; device_id: Uuid | null };
  evidence_count: number;
  taken_by: string | null;
  ringing: boolean;
}

export interface IncidentCounts {
  by_severity: Partial<Record<Severity, number>>;
  by_state: Partial<Record<IncidentState, number>>;
  overdue: number;
  closed_today: number;
  loop_rate: number | null;
  median_accept_s: number | null;
}

export interface Evidence {
  file_id: Uuid;
  kind: string;
  url: string;
}

export interface Step {
  seq: number;
  at: Instant;
  actor_name: string;
  actor_kind: "person" | "rule" | "clock" | "device";
  kind: string;
  title: string;
  words: string | null;
  evidence: Evidence[];
  data: Record<string, unknown> | null;
}

export interface Move {
  move: string;
  title: string;
  needs_words: boolean;
}

export interface OrderMove extends Move {
  needs_photo: boolean;
}

export interface IncidentAlert {
  id: Uuid;
  rule_title: string;
  rule_version: number;
  device: { id: Uuid; code: string; title: string } | null;
  found_at: Instant;
  last_seen_at: Instant;
  times_seen: number;
  state: string;
  explanation: {
    sentence: string;
    readings: { property_title: string; value: number | string | boolean; unit: string | null; observed_at: Instant }[];
    since: Instant | null;
  };
}

export interface Order {
  id: Uuid;
  code: string;
  incident_id: Uuid;
  incident_code: string;
  version: number;
  line: string;
  what: string;
  estate: Titled;
  place_title: string;
  place_path: string | null;
  severity: Severity;
  state: OrderState;
  state_title: string;
  company: Titled | null;
  assignee: { account_id: Uuid; name: string } | null;
  words: string | null;
  offered_at: Instant;
  accepted_at: Instant | null;
  arrived_at: Instant | null;
  fixed_at: Instant | null;
  verified_at: Instant | null;
  deadline: Deadline | null;
  overdue: boolean;
  evidence: Evidence[];
  moves: OrderMove[];
  position: { lat: number; lng: number } | null;
}

export interface Plan {
  buildings: { id: Uuid; title: string; x: number; y: number; w: number; h: number }[];
  width: number;
  height: number;
  marks: { place_id: Uuid; title: string; x: number; y: number; here: boolean }[];
}

export interface Incident extends IncidentRow {
  alerts: IncidentAlert[];
  orders: Order[];
  story: Step[];
  places: { place_id: Uuid; title: string; path: string }[];
  people_nearby: { title: string; phone_masked: string | null; role_title: string }[];
  moves: Move[];
  plan: Plan | null;
}

export interface Suggestion {
  company: Titled;
  duty_title: string;
  assignees: {
    account_id: Uuid;
    name: string;
    phone_masked: string | null;
    role_title: string;
    load: number;
    on_duty: boolean;
    reason: string;
  }[];
}

export interface BulkResult {
  done: Uuid[];
  refused: { id: Uuid; code: string; message: string }[];
}

export interface StoredFile {
  id: Uuid;
  url: string;
  width: number | null;
  height: number | null;
  bytes: number;
}

export interface Message {
  id: Uuid;
  at: Instant;
  template: string;
  title: string;
  words: string;
  incident_id: Uuid | null;
  order_id: Uuid | null;
  read_at: Instant | null;
}

export interface Estate {
  id: Uuid;
  code: string;
  title: string;
  community: Titled | null;
  company: Titled | null;
  buildings: number;
  homes: number;
  devices: number;
  open_incidents: number;
}

export interface Place {
  id: Uuid;
  kind: string;
  title: string;
  path: string;
  children: number;
  devices: number;
}
