import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  allShows,
  type Endpoint,
  type ForeignServer,
  type ServerMode,
  type Site,
} from "../foreign-server.ts";

/** HAProxy Configuration Manual 2.6, 5.1 "Bind options": `verify`, `crt-ignore-err`, `ca-ignore-err`, `crl-file`. */
const modes: readonly ServerMode[] = [
  // "client certificate is not requested. This is the default."
  { name: "none", asks: false, serves: allShows, servesWithCrl: allShows },
  // "If set to 'all', all errors are ignored. SSL handshake is not aborted if an error is ignored."
  { name: "ignore-err", asks: true, serves: allShows, servesWithCrl: allShows },
  // "always verified … On verify failure the handshake is aborted, regardless of the 'verify' option"
  { name: "optional", asks: true, serves: ["none", "ours", "revoked"], servesWithCrl: ["none", "ours"] },
  // "If the client does not provide a certificate … the handshake is aborted"
  { name: "required", asks: true, serves: ["ours", "revoked"], servesWithCrl: ["ours"] },
];

export const haproxy: ForeignServer = {
  name: "haproxy",
  program: "haproxy",
  versionFlag: "-v",
  modes,
  protocols: ["HTTP/1.1", "HTTP/2"],
  servesItself: false,
  configure: async (site, endpoints) => {
    const file = join(site.folder, "haproxy.cfg");
    await writeFile(file, configuration(site, endpoints));
    return [{ program: "haproxy", args: ["-db", "-f", file], cwd: site.folder }];
  },
};

function configuration(site: Site, endpoints: readonly Endpoint[]): string {
  return `global
  maxconn 256
  nbthread 1
defaults
  mode http
  timeout connect 10s
  timeout client 20s
  timeout server 20s
frontend all
  ${endpoints.map((endpoint) => bindLine(site, endpoint)).join("\n  ")}
  default_backend application
backend application
  server application 127.0.0.1:${site.application}
`;
}

function bindLine(site: Site, { mode, crl, port }: Endpoint): string {
  const verify = mode.name === "ignore-err" ? "optional crt-ignore-err all ca-ignore-err all" : mode.name;
  const list = crl ? ` crl-file ${site.crl}` : "";
  return `bind 127.0.0.1:${port} ssl crt ${site.certificateAndKey} ca-file ${site.ca} verify ${verify}${list} ssl-min-ver TLSv1.2 alpn h2,http/1.1`;
}
