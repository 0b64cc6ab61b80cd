import { describe, expect, it, vi } from "vitest";
import { SseParser } from "@/live/sse";

describe("reading an event stream", () => {
  it("joins pieces cut anywhere, even inside a line end", () => {
    const text = "id: 7\r\nevent: incident_changed\r\ndata: {\"offset\":7}\r\n\r\n: beat\r\n\r\nid: 8\r\ndata: a\r\ndata: b\r\n\r\n";
    for (let size = 1; size < text.length; size += 1) {
      const parser = new SseParser();
      const found = [];
      for (let at = 0; at < text.length; at += size) found.push(...parser.push(text.slice(at, at + size)));
      expect(found, `pieces of ${size}`).toEqual([
        { id: "7", event: "incident_changed", data: '{"offset":7}' },
        { id: "8", event: "message", data: "a\nb" },
      ]);
    }
  });

  it("hears a beat without making it a message", () => {
    const heard = vi.fn();
    expect(new SseParser().push(": beat\n\n", heard)).toEqual([]);
    expect(heard).toHaveBeenCalled();
  });

  it("keeps the last id for messages without one", () => {
    const parser = new SseParser();
    parser.push("id: 4\ndata: x\n\n");
    expect(parser.push("data: y\n\n")[0]?.id).toBe("4");
  });
});
