/** How a client of the CloudFront KeyValueStore API finds an endpoint, and signs for it. */
export interface KeyValueStoreEndpoint {
  endpointProvider(): {
    url: URL;
    properties: {
      authSchemes: {
        name: string;
        signingName: string;
        signingRegion: string;
        signingRegionSet: string[];
        properties: Record<string, never>;
      }[];
    };
  };
}

/**
 * Configuration that leads a client of the CloudFront KeyValueStore API to a simulation on loopback. Its option
 * `endpoint` does not: the client puts the account's number before the host, which an address can't have.
 *
 * @param origin where the service is, e.g. `http://127.0.0.1:41234`
 * @example
 * ```ts
 * import { aws, keyValueStoreEndpoint, simulate } from "@handfast/testing";
 *
 * const cloud = aws();
 * const { origins, close } = await simulate({ services: [cloud.keyValueStore] }).listen();
 * // For the constructor of CloudFrontKeyValueStoreClient.
 * export const configuration = {
 *   region: "us-east-1",
 *   credentials: cloud.credentials,
 *   ...keyValueStoreEndpoint(origins[cloud.keyValueStore.name] ?? ""),
 * };
 * await close();
 * ```
 */
export function keyValueStoreEndpoint(origin: string): KeyValueStoreEndpoint {
  const authSchemes = [
    {
      name: "sigv4a",
      signingName: "cloudfront-keyvaluestore",
      signingRegion: "us-east-1",
      signingRegionSet: ["*"],
      properties: {},
    },
  ];
  return { endpointProvider: () => ({ url: new URL(origin), properties: { authSchemes } }) };
}
