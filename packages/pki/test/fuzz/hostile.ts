const fill = (bytes: number, unit: Uint8Array): Uint8Array => {
  const out = Buffer.alloc(Math.ceil(bytes / unit.length) * unit.length);
  for (let at = 0; at < out.length; at += unit.length) out.set(unit, at);
  return out;
};

/** One DER element around a body, with a length of four octets. */
function wrap(tag: number, body: Uint8Array): Uint8Array {
  const head = Buffer.from([tag, 0x84, 0, 0, 0, 0]);
  head.writeUInt32BE(body.length, 2);
  return Buffer.concat([head, body]);
}

function nested(bytes: number): Uint8Array {
  const out = Buffer.alloc(bytes - (bytes % 6));
  for (let at = 0; at < out.length; at += 6) {
    out.set([0x30, 0x84], at);
    out.writeUInt32BE(out.length - at - 6, at + 2);
  }
  return out;
}

function pem(label: string, body: Uint8Array): Uint8Array {
  const base64 = Buffer.from(body).toString("base64");
  return Buffer.from(`-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`);
}

const tiny = Buffer.from("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");

/** Files made to cost more than they weigh, of about so many bytes. */
export const hostile: Readonly<Record<string, (bytes: number) => Uint8Array>> = {
  zeros: (bytes) => new Uint8Array(bytes),
  "one sequence in the other": nested,
  "a sequence of nulls": (bytes) => wrap(0x30, fill(bytes, Buffer.from("0500", "hex"))),
  "a sequence of sequences of nulls": (bytes) =>
    wrap(0x30, wrap(0x30, fill(bytes, Buffer.from("30020500", "hex")))),
  "one identifier": (bytes) => wrap(0x30, wrap(0x06, fill(bytes, Buffer.from("ff", "hex")))),
  "one number": (bytes) => wrap(0x30, wrap(0x30, wrap(0x02, fill(bytes, Buffer.from("7f", "hex"))))),
  "one certificate block": (bytes) => pem("CERTIFICATE", fill(bytes * 0.7, Buffer.from("0500", "hex"))),
  "one list block": (bytes) => pem("X509 CRL", wrap(0x30, fill(bytes * 0.7, Buffer.from("0500", "hex")))),
  "one key block": (bytes) => pem("PRIVATE KEY", wrap(0x30, fill(bytes * 0.7, Buffer.from("0500", "hex")))),
  "tiny blocks": (bytes) => fill(bytes, tiny),
  "blank lines": (bytes) => fill(bytes, Buffer.from("\n")),
  comments: (bytes) => fill(bytes, Buffer.from("# a\n")),
  "marks that begin": (bytes) => fill(bytes, Buffer.from("-----BEGIN CERTIFICATE-----\n")),
  "one line of dashes": (bytes) => fill(bytes, Buffer.from("-")),
  "one line of text": (bytes) => fill(bytes, Buffer.from("-----BEGIN A")),
};
