/** Signing out: asks first when words written offline would be lost. */
import { ref, shallowRef } from "vue";
import { waitingCount, wipe } from "@/offline/queue";
import { forgetVisits, visitsRefused, visitsWaiting } from "@/offline/visit_queue";
import { me, signOut } from "@/session/session";
import { clearDesk, leaveDesk } from "@/session/terminal";
import { router } from "../router";

export const leavingAsk = ref<{ everywhere: boolean; waiting: number } | null>(null);
export const leavingError = shallowRef<unknown>(null);

export async function leave(everywhere: boolean, confirmed = false): Promise<void> {
  leavingError.value = null;
  const waiting = waitingCount.value + visitsWaiting.value.length + visitsRefused.value.length;
  if (!confirmed && (waiting > 0 || everywhere)) {
    leavingAsk.value = { everywhere, waiting };
    return;
  }
  const atTerminal = me.value?.terminal !== null && me.value?.terminal !== undefined;
  try {
    await (atTerminal ? leaveDesk : signOut)(everywhere);
    forgetVisits();
    await wipe();
  } catch (error) {
    leavingError.value = error;
    leavingAsk.value ??= { everywhere, waiting };
    return;
  }
  leavingAsk.value = null;
  if (atTerminal) {
    await clearDesk();
    return;
  }
  await router.push({ name: "sign-in" });
}
