/**
 * What a deployment must be for the journal's promises to hold.
 *
 * Owns the refusals. Invariant J2 and every acknowledgement rest on them: a record is acknowledged by a majority that has
 * it on disk, and money is read from a primary's majority-committed data.
 */
import { type Document, MongoClient, type MongoServerSelectionError, type TopologyDescription } from 'mongodb';
import type { ActorError } from '../../actors/errors.ts';
import { unfit } from './mongo-errors.ts';

/** MongoDB 6.0, the oldest that this was tested on. */
const LEAST_WIRE_VERSION = 17;
const LEAST_VERSION = '6.0';
const RUN_A_SET = 'run mongod with --replSet, initiate the set, and name its members in MONGODB_URL';

/**
 * Checks what the connection string itself asks for. Bounds, and what is not said, are this program's to set.
 * @throws STORE_UNFIT for a string that is none, or that asks for less than majority, journaled, from the primary
 */
export function assertFitUrl(url: string): void {
  const { writeConcern, readConcern, readPreference, directConnection } = parse(url).options;
  if (writeConcern?.w !== undefined && writeConcern.w !== 'majority') {
    throw unfit(`MONGODB_URL asks for w=${writeConcern.w}`, 'set w=majority or leave it out');
  }
  if (writeConcern?.journal === false || writeConcern?.j === false) {
    throw unfit('MONGODB_URL asks for journal=false', 'set journal=true or leave it out');
  }
  if (readPreference.mode !== 'primary') {
    throw unfit(
      `MONGODB_URL asks for readPreference=${readPreference.mode}`,
      'leave it out: money is read from the primary, and lists of staff go to secondaries by themselves',
    );
  }
  if (readConcern !== undefined && readConcern.level !== 'majority') {
    throw unfit(`MONGODB_URL asks for readConcernLevel=${readConcern.level}`, 'set majority or leave it out');
  }
  if (directConnection) {
    throw unfit('MONGODB_URL asks for directConnection=true', 'leave it out: another member may become the primary');
  }
}

/** The database that the string names after the hosts, if any. */
export function databaseIn(url: string): string | undefined {
  const name = /^mongodb(?:\+srv)?:\/\/[^/?]+\/([^?]+)/.exec(url)?.[1];
  return name === undefined ? undefined : decodeURIComponent(name);
}

/** @throws STORE_UNFIT unless `hello` is that of a replica set's member or of a mongos, of a version that is known to do */
export function assertFitServer(hello: Document): void {
  const isMongos = hello['msg'] === 'isdbgrid';
  if (!isMongos && typeof hello['setName'] !== 'string') {
    throw unfit('MONGODB_URL names a standalone server, which loses acknowledged writes', RUN_A_SET);
  }
  if (!(Number(hello['maxWireVersion']) >= LEAST_WIRE_VERSION)) {
    throw unfit(`the MongoDB server is older than ${LEAST_VERSION}`, `upgrade it to ${LEAST_VERSION} or newer`);
  }
}

/** Why no primary was found, when that is not for time to mend. */
export function unfitTopology(error: MongoServerSelectionError): ActorError | undefined {
  const topology = error.reason as TopologyDescription | undefined;
  const types = new Set([...(topology?.servers.values() ?? [])].map(({ type }) => String(type)));
  // Servers that are not of the set that was asked for are dropped from the list.
  if (topology?.setName != null && types.size === 0) {
    return unfit(`no server of MONGODB_URL belongs to a replica set "${topology.setName}"`, RUN_A_SET, error);
  }
  if (types.has('RSGhost')) return unfit('the replica set is not initiated', 'initiate it: rs.initiate()', error);
  return undefined;
}

/** @throws STORE_UNFIT; the string may hold a password and is never quoted */
function parse(url: string): MongoClient {
  try {
    return new MongoClient(url);
  } catch (error) {
    const why = error instanceof Error && !/@|:\/\//.test(error.message) ? `: ${error.message}` : '';
    throw unfit(
      `MONGODB_URL is not a MongoDB connection string${why}`,
      'mongodb://host1,host2,host3/taoke?replicaSet=rs0',
    );
  }
}
