import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  allShows,
  type Endpoint,
  type ForeignServer,
  type ServerMode,
  type Site,
} from "../foreign-server.ts";

/**
 * nginx.org, "Module ngx_http_ssl_module": `ssl_verify_client` and `ssl_crl`. It refuses by HTTP 400, after the
 * handshake ("Error Processing": 495 and 496 "can be used for redirects").
 */
const modes: readonly ServerMode[] = [
  { name: "off", asks: false, serves: allShows, servesWithCrl: allShows },
  // "requests the client certificate but does not require it to be signed by a trusted CA certificate". Who signed it is
  // all that is forgiven, and a CRL makes more of it than that: docs/discoveries/servers.md, "nginx".
  {
    name: "optional_no_ca",
    asks: true,
    serves: ["none", "ours", "old", "stranger", "revoked"],
    servesWithCrl: ["none", "ours", "old"],
  },
  // "requests the client certificate and verifies it if the certificate is present"
  { name: "optional", asks: true, serves: ["none", "ours", "revoked"], servesWithCrl: ["none", "ours"] },
  // "enables verification of client certificates"
  { name: "on", asks: true, serves: ["ours", "revoked"], servesWithCrl: ["ours"] },
];

export const nginx: ForeignServer = {
  name: "nginx",
  program: "nginx",
  versionFlag: "-v",
  modes,
  protocols: ["HTTP/1.1", "HTTP/2"],
  servesItself: false,
  configure: async (site, endpoints) => {
    const file = join(site.folder, "nginx.conf");
    await writeFile(file, configuration(site, endpoints));
    return [{ program: "nginx", args: ["-p", site.folder, "-e", "stderr", "-c", file], cwd: site.folder }];
  },
};

function configuration(site: Site, endpoints: readonly Endpoint[]): string {
  const scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${site.folder}/${name};`,
  );
  return `daemon off; master_process off; error_log stderr; pid ${site.folder}/nginx.pid;
events { worker_connections 256; }
http {
  access_log off;
  ${scratch.join("\n  ")}
  ssl_certificate ${site.certificate};
  ssl_certificate_key ${site.key};
  ssl_protocols TLSv1.2 TLSv1.3;
  ${endpoints.map((endpoint) => serverBlock(site, endpoint)).join("\n  ")}
}
`;
}

function serverBlock(site: Site, { mode, crl, port }: Endpoint): string {
  return `server {
    listen 127.0.0.1:${port} ssl http2;
    ssl_client_certificate ${site.ca};
    ssl_verify_client ${mode.name};
    ${crl ? `ssl_crl ${site.crl};` : ""}
    location / { proxy_pass http://127.0.0.1:${site.application}; }
  }`;
}
