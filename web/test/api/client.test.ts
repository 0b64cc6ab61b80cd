// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { get, patch, post, Refused, setClientTexts, setCsrf, whenSignedOut, withQuery, attention } from "@/api/client";

interface Sent {
  path: string;
  method: string;
  headers: Headers;
  body: unknown;
}
const sent: Sent[] = [];
let answers: (Response | Error)[] = [];
const real = globalThis.fetch;

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });

beforeEach(() => {
  sent.length = 0;
  answers = [];
  setCsrf("token-1");
  setClientTexts({ offline: "连不上服务器", offlineRemedy: "检查网络", broken: "出错了", brokenRemedy: "稍后再试" });
  globalThis.fetch = async (path, init) => {
    sent.push({ path: String(path), method: init?.method ?? "GET", headers: new Headers(init?.headers), body: init?.body });
    const answer = answers.shift() ?? json(200, {});
    if (answer instanceof Error) throw answer;
    return answer;
  };
});
afterEach(() => {
  globalThis.fetch = real;
});

const keys = () => sent.map(({ headers }) => headers.get("Idempotency-Key"));
const refusedBy = async (ask: Promise<unknown>): Promise<Refused> => {
  const error = await ask.then(
    () => null,
    (problem: unknown) => problem,
  );
  expect(error).toBeInstanceOf(Refused);
  return error as Refused;
};

describe("writes", () => {
  it("carry the CSRF token and a fresh key each", async () => {
    await post("/api/incidents", { words: "a" });
    await post("/api/incidents", { words: "a" });
    expect(sent[0]?.headers.get("X-CSRF-Token")).toBe("token-1");
    expect(keys()[0]).not.toBe(keys()[1]);
  });

  it("repeat their key after a silent network, until there is an answer", async () => {
    answers = [new TypeError("failed"), json(503, { code: "busy", message: "忙" }), json(200, {}), json(200, {})];
    expect((await refusedBy(post("/api/incidents/1/orders", { words: "" }))).offline).toBe(true);
    await refusedBy(post("/api/incidents/1/orders", { words: "" }));
    await post("/api/incidents/1/orders", { words: "" });
    await post("/api/incidents/1/orders", { words: "" });
    const [first, second, third, fourth] = keys();
    expect(second).toBe(first);
    expect(third).toBe(first);
    expect(fourth).not.toBe(first);
  });

  it("get a new key for another wish, and after a plain refusal", async () => {
    answers = [new TypeError("failed"), json(409, { code: "stale_version", message: "变了" })];
    await refusedBy(patch("/api/rules/1", { enabled: true }));
    await refusedBy(patch("/api/rules/1", { enabled: false }));
    await patch("/api/rules/1", { enabled: false });
    expect(new Set(keys()).size).toBe(3);
  });

  it("use the given key unchanged", async () => {
    await post("/api/files", new FormData(), { key: "mine" });
    expect(keys()).toEqual(["mine"]);
    expect(sent[0]?.headers.has("Content-Type")).toBe(false);
  });
});

describe("refusals", () => {
  it("bring the server's words, remedy and field", async () => {
    answers = [json(422, { code: "bad_phone", message: "手机号不对", field: "phone", remedy: "请填 11 位" })];
    const refused = await refusedBy(post("/api/accounts", {}));
    expect([refused.message, refused.field, refused.remedy]).toEqual(["手机号不对", "phone", "请填 11 位"]);
    expect(refused.undecided).toBe(false);
  });

  it("say how long to wait, from body or header", async () => {
    answers = [json(423, { code: "locked_out", message: "锁定", retry_after_s: 58 }), json(429, { code: "too_many", message: "太快" }, { "Retry-After": "7" })];
    expect((await refusedBy(post("/api/session", {}))).retryAfterS).toBe(58);
    expect((await refusedBy(get("/api/incidents"))).retryAfterS).toBe(7);
  });

  it("are plain words even when a proxy answers HTML", async () => {
    answers = [new Response("<html>502</html>", { status: 502 })];
    const refused = await refusedBy(get("/api/incidents"));
    expect(refused.message).toBe("出错了");
    expect(refused.undecided).toBe(true);
  });

  it("of a lost session are told once to whoever must act; a wrong password is not that", async () => {
    let told = 0;
    whenSignedOut(() => (told += 1));
    answers = [json(401, { code: "not_signed_in", message: "请登录" }), json(401, { code: "wrong", message: "密码不对" })];
    await refusedBy(get("/api/incidents"));
    await refusedBy(post("/api/session", {}));
    expect(told).toBe(1);
  });
});

it("leaves empty filters out of an address", () => {
  expect(withQuery("/api/incidents", { q: "", state: "open", ids: ["a", "b"], mine: false, cursor: null, overdue: true })).toBe(
    "/api/incidents?state=open&ids=a%2Cb&overdue=true",
  );
});

describe("a page nobody touches", () => {
  it("says so after five minutes, so that it keeps no session by itself", () => {
    expect(attention(300_000, 0)).toEqual({});
    expect(attention(300_001, 0)).toEqual({ "X-Unattended": "1" });
  });
});
