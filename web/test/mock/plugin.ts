/** Answers /api in the development server (`npm run mock`), so pages can be looked at without linli. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connect, Plugin } from "vite";
import type { Incident, Me, Order } from "./shapes.ts";
import { incidents, listeners, log, make, makeOrder, messages, orders, people, picture, setState, step, sync, tell, YG } from "./world.ts";

interface Ask {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
  me: Me | null;
}
class Refusal extends Error {
  constructor(readonly status: number, readonly body: Record<string, unknown>) {
    super(String(body["message"]));
  }
}
const refuse = (status: number, code: string, message: string, remedy: string | null = null, more = {}): never => {
  throw new Refusal(status, { code, message, remedy, field: null, details: null, ...more });
};

const page = <T>(items: T[], limit = 50) => ({ items: items.slice(0, limit), next_cursor: items.length > limit ? "2" : null, total: items.length });
const row = (incident: Incident) => {
  const { alerts: _a, orders: _o, story: _s, places: _p, people_nearby: _n, moves: _m, plan: _l, ...rest } = incident;
  return rest;
};
const bump = (incident: Incident) => {
  incident.version += 1;
  tell("incident_changed", { incident_id: incident.id, estate_id: YG.id, version: incident.version, severity: incident.severity });
};
const find = (id: string): Incident => incidents.get(id) ?? refuse(404, "not_found", "没有找到，或您无权查看");
const findOrder = (id: string): Order => orders.get(id) ?? refuse(404, "not_found", "没有找到，或您无权查看");

const RING = { critical: 0, danger: 1, warning: 2, notice: 3 };
const ACTIVE = ["open", "handling", "resolved", "confirmed"];
let wrong = 0;
const done = new Map<string, unknown>();

function moveOrder(order: Order, body: Record<string, unknown>, me: Me): Order {
  const incident = find(order.incident_id);
  if (body["expected_version"] !== order.version) refuse(409, "stale_version", "这张工单刚刚有了变化", "请看过最新内容后再操作");
  const move = String(body["move"]);
  if (!order.moves.some((one) => one.move === move)) refuse(409, "illegal_move", `工单现在是「${order.state_title}」，不能这样操作`);
  const at = String(body["happened_at"] ?? new Date().toISOString());
  const states = { accept: "accepted", refuse: "refused", arrive: "arrived", fix: "fixed", verify: "verified", cancel: "cancelled", transfer: "offered", send_back: "arrived" } as const;
  order.state = states[move as keyof typeof states];
  if (move === "accept") Object.assign(order, { accepted_at: at, assignee: { account_id: me.account.id, name: me.account.display_name } });
  if (move === "arrive") order.arrived_at = at;
  if (move === "fix") {
    order.fixed_at = at;
    order.evidence = (body["evidence"] as string[]).map((file_id) => ({ file_id, kind: "image", url: picture("处置后", 140) }));
    setState(incident, "resolved");
  }
  if (move === "verify") {
    order.verified_at = at;
    setState(incident, "confirmed");
  }
  order.version += 1;
  sync(incident, order);
  const told = step(incident, `${me.account.display_name}${{ accept: "接单", refuse: "拒单", arrive: "已到场", fix: "处置完成", verify: "核实通过", cancel: "撤回工单", transfer: "转派", send_back: "退回重做" }[move] ?? move}`, me.account.display_name, "person", String(body["words"] ?? "") || null);
  told.evidence = move === "fix" ? order.evidence : [];
  tell("order_changed", { order_id: order.id, incident_id: incident.id, estate_id: YG.id, version: order.version });
  bump(incident);
  return order;
}

/** Counted from the invented incidents: a community and its one estate. */
function workplace(path: string, me: Me): unknown {
  const active = [...incidents.values()].filter(({ state }) => ACTIVE.includes(state));
  const late = active.filter(({ overdue }) => overdue);
  if (path !== "/api/workplace") {
    const found = path.endsWith("overdue") ? late : active;
    return { title: "", ...page(found.map((one) => ({ id: one.id, title: one.line, detail: one.state_title, at: one.opened_at, estate_id: YG.id, estate_title: YG.title, opens: `/incidents/${one.id}` }))) };
  }
  const line = (code: string, title: string, kind: string, total: number, good: boolean | null) => ({ code, title, kind, total, good, opens: "/incidents/{id}", listed: true });
  const ground = { id: me.organisation?.id ?? "c1", level: "community", level_title: "社区", title: me.organisation?.title ?? "仁里社区" };
  const figures = [line("incidents.active", "未办结事件", "figure", active.length, null)];
  return {
    ground,
    above: [ground],
    waits: [line("incidents.overdue", "超过时限的事件", "waits", late.length, false)],
    figures,
    parts: [{ ground: { id: YG.id, level: "estate", level_title: "小区", title: YG.title }, totals: { "incidents.active": active.length } }],
    counted_at: new Date().toISOString(),
  };
}

