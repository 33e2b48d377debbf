/**
 * The product may know time, chance and the network through its ports only. While a run is wired, what it touches beside
 * them throws; the test runner and the simulator itself stay free.
 */
const WATCHED = /\/src\/(actors|machines|infra)\//;

function assertFree(name: string): void {
  const stack = new Error().stack ?? '';
  // The frame above ours is whoever called the global.
  const caller = stack.split('\n').find((line, index) => index > 0 && !line.includes('tripwires.ts')) ?? '';
  if (WATCHED.test(caller)) throw new Error(`${name} is called beside the ports: ${caller.trim()}`);
}

/** Runs `work` with every hidden source of time, chance and I/O wired. */
export async function withTripwires<T>(work: () => Promise<T>): Promise<T> {
  const undo: (() => void)[] = [];
  const wire = <O extends object>(owner: O, name: keyof O & string) => {
    const original = owner[name];
    if (typeof original !== 'function') return;
    const wired = (...args: unknown[]) => {
      assertFree(name);
      return original.apply(owner, args);
    };
    owner[name] = Object.assign(wired, original) as O[typeof name];
    undo.push(() => {
      owner[name] = original;
    });
  };
  const RealDate = Date;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: unknown[]) => {
      if (args.length === 0) assertFree('new Date()');
      return Reflect.construct(target, args) as Date;
    },
  });
  undo.push(() => {
    globalThis.Date = RealDate;
  });
  wire(RealDate, 'now');
  wire(Math, 'random');
  wire(crypto, 'randomUUID');
  for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'fetch'] as const) wire(globalThis, name);
  try {
    return await work();
  } finally {
    for (const each of undo.reverse()) each();
  }
}
