/** Times and spans as sentences say them. The partners' day is Beijing's, and so is support's. */
import type { Words } from '../../machines/meta.ts';
import { startOfDay } from '../../machines/shanghai.ts';
import { toRfc3339 } from '../times.ts';

/** `北京时间 14:05:30`, with the date unless it is today's. */
export function spokenTime(ms: number, now: number): Words {
  const text = toRfc3339(ms);
  const clock = text.slice(11, 19);
  if (startOfDay(ms) === startOfDay(now)) return { zh: `北京时间 ${clock}`, en: `${clock} Beijing time` };
  const date = text.slice(0, 10);
  return { zh: `北京时间 ${date} ${clock}`, en: `${date} ${clock} Beijing time` };
}

const UNITS = [
  { seconds: 86_400, zh: '天', en: 'd' },
  { seconds: 3_600, zh: '小时', en: 'h' },
  { seconds: 60, zh: '分', en: 'min' },
  { seconds: 1, zh: '秒', en: 's' },
] as const;

/** The two greatest parts of a span: `2 小时 5 分`. */
export function spokenSpan(ms: number): Words {
  let rest = Math.max(0, Math.floor(ms / 1000));
  const parts = UNITS.map((unit) => {
    const count = Math.floor(rest / unit.seconds);
    rest -= count * unit.seconds;
    return { ...unit, count };
  });
  const first = parts.findIndex(({ count }) => count > 0);
  if (first < 0) return { zh: '不到 1 秒', en: 'less than 1 s' };
  const said = parts.slice(first, first + 2).filter(({ count }) => count > 0);
  const say = (language: 'zh' | 'en') => said.map((part) => `${part.count} ${part[language]}`).join(' ');
  return { zh: say('zh'), en: say('en') };
}
