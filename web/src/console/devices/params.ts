/** What was typed into a command's form, as the server wants it. Pure. */
import type { CommandParam } from "@/api/types";

export function paramsFrom(params: readonly CommandParam[], filled: Readonly<Record<string, string>>): Record<string, string | number | boolean> {
  const sent: Record<string, string | number | boolean> = {};
  for (const { code, kind } of params) {
    const text = (filled[code] ?? "").trim();
    if (text === "") continue;
    if (kind === "number") sent[code] = Number(text);
    else if (kind === "switch") sent[code] = text === "true";
    else sent[code] = text;
  }
  return sent;
}
