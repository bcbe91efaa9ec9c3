import { z } from "zod";
import type { CallContext, CloudflareHttp, CloudflareRequest } from "../cloudflare-http.ts";
import { sslClient } from "../ssl-mode/http-client.ts";
import { type Operation, refusalOf } from "../translate-error.ts";
import { optional, zoneReads } from "../zone-reads.ts";
import type { AssociationRow, CertificateRow, HostnamePort, Progress } from "./port.ts";

const date = z.string().nullish();
const certificateRow = z.object({
  id: z.string(),
  certificate: z.string().nullish(),
  status: z.string().nullish(),
  uploaded_on: date,
});
const associationRow = z.object({
  hostname: z.string(),
  cert_id: z.string().nullish(),
  enabled: z.boolean().nullish(),
  status: z.string().nullish(),
  certificate: z.string().nullish(),
  created_at: date,
  updated_at: date,
});
const setting = z.object({ value: z.string() });
/** The port on Cloudflare's API v4. `adapter` stands in errors. Source: API reference, "Origin TLS Client Auth". */
export function httpClient(http: CloudflareHttp, adapter: string): HostnamePort {
  const request = (
    operation: Operation,
    zone: string,
    path: string,
    more: Partial<CloudflareRequest> = {},
  ): CloudflareRequest => ({
    adapter,
    operation,
    zone,
    path: `zones/${encodeURIComponent(zone)}${path}`,
    ...more,
  });
  const pulls = "/origin_tls_client_auth";
  const hostnames = `${pulls}/hostnames`;
  const certificates = `${hostnames}/certificates`;
  const readSetting = (zone: string, id: string, call: CallContext): Promise<{ value: string }> =>
    http.send(request("readSetting", zone, `/settings/${id}`), setting, call);

  const ssl = sslClient(http, adapter);

  return {
    ...ssl,
    ...zoneReads(http, adapter),
    async readGlobalPull(zone, call) {
      return (await readSetting(zone, "tls_client_auth", call)).value === "on";
    },
    async readSslMode(zone, call) {
      return (await readSetting(zone, "ssl", call)).value;
    },
    listSslRules(zone, call) {
      return optional(async () => (await ssl.readSslRules(zone, call)).rules);
    },
    async readZonePull(zone, call) {
      const shape = z.object({ enabled: z.boolean().nullish() }).nullish();
      const result = await http.send(request("readZonePull", zone, `${pulls}/settings`), shape, call);
      return result?.enabled === true;
    },
    async listZoneCertificates(zone, call) {
      return (await http.list(request("listZoneCertificates", zone, pulls), certificateRow, call)).map(
        toCertificate,
      );
    },
    async listCertificates(zone, call) {
      return (await http.list(request("listCertificates", zone, certificates), certificateRow, call)).map(
        toCertificate,
      );
    },
    async listAssociations(zone, call) {
      // the default filter hides what is being deployed
      const query = { status: "all" };
      const rows = await http.listPages(
        request("listAssociations", zone, hostnames, { query }),
        associationRow,
        call,
        1000,
      );
      return rows.map(toAssociation);
    },
    async readAssociation(zone, hostname, call) {
      const path = `${hostnames}/${encodeURIComponent(hostname)}`;
      try {
        return toAssociation(
          await http.send(request("readAssociation", zone, path, { hostname }), associationRow, call),
        );
      } catch (error) {
        if (refusalOf(error) === "gone") return undefined;
        throw error;
      }
    },
    async uploadCertificate(zone, { certificate, privateKey }, call) {
      const body = { certificate, private_key: privateKey };
      await http.send(request("uploadCertificate", zone, certificates, { body }), z.unknown(), call);
    },
    async putAssociations(zone, wanted, call) {
      const config = wanted.map(({ hostname, certificateId, enabled }) => ({
        hostname,
        cert_id: certificateId,
        enabled,
      }));
      const [only, ...others] = wanted;
      // of many, an error can't say which one it is about
      const about =
        only === undefined || others.length > 0
          ? {}
          : { hostname: only.hostname, certificate: only.certificateId };
      // the answer holds every association of the zone, or only these: nobody documents which
      await http.send(
        request("putAssociation", zone, hostnames, { ...about, body: { config } }),
        z.unknown(),
        call,
      );
    },
    async deleteCertificate(zone, id, call) {
      const path = `${certificates}/${encodeURIComponent(id)}`;
      await http.send(request("deleteCertificate", zone, path, { certificate: id }), z.unknown(), call);
    },
  };
}

function toCertificate(row: z.infer<typeof certificateRow>): CertificateRow<string> {
  return {
    id: row.id,
    pem: row.certificate ?? undefined,
    progress: toProgress(row.status),
    uploadedAt: Date.parse(row.uploaded_on ?? "") || 0,
  };
}

function toAssociation(row: z.infer<typeof associationRow>): AssociationRow {
  return {
    hostname: row.hostname,
    certificateId: row.cert_id ?? undefined,
    enabled: row.enabled ?? null,
    progress: toProgress(row.status),
    pem: row.certificate ?? undefined,
    first: row.created_at != null && row.created_at === row.updated_at,
  };
}

/** The list of statuses is open: one that is new counts as not settled. */
function toProgress(status: string | null | undefined): Progress {
  switch (status) {
    case "active":
    case null:
    case undefined:
      return "active";
    case "deleted":
      return "gone";
    case "pending_deletion":
      return "leaving";
    case "deployment_timed_out":
    case "deletion_timed_out":
      return "failed";
    default:
      return "pending";
  }
}
