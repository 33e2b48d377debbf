/**
 * The list of all machines, by the type of their actors' addresses; the only file that names them all.
 */
import type { AnyStateMachine } from 'xstate';
import { adzoneDelays, adzoneEvents, adzoneGuards, adzoneListing, createAdzoneMachine } from './adzone.ts';
import { approvalEvents, approvalListing, createApprovalMachine } from './approval.ts';
import { auditEvents, auditListing, createAuditMachine } from './audit.ts';
import { balanceListing, createBalanceMachine } from './balance.ts';
import { balanceEvents } from './balance-events.ts';
import { channelEvents, channelListing, createChannelMachine } from './channel.ts';
import { chartEvents, chartListing, createChartMachine } from './chart.ts';
import {
  approvalConditions,
  auditConditions,
  balanceConditions,
  channelConditions,
  deskConditions,
  feedConditions,
  incidentConditions,
  jobConditions,
  orderConditions,
  staffConditions,
  withdrawalConditions,
} from './condition-words.ts';
import { createDeskMachine, deskEvents, deskListing } from './desk.ts';
import { createFeedMachine, feedEvents, feedListing } from './feed.ts';
import { createIncidentMachine, incidentEvents, incidentListing } from './incident.ts';
import { createJobMachine, jobEvents, jobListing } from './job.ts';
import { createLinkMachine, linkEvents, linkGuards, linkListing } from './link.ts';
import { createMemberMachine, memberEvents, memberListing } from './member.ts';
import type { EventMeta, Words } from './meta.ts';
import { createNotesMachine, notesEvents, notesListing } from './notes.ts';
import { createOrderMachine, orderEvents, orderListing } from './order.ts';
import type { Rules } from './rules.ts';
import { createStaffMachine, staffEvents, staffListing } from './staff.ts';
import { createWithdrawalMachine, withdrawalListing } from './withdrawal.ts';
import { withdrawalEvents } from './withdrawal-words.ts';

export interface MachineEntry {
  readonly type: string;
  readonly machine: AnyStateMachine;
  /** Hash-chained and worked on under a lease. */
  readonly money: boolean;
  /** Its events that nobody waits for: under load more of them may be let come for one turn. */
  readonly gathers?: readonly string[];
  readonly list: (context: never, state: string, id: string) => ListRow;
  /** The words for every event it takes, timers aside. */
  readonly events: Readonly<Record<string, EventMeta>>;
  /** The words for its guards, and for the delays of its timers, by name. */
  readonly guards?: Readonly<Record<string, Words>>;
  readonly delays?: Readonly<Record<string, Words>>;
}

interface Plain {
  readonly [key: string]: null | boolean | number | string | Plain | readonly string[] | readonly Plain[];
}

interface ListRow {
  readonly owner: string | null;
  readonly sortKey: number;
  readonly status: string;
  readonly view: Plain;
}

/** All machines under these rules, each ready to be registered. */
export function createCatalog(rules: Rules): readonly MachineEntry[] {
  return [
    {
      type: 'order',
      machine: createOrderMachine(rules),
      money: false,
      list: orderListing,
      events: orderEvents,
      ...orderConditions,
    },
    {
      type: 'channel',
      machine: createChannelMachine(),
      money: false,
      list: channelListing,
      events: channelEvents,
      ...channelConditions,
    },
    {
      type: 'balance',
      machine: createBalanceMachine(),
      money: true,
      gathers: ['post'],
      list: balanceListing,
      events: balanceEvents,
      ...balanceConditions,
    },
    {
      type: 'withdrawal',
      machine: createWithdrawalMachine(rules),
      money: true,
      list: withdrawalListing,
      events: withdrawalEvents,
      ...withdrawalConditions,
    },
    {
      type: 'feed',
      machine: createFeedMachine(rules),
      money: false,
      list: feedListing,
      events: feedEvents,
      ...feedConditions,
    },
    { type: 'member', machine: createMemberMachine(), money: false, list: memberListing, events: memberEvents },
    {
      type: 'staff',
      machine: createStaffMachine(),
      money: false,
      list: staffListing,
      events: staffEvents,
      ...staffConditions,
    },
    // No money, but chained like it: a record of the log cannot be changed unnoticed.
    {
      type: 'audit',
      machine: createAuditMachine(),
      money: true,
      list: auditListing,
      events: auditEvents,
      ...auditConditions,
    },
    // What a second person agreed to is evidence about money.
    {
      type: 'approval',
      machine: createApprovalMachine(),
      money: true,
      list: approvalListing,
      events: approvalEvents,
      ...approvalConditions,
    },
    { type: 'job', machine: createJobMachine(), money: false, list: jobListing, events: jobEvents, ...jobConditions },
    {
      type: 'incident',
      machine: createIncidentMachine(),
      money: false,
      list: incidentListing,
      events: incidentEvents,
      ...incidentConditions,
    },
    {
      type: 'desk',
      machine: createDeskMachine(),
      money: false,
      list: deskListing,
      events: deskEvents,
      ...deskConditions,
    },
    { type: 'chart', machine: createChartMachine(), money: false, list: chartListing, events: chartEvents },
    { type: 'notes', machine: createNotesMachine(), money: false, list: notesListing, events: notesEvents },
    {
      type: 'link',
      machine: createLinkMachine(),
      money: false,
      list: linkListing,
      events: linkEvents,
      guards: linkGuards,
    },
    {
      type: 'adzone',
      machine: createAdzoneMachine(rules),
      money: false,
      list: adzoneListing,
      events: adzoneEvents,
      guards: adzoneGuards,
      delays: adzoneDelays,
    },
  ];
}
