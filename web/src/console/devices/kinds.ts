/** What kinds of devices there are; read once, they change only with a release. */
import { shallowRef } from "vue";
import { get } from "@/api/client";
import type { DeviceKind } from "@/api/types";
import { atSignOut } from "@/session/session";

export const kinds = shallowRef<ReadonlyMap<string, DeviceKind>>(new Map());
let reading: Promise<void> | null = null;

export function loadKinds(): Promise<void> {
  reading ??= get<DeviceKind[]>("/api/device-kinds")
    .then((found) => {
      kinds.value = new Map(found.map((kind) => [kind.code, kind]));
    })
    .catch((error: unknown) => {
      reading = null;
      throw error;
    });
  return reading;
}

atSignOut(() => {
  kinds.value = new Map();
  reading = null;
});
