/** Fen of an amount typed in yuan, by its text so that nothing is rounded. NaN for what is none. */
export function fenOf(yuan: string): number {
  const [, sign, whole, fraction = ''] =
    /^([+\-−]?)(\d{1,10})(?:\.(\d{1,2}))?$/.exec(yuan.replace(/[¥,\s]/g, '')) ?? [];
  if (whole === undefined) return Number.NaN;
  const fen = Number(whole) * 100 + Number(fraction.padEnd(2, '0'));
  return sign === '-' || sign === '−' ? -fen : fen;
}
