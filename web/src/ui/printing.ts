import { nextTick, shallowRef } from "vue";
import type { components } from "@/api/schema";

export type PrintedList = components["schemas"]["PrintedList"];
/** The list that is on its way to paper, and its filters in words. */
export const onPaper = shallowRef<{ list: PrintedList; said: string } | null>(null);

/** Prints a list; comes back when the browser's print dialog is closed. */
export async function printList(list: PrintedList, said: string): Promise<void> {
  onPaper.value = { list, said };
  await nextTick();
  window.print();
  onPaper.value = null;
}
