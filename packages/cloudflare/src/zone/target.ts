import { z } from "zod";
import { zoneId } from "../zone-id.ts";

/** A zone, all of whose hostnames without an association of their own show one certificate. */
export interface ZoneTarget {
  /** Id of the zone: 32 lower-case hex digits, on the zone's overview page. */
  readonly zone: string;
  /**
   * True sends the identity's intermediates along with the leaf. Cloudflare documents a leaf only, so a chain is
   * refused at planning unless this agrees to try it.
   */
  readonly sendChain?: boolean | undefined;
}

/** What stands in a spec beside `adapter` and `shows`. */
export const zoneTarget = z.strictObject({ zone: zoneId, sendChain: z.boolean().optional() });
