/** The few operations that the adapters of a whole zone need of Cloudflare; the real one is in http-client.ts. */
import type { CallContext } from "../cloudflare-http.ts";
import type { HostnamePort, ZoneCertificateId } from "../hostname/port.ts";

/** Takes zone ids; all of it throws `REMOTE_…` errors. */
export interface ZonePort
  extends Pick<
    HostnamePort,
    | "verifyToken"
    | "readZone"
    | "readGlobalPull"
    | "readSslMode"
    | "readZonePull"
    | "listZoneCertificates"
    | "listAssociations"
    | "listDnsRecords"
  > {
  /** The switch of zone-level origin pulls. */
  writeZonePull(zone: string, enabled: boolean, call: CallContext): Promise<void>;
  /** PEM of leaf and chain, and of the key. */
  uploadZoneCertificate(
    zone: string,
    pair: { readonly certificate: string; readonly privateKey: string },
    call: CallContext,
  ): Promise<void>;
  deleteZoneCertificate(zone: string, id: ZoneCertificateId, call: CallContext): Promise<void>;
  /** The setting `tls_client_auth`, and whether the zone's plan lets it be written. */
  readGlobalSetting(
    zone: string,
    call: CallContext,
  ): Promise<{ readonly on: boolean; readonly editable: boolean }>;
  writeGlobalPull(zone: string, on: boolean, call: CallContext): Promise<void>;
}
