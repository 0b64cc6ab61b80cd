/** The texts. Import `t` anywhere; keys are checked against the Chinese texts, which are the original. */
import { createI18n } from "vue-i18n";
import zhCN from "./zh-CN";

type Keys<T, P extends string = ""> = {
  [K in keyof T & string]: T[K] extends string ? `${P}${K}` : Keys<T[K], `${P}${K}.`>;
}[keyof T & string];
export type TextKey = Keys<typeof zhCN>;

export const i18n = createI18n({
  legacy: false,
  locale: "zh-CN",
  fallbackLocale: "zh-CN",
  messages: { "zh-CN": zhCN },
});

const say = i18n.global.t as (key: string, values?: Record<string, unknown>) => string;

export function t(key: TextKey, values?: Record<string, unknown>): string {
  return values ? say(key, values) : say(key);
}

/** For keys made of a code the server sent; answers the code itself when the text is not known. */
export function tCode(group: string, code: string): string {
  const key = `${group}.${code}`;
  const exists = i18n.global.te as (key: string) => boolean;
  return exists(key) ? say(key) : code;
}
