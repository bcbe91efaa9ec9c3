import type { Finding, Keeping, Move, Seen, Step, StepCheck } from "@handfast/core";
import { speaksTls, sslRuleKey } from "../ssl-mode/state.ts";
import { afterSsl, checkSsl, planSslSteps } from "../ssl-mode/steps.ts";
import type { AssociationAction, HostnameAction, UploadAction, VoidAction } from "./actions.ts";
import { associationsPerCall } from "./limits.ts";
import {
  type Association,
  type Bundle,
  bundleName,
  certificateKey,
  findStored,
  type HostnameState,
  isSameAssociation,
  isSameCertificate,
  objectsOf,
  type StoredCertificate,
  withStored,
} from "./state.ts";
import type { HostnameTarget } from "./target.ts";

type HostnameStep = Step<HostnameAction>;

/** The hostname of a target: core hands over members with exactly one. */
export function hostnameOf(target: HostnameTarget): string {
  return target.hostnames[0] as string;
}

/**
 * The steps of a move: upload what is missing, then switch the association. While Cloudflare speaks plain HTTP to the
 * origin, an association touches no traffic: then the SSL mode is the switch, behind it on the way in, before it on the
 * way out.
 */
export function planSteps(
  target: HostnameTarget,
  from: HostnameState,
  to: HostnameState,
  budget: string,
): Move<HostnameAction> {
  const move = planAssociation(target, from, to, budget);
  const ssl = planSslSteps(target, hostnameOf(target), from.ssl, to.ssl, budget);
  const findings = [...move.findings, ...ssl.findings];
  if (findings.some(({ severity }) => severity === "blocker")) return { steps: [], findings };
  const isHidden = ssl.turns !== "neither" || speaksTls(from.ssl) === "no";
  const pulls = isHidden ? move.steps.map(whilePlain) : move.steps;
  if (ssl.turns === "on") return { steps: inLine(pulls, ssl.steps), findings };
  return { steps: [...pulls.slice(0, -1), ...inLine(ssl.steps, pulls.slice(-1))], findings };
}

/**
 * A write of the association that touches no traffic, at a time at which nothing is shown. Where the move of another
 * hostname turns the whole zone to plain HTTP, it has to wait for that.
 */
function whilePlain(step: HostnameStep): HostnameStep {
  const { action, cost } = step;
  if (action.kind === "ssl-rule" || !("hostname" in action)) return step;
  return {
    ...step,
    effect: "none",
    late: true,
    action: { ...action, plain: true },
    cost: { ...cost, calls: cost.calls + 2 },
  };
}

/** Two lists of steps, the last step of the second behind the last of the first. */
function inLine(first: readonly HostnameStep[], second: readonly HostnameStep[]): readonly HostnameStep[] {
  const [before, last] = [first.at(-1), second.at(-1)];
  if (before === undefined || last === undefined) return [...first, ...second];
  return [...first, ...second.slice(0, -1), { ...last, after: [...(last.after ?? []), before.key] }];
}

function planAssociation(
  target: HostnameTarget,
  from: HostnameState,
  to: HostnameState,
  budget: string,
): Move<HostnameAction> {
  const wanted = to.association;
  if (isSameAssociation(from.association, wanted) && from.association?.failed === wanted?.failed) {
    return { steps: [], findings: judgeFallThrough(from, to) };
  }
  if (wanted === null) {
    return { steps: [voidStep(target, from, budget)], findings: judgeFallThrough(from, to) };
  }
  const bundle = "unknown" in wanted.certificate ? undefined : wanted.certificate;
  if (bundle === undefined || findStored(from.store, bundle) !== undefined) {
    return { steps: [switchStep(target, from, wanted, undefined, budget)], findings: [] };
  }
  const secret = findStored(to.store, bundle)?.secret;
  if (secret === undefined) return { steps: [], findings: [certificateGone(bundle)] };
  const upload = uploadStep({ kind: "upload", zone: target.zone, bundle, secret }, budget);
  return {
    steps: [upload, switchStep(target, from, wanted, upload.key, budget)],
    findings: bundle.chain.length === 0 ? [] : [chainUnproven(bundle)],
  };
}

