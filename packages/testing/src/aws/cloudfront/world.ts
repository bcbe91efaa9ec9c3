import type { RestXmlCall } from "../rest-xml/route.ts";
import type { ReadObject } from "../s3/read-object.ts";
import type { CloudfrontModels, CloudfrontState } from "./models.ts";
import type { Certificates, ConnectionFunctions, TaggedResources } from "./relied-on.ts";
import type { CloudfrontSettings } from "./settings.ts";

/** What CloudFront's operations work on. */
export interface CloudfrontWorld {
  readonly models: CloudfrontModels;
  readonly settings: CloudfrontSettings;
  readonly certificates: Certificates;
  readonly functions: ConnectionFunctions;
  /** Beside distributions and trust stores. */
  readonly tagged: readonly TaggedResources[];
  readonly readObject: ReadObject;
}

/** What a read sees: as a rule the state now, under a fault an older one. */
export function viewOf({ models }: CloudfrontWorld, { stale }: RestXmlCall): CloudfrontState {
  return stale ? models.before() : models.now();
}