function answer({ method, path, query, body, me }: Ask): unknown {
  const ask = `${method} ${path}`;
  if (ask === "GET /api/installation") return { title: "邻里 · 仁里社区", demo: true };
  if (ask === "GET /api/demo/accounts") return { items: people.map(({ account, grants }) => ({ login: account.login, title: grants[0]?.role_title ?? "", password: "linli-demo" })) };
  if (ask === "POST /api/session") {
    const who = people.find(({ account }) => account.login === body["login"]);
    if (wrong >= 5) refuse(423, "locked_out", "尝试次数太多，账号已暂时锁定", null, { retry_after_s: 58 });
    if (!who || body["password"] !== "linli-demo") {
      wrong += 1;
      refuse(401, "wrong_credentials", "账号或密码不对", wrong >= 3 ? `再错 ${5 - wrong} 次将暂时锁定` : null);
    }
    wrong = 0;
    return who;
  }
  if (!me) return refuse(401, "not_signed_in", "请先登录");
  if (ask === "GET /api/session") return me;
  if (ask === "GET /api/estates") return [{ ...YG, code: "YG", community: null, company: null, buildings: 6, homes: 300, devices: 80, open_incidents: 9 }, { id: "e2", title: "锦绣家园", code: "JX", community: null, company: null, buildings: 4, homes: 180, devices: 0, open_incidents: 0 }];
  if (ask === "GET /api/incidents/categories") return [["lift", "电梯安全"], ["fire", "火灾烟雾"], ["elder", "独居老人"], ["water", "用水异常"], ["access", "门禁异常"], ["device_fault", "设备故障"], ["report", "人工上报"]].map(([code, title]) => ({ code, title }));
  if (path === "/api/workplace" || path.startsWith("/api/workplace/lists/")) return workplace(path, me);
  if (ask === "GET /api/rosters/mine") return [];
  if (ask === "GET /api/tasks") return page([]);
  if (ask === "GET /api/messages") return { items: messages, next_cursor: null, total: messages.length };
  if (ask === "GET /api/places") return page(query.get("parent_id") ? [{ id: "p1", kind: "lift", title: "3号电梯", path: "", children: 0, devices: 2 }] : ["1号楼", "2号楼", "3号楼", "南门"].map((title) => ({ id: title, kind: "building", title, path: title, children: 3, devices: 9 })));
  if (ask === "POST /api/files") return { id: crypto.randomUUID(), url: picture("现场", 140), width: 1600, height: 1200, bytes: 240_000 };

  if (ask === "GET /api/incidents/counts") {
    const all = [...incidents.values()];
    const active = all.filter(({ state }) => ACTIVE.includes(state));
    const tally = (key: "severity" | "state", of: Incident[]) => {
      const sum: Record<string, number> = {};
      for (const one of of) sum[one[key]] = (sum[one[key]] ?? 0) + 1;
      return sum;
    };
    return { by_severity: tally("severity", active), by_state: tally("state", all), overdue: active.filter(({ overdue }) => overdue).length, closed_today: 7, loop_rate: 0.968, median_accept_s: 74 };
  }
  if (ask === "GET /api/incidents") {
    const ids = query.get("ids")?.split(",");
    const state = query.get("state") ?? "active";
    const found = [...incidents.values()].filter((one) => {
      if (ids) return ids.includes(one.id);
      if (state === "active" ? !ACTIVE.includes(one.state) : state !== "all" && one.state !== state) return false;
      if (query.get("severity") && query.get("severity") !== one.severity) return false;
      if (query.get("estate_id") && query.get("estate_id") !== one.estate.id) return false;
      if (query.get("category") && query.get("category") !== one.category) return false;
      const q = query.get("q");
      return !q || one.line.includes(q) || one.code.includes(q);
    });
    return page(found.sort((a, b) => RING[a.severity] - RING[b.severity]).map(row));
  }
  if (ask === "POST /api/incidents") {
    const made = make({ place: "3号楼", what: String(body["words"]), category: String(body["category"]), severity: body["severity"] as Incident["severity"], state: "open", ago: 0 });
    bump(made);
    return made;
  }
  if (ask === "POST /api/incidents/bulk") {
    const ids = body["ids"] as string[];
    const refused = ids.slice(-1).map((id) => ({ id, code: "illegal_move", message: "已经有人接手" }));
    for (const id of ids.slice(0, -1)) {
      const one = find(id);
      one.taken_by = me.account.display_name;
      bump(one);
    }
    return { done: ids.slice(0, -1), refused };
  }
  const incident = /^\/api\/incidents\/([^/]+)(?:\/(\w+))?$/.exec(path);
  if (incident) {
    const it = find(incident[1] ?? "");
    const part = incident[2];
    if (!part) return { ...it, evidence: it.story.flatMap((one) => one.evidence), orders: it.orders.map((one) => ({ ...one, assignee_name: one.assignee?.name ?? "", result: "", moves: one.moves.map(({ move }) => move) })) };
    if (part === "suggestions")
      return [{ company: { id: "anju", title: "安居物业" }, duty_title: "维修与秩序", assignees: people.slice(2, 4).map(({ account, grants }, n) => ({ account_id: account.id, name: account.display_name, phone_masked: account.phone_masked, role_title: grants[0]?.role_title ?? "", load: n, on_duty: n === 0, reason: n === 0 ? "在岗，手上工单最少，距离最近" : "不在岗" })) }];
    if (part === "notes") {
      const made = step(it, "补充记录", me.account.display_name, "person", String(body["words"]));
      bump(it);
      return made;
    }
    if (body["expected_version"] !== it.version) refuse(409, "stale_version", "这件事件刚刚有了变化", "请看过最新内容后再操作");
    if (part === "orders") {
      setState(it, "handling");
      step(it, "派给安居物业", me.account.display_name, "person", String(body["words"] ?? "") || null);
      const order = makeOrder(it, "offered", 0, null);
      bump(it);
      tell("order_changed", { order_id: order.id, incident_id: it.id, estate_id: YG.id, version: 1 });
      const worker = people[2];
      setTimeout(() => worker && order.state === "offered" && moveOrder(order, { move: "accept", expected_version: order.version }, worker), 9000);
      return order;
    }
    const move = String(body["move"]);
    if (move === "take") it.taken_by = me.account.display_name;
    else setState(it, ({ resolve: "resolved", confirm: "confirmed", close: "closed", mark_false_alarm: "false_alarm", reopen: "open", merge: "merged", raise_level: it.state } as const)[move as "resolve"] ?? it.state);
    step(it, it.moves.find((one) => one.move === move)?.title ?? move, me.account.display_name, "person", String(body["words"] ?? "") || null);
    bump(it);
    return it;
  }
  if (ask === "GET /api/orders") {
    const ids = query.get("ids")?.split(",");
    const open = ["offered", "accepted", "arrived"];
    return page([...orders.values()].filter((one) => (ids ? ids.includes(one.id) : (query.get("state") === "all" || open.includes(one.state)) && (!one.assignee || one.assignee.account_id === me.account.id))));
  }
  const order = /^\/api\/orders\/([^/]+)(\/moves)?$/.exec(path);
  if (order) return order[2] ? moveOrder(findOrder(order[1] ?? ""), body, me) : findOrder(order[1] ?? "");
  if (ask === "POST /api/mock/ring") {
    const made = make({ place: "3号楼 3号电梯", what: "发现电动自行车进入", category: "lift", severity: (query.get("severity") ?? "critical") as "critical", state: "open", ago: 0, device: "3号电梯轿厢摄像机", photo: true });
    tell("alert_rang", { incident_id: made.id, estate_id: YG.id, severity: made.severity });
    bump(made);
    return row(made);
  }
  return refuse(404, "not_found", "没有找到");
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const piece of request) text += String(piece);
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function live(response: ServerResponse, since: string | undefined) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  if (since) for (const text of log) if (Number(/^id: (\d+)/.exec(text)?.[1]) > Number(since)) response.write(text);
  const listener = (text: string) => response.write(text);
  listeners.add(listener);
  response.write(": hello\n\n");
  const beat = setInterval(() => response.write(": beat\n\n"), 5000);
  response.on("close", () => (listeners.delete(listener), clearInterval(beat)));
}

