import { describe, expect, it, vi } from "vitest";
import { effectScope } from "vue";
import type { CockpitChild, CockpitFigure } from "@/api/types";
import { useFresh } from "@/console/cockpit/fresh";
import { isFast } from "@/console/cockpit/solid";
import { byTitle, byUrgency, faceOf, grouped, line, pageOf, percent, standing } from "@/console/cockpit/states";

const part = (title: string, totals: Record<string, number> = {}, level: CockpitChild["node"]["level"] = "building"): CockpitChild => ({
  node: { id: title, level, level_title: "", title },
  totals,
  index: null,
});

describe("the state of a part", () => {
  it("is that of the worst in it, whatever else there is", () => {
    expect(standing({ "incidents.notice": 9, "incidents.danger": 2, "devices.offline": 4 })).toEqual({ state: "danger", count: 2 });
    expect(standing({ "incidents.critical": 1, "incidents.danger": 2 })).toEqual({ state: "critical", count: 1 });
  });
  it("tells silent devices, and well only where something is known", () => {
    expect(standing({ "devices.offline": 3 })).toEqual({ state: "off", count: 3 });
    expect(standing({ "devices.all": 3 })).toEqual({ state: "ok", count: 0 });
    expect(standing({})).toEqual({ state: "none", count: 0 });
  });
  it("puts the worst first, then as people count", () => {
    const parts = [part("10号楼"), part("2号楼"), part("3号楼", { "incidents.critical": 1 })];
    expect(parts.toSorted(byUrgency).map(({ node }) => node.title)).toEqual(["3号楼", "2号楼", "10号楼"]);
  });
  it("leaves what has no place to the end", () => {
    const nowhere = part("未标明位置");
    nowhere.node.id = null;
    expect([nowhere, part("9号楼"), part("1号楼")].toSorted(byTitle).map(({ node }) => node.title)).toEqual(["1号楼", "9号楼", "未标明位置"]);
  });
});

describe("a building from the front", () => {
  it("has its homes on floors, by entrance and door, the highest above", () => {
    const face = faceOf(["1单元 101", "1单元 102", "2单元 101", "1单元 1002室", "1单元公共部位"].map((title, n) => part(title, {}, n === 4 ? "part" : "home")));
    expect(face.floors.map(({ floor }) => floor)).toEqual([10, 1]);
    expect(face.columns).toEqual([
      { entrance: "1单元", door: "01" },
      { entrance: "1单元", door: "02" },
      { entrance: "2单元", door: "01" },
    ]);
    expect(face.floors[0]?.doors.map((one) => one?.child.node.title ?? null)).toEqual([null, "1单元 1002室", null]);
    expect(face.rest.map(({ node }) => node.title)).toEqual(["1单元公共部位"]);
  });
  it("keeps homes without a number beside it", () => {
    expect(faceOf([part("门卫宿舍", {}, "home")])).toMatchObject({ floors: [], rest: [{ node: { title: "门卫宿舍" } }] });
  });
});

describe("numbers", () => {
  const figure = (code: string, group: string): CockpitFigure => ({ code, group, title: code, unit: "件", tone: "plain", opens: "incident", total: 0, at: "2026-11-22T00:00:00Z" });
  it("stand in groups, and those without any are left out", () => {
    const some = [figure("key_people.all", "people"), figure("people.residents", "people"), figure("incidents.open", "incidents")];
    expect(grouped(some, ["incidents", "devices", "people"]).map(({ group, figures }) => `${group}: ${figures.map(({ code }) => code).join(" ")}`)).toEqual([
      "incidents: incidents.open",
      "people: people.residents key_people.all",
    ]);
  });
  it("are never rounded up to the whole", () => {
    expect(percent(9999, 10_000)).toBe("99.9%");
    expect(percent(3, 3)).toBe("100%");
    expect(percent(0, 0)).toBe("—");
  });
  it("draw a line that fills its box", () => {
    expect(line([0, 5, 10], 0, 10)).toBe("0.00,100.00 50.00,50.00 100.00,0.00");
    expect(line([4], 4, 4)).toBe("0.00,100.00");
  });
  it("open the page of what they count", () => {
    expect(pageOf({ opens: "key_person", id: "7" })).toBe("/key-people/7");
    expect(pageOf({ opens: "place", id: "7" })).toBe("/places/7");
  });
});

describe("the solid picture", () => {
  it("is not drawn by a processor", () => {
    expect(isFast("ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)")).toBe(false);
    expect(isFast("llvmpipe (LLVM 15.0.7, 256 bits)")).toBe(false);
    expect(isFast("")).toBe(false);
    expect(isFast("ANGLE (Intel, Mesa Intel(R) UHD Graphics 630)")).toBe(true);
  });
});

describe("reading again", () => {
  it("never runs twice at once, and misses nothing that came meanwhile", async () => {
    vi.useFakeTimers();
    const scope = effectScope();
    let running = 0;
    let most = 0;
    let reads = 0;
    const soon = scope.run(() =>
      useFresh(async () => {
        running += 1;
        reads += 1;
        most = Math.max(most, running);
        await new Promise((done) => setTimeout(done, 300));
        running -= 1;
      }, 500),
    );
    soon?.();
    await vi.advanceTimersByTimeAsync(100);
    for (let n = 0; n < 20; n += 1) soon?.();
    await vi.advanceTimersByTimeAsync(2000);
    expect([most, reads]).toEqual([1, 2]);
    scope.stop();
    soon?.();
    await vi.advanceTimersByTimeAsync(2000);
    expect(reads).toBe(2);
    vi.useRealTimers();
  });
});
