import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  allShows,
  type Command,
  type Endpoint,
  type ForeignServer,
  type ServerMode,
  type Site,
} from "../foreign-server.ts";

/** openssl-s_server(1), version 3.0: `-verify`, `-Verify`, `-verify_return_error`, `-crl_check`. */
const modes: readonly ServerMode[] = [
  // Without an option nothing is requested: "-verify … makes the server request a certificate from the client".
  { name: "off", asks: false, serves: allShows, servesWithCrl: allShows },
  // "a certificate is requested but the client does not have to send one"; "Verification errors normally just print a
  // message but allow the connection to continue"
  { name: "-verify", asks: true, serves: allShows, servesWithCrl: allShows },
  // "the client must supply a certificate or an error occurs"; whichever it is
  {
    name: "-Verify",
    asks: true,
    serves: allShows.filter((shows) => shows !== "none"),
    servesWithCrl: allShows.filter((shows) => shows !== "none"),
  },
  // With -verify_return_error "verification errors close the connection".
  {
    name: "-verify, strict",
    asks: true,
    serves: ["none", "ours", "revoked"],
    servesWithCrl: ["none", "ours"],
  },
  { name: "-Verify, strict", asks: true, serves: ["ours", "revoked"], servesWithCrl: ["ours"] },
];

const flags: Readonly<Record<string, readonly string[]>> = {
  off: [],
  "-verify": ["-verify", "5"],
  "-Verify": ["-Verify", "5"],
  "-verify, strict": ["-verify", "5", "-verify_return_error"],
  "-Verify, strict": ["-Verify", "5", "-verify_return_error"],
};

export const openssl: ForeignServer = {
  name: "openssl",
  program: "openssl",
  versionFlag: "version",
  modes,
  protocols: ["HTTP/1.1"],
  servesItself: true,
  configure: async (site, endpoints) => {
    // It serves what lies in the folder in which it was started.
    const cwd = join(site.folder, "pages");
    await mkdir(cwd);
    return endpoints.map((endpoint) => command(site, cwd, endpoint));
  },
};

function command(site: Site, cwd: string, { mode, crl, port }: Endpoint): Command {
  return {
    program: "openssl",
    args: [
      "s_server",
      ...["-accept", `127.0.0.1:${port}`, "-cert", site.certificate, "-key", site.key, "-CAfile", site.ca],
      ...["-WWW", ...(flags[mode.name] ?? []), ...(crl ? ["-crl_check", "-CRL", site.crl] : [])],
    ],
    cwd,
  };
}