export function mockServer(): Plugin {
  return {
    name: "linli-mock",
    configureServer: serve,
    configurePreviewServer: serve,
  };
}

function serve(server: { middlewares: Connect.Server }) {
      server.middlewares.use((request, response, next) => {
        const url = new URL(request.url ?? "/", "http://mock");
        if (!url.pathname.startsWith("/api")) {
          if (request.method === "GET" && request.headers.accept?.includes("text/html") && !url.pathname.startsWith("/@")) request.url = "/console.html";
          next();
          return;
        }
        const login = /linli_session=(\w+)/.exec(request.headers.cookie ?? "")?.[1];
        const me = people.find(({ account }) => account.login === login) ?? null;
        if (url.pathname === "/api/live" && me) {
          live(response, request.headers["last-event-id"] as string | undefined);
          return;
        }
        void readBody(request).then((body) => {
          response.setHeader("Content-Type", "application/json");
          response.setHeader("Date", new Date().toUTCString());
          const key = String(request.headers["idempotency-key"] ?? "");
          try {
            if (request.method === "DELETE" && url.pathname.startsWith("/api/session")) {
              response.setHeader("Set-Cookie", "linli_session=; Path=/; Max-Age=0");
              response.writeHead(204).end();
              return;
            }
            const made = key && done.has(key) ? done.get(key) : answer({ method: request.method ?? "GET", path: url.pathname, query: url.searchParams, body, me });
            if (key) done.set(key, structuredClone(made));
            if (url.pathname === "/api/session" && request.method === "POST") response.setHeader("Set-Cookie", `linli_session=${(made as Me).account.login}; Path=/; HttpOnly`);
            setTimeout(() => response.end(JSON.stringify(made)), request.method === "POST" ? 350 : 60);
          } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            response.statusCode = error.status;
            response.end(JSON.stringify(error.body));
          }
        });
      });
}
