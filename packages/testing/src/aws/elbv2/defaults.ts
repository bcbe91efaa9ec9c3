import type { Elbv2Lags, Elbv2Quotas } from "./call.ts";

/** How slow the service is where nothing else was said. */
export const defaultLags: Elbv2Lags = {
  visible: 2_000,
  active: 20_000,
  activeAgain: 20_000,
  held: 5_000,
  logs: 120_000,
};

/** What there is room for where nothing else was said. */
export const defaultQuotas: Elbv2Quotas = {
  trustStores: 20,
  certificates: 25,
  certificateBytes: 16_384,
  subjectBytes: 10_000,
  revocationLists: 30,
  revokedEntries: 500_000,
  revocationFileBytes: 50 * 1024 * 1024,
  verifyListeners: 2,
  listeners: 50,
  tags: 50,
};
