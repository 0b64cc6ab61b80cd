/** My in-app messages, shared by the bell, the tab bar and the messages page. */
import { computed, shallowRef } from "vue";
import { get, post } from "@/api/client";
import type { Message, Page } from "@/api/types";
import { onLive } from "@/live/hub";
import { atSignOut, can } from "@/session/session";

export const messages = shallowRef<Message[] | null>(null);
export const messagesError = shallowRef<unknown>(null);
export const unread = computed(() => messages.value?.filter(({ read_at }) => read_at === null).length ?? 0);

export async function loadMessages(): Promise<void> {
  try {
    const answer = await get<Page<Message> | Message[]>("/api/messages", { limit: 50 });
    messages.value = Array.isArray(answer) ? answer : answer.items;
    messagesError.value = null;
  } catch (error) {
    messagesError.value = error;
  }
}

export async function markRead(message: Message): Promise<void> {
  if (message.read_at !== null) return;
  const read = { ...message, read_at: new Date().toISOString() };
  messages.value = messages.value?.map((one) => (one.id === message.id ? read : one)) ?? null;
  try {
    await post(`/api/messages/${message.id}/read`);
  } catch {
    // Reading happened on this screen; the mark is asked again with the next load.
    await loadMessages();
  }
}

export async function markAllRead(): Promise<void> {
  const waiting = messages.value?.filter(({ read_at }) => read_at === null) ?? [];
  await Promise.all(waiting.map(markRead));
}

export function messageLink(message: Message): string | null {
  if (message.order_id && can("do_orders") && !can("handle_incidents")) return `/my-orders/${message.order_id}`;
  if (message.incident_id) return `/incidents/${message.incident_id}`;
  if (message.template.startsWith("task_")) return "/tasks";
  if (message.template === "roster") return "/rosters";
  if (message.template === "drill_scored" && can("see_incidents")) return "/drills";
  return null;
}

onLive(["message_arrived"], () => void loadMessages(), () => void loadMessages());
atSignOut(() => {
  messages.value = null;
});
