import { evaluate } from "../data-plane/rule-expression/evaluate.ts";
import { readExpression } from "../data-plane/rule-expression/read-expression.ts";
import type { VisitorView } from "../data-plane/sources.ts";
import { isRevokedAtEdge } from "./client-certificates/models.ts";
import { isAskedAt } from "./hostname-associations/models.ts";
import { type AccountCertificates, isStored } from "./mtls-certificates/models.ts";
import { type Rule, rulesInEffect } from "./rulesets/models.ts";
import type { Zone } from "./zones/models.ts";

/** What holds for all zones of the account. */
export interface AccountView {
  readonly zones: Iterable<Zone>;
  readonly certificates: AccountCertificates;
  /** PEM of the managed CA, once there is one. */
  readonly managedCa: string | undefined;
}

/**
 * What the edge does with visitors of a hostname; undefined when it asks nobody and has no rule. A certificate is held
 * against every CA of the account, whichever hostname has which; only those of the managed CA are known to be revoked.
 *
 * Source: Cloudflare API Shield documentation, "Mutual TLS".
 */
export function readVisitors(
  zone: Zone,
  hostname: string,
  account: AccountView,
  now: number,
): { readonly visitors: VisitorView | undefined; readonly doubts: readonly string[] } {
  const asks = isAskedAt(zone.askingHostnames, hostname, now);
  const rules = rulesInEffect(zone.rulesets, "http_request_firewall_custom", now);
  const doubts = rules.flatMap((rule) => doubtOf(rule, hostname));
  if (!asks && rules.length === 0) return { visitors: undefined, doubts };
  const visitors: VisitorView = {
    asks,
    anchors: asks ? readAnchors(account, now) : [],
    revoked: asks ? readRevoked(account.zones, now) : [],
    rules: rules.map(toEdgeRule),
  };
  return { visitors, doubts };
}

/** A skip of other phases or products changes nothing here. */
function toEdgeRule({ id, action, parameters, expression }: Rule): VisitorView["rules"][number] {
  const skipsNothing = action === "skip" && parameters.ruleset !== "current";
  return { id, action: skipsNothing ? "log" : action, expression };
}

function readAnchors({ certificates, managedCa }: AccountView, now: number): readonly string[] {
  const own = [...certificates.values()].filter(
    (certificate) => certificate.ca && isStored(certificate) && certificate.trustedFrom <= now,
  );
  return [...(managedCa === undefined ? [] : [managedCa]), ...own.map((one) => one.certificates)];
}

function readRevoked(zones: Iterable<Zone>, now: number): readonly string[] {
  return [...zones].flatMap(({ clientCertificates }) =>
    [...clientCertificates.values()]
      .filter((certificate) => isRevokedAtEdge(certificate, now))
      .map(({ fingerprint }) => fingerprint),
  );
}

/** A rule that may act here, and by something that is not simulated. */
function doubtOf({ id, action, expression }: Rule, hostname: string): readonly string[] {
  const found = readExpression(expression);
  const isKnown =
    "expression" in found &&
    (found.foreign.length === 0 ||
      evaluate(found.expression, new Map([["http.host", hostname]])) !== "unknown");
  return isKnown ? [] : [`the rule ${id} of http_request_firewall_custom may ${action}: ${expression}`];
}
