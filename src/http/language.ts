export type Language = 'zh-CN' | 'en';

/** The language of the answer's words: English when `Accept-Language` prefers it to Chinese, else Chinese. */
export function pickLanguage(acceptLanguage: string | undefined): Language {
  const best = { zh: 0, en: 0 };
  // A longer header is no browser's; what stands beyond is ignored.
  for (const range of (acceptLanguage ?? '').slice(0, 500).split(',')) {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const primary = tag.split('-')[0];
    const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    if ((primary === 'zh' || primary === 'en') && weight > best[primary]) best[primary] = weight;
  }
  return best.en > best.zh ? 'en' : 'zh-CN';
}
