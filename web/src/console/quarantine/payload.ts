/** How the beginning of a held message is shown. Pure. */

export interface Shown {
  text: string;
  kind: "json" | "text" | "hex";
}

const HEX = /^(?:[0-9a-f]{2} )*[0-9a-f]{2}$/;

/** JSON is set out line by line; hexadecimal pairs stand sixteen to a line; other text stays as it came. */
export function shownPayload(preview: string, bytes: number): Shown {
  try {
    const value: unknown = JSON.parse(preview);
    if (typeof value === "object" && value !== null) return { text: JSON.stringify(value, null, 2), kind: "json" };
  } catch {
    // Broken or cut off: that is often why it is here.
  }
  // "ab" could be a text of two letters: pairs are hexadecimal only when the message is as long as they say.
  if (HEX.test(preview) && preview.length > bytes) {
    const pairs = preview.split(" ");
    const lines: string[] = [];
    for (let at = 0; at < pairs.length; at += 16) lines.push(pairs.slice(at, at + 16).join(" "));
    return { text: lines.join("\n"), kind: "hex" };
  }
  return { text: preview, kind: "text" };
}

export function sizeWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
