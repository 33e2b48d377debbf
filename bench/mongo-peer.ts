/**
 * What the same replica set does for a service written by hand: one transaction for each status change of an order, with
 * the event's id, the order, a ledger line, the user's balance and the message to be sent.
 */
import { type ClientSession, type Db, MongoClient } from 'mongodb';
import { drive, perSecond } from './world.ts';

/** Paid, received, settled, released; each with what it moves from pending to available. */
const CHANGES = [
  { status: 'paid', pendingFen: 113, availableFen: 0 },
  { status: 'received', pendingFen: 0, availableFen: 0 },
  { status: 'settled', pendingFen: 0, availableFen: 0 },
  { status: 'released', pendingFen: -113, availableFen: 113 },
] as const;

/** So that the compiler has seen everything, and the servers the collections, when it counts. */
const WARM_UP_ORDERS = 100;

export async function peerLifecycles(url: string, name: string, orders: number, users: number, inFlight: number) {
  const client = new MongoClient(url, { writeConcern: { w: 'majority', journal: true } });
  const db = client.db(name);
  try {
    await db.dropDatabase();
    await db.collection('ledger').createIndex({ user: 1, at: -1 });
    await db.collection('orders').createIndex({ user: 1, status: 1 });
    await db.collection('outbox').createIndex({ sentAt: 1 });
    for (const collection of ['events', 'balances']) await db.createCollection(collection);
    const lifecycle = async (index: number) => {
      for (const change of CHANGES) {
        const apply = (session: ClientSession) =>
          applyChange(db, session, `28${index}`, `bench${index % users}`, change);
        await client.withSession((session) => session.withTransaction(apply));
      }
    };
    await drive(WARM_UP_ORDERS, inFlight, (index) => lifecycle(orders + index));
    const { elapsedMs } = await drive(orders, inFlight, lifecycle);
    const total = await db
      .collection('balances')
      .aggregate([{ $group: { _id: null, availableFen: { $sum: '$availableFen' } } }])
      .next();
    if (total?.['availableFen'] !== (orders + WARM_UP_ORDERS) * 113) throw new Error('the peer lost money');
    return { orders, users, inFlight, perSecond: perSecond(orders, elapsedMs) };
  } finally {
    await db.dropDatabase();
    await client.close();
  }
}

async function applyChange(
  db: Db,
  session: ClientSession,
  order: string,
  user: string,
  { status, pendingFen, availableFen }: (typeof CHANGES)[number],
): Promise<void> {
  const [id, at] = [`${order}:${status}`, new Date()];
  const collection = (name: string) => db.collection<{ _id: string }>(name);
  await collection('events').insertOne({ _id: id }, { session });
  const item = { itemId: 'P0tnUWxyz-mvmeP0001', itemTitle: '夏季新款纯棉短袖T恤男女同款宽松百搭上衣', paidFen: 1_980 };
  await collection('orders').updateOne(
    { _id: order },
    { $set: { ...item, user, status, at } },
    { session, upsert: true },
  );
  await collection('ledger').insertOne({ _id: id, ...{ user, order, pendingFen, availableFen, at } }, { session });
  await collection('balances').updateOne(
    { _id: user },
    { $inc: { pendingFen, availableFen } },
    { session, upsert: true },
  );
  await collection('outbox').insertOne({ _id: id, ...{ to: user, type: status, sentAt: null } }, { session });
}
