/**
 * Kept state of dependencies that all nodes of one database share.
 */
import { beforeEach } from 'vitest';
import { createMongoKeptState } from '../../src/infra/mongo/mongo-kept-state.ts';
import { mongoTestStore } from '../support/mongo-test-store.ts';
import { needsService } from '../support/services.ts';
import { keptStateContract } from './kept-state.contract.ts';

const store = mongoTestStore(needsService('mongodb'), 'kept');

beforeEach(() => store().empty());

keptStateContract('MongoDB', async () => createMongoKeptState(store().database));
