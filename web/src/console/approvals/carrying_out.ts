import { post } from "@/api/client";
import type { Approval } from "@/api/types";
import { t } from "@/i18n";

/** Hands a file to the browser. */
export function saveFile(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Does what was approved, exactly as it was asked for. */
export async function carryOut(one: Approval): Promise<void> {
  const asked = one.request;
  if (!asked) return;
  if (one.purpose === "export_people") saveFile(await post<Blob>("/api/people/file", asked), `${t("people.file.name")}.${String(asked["form"])}`);
  else if (one.purpose === "export_list") {
    const { path, query, ...body } = asked as { path: string; query: [string, string][]; form: string };
    const questions = new URLSearchParams(query).toString();
    saveFile(await post<Blob>(questions ? `${path}?${questions}` : path, body), `${one.title}.${body.form}`);
  } else if (one.purpose === "erase_person") await post(`/api/people/${String(asked["person_id"])}/erasure`, { basis: asked["basis"] });
  else if (one.purpose === "switch_off_module") await post("/api/modules/off", asked);
  else await post(`/api/imports/${String(asked["import_id"])}/undo`, { reason: asked["reason"], expected_version: asked["expected_version"] });
}
