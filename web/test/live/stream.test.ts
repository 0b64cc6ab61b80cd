import { describe, expect, it } from "vitest";
import { type LiveDoor, type LiveNote, LiveStream } from "@/live/stream";

/** A server whose connections are given one after the other: text to send, a status, or a failure. */
function server(answers: (string[] | number | Error)[]) {
  const asked: (string | null)[] = [];
  const waits: number[] = [];
  const door: LiveDoor = {
    async open(lastEventId) {
      asked.push(lastEventId);
      const answer = answers.shift() ?? 401;
      if (answer instanceof Error) throw answer;
      if (typeof answer === "number") return { status: answer, pieces: (async function* () {})() };
      return {
        status: 200,
        pieces: (async function* () {
          yield* answer;
        })(),
      };
    },
    async wait(ms) {
      waits.push(ms);
    },
  };
  const notes: LiveNote[] = [];
  const stream = new LiveStream(door, (note) => notes.push(note));
  return { stream, asked, waits, notes, events: () => notes.filter((note) => note.kind === "event").map((note) => note.event.offset) };
}
const event = (offset: number) => `id: ${offset}\nevent: order_changed\ndata: {"offset":${offset},"name":"order_changed"}\n\n`;

describe("the live stream", () => {
  it("asks after a cut for what it missed", async () => {
    const { stream, asked, events } = server([[event(1), event(2)], new TypeError("network"), [event(3)]]);
    await stream.run();
    expect(asked).toEqual([null, "2", "2", "3"]);
    expect(events()).toEqual([1, 2, 3]);
  });

  it("says that the first opening was fresh and a later one was not", async () => {
    const { stream, notes } = server([[event(1)], [event(2)]]);
    await stream.run();
    expect(notes.filter((note) => note.kind === "open")).toEqual([
      { kind: "open", fresh: true },
      { kind: "open", fresh: false },
    ]);
  });

  it("waits longer after each failure and starts over after a success", async () => {
    const { stream, waits } = server([503, 503, 503, [": beat\n\n"], 503]);
    await stream.run();
    expect(waits).toEqual([500, 1000, 2000, 500, 1000]);
  });

  it("ends when the session is over, by status or by event", async () => {
    const byEvent = server([["event: signed_out\ndata: {}\n\n"], [event(9)]]);
    await byEvent.stream.run();
    expect(byEvent.notes.at(-1)).toEqual({ kind: "signed_out" });
    expect(byEvent.events()).toEqual([]);
    const byStatus = server([401]);
    await byStatus.stream.run();
    expect(byStatus.notes).toEqual([{ kind: "signed_out" }]);
  });

  it("has everything read again when the server says reset or an event can't be read", async () => {
    const { stream, notes } = server([["event: reset\ndata: {}\n\n", "event: order_changed\ndata: {broken\n\n"]]);
    await stream.run();
    expect(notes.filter((note) => note.kind === "reset")).toHaveLength(2);
  });
});
