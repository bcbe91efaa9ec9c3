/**
 * The expression of the rule that handfast writes: for one hostname it blocks whoever shows no valid certificate, a
 * revoked one (which counts as verified), one of any other issuer of the account, or one whose serial number a CRL names.
 *
 * Source: Cloudflare API Shield docs, "Configure mTLS"; Rules language, `cf.tls_client_auth` fields.
 */

/** Characters that an expression may have. Source: Cloudflare Rules language, "Expressions". */
export const expressionRoom = 4096;

const field = "cf.tls_client_auth";

/** What a rule lets in. */
export interface RuleContent {
  /** Key identifiers of the direct issuers, upper-case hex, sorted. */
  readonly issuers: readonly string[];
  /** Serial numbers that are refused, by issuer; sorted, upper-case hex, two digits an octet. */
  readonly revoked: ReadonlyMap<string, readonly string[]>;
}

/** The expression that blocks all that the content does not let in. */
export function writeRule(hostname: string, { issuers, revoked }: RuleContent): string {
  const refused = [...revoked]
    .filter(([, serials]) => serials.length > 0)
    .map(
      ([issuer, serials]) =>
        ` or (${field}.cert_issuer_ski eq "${issuer}" and ${field}.cert_serial in {${quoted(serials)}})`,
    );
  return [
    `(http.host eq "${hostname}" and (not ${field}.cert_verified or ${field}.cert_revoked`,
    ` or not ${field}.cert_issuer_ski in {${quoted(issuers)}}${refused.join("")}))`,
  ].join("");
}

/** What an expression of handfast's lets in; undefined when it is not exactly one that {@link writeRule} writes. */
export function readRule(expression: string, hostname: string): RuleContent | undefined {
  const [, pinned] = /cert_issuer_ski in \{([^{}]*)\}/.exec(expression) ?? [];
  if (pinned === undefined) return undefined;
  const revoked = new Map<string, readonly string[]>();
  const blocks = /cert_issuer_ski eq "([0-9A-F]*)" and cf\.tls_client_auth\.cert_serial in \{([^{}]*)\}/g;
  for (const [, issuer, serials] of expression.matchAll(blocks)) {
    revoked.set(issuer as string, unquoted(serials as string));
  }
  const content = { issuers: unquoted(pinned), revoked };
  return writeRule(hostname, content) === expression ? content : undefined;
}

/** A serial number as rules write it, from lower-case hex without leading zero octets. */
export function writeSerial(serial: string): string {
  return (serial.length % 2 === 0 ? serial : `0${serial}`).toUpperCase();
}

function quoted(texts: readonly string[]): string {
  return texts.map((text) => `"${text}"`).join(" ");
}

function unquoted(texts: string): string[] {
  return [...texts.matchAll(/"([^"]*)"/g)].map(([, text]) => text as string);
}
