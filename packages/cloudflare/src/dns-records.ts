import type { DnsRecord } from "./zone-reads.ts";

/** Whether a record says where traffic goes; others, such as TXT, are only read. */
export function isAddress({ type }: Pick<DnsRecord, "type">): boolean {
  return ["A", "AAAA", "CNAME"].includes(type);
}

/** Whether a record leads to a Cloudflare Tunnel, where client certificates are never shown. */
export function leadsToTunnel({ type, content }: Pick<DnsRecord, "type" | "content">): boolean {
  return type === "CNAME" && content.toLowerCase().replace(/\.$/, "").endsWith(".cfargotunnel.com");
}

/** A record of the name itself counts; without one, the nearest wildcard above it. */
export function recordsOf<Record extends Pick<DnsRecord, "name" | "type">>(
  hostname: string,
  records: readonly Record[],
): readonly Record[] {
  const relevant = records.filter(isAddress);
  const labels = hostname.split(".");
  const names = [hostname, ...labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join(".")}`)];
  for (const name of names) {
    const found = relevant.filter((record) => record.name.toLowerCase() === name);
    if (found.length > 0) return found;
  }
  return [];
}
