/** A proxy, read from its URL. Holds credentials: never log one. */
export interface ProxyServer {
  readonly kind: "socks5" | "http";
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string;
}

const kinds: ReadonlyMap<string, { readonly kind: ProxyServer["kind"]; readonly port: number }> = new Map([
  ["socks5:", { kind: "socks5", port: 1080 }],
  ["socks5h:", { kind: "socks5", port: 1080 }],
  ["http:", { kind: "http", port: 80 }],
]);

/**
 * Reads `socks5://user:password@host:port` or `http://…`.
 *
 * @throws TypeError without the text, since that may hold a password
 */
export function readProxy(text: string): ProxyServer {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const known = kinds.get(url?.protocol ?? "");
  if (url === undefined || known === undefined || url.hostname === "")
    throw new TypeError("probe: the proxy is no URL of the form socks5://host:port or http://host:port");
  return {
    kind: known.kind,
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? known.port : Number(url.port),
    user: url.username === "" ? undefined : decode(url.username),
    password: decode(url.password),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError("probe: user or password of the proxy are not URL-encoded");
  }
}
