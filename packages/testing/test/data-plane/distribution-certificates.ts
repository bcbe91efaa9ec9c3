import type {
  DistributionBehaviour,
  DistributionOrigin,
  DistributionView,
} from "../../src/data-plane/sources.ts";
import {
  type Authority,
  clientExtensions,
  type Identity,
  serverExtensions,
  type Workshop,
} from "./openssl-certificates.ts";

/** What the tests of distributions show and trust. */
export function makeCertificates(bench: Workshop) {
  const servers = bench.authority("/CN=Servers");
  const root = bench.authority("/O=Handfast/CN=Clients");
  const issuing = bench.authority("/O=Handfast/CN=Issuing", root);
  const second = bench.authority("/CN=Second issuing", issuing);
  const third = bench.authority("/CN=Third issuing", second);
  const responding = (url: string): readonly string[] => [
    ...clientExtensions,
    `authorityInfoAccess=OCSP;URI:${url},caIssuers;URI:http://other.example.com/`,
  ];
  const chained = (leaf: Identity, ...chain: readonly Identity[]): Identity => ({
    certificate: [leaf, ...chain].map(({ certificate }) => certificate).join(""),
    key: leaf.key,
  });
  return {
    serverCa: servers.certificate,
    server: servers.issue("server", {
      extensions: serverExtensions("app.example.com", "d1.cloudfront.net", "*.wild.example.com"),
    }),
    origin: servers.issue("origin", { extensions: serverExtensions("origin.example.com") }),
    root,
    issuing,
    good: root.issue("good"),
    next: root.issue("next"),
    stranger: bench.authority("/O=Handfast/CN=Clients").issue("stranger"),
    expired: root.issue("expired", { from: "20200101000000Z", to: "20200201000000Z" }),
    future: root.issue("future", { from: "20480101000000Z", to: "20490101000000Z" }),
    serverOnly: root.issue("server only", { extensions: serverExtensions("x.example.com") }),
    responding: root.issue("responding", { extensions: responding("http://ocsp.example.com/") }),
    viaIssuing: chained(issuing.issue("via issuing"), issuing),
    viaSecond: chained(second.issue("via second"), second, issuing),
    viaThird: chained(third.issue("via third"), third, second, issuing),
    odd: root.issue("odd", { subject: '/C=DE/O=A, B + "C"/OU=x/CN= Zoë' }),
  };
}

export const behaving = (more: Partial<DistributionBehaviour> = {}): DistributionBehaviour => ({
  pathPattern: "*",
  originId: "app",
  viewerProtocolPolicy: "redirect-to-https",
  forwards: [],
  responseHeaders: {},
  ...more,
});

export const originOf = (more: Partial<DistributionOrigin> = {}): DistributionOrigin => ({
  id: "app",
  domainName: "origin.example.com",
  path: "",
  kind: "custom",
  protocolPolicy: "http-only",
  httpPort: 80,
  httpsPort: 443,
  shows: "nothing",
  customHeaders: {},
  signed: false,
  ...more,
});

export const distributing = (more: Partial<DistributionView> = {}): DistributionView => ({
  enabled: true,
  names: ["d1.cloudfront.net", "app.example.com", "*.wild.example.com"],
  minimumProtocol: "TLSv1.2",
  viewer: { mode: "off" },
  behaviours: [behaving()],
  origins: [originOf()],
  defaultRootObject: "",
  ...more,
});

/** The viewer side of a view that checks certificates. */
export const checking = (
  mode: "optional" | "required",
  anchors: readonly Authority[],
  more: Partial<{ ignoreExpiry: boolean; advertiseNames: boolean; ocsp: boolean }> = {},
): DistributionView["viewer"] => ({
  mode,
  anchors: anchors.map(({ certificate }) => certificate),
  ignoreExpiry: false,
  advertiseNames: false,
  ocsp: false,
  ...more,
});
