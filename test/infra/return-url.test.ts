import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../src/infra/config.ts';

const returnUrl = (text: string) => loadConfig({ TAOBAO_RETURN_URL: text }).taobaoReturnUrl;

describe('TAOBAO_RETURN_URL', () => {
  it.each(['https://app.example/taobao', 'myapp://taobao', 'com.example.app://taobao?from=sign-in'])(
    'may be %s',
    (text) => {
      expect(returnUrl(text)).toBe(text);
    },
  );

  it('is not set by itself', () => {
    expect(returnUrl('')).toBeUndefined();
  });

  it.each([
    'http://app.example/taobao',
    'javascript://%0aalert(1)',
    'data://text/html,x',
    'file:///etc/passwd',
    'mailto:a@b.example',
    '/taobao',
    'app.example',
    'https://',
    'myapp://taobao#part',
    'myapp://tao bao',
  ])('is refused as %s, with words that say what it must be', (text) => {
    expect(() => returnUrl(text)).toThrow(ConfigError);
    expect(() => returnUrl(text)).toThrow(/TAOBAO_RETURN_URL must be a link that opens the app, such as https:/);
  });
});
