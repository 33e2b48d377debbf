import { describe, expect, it } from 'vitest';
import { SIGN_METHODS, sign, toParams } from '../../src/infra/taobao/signature.ts';
import { TOP_SIGNATURES } from '../support/top-signatures.ts';

describe('TOP signatures', () => {
  for (const vector of TOP_SIGNATURES) {
    for (const method of SIGN_METHODS) {
      it(`agree with ${vector.name} by ${method}`, () => {
        const params = toParams({ ...vector.params, sign_method: method });
        expect(sign(params, vector.secret, method)).toBe(vector[method]);
      });
    }
  }

  it('are of what is sent: nothing empty, nested values as their JSON text', () => {
    expect(
      toParams({ none: undefined, empty: '', zero: 0, no: false, option: { page_no: 1, position: undefined } }),
    ).toEqual({ zero: '0', no: 'false', option: '{"page_no":1}' });
  });
});
