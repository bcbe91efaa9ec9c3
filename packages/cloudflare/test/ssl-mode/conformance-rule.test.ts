import { adapterConformance } from "@handfast/testing/conformance";
import { issuers } from "../conformance-issuers.ts";
import { hostnameWorld } from "../hostname/conformance-world.ts";

adapterConformance("cloudflareHostname that turns TLS on by rules of its own", {
  issuers,
  setUp: () => hostnameWorld({ sslMode: "flexible", asked: { ssl: "strict", sslBy: "rule" } }),
});
