/** An amount in fen, said in yuan: `123450` is ￥1,234.50. Pure. */
export function yuan(fen: number): string {
  const whole = Math.floor(Math.abs(fen) / 100);
  const part = String(Math.abs(fen) % 100).padStart(2, "0");
  return `${fen < 0 ? "-" : ""}￥${whole.toLocaleString("en-US")}.${part}`;
}