/** The state once a step is in effect. A step for another hostname of the zone changes the shared store only. */
export function stateAfter(
  target: HostnameTarget,
  state: HostnameState,
  { action }: HostnameStep,
): HostnameState {
  if (action.zone !== target.zone) return state;
  switch (action.kind) {
    case "upload":
      return {
        ...state,
        store: withStored(state.store, { ...action.bundle, others: "none", secret: action.secret }),
      };
    case "delete": {
      const name = bundleName(action.bundle);
      return { ...state, store: state.store.filter((entry) => bundleName(entry) !== name) };
    }
    case "void":
      return action.hostname === hostnameOf(target) && isDone(action, state)
        ? { ...state, association: null }
        : state;
    case "ssl-rule":
      if (action.hostname !== hostnameOf(target)) return state;
      return { ...state, ssl: afterSsl(state.ssl, action) };
    case "ssl-zone":
      return { ...state, ssl: afterSsl(state.ssl, action) };
    default:
      if (action.hostname === hostnameOf(target))
        return isDone(action, state) ? { ...state, association: action.to } : state;
      return { ...state, store: state.store.map((entry) => withUser(entry, action.to)) };
  }
}

/** A write for a time without TLS is refused at any other. */
function isDone({ plain }: AssociationAction | VoidAction, { ssl }: HostnameState): boolean {
  return plain !== true || speaksTls(ssl) === "no";
}

/** Where a step stands in what was just read. */
export function checkStep(step: HostnameStep, seen: Seen<HostnameState>): StepCheck {
  const { action } = step;
  if (action.kind === "upload") return checkUpload(action.bundle, seen);
  if (action.kind === "delete")
    return findStored(seen.now.store, action.bundle) === undefined ? "done" : "todo";
  if (action.kind === "ssl-rule" || action.kind === "ssl-zone") return checkSsl(action, seen);
  return checkAssociation(action, seen);
}

/** What a step makes where it is not there yet: the keys that its outcome then has. */
export function madeBy(action: HostnameAction): readonly string[] {
  if (action.kind === "ssl-rule")
    return action.from === null ? [sslRuleKey(action.zone, action.hostname)] : [];
  return action.kind === "upload" ? [certificateKey(action.zone, action.bundle)] : [];
}

/** Deletions of certificates that handfast made and that nothing refers to any more. */
export function planRemovals(
  target: HostnameTarget,
  seen: Seen<HostnameState>,
  { keep, made }: Keeping<HostnameState>,
  budget: string,
): Move<HostnameAction> {
  const mine = new Set(made);
  const kept = [seen.now, ...seen.may, ...keep].flatMap(({ association }) => association?.certificate ?? []);
  const idle = seen.now.store.filter(
    (entry) =>
      entry.others === "none" &&
      mine.has(certificateKey(target.zone, entry)) &&
      !kept.some((certificate) => isSameCertificate(certificate, entry)),
  );
  return {
    steps: idle.map(({ certificate, chain }) => deleteStep(target.zone, { certificate, chain }, budget)),
    findings: [],
  };
}

function uploadStep(action: UploadAction, budget: string): HostnameStep {
  const name = short(action.bundle);
  return {
    key: `upload:${name}`,
    object: certificateKey(action.zone, action.bundle),
    action,
    effect: "none",
    back: "until-retire",
    settles: { by: "status", typicalMs: 30_000, atMostMs: 300_000 },
    cost: { budget, calls: 3 },
    summary: `upload certificate ${name} to the hostname store of zone ${action.zone.slice(0, 12)}`,
  };
}

function switchStep(
  target: HostnameTarget,
  from: HostnameState,
  to: Association,
  after: string | undefined,
  budget: string,
): HostnameStep {
  const hostname = hostnameOf(target);
  const kind = kindOf(from.association, to);
  const name = "unknown" in to.certificate ? to.certificate.unknown.slice(0, 12) : short(to.certificate);
  const action: AssociationAction = { kind, zone: target.zone, hostname, from: from.association, to };
  return {
    key: `${kind}:${name}`,
    ...associationFields(target, from, budget),
    ...(after === undefined ? {} : { after: [after] }),
    action,
    summary: {
      associate: `associate ${hostname} with certificate ${name}`,
      repoint: `point ${hostname} to certificate ${name}`,
      suppress: `show no certificate for ${hostname}`,
    }[kind],
  };
}

function voidStep(target: HostnameTarget, from: HostnameState, budget: string): HostnameStep {
  const hostname = hostnameOf(target);
  const action: VoidAction = { kind: "void", zone: target.zone, hostname, from: from.association };
  return {
    key: "void",
    ...associationFields(target, from, budget),
    action,
    summary: `take the association of ${hostname} away, so that it falls through to the zone`,
  };
}

