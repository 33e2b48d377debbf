/**
 * Amounts in Chinese capital numerals (人民币大写), as on a cheque, so that a misplaced zero is heard when read aloud.
 */

const DIGITS = '零壹贰叁肆伍陆柒捌玖';
const PLACES = ['', '拾', '佰', '仟'];
const GROUPS = ['', '万', '亿', '万亿'];

/** Words for an amount in fen: `123456` is 壹仟贰佰叁拾肆元伍角陆分, `100` is 壹元整. Negative amounts begin with 负. */
export function rmbWords(amountFen: number): string {
  const fen = Math.abs(Math.trunc(amountFen));
  const [yuan, jiao, cents] = [Math.floor(fen / 100), Math.floor(fen / 10) % 10, fen % 10];
  const whole = yuan > 0 ? `${yuanWords(yuan)}元` : '';
  const sign = amountFen < 0 ? '负' : '';
  if (fen === 0) return '零元整';
  if (jiao === 0 && cents === 0) return `${sign}${whole}整`;
  const tenths = jiao > 0 ? `${DIGITS[jiao]}角` : whole === '' ? '' : '零';
  const hundredths = cents > 0 ? `${DIGITS[cents]}分` : '整';
  return `${sign}${whole}${tenths}${hundredths}`;
}

/** Groups of four digits, each read alone; a gap of zeros anywhere between two digits is read as one 零. */
function yuanWords(yuan: number): string {
  let words = '';
  let isGap = false;
  for (let group = GROUPS.length - 1; group >= 0; group -= 1) {
    const part = Math.floor(yuan / 10_000 ** group) % 10_000;
    let inGroup = '';
    for (let place = 3; place >= 0; place -= 1) {
      const digit = Math.floor(part / 10 ** place) % 10;
      if (digit === 0) isGap = words !== '' || inGroup !== '';
      else {
        inGroup += `${isGap ? '零' : ''}${DIGITS[digit]}${PLACES[place]}`;
        isGap = false;
      }
    }
    if (inGroup !== '') words += inGroup + GROUPS[group];
  }
  return words;
}
