import { expect, it } from "vitest";
import { Refused } from "@/api/client";
import { beyond, faultOf } from "@/ui/faults";

const refused = (field: string | null, details: { field: string; message: string }[] = []) =>
  new Refused(422, { code: "bad_input", message: "填写的内容有误", field, details });

it("a fault stands at its own field only", () => {
  const error = refused("entrances.0.title", [{ field: "entrances.0.title", message: "不能为空" }]);
  expect(faultOf(error, "entrances.0.title")).toBe("不能为空");
  expect(faultOf(error, "title")).toBeNull();
});

it("without details the message belongs to the named field", () => {
  expect(faultOf(refused("home_id"), "home_id")).toBe("填写的内容有误");
});

it("what no field shows is said below", () => {
  const known = (field: string) => field === "title";
  expect(beyond(refused("title"), known)).toBeNull();
  expect(beyond(refused(null), known)).toBeInstanceOf(Refused);
  expect(beyond(refused("title", [{ field: "title", message: "不能为空" }, { field: "estate_id", message: "不存在" }]), known)).toBeInstanceOf(Refused);
  expect(beyond(null, known)).toBeNull();
});
