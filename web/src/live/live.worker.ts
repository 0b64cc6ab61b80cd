/** The browser's one live stream, shared by all tabs (HTTP/1.1 gives a browser only six connections). */
import { fetchDoor, type LiveNote, LiveStream } from "./stream";

export type ToWorker = { kind: "join"; account: string } | { kind: "leave" };

const scope = self as unknown as { onconnect: ((event: MessageEvent) => void) | null };
const tabs = new Set<MessagePort>();
let account: string | null = null;
let live = false;

const stream = new LiveStream(fetchDoor, (note: LiveNote) => {
  if (note.kind === "open") live = true;
  if (note.kind === "lost" || note.kind === "signed_out") live = false;
  if (note.kind === "signed_out") account = null;
  for (const tab of tabs) tab.postMessage(note);
});

scope.onconnect = ({ ports }) => {
  const [tab] = ports;
  if (!tab) return;
  tab.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
    if (data.kind === "leave") {
      tabs.delete(tab);
      if (tabs.size === 0) {
        account = null;
        live = false;
        stream.close();
      }
      return;
    }
    tabs.add(tab);
    if (data.account !== account) {
      account = data.account;
      stream.forget();
      void stream.run();
    } else if (live) tab.postMessage({ kind: "open", fresh: false } satisfies LiveNote);
  });
  tab.start();
};
