/** Rehearsals: a listener at a spare port that does for a while what the target's listener is about to do. */
import {
  canonicalText,
  type Finding,
  type Permission,
  type Settling,
  type Step,
  type StepCheck,
} from "@handfast/core";
import type { AlbAction } from "../alb/actions.ts";
import { describe } from "../alb/describe.ts";
import type { AlbState, Authentication } from "../alb/state.ts";
import type { AlbTarget } from "../alb/target.ts";
import { parseArn } from "../arn.ts";

type AlbStep = Step<AlbAction>;
type RehearsalAction = Extract<AlbAction, { kind: "open-rehearsal" | "close-rehearsal" }>;

/** The listener at the rehearsal port of a target: nobody knows its ARN before it is made. */
export function rehearsalObject(listenerArn: string, port: number): string {
  const { partition, service, region, account } = parseArn(listenerArn);
  const [, , balancer, id] = listenerArn.split("/");
  return `arn:${partition}:${service}:${region}:${account}:listener/app/${balancer}/${id}:${port}`;
}

/** What one rehearsal adds to a move: steps before the switch, and one behind it. */
export interface RehearsalSteps {
  readonly before: readonly AlbStep[];
  readonly behind: readonly AlbStep[];
}

/** The steps of a rehearsal, if the target has a port for it and is about to begin to verify. */
export function rehearsalSteps(
  target: AlbTarget,
  from: AlbState,
  to: AlbState,
  prepared: readonly AlbStep[],
  { settles, region }: { readonly settles: Settling; readonly region: string },
): RehearsalSteps {
  const { listener, rehearsalPort: port } = target;
  const now = from.listener?.authentication;
  const wanted = to.listener?.authentication;
  if (port === undefined || wanted === undefined) return { before: [], behind: [] };
  const close = (key: string, after: readonly string[]): AlbStep =>
    closing(listener, port, region, key, after);
  // of a run that did not come to its end, and was not retired
  const isLeft = from.rehearsal?.ours === true;
  if (wanted.mode !== "verify" || now?.mode === "verify") {
    if (!isLeft || to.rehearsal?.ours === true) return { before: [], behind: [] };
    const flip = isThere(now, wanted) ? [] : [switchKey(wanted)];
    return { before: [], behind: [close(`close-rehearsal ${port}`, flip)] };
  }
  const left = isLeft ? [close(`clear-rehearsal ${port}`, [])] : [];
  const [, , balancer] = listener.split("/");
  const open: AlbStep = {
    object: rehearsalObject(listener, port),
    effect: "none",
    back: "exact",
    cost: { budget: `aws.elbv2/${region}`, calls: 3 },
    key: `open-rehearsal ${port}`,
    after: [...left, ...prepared].map(({ key }) => key),
    action: { kind: "open-rehearsal", port, to: wanted },
    settles,
    summary: `rehearse at port ${port} of ${balancer}: ${describe(wanted)}`,
    rehearses: { port },
  };
  return { before: [...left, open], behind: [close(`close-rehearsal ${port}`, [switchKey(wanted)])] };
}

/** The state without a rehearsal that is ours: none is ever wanted for good. */
export function withoutRehearsal(state: AlbState): AlbState {
  return state.rehearsal?.ours === true ? { ...state, rehearsal: null } : state;
}

function closing(
  listener: string,
  port: number,
  region: string,
  key: string,
  after: readonly string[],
): AlbStep {
  return {
    object: rehearsalObject(listener, port),
    effect: "none",
    back: "exact",
    cost: { budget: `aws.elbv2/${region}`, calls: 3 },
    key,
    ...(after.length === 0 ? {} : { after }),
    action: { kind: "close-rehearsal", port },
    settles: { by: "call" },
    summary: `close the rehearsal at port ${port} of ${listener.split("/")[2]}`,
  };
}

/** The key of the switch of a listener. */
export function switchKey(to: Authentication): string {
  return `set-listener ${describe(to)}`;
}

