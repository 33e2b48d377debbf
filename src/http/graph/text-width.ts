/** Text sizes without a browser: charts are laid out on the server, by a fixed table for 13 px system fonts. */

export const LINE_HEIGHT = 18;
const WIDE_PX = 13;
const LATIN_PX = 7;
const BOLD_LATIN_PX = 8;
/** CJK, its punctuation, full-width forms and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

/** About how many pixels wide `text` is on one line, rather too many than too few. */
export function widthOf(text: string): number {
  return sumOf(text, LATIN_PX);
}

/** The same in bold: titles of states. */
export function boldWidthOf(text: string): number {
  return sumOf(text, BOLD_LATIN_PX);
}

function sumOf(text: string, latinPx: number): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? WIDE_PX : latinPx;
  return width;
}
