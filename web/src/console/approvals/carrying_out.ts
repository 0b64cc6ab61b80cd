import { post } from "@/api/client";
import type { Approval } from "@/api/types";
import { saveFile } from "@/ui/files";
import { type PrintedList, printList } from "@/ui/printing";

interface ListAsked {
  path: string;
  query: [string, string][];
  form: "xlsx" | "csv" | "print";
  reason: string;
}
const asList = (one: Approval) => one.request as unknown as ListAsked;

/** What is done when it is carried out: its purpose, and of a list whether it is printed. */
export const deedOf = (one: Approval) => (one.purpose === "export_list" && one.request && asList(one).form === "print" ? ("print_list" as const) : one.purpose);

/** Does what was approved, exactly as it was asked for. */
export async function carryOut(one: Approval): Promise<void> {
  const asked = one.request;
  if (!asked) return;
  if (one.purpose === "export_list") await takeOut(one);
  else if (one.purpose === "erase_person") await post(`/api/people/${String(asked["person_id"])}/erasure`, { basis: asked["basis"] });
  else if (one.purpose === "switch_off_module") await post("/api/modules/off", asked);
  else await post(`/api/imports/${String(asked["import_id"])}/undo`, { reason: asked["reason"], expected_version: asked["expected_version"] });
}

async function takeOut(one: Approval): Promise<void> {
  const { path, query, form, reason } = asList(one);
  const questions = new URLSearchParams(query).toString();
  const address = questions ? `${path}?${questions}` : path;
  if (form === "print") await printList(await post<PrintedList>(address, { reason }), one.said.map(({ label, words }) => `${label}：${words}`).join("；"));
  else saveFile(await post<Blob>(address, { form, reason }), `${one.title}.${form}`);
}
