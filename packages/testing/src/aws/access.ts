import { createHash } from "node:crypto";

/** Who calls. */
export interface Caller {
  readonly accountId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** An access key, in the shape that AWS SDK clients take as `credentials`. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The access keys that exist. */
export interface Access {
  /** Makes a key for an account. */
  issue(accountId: string): AccessKey;
  /** Whose key it is, if there is one. */
  find(accessKeyId: string): Caller | undefined;
}

/** No keys yet. What it issues is the same in every run, and of no use anywhere else. */
export function access(): Access {
  const callers = new Map<string, Caller>();
  return {
    issue: (accountId) => {
      const digest = createHash("sha256").update(`${accountId} ${callers.size}`).digest();
      const key = {
        accessKeyId: `AKIA${digest.toString("hex").toUpperCase().slice(0, 16)}`,
        secretAccessKey: digest.toString("base64url").slice(0, 40),
      };
      callers.set(key.accessKeyId, { accountId, ...key });
      return key;
    },
    find: (accessKeyId) => callers.get(accessKeyId),
  };
}
