import type { Clock } from "@handfast/core";
import type { Faults } from "../../faults.ts";
import type { SimulatedService } from "../../service.ts";
import type { Access, Caller } from "../access.ts";
import type { Authorise } from "../iam/authorise.ts";
import { queryService } from "../query/query-service.ts";
import { refuseCommonly } from "../refused.ts";
import type { Elbv2Call, Elbv2Settings } from "./call.ts";
import { handlers } from "./handlers.ts";
import type { Elbv2Models } from "./models.ts";
import { rightsFor } from "./rights.ts";
import type { WriteLog } from "./write-log.ts";

/** What {@link elbv2Service} is made of. */
export interface Elbv2ServiceOptions {
  readonly models: Elbv2Models;
  readonly settings: Elbv2Settings;
  readonly access: Access;
  readonly authorise: Authorise;
  readonly clock: Clock;
  readonly faults: Faults;
  /** Reads an object with the rights of a caller. */
  readObject(caller: Caller, ...at: Parameters<Elbv2Call["readObject"]>): ReturnType<Elbv2Call["readObject"]>;
  /** A URL for ten minutes, at an address that whoever sent the request can reach. */
  publish(bytes: Uint8Array<ArrayBuffer>, name: string, request: Request): string;
  readonly writeLog: WriteLog;
}

/** ELBv2, in one region, for one account. */
export function elbv2Service(options: Elbv2ServiceOptions): SimulatedService {
  const { models, settings, access, authorise, clock, faults } = options;
  return queryService({
    name: "elbv2",
    signedAs: "elasticloadbalancing",
    version: "2015-12-01",
    namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    hosts: [`elasticloadbalancing.${settings.region}.amazonaws.com`],
    regions: [settings.region],
    access,
    clock,
    faults,
    answer: ({ caller, action, query, request, stale }) => {
      if (caller.accountId !== settings.accountId) {
        throw refuseCommonly("AccessDenied", `Account ${caller.accountId} has nothing in this simulation`);
      }
      const handler = Object.hasOwn(handlers, action) ? handlers[action] : undefined;
      if (handler === undefined) return undefined;
      for (const right of rightsFor(action, query, settings)) {
        const denied = authorise(caller, right, settings.region);
        if (denied !== undefined) throw refuseCommonly("AccessDenied", denied);
      }
      return handler({
        query,
        models,
        view: stale ? models.before() : models.now(),
        settings,
        now: clock.now(),
        readObject: (...at) => options.readObject(caller, ...at),
        publish: (bytes, name) => options.publish(bytes, name, request),
        writeLog: options.writeLog,
      });
    },
  });
}
