import type { Clock } from "@handfast/core";
import type { Faults } from "../../faults.ts";
import type { SimulatedService } from "../../service.ts";
import type { Access } from "../access.ts";
import type { Authorise } from "../iam/authorise.ts";
import { jsonService } from "../json/json-service.ts";
import type { AcmSettings } from "./call.ts";
import { handlers } from "./handlers.ts";
import type { AcmModels } from "./models.ts";
import { refuse } from "./refusals.ts";
import { rightsFor } from "./rights.ts";

/** What {@link acmService} is made of. */
export interface AcmServiceOptions {
  readonly models: AcmModels;
  readonly settings: AcmSettings;
  readonly access: Access;
  readonly authorise: Authorise;
  readonly clock: Clock;
  readonly faults: Faults;
  /** ARNs of what refers to a certificate; with `heldMs` also of distributions that did until so long ago. */
  usersOf(certificateArn: string, heldMs?: number): readonly string[];
}

/** AWS Certificate Manager, in every region, for one account. */
export function acmService(options: AcmServiceOptions): SimulatedService {
  const { models, settings, access, authorise, clock, faults, usersOf } = options;
  const { accountId } = settings;
  return jsonService({
    name: "acm",
    target: "CertificateManager",
    access,
    clock,
    faults,
    answer: ({ caller, region, operation, input, stale }) => {
      if (caller.accountId !== accountId) {
        throw refuse("AccessDeniedException", `Account ${caller.accountId} has nothing in this simulation`);
      }
      const handler = Object.hasOwn(handlers, operation) ? handlers[operation] : undefined;
      if (handler === undefined) return undefined;
      for (const right of rightsFor(operation, input, { region, accountId })) {
        const denied = authorise(caller, right, region);
        if (denied !== undefined) throw refuse("AccessDeniedException", denied);
      }
      const view = stale ? models.before() : models.now();
      return handler({ input, region, models, view, settings, now: clock.now(), usersOf });
    },
  });
}
