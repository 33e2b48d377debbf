/**
 * What a start on MongoDB refuses, and what it says to do.
 */
import { describe, expect, it } from 'vitest';
import { assertFitServer, assertFitUrl, databaseIn } from '../../src/infra/mongo/mongo-fitness.ts';
import { COLLECTIONS } from '../../src/infra/mongo/mongo-schema.ts';

const HOSTS = 'mongodb://user:p%40ss@a.example,b.example:27018/books';

describe('a connection string', () => {
  it.each([
    ['w=1', 'set w=majority or leave it out'],
    ['w=0', 'set w=majority or leave it out'],
    ['w=3', 'set w=majority or leave it out'],
    ['w=majority&journal=false', 'set journal=true or leave it out'],
    ['readPreference=secondary', 'leave it out'],
    ['readPreference=primaryPreferred', 'leave it out'],
    ['readConcernLevel=local', 'set majority or leave it out'],
    ['directConnection=true', 'leave it out'],
  ])('with %s is refused: %s', (options, hint) => {
    const url = options.startsWith('direct') ? 'mongodb://a.example/' : HOSTS;
    expect(() => assertFitUrl(`${url}?${options}`)).toThrow(hint);
    expect(() => assertFitUrl(`${url}?${options}`)).toThrow(expect.objectContaining({ code: 'STORE_UNFIT' }));
  });

  it.each(['', '?replicaSet=rs0', '?w=majority&journal=true&retryWrites=true', '?readConcernLevel=majority&tls=true'])(
    'with %s is taken',
    (options) => {
      expect(() => assertFitUrl(`${HOSTS}${options}`)).not.toThrow();
    },
  );

  it.each(['mysql://user:p4ss@host/', 'mongodb://user:p4ss:x@host', 'mongodb://user:p4ss@host/?nonsense=1'])(
    'that is none is refused without its password: %s',
    (url) => {
      let error: unknown;
      try {
        assertFitUrl(url);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({ code: 'STORE_UNFIT' });
      expect(String(error)).not.toContain('p4ss');
    },
  );

  it('names the database after the hosts', () => {
    expect(databaseIn(HOSTS)).toBe('books');
    expect(databaseIn('mongodb+srv://cluster.example/books%2D1?w=majority')).toBe('books-1');
    expect(databaseIn('mongodb://a,b,c/?replicaSet=rs0')).toBeUndefined();
    expect(databaseIn('mongodb://a')).toBeUndefined();
  });
});

describe('a server', () => {
  const member = { setName: 'rs0', maxWireVersion: 17 };

  it('of a replica set, or a mongos, is taken', () => {
    expect(() => assertFitServer(member)).not.toThrow();
    expect(() => assertFitServer({ msg: 'isdbgrid', maxWireVersion: 21 })).not.toThrow();
  });

  it('on its own is refused', () => {
    expect(() => assertFitServer({ maxWireVersion: 17 })).toThrow(/standalone.*--replSet/);
  });

  it('older than 6.0 is refused', () => {
    expect(() => assertFitServer({ ...member, maxWireVersion: 13 })).toThrow(/older than 6\.0.*upgrade/);
    expect(() => assertFitServer({ msg: 'isdbgrid' })).toThrow('upgrade');
  });
});

describe('[J2] on a sharded cluster', () => {
  const sharded = Object.entries(COLLECTIONS).filter(([, { shardKey }]) => shardKey !== undefined);

  it('the journal is sharded by actor, ranged', () => {
    expect(COLLECTIONS.journal.shardKey).toEqual({ actor: 1 });
  });

  it.each(sharded)('every unique index of %s begins with the shard key', (_, { indexes, shardKey }) => {
    for (const { key } of indexes.filter(({ unique }) => unique === true)) {
      const keys = Object.keys(shardKey ?? {});
      expect(Object.keys(key).slice(0, keys.length)).toEqual(keys);
      expect(Object.values(shardKey ?? {})).not.toContain('hashed');
    }
  });
});
