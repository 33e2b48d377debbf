/**
 * Settings of servers that are to get somewhere while a test waits.
 */

/** Orders since a minute (or so many ms) ago are read at once, and again every 100 ms; what is settled is available at once. */
export function swift(sinceMs = 60_000): Record<string, string> {
  return {
    ORDER_START: new Date(Date.now() - sinceMs).toISOString(),
    ORDER_POLL_MS: '100',
    REBATE_RELEASE: 'days:0',
  };
}

/** Beside that rows are read many times over, some withdrawals wait for a person, and payouts in doubt end soon. */
export function swiftUnderFaults(): Record<string, string> {
  return {
    ...swift(300_000),
    ORDER_OVERLAP_MS: '20000',
    WITHDRAW_REVIEW_FEN: '1000',
    PAYOUT_TIMEOUT_MS: '400',
    PAYOUT_QUERY_MS: '100',
  };
}
