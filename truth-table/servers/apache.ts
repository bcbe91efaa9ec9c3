import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  allShows,
  type Endpoint,
  type ForeignServer,
  type ServerMode,
  type Site,
} from "../foreign-server.ts";

/** Apache HTTP Server 2.4, "Apache Module mod_ssl": `SSLVerifyClient`, `SSLCARevocationFile`, `SSLCARevocationCheck`. */
const modes: readonly ServerMode[] = [
  // "no client Certificate is required at all"
  { name: "none", asks: false, serves: allShows, servesWithCrl: allShows },
  // "the client may present a valid Certificate but it need not to be (successfully) verifiable". Who signed it is all
  // that is forgiven, and with a CRL not even that: docs/discoveries/servers.md, "Apache".
  {
    name: "optional_no_ca",
    asks: true,
    serves: ["none", "ours", "old", "stranger", "revoked"],
    servesWithCrl: ["none", "ours"],
  },
  // "the client may present a valid Certificate"
  { name: "optional", asks: true, serves: ["none", "ours", "revoked"], servesWithCrl: ["none", "ours"] },
  // "the client has to present a valid Certificate"
  { name: "require", asks: true, serves: ["ours", "revoked"], servesWithCrl: ["ours"] },
];

/** Where Debian puts the modules. */
const modules = "/usr/lib/apache2/modules";

export const apache: ForeignServer = {
  name: "apache2",
  program: "apache2",
  versionFlag: "-v",
  modes,
  protocols: ["HTTP/1.1", "HTTP/2"],
  servesItself: false,
  configure: async (site, endpoints) => {
    const file = join(site.folder, "apache2.conf");
    await writeFile(file, configuration(site, endpoints));
    // -X: one process, in the foreground.
    return [{ program: "apache2", args: ["-X", "-d", site.folder, "-f", file], cwd: site.folder }];
  },
};

function configuration(site: Site, endpoints: readonly Endpoint[]): string {
  const loaded = ["mpm_event", "authz_core", "ssl", "http2", "proxy", "proxy_http"].map(
    (name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`,
  );
  // Apache refuses to serve as root, and asks nobody else who is to serve.
  const account = process.getuid?.() === 0 ? ["User #65534", "Group #65534"] : [];
  return [
    ...loaded,
    ...account,
    "ServerName localhost",
    `DefaultRuntimeDir ${site.folder}`,
    `PidFile ${site.folder}/apache2.pid`,
    "ErrorLog /dev/stderr",
    "Mutex pthread",
    "ServerLimit 1",
    "StartServers 1",
    "ThreadsPerChild 32",
    "MaxRequestWorkers 32",
    "Protocols h2 http/1.1",
    "Timeout 20",
    ...endpoints.flatMap((endpoint) => virtualHost(site, endpoint)),
    "",
  ].join("\n");
}

function virtualHost(site: Site, { mode, crl, port }: Endpoint): readonly string[] {
  return [
    `Listen 127.0.0.1:${port}`,
    `<VirtualHost 127.0.0.1:${port}>`,
    "SSLEngine on",
    "SSLProtocol -all +TLSv1.2 +TLSv1.3",
    `SSLCertificateFile ${site.certificate}`,
    `SSLCertificateKeyFile ${site.key}`,
    `SSLCACertificateFile ${site.ca}`,
    `SSLVerifyClient ${mode.name}`,
    ...(crl ? [`SSLCARevocationFile ${site.crl}`, "SSLCARevocationCheck chain"] : []),
    `ProxyPass / http://127.0.0.1:${site.application}/`,
    "</VirtualHost>",
  ];
}
