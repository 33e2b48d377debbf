import { toAddress } from '../actors/address.ts';
import type { MemberContext } from '../machines/member.ts';
import { callerOf } from './auth/authorize.ts';
import type { App, RouteDeps } from './deps.ts';
import { Problem } from './problem.ts';
import { problemsOf } from './problem-responses.ts';
import { assertNotParked } from './receipts.ts';
import { ChannelBinding, MemberChannels, MemberFrozen, MemberPath, WithReason } from './schemas.ts';

const common = { tags: ['staff'], security: [{ bearer: [] }], params: MemberPath };

export function staffMemberRoutes(app: App, deps: RouteDeps): void {
  addChannelBinding(app, deps);
  for (const command of ['freeze', 'unfreeze'] as const) addFreezing(app, deps, command);
}

const KINDS = { relationId: 'relation', specialId: 'special', adzoneId: 'adzone' } as const;

function addChannelBinding(app: App, { actors, promotion }: RouteDeps): void {
  app.put(
    '/v1/staff/members/:userId/channel',
    {
      schema: {
        ...common,
        summary: '绑定渠道 / Give channel ids to a user, with the orders that carry them',
        body: ChannelBinding,
        response: { 200: MemberChannels, ...problemsOf('send', 'CHANNEL_TAKEN') },
      },
    },
    async (request) => {
      const { userId } = request.params;
      const by = callerOf(request);
      const options = { cause: `staff:${by}`, trace: request.trace.traceparent };
      const names = Object.entries(request.body).map(([key, id]) => `${KINDS[key as keyof typeof KINDS]}-${id}`);
      // All are looked at before any is bound: a refusal leaves nothing half done unless two staff race.
      await Promise.all(names.map((name) => assertFree(actors, name, userId)));
      for (const channel of names) {
        const { outcome } = await actors.send(toAddress('channel', channel), { type: 'bind', userId, by }, options);
        assertNotParked({ outcome });
        if (outcome === 'refused') throw taken(channel);
      }
      const member = toAddress('member', userId);
      let channels: readonly string[] = [];
      for (const channel of names) {
        const receipt = await actors.send(member, { type: 'channelBound', channel, by }, options);
        assertNotParked(receipt);
        ({ channels } = receipt.snapshot.context as unknown as MemberContext);
      }
      await promotion?.channelBound(userId);
      return { userId, channels: [...channels] };
    },
  );
}

async function assertFree(actors: RouteDeps['actors'], channel: string, userId: string): Promise<void> {
  const found = await actors.inspect(toAddress('channel', channel));
  const owner = found?.snapshot.context['owner'] ?? null;
  if (owner !== null && owner !== userId) throw taken(channel);
}

function taken(channel: string): Problem {
  return new Problem('CHANNEL_TAKEN', { extra: { channel } });
}

function addFreezing(app: App, { actors }: RouteDeps, command: 'freeze' | 'unfreeze'): void {
  app.post(
    `/v1/staff/members/:userId/${command}`,
    {
      schema: {
        ...common,
        summary:
          command === 'freeze'
            ? '冻结用户 / No withdrawals for this user; rebates are still credited'
            : '解冻用户 / Withdrawals are possible again',
        body: WithReason,
        response: { 200: MemberFrozen, ...problemsOf('send') },
      },
    },
    async (request) => {
      const { userId } = request.params;
      const by = callerOf(request);
      const { reason } = request.body;
      const options = { cause: `staff:${by}`, trace: request.trace.traceparent };
      const receipt = await actors.send(toAddress('member', userId), { type: command, by, reason }, options);
      assertNotParked(receipt);
      const { frozen, freezeN } = receipt.snapshot.context as unknown as MemberContext;
      // The member tells its balance by itself; this is the same word, numbered the same, but awaited: a withdrawal
      // asked for after this answer meets a balance that knows.
      const news = { type: frozen === null ? 'unfreeze' : 'freeze', by, reason, n: freezeN };
      assertNotParked(await actors.send(toAddress('balance', userId), news, options));
      return { userId, frozen: frozen !== null };
    },
  );
}
