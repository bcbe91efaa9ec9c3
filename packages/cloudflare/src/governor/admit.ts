import { HandfastError, isHandfastError } from "@handfast/core";
import { type CloudflareCredentials, nameCredential, readAuthHeaders } from "../credentials.ts";
import type { GovernedCall, RateGovernor } from "./rate-governor.ts";
import type { RateGovernors } from "./rate-governors.ts";

/** Whose calls are let go, and by whom. */
export interface Admission {
  readonly credentials: CloudflareCredentials;
  readonly baseUrl: string;
  /** Of all credentials; default: the one that the registry has for the credential. */
  readonly governor?: RateGovernor | undefined;
  readonly governors: RateGovernors;
}

/** One call that may be sent now. The governor must be told what came of it, once. */
export interface Admitted {
  readonly headers: Readonly<Record<string, string>>;
  readonly governor: RateGovernor;
}

/** A secret that is older by then is asked for anew: it may have been rotated while its call stood in line. */
const freshMs = 10_000;

/**
 * Waits until one call of the credential may be sent.
 *
 * @throws HandfastError `SECRET_MISSING`, `REMOTE_RATE_LIMITED`; the signal's reason
 */
export async function admit(admission: Admission, adapter: string, call: GovernedCall): Promise<Admitted> {
  const { credentials, baseUrl, governor: given, governors } = admission;
  const { clock } = call;
  for (let headers = await readAuthHeaders(credentials); ; ) {
    const credential = nameCredential(headers);
    const governor = given ?? governors.governorFor({ credential, baseUrl }, clock);
    const askedAt = clock.now();
    try {
      await governor.acquire(1, call);
    } catch (error) {
      throw withAdapter(error, adapter);
    }
    if (clock.now() - askedAt < freshMs) return { headers, governor };
    try {
      headers = await readAuthHeaders(credentials);
    } catch (error) {
      governor.observe("unanswered", call);
      throw error;
    }
    if (given !== undefined || nameCredential(headers) === credential) return { headers, governor };
    // another credential has a line of its own
    governor.observe("unanswered", call);
  }
}

function withAdapter(error: unknown, adapter: string): unknown {
  if (!isHandfastError(error) || error.details.adapter !== undefined) return error;
  return new HandfastError(error.code, error.message, { ...error.details, adapter }, { cause: error });
}
