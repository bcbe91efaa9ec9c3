import type { KeyValueSource } from "../../src/index.ts";

/** The client puts the account's number before the host of an endpoint, which an address can't have: it is told the whole. */
export function placedAt(origin: string | undefined): KeyValueSource {
  const scheme = {
    name: "sigv4a",
    signingName: "cloudfront-keyvaluestore",
    signingRegion: "us-east-1",
    signingRegionSet: ["*"],
    properties: {},
  };
  return { endpointProvider: () => ({ url: new URL(origin ?? ""), properties: { authSchemes: [scheme] } }) };
}
