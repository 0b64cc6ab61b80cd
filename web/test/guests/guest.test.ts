import { expect, it } from "vitest";
import { nextStep, tokenIn } from "@/console/guests/guest";

it("a token stands behind the #, and nothing else is taken for one", () => {
  expect(tokenIn("#abcdefghijklmnopqrstuvwxyz0123456789-_")).toBe("abcdefghijklmnopqrstuvwxyz0123456789-_");
  for (const wrong of ["", "#", "#short", "#<script>alert(1)</script>xxxxxxxxxx", `#${"a".repeat(101)}`]) expect(tokenIn(wrong)).toBe("");
});

it("one thing comes next", () => {
  const step = (move: string) => ({ move: move as never, title: move, needs_words: false, needs_photo: false });
  expect(nextStep({ moves: [step("refuse"), step("accept")] })?.move).toBe("accept");
  expect(nextStep({ moves: [] })).toBeNull();
});
