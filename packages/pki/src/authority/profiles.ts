import type { Profile } from "./profile.ts";

/** Names of the profiles that come with the package. */
export type ProfileName = "edge-client" | "device" | "person" | "server";

const clientAuth = "1.3.6.1.5.5.7.3.2";
const serverAuth = "1.3.6.1.5.5.7.3.1";

const signs = ["digitalSignature"] as const;
/** With TLS 1.2 and a key exchange by RSA the server's key also decrypts; some verifiers ask it of clients too. */
const signsAndDecrypts = ["digitalSignature", "keyEncipherment"] as const;
const signatureKeys = { ec: signs, ed25519: signs, "ml-dsa-65": signs } as const;

const place = ["CN", "O", "OU", "L", "ST", "C"] as const;

/**
 * Profiles for what mutual TLS needs, as data: what an edge shows to an origin, a device, a person's browser, and a
 * server. 825 days are the most that Apple's systems take from a server ("Requirements for trusted certificates in iOS
 * 13 and macOS 10.15").
 *
 * @example
 * ```ts
 * import { type Profile, profiles } from "@handfast/pki";
 *
 * export const scanner: Profile = {
 *   ...profiles.device,
 *   name: "scanner",
 *   keyUsage: { ec: ["digitalSignature"] },
 *   days: { usual: 30, most: 90 },
 *   urls: { crl: ["http://crl.example.com/devices.crl"] },
 * };
 * ```
 */
export const profiles: Readonly<Record<ProfileName, Profile>> = freeze({
  "edge-client": {
    name: "edge-client",
    extendedKeyUsage: [clientAuth],
    keyUsage: { rsa: signsAndDecrypts, ...signatureKeys },
    days: { usual: 730, most: 3650 },
    names: ["dns"],
    subject: place,
  },
  device: {
    name: "device",
    extendedKeyUsage: [clientAuth],
    keyUsage: { rsa: signs, ...signatureKeys },
    days: { usual: 365, most: 3650 },
    names: ["dns", "ip", "uri"],
    subject: [...place, "serialNumber", "UID", "DC"],
    requires: { subject: ["CN"] },
  },
  person: {
    name: "person",
    extendedKeyUsage: [clientAuth],
    keyUsage: { rsa: signs, ...signatureKeys },
    days: { usual: 365, most: 1095 },
    names: ["email", "uri"],
    subject: [...place, "GN", "SN", "title", "UID", "DC", "emailAddress"],
    requires: { subject: ["CN"] },
  },
  server: {
    name: "server",
    extendedKeyUsage: [serverAuth],
    keyUsage: { rsa: signsAndDecrypts, ...signatureKeys },
    days: { usual: 397, most: 825 },
    names: ["dns", "ip"],
    subject: place,
    requires: { names: true },
  },
});

/** Data that everybody shares is changed by nobody. */
function freeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}