function associationFields(target: HostnameTarget, from: HostnameState, budget: string) {
  return {
    object: objectsOf(target.zone, hostnameOf(target))[0],
    effect: "switch",
    back: wayBack(from),
    // voids past two minutes have been seen, so the bound is above the four minutes that others poll for
    settles: { by: "status", typicalMs: 10_000, atMostMs: 300_000 },
    // the store or the list before, the write, the list after
    cost: { budget, calls: 3 },
    batch: { key: `${target.zone}/associations`, most: associationsPerCall },
  } as const;
}

function deleteStep(zone: string, bundle: Bundle, budget: string): HostnameStep {
  const name = short(bundle);
  return {
    key: `delete:${name}`,
    object: certificateKey(zone, bundle),
    action: { kind: "delete", zone, bundle },
    effect: "remove",
    back: {
      never: "Cloudflare gives no private key back: it takes the identity's own key to upload it again",
    },
    settles: { by: "status", typicalMs: 10_000, atMostMs: 300_000 },
    cost: { budget, calls: 3 },
    summary: `delete certificate ${name} from the hostname store of zone ${zone.slice(0, 12)}`,
  };
}

function wayBack({ association, store }: HostnameState): HostnameStep["back"] {
  if (association === null) return "exact";
  const { certificate } = association;
  if (!("unknown" in certificate) && findStored(store, certificate) !== undefined) return "exact";
  return { never: "the certificate associated before is not in the hostname store any more" };
}

function kindOf(from: Association | null, to: Association): AssociationAction["kind"] {
  if (!to.enabled) return "suppress";
  return from?.enabled === true && !isSameCertificate(from.certificate, to.certificate)
    ? "repoint"
    : "associate";
}

function checkUpload(bundle: Bundle, { now, may }: Seen<HostnameState>): StepCheck {
  const entry = findStored(now.store, bundle);
  if (entry === undefined) return "todo";
  if (entry.failed === true) return { failed: "the deployment of the certificate timed out at Cloudflare" };
  return may.some(({ store }) => findStored(store, bundle) === undefined) ? "pending" : "done";
}

function checkAssociation(
  action: AssociationAction | VoidAction,
  { now, settled }: Seen<HostnameState>,
): StepCheck {
  const to = action.kind === "void" ? null : action.to;
  const { association } = now;
  if (association?.failed === true) {
    // it had failed before the step, too: another try is due
    if (action.from?.failed === true && isSameAssociation(association, action.from)) return "todo";
    return { failed: "Cloudflare gave the deployment of the association up (timed out)" };
  }
  if (isSameAssociation(association, to)) return settled ? "done" : "pending";
  if (isSameAssociation(association, action.from)) return "todo";
  return { moved: `${action.hostname} is now ${describe(association)}: somebody else wrote there` };
}

function withUser(entry: StoredCertificate, { certificate }: Association): StoredCertificate {
  return entry.others === "none" && isSameCertificate(entry, certificate)
    ? { ...entry, others: "some" }
    : entry;
}

function describe(association: Association | null): string {
  if (association === null) return "not associated";
  if (!association.enabled) return "associated with enabled: false";
  const { certificate } = association;
  return `associated with ${"unknown" in certificate ? certificate.unknown : short(certificate)}`;
}

function judgeFallThrough(from: HostnameState, to: HostnameState): Finding[] {
  const same =
    from.global === to.global &&
    from.zone.enabled === to.zone.enabled &&
    (from.zone.shows === to.zone.shows ||
      (from.zone.shows !== null &&
        to.zone.shows !== null &&
        isSameCertificate(from.zone.shows, to.zone.shows)));
  if (same || to.association !== null) return [];
  return [
    {
      code: "fall-through-changed",
      severity: "warning",
      message:
        "without an association the hostname shows what the zone shows, and zone-level or global origin pulls are not as they were; this adapter does not write them",
      mend: "set zone-level and global origin pulls as they were, if that is what you want",
    },
  ];
}

function certificateGone(bundle: Bundle): Finding {
  return {
    code: "certificate-gone",
    severity: "blocker",
    message: `certificate ${short(bundle)} is not in the hostname store any more, and its key is not known here`,
    mend: "plan with an identity that holds this certificate and its key: it is then uploaded again",
  };
}

function chainUnproven(bundle: Bundle): Finding {
  return {
    code: "chain-unproven",
    severity: "warning",
    message: `certificate ${short(bundle)} is uploaded with ${bundle.chain.length} intermediate(s); Cloudflare does not document whether it sends them to the origin`,
    mend: "put the intermediates among the origin's anchors, where it allows that",
  };
}

function short({ certificate }: Bundle): string {
  return certificate.slice(0, 12);
}
