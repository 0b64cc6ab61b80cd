import { expect, it } from "vitest";
import { yuan } from "@/ui/money";

it("says fen in yuan", () => {
  expect([0, 5, 123450, -20000, 123456789012].map(yuan)).toEqual(["￥0.00", "￥0.05", "￥1,234.50", "-￥200.00", "￥1,234,567,890.12"]);
});
