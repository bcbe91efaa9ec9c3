import { createHash } from "node:crypto";

/** One statement of a policy ("IAM JSON policy elements reference"). */
export interface PolicyStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Action?: string | readonly string[] | undefined;
  readonly NotAction?: string | readonly string[] | undefined;
  readonly Resource?: string | readonly string[] | undefined;
  readonly NotResource?: string | readonly string[] | undefined;
  /** By operator, then by key. Of the operators those of strings, ARNs and booleans. */
  readonly Condition?:
    | Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
    | undefined;
}

/** A policy document, as JSON has it. */
export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: PolicyStatement | readonly PolicyStatement[];
}

/** The root of an account, a user, or a role that somebody has assumed. */
export interface Principal {
  readonly kind: "root" | "user" | "role";
  readonly accountId: string;
  readonly name: string;
  /** `/`, or with a folder before the name: `/teams/edge/`. */
  readonly path: string;
  /** Root needs none. */
  readonly policies: readonly PolicyDocument[];
  /** What it may at most. */
  readonly boundary?: PolicyDocument | undefined;
  /** What this session of a role may at most; IAM itself knows nothing of it. */
  readonly session?: PolicyDocument | undefined;
}

/** The ARN of a user or role, path included. */
export function entityArn({ kind, accountId, path, name }: Principal): string {
  return kind === "root"
    ? `arn:aws:iam::${accountId}:root`
    : `arn:aws:iam::${accountId}:${kind}${path}${name}`;
}

/** The ARN by which a caller is known: a session's has no path of the role, and ends in the session's name. */
export function callerArn(principal: Principal): string {
  const { kind, accountId, name } = principal;
  return kind === "role" ? `arn:aws:sts::${accountId}:assumed-role/${name}/simulated` : entityArn(principal);
}

/** The unique id of a principal. */
export function principalId(principal: Principal): string {
  const { kind, accountId } = principal;
  if (kind === "root") return accountId;
  const hex = createHash("sha256").update(entityArn(principal)).digest("hex").toUpperCase().slice(0, 17);
  return `${kind === "role" ? "AROA" : "AIDA"}${hex}`;
}

/** What was asked of IAM by one of the services. */
export interface AskedRight {
  readonly accessKeyId: string;
  readonly action: string;
  readonly resource: string;
  readonly allowed: boolean;
}

/** Users and roles of all accounts, and what they were asked for. */
export interface IamModels {
  add(principal: Principal): void;
  find(arn: string): Principal | undefined;
  findRole(accountId: string, name: string): Principal | undefined;
  readonly asked: AskedRight[];
}

/** IAM without users and roles. */
export function iamModels(): IamModels {
  const principals = new Map<string, Principal>();
  return {
    add: (principal) => void principals.set(entityArn(principal), principal),
    find: (arn) => principals.get(arn),
    findRole: (accountId, name) =>
      [...principals.values()].find(
        (principal) =>
          principal.kind === "role" && principal.accountId === accountId && principal.name === name,
      ),
    asked: [],
  };
}
