/** A small invented estate for looking at pages without the server. Development only. */
import { randomUUID } from "node:crypto";
import type { Incident, IncidentState, Me, Message, Order, OrderState, Permission, Plan, Severity, Step } from "./shapes.ts";

const uuid = () => randomUUID();
const iso = (agoS: number) => new Date(Date.now() - agoS * 1000).toISOString();

export const YG = { id: uuid(), title: "阳光花园" };
const SHEQU = { id: uuid(), title: "仁里社区" };
const ANJU = { id: uuid(), title: "安居物业" };

export const ALL: Permission[] = [
  "see_incidents", "handle_incidents", "dispatch_orders", "see_orders", "verify_orders", "see_devices", "manage_devices", "command_devices",
  "see_rules", "manage_rules", "see_people", "see_people_full", "see_places", "manage_organisations", "manage_accounts", "see_audit", "see_quarantine", "run_demo",
];

function person(login: string, name: string, role: string, target: string, home: Me["home"], permissions: Permission[], organisation: string): Me {
  return {
    account: { id: uuid(), login, display_name: name, phone_masked: "138****2031", must_change_password: false },
    grants: [{ id: uuid(), role: login, role_title: role, target_kind: "community", target_id: SHEQU.id, target_title: target, valid_to: null }],
    permissions, home, organisation: { id: uuid(), title: organisation, kind: "community" }, csrf: "mock", demo: true, installation_title: "邻里 · 仁里社区",
    second_factor: { enrolled: false, required: false, codes_left: 0 },
    terminal: null,
  };
}

export const people: Me[] = [
  person("shequ", "王敏", "社区值班员", "仁里社区", "workplace", ALL, "仁里社区居委会"),
  person("wuye", "赵经理", "物业经理", "安居物业", "workplace", ["see_incidents", "handle_incidents", "dispatch_orders", "do_orders", "verify_orders", "see_devices", "see_places"], "安居物业"),
  person("weixiu", "李强", "物业维修员", "安居物业", "my_orders", ["see_orders", "do_orders"], "安居物业"),
  person("anbao", "陈刚", "秩序员", "安居物业", "my_orders", ["see_orders", "do_orders"], "安居物业"),
  person("wangge", "刘芳", "网格员", "仁里社区", "workplace", ["see_incidents", "handle_incidents", "do_orders", "see_people", "see_places"], "仁里社区"),
  person("jiedao", "周主任", "街道值班", "怀远街道", "workplace", ALL.filter((one) => one !== "run_demo"), "怀远街道办"),
  person("xian", "县级平台", "县级查看", "示范县", "workplace", ["see_incidents", "see_devices", "see_rules", "see_audit"], "示范县"),
  person("admin", "系统管理员", "管理员", "示范县", "admin", ALL, "示范县"),
];

const plan: Plan = {
  width: 480,
  height: 272,
  buildings: [
    ["1号楼", 40, 40], ["2号楼", 190, 40], ["3号楼", 340, 40], ["4号楼", 40, 170], ["5号楼", 190, 170], ["6号楼", 340, 170],
  ].map(([title, x, y]) => ({ id: uuid(), title: String(title), x: Number(x), y: Number(y), w: 100, h: 62 })),
  marks: [],
};

export const incidents = new Map<string, Incident>();
export const orders = new Map<string, Order>();
export const messages: Message[] = [
  { id: uuid(), template: "incident_opened", at: iso(40), title: "新的紧急事件", words: "阳光花园 3号楼 3号电梯 发现电动自行车进入，请及时处置", incident_id: null, order_id: null, read_at: null },
  { id: uuid(), template: "incident_opened", at: iso(900), title: "接单超时，已升级到社区", words: "阳光花园 6号楼 502室 12小时用水少于 10 升，物业未在 5 分钟内接单", incident_id: null, order_id: null, read_at: null },
  { id: uuid(), template: "incident_opened", at: iso(7200), title: "事件已办结", words: "阳光花园 南门 门禁被强行打开，核实通过", incident_id: null, order_id: null, read_at: iso(7000) },
];

let serial = 30;
let offset = 100;
export const listeners = new Set<(text: string) => void>();
export const log: string[] = [];
export function tell(name: string, fields: Record<string, unknown>) {
  offset += 1;
  const text = `id: ${offset}\nevent: ${name}\ndata: ${JSON.stringify({ offset, name, at: new Date().toISOString(), ...fields })}\n\n`;
  log.push(text);
  for (const listener of listeners) listener(text);
}

