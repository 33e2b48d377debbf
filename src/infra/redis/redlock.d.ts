/** What is used of `redlock`, whose own types its package does not export. */
declare module 'redlock' {
  export interface RedlockClient {
    eval(script: string, keyCount: number, args: (string | number)[]): Promise<unknown>;
    evalsha(hash: string, keyCount: number, args: (string | number)[]): Promise<unknown>;
  }

  export interface Settings {
    driftFactor?: number;
    retryCount?: number;
  }

  export interface Lock {
    readonly value: string;
    /** Epoch ms by the machine's clock; `extend` refuses a lock that is past it. */
    expiration: number;
  }

  class Redlock {
    constructor(clients: Iterable<RedlockClient>, settings?: Settings);
    acquire(resources: string[], durationMs: number): Promise<Lock>;
    extend(lock: Lock, durationMs: number): Promise<Lock>;
    release(lock: Lock): Promise<unknown>;
  }

  // biome-ignore lint/style/noDefaultExport: that is how the package exports it
  export { Redlock as default };
}
