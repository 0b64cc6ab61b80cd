/** How a task stands, with what still waits on this phone. Pure. */
import type { Task } from "@/api/types";
import { t } from "@/i18n";

interface Waiting {
  title: string;
  problem: unknown;
}

export type ShownTask = Task & { waiting: boolean };

/** A task whose step is kept here is not done again; one that was refused waits for its author. */
export function project(task: Task, waiting: readonly Waiting[]): ShownTask {
  const last = waiting.at(-1);
  if (!last) return { ...task, waiting: false };
  return { ...task, waiting: true, late: false, moves: [], state_title: t("tasks.waiting", { title: last.title }) };
}

export function toneOf({ state, late }: Pick<Task, "state" | "late">): "wait" | "work" | "good" | "bad" | "off" {
  if (late) return "bad";
  return ({ given: "work", done: "wait", closed: "good", cancelled: "off" } as const)[state];
}
