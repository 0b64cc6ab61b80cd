/** Telephone numbers as people write them. Pure. */

/** Whether the server can read a number out of it: 5 to 15 digits, whatever stands between them. */
export const looksLikePhone = (typed: string): boolean => /^\d{5,15}$/.test(typed.trim().replace(/^\+86/, "").replace(/\D/g, ""));

/** Of several numbers in a form the one a refused `phone` means: the first that is none. */
export function wrongPhone(numbers: readonly string[]): number {
  const found = numbers.findIndex((number) => number.trim() !== "" && !looksLikePhone(number));
  return Math.max(found, 0);
}
