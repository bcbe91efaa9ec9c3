import type { LambdaFunction, LambdaState } from "./functions.ts";

/** A function as a request names it. */
export interface NamedFunction {
  /** Its name, a part of its ARN or the whole of it; a version or alias may follow (Lambda API `Invoke`). */
  readonly name: string;
  readonly qualifier: string | undefined;
  readonly region: string;
  readonly accountId: string;
}

/** The function that a request means, and the ARN by which it is known, whether there is one or not. */
export function findFunction(
  { functions }: LambdaState,
  { name, qualifier, region, accountId }: NamedFunction,
): { readonly arn: string; readonly found: LambdaFunction | undefined } {
  const match =
    /^(?:(?:arn:aws:lambda:([a-z0-9-]+):)?(\d{12}):(?:function:)?)?([a-zA-Z0-9-_]+)(?::([$a-zA-Z0-9-_]+))?$/.exec(
      name,
    );
  const [, ofRegion = region, ofAccount = accountId, bare = name, ofName] = match ?? [];
  const version = qualifier ?? ofName;
  const arn = `arn:aws:lambda:${ofRegion}:${ofAccount}:function:${bare}`;
  const isHere = ofRegion === region && ofAccount === accountId;
  // No versions and no aliases are simulated.
  const found = isHere && (version ?? "$LATEST") === "$LATEST" ? functions.get(bare) : undefined;
  return { arn: version === undefined ? arn : `${arn}:${version}`, found };
}
