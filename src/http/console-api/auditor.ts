import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toAddress } from '../../actors/address.ts';
import type { ActorSystem } from '../../actors/facade.ts';
import type { Ids, Log } from '../../actors/ports.ts';
import type { JsonObject } from '../../actors/record.ts';
import type { AuditLine, AuditNote, AuditSubject } from '../../machines/audit.ts';
import { withoutPersonalData } from '../personal-data.ts';
import { Problem } from '../problem.ts';

/** What a handler adds to the entry of its request. */
interface Noted {
  /** Instead of what the path names. */
  subject?: string;
  detail?: AuditNote;
  /** On a public route: who tried. Without it the request is nobody's action and leaves no entry. */
  by?: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The audit entry of this request, as far as its handler knows more than the request. */
    audited: Noted;
  }
}

export const AUDIT_LOG = toAddress('audit', 'log');

interface AuditorDeps {
  readonly actors: Pick<ActorSystem, 'send'>;
  readonly ids: Pick<Ids, 'random'>;
  readonly log: Log;
}

/**
 * Makes exactly one audit entry of every request to an audited route. It is begun before the handler runs, and the handler
 * does not run when it cannot be; it is ended before the answer leaves. A refusal before the handler is an entry too. A
 * request repeated under the same Idempotency-Key with the same result makes no second one.
 */
export class Auditor {
  readonly #deps: AuditorDeps;
  readonly #begun = new WeakMap<FastifyRequest, AuditSubject>();

  constructor(deps: AuditorDeps) {
    this.#deps = deps;
  }

  /** A `preHandler` hook. @throws AUDIT_BUSY, STORE_UNAVAILABLE: nothing was done then. */
  readonly begin = async (request: FastifyRequest): Promise<void> => {
    const action = request.routeOptions.config.consoleAccess?.audit;
    if (action === undefined || request.staff === null) return;
    const entry = this.#subjectOf(request, action);
    await this.#send('begin', entry, `begin:${entry.id}`);
    this.#begun.set(request, entry);
  };

  /** An `onSend` hook. */
  readonly end = async (request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<void> => {
    const action = request.routeOptions.config?.consoleAccess?.audit;
    const { by, detail = {}, subject } = request.audited;
    if (action === undefined || (request.staff === null && by === undefined)) return;
    const begun = this.#begun.get(request) ?? this.#subjectOf(request, action);
    const { statusCode } = reply;
    const code = statusCode < 400 ? null : codeIn(payload);
    const outcome = statusCode < 400 ? 'done' : statusCode < 500 ? 'refused' : 'unknown';
    const line: AuditLine = { ...begun, ...(subject === undefined ? {} : { subject }), outcome, code, detail };
    try {
      await this.#send('end', line, `end:${line.id}:${outcome}:${code ?? ''}`);
    } catch (error) {
      // The entry that was begun is listed by itself, as unknown.
      this.#deps.log.error('an audited action has no end on record', { traceId: line.traceId, action, error });
    }
  };

  /** One entry for something that is no request of its own. @throws STORE_UNAVAILABLE */
  async record(entry: Partial<AuditLine> & Pick<AuditLine, 'by' | 'action'>): Promise<void> {
    const id = this.#deps.ids.random();
    const blank = { role: null, subject: null, reason: null, ticket: null, traceId: null, ip: null };
    const line = { ...blank, outcome: 'done' as const, code: null, detail: {}, ...entry, id };
    await this.#send('end', line, `end:${id}`);
  }

  async #send(type: 'begin' | 'end', entry: AuditSubject | AuditLine, id: string): Promise<void> {
    const event = { type, entry: entry as unknown as JsonObject };
    const options = { id, cause: `console:${entry.by}`, repeatable: true };
    const receipt = await this.#deps.actors.send(AUDIT_LOG, event, options);
    if (receipt.outcome === 'refused') throw new Problem('AUDIT_BUSY');
    if (receipt.outcome === 'parked') throw new Problem('REQUEST_PARKED');
  }

  #subjectOf(request: FastifyRequest, action: string): AuditSubject {
    const { staff, audited, trace, ip, headers } = request;
    const by = staff?.name ?? audited.by ?? '';
    const key = headers['idempotency-key'];
    const reason = textIn(request, 'reason');
    const scope = JSON.stringify([by, request.method, request.url, key]);
    return {
      id: key === undefined ? this.#deps.ids.random() : createHash('sha256').update(scope).digest('base64url'),
      by,
      role: staff?.role ?? null,
      action,
      subject: audited.subject ?? subjectOfPath(request.params as Readonly<Record<string, string>>),
      // A request may be refused just for the personal data in it.
      reason: reason === null ? null : withoutPersonalData(reason),
      ticket: textIn(request, 'ticket'),
      traceId: trace.traceId,
      ip,
    };
  }
}

/** What the path names, when the route knows it: `order/1`, `staff/lin`. */
function subjectOfPath({ type, id, name }: Readonly<Record<string, string>> = {}): string | null {
  if (type !== undefined && id !== undefined) return `${type}/${id}`.slice(0, 200);
  return name === undefined ? null : `staff/${name}`.slice(0, 200);
}

const MAX_TEXT_LENGTH = 500;

function textIn({ body, query }: FastifyRequest, field: string): string | null {
  const given = { ...(query as object), ...(body as object | null) } as Record<string, unknown>;
  const text = given[field];
  return typeof text === 'string' ? text.slice(0, MAX_TEXT_LENGTH) : null;
}

function codeIn(payload: unknown): string | null {
  if (typeof payload !== 'string') return null;
  try {
    const { code } = JSON.parse(payload) as { code?: unknown };
    return typeof code === 'string' ? code : null;
  } catch {
    return null;
  }
}
