import { z } from "zod";
import type { CallContext, CloudflareHttp, CloudflareRequest } from "../cloudflare-http.ts";
import { httpClient } from "../hostname/http-client.ts";
import type { Operation } from "../translate-error.ts";
import type { ZonePort } from "./port.ts";

const setting = z.object({ value: z.string(), editable: z.boolean().nullish() });

/** The port on Cloudflare's API v4. `adapter` stands in errors. Source: API reference, "Origin TLS Client Auth". */
export function zoneClient(http: CloudflareHttp, adapter: string): ZonePort {
  const write = async (
    operation: Operation,
    zone: string,
    path: string,
    call: CallContext,
    more: Partial<CloudflareRequest>,
  ): Promise<void> => {
    const at = `zones/${encodeURIComponent(zone)}${path}`;
    await http.send({ adapter, operation, zone, path: at, ...more }, z.unknown(), call);
  };
  const pulls = "/origin_tls_client_auth";
  return {
    ...httpClient(http, adapter),
    writeZonePull: (zone, enabled, call) =>
      write("writeZonePull", zone, `${pulls}/settings`, call, { body: { enabled } }),
    uploadZoneCertificate: (zone, { certificate, privateKey }, call) =>
      write("uploadZoneCertificate", zone, pulls, call, {
        body: { certificate, private_key: privateKey },
      }),
    deleteZoneCertificate: (zone, id, call) =>
      write("deleteZoneCertificate", zone, `${pulls}/${encodeURIComponent(id)}`, call, { certificate: id }),
    async readGlobalSetting(zone, call) {
      const path = `zones/${encodeURIComponent(zone)}/settings/tls_client_auth`;
      const { value, editable } = await http.send(
        { adapter, operation: "readSetting", zone, path },
        setting,
        call,
      );
      return { on: value === "on", editable: editable !== false };
    },
    writeGlobalPull: (zone, on, call) =>
      write("writeSetting", zone, "/settings/tls_client_auth", call, { body: { value: on ? "on" : "off" } }),
  };
}
