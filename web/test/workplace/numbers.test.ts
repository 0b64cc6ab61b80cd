import { expect, it } from "vitest";
import { opensHere, shown } from "@/console/workplace/numbers";

it("only what is late or broken is marked, and nothing that is zero", () => {
  expect(shown({ code: "incidents.overdue", good: false, total: 2 })).toBe("bad");
  expect(shown({ code: "incidents.overdue", good: false, total: 0 })).toBe("quiet");
  expect(shown({ code: "orders.mine", good: false, total: 2 })).toBe("");
  expect(shown({ code: "incidents.closed", good: true, total: 9 })).toBe("");
});

it("a number opens exactly the rows it counts", () => {
  expect(opensHere({ listed: true }, false)).toBe("list");
  expect(opensHere({ listed: false }, true)).toBe("page");
  expect(opensHere({ listed: false }, false)).toBe("nothing");
});
