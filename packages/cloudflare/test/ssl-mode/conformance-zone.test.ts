import { adapterConformance } from "@handfast/testing/conformance";
import { issuers } from "../conformance-issuers.ts";
import { hostnameWorld } from "../hostname/conformance-world.ts";

adapterConformance("cloudflareHostname that turns TLS on by the setting of the zone", {
  issuers,
  setUp: () => hostnameWorld({ sslMode: "flexible", asked: { ssl: "strict", sslBy: "zone" } }),
});
