/** How a number of the work-place looks and what it opens. Pure. */
import type { TallyLine } from "@/api/types";

/** `bad`: something is wrong or late; `quiet`: nothing there. */
export function shown({ code, good, total }: Pick<TallyLine, "code" | "good" | "total">): "bad" | "quiet" | "" {
  if (total === 0) return "quiet";
  return good === false && /overdue|late|offline/.test(code) ? "bad" : "";
}

/** A number opens its rows here, or another page; that page cannot be narrowed to a street, so there it is only a number. */
export function opensHere({ listed }: Pick<TallyLine, "listed">, narrowable: boolean): "list" | "page" | "nothing" {
  if (listed) return "list";
  return narrowable ? "page" : "nothing";
}
