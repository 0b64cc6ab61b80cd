/** What changed between the page in hand and the truth, in words. Pure. */
import type { Incident } from "@/api/types";
import { t } from "@/i18n";

export function whatChanged(before: Incident, after: Incident): string[] {
  const words: string[] = [];
  if (before.state !== after.state) words.push(t("incident.changedState", { before: before.state_title, after: after.state_title }));
  if (before.taken_by !== after.taken_by && after.taken_by) words.push(t("incident.changedTaken", { name: after.taken_by }));
  if (after.order && (before.order?.id !== after.order.id || before.order.state !== after.order.state))
    words.push(t("incident.changedOrder", { state: [after.order.assignee_name, after.order.state_title].filter(Boolean).join(" ") }));
  const known = new Set(before.story.map(({ seq }) => seq));
  for (const step of after.story) if (!known.has(step.seq)) words.push(`${step.actor_name}：${step.title}`);
  return [...new Set(words)];
}
