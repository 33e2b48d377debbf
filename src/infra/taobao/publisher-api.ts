/**
 * Making a user a channel of the publisher: the session that Taobao's sign-in page gave leave for
 * (`taobao.top.auth.token.create`) and the registration under it (`taobao.tbk.sc.publisher.info.save`, API 37988).
 *
 * Invariant: a session is used for one call and then forgotten: it is returned by nothing, stored and logged nowhere.
 */
import { readable, type TopRead } from './item-api.ts';
import { optionalIdField, textField } from './row-fields.ts';
import type { TopClient } from './top-client.ts';
import { isTopObject, parseTopJson, TopBodyError } from './top-json.ts';

/** Registers whoever signed in as a channel of ours. `code` works once; the registration itself may be repeated. */
export async function registerChannel(
  client: TopClient,
  { code, inviterCode }: { readonly code: string; readonly inviterCode: string },
): Promise<TopRead<string>> {
  const session = await createSession(client, code);
  if (!session.ok) return session;
  const saved = await client.call(
    'taobao.tbk.sc.publisher.info.save',
    { inviter_code: inviterCode, info_type: 1 },
    { session: session.value },
  );
  if (!saved.ok) return saved;
  return readable(() => {
    const data = saved.data['data'];
    const relationId = isTopObject(data) ? optionalIdField(data, 'relation_id') : null;
    if (relationId === null) throw new TopBodyError('the answer has no relation id');
    return relationId;
  });
}

/** `token_result` is JSON inside a string. */
async function createSession(client: TopClient, code: string): Promise<TopRead<string>> {
  const answer = await client.call('taobao.top.auth.token.create', { code });
  if (!answer.ok) return answer;
  return readable(() => {
    const token = parseTopJson(Buffer.from(textField(answer.data, 'token_result')));
    const session = textField(token, 'access_token');
    if (session === '') throw new TopBodyError('the answer has no session');
    return session;
  });
}
