import type { RightsSources } from "./sdk-client.ts";

/** What can be told of a client of any service, or of its configuration. */
type Source =
  | {
      readonly send: unknown;
      readonly config: Pick<ClientConfig, "credentials"> & { isCustomEndpoint?: unknown };
    }
  | ClientConfig;

interface ClientConfig {
  readonly credentials?: NonNullable<Exclude<RightsSources["iam"], { send: unknown }>>["credentials"];
  readonly endpoint?: unknown;
}

/** The same credentials for IAM and STS; none where the service is reached elsewhere than at AWS. */
export function rightsLike(source: Source | undefined): RightsSources | undefined {
  if (source === undefined) return {};
  const isElsewhere =
    "send" in source ? source.config.isCustomEndpoint === true : source.endpoint !== undefined;
  if (isElsewhere) return undefined;
  const { credentials } = "send" in source ? source.config : source;
  const like = credentials === undefined ? {} : { credentials };
  return { iam: like, sts: like };
}
