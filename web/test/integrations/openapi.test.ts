import { describe, expect, it } from "vitest";
import description from "@/api/openapi.json";
import { byTag, type Description, fieldsOf, matching, operationsOf, typeOf } from "@/console/integrations/openapi";

const all = operationsOf(description as unknown as Description);

describe("the interface's description", () => {
  it("shows every operation once, with words", () => {
    const raw = Object.values(description.paths).flatMap((one) => Object.keys(one));
    expect(all).toHaveLength(raw.length);
    expect(new Set(all.map((one) => one.key)).size).toBe(all.length);
    expect(all.filter((one) => one.words === "")).toEqual([]);
    expect(byTag(all).reduce((sum, [, some]) => sum + some.length, 0)).toBe(all.length);
  });

  it("names types in one line", () => {
    expect(typeOf({ anyOf: [{ type: "string", format: "uuid" }, { type: "null" }] })).toBe("uuid | null");
    expect(typeOf({ type: "array", items: { $ref: "#/components/schemas/Incident" } })).toBe("Incident[]");
    expect(typeOf({ type: "array", items: { anyOf: [{ type: "string" }, { type: "null" }] } })).toBe("(string | null)[]");
    expect(typeOf({ enum: ["a", "b"] })).toBe('"a" | "b"');
  });

  it("follows a reference to the fields behind it, and ends when it leads to itself", () => {
    const known = { A: { properties: { name: { type: "string" }, state: { $ref: "#/components/schemas/S" } }, required: ["name"] }, S: { enum: ["on", "off"] }, Loop: { $ref: "#/components/schemas/Loop" } };
    expect(fieldsOf({ type: "array", items: { $ref: "#/components/schemas/A" } }, known)).toEqual([
      { name: "name", type: "string", required: true, words: "" },
      { name: "state", type: '"on" | "off"', required: false, words: "" },
    ]);
    expect(fieldsOf({ $ref: "#/components/schemas/Loop" }, known)).toEqual([]);
  });

  it("finds by path, method and words", () => {
    const found = matching(all, "post keys");
    expect(found.map((one) => one.key)).toContain("post /api/accounts/{account_id}/keys");
    const make = found.find((one) => one.key === "post /api/accounts/{account_id}/keys");
    expect(make?.body.map((one) => one.name)).toEqual(["title", "permissions", "expires_at", "per_minute"]);
    expect(make?.answer).toBe("201 NewKeyView");
    expect(matching(all, "nothing-like-this")).toEqual([]);
  });
});
