import { expect, it } from "vitest";
import { fit } from "@/offline/photo";

it.each([
  [4000, 3000, 1600, 1200],
  [3000, 4000, 1200, 1600],
  [800, 600, 800, 600],
  [20_000, 10, 1600, 1],
])("a %i×%i photo becomes %i×%i", (width, height, w, h) => {
  expect(fit(width, height)).toEqual({ width: w, height: h });
});
