import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  allShows,
  type Endpoint,
  type ForeignServer,
  type ServerMode,
  type Site,
} from "../foreign-server.ts";

/** stunnel(8), version 5.68: `verify`, `verifyChain`, `requireCert`, `CRLfile`. */
const modes: readonly ServerMode[] = [
  // verifyChain "default: no"
  { name: "no", asks: false, serves: allShows, servesWithCrl: allShows },
  // verify, "level 0: Request and ignore the peer certificate."
  { name: "verify=0", asks: true, serves: allShows, servesWithCrl: allShows },
  // verify, "level 1: Verify the peer certificate if present."
  { name: "verify=1", asks: true, serves: ["none", "ours", "revoked"], servesWithCrl: ["none", "ours"] },
  // "require a client certificate for verifyChain or verifyPeer"; without either any certificate will do:
  // docs/discoveries/servers.md, "stunnel".
  {
    name: "requireCert",
    asks: true,
    serves: allShows.filter((shows) => shows !== "none"),
    servesWithCrl: allShows.filter((shows) => shows !== "none"),
  },
  // "verify the peer certificate chain starting from the root CA"; "verifyChain = yes … imply requireCert = yes"
  { name: "verifyChain", asks: true, serves: ["ours", "revoked"], servesWithCrl: ["ours"] },
];

const directives: Readonly<Record<string, string>> = {
  no: "",
  "verify=0": "verify = 0",
  "verify=1": "verify = 1",
  requireCert: "requireCert = yes",
  verifyChain: "verifyChain = yes",
};

export const stunnel: ForeignServer = {
  name: "stunnel4",
  program: "stunnel4",
  versionFlag: "-version",
  modes,
  protocols: ["HTTP/1.1"],
  servesItself: false,
  configure: async (site, endpoints) => {
    const file = join(site.folder, "stunnel.conf");
    await writeFile(file, configuration(site, endpoints));
    return [{ program: "stunnel4", args: [file], cwd: site.folder }];
  },
};

function configuration(site: Site, endpoints: readonly Endpoint[]): string {
  return [
    "foreground = yes",
    "syslog = no",
    "pid =",
    `cert = ${site.certificate}`,
    `key = ${site.key}`,
    "sslVersionMin = TLSv1.2",
    ...endpoints.flatMap((endpoint) => service(site, endpoint)),
    "",
  ].join("\n");
}

function service(site: Site, { mode, crl, port }: Endpoint): readonly string[] {
  return [
    `[port-${port}]`,
    `accept = 127.0.0.1:${port}`,
    `connect = 127.0.0.1:${site.application}`,
    `CAfile = ${site.ca}`,
    directives[mode.name] ?? "",
    crl ? `CRLfile = ${site.crl}` : "",
  ];
}
