import { adapterConformance } from "@handfast/testing/conformance";
import { issuers } from "./conformance-issuers.ts";
import { hostnameWorld } from "./hostname/conformance-world.ts";

adapterConformance("cloudflareHostname over the simulated Cloudflare", {
  issuers,
  setUp: () => hostnameWorld({ sslMode: "strict" }),
});
