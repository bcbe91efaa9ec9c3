import { isHandfastError, type Permission, type PermissionAnswer } from "@handfast/core";
import { parseArn } from "../arn.ts";
import type { CallerIdentity, CallerRights, Simulated } from "./port.ts";

/** How to ask, and for where. */
export interface RightsQuestion {
  /** Loads the SDK. Rejects where its clients are not installed. */
  connect(): Promise<CallerRights>;
  /** Region of the calls for a permission. */
  regionOf(permission: Permission): string;
  readonly signal: AbortSignal;
}

/**
 * Asks IAM which permissions the caller's own policies grant ("IAM policy simulator"). What is sure is said, all else is
 * `unknown`: a service control policy, a bucket's own policy or a session's are not seen by the simulator, nor can every
 * caller use it. Only an answer that can't be otherwise is a refusal, since that stops a run.
 */
export async function checkRights(
  permissions: readonly Permission[],
  { connect, regionOf, signal }: RightsQuestion,
): Promise<PermissionAnswer> {
  const unknown: PermissionAnswer = { refused: [], unknown: permissions };
  const rights = await connect().catch((error: unknown) => {
    if (isMissingModule(error)) return undefined;
    throw error;
  });
  if (rights === undefined || permissions.length === 0) return unknown;
  let identity: CallerIdentity;
  try {
    identity = await rights.whoAmI(signal);
  } catch (error) {
    const code = codeOf(error);
    // Nobody needs a permission for this call: who is refused has no credentials, or credentials that ended.
    if (code === "REMOTE_UNAUTHORIZED") return { refused: permissions, unknown: [] };
    if (code === "ABORTED" || code === undefined) throw error;
    return unknown;
  }
  try {
    const source = await sourceOf(identity, rights, signal);
    if (source === undefined) return unknown;
    const decided = await simulateAll(permissions, { rights, source, regionOf, signal });
    const verdicts = permissions.map(
      (permission) => [permission, verdictOf(permission, decided.get(keyOf(permission)), identity)] as const,
    );
    const those = (wanted: Verdict) =>
      verdicts.filter(([, verdict]) => verdict === wanted).map(([one]) => one);
    return { refused: those("refused"), unknown: those("unknown") };
  } catch (error) {
    const code = codeOf(error);
    if (code === "ABORTED" || code === undefined) throw error;
    // A rollout in a region must not depend on IAM, which is in one region for all.
    return unknown;
  }
}

/** The entity whose policies count: of a session, the role behind it. Root has no policies, and can't be simulated. */
async function sourceOf(
  { arn, account }: CallerIdentity,
  rights: CallerRights,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { partition, service, resource } = parseArn(arn);
  const [kind, name = ""] = resource.split("/");
  if (service === "iam" && kind === "user") return arn;
  if (service !== "sts" || kind !== "assumed-role") return undefined;
  try {
    // A session's ARN leaves the path of its role out.
    return await rights.roleArn(name, signal);
  } catch (error) {
    if (codeOf(error) !== "REMOTE_UNAUTHORIZED") throw error;
    return `arn:${partition}:iam::${account}:role/${name}`;
  }
}

interface Simulating extends Pick<RightsQuestion, "regionOf" | "signal"> {
  readonly rights: CallerRights;
  readonly source: string;
}

/** All permissions in few calls: resources on which the same actions are wanted, in the same region, go together. */
async function simulateAll(
  permissions: readonly Permission[],
  { rights, source, regionOf, signal }: Simulating,
): Promise<ReadonlyMap<string, Simulated>> {
  const byResource = Map.groupBy(permissions, ({ on }) => on);
  const alike = Map.groupBy(byResource, ([on, those]) => {
    const [first] = those;
    const isAny = on === "*";
    // IAM answers for any resource in another form than for a list of them.
    return JSON.stringify([isAny, first && regionOf(first), those.map(({ allow }) => allow).toSorted()]);
  });
  const decided = new Map<string, Simulated>();
  for (const group of alike.values()) {
    const [, those = []] = group[0] ?? [];
    const [first] = those;
    if (first === undefined) continue;
    const results = await rights.simulate(
      {
        source,
        actions: those.map(({ allow }) => allow),
        resources: group.map(([on]) => on),
        region: regionOf(first),
      },
      signal,
    );
    for (const result of results) decided.set(keyOf({ allow: result.action, on: result.resource }), result);
  }
  return decided;
}

type Verdict = "there" | "refused" | "unknown";

function verdictOf(
  { allow, on }: Permission,
  result: Simulated | undefined,
  { account }: CallerIdentity,
): Verdict {
  // A condition whose key was not given may turn out either way.
  if (result === undefined || result.missing.length > 0) return "unknown";
  if (result.decision === "allowed") return "there";
  if (result.decision === "explicitDeny") return "refused";
  if (on === "*") return "refused";
  const { account: owner, resource } = parseArn(on);
  // A bucket's policy alone may allow it, as may what another account has shared.
  if (allow.startsWith("s3:") || owner !== account) return "unknown";
  // The last part is an id that nobody knows yet; any other wildcard stands for several, of which some may be allowed.
  return resource.replace(/\/\*$/, "").includes("*") ? "unknown" : "refused";
}

function keyOf({ allow, on }: Permission): string {
  return `${allow.toLowerCase()} ${on}`;
}

function codeOf(error: unknown): string | undefined {
  return isHandfastError(error) ? error.code : undefined;
}

/** Node's own codes for a package that is not there, by `import` and by `require`. */
function isMissingModule(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
}
