import { expect, it } from "vitest";
import { looksLikePhone, wrongPhone } from "@/console/people/phones";

it("numbers are read as people write them", () => {
  expect(["+86 138-1234-0001", "0832 5551234", "12345"].map(looksLikePhone)).toEqual([true, true, true]);
  expect(["1234", "没有", "1234567890123456"].map(looksLikePhone)).toEqual([false, false, false]);
});

it("a refused phone is the first that is no number; an empty one was not sent", () => {
  expect(wrongPhone(["", "13800001111", "12"])).toBe(2);
  expect(wrongPhone(["12", "34"])).toBe(0);
});
