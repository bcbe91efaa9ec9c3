import type { Clock } from "@handfast/core";
import type { Access, AccessKey } from "./access.ts";
import type { IamModels, PolicyDocument, Principal } from "./iam/models.ts";

/** Options of `Aws.addCredentials`. */
export interface PrincipalOptions {
  readonly kind: "root" | "user" | "role";
  /** @default "handfast" */
  readonly name?: string | undefined;
  /** @default "/" */
  readonly path?: string | undefined;
  /** Policies of a user or role. Default: none, which allow nothing. */
  readonly policies?: readonly PolicyDocument[] | undefined;
  readonly boundary?: PolicyDocument | undefined;
  /** Narrows this session of a role; SimulatePrincipalPolicy does not know of it. */
  readonly session?: PolicyDocument | undefined;
  /** When the session of a role ends. */
  readonly expiresInSeconds?: number | undefined;
}

/** Makes principals, and access keys of theirs. */
export interface Credentials {
  /** A key of a user of that account who may do everything. */
  adminOf(accountId: string): AccessKey;
  add(options: PrincipalOptions): AccessKey;
}

/** Of a simulation whose own account is `accountId`. */
export function credentials(world: {
  readonly access: Access;
  readonly iam: IamModels;
  readonly clock: Clock;
  readonly accountId: string;
}): Credentials {
  const { access, iam, clock, accountId } = world;
  const issue = (principal: Principal, expiresAt?: number): AccessKey => {
    iam.add(principal);
    return access.issue(principal, expiresAt);
  };
  return {
    adminOf: (account) =>
      issue({
        kind: "user",
        accountId: account,
        name: "simulated-admin",
        path: "/",
        policies: [{ Statement: { Effect: "Allow", Action: "*", Resource: "*" } }],
      }),
    add: ({ name = "handfast", path = "/", policies = [], expiresInSeconds, ...rest }) =>
      issue(
        { ...rest, accountId, name, path, policies },
        expiresInSeconds === undefined ? undefined : clock.now() + expiresInSeconds * 1000,
      ),
  };
}
