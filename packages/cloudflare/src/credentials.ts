import { HandfastError, sha256 } from "@handfast/core";

/** A secret text, or what fetches it: asked anew for each request, so that it can be rotated. */
export type SecretText = string | (() => string | Promise<string>);

/** Exactly one style of authentication: an API token, or the e-mail and global key of a user. */
export type CloudflareCredentials =
  | {
      /** API token; sent as `Authorization: Bearer`. */
      readonly token: SecretText;
      readonly email?: undefined;
      readonly key?: undefined;
    }
  | {
      readonly token?: undefined;
      /** E-mail address of the user that the global key belongs to. */
      readonly email: string;
      /** Global API key (legacy). */
      readonly key: SecretText;
    };

/**
 * The headers of one request. The checks keep a malformed secret out of the header: the platform's own complaint
 * would repeat it.
 *
 * @throws HandfastError `SECRET_MISSING`
 */
export async function readAuthHeaders(credentials: CloudflareCredentials): Promise<Record<string, string>> {
  if (credentials.token !== undefined) {
    return { authorization: `Bearer ${await readSecret(credentials.token, "token")}` };
  }
  return {
    "x-auth-email": clean(credentials.email, "email"),
    "x-auth-key": await readSecret(credentials.key, "key"),
  };
}

/** Names a credential without telling it: the SHA-256 of its headers, in hex. A rotated secret is another credential. */
export function nameCredential(headers: Readonly<Record<string, string>>): string {
  const fields = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256(`handfast cloudflare credential ${JSON.stringify(fields)}`);
}

/** @throws TypeError when there is no style, or more than one */
export function checkCredentials({ token, email, key }: CloudflareCredentials): void {
  if (
    (token === undefined) === (email === undefined && key === undefined) ||
    (email === undefined) !== (key === undefined)
  ) {
    throw new TypeError("cloudflare: give either token, or email and key");
  }
}

async function readSecret(secret: SecretText, name: string): Promise<string> {
  let text: string;
  try {
    text = typeof secret === "string" ? secret : await secret();
  } catch (cause) {
    throw new HandfastError(
      "SECRET_MISSING",
      `read Cloudflare ${name} failed: the function that was given for it threw; see to its source`,
      {},
      { cause },
    );
  }
  return clean(text, name);
}

function clean(text: string, name: string): string {
  const trimmed = text.trim();
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  throw new HandfastError(
    "SECRET_MISSING",
    `read Cloudflare ${name} failed: it is empty or holds characters that no header can; give the bare text`,
  );
}