const TITLES: Record<IncidentState, string> = { open: "待处置", handling: "处置中", resolved: "已解决待确认", confirmed: "已确认", closed: "已办结", false_alarm: "误报", merged: "已合并" };
const ORDER_TITLES: Record<OrderState, string> = { offered: "待接单", accepted: "已接单", arrived: "已到场", fixed: "处置完", verified: "已核实", refused: "已拒单", transferred: "已转派", expired: "已过期", cancelled: "已撤回" };
const CATEGORY: Record<string, string> = { lift: "电梯", fire: "消防", elder: "老人关爱", water: "用水", security: "治安", facility: "公共设施", device: "设备运维" };

export function picture(text: string, hue: number): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="440"><defs><linearGradient id="g" x2="0" y2="1"><stop stop-color="hsl(${hue} 22% 42%)"/><stop offset="1" stop-color="hsl(${hue} 26% 22%)"/></linearGradient></defs><rect width="640" height="440" fill="url(#g)"/><rect x="210" y="70" width="220" height="330" fill="hsl(${hue} 12% 60%)"/><rect x="318" y="70" width="4" height="330" fill="hsl(${hue} 12% 40%)"/><circle cx="280" cy="350" r="34" fill="none" stroke="#222" stroke-width="9"/><circle cx="380" cy="350" r="34" fill="none" stroke="#222" stroke-width="9"/><path d="M280 350 330 280h40l10 70M330 280l-20-30" stroke="#222" stroke-width="10" fill="none"/><text x="16" y="32" fill="#fff" font-size="20">${text}</text></svg>`;
  return `data:image/svg+xml;utf8,${encodeURIComponent(svg)}`;
}

export function step(incident: Incident, title: string, actor: string, kind: Step["actor_kind"], words: string | null = null, atAgo = 0, code = "note"): Step {
  const one: Step = { seq: incident.story.length + 1, at: iso(atAgo), actor_name: actor, actor_kind: kind, kind: code, title, words, evidence: [], data: null };
  incident.story.push(one);
  return one;
}

export interface Seed {
  place: string; what: string; category: string; severity: Severity; state: IncidentState; ago: number;
  times?: number; device?: string; order?: OrderState; taken?: string; late?: boolean; readings?: [string, number, string][]; sentence?: string; photo?: boolean; due?: number;
}

export function makeOrder(incident: Incident, state: OrderState, offeredAgo: number, assignee: string | null): Order {
  const who = people.find(({ account }) => account.display_name === assignee);
  const order: Order = {
    id: uuid(), code: incident.code.replace("YG", "GD"), incident_id: incident.id, incident_code: incident.code, version: 1,
    line: incident.line, what: incident.what, estate: YG, place_title: incident.place_title, place_path: `阳光花园 / ${incident.place_title.replaceAll(" ", " / ")}`,
    severity: incident.severity, state, state_title: ORDER_TITLES[state], company: ANJU, assignee: who ? { account_id: who.account.id, name: who.account.display_name } : null,
    words: "请尽快到场，注意安全。", offered_at: iso(offeredAgo),
    accepted_at: ["accepted", "arrived", "fixed", "verified"].includes(state) ? iso(offeredAgo - 18) : null,
    arrived_at: ["arrived", "fixed", "verified"].includes(state) ? iso(offeredAgo - 260) : null,
    fixed_at: ["fixed", "verified"].includes(state) ? iso(offeredAgo - 560) : null,
    verified_at: state === "verified" ? iso(offeredAgo - 700) : null,
    deadline: incident.deadline, overdue: incident.overdue, evidence: [], moves: [], position: null,
  };
  orders.set(order.id, order);
  sync(incident, order);
  return order;
}

const DEADLINE: Partial<Record<OrderState, ["accept" | "arrive" | "fix" | "verify", string, number]>> = {
  offered: ["accept", "接单", 120], accepted: ["arrive", "到场", 600], arrived: ["fix", "处理完成", 1800], fixed: ["verify", "核实", 3600],
};

export function sync(incident: Incident, order: Order) {
  order.state_title = ORDER_TITLES[order.state];
  const next: Partial<Record<OrderState, [string, string, boolean, boolean][]>> = {
    offered: [["accept", "接单", false, false], ["refuse", "不能接", true, false], ["cancel", "撤回", true, false]],
    accepted: [["arrive", "我已到场", false, false], ["transfer", "转派", true, false], ["cancel", "撤回", true, false]],
    arrived: [["fix", "处置完成", true, true]],
    fixed: [["verify", "核实通过", false, false], ["send_back", "退回重做", true, false]],
  };
  order.moves = (next[order.state] ?? []).map(([move, title, needs_words, needs_photo]) => ({ move, title, needs_words, needs_photo }));
  const due = DEADLINE[order.state];
  if (due && !incident.overdue) {
    const [kind, kind_title, s] = due;
    incident.deadline = { kind, kind_title, due_at: new Date(Date.now() + s * 1000).toISOString() };
    order.deadline = incident.deadline;
  }
  if (!incident.orders.some(({ id }) => id === order.id)) incident.orders.unshift(order);
  incident.order = { id: order.id, state: order.state, state_title: order.state_title, assignee_name: order.assignee?.name ?? null, company_title: ANJU.title, offered_at: order.offered_at, accepted_at: order.accepted_at };
}

export function setState(incident: Incident, state: IncidentState) {
  incident.state = state;
  incident.state_title = TITLES[state];
  const next: Partial<Record<IncidentState, [string, string, boolean][]>> = {
    open: [["take", "接手", false], ["mark_false_alarm", "标为误报", true], ["merge", "合并", true]],
    handling: [["resolve", "处置完成", true], ["mark_false_alarm", "标为误报", true], ["raise_level", "上报上级", true]],
    resolved: [["confirm", "核实通过", false], ["reopen", "重新打开", true]],
    confirmed: [["close", "办结归档", false], ["reopen", "重新打开", true]],
    closed: [["reopen", "重新打开", true]],
  };
  incident.moves = (next[state] ?? []).map(([move, title, needs_words]) => ({ move, title, needs_words }));
  incident.ringing = state === "open";
  if (["closed", "false_alarm", "merged"].includes(state)) incident.deadline = null;
}

export function make(seed: Seed): Incident {
  serial += 1;
  const building = plan.buildings.find(({ title }) => seed.place.startsWith(title));
  const mark = { place_id: uuid(), title: seed.place, x: building ? building.x + 74 : 240, y: building ? building.y + 22 : 262, here: true };
  const incident: Incident = {
    id: uuid(), code: `YG-20261122-${String(serial).padStart(4, "0")}`, version: 1,
    line: `阳光花园 ${seed.place} ${seed.what}，请及时处置`, what: seed.what, estate: YG, place_title: seed.place,
    category: seed.category, category_title: CATEGORY[seed.category] ?? "其他", severity: seed.severity, state: seed.state, state_title: "",
    opened_at: iso(seed.ago + 1), received_at: iso(seed.ago), last_seen_at: iso(Math.min(seed.ago, 30)), times_seen: seed.times ?? 1,
    owner: seed.late ? SHEQU : ANJU, level: seed.late ? "community" : "property",
    deadline: ["open", "handling", "resolved"].includes(seed.state) ? { kind: "accept", kind_title: seed.state === "resolved" ? "确认" : "接单", due_at: new Date(Date.now() + (seed.due ?? (seed.late ? -340 : 95)) * 1000).toISOString() } : null,
    overdue: seed.late ?? false, order: null, source: { kind: seed.device ? "device" : "person", title: seed.device ?? "王敏登记", device_id: null },
    evidence_count: seed.photo ? 2 : 0, taken_by: seed.taken ?? null, ringing: seed.state === "open",
    alerts: seed.device ? [{ id: uuid(), rule_title: seed.what.replace("发现", ""), rule_version: 3, device: { id: uuid(), code: "YG-DEV", title: seed.device }, found_at: iso(seed.ago), last_seen_at: iso(20), times_seen: seed.times ?? 1, state: "ringing",
      explanation: { sentence: seed.sentence ?? `${seed.device}上报：${seed.what}`, readings: (seed.readings ?? []).map(([property_title, value, unit]) => ({ property_title, value, unit, observed_at: iso(seed.ago) })), since: iso(seed.ago + 4) } }] : [],
    orders: [], story: [], places: [{ place_id: mark.place_id, title: seed.place, path: `阳光花园 / ${seed.place.replaceAll(" ", " / ")}` }],
    people_nearby: [
      { title: "李强", phone_masked: "139****7712", role_title: "物业维修员 · 在岗" },
      { title: "陈刚", phone_masked: "137****0945", role_title: "秩序员 · 在岗" },
      { title: "刘芳", phone_masked: "136****3320", role_title: "网格员" },
    ],
    moves: [], plan: { ...plan, marks: [mark] },
  };
  setState(incident, seed.state);
  const first = step(incident, seed.device ? `发现：${seed.what}` : "登记事件", seed.device ?? "王敏", seed.device ? "device" : "person", seed.sentence ?? null, seed.ago, "found");
  if (seed.photo) first.evidence = [{ file_id: uuid(), kind: "image", url: picture(`${seed.place} 08:21:07`, 210) }, { file_id: uuid(), kind: "image", url: picture(`${seed.place} 08:21:09`, 28) }];
  if (seed.device) step(incident, `${incident.alerts[0]?.rule_title ?? ""}：达到「${{ critical: "特急", danger: "紧急", warning: "警示", notice: "提示" }[seed.severity]}」级别`, "规则", "rule", null, seed.ago - 1, "alert");
  if (seed.late) step(incident, "派单时限已过，升级到仁里社区", "时限", "clock", "物业 5 分钟内没有接单", Math.max(seed.ago - 300, 5), "deadline_passed");
  if (seed.order) {
    step(incident, "派给安居物业", "王敏", "person", "请尽快到场，注意安全。", seed.ago - 20, "dispatched");
    makeOrder(incident, seed.order, seed.ago - 20, seed.order === "offered" ? null : "李强");
    if (seed.order !== "offered") step(incident, "李强接单", "李强", "person", null, seed.ago - 38, "accepted");
  }
  incidents.set(incident.id, incident);
  return incident;
}

const seeds: Seed[] = [
  { place: "3号楼 3号电梯", what: "发现电动自行车进入", category: "lift", severity: "critical", state: "open", ago: 42, times: 2, device: "3号电梯轿厢摄像机", photo: true, sentence: "轿厢画面中识别到电动自行车，把握 94%", readings: [["识别把握", 94, "%"], ["所在楼层", 1, "层"]] },
  { place: "2号楼 1单元 1203室", what: "厨房烟雾报警", category: "fire", severity: "critical", state: "open", ago: 95, times: 5, device: "1203室厨房烟感", sentence: "烟雾报警持续 30 秒以上", readings: [["烟雾", 1, ""], ["温度", 47.6, "°C"]] },
  { place: "5号楼 2单元 801室", what: "老人按下求助按钮", category: "elder", severity: "critical", state: "handling", ago: 640, device: "801室床头求助按钮", order: "arrived", taken: "王敏", readings: [["电量", 83, "%"]] },
  { place: "6号楼 1单元 502室", what: "独居老人 12 小时用水少于 10 升", category: "elder", severity: "danger", state: "handling", ago: 1500, device: "502室水表", late: true, order: "offered", sentence: "过去 12 小时用水 2.1 升，少于 10 升", readings: [["12 小时用水", 2.1, "L"], ["累计用水", 318.442, "m³"]] },
  { place: "4号楼 北侧", what: "发现高空抛物", category: "security", severity: "danger", state: "open", ago: 210, times: 3, device: "4号楼北侧抛物摄像机", photo: true, readings: [["推算楼层", 17, "层"], ["识别把握", 88, "%"]] },
  { place: "1号楼 2号电梯", what: "有人被困", category: "lift", severity: "critical", state: "handling", ago: 1260, device: "2号电梯控制器", order: "accepted", taken: "王敏" },
  { place: "南门", what: "门禁被强行打开", category: "security", severity: "danger", state: "resolved", ago: 3600, device: "南门门禁控制器", order: "fixed" },
  { place: "东侧 7号井盖", what: "井盖倾斜 18°", category: "facility", severity: "danger", state: "handling", ago: 2300, device: "7号井盖传感器", order: "accepted" },
  { place: "地库 B1 充电区", what: "3号充电桩温度过高", category: "fire", severity: "danger", state: "open", ago: 330, device: "3号充电桩", readings: [["温度", 71.2, "°C"], ["功率", 1180, "W"]] },
  { place: "地库 B1 充电区", what: "5号充电桩温度过高", category: "fire", severity: "warning", state: "open", ago: 310, device: "5号充电桩" },
  { place: "地库 B1 充电区", what: "6号充电桩离线", category: "device", severity: "notice", state: "open", ago: 250, device: "6号充电桩" },
  { place: "3号楼 2单元门口", what: "积水，老人进出不便", category: "facility", severity: "warning", state: "open", ago: 1900 },
  { place: "2号楼 2单元 304室", what: "连续用水超过 4 小时", category: "water", severity: "warning", state: "handling", ago: 5400, device: "304室水表", order: "accepted" },
  { place: "6号楼 1单元", what: "3只烟感电量低于 15%", category: "device", severity: "notice", state: "open", ago: 9600, device: "6号楼烟感组" },
  { place: "北门", what: "门禁长时间未关", category: "security", severity: "warning", state: "open", ago: 700, device: "北门门磁", times: 4 },
  { place: "5号楼 1单元 102室", what: "日用水超过 2 立方米", category: "water", severity: "warning", state: "resolved", ago: 14_000, device: "102室水表", order: "fixed" },
  { place: "中心广场", what: "公共广播离线", category: "device", severity: "notice", state: "handling", ago: 20_000, device: "中心广场广播", order: "accepted" },
  { place: "1号楼 1单元", what: "楼道堆放杂物", category: "fire", severity: "warning", state: "handling", ago: 26_000, order: "offered", late: true },
];
for (const seed of seeds) make(seed);
for (let n = 0; n < 7; n += 1)
  make({ place: `${(n % 6) + 1}号楼 1号电梯`, what: "发现电动自行车进入", category: "lift", severity: "critical", state: "closed", ago: 30_000 + n * 7000, device: "1号电梯轿厢摄像机", order: "verified" });
