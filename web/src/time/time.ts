/** Times and durations as people on duty read them. Asia/Shanghai, whatever the browser's zone is. */
const ZONE = "Asia/Shanghai";

const parts = new Intl.DateTimeFormat("zh-CN", {
  timeZone: ZONE,
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

interface Fields {
  year: string;
  month: string;
  day: string;
  hour: string;
  minute: string;
  second: string;
}

function fields(at: number): Fields {
  const found = Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, value]));
  return found as unknown as Fields;
}

const moment = (at: string | number): number => (typeof at === "number" ? at : Date.parse(at));

/** 2026-11-22 14:02:11 */
export function exact(at: string | number | null | undefined): string {
  if (at === null || at === undefined) return "—";
  const f = fields(moment(at));
  return `${f.year}-${f.month}-${f.day} ${f.hour}:${f.minute}:${f.second}`;
}

/** 14:02:11 */
export function clockTime(at: string | number | null | undefined): string {
  if (at === null || at === undefined) return "—";
  const f = fields(moment(at));
  return `${f.hour}:${f.minute}:${f.second}`;
}

/** 14:02:11 on the day of `now`, else 11-20 14:02:11: a story may run over days, its order shows in seconds. */
export function storyTime(at: string | number, now: number): string {
  const then = fields(moment(at));
  const today = fields(now);
  const time = `${then.hour}:${then.minute}:${then.second}`;
  return then.year === today.year && then.month === today.month && then.day === today.day ? time : `${then.month}-${then.day} ${time}`;
}

/** 14:02 today, 昨天 14:02, 11-20 14:02, 2025-11-20 14:02 */
export function shortTime(at: string | number | null | undefined, now: number): string {
  if (at === null || at === undefined) return "—";
  const then = fields(moment(at));
  const today = fields(now);
  const yesterday = fields(now - 86_400_000);
  const time = `${then.hour}:${then.minute}`;
  const day = (f: Fields) => `${f.year}-${f.month}-${f.day}`;
  if (day(then) === day(today)) return time;
  if (day(then) === day(yesterday)) return `昨天 ${time}`;
  if (then.year === today.year) return `${then.month}-${then.day} ${time}`;
  return `${then.year}-${then.month}-${then.day} ${time}`;
}

/** 刚刚, 12 秒前, 3 分钟前, 2 小时前, then a date. */
export function ago(at: string | number, now: number): string {
  const seconds = Math.floor((now - moment(at)) / 1000);
  if (seconds < 3) return "刚刚";
  if (seconds < 60) return `${seconds} 秒前`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} 分钟前`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} 小时前`;
  return shortTime(at, now);
}

/** 8 秒, 3 分 05 秒, 2 小时 4 分, 3 天 2 小时 */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} 秒`;
  if (s < 3600) return `${Math.floor(s / 60)} 分 ${String(s % 60).padStart(2, "0")} 秒`;
  if (s < 86_400) return `${Math.floor(s / 3600)} 小时 ${Math.floor((s % 3600) / 60)} 分`;
  return `${Math.floor(s / 86_400)} 天 ${Math.floor((s % 86_400) / 3600)} 小时`;
}

/** 02:14, 1:02:14 — a count-down or count-up that does not jump in width. */
export function stopwatch(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  if (s >= 86_400) return `${Math.floor(s / 86_400)} 天 ${two(Math.floor((s % 86_400) / 3600))} 时`;
  if (s >= 3600) return `${Math.floor(s / 3600)}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
  return `${two(Math.floor(s / 60))}:${two(s % 60)}`;
}

export interface Countdown {
  text: string;
  overdue: boolean;
  /** The last fifth of a minute-scale deadline, or less than two minutes: worth a stronger look. */
  soon: boolean;
}

export function countdown(dueAt: string, now: number): Countdown {
  const left = (Date.parse(dueAt) - now) / 1000;
  return { text: stopwatch(Math.abs(left)), overdue: left < 0, soon: left >= 0 && left < 120 };
}
