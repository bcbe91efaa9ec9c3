import { createHash, X509Certificate } from "node:crypto";
import type { CloudfrontState, Distribution } from "./models.ts";
import { referencesOf } from "./models.ts";
import type { CloudfrontWorld } from "./world.ts";

/** What CloudFront holds, for a test to compare: content and names, no dates, and no ids of what can be made anew. */
export interface CloudfrontInventory {
  readonly distributions: readonly {
    readonly arn: string;
    readonly mode: "off" | "passthrough" | "optional" | "required";
    /** The store's name. */
    readonly trustStore: string | undefined;
    readonly ignoreExpiry: boolean;
    readonly advertiseNames: boolean;
    /** The function's name. */
    readonly connectionFunction: string | undefined;
    /** SHA-256 of the certificate that is shown to each origin, in hex, by the origin's id. */
    readonly originCertificates: Readonly<Record<string, string>>;
    /** The whole configuration as XML; ids of stores and functions, and ARNs of certificates, are replaced as above. */
    readonly config: string;
  }[];
  /** In the order in which they were made; those that were deleted and can still be read are left out. */
  readonly distributionTrustStores: readonly {
    readonly name: string;
    /** PEM, in the store's order: what it holds once all changes are through. */
    readonly anchors: readonly string[];
    readonly ocsp: boolean;
  }[];
}

type Inventoried = Pick<CloudfrontWorld, "models" | "certificates" | "functions">;

/** Reads behind the API's back: no call is counted, and no fault is met. */
export function readCloudfrontInventory(world: Inventoried): CloudfrontInventory {
  const state = world.models.now();
  return {
    distributions: [...state.distributions.values()].map((distribution) =>
      describe(world, state, distribution),
    ),
    distributionTrustStores: [...state.trustStores.values()]
      .filter(({ deletedAt }) => deletedAt === undefined)
      .map(({ name, settled, change }) => {
        const { anchors, ocsp } = change.failure === undefined ? change : settled;
        return { name, anchors, ocsp };
      }),
  };
}

function describe(
  world: Inventoried,
  state: CloudfrontState,
  { arn, config }: Distribution,
): CloudfrontInventory["distributions"][number] {
  const names = new Map<string, string>();
  const nameOf = (reference: string | undefined, name: string | undefined): string | undefined => {
    if (reference !== undefined && name !== undefined) names.set(reference, name);
    return reference === undefined ? undefined : (name ?? reference);
  };
  const fingerprint = (certificateArn: string): string | undefined => {
    const found = world.certificates.find(certificateArn);
    return found && createHash("sha256").update(new X509Certificate(found.certificate).raw).digest("hex");
  };
  const { viewerMtls, connectionFunction } = config;
  for (const reference of referencesOf(config, "certificate")) nameOf(reference, fingerprint(reference));
  return {
    arn,
    mode: viewerMtls?.mode ?? "off",
    trustStore: nameOf(viewerMtls?.trustStore, state.trustStores.get(viewerMtls?.trustStore ?? "")?.name),
    ignoreExpiry: viewerMtls?.ignoreExpiry ?? false,
    advertiseNames: viewerMtls?.advertiseNames ?? false,
    connectionFunction: nameOf(connectionFunction, world.functions.find(connectionFunction ?? "")?.name),
    originCertificates: Object.fromEntries(
      config.origins.flatMap(({ id, clientCertificate }) =>
        clientCertificate === undefined ? [] : [[id, fingerprint(clientCertificate) ?? clientCertificate]],
      ),
    ),
    config: [...names].reduce((text, [reference, name]) => text.replaceAll(reference, name), config.xml),
  };
}