/** Why there can be no rehearsal. */
export function rehearsalFindings(
  { listener, rehearsalPort: port }: AlbTarget,
  { rehearsal, listener: now }: AlbState,
  verifying: number,
): readonly Finding[] {
  if (port === undefined || now === null || now.authentication.mode === "verify") return [];
  if (rehearsal?.ours === false) {
    return [
      {
        code: "rehearsal-port-taken",
        severity: "blocker",
        message: `port ${port} of the load balancer of ${listener} has a listener already, which is not handfast's`,
        mend: "give rehearsalPort a spare port, or leave it out",
      },
    ];
  }
  if (verifying < 1 || rehearsal?.ours === true) return [];
  return [
    {
      code: "no-room-to-rehearse",
      severity: "blocker",
      message: `another listener of the load balancer of ${listener} verifies clients already; with the rehearsal and this one there would be three, and two may`,
      mend: "leave rehearsalPort out, or have the quota raised",
    },
  ];
}

/** The state once a step of a rehearsal is in effect. */
export function afterRehearsal(state: AlbState, action: RehearsalAction): AlbState {
  const { port } = action;
  if (action.kind === "close-rehearsal")
    return state.rehearsal == null ? state : { ...state, rehearsal: null };
  return { ...state, rehearsal: { port, authentication: action.to, ours: true } };
}

/** Where a step of a rehearsal stands. Once the listener does what was to be rehearsed, there is nothing left to open. */
export function checkRehearsal({ rehearsal, listener }: AlbState, action: RehearsalAction): StepCheck {
  if (action.kind === "open-rehearsal" && isThere(listener?.authentication, action.to)) return "done";
  if (rehearsal == null) return action.kind === "close-rehearsal" ? "done" : "todo";
  if (!rehearsal.ours) return { moved: `port ${action.port} has a listener that is not handfast's` };
  if (action.kind === "close-rehearsal") return "todo";
  return isThere(rehearsal.authentication, action.to)
    ? "done"
    : { moved: `port ${action.port} rehearses ${describe(rehearsal.authentication)}` };
}

/** Whether a listener does this already. */
export function isThere(now: Authentication | undefined, to: Authentication): boolean {
  return now !== undefined && canonicalText(now) === canonicalText(to);
}

/** The step that deletes what a run left open at the rehearsal port, if that run is retired. */
export function rehearsalRemovals(
  { listener, rehearsalPort: port }: AlbTarget,
  { rehearsal }: AlbState,
  made: readonly string[],
  region: string,
): readonly AlbStep[] {
  if (port === undefined || rehearsal?.ours !== true) return [];
  const object = rehearsalObject(listener, port);
  if (!made.includes(object)) return [];
  return [
    {
      key: `close-rehearsal ${port}`,
      object,
      action: { kind: "close-rehearsal", port },
      effect: "remove",
      back: { never: "a rehearsal is opened anew when it is needed" },
      settles: { by: "call" },
      cost: { budget: `aws.elbv2/${region}`, calls: 4 },
      summary: `close the rehearsal at port ${port} of ${listener.split("/")[2]}`,
    },
  ];
}

/** What a step of a rehearsal must be allowed. */
export function permissionsOfRehearsal(listener: string, action: RehearsalAction): readonly Permission[] {
  const { partition, service, region, account } = parseArn(listener);
  const [, , balancer, id] = listener.split("/");
  const arn = (kind: string, rest = ""): string =>
    `arn:${partition}:${service}:${region}:${account}:${kind}/app/${balancer}/${id}${rest}`;
  const looks = { allow: "elasticloadbalancing:DescribeListeners", on: "*" };
  return action.kind === "close-rehearsal"
    ? [looks, { allow: "elasticloadbalancing:DeleteListener", on: arn("listener", "/*") }]
    : [
        looks,
        { allow: "elasticloadbalancing:CreateListener", on: arn("loadbalancer") },
        { allow: "elasticloadbalancing:AddTags", on: arn("listener", "/*") },
      ];
}
