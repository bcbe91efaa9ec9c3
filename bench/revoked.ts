import type { RevokedCertificate } from "@handfast/pki";

const reasons = ["keyCompromise", "superseded", "cessationOfOperation", "affiliationChanged"] as const;
/** 2026-01-01T00:00:00Z. */
const revokedAt = Date.UTC(2026, 0, 1);

/** As many revoked certificates, the same each time, one at a time: serials of 16 octets, each with a reason. */
export function* revokedStream(count: number): Generator<Required<Omit<RevokedCertificate, "invalidSince">>> {
  let state = 0x9e3779b9;
  for (let index = 0; index < count; index += 1) {
    const serial = new Uint8Array(16);
    for (let octet = 0; octet < 16; octet += 4) {
      // xorshift32 (Marsaglia 2003)
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      serial[octet] = state;
      serial[octet + 1] = state >>> 8;
      serial[octet + 2] = state >>> 16;
      serial[octet + 3] = state >>> 24;
    }
    // positive, and of the full length
    serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
    yield { serial, at: revokedAt, reason: reasons[index % 4] ?? "superseded" };
  }
}
