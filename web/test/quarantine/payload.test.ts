import { expect, it } from "vitest";
import { shownPayload, sizeWords } from "@/console/quarantine/payload";

it("whole JSON is set out line by line", () => {
  expect(shownPayload('{"values":{"tilt":"12"}}', 24)).toEqual({ kind: "json", text: '{\n  "values": {\n    "tilt": "12"\n  }\n}' });
});

it("broken JSON stays exactly as it came", () => {
  expect(shownPayload('{"values": {"tilt": 12,', 23)).toEqual({ kind: "text", text: '{"values": {"tilt": 12,' });
});

it("bytes stand sixteen to a line", () => {
  const bytes = Array.from({ length: 20 }, (_, n) => n.toString(16).padStart(2, "0"));
  const shown = shownPayload(bytes.join(" "), 20);
  expect(shown.kind).toBe("hex");
  expect(shown.text.split("\n").map((line) => line.split(" ").length)).toEqual([16, 4]);
});

it("a text that only looks like hexadecimal digits is a text", () => {
  expect(shownPayload("ab cd", 5).kind).toBe("text");
});

it("markup in a message is text like any other", () => {
  expect(shownPayload("<script>alert(1)</script>", 25)).toEqual({ kind: "text", text: "<script>alert(1)</script>" });
});

it("sizes are told as people read them", () => {
  expect([40, 2048, 1_572_864].map(sizeWords)).toEqual(["40 B", "2.0 KB", "1.5 MB"]);
});
